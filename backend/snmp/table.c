/* Tables: a cover for each column. One column leads: it is explored, and the rows that it has say exactly where to cut
 * the others, so that every part of every column can be asked for at once. A row leaves when no column can have
 * anything before or in it any more. Rows that the leader does not have are found all the same: where a column goes on
 * is asked of each. */
#include "snmp/explore.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_MORE = 8, /* asked for where there are more than the leader said */
    LONGER = 1,    /* octets by which later indexes are longer than those seen */
};

struct column {
    struct cover cover;
    uint32_t rows; /* of the leader, seen since the last cut */
};

struct table {
    struct sweep sweep; /* first */
    struct column *columns;
    size_t n, leader;
    uint64_t seen, given;  /* rows of the leader; cells handed out */
    const struct value **cells;
    struct cell **taken;
    bool *gone;
    device_row_fn *row;
    walk_end_fn *end;
    void *arg;
};

static void
cancel_table(struct request *request)
{
    struct table *t = (struct table *) request;

    if (t->gone != NULL)
        *t->gone = true;
    sweep_stop(&t->sweep);
    for (size_t i = 0; i < t->n; i++)
        cover_clear(&t->columns[i].cover);
    free(t->columns);
    free(t->cells);
    free(t->taken);
    free(t);
}

static void
end_table(struct table *t)
{
    struct sweep *s = &t->sweep;
    struct walk_end end = { .varbinds = t->given, .requests = s->requests };
    struct failure failure = s->failure;
    walk_end_fn *fn = t->end;
    void *arg = t->arg;
    char note[sizeof s->note];

    if (failure.kind != FAILURE_NONE)
        end.failure = &failure;
    if (s->note[0] != '\0')
        end.note = memcpy(note, s->note, sizeof note);
    cancel_table(&s->handle.request);
    fn(arg, &end);
}

/* Handing out. */

/* The least index that is there; NULL when there is none, or when a column may still have it or one before it. */
static const struct cell *
next_row(struct table *t)
{
    const struct cell *least = NULL;

    for (size_t i = 0; i < t->n; i++) {
        const struct cell *front = cover_front(&t->columns[i].cover);

        if (front != NULL && (least == NULL || oid_compare_arcs(front->arcs, front->n, least->arcs, least->n) < 0))
            least = front;
    }
    for (size_t i = 0; least != NULL && i < t->n; i++) {
        struct cover *c = &t->columns[i].cover;
        const struct oid *known = cover_front(c) == NULL ? cover_frontier(c) : NULL;

        if (known != NULL && oid_compare_arcs(known->arc + c->base.n, known->n - c->base.n, least->arcs, least->n) < 0)
            return NULL;
    }
    return least;
}

/* False when the callback cancelled. */
static bool
hand_out(struct table *t)
{
    const struct value **cells = t->cells;
    struct cell **taken = t->taken;
    const struct cell *least;
    bool gone = false;
    size_t n = t->n;

    while (!gone && (least = next_row(t)) != NULL && !sweep_enough(&t->sweep, t->given)) {
        const struct cell *row = least;

        for (size_t i = 0; i < n; i++) {
            struct cover *c = &t->columns[i].cover;
            const struct cell *front = cover_front(c);
            bool here = front != NULL && oid_compare_arcs(front->arcs, front->n, row->arcs, row->n) == 0;

            taken[i] = here ? cover_take(c) : NULL;
            cells[i] = here ? &taken[i]->value : NULL;
            t->given += here;
        }
        /* cppcheck-suppress autoVariables ; taken back below, before it ends */
        t->gone = &gone;
        t->cells = NULL; /* ours until the callback is back: it may cancel */
        t->taken = NULL;
        t->row(t->arg, row->arcs, row->n, cells, n);
        for (size_t i = 0; i < n; i++)
            free(taken[i]);
        if (!gone) {
            t->gone = NULL;
            t->cells = cells;
            t->taken = taken;
        }
    }
    if (gone) {
        free(cells);
        free(taken);
    }
    return !gone;
}

/* Asking. */

/* The leader's rows cut the other columns where an answer is full. */
static void
cut_columns(struct table *t)
{
    struct cover *leader = &t->columns[t->leader].cover;
    const struct cell *row;

    while ((row = cover_next_seen(leader)) != NULL) {
        t->seen++;
        for (size_t i = 0; i < t->n; i++) {
            struct column *c = &t->columns[i];
            struct span *tail = c->cover.tail;
            struct oid at;

            if (i == t->leader || tail == NULL || tail->done)
                continue;
            at = c->cover.base;
            if (!oid_append(&at, row->arcs, row->n) || oid_compare(&at, &tail->at) <= 0)
                continue; /* known already */
            if (++c->rows < sweep_fit(&t->sweep, c->cover.width > 0 ? c->cover.width + LONGER : 0))
                continue;
            cover_split(tail, &at);
            tail->expected = (uint32_t) tail->gained + c->rows;
            c->rows = 0;
        }
    }
}

/* The first span of the column that may be asked for now; its tail, when `whole`. */
static struct span *
ready_span(struct column *c, bool whole)
{
    bool ahead = c->cover.octets < AHEAD_MAX;

    for (struct span *s = c->cover.head; s != NULL; s = s->next) {
        if (!s->done && s->asked == NULL && !s->chosen && (whole || s != c->cover.tail))
            return s;
        if (!s->done && !ahead)
            return NULL;
    }
    return NULL;
}

/* Which comes first by its row? Rows leave early when they are asked for in their order. */
static bool
is_earlier(const struct span *a, const struct span *b)
{
    uint32_t skip_a = a->cover->base.n, skip_b = b->cover->base.n;

    return oid_compare_arcs(a->at.arc + skip_a, a->at.n - skip_a, b->at.arc + skip_b, b->at.n - skip_b) < 0;
}

static size_t
wanted(const struct table *t, const struct span *s)
{
    size_t fit = sweep_fit(&t->sweep, s->cover->width);
    size_t left = s->expected > s->gained ? s->expected - s->gained : ROWS_MORE;

    return left < fit ? left : fit;
}

static void
ask_columns(struct table *t, struct batch *b, bool whole)
{
    struct span *first;

    do {
        first = NULL;
        for (size_t i = 0; i < t->n; i++) {
            struct column *c = &t->columns[i];
            struct span *s = i == t->leader ? NULL : ready_span(c, whole);

            if (s == NULL)
                continue;
            if (s == c->cover.tail && s->expected == 0) { /* and one more, to see the end */
                s->expected = (uint32_t) s->gained + c->rows + 1;
                c->rows = 0;
            }
            if (first == NULL || is_earlier(s, first))
                first = s;
        }
    } while (first != NULL && batch_add(b, first, wanted(t, first)));
    batch_send(b);
}

static bool
is_known(struct cover *c)
{
    return cover_frontier(c) == NULL;
}

/* A column that the agent does not have leads nowhere. */
static void
choose_leader(struct table *t)
{
    for (size_t i = 0; i < t->n && is_known(&t->columns[t->leader].cover) && t->seen == 0; i++)
        if (!is_known(&t->columns[i].cover))
            t->leader = i;
}

/* Columns that go on behind what the leader said are explored themselves. */
static void
explore_rest(struct table *t, struct batch *b)
{
    for (size_t i = 0; i < t->n && b->room > 0; i++) {
        struct cover *c = &t->columns[i].cover;

        if (i != t->leader && !is_known(c) && !c->tail->done && c->tail->expected > 0 && c->tail->gained >= c->tail->expected)
            explore(b, c, NULL);
    }
}

/* The first request: the first rows of the leader, the first of the others, and how far the leader goes. */
static void
ask_first(struct table *t, struct batch *b)
{
    size_t n = t->n > 1 ? sweep_fit(&t->sweep, 32.0 * (double) (t->n - 1)) : 0;

    b->room = 1 + (int) (t->n / ITEMS_MAX) + 2;
    batch_add(b, t->columns[0].cover.head, sweep_fit(&t->sweep, 0));
    batch_send(b);
    for (size_t i = 1; i < t->n; i++)
        batch_add(b, t->columns[i].cover.head, n);
    batch_send(b);
    explore_first(b, &t->columns[0].cover);
}

/* Half of the room is the leader's, so that there is always something to ask the others for. */
static void
lead(struct batch *b, struct cover *leader)
{
    int kept = b->room / 2;

    b->room -= kept;
    explore(b, leader, NULL);
    b->room += kept;
}

static void
ask_on(struct table *t)
{
    struct cover *leader;
    struct batch b;
    bool whole;

    choose_leader(t);
    leader = &t->columns[t->leader].cover;
    cut_columns(t);
    whole = is_known(leader);
    batch_start(&b, &t->sweep);
    if (whole)
        explore_rest(t, &b);
    else if (b.room > 1)
        lead(&b, leader);
    ask_columns(t, &b, whole);
    if (b.room > 0 && !whole)
        explore(&b, leader, NULL);
}

static bool
is_finished(struct table *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (!cover_finished(&t->columns[i].cover))
            return false;
    return true;
}

static void
step(struct sweep *s)
{
    struct table *t = (struct table *) s;

    if (!s->failed)
        ask_on(t);
    if (hand_out(t) && (s->failed || is_finished(t)))
        end_table(t);
}

struct request *
device_table(struct device *device, const struct oid *columns, size_t n, device_row_fn *row, walk_end_fn *end,
             void *arg)
{
    struct table *t = memory_zero(1, sizeof *t);
    struct batch b;

    assert(n > 0);
    sweep_start(&t->sweep, device, cancel_table, step);
    t->columns = memory_zero(n + 1, sizeof *t->columns);
    t->cells = memory_zero(n + 1, sizeof *t->cells);
    t->taken = memory_zero(n + 1, sizeof *t->taken);
    t->n = n;
    for (size_t i = 0; i < n; i++) {
        cover_start(&t->columns[i].cover, &columns[i]);
        t->columns[i].cover.forget = sweep_forget;
    }
    t->row = row;
    t->end = end;
    t->arg = arg;
    batch_start(&b, &t->sweep);
    ask_first(t, &b);
    return &t->sweep.handle.request;
}
