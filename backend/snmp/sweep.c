/* Requests about spans, and what is made of their answers. See sweep.h. */
#include "snmp/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OCTETS_FIRST = 32,    /* of a varbind, before one was seen */
    OCTETS_AROUND = 45,   /* of a message, without its varbinds and its community */
    OCTETS_AROUND_V3 = 170,
    TARGET = 1452,        /* an answer that fits one frame of Ethernet, IPv6's headers with it */
    VARBINDS_MAX = 2000,
    TARGET_LEAST = 300,
    LEARNT_LEAST = 8,     /* answers that teach something about a device */
    FULL_OFTEN = 16,
    REFUSALS_MAX = 2,
    BACKWARDS_MAX = 8,
};

struct item {
    struct call *call;
    struct span *span; /* NULL: known meanwhile */
    struct oid asked;
};

struct call {
    struct sweep *sweep;
    struct call *next, **link;
    struct exchange *exchange;
    bool bulk, probe, landed; /* landed: its answer is being looked at */
    size_t repetitions, n, live;
    struct item items[];
};

void
sweep_start(struct sweep *s, struct device *device, request_cancel_fn *cancel, void (*step)(struct sweep *))
{
    ask_add(&s->handle, device, cancel);
    s->items_max = ITEMS_MAX;
    s->target = TARGET;
    s->step = step;
}

static void
drop_call(struct call *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].span != NULL)
            c->items[i].span->asked = NULL;
    c->sweep->n_calls--;
    c->sweep->probes -= c->probe;
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    free(c);
}

void
sweep_stop(struct sweep *s)
{
    if (s->requests - (uint64_t) s->n_calls >= LEARNT_LEAST)
        device_learnt(s->handle.device);
    while (s->calls != NULL) {
        exchange_abandon(s->calls->exchange);
        drop_call(s->calls);
    }
    ask_remove(&s->handle);
}

void
sweep_forget(struct span *span)
{
    struct item *item = span->asked;

    span->asked = NULL;
    if (item == NULL)
        return;
    item->span = NULL;
    if (--item->call->live == 0 && !item->call->landed) {
        exchange_abandon(item->call->exchange);
        drop_call(item->call);
    }
}

bool
sweep_enough(struct sweep *s, uint64_t given)
{
    const struct device *d = s->handle.device;

    if (given < d->most)
        return false;
    s->failed = true;
    if (s->failure.kind == FAILURE_NONE)
        failure_set(&s->failure, FAILURE_LIMIT, "%s: stopped after %llu values; ask for a smaller part, or raise the limit",
                    d->name, (unsigned long long) given);
    return true;
}

int
sweep_room(const struct sweep *s)
{
    const struct device *d = s->handle.device;
    int room = pace_window(&d->pace) - d->in_flight - d->queued;

    return room > 0 ? room : s->calls == NULL ? 1 : 0; /* there is always one, or nothing would ever go on */
}

int
sweep_calls(const struct sweep *s)
{
    return s->n_calls;
}

bool
sweep_bulk(const struct sweep *s, const struct span *span)
{
    const struct device *d = s->handle.device;

    return d->version != MESSAGE_V1 && d->quirks.value[QUIRK_NO_BULK] == 0 && !s->doubt && !span->careful;
}

static size_t
room_in_answer(const struct sweep *s)
{
    const struct quirks *q = &s->handle.device->quirks;
    size_t target = q->edited[QUIRK_OCTETS] && q->value[QUIRK_OCTETS] > 0 ? (size_t) q->value[QUIRK_OCTETS] : s->target;
    size_t around = s->handle.device->version == MESSAGE_V3 ? OCTETS_AROUND_V3 : OCTETS_AROUND;

    return target > around ? target - around : 1;
}

bool
sweep_holds(const struct sweep *s, double octets)
{
    return octets <= (double) room_in_answer(s);
}

size_t
sweep_fit(const struct sweep *s, double width)
{
    const struct quirks *q = &s->handle.device->quirks;
    size_t n = (size_t) ((double) room_in_answer(s) / (width > 0 ? width : OCTETS_FIRST));

    if (q->value[QUIRK_VARBINDS] > 0 && n > (size_t) q->value[QUIRK_VARBINDS])
        n = (size_t) q->value[QUIRK_VARBINDS];
    return n < 1 ? 1 : n > VARBINDS_MAX ? VARBINDS_MAX : n;
}

static void on_answer(void *arg, const struct outcome *o);

void
sweep_ask(struct sweep *s, struct span *const *spans, size_t n, size_t repetitions, bool probe)
{
    struct call *c = memory_zero(1, sizeof *c + n * sizeof *c->items);
    struct varbind varbinds[ITEMS_MAX];
    struct ask ask = { .varbinds = varbinds, .n = n };

    *c = (struct call) { .sweep = s, .bulk = true, .repetitions = repetitions > 0 ? repetitions : 1, .n = n, .live = n };
    for (size_t i = 0; i < n; i++) {
        c->items[i].call = c;
        c->items[i].span = spans[i];
        c->items[i].asked = spans[i]->at;
        varbinds[i] = (struct varbind) { .name = spans[i]->at };
        spans[i]->asked = &c->items[i];
        c->bulk = c->bulk && sweep_bulk(s, spans[i]);
    }
    c->next = s->calls;
    c->link = &s->calls;
    if (c->next != NULL)
        c->next->link = &c->next;
    s->calls = c;
    s->requests++;
    s->n_calls++;
    s->probes += c->probe = probe;
    if (!c->bulk)
        c->repetitions = 1;
    for (size_t i = 0; i < n; i++)
        spans[i]->asked_for = c->repetitions;
    ask.kind = c->bulk ? PDU_GET_BULK : PDU_GET_NEXT;
    ask.repetitions = (int) c->repetitions;
    ask.brief = c->bulk && !s->handle.device->bulk_seen;
    c->exchange = exchange_new(s->handle.device, &ask, on_answer, c);
}

/* What errors are answered with. */

static void
give_up(struct sweep *s, const struct failure *why)
{
    if (s->failure.kind == FAILURE_NONE)
        s->failure = *why;
}

/* GETBULK got no answer and never did: some agents drop it. */
static void
on_no_answer(struct sweep *s, const struct call *c, const struct outcome *o)
{
    if (c->bulk && !s->handle.device->bulk_seen && o->failure->kind == FAILURE_UNREACHABLE) {
        s->doubt = true;
        return;
    }
    s->failed = true;
    give_up(s, o->failure);
}

/* The cover ends before what was said to be its end. */
static void
take_back(struct sweep *s, const struct cover *cover)
{
    if (s->told != cover)
        return;
    s->told = NULL;
    s->note[0] = '\0';
    s->failure.kind = FAILURE_NONE;
}

/* Nothing behind this place can be had. */
static void
cut(struct sweep *s, struct span *span, const char *what)
{
    char text[OID_TEXT_MAX];
    struct failure why;

    take_back(s, span->cover);
    if (s->told == NULL)
        s->told = span->cover;
    failure_set(&why, FAILURE_REFUSED, "%s: %s after %s", s->handle.device->name, what, oid_format(&span->at, text));
    give_up(s, &why);
    cover_cut(span);
}

static void
be_careful(struct call *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->items[i].span != NULL)
            c->items[i].span->careful = true;
}

/* noSuchName is SNMPv1's way to say that nothing follows. */
static bool
reach_end(struct call *c, int index)
{
    static const struct varbind end = { .value = { .type = VALUE_END_OF_MIB_VIEW } };
    size_t i = index >= 1 && (size_t) index <= c->n ? (size_t) index - 1 : 0;
    struct lesson lesson;

    if ((size_t) index != i + 1 && c->n > 1)
        return false;
    if (c->items[i].span != NULL)
        cover_learn(c->items[i].span, &c->items[i].asked, &end, 1, 1, &lesson);
    return true;
}

static void
limit_varbinds(struct device *d, size_t n)
{
    if (!d->quirks.edited[QUIRK_VARBINDS])
        d->quirks.value[QUIRK_VARBINDS] = n < 1 ? 1 : (int32_t) n;
}

static void
on_error(struct sweep *s, struct call *c, const struct outcome *o)
{
    struct device *d = s->handle.device;
    size_t asked = c->repetitions * c->n, limit = (size_t) d->quirks.value[QUIRK_VARBINDS];
    char what[100];

    if (o->error_status == 1 && c->bulk && c->repetitions > 1) {
        s->too_big = true;
        if (limit == 0 || limit > asked / 2)
            limit_varbinds(d, asked / 2);
    } else if (o->error_status == 2 && !c->bulk && reach_end(c, o->error_index)) {
        ; /* told */
    } else if (c->n > 1 && (o->error_status == 1 || !c->bulk)) {
        s->items_max = o->error_status == 1 && c->n > 3 ? c->n / 2 : 1; /* which one is it? */
    } else if (c->bulk) {
        s->refused++;
        be_careful(c);
    } else if (c->items[0].span != NULL) {
        snprintf(what, sizeof what, "the agent answers %s", device_error_name(o->error_status));
        cut(s, c->items[0].span, what);
    }
}

/* What answers teach. */

static void
note_size(struct sweep *s, const struct call *c, const struct outcome *o, bool ended)
{
    struct device *d = s->handle.device;
    size_t asked = (size_t) o->repetitions * c->n, limit = (size_t) d->quirks.value[QUIRK_VARBINDS];
    size_t each = o->n > 0 ? o->octets / o->n : 0;

    if (!d->quirks.edited[QUIRK_OCTETS] && o->octets > (size_t) d->quirks.value[QUIRK_OCTETS])
        d->quirks.value[QUIRK_OCTETS] = (int32_t) o->octets;
    if (!c->bulk || o->n == 0 || ended)
        return;
    if (o->n >= asked && limit > 0 && asked >= limit && (s->too_big || ++s->full % FULL_OFTEN == 0))
        limit_varbinds(d, limit + 1);
    if (o->n >= asked || o->octets + 2 * each >= s->target)
        return;
    /* Less than asked for, though there was room: either its answers are small, or it counts. */
    if (o->octets + each > s->cut_octets)
        s->cut_octets = o->octets + each;
    if (limit == 0 || limit < o->n)
        limit_varbinds(d, o->n);
    if (s->target > s->cut_octets)
        s->target = s->cut_octets > TARGET_LEAST ? s->cut_octets : TARGET_LEAST;
}

static void
on_backwards(struct sweep *s, const struct call *c, struct span *span, const struct lesson *lesson)
{
    struct device *d = s->handle.device;
    char text[OID_TEXT_MAX], after[OID_TEXT_MAX];

    if (!d->quirks.edited[QUIRK_BACK])
        d->quirks.value[QUIRK_BACK] = 1;
    if (c->bulk) { /* perhaps GETNEXT does better */
        s->backwards++;
        span->careful = true;
        return;
    }
    take_back(s, span->cover);
    if (s->told == NULL) {
        s->told = span->cover;
        snprintf(s->note, sizeof s->note, "the agent's OIDs do not increase: after %s comes %s; stopped there",
                 oid_format(&span->at, after), oid_format(&lesson->stuck_at, text));
    }
    cover_cut(span);
}

/* What GETBULK did badly GETNEXT does well. */
static void
note_kind(struct sweep *s, const struct call *c, const struct outcome *o)
{
    struct device *d = s->handle.device;

    if (c->bulk) {
        d->bulk_seen = true;
        return;
    }
    if (s->doubt && o->round_trip > d->patience / 10) { /* not silent: slow. No hurry, then. */
        s->doubt = false;
        d->bulk_seen = true;
    }
    if ((s->doubt || (s->refused >= REFUSALS_MAX && !d->bulk_seen) || s->backwards >= BACKWARDS_MAX) &&
        !d->quirks.edited[QUIRK_NO_BULK])
        d->quirks.value[QUIRK_NO_BULK] = 1;
}

static void
learn(struct sweep *s, struct call *c, const struct outcome *o)
{
    bool ended = false;

    note_kind(s, c, o);
    for (size_t i = 0; i < c->n && i < o->n; i++) {
        struct span *span = c->items[i].span;
        struct lesson lesson;

        if (span == NULL)
            continue;
        cover_learn(span, &c->items[i].asked, o->varbinds + i, o->n - i, c->n, &lesson);
        s->varbinds += lesson.fresh;
        ended = ended || lesson.ended;
        s->view_ended = s->view_ended || lesson.view_ended;
        if (lesson.stuck)
            on_backwards(s, c, span, &lesson);
        else if (!c->bulk)
            span->careful = false;
    }
    note_size(s, c, o, ended);
}

static void
on_answer(void *arg, const struct outcome *o)
{
    struct call *c = arg;
    struct sweep *s = c->sweep;

    c->exchange = NULL;
    c->landed = true;
    if (o->failure != NULL)
        on_no_answer(s, c, o);
    else if (o->error_status != 0)
        on_error(s, c, o);
    else if (o->n == 0 && c->bulk)
        be_careful(c);
    else if (o->n == 0 && c->items[0].span != NULL)
        cut(s, c->items[0].span, "the agent's answer is empty");
    else
        learn(s, c, o);
    drop_call(c);
    s->step(s);
}
