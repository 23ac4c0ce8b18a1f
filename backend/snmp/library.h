/* net-snmp, started once a process so that it reads no file of anybody's, writes only below our directory, loads
 * no module and prints nothing. */
#ifndef SNMP_LIBRARY_H
#define SNMP_LIBRARY_H

#include "api/failure.h"

#include <stdint.h>

/* `directory` is made when absent and becomes the library's private one; NULL: it gets none. Later calls do
 * nothing. */
bool library_start(const char *directory, struct failure *why);
/* Lines that the library wanted to print, and the last of them ("" when there was none). */
uint64_t library_lines(void);
const char *library_last_line(void);

#endif
