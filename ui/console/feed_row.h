/* A notification as a line of the feed. */
#ifndef CONSOLE_FEED_ROW_H
#define CONSOLE_FEED_ROW_H

#include "api/journal.h"
#include "api/mib.h"

struct feed_row {
    int64_t id, received;
    enum severity severity;
    bool inform;
    char *device, *name, *says, *why; /* printable */
};

/* `mib` may be NULL. */
void feed_row_make(struct feed_row *row, struct mib *mib, const struct notification *notification);
void feed_row_free(struct feed_row *row);

#endif
