/* SET in two phases (RFC 3416 §4.2.5): everything is checked, then everything is done, or undone. What was
 * set is kept beside the recording, which stays as it is. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROW_ACTIVE = 1,
    ROW_NOT_IN_SERVICE,
    ROW_NOT_READY,
    ROW_CREATE_AND_GO,
    ROW_CREATE_AND_WAIT,
    ROW_DESTROY
};

static void
free_own(struct entry *e)
{
    free((void *) (uintptr_t) e->arcs);
    free((void *) (uintptr_t) e->ber);
}

static void
put_own(struct device *d, const uint32_t *arcs, size_t n, const struct value *value)
{
    size_t at = record_find(d->own, d->n_own, arcs, n);
    static uint8_t room[70000];
    struct ber_out out = { room, room + sizeof room, false };
    struct entry e = { .n = (uint32_t) n, .gone = value == NULL };

    if (value != NULL) {
        ber_put_value(&out, value);
        ber_put_oid(&out, arcs, n);
        ber_put_head(&out, BER_SEQUENCE, room + sizeof room);
        e.value = *value;
    }
    e.arcs = memory_copy(arcs, n * sizeof *arcs);
    e.ber_n = (uint32_t) (room + sizeof room - out.at);
    e.ber = memory_copy(out.at, e.ber_n);
    /* The value's octets are those of its encoding. */
    if (value != NULL && value->type != VALUE_OID && value->type != VALUE_NULL && value->n > 0)
        e.value.octets = e.ber + e.ber_n - value->n;
    if (value != NULL && value->type == VALUE_OID) { /* kept behind the name */
        uint32_t *both = memory_alloc((n + value->n) * sizeof *both);

        memcpy(both, arcs, n * sizeof *both);
        memcpy(both + n, value->arcs, value->n * sizeof *both);
        free((void *) (uintptr_t) e.arcs);
        e.arcs = both;
        e.value.arcs = both + n;
    }
    if (at < d->n_own && oid_compare_arcs(d->own[at].arcs, d->own[at].n, arcs, n) == 0) {
        free_own(&d->own[at]);
        d->own[at] = e;
        return;
    }
    d->own = memory_grow(d->own, d->n_own + 1, sizeof *d->own);
    memmove(d->own + at + 1, d->own + at, (d->n_own - at) * sizeof *d->own);
    d->own[at] = e;
    d->n_own++;
}

void
write_own(struct device *d, const uint32_t *arcs, size_t n, const struct value *value)
{
    put_own(d, arcs, n, value);
}

void
write_gone(struct device *d, const uint32_t *arcs, size_t n)
{
    put_own(d, arcs, n, NULL);
}

void
write_forget(struct device *d)
{
    for (size_t i = 0; i < d->n_own; i++)
        free_own(&d->own[i]);
    free(d->own);
    d->own = NULL;
    d->n_own = 0;
}

static const struct rule *
rule_for(const struct device *d, const struct oid *o)
{
    const struct rule *best = NULL;

    for (size_t i = 0; i < d->n_rules; i++)
        if (oid_within(&d->rules[i].root, o) && (best == NULL || d->rules[i].root.n >= best->root.n))
            best = &d->rules[i];
    return best;
}

static const struct rows *
rows_for(const struct device *d, const struct oid *o)
{
    for (size_t i = 0; i < d->n_rows; i++)
        if (oid_within(&d->rows[i].entry, o) && o->n > d->rows[i].entry.n + 1)
            return &d->rows[i];
    return NULL;
}

static bool
is_status(const struct rows *rows, const struct oid *o)
{
    return rows != NULL && o->arc[rows->entry.n] == rows->status;
}

/* The same row's status, or another column of it. */
static struct oid
column_of(const struct rows *rows, const struct oid *o, uint32_t column)
{
    struct oid other = *o;

    other.arc[rows->entry.n] = column;
    return other;
}

static int64_t
status_of(const struct device *d, const struct rows *rows, const struct oid *o)
{
    struct oid name = column_of(rows, o, rows->status);
    const struct entry *e = agent_get(d, d->record, name.arc, name.n);

    return e == NULL ? 0 : e->value.i;
}

static const struct varbind *
in_request(const struct request_in *q, const struct oid *name)
{
    for (size_t i = 0; i < q->n; i++)
        if (oid_compare(&q->varbinds[i].name, name) == 0)
            return &q->varbinds[i];
    return NULL;
}

/* Has the row every column it needs, in the agent or in this request? */
static bool
is_ready(const struct device *d, const struct request_in *q, const struct rows *rows, const struct oid *o)
{
    for (uint32_t i = 0; i < rows->needed.n; i++) {
        struct oid name = column_of(rows, o, rows->needed.arc[i]);

        if (agent_get(d, d->record, name.arc, name.n) == NULL && in_request(q, &name) == NULL)
            return false;
    }
    return true;
}

/* RFC 2579, RowStatus. */
static int
check_status(const struct device *d, const struct request_in *q, const struct rows *rows,
             const struct varbind *vb)
{
    bool exists = status_of(d, rows, &vb->name) != 0;

    if (vb->value.type != VALUE_INTEGER)
        return WRONG_TYPE;
    switch (vb->value.i) {
    case ROW_CREATE_AND_GO:
        return exists || !is_ready(d, q, rows, &vb->name) ? INCONSISTENT_VALUE : NO_ERROR;
    case ROW_CREATE_AND_WAIT:
        return exists ? INCONSISTENT_VALUE : NO_ERROR;
    case ROW_ACTIVE:
        return !exists || !is_ready(d, q, rows, &vb->name) ? INCONSISTENT_VALUE : NO_ERROR;
    case ROW_NOT_IN_SERVICE:
        return exists ? NO_ERROR : INCONSISTENT_VALUE;
    case ROW_DESTROY:
        return NO_ERROR;
    default:
        return WRONG_VALUE;
    }
}

static int
check_bounds(const struct rule *rule, const struct value *v)
{
    bool sized = v->type == VALUE_OCTETS || v->type == VALUE_OPAQUE;
    int64_t number = sized ? v->n : v->i;

    if (!rule->bounded || (number >= rule->low && number <= rule->high))
        return NO_ERROR;
    return sized ? WRONG_LENGTH : WRONG_VALUE;
}

/* The order of the checks is RFC 3416's. */
static int
check(const struct device *d, const struct request_in *q, const struct varbind *vb)
{
    const struct rule *rule = rule_for(d, &vb->name);
    const struct rows *rows = rows_for(d, &vb->name);
    const struct entry *e = agent_get(d, d->record, vb->name.arc, vb->name.n);
    struct oid status;

    if (rule == NULL || rule->access == RULE_READ_ONLY)
        return NOT_WRITABLE;
    if (rule->fails != 0 && rule->fails != COMMIT_FAILED && rule->fails != UNDO_FAILED)
        return rule->fails;
    if (is_status(rows, &vb->name))
        return check_status(d, q, rows, vb);
    if (e == NULL && (rows == NULL || rule->access != RULE_CREATE))
        return NO_CREATION;
    if (e != NULL && e->value.type != vb->value.type)
        return WRONG_TYPE;
    if (rows != NULL && e == NULL) {
        const struct varbind *made;

        status = column_of(rows, &vb->name, rows->status);
        made = in_request(q, &status);
        if (status_of(d, rows, &vb->name) == 0 &&
            (made == NULL || (made->value.i != ROW_CREATE_AND_GO && made->value.i != ROW_CREATE_AND_WAIT)))
            return INCONSISTENT_NAME;
    }
    return check_bounds(rule, &vb->value);
}

static void
destroy_row(struct device *d, const struct rows *rows, const struct oid *o)
{
    size_t index = rows->entry.n + 1;
    struct oid at = rows->entry;
    const struct entry *e;

    while ((e = agent_next(d, d->record, at.arc, at.n)) != NULL && e->n > rows->entry.n &&
           memcmp(e->arcs, rows->entry.arc, rows->entry.n * sizeof *e->arcs) == 0) {
        oid_set(&at, e->arcs, e->n);
        if (at.n == o->n && memcmp(at.arc + index, o->arc + index, (o->n - index) * sizeof *o->arc) == 0)
            put_own(d, at.arc, at.n, NULL);
    }
}

static void
commit(struct device *d, const struct request_in *q, const struct varbind *vb)
{
    const struct rows *rows = rows_for(d, &vb->name);
    struct value value = vb->value;

    if (is_status(rows, &vb->name)) {
        if (value.i == ROW_DESTROY) {
            destroy_row(d, rows, &vb->name);
            return;
        }
        if (value.i == ROW_CREATE_AND_GO)
            value.i = ROW_ACTIVE;
        else if (value.i == ROW_CREATE_AND_WAIT)
            value.i = is_ready(d, q, rows, &vb->name) ? ROW_NOT_IN_SERVICE : ROW_NOT_READY;
    }
    put_own(d, vb->name.arc, vb->name.n, &value);
    if (rows != NULL && status_of(d, rows, &vb->name) == ROW_NOT_READY && is_ready(d, q, rows, &vb->name)) {
        struct oid status = column_of(rows, &vb->name, rows->status);

        value = (struct value) { .type = VALUE_INTEGER, .i = ROW_NOT_IN_SERVICE };
        put_own(d, status.arc, status.n, &value);
    }
}

int
write_all(struct device *d, const struct request_in *q, size_t *index)
{
    for (size_t i = 0; i < q->n; i++) {
        int error = check(d, q, &q->varbinds[i]);

        *index = i + 1;
        if (error != NO_ERROR)
            return error;
    }
    /* A commit that fails was announced by a rule: nothing has been done, so nothing is to be undone. */
    for (size_t i = 0; i < q->n; i++) {
        const struct rule *rule = rule_for(d, &q->varbinds[i].name);

        if (rule->fails == COMMIT_FAILED || rule->fails == UNDO_FAILED) {
            *index = rule->fails == UNDO_FAILED ? 0 : i + 1;
            if (rule->fails == UNDO_FAILED)
                for (size_t k = 0; k < i; k++)
                    commit(d, q, &q->varbinds[k]);
            return rule->fails;
        }
    }
    for (size_t i = 0; i < q->n; i++)
        commit(d, q, &q->varbinds[i]);
    *index = 0;
    return NO_ERROR;
}
