#include "console/feed.h"

#include "api/match.h"
#include "api/memory.h"

#include <stdlib.h>
#include <string.h>

/* What goes at once when there are too many: seldom, for the rest is moved. */
enum { FEED_DROP = FEED_MOST / 4 };

struct reading {
    struct feed *feed;
    struct digest_names names;
    size_t looked_at;
    int64_t last;
};

static void
remove_rows(struct feed *f, size_t from, size_t n)
{
    for (size_t i = from; i < from + n; i++)
        feed_row_free(&f->row[i]);
    memmove(f->row + from, f->row + from + n, (f->n - from - n) * sizeof *f->row);
    f->n -= n;
}

void
feed_start(struct feed *f, int64_t id)
{
    for (size_t i = 0; i < f->n; i++)
        feed_row_free(&f->row[i]);
    f->n = 0;
    f->high = id;
    f->low = id + 1;
    f->older = 0;
    f->wanted = FEED_BATCH;
    f->why.kind = FAILURE_NONE;
}

void
feed_close(struct feed *f)
{
    feed_start(f, 0);
    free(f->row);
    filter_free(f->filter);
}

void
feed_bounds(struct feed *f, int64_t oldest, int64_t newest)
{
    size_t gone = 0;

    f->oldest = oldest;
    f->newest = newest;
    if (newest < f->high) /* another store has taken its place */
        feed_start(f, newest);
    if (f->high < oldest - 1) /* all of it is gone; what came since is looked at from its beginning */
        feed_start(f, oldest - 1);
    while (gone < f->n && f->row[gone].id < oldest)
        gone++;
    if (gone > 0)
        remove_rows(f, 0, gone);
}

static bool
look(void *arg, const struct notification *n)
{
    struct reading *r = arg;
    struct feed *f = r->feed;

    r->looked_at++;
    r->last = n->id;
    if (!match_filter(f->filter, n, &r->names))
        return true;
    if (f->n == f->room) {
        f->room = f->room * 2 + FEED_BATCH;
        f->row = memory_grow(f->row, f->room, sizeof *f->row);
    }
    feed_row_make(&f->row[f->n++], f->mib, n);
    return true;
}

bool
feed_has_older(const struct feed *f)
{
    return f->low > f->oldest && f->oldest > 0;
}

bool
feed_lacks_older(const struct feed *f)
{
    return f->older < f->wanted && feed_has_older(f);
}

bool
feed_lacks_newer(const struct feed *f)
{
    return f->high < f->newest;
}

/* They came newest first behind the others: turn them round and put them in front. */
static void
bring_to_front(struct feed *f, size_t before)
{
    size_t got = f->n - before;
    struct feed_row *fresh;

    if (got == 0)
        return;
    fresh = memory_copy(f->row + before, got * sizeof *fresh);
    memmove(f->row + got, f->row, before * sizeof *f->row);
    for (size_t i = 0; i < got; i++)
        f->row[i] = fresh[got - 1 - i];
    free(fresh);
}

bool
feed_older(struct feed *f)
{
    struct reading r = {f, digest_names_of(f->mib), 0, 0};
    size_t before = f->n;

    if (!journal_before(f->store, f->low, FEED_BATCH, look, &r, &f->why))
        return false;
    f->older += f->n - before;
    bring_to_front(f, before);
    f->low = r.looked_at < FEED_BATCH ? f->oldest : r.last;
    if (f->n > FEED_MOST) {
        remove_rows(f, f->n - FEED_DROP, FEED_DROP);
        f->high = f->row[f->n - 1].id;
    }
    return true;
}

bool
feed_newer(struct feed *f)
{
    struct reading r = {f, digest_names_of(f->mib), 0, 0};
    size_t behind = (size_t) (f->newest - f->high), limit = behind < FEED_BATCH ? behind : FEED_BATCH;

    if (!journal_after(f->store, f->high, limit, look, &r, &f->why))
        return false;
    f->high = r.looked_at < limit ? f->newest : r.last;
    if (f->n > FEED_MOST) {
        remove_rows(f, 0, FEED_DROP);
        f->low = f->row[0].id;
    }
    return true;
}

size_t
feed_find(const struct feed *f, int64_t id)
{
    size_t low = 0, high = f->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (f->row[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < f->n ? low : f->n > 0 ? f->n - 1 : 0;
}
