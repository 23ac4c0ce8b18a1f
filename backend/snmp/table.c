/* Tables: every column is read onward from its own last index, all in one request, and a row leaves when no column
 * can have anything before or in it any more. */
#include "snmp/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_A_PDU = 40, VARBINDS_GOOD = 60 };

struct cell {
    struct cell *next;
    struct value value;
    uint32_t n;
    uint32_t index[];
};

struct column {
    struct oid name;
    struct oid at; /* what to ask after */
    struct cell *first, **end; /* not handed out yet, in order */
    bool done;
};

struct table {
    struct ask_handle handle;
    struct exchange *exchange;
    struct column *columns;
    size_t n;
    size_t *asked;
    size_t n_asked;
    int repetitions;
    uint64_t varbinds, requests;
    char note[OID_TEXT_MAX + 200];
    bool *gone;
    device_row_fn *row;
    walk_end_fn *end;
    void *arg;
};

static struct cell *
new_cell(const struct varbind *vb, uint32_t skip)
{
    const struct value *v = &vb->value;
    uint32_t n = vb->name.n - skip;
    size_t size = v->type == VALUE_OID ? v->n * sizeof *v->arcs
                  : v->type == VALUE_OCTETS || v->type == VALUE_IPADDRESS || v->type == VALUE_OPAQUE ? v->n : 0;
    struct cell *cell = memory_alloc(sizeof *cell + n * sizeof *cell->index + size);
    uint8_t *room = (uint8_t *) (cell->index + n);

    cell->next = NULL;
    cell->n = n;
    cell->value = *v;
    memcpy(cell->index, vb->name.arc + skip, n * sizeof *cell->index);
    if (size > 0) {
        memcpy(room, v->octets, size);
        cell->value.octets = room;
    }
    return cell;
}

static void
cancel_table(struct request *request)
{
    struct table *t = (struct table *) request;

    if (t->gone != NULL)
        *t->gone = true;
    ask_remove(&t->handle);
    exchange_cancel(t->exchange);
    for (size_t i = 0; i < t->n; i++)
        for (struct cell *c = t->columns[i].first, *next; c != NULL; c = next) {
            next = c->next;
            free(c);
        }
    free(t->columns);
    free(t->asked);
    free(t);
}

static void
end_table(struct table *t, const struct failure *failure)
{
    struct walk_end end = { .failure = failure, .varbinds = t->varbinds, .requests = t->requests };
    walk_end_fn *fn = t->end;
    void *arg = t->arg;
    char note[sizeof t->note];

    if (t->note[0] != '\0')
        end.note = memcpy(note, t->note, sizeof note);
    cancel_table(&t->handle.request);
    fn(arg, &end);
}

/* The smallest index that is there; NULL when there is none, or when a column may still have a smaller one. */
static const struct cell *
next_row(const struct table *t)
{
    const struct cell *least = NULL;

    for (size_t i = 0; i < t->n; i++) {
        const struct column *c = &t->columns[i];

        if (c->first == NULL && !c->done)
            return NULL;
        if (c->first != NULL && (least == NULL || oid_compare_arcs(c->first->index, c->first->n, least->index,
                                                                   least->n) < 0))
            least = c->first;
    }
    return least;
}

/* False when the callback cancelled. */
static bool
hand_out(struct table *t)
{
    const struct value **cells = memory_zero(t->n, sizeof *cells);
    struct cell **taken = memory_zero(t->n, sizeof *taken);
    const struct cell *least;
    bool gone = false;

    while (!gone && (least = next_row(t)) != NULL) {
        size_t n = t->n;

        for (size_t i = 0; i < n; i++) {
            struct column *c = &t->columns[i];

            cells[i] = NULL;
            taken[i] = NULL;
            if (c->first == NULL || oid_compare_arcs(c->first->index, c->first->n, least->index, least->n) != 0)
                continue;
            taken[i] = c->first;
            cells[i] = &c->first->value;
        }
        for (size_t i = 0; i < n; i++)
            if (taken[i] != NULL) {
                t->columns[i].first = taken[i]->next;
                if (taken[i]->next == NULL)
                    t->columns[i].end = &t->columns[i].first;
            }
        /* cppcheck-suppress autoVariables ; taken back below, before it ends */
        t->gone = &gone;
        t->row(t->arg, least->index, least->n, cells, n);
        for (size_t i = 0; i < n; i++)
            free(taken[i]);
        if (!gone)
            t->gone = NULL;
    }
    free(cells);
    free(taken);
    return !gone;
}

static void on_cells(void *arg, const struct outcome *o);

static void
ask_on(struct table *t)
{
    struct varbind varbinds[COLUMNS_A_PDU];
    struct ask ask = { .kind = t->repetitions > 0 ? PDU_GET_BULK : PDU_GET_NEXT, .varbinds = varbinds };

    t->n_asked = 0;
    /* First those that hold up the next row. */
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < t->n && t->n_asked < COLUMNS_A_PDU; i++)
            if (!t->columns[i].done && (t->columns[i].first == NULL) == (pass == 0) &&
                (pass == 0 || t->n <= COLUMNS_A_PDU)) {
                varbinds[t->n_asked] = (struct varbind) { .name = t->columns[i].at };
                t->asked[t->n_asked++] = i;
            }
    if (t->n_asked == 0) {
        end_table(t, NULL);
        return;
    }
    ask.n = t->n_asked;
    ask.repetitions = t->repetitions * (int) t->n_asked > VARBINDS_GOOD ? VARBINDS_GOOD / (int) t->n_asked
                                                                        : t->repetitions;
    if (ask.repetitions < 1)
        ask.repetitions = 1;
    t->requests++;
    t->exchange = exchange_new(t->handle.device, &ask, on_cells, t);
}

static void
take_cells(struct table *t, const struct outcome *o)
{
    char text[OID_TEXT_MAX];

    for (size_t i = 0; i < o->n; i++) {
        struct column *c = &t->columns[t->asked[i % t->n_asked]];
        const struct varbind *vb = &o->varbinds[i];

        if (c->done)
            continue;
        if (vb->value.type == VALUE_END_OF_MIB_VIEW || !oid_within(&c->name, &vb->name) ||
            vb->name.n == c->name.n) {
            c->done = true;
        } else if (oid_compare(&vb->name, &c->at) <= 0) {
            snprintf(t->note, sizeof t->note, "the agent's OIDs do not increase at %s; that column stops there",
                     oid_format(&vb->name, text));
            c->done = true;
        } else {
            *c->end = new_cell(vb, c->name.n);
            c->end = &(*c->end)->next;
            c->at = vb->name;
            t->varbinds++;
        }
    }
}

static bool
mend_table(struct table *t, const struct outcome *o)
{
    if (o->error_status == 1 && t->repetitions > 1)
        t->repetitions /= 2;
    else if (o->error_status == 2 && t->handle.device->version == MESSAGE_V1 && o->error_index >= 1 &&
             (size_t) o->error_index <= t->n_asked)
        t->columns[t->asked[o->error_index - 1]].done = true;
    else if (t->repetitions > 0)
        t->repetitions = 0;
    else
        return false;
    return true;
}

static void
on_cells(void *arg, const struct outcome *o)
{
    struct table *t = arg;
    struct failure why;

    t->exchange = NULL;
    if (o->failure != NULL) {
        end_table(t, o->failure);
        return;
    }
    if (o->error_status != 0 && !mend_table(t, o)) {
        failure_set(&why, FAILURE_REFUSED, "%s: the agent answers %s", t->handle.device->name,
                    device_error_name(o->error_status));
        end_table(t, &why);
        return;
    }
    if (o->error_status == 0 && o->n == 0) {
        failure_set(&why, FAILURE_PROTOCOL, "%s: the agent's answer is empty", t->handle.device->name);
        end_table(t, &why);
        return;
    }
    if (o->error_status == 0)
        take_cells(t, o);
    if (hand_out(t))
        ask_on(t);
}

struct request *
device_table(struct device *device, const struct oid *columns, size_t n, device_row_fn *row, walk_end_fn *end,
             void *arg)
{
    struct table *t = memory_zero(1, sizeof *t);

    ask_add(&t->handle, device, cancel_table);
    t->columns = memory_zero(n + 1, sizeof *t->columns);
    t->asked = memory_zero(n + 1, sizeof *t->asked);
    t->n = n;
    for (size_t i = 0; i < n; i++) {
        t->columns[i].name = t->columns[i].at = columns[i];
        t->columns[i].end = &t->columns[i].first;
    }
    t->repetitions = device->version == MESSAGE_V1 ? 0 : VARBINDS_GOOD;
    t->row = row;
    t->end = end;
    t->arg = arg;
    ask_on(t);
    return &t->handle.request;
}
