/* Sorting datagrams. v1 and v2c are read by us (core/trap), v3 by the engine, what came over TLS by tsm.c; all end in
 * keep_note. */
#include "collector/sort.h"

#include "api/loop.h"
#include "collector/rejected.h"
#include "collector/tsm.h"
#include "core/memory.h"
#include "core/pdu.h"
#include "core/siphash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct sorter {
    struct channel *channel;
    struct policy *policy;
    const struct identity *own;
    struct informs *informs;
    struct rejected *rejected;
    uint8_t secret[16];
    const struct datagram *datagram; /* at work */
    struct ledger_sums *sums;        /* of its listener */
    uint8_t key_room[2 * DATAGRAM_MAX];
};

struct note {
    const struct trap *trap;
    uint64_t community;
    const uint8_t *user, *context, *context_engine, *pdu;
    size_t n_user, n_context, n_context_engine, n_pdu;
    const void *held;       /* the engine's, for a v3 inform; of others the answer is the message with another tag */
    size_t tag_at, flags_at; /* where the tag stands, and the flags of a message under the TSM; else 0 */
};

struct sorter *
sorter_new(struct channel *channel, struct policy *policy, const struct identity *own)
{
    struct sorter *sorter = memory_zero(1, sizeof *sorter);

    sorter->channel = channel;
    sorter->policy = policy;
    sorter->own = own;
    sorter->informs = informs_new(engine_end);
    sorter->rejected = rejected_new();
    while (getrandom(sorter->secret, sizeof sorter->secret, 0) != sizeof sorter->secret)
        ;
    return sorter;
}

void
sorter_free(struct sorter *sorter)
{
    informs_free(sorter->informs);
    rejected_free(sorter->rejected);
    free(sorter);
}

static uint8_t *
put(uint8_t *at, const void *octets, size_t n)
{
    if (octets != NULL && n > 0)
        memcpy(at, octets, n);
    return at + n;
}

static uint8_t *
put_frame(struct channel *channel, const struct frame *f, const uint8_t *const parts[5])
{
    uint8_t *start = channel_reserve(channel, f->size), *at = start;

    if (start == NULL)
        return NULL;
    at = put(at, f, sizeof *f);
    at = put(at, parts[0], f->n_security);
    at = put(at, parts[1], f->n_context);
    at = put(at, parts[2], f->n_engine);
    at = put(at, parts[3], f->n_pdu);
    put(at, parts[4], f->n_raw);
    return start;
}

static void
set_source(struct frame *f, const struct peer *peer)
{
    int family;
    const uint8_t *address = policy_address(&peer->from, &family, &f->port);

    f->family = (uint8_t) family;
    memcpy(f->address, address, family == 4 ? 4 : 16);
}

/* The first n_raw octets are kept. */
static void
note_rejected(struct sorter *sorter, enum reject_cause cause, const uint8_t *user, size_t n_user, const uint8_t *engine,
              size_t n_engine, size_t n_raw)
{
    const struct datagram *d = sorter->datagram;
    struct frame f = { .kind = FRAME_REJECTED, .listener = (uint8_t) d->peer.listener, .cause = (uint8_t) cause,
                       .at = d->at };

    sorter->sums->rejected[cause]++;
    set_source(&f, &d->peer);
    f.n_security = (uint16_t) (n_user < 255 ? n_user : 255);
    f.n_engine = (uint16_t) (n_engine < ENGINE_ID_MAX ? n_engine : ENGINE_ID_MAX);
    f.n_raw = (uint32_t) (n_raw < REJECTED_RAW ? n_raw : REJECTED_RAW);
    rejected_note(sorter->rejected, &f, user, engine, d->octets);
}

static void
reject(struct sorter *sorter, enum reject_cause cause, const uint8_t *user, size_t n_user, const uint8_t *engine,
       size_t n_engine, const struct trap *mask)
{
    if (mask != NULL)
        trap_mask(sorter->datagram->octets, mask);
    note_rejected(sorter, cause, user, n_user, engine, n_engine, sorter->datagram->n);
}

static void
make_key(struct sorter *sorter, const struct note *note, uint8_t key[16])
{
    struct frame f = { 0 };
    uint8_t *at = sorter->key_room;
    size_t n_list = (size_t) (note->trap->list.end - note->trap->list.at);
    int32_t head[4] = { note->trap->request_id, (int32_t) note->n_user, (int32_t) note->n_context,
                        (int32_t) note->n_context_engine };

    set_source(&f, &sorter->datagram->peer); /* the address, not the port */
    at = put(at, f.address, sizeof f.address);
    at = put(at, head, sizeof head);
    at = put(at, &note->community, sizeof note->community);
    at = put(at, note->user, note->n_user);
    at = put(at, note->context, note->n_context);
    at = put(at, note->context_engine, note->n_context_engine);
    at = put(at, note->trap->list.at, n_list);
    siphash(sorter->secret, sorter->key_room, (size_t) (at - sorter->key_room), key);
}

/* An answer asks for no report (RFC 3412 §7.1 3 b). */
static void
make_answer(uint8_t *octets, const struct note *note)
{
    octets[note->tag_at] = TRAP_TAG_RESPONSE;
    if (note->flags_at != 0)
        octets[note->flags_at] &= (uint8_t) ~MESSAGE_REPORTABLE;
}

static void
hold(struct sorter *sorter, struct inform *inform, const struct note *note)
{
    const struct datagram *d = sorter->datagram;

    if (note->held != NULL) {
        informs_hold(sorter->informs, inform, &d->peer, NULL, 0, engine_hold(note->held));
        return;
    }
    make_answer(informs_hold(sorter->informs, inform, &d->peer, d->octets, d->n, NULL), note);
}

static void
answer_again(struct sorter *sorter, const struct note *note)
{
    const struct datagram *d = sorter->datagram;
    uint8_t *answer;

    if (note->held != NULL) {
        sorter->sums->informs_answered += engine_end(engine_hold(note->held), true);
    } else if ((answer = answer_add(&d->peer, d->octets, d->n)) != NULL) {
        make_answer(answer, note);
        sorter->sums->informs_answered++;
    }
}

static void
fill_frame(const struct sorter *sorter, const struct note *note, struct frame *f)
{
    const struct datagram *d = sorter->datagram;

    f->kind = FRAME_NOTIFICATION;
    f->listener = (uint8_t) d->peer.listener;
    f->version = (uint8_t) note->trap->version;
    f->inform = note->trap->inform;
    f->at = d->at;
    f->community = note->community;
    f->request_id = note->trap->request_id;
    f->n_security = (uint16_t) note->n_user;
    f->n_context = (uint16_t) note->n_context;
    f->n_engine = (uint16_t) note->n_context_engine;
    f->n_pdu = (uint32_t) note->n_pdu;
    f->n_raw = (uint32_t) d->n;
    f->framed = sorter->sums->framed + 1;
    f->size = (uint32_t) frame_size(f);
    set_source(f, &d->peer);
}

static void
keep_note(struct sorter *sorter, const struct note *note)
{
    const struct datagram *d = sorter->datagram;
    const uint8_t *const parts[5] = { note->user, note->context, note->context_engine, note->pdu, d->octets };
    struct frame f = { 0 };
    struct inform *inform = NULL;
    enum inform_state state = INFORM_UNKNOWN;
    int64_t now = loop_clock();
    uint8_t key[16], *start;

    if (note->trap->inform) {
        make_key(sorter, note, key);
        state = informs_find(sorter->informs, key, now, &inform);
    }
    if (state != INFORM_UNKNOWN) {
        if (state == INFORM_WAITING)
            hold(sorter, inform, note);
        else
            answer_again(sorter, note);
        sorter->sums->duplicate++;
        return;
    }
    fill_frame(sorter, note, &f);
    start = put_frame(sorter->channel, &f, parts);
    if (start != NULL && note->trap->inform) {
        inform = informs_add(sorter->informs, key, sorter->channel->number + 1, now);
        if (inform != NULL)
            hold(sorter, inform, note);
    }
    if (start == NULL || (note->trap->inform && inform == NULL)) {
        sorter->sums->lost_overflow++;
        return;
    }
    if (note->trap->version != 3) { /* in the frame only: the answer needs its community */
        uint8_t *raw = start + sizeof f + f.n_security + f.n_context + f.n_engine + f.n_pdu;

        memset(raw + (note->trap->community.at - d->octets), '*',
               (size_t) (note->trap->community.end - note->trap->community.at));
    }
    channel_publish(sorter->channel, f.size);
    sorter->sums->framed++;
}

static void
sort_plain(struct sorter *sorter, const struct trap *trap)
{
    static const uint8_t no_secret[16];
    const struct datagram *d = sorter->datagram;
    size_t n = (size_t) (trap->community.end - trap->community.at);
    struct note note = { .trap = trap, .tag_at = trap->tag_at };
    enum reject_cause cause;
    uint8_t hash[16];
    uint16_t port;
    int family;
    const uint8_t *address = policy_address(&d->peer.from, &family, &port);

    cause = policy_community(sorter->policy, family, address, trap->community.at, n);
    if (cause != REJECT_CAUSES) {
        reject(sorter, cause, NULL, 0, NULL, 0, trap);
        return;
    }
    if (trap->inform) {
        siphash(no_secret, trap->community.at, n, hash);
        memcpy(&note.community, hash, sizeof note.community);
    }
    keep_note(sorter, &note);
}

static struct note
note_of(const struct engine_note *from, const struct trap *trap)
{
    return (struct note) { .trap = trap, .user = from->user, .context = from->context,
                           .context_engine = from->context_engine, .pdu = from->pdu, .n_user = from->n_user,
                           .n_context = from->n_context, .n_context_engine = from->n_context_engine,
                           .n_pdu = from->n_pdu };
}

static void
on_note(void *arg, const struct engine_note *from)
{
    struct sorter *sorter = arg;
    struct trap trap;
    struct note note = note_of(from, &trap);
    enum trap_verdict verdict = trap_read_pdu(from->pdu, from->n_pdu, &trap);
    enum reject_cause cause;
    uint16_t port;
    int family;
    const uint8_t *address = policy_address(&sorter->datagram->peer.from, &family, &port);

    if (verdict == TRAP_MALFORMED) {
        sorter->sums->malformed++;
        return;
    }
    cause = verdict != TRAP_GOOD ? REJECT_NOT_US :
            policy_user(sorter->policy, family, address, from->user, from->n_user, from->level);
    if (cause != REJECT_CAUSES) {
        reject(sorter, cause, from->user, from->n_user, NULL, 0, NULL);
        return;
    }
    if (trap.inform)
        note.held = from->held;
    keep_note(sorter, &note);
}

static void
sort_v3(struct sorter *sorter)
{
    struct engine_header header;
    enum reject_cause cause;

    switch (engine_read(sorter->datagram, on_note, sorter, &header, &cause)) {
    case ENGINE_NOTE:
        break;
    case ENGINE_PROTOCOL:
        sorter->sums->protocol++;
        break;
    case ENGINE_MALFORMED:
        sorter->sums->malformed++;
        break;
    case ENGINE_REJECTED:
        reject(sorter, cause, header.user, header.n_user, header.engine, header.n_engine, NULL);
        break;
    }
}

/* Over TLS. */

static void
reject_certificate(struct sorter *sorter)
{
    char hex[FINGERPRINT_TEXT];

    fingerprint_format(sorter->datagram->head->fingerprint, hex);
    reject(sorter, REJECT_CERTIFICATE, (const uint8_t *) hex, strlen(hex), NULL, 0, NULL);
    answer_hang_up(&sorter->datagram->peer);
}

/* What came in the clear may be a message with a community. */
static void
reject_stray(struct sorter *sorter, enum reject_cause cause)
{
    const struct datagram *d = sorter->datagram;
    struct trap trap;
    enum trap_verdict verdict = trap_read(d->octets, d->n, &trap);

    if (verdict == TRAP_MALFORMED)
        note_rejected(sorter, cause, NULL, 0, NULL, 0, 0);
    else
        reject(sorter, cause, NULL, 0, NULL, 0, verdict != TRAP_V3 ? &trap : NULL);
}

static void
sort_tsm(struct sorter *sorter, const char *name)
{
    const struct datagram *d = sorter->datagram;
    struct engine_note from;
    struct tsm_message message = { 0 };
    struct trap trap;
    struct note note;
    enum reject_cause cause;
    enum engine_verdict verdict = tsm_read(d, &from, &message, &cause);
    const uint8_t *answer = message.asks_engine ? tsm_tell_engine(d, sorter->own, &note.n_pdu) : NULL;

    if (answer != NULL) {
        answer_add(&d->peer, answer, note.n_pdu);
        sorter->sums->protocol++;
    } else if (verdict == ENGINE_NOTE && trap_read_pdu(from.pdu, from.n_pdu, &trap) == TRAP_GOOD) {
        from.user = (const uint8_t *) name;
        from.n_user = strlen(name);
        note = note_of(&from, &trap);
        note.tag_at = message.pdu_at;
        note.flags_at = message.flags_at;
        keep_note(sorter, &note);
    } else if (verdict == ENGINE_NOTE || verdict == ENGINE_MALFORMED) {
        sorter->sums->malformed++;
    } else {
        reject(sorter, cause, (const uint8_t *) name, strlen(name), NULL, 0, NULL);
    }
}

static void
sort_session(struct sorter *sorter, const char *name)
{
    struct trap trap;

    if (name == NULL) {
        reject_certificate(sorter);
        return;
    }
    switch (trap_read(sorter->datagram->octets, sorter->datagram->n, &trap)) {
    case TRAP_V3:
        sort_tsm(sorter, name);
        break;
    case TRAP_MALFORMED:
        sorter->sums->malformed++;
        break;
    case TRAP_GOOD:
    case TRAP_NOT_US:
    case TRAP_VERSION:
        reject(sorter, REJECT_VERSION, (const uint8_t *) name, strlen(name), NULL, 0, &trap);
        break;
    }
}

static void
sort_taken(struct sorter *sorter)
{
    const struct datagram *d = sorter->datagram;
    struct ledger_sums *sums = sorter->sums;
    const char *name;
    uint16_t port;
    int family;
    const uint8_t *address = policy_address(&d->peer.from, &family, &port);

    if (d->head == NULL || d->truncated) {
        sums->received++;
        sums->malformed++;
        return;
    }
    sums->kernel_drops = d->head->kernel_drops;
    sums->received += d->head->lost;
    sums->lost_overflow += d->head->lost;
    name = policy_certificate(sorter->policy, family, address, d->head->fingerprint);
    if (d->head->what == INLET_NEWS || (d->head->what == INLET_SESSION && name != NULL))
        return;
    sums->received++;
    switch (d->head->what) {
    case INLET_NO_CERTIFICATE:
        reject_stray(sorter, REJECT_NO_CERTIFICATE);
        break;
    case INLET_NO_SESSION:
        reject_stray(sorter, REJECT_SESSION);
        break;
    default:
        sort_session(sorter, name);
        break;
    }
}

/* Of a source that is not allowed: it has not proved who it says it is, but so it can be let in. */
static void
reject_v3(struct sorter *sorter, enum reject_cause cause)
{
    struct engine_header header;

    if (engine_look(sorter->datagram, &header))
        reject(sorter, cause, header.user, header.n_user, header.engine, header.n_engine, NULL);
    else
        reject(sorter, cause, NULL, 0, NULL, 0, NULL);
}

void
sort_datagram(struct sorter *sorter, const struct datagram *d)
{
    struct trap trap;
    enum reject_cause cause;
    uint16_t port;
    int family;
    const uint8_t *address = policy_address(&d->peer.from, &family, &port);

    sorter->datagram = d;
    sorter->sums = &sorter->channel->head->live[d->peer.listener];
    if (sorter->channel->head->listeners[d->peer.listener].kind == LISTENER_TLS) {
        sort_taken(sorter);
        return;
    }
    sorter->sums->received++;
    if (d->truncated) {
        sorter->sums->malformed++;
        return;
    }
    cause = policy_source(sorter->policy, family, address);
    switch (trap_read(d->octets, d->n, &trap)) {
    case TRAP_GOOD:
        if (cause == REJECT_CAUSES)
            sort_plain(sorter, &trap);
        else
            reject(sorter, cause, NULL, 0, NULL, 0, &trap);
        break;
    case TRAP_V3:
        if (cause == REJECT_CAUSES)
            sort_v3(sorter);
        else
            reject_v3(sorter, cause);
        break;
    case TRAP_NOT_US:
        reject(sorter, cause == REJECT_CAUSES ? REJECT_NOT_US : cause, NULL, 0, NULL, 0, &trap);
        break;
    case TRAP_VERSION:
        reject(sorter, cause == REJECT_CAUSES ? REJECT_VERSION : cause, NULL, 0, NULL, 0, &trap);
        break;
    case TRAP_MALFORMED:
        sorter->sums->malformed++;
        break;
    }
}

static void
count_answer(void *arg, unsigned listener)
{
    struct sorter *sorter = arg;

    sorter->channel->head->live[listener].informs_answered++;
}

void
sort_committed(struct sorter *sorter, uint64_t frame)
{
    informs_committed(sorter->informs, frame, count_answer, sorter);
}

void
sort_rejected(struct sorter *sorter)
{
    struct frame f;
    const uint8_t *user, *engine, *raw;

    while (rejected_next(sorter->rejected, &f, &user, &engine, &raw)) {
        const uint8_t *const parts[5] = { user, NULL, engine, NULL, raw };

        f.size = (uint32_t) frame_size(&f);
        if (put_frame(sorter->channel, &f, parts) == NULL)
            return; /* full: they count on, and come later */
        channel_publish(sorter->channel, f.size);
        rejected_told(sorter->rejected);
    }
}
