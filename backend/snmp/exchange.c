/* Exchanges: queue, send, wait, send again, finish. See session.h. */
#include "snmp/session.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OFFLINE_A_TURN = 16 };

static void
unlink_exchange(struct exchange *e)
{
    struct device *d = e->device;

    if (d->waiting_end == &e->next)
        d->waiting_end = e->link;
    if (d->flying_end == &e->next)
        d->flying_end = e->link;
    if (e->state == EXCHANGE_WAITING)
        d->queued--;
    *e->link = e->next;
    if (e->next != NULL)
        e->next->link = e->link;
    e->next = NULL;
    e->link = NULL;
    if (e->state == EXCHANGE_DOOMED)
        device_doomed(d);
}

static void
link_exchange(struct exchange *e, struct exchange **at)
{
    e->link = at;
    e->next = *at;
    if (e->next != NULL)
        e->next->link = &e->next;
    *at = e;
}

static void
wait_last(struct exchange *e)
{
    struct device *d = e->device;

    e->state = EXCHANGE_WAITING;
    link_exchange(e, d->waiting_end);
    d->waiting_end = &e->next;
    d->queued++;
    device_ready(d);
}

static void
wait_first(struct exchange *e)
{
    struct device *d = e->device;

    e->state = EXCHANGE_WAITING;
    if (d->waiting == NULL)
        d->waiting_end = &e->next;
    link_exchange(e, &d->waiting);
    d->queued++;
    device_ready(d);
}

void
exchange_first(struct exchange *e)
{
    unlink_exchange(e);
    wait_first(e);
}

/* No longer in flight: it was answered, given up, or is to be sent again. */
static void
land(struct exchange *e)
{
    if (e->state == EXCHANGE_FLYING) {
        e->device->in_flight--;
        e->device->engine->in_flight--;
        device_ready(e->device); /* there is room for another one */
    }
    e->overtaken = false;
    unlink_exchange(e);
}

static int64_t
last_sent(const struct exchange *e)
{
    return e->last->sent;
}

static void
doom(struct exchange *e, const struct failure *why)
{
    e->doom = why != NULL ? memory_copy(why, sizeof *why) : NULL;
    e->state = EXCHANGE_DOOMED;
    link_exchange(e, &e->device->doomed);
    device_doomed(e->device);
}

static struct exchange *
make(struct device *device, const uint8_t *list, size_t n, exchange_fn *fn, void *arg)
{
    struct exchange *e = memory_zero(1, sizeof *e + n);

    e->device = device;
    e->fn = fn;
    e->arg = arg;
    e->n_list = n;
    if (n > 0)
        memcpy(e->list, list, n);
    return e;
}

struct exchange *
exchange_refuse(struct device *device, const struct failure *why, exchange_fn *fn, void *arg)
{
    struct exchange *e = make(device, NULL, 0, fn, arg);

    doom(e, why);
    return e;
}

struct exchange *
exchange_new(struct device *device, const struct ask *ask, exchange_fn *fn, void *arg)
{
    static uint8_t room[PDU_OCTETS_MAX];
    const uint8_t *list = ask->written;
    struct exchange *e;
    size_t n = ask->n_written;

    if (list == NULL)
        list = pdu_write_list(ask->varbinds, ask->n, room, sizeof room, &n);
    if (list == NULL) {
        struct failure why;

        failure_set(&why, FAILURE_LIMIT, "%s: the values do not fit one message of %d octets", device->name,
                    PDU_OCTETS_MAX);
        return exchange_refuse(device, &why, fn, arg);
    }
    e = make(device, list, n, fn, arg);
    e->kind = ask->kind;
    e->repetitions = ask->repetitions;
    e->once = ask->once;
    e->brief = ask->brief;
    wait_last(e);
    device->counters.requests++;
    device_open_gate(device);
    return e;
}

void
exchange_cancel(struct exchange *e)
{
    if (e == NULL)
        return;
    if (e->device->probe == e)
        e->device->probe = NULL;
    land(e);
    loop_cancel(e->timer);
    for (struct ticket *t = e->last, *earlier; t != NULL; t = earlier) {
        earlier = t->earlier;
        ticket_remove(e->device->engine, t);
        if (t != &e->first)
            free(t);
    }
    explicit_bzero(e->list, e->n_list);
    free(e->doom);
    free(e);
}

static void
ignore(void *arg, const struct outcome *outcome)
{
    (void) arg;
    (void) outcome;
}

/* What was sent stays in flight: the agent is still busy with it, so it keeps its place in the window. */
void
exchange_abandon(struct exchange *e)
{
    if (e == NULL)
        return;
    if (e->state != EXCHANGE_FLYING) {
        exchange_cancel(e);
        return;
    }
    e->fn = ignore;
    e->arg = NULL;
    e->abandoned = true;
}

void
exchange_finish(struct exchange *e, const struct outcome *outcome)
{
    exchange_fn *fn = e->fn;
    void *arg = e->arg;
    struct outcome copy = *outcome;
    struct failure failure;

    copy.repetitions = e->repetitions;
    if (copy.failure == NULL && e->tries > 1 && last_sent(e) > loop_clock() - copy.round_trip) {
        e->device->counters.late++; /* the answer to an earlier try */
        pace_was_late(&e->device->pace);
    }
    if (copy.failure != NULL) { /* it may live in the exchange */
        failure = *copy.failure;
        copy.failure = &failure;
        if (e->state != EXCHANGE_DOOMED && !e->probe)
            device_failed(e->device, &failure);
    }
    exchange_cancel(e);
    fn(arg, &copy);
}

void
exchange_fail(struct exchange *e, enum failure_kind kind, const char *format, ...)
{
    struct failure why;
    struct outcome outcome = { .failure = &why, .tries = e->tries };
    char text[sizeof why.text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    failure_set(&why, kind, "%s", text);
    exchange_finish(e, &outcome);
}

/* All that waits at the device fails for one reason. Callbacks may start, cancel and free: everything is doomed
 * first and told at the next turn. */
void
exchange_fail_waiting(struct device *device, const struct failure *why)
{
    while (device->waiting != NULL) {
        struct exchange *e = device->waiting;

        unlink_exchange(e);
        loop_cancel(e->timer);
        e->timer = NULL;
        doom(e, why);
    }
    device_failed(device, why);
}

/* Its connection is lost: what was outstanding waits for the next one, in order and before the rest, but for what must
 * not be asked twice or has been. */
void
exchange_hung_up(struct device *d, const struct failure *why)
{
    struct exchange **at = &d->waiting, *next;
    struct failure lost;

    for (struct exchange *e = d->flying; e != NULL; e = next) {
        next = e->next;
        if (e->abandoned) {
            exchange_cancel(e);
            continue;
        }
        loop_cancel(e->timer);
        e->timer = NULL;
        land(e);
        if (e->once || e->asked_again) {
            if (e->once)
                failure_set(&lost, FAILURE_UNREACHABLE, "%s: %s before it answered the SET; whether it was done is unknown: "
                            "read the values back", d->name, why->text);
            else
                failure_set(&lost, FAILURE_UNREACHABLE, "%s: %s, twice, instead of an answer", d->name, why->text);
            doom(e, &lost);
            device_failed(d, &lost);
            continue;
        }
        e->asked_again = true;
        e->tries = 0;
        e->state = EXCHANGE_WAITING;
        if (*at == NULL)
            d->waiting_end = &e->next;
        link_exchange(e, at);
        at = &e->next;
        d->queued++;
        d->counters.resent++;
    }
}

/* Sending. */

static void
give_up(struct exchange *e)
{
    struct device *d = e->device;
    const struct security_engine *engine = d->security != NULL ? security_engine(d->security) : NULL;
    double waited = (double) d->patience / 1e9;
    char tries[32] = "";

    d->counters.silent++;
    if (d->connection != NULL)
        connection_silent(d->connection, last_sent(e));
    else
        snprintf(tries, sizeof tries, e->tries == 1 ? "%d try and " : "%d tries and ", e->tries);
    if (engine != NULL && !e->probe && d->gate == GATE_OPEN) {
        d->gate = GATE_DISCOVER; /* whatever is there now: find out anew */
        device_open_gate(d);
    }
    if (e->once)
        exchange_fail(e, FAILURE_UNREACHABLE, "%s: no answer to the SET in %.1f s; whether it was done is unknown: read "
                      "the values back", d->name, waited);
    else if (engine != NULL && engine->n > 0 && d->counters.answers == 0 && security_level(d->security) > 1)
        exchange_fail(e, FAILURE_UNREACHABLE, "%s: discovery answers, but requests of user %s get no answer; the privacy "
                      "password or protocol may be wrong", d->name, security_user(d->security));
    else if (d->counters.strangers > 0)
        exchange_fail(e, FAILURE_UNREACHABLE, "%s: no answer from %s in %.1f s; %s", d->name, d->address, waited,
                      d->note != NULL ? d->note : "answers come from another address");
    else
        exchange_fail(e, FAILURE_UNREACHABLE, "%s: no answer from %s in %s%.1f s; check the address, %s and "
                      "what lies between", d->name, d->address, tries, waited,
                      d->version == MESSAGE_V3 ? "whether the agent speaks SNMPv3" : "the community");
}

static bool
is_last_try(const struct exchange *e, int64_t now)
{
    return e->once || e->tries >= e->device->tries_max || e->tries >= TRIES_MAX || now >= e->deadline;
}

/* Silence so far is no loss when the round trip has grown meanwhile, or while the agent still answers what was sent
 * before: it works through a queue. Returns how much longer to wait; 0: no longer. */
static int64_t
wait_on(const struct exchange *e, int64_t now)
{
    const struct device *d = e->device;
    int64_t wait = pace_timeout(&d->pace, e->tries - 1), due = last_sent(e) + wait;

    if (e->overtaken || now >= e->deadline)
        return 0;
    if (d->last_seen > last_sent(e) && d->last_seen + wait / 2 > due)
        due = d->last_seen + wait / 2;
    if (due > e->deadline)
        due = e->deadline;
    return due > now ? due - now : 0;
}

static void
on_silence(void *arg)
{
    struct exchange *e = arg;
    struct device *d = e->device;
    struct engine *engine = d->engine;
    int64_t now = loop_clock(), more = d->pace.smoothed > 0 ? wait_on(e, now) : 0;

    e->timer = NULL;
    if (more > 0) {
        e->timer = loop_after(engine->loop, more, on_silence, e);
        return;
    }
    pace_lost(&d->pace, now);
    if (d->connection != NULL && (e->tries > 1 || e->tries + 1 == d->tries_max) && !is_last_try(e, now))
        connection_silent(d->connection, e->first.sent); /* the next try is another session's, if it is that */
    if (e->abandoned) {
        exchange_cancel(e);
    } else if (is_last_try(e, now)) {
        give_up(e);
    } else {
        land(e);
        wait_first(e);
    }
    exchange_pump(engine);
}

/* Requests that one sent later has overtaken are lost, unless their answers are out of order: they get a short while
 * more (RFC 8985's idea: no waiting for a timer when the answers themselves tell). */
void
exchange_overtaken(struct device *d, int64_t sent, int64_t now)
{
    struct exchange *next;

    for (struct exchange *e = d->flying; e != NULL && last_sent(e) < sent; e = next) {
        int64_t due = last_sent(e) + pace_overtaken(&d->pace);

        next = e->next;
        if (e->overtaken || is_last_try(e, now))
            continue;
        e->overtaken = true;
        loop_cancel(e->timer);
        e->timer = loop_after(d->engine->loop, due > now ? due - now : 0, on_silence, e);
    }
}

static const uint8_t *
write_message(struct exchange *e, int32_t id, size_t *n)
{
    static uint8_t room[PDU_OCTETS_MAX + 2048];
    struct device *d = e->device;
    struct pdu pdu = { .kind = (uint8_t) e->kind, .id = id };
    struct ber_out out = { .start = room, .at = room + sizeof room };

    if (e->kind == PDU_GET_BULK)
        pdu.error_index = e->repetitions;
    if (e->kind == PDU_INFORM)
        pdu.id = e->first.id; /* the same in every try: by it the receiver tells a repetition from a new one */
    if (d->security != NULL)
        return security_write(d->security, e->probe, id, &pdu, e->list, e->n_list, loop_clock(), n);
    if (d->tsm != NULL)
        tsm_put(&out, d->tsm, e->probe, id, &pdu, e->list, e->n_list);
    else if (e->kind == PDU_TRAP_V1)
        pdu_put_trap_v1(&out, d->community, e->list, e->n_list);
    else
        pdu_put_community(&out, d->version, d->community, &pdu, e->list, e->n_list);
    *n = (size_t) (room + sizeof room - out.at);
    return out.full ? NULL : out.at;
}

/* Gaps grow by pace_timeout and differ by up to a tenth; the last try has what is left of the device's patience. */
static int64_t
gap(struct exchange *e, int64_t now)
{
    struct device *d = e->device;
    int64_t wait = pace_timeout(&d->pace, e->tries - 1), left = e->deadline - now;

    if (wait > d->timeout)
        wait = d->timeout;
    wait += wait / 10 * (int64_t) (engine_random(d->engine) % 1024) / 1024;
    if (is_last_try(e, now) || wait > left)
        wait = left;
    return wait;
}

/* Every try has one of its own, but for a community's inform, whose one number must not change. */
static struct ticket *
take_ticket(struct exchange *e)
{
    struct ticket *ticket;

    if (e->kind == PDU_INFORM && e->device->security == NULL && e->last != NULL)
        return e->last;
    ticket = e->last == NULL ? &e->first : memory_zero(1, sizeof *ticket);
    ticket->exchange = e;
    ticket_add(e->device->engine, ticket);
    ticket->earlier = e->last;
    return e->last = ticket;
}

static void
transmit(struct exchange *e)
{
    struct device *d = e->device;
    struct engine *engine = d->engine;
    struct ticket *ticket;
    const uint8_t *octets;
    struct failure why;
    int64_t now = loop_clock();
    size_t n = 0;

    assert(e->kind != PDU_SET || (!d->read_only && e->tries == 0));
    if (e->tries == 0)
        e->deadline = now + (e->brief ? d->patience / 3 : d->patience);
    if (e->tries > 0)
        d->counters.resent++;
    if (e->kind == PDU_GET_BULK && e->tries >= 2 && e->repetitions > 1)
        e->repetitions /= 2; /* a large answer may be what does not get through */
    e->tries++;
    ticket = take_ticket(e);
    ticket->sent = now;
    octets = write_message(e, ticket->id, &n);
    if (octets == NULL)
        failure_set(&why, FAILURE_SYSTEM, "%s: net-snmp could not write the message", d->name);
    if (octets == NULL || !(d->connection != NULL ? connection_send(d->connection, octets, n, &why)
                                                  : transport_send(engine->transport, &d->peer, octets, n, &why))) {
        unlink_exchange(e);
        doom(e, &why);
        return;
    }
    engine->counters.sent++;
    unlink_exchange(e);
    if (e->kind == PDU_TRAP || e->kind == PDU_TRAP_V1) {
        doom(e, NULL); /* nobody answers: it is done, and told at the next turn */
        return;
    }
    link_exchange(e, d->flying_end);
    d->flying_end = &e->next;
    e->state = EXCHANGE_FLYING;
    d->in_flight++;
    engine->in_flight++;
    loop_cancel(e->timer);
    e->timer = loop_after(engine->loop, gap(e, now), on_silence, e);
}

void
exchange_again(struct exchange *e)
{
    land(e);
    loop_cancel(e->timer);
    e->timer = NULL;
    if (e->tries > 0)
        e->tries--; /* that one was not lost */
    e->device->counters.resyncs++;
    wait_first(e);
}

/* From memory, at once; the callback may free the device. */
static void
answer_offline(struct exchange *e)
{
    struct device *d = e->device;
    struct engine *engine = d->engine;
    struct arena *arena = engine_lend_arena(engine);
    struct pdu head = { .kind = (uint8_t) e->kind, .id = 1 }, ask, answer;
    static uint8_t room[PDU_OCTETS_MAX + 256];
    struct ber_out out = { .start = room, .at = room + sizeof room };
    struct outcome outcome = { .round_trip = 1000, .tries = 1 };
    struct ber in;

    if (e->kind == PDU_GET_BULK)
        head.error_index = e->repetitions;
    pdu_put(&out, &head, e->list, e->n_list);
    in = (struct ber) { out.at, room + sizeof room };
    if (out.full || !pdu_read(&in, arena, &ask)) {
        exchange_fail(e, FAILURE_SYSTEM, "%s: the recording cannot be asked this", d->name);
    } else {
        recording_answer(d->recording, &ask, arena, &answer);
        outcome.error_status = answer.error_status;
        outcome.error_index = answer.error_index;
        outcome.varbinds = answer.varbinds;
        outcome.n = answer.n;
        outcome.octets = 32 * answer.n;
        device_answered(d, outcome.round_trip, loop_clock());
        exchange_finish(e, &outcome);
    }
    engine_return_arena(engine, arena);
}

static bool
may_send(const struct device *d)
{
    if (d->waiting == NULL || d->in_flight >= pace_window(&d->pace))
        return false;
    return d->gate == GATE_OPEN || (d->gate == GATE_DISCOVER && d->waiting->probe);
}

void
exchange_pump(struct engine *engine)
{
    int offline = 0;

    while (engine->ready != NULL && engine->in_flight < engine->limit &&
           engine->in_flight < transport_holds(engine->transport)) {
        struct device *d = engine->ready;

        device_leave_ready(d);
        if (d->recording != NULL && d->waiting != NULL) {
            struct exchange *first = d->waiting;

            if (first->next != NULL)
                device_ready(d);
            answer_offline(first);
            if (++offline == OFFLINE_A_TURN) {
                engine_kick(engine);
                break;
            }
            continue;
        }
        if (!may_send(d))
            continue;
        transmit(d->waiting);
        if (may_send(d))
            device_ready(d); /* to the end of the queue: devices take turns */
    }
    transport_flush(engine->transport);
}
