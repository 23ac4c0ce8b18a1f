/* How many notifications came in the last hour, bin by bin: whatever the feed holds or filters.
 *
 * Rows are numbered without gaps in the order they came. So a bin's count is the difference of two ids, the ids at its
 * edges are found by halving, and the bins always add up, in a storm too. */
#ifndef CONSOLE_FEED_HOUR_H
#define CONSOLE_FEED_HOUR_H

#include "console/canvas.h"

#include "api/store.h"

enum { HOUR_BINS = 240, HOUR_BIN_S = 15 };

struct feed_hour {
    int64_t bin;                    /* number of the newest bin since 1970; 0: nothing was read yet */
    int64_t oldest;                 /* of the journal, as of then */
    int64_t edge[HOUR_BINS + 1];    /* the last row before bin i; that of the end */
};

/* Where the edges are now: those that are known are not looked for again. */
void feed_hour_read(struct feed_hour *hour, struct store *store, int64_t wall, int64_t oldest, int64_t newest);
/* Rows in it. */
int64_t feed_hour_sum(const struct feed_hour *hour);
void feed_hour_draw(const struct feed_hour *hour, struct canvas *canvas, int64_t wall);

#endif
