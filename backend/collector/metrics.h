/* The ledger as text that Prometheus' node exporter picks up from a directory. */
#ifndef COLLECTOR_METRICS_H
#define COLLECTOR_METRICS_H

#include "collector/channel.h"

/* Writes the file anew, atomically, at most every ten seconds, and at once when the store goes or comes (NULL: it takes
 * nothing now); trouble is logged. */
void metrics_write(struct store *store, const struct channel_head *head, const char *path);

#endif
