/* Which program has a port. */
#ifndef COLLECTOR_OWNER_H
#define COLLECTOR_OWNER_H

#include <stdbool.h>
#include <stddef.h>

/* "snmptrapd (pid 4711)"; false when it is hidden from us. */
bool owner_of_port(unsigned port, bool tcp, char *out, size_t size);

#endif
