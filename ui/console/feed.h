/* The part of the journal that the feed holds: a window of rows that pass the filter, moved and widened in short steps.
 *
 * What has been looked at is always one piece of the journal, low..high; what of it passed are the rows. So however
 * many rows there are, a step takes milliseconds, memory is bounded, and no read transaction lasts. */
#ifndef CONSOLE_FEED_H
#define CONSOLE_FEED_H

#include "console/feed_row.h"

#include "api/store.h"
#include "api/text.h"

enum { FEED_BATCH = 500, FEED_MOST = 20000 }; /* rows a read; rows held */

struct feed {
    struct store *store;
    struct mib *mib;            /* the names that the rows are made with, or NULL */
    struct filter *filter;      /* NULL: every row passes */
    struct feed_row *row;       /* by id */
    size_t n, room;
    int64_t low, high;          /* looked at; low is high + 1 when nothing is */
    int64_t oldest, newest;     /* of the journal */
    size_t older, wanted;       /* older rows found since the start, and how many at which that search rests */
    struct failure why;
};

void feed_close(struct feed *feed);
/* Forget all rows and begin again behind `id`: older ones up to it, newer ones after it. */
void feed_start(struct feed *feed, int64_t id);
/* What the journal holds now; rows that are no longer in it go. */
void feed_bounds(struct feed *feed, int64_t oldest, int64_t newest);

/* Is there something to look at? And is it wanted? */
bool feed_has_older(const struct feed *feed);
bool feed_lacks_older(const struct feed *feed);
bool feed_lacks_newer(const struct feed *feed);
/* Look at one more batch. When FEED_MOST is reached, rows at the other end go. False on failure (feed->why). */
bool feed_older(struct feed *feed);
bool feed_newer(struct feed *feed);

/* The row with this id, else the next one after it, else the last; 0 when there is none. */
size_t feed_find(const struct feed *feed, int64_t id);

#endif
