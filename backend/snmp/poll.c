/* Polling: see api/poll.h. One GET a round: what was asked for, sysUpTime and the discontinuity times. */
#include "api/poll.h"

#include "core/rate.h"
#include "snmp/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct object {
    struct oid name, wide;   /* wide.n of 0: none, or the agent has none */
    size_t at, wide_at;      /* in the names of a round */
    size_t discontinuity_at; /* 0: none (sysUpTime is there) */
    bool widened;
    struct varbind *before;  /* NULL: none */
    int64_t before_discontinuity;
};

struct poll {
    struct loop *loop;
    struct device *device;
    struct object *objects;
    size_t n;
    struct oid *names; /* sysUpTime first */
    size_t n_names;
    bool settled; /* it is known which 64-bit counters there are */
    int64_t asked, period, begun, due;
    int64_t before_at, before_up_time;
    struct request *request;
    struct loop_timer *timer;
    bool calling, stopped;
    poll_fn *fn;
    void *arg;
    char note[160];
};

static size_t
add_name(struct poll *p, const struct oid *name)
{
    for (size_t i = 0; i < p->n_names; i++)
        if (p->n_names < 512 && oid_compare(&p->names[i], name) == 0)
            return i;
    p->names[p->n_names] = *name;
    return p->n_names++;
}

/* What a round asks for. */
static void
plan(struct poll *p)
{
    struct oid up_time, wide, discontinuity;

    p->n_names = 0;
    oid_parse(&up_time, "1.3.6.1.2.1.1.3.0");
    add_name(p, &up_time);
    for (size_t i = 0; i < p->n; i++) {
        struct object *o = &p->objects[i];

        rate_relatives(&o->name, &wide, &discontinuity);
        if (!p->settled)
            o->wide = wide;
        if (!o->widened)
            o->at = add_name(p, &o->name);
        if (o->wide.n > 0)
            o->wide_at = add_name(p, &o->wide);
        if (o->widened)
            o->at = o->wide_at;
        if (!p->settled || o->discontinuity_at > 0)
            o->discontinuity_at = discontinuity.n > 0 ? add_name(p, &discontinuity) : 0;
    }
}

static void
settle(struct poll *p, const struct device_reply *reply)
{
    for (size_t i = 0; i < p->n; i++) {
        struct object *o = &p->objects[i];

        o->widened = o->wide.n > 0 && reply->varbinds[o->wide_at].value.type == VALUE_COUNTER64;
        if (o->widened)
            o->at = o->wide_at;
        else
            o->wide.n = 0;
        if (o->discontinuity_at > 0 && reply->varbinds[o->discontinuity_at].value.type != VALUE_TIMETICKS)
            o->discontinuity_at = 0;
    }
    p->settled = true;
}

static int64_t
ticks(const struct device_reply *reply, size_t at)
{
    const struct value *v = &reply->varbinds[at].value;

    return v->type == VALUE_TIMETICKS ? (int64_t) v->u : -1;
}

static void
compare(struct poll *p, const struct device_reply *reply, int64_t at, struct varbind *varbinds, struct poll_rate *rates)
{
    int64_t up_time = ticks(reply, 0);

    for (size_t i = 0; i < p->n; i++) {
        struct object *o = &p->objects[i];
        int64_t discontinuity = o->discontinuity_at > 0 ? ticks(reply, o->discontinuity_at) : -1;
        struct rate_reading now = { &reply->varbinds[o->at].value, at, up_time, discontinuity };
        struct rate_reading before = { o->before != NULL ? &o->before->value : NULL, p->before_at, p->before_up_time,
                                       o->before_discontinuity };

        varbinds[i] = reply->varbinds[o->at];
        rates[i].verdict = rate_between(&before, &now, &rates[i].a_second);
        free(o->before);
        o->before = varbind_copy(&varbinds[i]);
        o->before_discontinuity = discontinuity;
    }
    p->before_at = at;
    p->before_up_time = up_time;
}

/* Wider when a round does not fit, as asked for once it takes less than half of that again. */
static const char *
fit(struct poll *p, int64_t took)
{
    if (took > p->period) {
        while (p->period < took + took / 4)
            p->period *= 2;
        snprintf(p->note, sizeof p->note, "a round takes %.1f s: read every %.1f s, not every %.1f s", (double) took / 1e9,
                 (double) p->period / 1e9, (double) p->asked / 1e9);
    } else if (p->period > p->asked && took < p->asked / 2) {
        p->period = p->asked;
        snprintf(p->note, sizeof p->note, "rounds fit again: read every %.1f s", (double) p->asked / 1e9);
    } else
        return NULL;
    return p->note;
}

static void begin(void *arg);

static void
wait_for_next(struct poll *p)
{
    int64_t now = loop_clock(), wait, early = p->period / 10 * (int64_t) (engine_random(p->device->engine) % 1024) / 1024;

    p->due += p->period;
    if (p->due < now)
        p->due = now + early; /* it does not catch up on what it missed */
    wait = p->due - early - now;
    p->timer = loop_after(p->loop, wait > 0 ? wait : 0, begin, p);
}

static void
destroy(struct poll *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->objects[i].before);
    free(p->objects);
    free(p->names);
    free(p);
}

static void
on_reply(void *arg, const struct device_reply *reply)
{
    struct poll *p = arg;
    int64_t now = loop_clock();
    struct varbind *varbinds = memory_zero(p->n, sizeof *varbinds);
    struct poll_rate *rates = memory_zero(p->n, sizeof *rates);
    struct poll_round round = { .failure = reply->failure, .took = now - p->begun };

    p->request = NULL;
    if (reply->failure == NULL) {
        if (!p->settled)
            settle(p, reply);
        /* When the agent looked is not known; the middle of its round trip is where it is expected. */
        compare(p, reply, now - reply->round_trip / 2, varbinds, rates);
        round.varbinds = varbinds;
        round.rates = rates;
        round.n = p->n;
        plan(p);
    }
    round.note = fit(p, round.took);
    round.period = p->period;
    p->calling = true;
    p->fn(p->arg, &round);
    p->calling = false;
    free(varbinds);
    free(rates);
    if (p->stopped)
        destroy(p);
    else
        wait_for_next(p);
}

static void
begin(void *arg)
{
    struct poll *p = arg;

    p->timer = NULL;
    p->begun = loop_clock();
    if (p->due == 0)
        p->due = p->begun;
    p->request = device_get(p->device, p->names, p->n_names, on_reply, p);
}

struct poll *
poll_start(struct loop *loop, struct device *device, const struct oid *names, size_t n, int64_t period, poll_fn *fn,
           void *arg)
{
    struct poll *p = memory_zero(1, sizeof *p);

    p->loop = loop;
    p->device = device;
    p->objects = memory_zero(n + 1, sizeof *p->objects);
    p->n = n;
    for (size_t i = 0; i < n; i++)
        p->objects[i].name = names[i];
    p->names = memory_zero(3 * n + 1, sizeof *p->names);
    p->asked = p->period = period;
    p->before_up_time = -1;
    p->fn = fn;
    p->arg = arg;
    plan(p);
    p->timer = loop_after(loop, 0, begin, p);
    return p;
}

void
poll_stop(struct poll *p)
{
    if (p == NULL)
        return;
    request_cancel(p->request);
    loop_cancel(p->timer);
    p->request = NULL;
    p->timer = NULL;
    if (p->calling)
        p->stopped = true;
    else
        destroy(p);
}
