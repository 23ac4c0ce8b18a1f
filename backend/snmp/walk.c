/* Walks: from a root to the end of what lies below it, in order, as a stream. What is read ahead of the order waits in
 * the cover. */
#include "snmp/explore.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_A_TIME = 64 };

struct walk {
    struct sweep sweep; /* first */
    struct exchange *root_asked;
    struct cover cover;
    struct rows known; /* of the table under way */
    struct oid column; /* whose neighbours are to be looked for; n is 0 when there is none */
    bool asked_root;
    uint64_t given;
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
    sweep_stop(&w->sweep);
    exchange_cancel(w->root_asked);
    cover_clear(&w->cover);
    rows_clear(&w->known);
    free(w);
}

static void
end_walk(struct walk *w)
{
    struct sweep *s = &w->sweep;
    struct walk_end end = { .varbinds = w->given, .requests = s->requests, .view_ended = s->view_ended };
    struct failure failure = s->failure;
    walk_end_fn *fn = w->end;
    void *arg = w->arg;
    char note[sizeof s->note];

    if (failure.kind != FAILURE_NONE)
        end.failure = &failure;
    if (s->note[0] != '\0')
        end.note = memcpy(note, s->note, sizeof note);
    cancel_walk(&s->handle.request);
    fn(arg, &end);
}

/* An empty walk may have been asked for a leaf: snmpwalk tries a GET too. */
static void
on_root(void *arg, const struct outcome *o)
{
    struct walk *w = arg;

    w->root_asked = NULL;
    if (o->failure != NULL) {
        w->sweep.failure = *o->failure;
    } else if (o->error_status == 0 && o->n == 1 && !value_is_exception(&o->varbinds[0].value) &&
               o->varbinds[0].value.type != VALUE_NULL) {
        bool gone = false;

        w->given++;
        w->gone = &gone;
        w->rows(w->arg, o->varbinds, 1);
        if (gone)
            return;
        w->gone = NULL;
    }
    end_walk(w);
}

static void
reach_end(struct walk *w)
{
    struct varbind vb = { .name = w->cover.base };
    struct ask ask = { .kind = PDU_GET, .varbinds = &vb, .n = 1 };

    if (w->given > 0 || w->asked_root || w->sweep.failure.kind != FAILURE_NONE) {
        end_walk(w);
        return;
    }
    w->asked_root = true;
    w->sweep.requests++;
    w->root_asked = exchange_new(w->sweep.handle.device, &ask, on_root, w);
}

/* False when the callback cancelled. */
static bool
hand_out(struct walk *w)
{
    bool gone = false;

    /* cppcheck-suppress autoVariables ; taken back below, before it ends */
    w->gone = &gone;
    while (!gone && cover_front(&w->cover) != NULL && !sweep_enough(&w->sweep, w->given)) {
        struct varbind varbinds[ROWS_A_TIME];
        struct cell *cells[ROWS_A_TIME];
        size_t n = 0;

        while (n < ROWS_A_TIME && w->given + n < w->sweep.handle.device->most && (cells[n] = cover_take(&w->cover)) != NULL) {
            cell_name(&w->cover, cells[n], &varbinds[n].name);
            varbinds[n].value = cells[n]->value;
            n++;
        }
        w->given += n;
        w->rows(w->arg, varbinds, n);
        for (size_t i = 0; i < n; i++)
            free(cells[i]);
    }
    if (!gone)
        w->gone = NULL;
    return !gone;
}

static void
note_rows(struct walk *w)
{
    const struct cell *cell;
    struct oid name;

    while ((cell = cover_next_seen(&w->cover)) != NULL) {
        cell_name(&w->cover, cell, &name);
        if (rows_note(&w->known, &name))
            w->column = name;
    }
}

static void
step(struct sweep *s)
{
    struct walk *w = (struct walk *) s;
    struct batch batch;

    if (!s->failed) { /* the next requests are on their way while these rows are looked at */
        note_rows(w);
        batch_start(&batch, s);
        if (w->column.n > 0 && batch.room > 0) {
            explore_columns(&batch, &w->cover, &w->known, &w->column);
            w->column.n = 0;
        }
        explore(&batch, &w->cover, &w->known);
    }
    if (!hand_out(w))
        return;
    if (s->failed)
        end_walk(w);
    else if (cover_finished(&w->cover))
        reach_end(w);
}

struct request *
device_walk(struct device *device, const struct oid *root, device_rows_fn *rows, walk_end_fn *end, void *arg)
{
    struct walk *w = memory_zero(1, sizeof *w);
    struct batch batch;

    sweep_start(&w->sweep, device, cancel_walk, step);
    cover_start(&w->cover, root);
    w->cover.forget = sweep_forget;
    w->rows = rows;
    w->end = end;
    w->arg = arg;
    batch_start(&batch, &w->sweep);
    explore(&batch, &w->cover, &w->known);
    return &w->sweep.handle.request;
}
