/* Is a collector running on this store, and starting one when none is. */
#ifndef API_COLLECTOR_H
#define API_COLLECTOR_H

#include "failure.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The pid that holds the collector's lock beside the store, or 0. */
pid_t collector_running(const char *state_directory);

/* What the collector says of itself every second, in a file whose room was taken when it started: it tells even when the
 * store's disk is full. */
struct collector_state {
    pid_t pid;
    uint64_t waiting;            /* notes in memory that are not in the store */
    uint64_t lost;               /* for which there was no room in memory, since it started */
    unsigned restarts_of_intake, restarts_of_writer;
    char trouble[256];           /* why the store takes nothing; empty: it does */
};
/* False when none runs. */
bool collector_look(const char *state_directory, struct collector_state *out);

/* Start `traplined` detached, with this configuration; true once it has taken its lock or when one runs. */
bool collector_start(const char *config_directory, const char *state_directory, struct failure *why);

#endif
