/* How the unknown is cut into pieces that can be asked for at once.
 *
 * The last answer about a span tells how its names go on: at which arc they differ, and by how much from one to the
 * next. So where the next answer will end can be foreseen, and what lies behind may be asked for at the same time.
 * How far that goes on nobody has told; a probe finds out: one request for what comes first behind many points, at
 * doubling distances on the arc that counts, then at each arc above it, where the column, the table and the group
 * end. The names that come back are the borders of new spans. Where a guess was wrong a span turns out to be empty,
 * or larger than thought, and is cut again. */
#include "snmp/explore.h"

#include <math.h>

#define NEAR LOOP_MS(3)

enum {
    CALLS_NEAR = 4,    /* at once, to an agent that is near */
    CHUNK_SINGLE = 16, /* names for one span when each costs a request */
    DOUBLINGS = 14,
    SIBLINGS = 2,      /* 1 and 2 behind, at the arcs above */
    LONG = 20,         /* a span with so many names may go on for long */
    WINDOW_A_PROBE = 16,
    AHEAD_TRUST = 4,   /* asked for ahead: so many times what went on as foreseen */
    COLUMNS = 30,      /* looked for at once */
};

void
batch_start(struct batch *b, struct sweep *sweep)
{
    *b = (struct batch) { .sweep = sweep, .room = sweep_room(sweep) };
}

void
batch_send(struct batch *b)
{
    if (b->n == 0)
        return;
    sweep_ask(b->sweep, b->spans, b->n, b->repetitions, b->probe);
    for (size_t i = 0; i < b->n; i++)
        b->spans[i]->chosen = false;
    b->n = 0;
    b->width = 0;
    b->repetitions = 0;
    b->room--;
}

bool
batch_add(struct batch *b, struct span *span, size_t repetitions)
{
    bool bulk = sweep_bulk(b->sweep, span);
    double width = span->cover->width > 0 ? span->cover->width : 32;
    size_t most = !bulk ? 1 : repetitions > b->repetitions ? repetitions : b->repetitions;

    if (b->n > 0 && (b->n == b->sweep->items_max || sweep_bulk(b->sweep, b->spans[0]) != bulk ||
                     (!b->probe && !sweep_holds(b->sweep, (b->width + width) * (double) most)) ||
                     most * (b->n + 1) > sweep_fit(b->sweep, 1)))
        batch_send(b);
    if (b->room <= 0)
        return false;
    span->chosen = true;
    b->spans[b->n++] = span;
    b->width += width;
    if (repetitions > b->repetitions)
        b->repetitions = repetitions;
    return true;
}

/* Foreseeing. */

/* Where `names` more names of the span will end, as far as its stride tells. */
static bool
foresee(const struct span *s, size_t names, struct oid *out)
{
    double arc;

    if (s->stride <= 0 || s->place >= s->at.n)
        return false;
    arc = (double) s->at.arc[s->place] + ceil(s->stride * (double) names);
    if (arc >= (double) UINT32_MAX)
        return false;
    *out = s->at;
    out->n = s->place + 1;
    out->arc[s->place] = (uint32_t) arc;
    return oid_compare(out, &s->at) > 0;
}

/* Its end lies on the arc on which its names go on: how much there is can be told. */
static bool
is_bounded(const struct span *s)
{
    return !s->open && s->stride > 0 && s->to.n > s->place && s->at.n > s->place &&
           oid_compare_arcs(s->to.arc, s->place, s->at.arc, s->place) == 0;
}

static size_t
names_left(const struct span *s)
{
    double left = (double) (s->to.arc[s->place] - s->at.arc[s->place]) / s->stride;

    return left < 1 ? 1 : left > 1e6 ? 1000000 : (size_t) ceil(left);
}

/* Names that one turn of asking should bring. */
static size_t
chunk_of(const struct batch *b, const struct span *s)
{
    size_t fit = sweep_fit(b->sweep, s->cover->width);

    return sweep_bulk(b->sweep, s) ? fit : CHUNK_SINGLE;
}

/* How many to ask for: no more than should be there, where what follows is known or asked for elsewhere. */
static size_t
wanted(const struct span *s, size_t chunk)
{
    size_t left = chunk;

    if (s->expected > s->gained)
        left = s->expected - s->gained;
    else if (is_bounded(s) && s->next != NULL && (s->next->done || s->next->asked != NULL))
        left = names_left(s) + 1;
    else if (s->gained < 2 && s->cover->width > 0)
        left = chunk / 3 + 1; /* a stretch that a probe has found */
    return left < chunk ? left : chunk;
}

static bool
is_before(const struct oid *point, const struct span *s)
{
    return s->open || oid_compare(point, &s->to) < 0;
}

/* A name that a probe found just where it was to be expected bears out what is known of those before it. */
static void
inherit(struct span *s, const struct span *from)
{
    if (s->stride > 0 || from == NULL || from->stride <= 0 || s->gained == 0 || s->gap_place != from->place ||
        s->gap > 2 * from->stride + 1)
        return;
    if (oid_compare_arcs(s->at.arc, from->place, from->at.arc, from->place) != 0)
        return;
    s->place = from->place;
    s->stride = from->stride;
    s->trust = 2 * from->trust;
}

/* Within a table whose rows are known: how many to ask for, and where that ends. False when the span is no part of
 * it, or ends with the column. */
static bool
foresee_rows(const struct rows *rows, struct span *s, size_t chunk, struct oid *until)
{
    size_t known;

    if (rows == NULL || s->gained == 0 || s->expected > 0 || rows->indexes.n < chunk || !rows_cover(rows, &s->at))
        return false;
    known = rows_up_to(rows, &s->at);
    if (known + chunk < rows->indexes.n && rows_name(rows, &s->at, known + chunk - 1, until) && is_before(until, s)) {
        s->expected = (uint32_t) (s->gained + chunk);
        return true;
    }
    if (!s->open && s->to.n == rows->prefix.n + 1) /* and one more, to see the end of the column */
        s->expected = (uint32_t) (s->gained + rows->indexes.n - known + 1);
    return false;
}

/* Asking for the gaps in order, each answer's end foreseen. */
static void
ask_gaps(struct batch *b, struct cover *cover, const struct rows *rows)
{
    const struct span *before = NULL;
    struct oid until;
    bool foreseen = false, ahead = cover->octets < AHEAD_MAX;
    double laid = 0;

    for (struct span *s = cover->head; s != NULL; s = s->next) {
        size_t chunk;

        if (s->done)
            continue;
        inherit(s, before);
        before = s;
        chunk = chunk_of(b, s);
        if (s->asked == NULL) {
            if (foreseen && !is_before(&until, s))
                continue; /* should come with what is under way */
            if (foreseen && oid_compare(&s->at, &until) < 0) {
                cover_split(s, &until);
                continue;
            }
            if (foresee_rows(rows, s, chunk, &until)) {
                cover_split(s, &until);
                if (!batch_add(b, s, wanted(s, chunk)))
                    return;
                s->next->gained = 1; /* it begins at a row */
                foreseen = false;
                continue;
            }
            if (!batch_add(b, s, wanted(s, chunk)))
                return;
        }
        foreseen = foresee(s, s->asked != NULL ? s->asked_for : chunk, &until);
        laid = s->gained > 0 ? 0 : laid + (double) chunk;
        if (foreseen && s->expected == 0 && is_bounded(s) && is_before(&until, s) && laid <= AHEAD_TRUST * s->trust) {
            cover_split(s, &until);
            foreseen = false;
        }
        if (!ahead)
            return; /* enough was read ahead of the front */
    }
}

/* Probing. */

static void
add_probe(struct span **at, const struct oid *point, struct span **found, size_t *n, size_t most)
{
    if (*n == most || oid_compare(point, &(*at)->at) <= 0 || !is_before(point, *at))
        return;
    found[(*n)++] = *at = cover_split(*at, point);
}

/* Points on one arc, at `first`, then twice as far away each time. */
static void
probe_arc(struct span **at, struct oid *point, uint32_t place, double first, int times, struct span **found, size_t *n,
          size_t most)
{
    double from = point->arc[place];

    point->n = place + 1;
    for (int i = 0; i < times && from + first < UINT32_MAX; i++, first *= 2) {
        point->arc[place] = (uint32_t) (from + first);
        add_probe(at, point, found, n, most);
    }
}

static void
send_probe(struct batch *b, struct span **found, size_t n)
{
    batch_send(b);
    b->probe = true;
    for (size_t i = 0; i < n; i++)
        if (!batch_add(b, found[i], 1))
            break;
    batch_send(b);
    b->probe = false;
}

static void
probe(struct batch *b, struct span *s)
{
    struct span *found[ITEMS_MAX], *at = s;
    size_t n = 0, most = sweep_fit(b->sweep, s->cover->width);
    double width = ceil(s->stride * (double) chunk_of(b, s));
    struct oid point = s->at;

    if (most > b->sweep->items_max)
        most = b->sweep->items_max;
    s->probed = s->gained;
    probe_arc(&at, &point, s->place, width, DOUBLINGS, found, &n, most);
    for (uint32_t place = s->place; place-- > s->cover->base.n;) {
        point = s->at;
        probe_arc(&at, &point, place, 1, SIBLINGS, found, &n, most);
    }
    send_probe(b, found, n);
}

static void
probe_ends(struct batch *b, struct cover *cover)
{
    int most = 1 + pace_window(&b->sweep->handle.device->pace) / WINDOW_A_PROBE;

    for (struct span *s = cover->head, *next; s != NULL && b->sweep->probes < most && b->room > 0; s = next) {
        next = s->next;
        if (s->done || s->asked == NULL || s->gained < LONG || s->gained < 2 * s->probed || s->stride <= 0 || is_bounded(s) ||
            s->place < cover->base.n)
            continue;
        probe(b, s);
    }
}

/* Where a round trip costs nothing, guesses do. */
static void
limit_near(struct batch *b)
{
    const struct pace *pace = &b->sweep->handle.device->pace;
    int calls = sweep_calls(b->sweep);

    if (pace->smoothed > 0 && pace->fastest < NEAR && b->room > CALLS_NEAR - calls)
        b->room = CALLS_NEAR > calls ? CALLS_NEAR - calls : calls == 0;
}

void
explore(struct batch *b, struct cover *cover, const struct rows *rows)
{
    cover_join(cover);
    limit_near(b);
    ask_gaps(b, cover, rows);
    batch_send(b);
    if (b->room > 0 && cover->octets < AHEAD_MAX)
        probe_ends(b, cover);
}

void
explore_columns(struct batch *b, struct cover *cover, const struct rows *rows, const struct oid *name)
{
    struct span *found[ITEMS_MAX], *at = cover->head;
    size_t n = 0, most = b->sweep->items_max < COLUMNS ? b->sweep->items_max : COLUMNS;
    struct oid point = *name;

    if (rows->indexes.n < sweep_fit(b->sweep, cover->width))
        return; /* an answer holds it */
    point.n = rows->prefix.n + 1;
    for (uint32_t i = 0; i < most && point.arc[rows->prefix.n]++ < UINT32_MAX - 1;) {
        while (at != NULL && (at->done || !is_before(&point, at)))
            at = at->next;
        if (at == NULL)
            break;
        i++;
        if (oid_compare(&point, &at->at) > 0)
            found[n++] = at = cover_split(at, &point);
    }
    send_probe(b, found, n);
}

void
explore_first(struct batch *b, struct cover *cover)
{
    struct span *found[ITEMS_MAX], *at = cover->head;
    size_t n = 0, most = b->sweep->items_max;
    struct oid point = cover->base;

    if (!oid_append_arc(&point, 0))
        return;
    probe_arc(&at, &point, cover->base.n, 4, 30, found, &n, most < 30 ? most : 30);
    send_probe(b, found, n);
}
