/* The inside of backend/snmp: engine, devices and exchanges.
 *
 * An exchange is one PDU and its answer. It waits in its device's queue until the device's window and the engine's
 * have room, is sent, and sent again with growing gaps until an answer, the deadline or its cancellation. Every
 * try carries an identifier of its own (a ticket: request-id and msgID), drawn at random and found by hash, so
 * that a late answer to an early try counts, round trips are exact, and a stranger has to guess 31 bits. */
#ifndef SNMP_SESSION_H
#define SNMP_SESSION_H

#include "api/device.h"
#include "core/pace.h"
#include "core/pdu.h"
#include "core/quirk.h"
#include "core/request.h"
#include "snmp/recording.h"
#include "snmp/relay.h"
#include "snmp/security.h"
#include "snmp/transport.h"
#include "snmp/tsm.h"

enum { TRIES_MAX = 10, WINDOW_MAX = 128, VALUES_MAX = 20000000, PDU_OCTETS_MAX = 60000, ENGINE_BUCKETS = 4096 };

struct exchange;
struct connection;
struct ask_handle;

struct ticket {
    int32_t id;
    int64_t sent;
    struct exchange *exchange;
    struct ticket *next;    /* in its bucket */
    struct ticket *earlier; /* of the same exchange */
};

struct outcome {
    const struct failure *failure; /* NULL: an answer, perhaps with an error_status */
    int error_status, error_index;
    const struct varbind *varbinds; /* until the callback returns */
    size_t n, octets;
    int repetitions; /* GETBULK: asked for in the last try */
    int64_t round_trip;
    int tries;
};
/* What the API is told of it. */
static inline struct device_reply
outcome_reply(const struct outcome *o)
{
    return (struct device_reply) { .failure = o->failure, .error_status = o->error_status, .error_index = o->error_index,
                                   .varbinds = o->varbinds, .n = o->n, .round_trip = o->round_trip };
}

typedef void exchange_fn(void *arg, const struct outcome *outcome);

struct ask {
    enum pdu_kind kind;
    int repetitions; /* GETBULK */
    const struct varbind *varbinds;
    size_t n;
    const uint8_t *written; /* v1 trap: the whole PDU, instead of varbinds */
    size_t n_written;
    bool once;  /* never sent again */
    bool brief; /* give up early: there is another way to ask */
};

enum exchange_state { EXCHANGE_WAITING, EXCHANGE_FLYING, EXCHANGE_DOOMED };

struct exchange {
    struct exchange *next, **link; /* in the device's waiting, flying or doomed */
    struct device *device;
    enum exchange_state state;
    enum pdu_kind kind;
    int repetitions;
    bool probe, once, brief;
    bool abandoned; /* nobody waits for the answer any more */
    bool overtaken; /* one sent later has been answered */
    bool asked_again; /* the connection was lost under it, once */
    exchange_fn *fn;
    void *arg;
    int tries, resyncs;
    int64_t deadline;
    struct loop_timer *timer;
    struct failure *doom; /* why it is doomed, its own; NULL: a trap that has left */
    struct ticket first, *last;
    size_t n_list;
    uint8_t list[]; /* of varbinds, encoded; of a v1 trap the whole PDU */
};

enum gate { GATE_RESOLVE, GATE_CONNECT, GATE_DISCOVER, GATE_OPEN };

struct device {
    struct engine *engine;
    struct device *next, **link;
    char *name, *address, *host, *community;
    int port, family, version; /* version as on the wire: MESSAGE_V1 … */
    bool read_only, peer_known, probing;
    bool speaks_first; /* v3: under an engine ID of our own, so nothing is discovered */
    struct peer peer;
    struct connection *connection; /* NULL: asked in datagrams */
    struct security *security; /* v3 under the USM only */
    struct tsm *tsm;           /* v3 under TLS only */
    struct recording *recording; /* it answers, and nothing is sent */
    enum gate gate;
    struct exchange *probe;
    struct request *resolving;
    struct pace pace;
    int64_t timeout, patience; /* of one try; of an exchange in all */
    int window_max;
    int tries_max;
    uint64_t most; /* values of a walk */
    struct exchange *waiting, **waiting_end;
    struct exchange *flying, **flying_end; /* by the time they were last sent */
    struct device *twin_next, **twin_link; /* in the engine's by_engine_id */
    struct device *ready_next, **ready_link; /* in the engine's ready queue */
    struct exchange *doomed;                 /* told so at the next turn */
    struct device *doomed_next, **doomed_link; /* in the engine's; NULL: none of its exchanges are */
    bool ready, refused_by_icmp;
    int in_flight, queued; /* queued: in waiting */
    struct quirks quirks;
    bool bulk_seen; /* a GETBULK has been answered */
    struct ask_handle *asks; /* what the API handed out: see ask_add */
    enum device_state state;
    int64_t last_seen, engine_change_at;
    int engine_changes, reboots;
    struct device_counters counters;
    struct failure *failure; /* NULL: none since the last answer */
    char *note;              /* NULL: nothing to tell */
};

struct dialling { /* see connect.c */
    struct connection *queue, **queue_end, *busy;
    int handshakes, sessions;
    struct loop_timer *kick;
};

struct engine {
    struct loop *loop;
    struct transport *transport;
    struct resolver *resolver;
    struct relays *relays;
    struct dialling dialling;
    struct device *devices;
    struct device *by_engine_id[ENGINE_BUCKETS];
    struct device *ready, **ready_end;
    struct device *doomed; /* have exchanges that are */
    struct ticket **buckets;
    size_t n_buckets, n_tickets;
    int in_flight, limit;
    struct loop_timer *kick;
    uint64_t random[4];
    struct arena *arena;
    struct quirk_book *quirks;
    struct engine_counters counters;
};

/* engine.c */
void engine_kick(struct engine *engine); /* send what waits at the next turn */
uint32_t engine_random(struct engine *engine);
void engine_receive(void *arg, const struct peer *from, const uint8_t *octets, size_t n, int64_t at);
void engine_turned_back(void *arg, const struct peer *to, const uint8_t *octets, size_t n, int error);
bool engine_is_from(const struct device *device, const struct peer *from);
void engine_drop_stranger(struct device *device, const struct peer *from);
struct arena *engine_lend_arena(struct engine *engine);
void engine_return_arena(struct engine *engine, struct arena *arena);
struct ticket *ticket_find(const struct engine *engine, int32_t id);
void ticket_add(struct engine *engine, struct ticket *ticket);
void ticket_remove(struct engine *engine, struct ticket *ticket);

/* exchange.c: never calls back from inside exchange_new. */
struct exchange *exchange_new(struct device *device, const struct ask *ask, exchange_fn *fn, void *arg);
struct exchange *exchange_refuse(struct device *device, const struct failure *why, exchange_fn *fn, void *arg);
void exchange_cancel(struct exchange *exchange); /* NULL is fine */
void exchange_abandon(struct exchange *exchange); /* no callback after this; NULL is fine */
void exchange_finish(struct exchange *exchange, const struct outcome *outcome);
void exchange_fail(struct exchange *exchange, enum failure_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void exchange_overtaken(struct device *device, int64_t sent, int64_t now); /* one sent then was answered */
void exchange_first(struct exchange *exchange); /* before all that waits */
void exchange_again(struct exchange *exchange); /* at once, after a resynchronisation */
void exchange_pump(struct engine *engine);
void exchange_fail_waiting(struct device *device, const struct failure *why);
void exchange_hung_up(struct device *device, const struct failure *why); /* see connect.c */

/* device.c */
void device_ready(struct device *device); /* may have something to send */
void device_leave_ready(struct device *device);
void device_doomed(struct device *device); /* its list of doomed exchanges has changed */
enum gate device_first_gate(const struct device *device);
void device_open_gate(struct device *device); /* go on with resolving and discovering */
void device_answered(struct device *device, int64_t round_trip, int64_t now);
void device_learnt(struct device *device); /* its quirks may have changed: keep them */
void device_failed(struct device *device, const struct failure *why);
void device_note(struct device *device, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What the API hands out embeds a `struct ask_handle` first, so that device_free ends it. */
struct ask_handle {
    struct request request;
    struct device *device;
    struct ask_handle *next, **link;
};
void ask_add(struct ask_handle *ask, struct device *device, request_cancel_fn *cancel);
void ask_remove(struct ask_handle *ask);

/* connect.c */
enum transport_kind { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS, TRANSPORT_DTLS };
/* Not for UDP. `tls` is copied. */
struct connection *connection_new(struct device *device, enum transport_kind kind, const struct device_tls *tls);
void connection_free(struct connection *connection); /* NULL is fine */
void connection_want(struct connection *connection); /* something waits for it */
bool connection_send(struct connection *connection, const uint8_t *octets, size_t n, struct failure *why);
void connection_silent(struct connection *connection, int64_t since); /* what was sent then was not answered */

/* v3.c: reports, discovery. */
void v3_receive(struct engine *engine, const struct peer *from, struct ber message, struct ber rest, int64_t at);
void v3_probe(struct device *device);
void v3_forget_engine(struct device *device); /* before it is freed */

/* Octets and arcs of `value` copied into the arena. */
struct value value_keep(struct arena *arena, const struct value *value);

#endif
