/* Is a collector running on this store, and starting one when none is. */
#ifndef API_COLLECTOR_H
#define API_COLLECTOR_H

#include "failure.h"

#include <sys/types.h>

/* The pid that holds the collector's lock beside the store, or 0. */
pid_t collector_running(const char *state_directory);
/* Start `traplined` detached, with this configuration; true once it has taken its lock or when one runs. */
bool collector_start(const char *config_directory, const char *state_directory, struct failure *why);

#endif
