/* Walks: from a root to the end of what lies below it, in order, as a stream. */
#include "snmp/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPETITIONS_FIRST = 10, REPETITIONS_MAX = 100, OCTETS_GOOD = 1400 };

struct walk {
    struct ask_handle handle;
    struct exchange *exchange;
    struct oid root, at;
    int repetitions, ceiling; /* 0: GETNEXT */
    bool asked_root;
    uint64_t varbinds, requests;
    char note[OID_TEXT_MAX + 200];
    bool *gone; /* set when cancelled from inside a callback */
    device_rows_fn *rows;
    walk_end_fn *end;
    void *arg;
};

static void
cancel_walk(struct request *request)
{
    struct walk *w = (struct walk *) request;

    if (w->gone != NULL)
        *w->gone = true;
    ask_remove(&w->handle);
    exchange_cancel(w->exchange);
    free(w);
}

static void
end_walk(struct walk *w, const struct failure *failure)
{
    struct walk_end end = { .failure = failure, .varbinds = w->varbinds, .requests = w->requests };
    walk_end_fn *fn = w->end;
    void *arg = w->arg;
    char note[sizeof w->note];

    if (w->note[0] != '\0')
        end.note = memcpy(note, w->note, sizeof note);
    cancel_walk(&w->handle.request);
    fn(arg, &end);
}

static void on_step(void *arg, const struct outcome *o);

static void
step(struct walk *w)
{
    struct varbind vb = { .name = w->at };
    struct ask ask = { .kind = w->repetitions > 0 ? PDU_GET_BULK : PDU_GET_NEXT, .repetitions = w->repetitions,
                       .varbinds = &vb, .n = 1 };

    w->requests++;
    w->exchange = exchange_new(w->handle.device, &ask, on_step, w);
}

/* An empty walk may have been asked for a leaf: snmpwalk tries a GET too. */
static void
on_root(void *arg, const struct outcome *o)
{
    struct walk *w = arg;

    w->exchange = NULL;
    if (o->failure != NULL) {
        end_walk(w, o->failure);
        return;
    }
    if (o->error_status == 0 && o->n == 1 && !value_is_exception(&o->varbinds[0].value) &&
        o->varbinds[0].value.type != VALUE_NULL) {
        w->varbinds++;
        w->rows(w->arg, o->varbinds, 1);
    }
    end_walk(w, NULL);
}

static void
reach_end(struct walk *w)
{
    struct varbind vb = { .name = w->root };
    struct ask ask = { .kind = PDU_GET, .varbinds = &vb, .n = 1 };

    if (w->varbinds > 0 || w->asked_root) {
        end_walk(w, NULL);
        return;
    }
    w->asked_root = true;
    w->requests++;
    w->exchange = exchange_new(w->handle.device, &ask, on_root, w);
}

/* How many of these belong to the walk; *over when the walk ends with them. */
static size_t
good_rows(struct walk *w, const struct outcome *o, bool *over)
{
    const struct oid *last = &w->at;
    char text[OID_TEXT_MAX];

    *over = true;
    for (size_t i = 0; i < o->n; i++) {
        const struct varbind *vb = &o->varbinds[i];

        if (vb->value.type == VALUE_END_OF_MIB_VIEW || !oid_within(&w->root, &vb->name))
            return i;
        if (oid_compare(&vb->name, last) <= 0) {
            snprintf(w->note, sizeof w->note, "the agent's OIDs do not increase at %s; stopped there",
                     oid_format(&vb->name, text));
            return i;
        }
        last = &vb->name;
    }
    *over = o->n == 0;
    return o->n;
}

static void
adapt(struct walk *w, const struct outcome *o)
{
    if (w->repetitions == 0)
        return;
    if (o->octets < OCTETS_GOOD / 2 && o->n >= (size_t) w->repetitions && w->repetitions * 2 <= w->ceiling)
        w->repetitions *= 2;
    else if (o->octets > OCTETS_GOOD && w->repetitions > 1)
        w->repetitions = w->repetitions * 3 / 4;
}

/* True when the error was dealt with by asking again. */
static bool
mend(struct walk *w, const struct outcome *o)
{
    if (o->error_status == 1 && w->repetitions > 1) {
        w->repetitions /= 2;
        w->ceiling = w->repetitions;
    } else if (w->repetitions > 0 && o->error_status != 0) {
        w->repetitions = 0; /* it fails on GETBULK: one by one */
    } else {
        return false;
    }
    step(w);
    return true;
}

static void
on_step(void *arg, const struct outcome *o)
{
    struct walk *w = arg;
    struct failure why;
    char text[OID_TEXT_MAX];
    bool over, gone = false;
    size_t n;

    w->exchange = NULL;
    if (o->failure != NULL) {
        end_walk(w, o->failure);
        return;
    }
    if (o->error_status == 2 && w->repetitions == 0) { /* noSuchName: v1's way to say that nothing follows */
        reach_end(w);
        return;
    }
    if (o->error_status != 0) {
        if (mend(w, o))
            return;
        failure_set(&why, FAILURE_REFUSED, "%s: the agent answers %s after %s", w->handle.device->name,
                    device_error_name(o->error_status), oid_format(&w->at, text));
        end_walk(w, &why);
        return;
    }
    n = good_rows(w, o, &over);
    if (n > 0) {
        w->varbinds += n;
        w->at = o->varbinds[n - 1].name;
        adapt(w, o);
        if (!over)
            step(w); /* the next request is on its way while these rows are looked at */
        w->gone = &gone;
        w->rows(w->arg, o->varbinds, n);
        if (gone)
            return;
        w->gone = NULL;
    }
    if (over)
        reach_end(w);
}

struct request *
device_walk(struct device *device, const struct oid *root, device_rows_fn *rows, walk_end_fn *end, void *arg)
{
    struct walk *w = memory_zero(1, sizeof *w);

    ask_add(&w->handle, device, cancel_walk);
    w->root = w->at = *root;
    w->repetitions = device->version == MESSAGE_V1 ? 0 : REPETITIONS_FIRST;
    w->ceiling = REPETITIONS_MAX;
    w->rows = rows;
    w->end = end;
    w->arg = arg;
    step(w);
    return &w->handle.request;
}
