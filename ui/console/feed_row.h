/* A notification as a line of the feed. */
#ifndef CONSOLE_FEED_ROW_H
#define CONSOLE_FEED_ROW_H

#include "api/journal.h"
#include "api/mib.h"

struct feed_row {
    int64_t id, received;
    enum severity severity;
    bool inform;
    char *device, *name, *says; /* printable */
};

/* The texts are the row's; free them. `mib` may be NULL. */
void feed_row_make(struct feed_row *row, struct mib *mib, const struct notification *notification);

#endif
