/* The collector's lock. */
#ifndef COLLECTOR_LOCK_H
#define COLLECTOR_LOCK_H

#include "api/collector.h"

/* The descriptor that holds the lock as long as it, or a copy in a child, is open; -1 with *why. */
int lock_take(const char *state, struct failure *why);
/* Write down for collector_look how it stands; pid is filled in. */
void lock_tell(int fd, const struct collector_state *state);

#endif
