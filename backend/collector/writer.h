/* The writer: `traplined --writer`. */
#ifndef COLLECTOR_WRITER_H
#define COLLECTOR_WRITER_H

#include "api/paths.h"
#include "api/settings.h"

/* Runs until it is told to stop; the exit status. */
int writer_run(const struct settings *settings, const struct paths *paths, const char *store, const char *metrics);

#endif
