/* The engine: devices over shared sockets, answers found by their number. */
#include "io/resolve.h"
#include "snmp/library.h"
#include "snmp/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { IN_FLIGHT_MAX = 2048, BUCKETS_FIRST = 256 };

struct engine *
engine_new(struct loop *loop, const char *state_directory, struct failure *why)
{
    char directory[1100] = "";
    struct engine *engine;

    if (state_directory != NULL)
        snprintf(directory, sizeof directory, "%s/net-snmp", state_directory);
    if (!library_start(state_directory != NULL ? directory : NULL, why))
        return NULL;
    engine = memory_zero(1, sizeof *engine);
    if (getrandom(engine->random, sizeof engine->random, 0) != (ssize_t) sizeof engine->random) {
        failure_errno(why, errno, "the system gives no random numbers");
        free(engine);
        return NULL;
    }
    engine->loop = loop;
    engine->limit = IN_FLIGHT_MAX;
    engine->ready_end = &engine->ready;
    engine->n_buckets = BUCKETS_FIRST;
    engine->buckets = memory_zero(engine->n_buckets, sizeof(struct ticket *));
    engine->quirks = quirk_book_open(state_directory);
    engine->transport = transport_new(loop, engine_receive, engine_turned_back, engine);
    return engine;
}

void
engine_free(struct engine *engine)
{
    struct failure why;

    if (engine == NULL)
        return;
    while (engine->devices != NULL)
        device_free(engine->devices);
    loop_cancel(engine->kick);
    loop_cancel(engine->dialling.kick);
    transport_free(engine->transport);
    resolver_free(engine->resolver);
    relays_free(engine->relays);
    arena_free(engine->arena);
    quirk_book_save(engine->quirks, &why); /* what cannot be kept is learnt anew */
    quirk_book_free(engine->quirks);
    free(engine->buckets);
    free(engine);
}

void
engine_counters(const struct engine *engine, struct engine_counters *out)
{
    *out = engine->counters;
}

/* xoshiro256**, seeded by the system: numbers that others cannot guess from a few, at no cost. */
uint32_t
engine_random(struct engine *engine)
{
    uint64_t *s = engine->random, x = s[1] * 5, result = (x << 7 | x >> 57) * 9, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return (uint32_t) (result >> 32);
}

static void
on_kick(void *arg)
{
    struct engine *engine = arg;

    engine->kick = NULL;
    while (engine->doomed != NULL) {
        struct exchange *e = engine->doomed->doomed;
        struct outcome outcome = { .failure = e->doom };

        exchange_finish(e, &outcome);
    }
    exchange_pump(engine);
}

void
engine_kick(struct engine *engine)
{
    if (engine->kick == NULL)
        engine->kick = loop_after(engine->loop, 0, on_kick, engine);
}

/* Tickets. */

static struct ticket **
bucket(const struct engine *engine, int32_t id)
{
    return &engine->buckets[((uint32_t) id * 2654435761u) >> 7 & (engine->n_buckets - 1)];
}

struct ticket *
ticket_find(const struct engine *engine, int32_t id)
{
    struct ticket *t = *bucket(engine, id);

    while (t != NULL && t->id != id)
        t = t->next;
    return t;
}

static void
grow_buckets(struct engine *engine)
{
    struct ticket **old = engine->buckets;
    size_t n = engine->n_buckets;

    engine->n_buckets = 2 * n;
    engine->buckets = memory_zero(engine->n_buckets, sizeof(struct ticket *));
    for (size_t i = 0; i < n; i++)
        for (struct ticket *t = old[i], *next; t != NULL; t = next) {
            struct ticket **to = bucket(engine, t->id);

            next = t->next;
            t->next = *to;
            *to = t;
        }
    free(old);
}

void
ticket_add(struct engine *engine, struct ticket *ticket)
{
    struct ticket **to;

    do
        ticket->id = (int32_t) (engine_random(engine) & 0x7fffffff);
    while (ticket->id == 0 || ticket_find(engine, ticket->id) != NULL);
    if (++engine->n_tickets > engine->n_buckets)
        grow_buckets(engine);
    to = bucket(engine, ticket->id);
    ticket->next = *to;
    *to = ticket;
}

void
ticket_remove(struct engine *engine, struct ticket *ticket)
{
    struct ticket **at = bucket(engine, ticket->id);

    while (*at != ticket)
        at = &(*at)->next;
    *at = ticket->next;
    engine->n_tickets--;
}

/* Answers. */

/* One arena serves all messages; a callback that turns the loop makes a second one. */
struct arena *
engine_lend_arena(struct engine *engine)
{
    struct arena *arena = engine->arena != NULL ? engine->arena : arena_new();

    engine->arena = NULL;
    return arena;
}

void
engine_return_arena(struct engine *engine, struct arena *arena)
{
    arena_clear(arena);
    if (engine->arena == NULL)
        engine->arena = arena;
    else
        arena_free(arena);
}

/* From its address, and by the way it was asked. */
bool
engine_is_from(const struct device *device, const struct peer *from)
{
    return from->via == (device->connection != NULL ? device : NULL) && peer_equal(from, &device->peer);
}

void
engine_drop_stranger(struct device *device, const struct peer *from)
{
    char text[80];

    device->counters.strangers++;
    device_note(device, "an answer came from %s, which is not its address; dropped", peer_format(from, text, sizeof text));
}

static void
receive_community(struct engine *engine, const struct peer *from, int64_t version, struct ber in, size_t octets,
                  int64_t at)
{
    struct arena *arena = engine_lend_arena(engine);
    struct ber community;
    struct ticket *ticket;
    struct exchange *e;
    struct pdu pdu;

    if (!ber_expect(&in, BER_OCTETS, &community) || !pdu_read(&in, arena, &pdu)) {
        engine->counters.malformed++;
    } else if (pdu.kind != PDU_RESPONSE || (ticket = ticket_find(engine, pdu.id)) == NULL) {
        engine->counters.unexpected++;
    } else if (e = ticket->exchange, !engine_is_from(e->device, from)) {
        engine_drop_stranger(e->device, from);
    } else if (e->device->version != version) {
        engine->counters.malformed++;
    } else {
        struct outcome outcome = { .error_status = pdu.error_status, .error_index = pdu.error_index,
                                   .varbinds = pdu.varbinds, .n = pdu.n, .octets = octets,
                                   .round_trip = at - ticket->sent, .tries = e->tries };

        device_answered(e->device, outcome.round_trip, at);
        exchange_finish(e, &outcome);
    }
    engine_return_arena(engine, arena);
}

void
engine_receive(void *arg, const struct peer *from, const uint8_t *octets, size_t n, int64_t at)
{
    struct engine *engine = arg;
    struct ber message = { octets, octets + n }, in = message;
    int64_t version;

    engine->counters.received++;
    if (!pdu_read_version(&in, &version)) {
        engine->counters.malformed++;
        return;
    }
    if (version == MESSAGE_V3)
        v3_receive(engine, from, message, in, at);
    else
        receive_community(engine, from, version, in, n, at);
    engine_kick(engine);
}

/* The start of a datagram of ours came back: which one was it? */
void
engine_turned_back(void *arg, const struct peer *to, const uint8_t *octets, size_t n, int error)
{
    struct engine *engine = arg;
    struct ber in = { octets, octets + n }, community;
    struct ticket *ticket = NULL;
    struct message_v3 head;
    struct arena *arena = arena_new();
    struct pdu pdu;
    int64_t version;

    if (pdu_read_version(&in, &version)) {
        if (version == MESSAGE_V3 && pdu_read_v3(&in, &head))
            ticket = ticket_find(engine, head.id);
        else if (version != MESSAGE_V3 && ber_expect(&in, BER_OCTETS, &community) && pdu_read(&in, arena, &pdu))
            ticket = ticket_find(engine, pdu.id);
    }
    arena_free(arena);
    if (ticket == NULL || !peer_equal(to, &ticket->exchange->device->peer))
        return;
    ticket->exchange->device->refused_by_icmp = error == ECONNREFUSED;
    if (ticket->exchange->tries >= 2 && error == ECONNREFUSED)
        exchange_fail(ticket->exchange, FAILURE_UNREACHABLE,
                      "%s: nothing listens on %s; is an agent running there, on that port?",
                      ticket->exchange->device->name, ticket->exchange->device->address);
}

struct value
value_keep(struct arena *arena, const struct value *value)
{
    struct value kept = *value;
    size_t size = value->type == VALUE_OID ? value->n * sizeof *value->arcs
                  : value->type == VALUE_OCTETS || value->type == VALUE_IPADDRESS || value->type == VALUE_OPAQUE
                      ? value->n : 0;

    if (size > 0) {
        void *copy = arena_alloc(arena, size);

        memcpy(copy, value->octets, size);
        kept.octets = copy;
    }
    return kept;
}
