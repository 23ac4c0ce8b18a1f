#include "console/feed_hour.h"

#include "console/format.h"

#include "api/journal.h"
#include "api/loop.h"

#include <stdio.h>
#include <string.h>

/* Bins are alike: looked for first as far as the one before would lead. */
static bool
find_edge(struct store *store, int64_t begin, int64_t low, int64_t newest, int64_t reach, int64_t *edge)
{
    for (int64_t high;; reach *= 4) {
        high = reach < newest - low ? low + reach : newest;
        if (!journal_since(store, begin, low, high, edge, NULL))
            return false;
        if (*edge < high || high == newest)
            return true;
        low = high;
    }
}

void
feed_hour_read(struct feed_hour *h, struct store *store, int64_t wall, int64_t oldest, int64_t newest)
{
    int64_t bin = wall / LOOP_S(HOUR_BIN_S), moved = bin - h->bin, before = oldest > 0 ? oldest - 1 : 0;
    int from = 0;

    if (h->bin > 0 && moved >= 0 && moved < HOUR_BINS && newest >= h->edge[HOUR_BINS]) {
        from = HOUR_BINS - (int) moved;
        memmove(h->edge, h->edge + moved, (size_t) from * sizeof *h->edge);
    }
    h->bin = 0; /* until all is read */
    for (int i = from; i < HOUR_BINS; i++) {
        int64_t low = i > 0 && h->edge[i - 1] > before ? h->edge[i - 1] : before;
        int64_t reach = i > 1 ? 2 * (h->edge[i - 1] - h->edge[i - 2]) + 16 : newest - low;

        if (!find_edge(store, (bin - HOUR_BINS + 1 + i) * LOOP_S(HOUR_BIN_S), low, newest, reach, &h->edge[i]))
            return;
    }
    h->edge[HOUR_BINS] = newest;
    for (int i = 0; i < HOUR_BINS; i++) /* what retention took is counted no longer */
        if (h->edge[i] < before)
            h->edge[i] = before;
    h->bin = bin;
}

int64_t
feed_hour_sum(const struct feed_hour *h)
{
    return h->bin > 0 ? h->edge[HOUR_BINS] - h->edge[0] : 0;
}

void
feed_hour_draw(const struct feed_hour *h, struct canvas *c, int64_t wall)
{
    int group = c->cols - 6 >= HOUR_BINS ? 1 : c->cols - 6 >= HOUR_BINS / 2 ? 2 : 4, n = HOUR_BINS / group, peak = 0;
    unsigned bin[HOUR_BINS] = {0};
    char fact[120], time[FORMAT_MAX], sum[FORMAT_MAX], most[FORMAT_MAX], now[FORMAT_MAX];
    int64_t begin = (wall / LOOP_S(HOUR_BIN_S) - HOUR_BINS + 1) * LOOP_S(HOUR_BIN_S);

    for (int i = 0; i < n && h->bin > 0; i++) {
        bin[i] = (unsigned) (h->edge[(i + 1) * group] - h->edge[i * group]);
        peak = bin[i] > bin[peak] ? i : peak;
    }
    format_time(begin + (int64_t) peak * group * LOOP_S(HOUR_BIN_S), wall, time);
    snprintf(fact, sizeof fact, "%s in all · peak %s in %d s at %.5s · now %s/min", format_number((uint64_t) feed_hour_sum(h), sum),
             format_number(bin[peak], most), group * HOUR_BIN_S, time,
             format_number(h->bin > 0 ? (uint64_t) (h->edge[HOUR_BINS] - h->edge[HOUR_BINS - 4]) : 0, now));
    canvas_title(c, 0, "last hour", feed_hour_sum(h) > 0 ? fact : "nothing came", false);
    draw_histogram(c, 1, 2, c->rows - 2, bin, n);
    canvas_run(c, c->rows - 1, 2, n, ROLE_FRAME, "·");
    canvas_format(c, c->rows - 1, 2, 5, ROLE_FAINT, "%.5s", format_time(begin, wall, time));
    canvas_right(c, c->rows - 1, 2 + n, 4, ROLE_FAINT, " now");
}
