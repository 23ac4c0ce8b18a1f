/* Which program has a port. */
#ifndef COLLECTOR_OWNER_H
#define COLLECTOR_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* "snmptrapd (pid 4711)", or what can be said of one that is hidden from us; false when nobody has it. *pid: 0 when it
 * is hidden. */
bool owner_of_port(unsigned port, bool tcp, pid_t *pid, char *out, size_t size);

#endif
