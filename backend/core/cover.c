/* Spans and cells. See cover.h. */
#include "core/cover.h"

#include "core/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct span *
make_span(struct cover *cover, const struct oid *at)
{
    struct span *s = memory_zero(1, sizeof *s);

    s->cover = cover;
    s->at = *at;
    s->open = true;
    s->end = &s->first;
    return s;
}

void
cover_start(struct cover *cover, const struct oid *base)
{
    cover->base = *base;
    cover->head = cover->tail = make_span(cover, base);
}

static size_t
cell_size(const struct cell *cell)
{
    return sizeof *cell + (cell->n + (size_t) cell->value.n) * sizeof *cell->arcs; /* at least */
}

static void
drop_cells(struct span *s)
{
    for (struct cell *c = s->first, *next; c != NULL; c = next) {
        next = c->next;
        s->cover->octets -= cell_size(c);
        free(c);
    }
    s->first = NULL;
    s->end = &s->first;
}

static void
finish(struct span *s)
{
    s->done = true;
    if (s->cover->forget != NULL)
        s->cover->forget(s);
}

static void
drop_span(struct span *s)
{
    struct cover *c = s->cover;

    finish(s);
    if (c->seen_span == s)
        c->seen_span = NULL;
    drop_cells(s);
    if (s->prev != NULL)
        s->prev->next = s->next;
    else
        c->head = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    else
        c->tail = s->prev;
    free(s);
}

void
cover_clear(struct cover *cover)
{
    while (cover->head != NULL)
        drop_span(cover->head);
}

struct span *
cover_split(struct span *s, const struct oid *at)
{
    struct span *new = make_span(s->cover, at);

    assert(!s->done && oid_compare(at, &s->at) >= 0 && (s->open || oid_compare(at, &s->to) < 0));
    new->to = s->to;
    new->open = s->open;
    new->place = s->place;
    new->stride = s->stride;
    new->trust = s->trust;
    new->next = s->next;
    new->prev = s;
    if (s->next != NULL)
        s->next->prev = new;
    else
        s->cover->tail = new;
    s->next = new;
    s->to = *at;
    s->open = false;
    if (oid_compare(&s->at, &s->to) >= 0)
        finish(s);
    return new;
}

/* Learning. */

static size_t
arc_octets(uint32_t arc)
{
    size_t n = 1;

    while (arc >>= 7)
        n++;
    return n;
}

static size_t
value_octets(const struct value *v)
{
    size_t n = 1;

    if (v->type == VALUE_OCTETS || v->type == VALUE_OPAQUE || v->type == VALUE_IPADDRESS)
        return v->n + (v->n > 127 ? 2 : 0);
    if (v->type == VALUE_OID) {
        for (uint32_t i = 0; i < v->n; i++)
            n += arc_octets(v->arcs[i]);
        return n;
    }
    for (uint64_t u = v->u << 1 | 1; u >>= 8;)
        n++;
    return v->type == VALUE_INTEGER && v->i < 0 ? 4 : n;
}

/* What a varbind takes in a message, of those seen lately, rather more than less: what is asked for should fit. */
static void
note_width(struct cover *c, const struct varbind *vb)
{
    size_t octets = 5 + value_octets(&vb->value);

    for (uint32_t i = 0; i < vb->name.n; i++)
        octets += arc_octets(vb->name.arc[i]);
    if (octets > 120)
        octets += 2;
    if ((double) octets > c->width)
        c->width = c->width == 0 ? (double) octets : c->width + ((double) octets - c->width) / 4;
    else
        c->width += ((double) octets - c->width) / 16;
}

static void
note_gap(struct span *s, const struct oid *name)
{
    uint32_t k = 0;

    while (k < s->at.n && s->at.arc[k] == name->arc[k]) /* it is behind the beginning: longer, or greater */
        k++;
    s->gap_place = k;
    s->gap = name->arc[k] - (k < s->at.n ? s->at.arc[k] : 0);
}

static void
add_cell(struct span *s, const struct varbind *vb)
{
    const struct value *v = &vb->value;
    uint32_t skip = s->cover->base.n, n = vb->name.n - skip;
    bool octets = v->type == VALUE_OCTETS || v->type == VALUE_IPADDRESS || v->type == VALUE_OPAQUE;
    size_t size = v->type == VALUE_OID ? v->n * sizeof *v->arcs : octets ? v->n : 0;
    struct cell *cell = memory_alloc(sizeof *cell + n * sizeof *cell->arcs + size);
    uint8_t *room = (uint8_t *) (cell->arcs + n);

    *cell = (struct cell) { .value = *v, .n = n };
    memcpy(cell->arcs, vb->name.arc + skip, n * sizeof *cell->arcs);
    if (octets || v->type == VALUE_OID) {
        cell->value.octets = room;
        if (size > 0)
            memcpy(room, v->octets, size);
    }
    note_width(s->cover, vb);
    *s->end = cell;
    s->end = &cell->next;
    if (s->gained == 0)
        note_gap(s, &vb->name);
    s->at = vb->name;
    s->gained++;
    s->cover->octets += cell_size(cell);
}

/* How the names of one answer went on, `n` of them from `first` to the span's last. The span may be NULL when there are none. */
static void
note_stride(struct span *s, const struct oid *first, size_t n)
{
    const struct oid *last;
    uint32_t k = 0;

    if (n < 2)
        return;
    last = &s->at;
    while (k < first->n && k < last->n && first->arc[k] == last->arc[k])
        k++;
    if (k >= first->n || k >= last->n || last->arc[k] < first->arc[k])
        return;
    s->trust = (s->place == k ? s->trust : 0) + (double) n;
    s->place = k;
    s->stride = (double) (last->arc[k] - first->arc[k]) / (double) (n - 1);
}

static struct span *
pass(struct span *s)
{
    if (!s->done) {
        if (oid_compare(&s->to, &s->at) > 0)
            s->at = s->to;
        finish(s);
    }
    return s->next;
}

static bool
is_exception(const struct varbind *vb)
{
    return vb->value.type == VALUE_END_OF_MIB_VIEW || vb->value.type == VALUE_NO_SUCH_OBJECT ||
           vb->value.type == VALUE_NO_SUCH_INSTANCE;
}

void
cover_learn(struct span *s, const struct oid *asked, const struct varbind *varbinds, size_t n, size_t stride,
            struct lesson *out)
{
    const struct oid *last = asked;
    struct oid first = { 0 };
    size_t in_span = 0;

    *out = (struct lesson) { 0 };
    for (size_t i = 0; i < n && !out->stuck && !out->ended; i += stride) {
        const struct varbind *vb = &varbinds[i];

        if (is_exception(vb)) {
            out->ended = out->view_ended = true;
        } else if (oid_compare(&vb->name, last) <= 0) {
            out->stuck = true;
            out->stuck_at = vb->name;
        } else if (!oid_within(&s->cover->base, &vb->name)) {
            out->ended = true;
        } else {
            last = &vb->name;
            out->read++;
            while (!out->ended && !s->open && oid_compare(last, &s->to) > 0) {
                note_stride(s, &first, in_span);
                in_span = 0;
                out->ended = s->next == NULL; /* what lies behind a cut is not wanted */
                s = pass(s);
            }
            if (out->ended || s->done || oid_compare(last, &s->at) <= 0)
                continue;
            if (in_span == 0) /* from the name before, if that was one */
                first = s->gained > 0 ? s->at : vb->name;
            in_span += in_span == 0 && s->gained > 0 ? 2 : 1;
            add_cell(s, vb);
            out->fresh++;
        }
    }
    note_stride(s, &first, in_span);
    if (out->ended) {
        for (; s != NULL; s = s->next)
            if (!s->done)
                finish(s);
    } else if (!s->open && !s->done && oid_compare(&s->at, &s->to) >= 0) {
        finish(s);
    }
}

void
cover_cut(struct span *s)
{
    while (s->next != NULL)
        drop_span(s->next);
    if (!s->done)
        finish(s);
}

void
cover_join(struct cover *c)
{
    for (struct span *s = c->head, *next; s != NULL && (next = s->next) != NULL;) {
        if (!s->done || !next->done) {
            s = next;
            continue;
        }
        s->at = next->at;
        s->to = next->to;
        s->open = next->open;
        if (next->first != NULL) {
            *s->end = next->first;
            s->end = next->end;
            next->first = NULL;
            next->end = &next->first;
        }
        if (c->seen_span == next)
            c->seen_span = s;
        drop_span(next);
    }
}

/* Taking. */

/* Spans that are done and empty go. */
static struct span *
tidy(struct cover *c)
{
    while (c->head != NULL && c->head->done && c->head->first == NULL)
        drop_span(c->head);
    return c->head;
}

const struct cell *
cover_front(struct cover *c)
{
    struct span *s = tidy(c);

    return s != NULL ? s->first : NULL;
}

struct cell *
cover_take(struct cover *c)
{
    struct span *s = tidy(c);
    struct cell *cell = s != NULL ? s->first : NULL;

    if (cell == NULL)
        return NULL;
    if (c->seen == cell) {
        c->seen = NULL;
        c->seen_span = NULL;
    }
    s->first = cell->next;
    if (s->first == NULL)
        s->end = &s->first;
    c->octets -= cell_size(cell);
    return cell;
}

bool
cover_finished(struct cover *c)
{
    return tidy(c) == NULL;
}

const struct oid *
cover_frontier(struct cover *c)
{
    const struct span *s = tidy(c);

    while (s != NULL && s->done)
        s = s->next;
    return s != NULL ? &s->at : NULL;
}

const struct cell *
cover_next_seen(struct cover *c)
{
    struct span *s = c->seen_span != NULL ? c->seen_span : c->head;
    struct cell *next = c->seen != NULL ? c->seen->next : s != NULL ? s->first : NULL;

    while (next == NULL && s != NULL && s->done) {
        s = s->next;
        next = s != NULL ? s->first : NULL;
    }
    if (next == NULL)
        return NULL;
    c->seen = next;
    c->seen_span = s;
    return next;
}

void
cell_name(const struct cover *cover, const struct cell *cell, struct oid *out)
{
    *out = cover->base;
    oid_append(out, cell->arcs, cell->n);
}
