/* A device's one connection, when it is not asked in datagrams.
 *
 * It is made when there is something to ask and kept until it is lost. What is lost is made anew as long as somebody
 * waits: at once when the connection had brought an answer, else after a tenth of a second and then after gaps that
 * double. What waits fails with the reason when the second attempt running is turned back, or at the end of its
 * patience. On an open stream nothing is sent twice. What was outstanding when a connection is lost is asked once more on
 * the next one; a SET is not, and says that nobody knows.
 *
 * A session of TLS costs a process. A few handshakes at a time go on, so that each has its time, and no more sessions than
 * SESSIONS_MAX: one that has nothing to do makes room, the one heard last the longest ago. */
#include "snmp/session.h"
#include "snmp/stream.h"

#include <stdlib.h>
#include <string.h>

enum { GAP_FIRST_MS = 100, GAP_DOUBLINGS = 8, TRIES_TOLD = 2, HANDSHAKES_MAX = 16, SESSIONS_MAX = 256 };

struct connection {
    struct device *device;
    enum transport_kind kind;
    struct device_tls tls; /* its own texts */
    struct stream *stream;
    enum place { PLACE_NONE, PLACE_QUEUED, PLACE_HANDSHAKE, PLACE_SESSION } place; /* of TLS, in one of the engine's lists */
    struct connection *next, **link;
    bool open, heard; /* heard: an answer came over it */
    int failures;     /* attempts running that brought none */
    int64_t not_before, heard_at;
    struct loop_timer *redial, *patience, *stale;
    struct failure last;
};

/* Every text of a struct device_tls. */
static const char **
tls_text(struct device_tls *tls, int i)
{
    const char **const texts[] = { &tls->certificate, &tls->key, &tls->ca, &tls->name, &tls->fingerprint, &tls->oldest };

    return i < (int) (sizeof texts / sizeof *texts) ? texts[i] : NULL;
}

/* Handshakes and sessions, of which there may be only so many. */

static void
leave(struct connection *c)
{
    struct dialling *all = &c->device->engine->dialling;

    if (c->place == PLACE_NONE)
        return;
    if (c->place == PLACE_QUEUED && all->queue_end == &c->next)
        all->queue_end = c->link;
    all->handshakes -= c->place == PLACE_HANDSHAKE;
    all->sessions -= c->place == PLACE_SESSION;
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    c->place = PLACE_NONE;
}

static void
enter(struct connection *c, enum place place)
{
    struct dialling *all = &c->device->engine->dialling;
    struct connection **at = &all->busy;

    leave(c);
    if (place == PLACE_QUEUED)
        at = all->queue != NULL ? all->queue_end : &all->queue;
    c->place = place;
    c->link = at;
    c->next = *at;
    if (c->next != NULL)
        c->next->link = &c->next;
    *at = c;
    if (place == PLACE_QUEUED)
        all->queue_end = &c->next;
    all->handshakes += place == PLACE_HANDSHAKE;
    all->sessions += place == PLACE_SESSION;
}

static void dial(struct connection *c);

/* Ends the session that has had nothing to do for longest. False: all have. */
static bool
make_room(struct dialling *all)
{
    struct connection *idle = NULL;

    for (struct connection *c = all->busy; c != NULL; c = c->next)
        if (c->place == PLACE_SESSION && c->device->in_flight == 0 && c->device->waiting == NULL &&
            (idle == NULL || c->heard_at < idle->heard_at))
            idle = c;
    if (idle == NULL)
        return false;
    leave(idle);
    stream_free(idle->stream);
    idle->stream = NULL;
    idle->open = idle->heard = false;
    idle->device->gate = GATE_CONNECT;
    if (!idle->device->speaks_first)
        idle->device->tsm->n = 0;
    return true;
}

static void
dial_queued(void *arg)
{
    struct dialling *all = arg;

    all->kick = NULL;
    while (all->queue != NULL && all->handshakes < HANDSHAKES_MAX &&
           (all->handshakes + all->sessions < SESSIONS_MAX || make_room(all))) {
        struct connection *c = all->queue;

        if (c->device->waiting == NULL)
            leave(c);
        else
            dial(c);
    }
}

/* There may be room now. */
static void
kick(struct engine *engine)
{
    struct dialling *all = &engine->dialling;

    if (all->queue != NULL && all->kick == NULL)
        all->kick = loop_after(engine->loop, 0, dial_queued, all);
}

struct connection *
connection_new(struct device *device, enum transport_kind kind, const struct device_tls *tls)
{
    struct connection *c = memory_zero(1, sizeof *c);

    c->device = device;
    c->kind = kind;
    c->tls = *tls;
    for (int i = 0; tls_text(&c->tls, i) != NULL; i++)
        *tls_text(&c->tls, i) = memory_text(*tls_text(&c->tls, i));
    failure_set(&c->last, FAILURE_UNREACHABLE, "no connection");
    return c;
}

void
connection_free(struct connection *c)
{
    if (c == NULL)
        return;
    loop_cancel(c->redial);
    loop_cancel(c->patience);
    loop_cancel(c->stale);
    leave(c);
    kick(c->device->engine);
    stream_free(c->stream);
    for (int i = 0; tls_text(&c->tls, i) != NULL; i++)
        free((char *) (uintptr_t) *tls_text(&c->tls, i));
    free(c);
}

static void
fail_waiting(struct connection *c)
{
    struct device *d = c->device;
    struct failure why;

    failure_set(&why, c->last.kind == FAILURE_ABSENT ? FAILURE_UNREACHABLE : c->last.kind, "%s%s%s: %s%s", d->name,
                strcmp(d->name, d->address) != 0 ? ": " : "", strcmp(d->name, d->address) != 0 ? d->address : "", c->last.text,
                c->last.kind == FAILURE_ABSENT ? "; does an agent listen there, on that port?" : "");
    exchange_fail_waiting(d, &why);
}

/* The end of a connection, or of the attempt to get one. */
static void
lose(struct connection *c, const struct failure *why)
{
    struct device *d = c->device;
    int64_t gap = 0;

    leave(c);
    kick(d->engine);
    stream_free(c->stream);
    c->stream = NULL;
    c->failures = c->open && c->heard ? 0 : c->failures + 1;
    c->open = c->heard = false;
    c->last = *why;
    if (c->failures > 0)
        gap = LOOP_MS(GAP_FIRST_MS) << (c->failures <= GAP_DOUBLINGS ? c->failures - 1 : GAP_DOUBLINGS);
    c->not_before = loop_clock() + gap;
    d->gate = GATE_CONNECT;
    if (d->tsm != NULL && !d->speaks_first)
        d->tsm->n = 0; /* it may be another one next time */
    exchange_hung_up(d, why);
    if (c->failures >= TRIES_TOLD || why->kind == FAILURE_REFUSED || why->kind == FAILURE_USAGE)
        fail_waiting(c);
    if (d->waiting != NULL)
        connection_want(c);
}

static void
on_opened(void *arg)
{
    struct connection *c = arg;
    struct device *d = c->device;

    c->open = true;
    if (c->kind != TRANSPORT_TCP)
        enter(c, PLACE_SESSION);
    kick(d->engine);
    loop_cancel(c->patience);
    c->patience = NULL;
    d->gate = device_first_gate(d);
    device_open_gate(d);
    device_ready(d);
}

static void
on_message(void *arg, const uint8_t *octets, size_t n, int64_t at)
{
    struct connection *c = arg;
    struct peer from = c->device->peer;

    from.via = c->device;
    c->heard = true;
    c->heard_at = at;
    kick(c->device->engine);
    engine_receive(c->device->engine, &from, octets, n, at);
}

static void
on_closed(void *arg, const struct failure *why)
{
    lose(arg, why);
}

static void on_patience(void *arg);

static void
wait_patiently(struct connection *c)
{
    if (c->patience == NULL)
        c->patience = loop_after(c->device->engine->loop, c->device->patience, on_patience, c);
}

static void
dial(struct connection *c)
{
    static const struct stream_fns fns = { .opened = on_opened, .message = on_message, .closed = on_closed };
    struct device *d = c->device;
    struct engine *engine = d->engine;
    struct failure why;
    int fd;

    if (c->kind == TRANSPORT_TCP) {
        c->stream = stream_connect(engine->loop, &d->peer, &fns, c, &why);
    } else {
        enter(c, PLACE_HANDSHAKE);
        wait_patiently(c);
        if (engine->relays == NULL)
            engine->relays = relays_new(engine->loop);
        fd = relay_start(engine->relays, &d->peer, &c->tls, c->kind == TRANSPORT_DTLS, d->host, &why);
        c->stream = fd < 0 ? NULL : stream_adopt(engine->loop, fd, &fns, c);
    }
    if (c->stream == NULL)
        lose(c, &why);
}

static void
on_redial(void *arg)
{
    struct connection *c = arg;

    c->redial = NULL;
    if (c->device->waiting == NULL)
        return;
    if (c->kind == TRANSPORT_TCP) {
        dial(c);
        return;
    }
    enter(c, PLACE_QUEUED);
    kick(c->device->engine);
}

static void
on_patience(void *arg)
{
    struct connection *c = arg;
    struct failure why;

    c->patience = NULL;
    if (c->redial == NULL) { /* still dialling */
        failure_set(&why, FAILURE_UNREACHABLE, "no %s in %.1f s; check the address and what lies between",
                    c->kind == TRANSPORT_TCP ? "connection" : "TLS session", (double) c->device->patience / 1e9);
        lose(c, &why);
    }
    loop_cancel(c->patience);
    c->patience = NULL;
    fail_waiting(c);
}

void
connection_want(struct connection *c)
{
    struct loop *loop = c->device->engine->loop;
    int64_t now = loop_clock();

    if (c->kind == TRANSPORT_TCP && !c->open)
        wait_patiently(c);
    if (c->stream == NULL && c->redial == NULL && c->place == PLACE_NONE)
        c->redial = loop_after(loop, c->not_before > now ? c->not_before - now : 0, on_redial, c);
}

static void
on_stale(void *arg)
{
    struct connection *c = arg;
    struct failure why;

    c->stale = NULL;
    if (!c->open)
        return;
    failure_set(&why, FAILURE_UNREACHABLE, "the connection went silent");
    if (c->kind == TRANSPORT_DTLS) /* an agent that restarted drops what belongs to its sessions before without a word */
        device_note(c->device, "the DTLS session went silent and was made anew; the agent may have restarted");
    c->heard = true; /* an agent may be silent to what it does not like: no gap */
    lose(c, &why);
}

/* Something was not answered. When nothing else has been since, the other end may be gone without a word. */
void
connection_silent(struct connection *c, int64_t since)
{
    if (c->open && c->stale == NULL && c->heard_at <= since)
        c->stale = loop_after(c->device->engine->loop, 0, on_stale, c);
}

bool
connection_send(struct connection *c, const uint8_t *octets, size_t n, struct failure *why)
{
    if (!c->open)
        return failure_set(why, FAILURE_UNREACHABLE, "%s: %s", c->device->name, c->last.text);
    return stream_send(c->stream, octets, n, why);
}
