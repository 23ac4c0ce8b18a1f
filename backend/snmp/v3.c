/* SNMPv3 conversations: discovery (RFC 3414 §4), and the reports by which an agent says that it has restarted, has
 * another engine ID, or does not like user or passwords. Each is acted upon once an exchange, and told. */
#include "snmp/session.h"

#include <stdio.h>
#include <string.h>

enum { RESYNCS_MAX = 3, CHANGES_MAX = 8, CHANGES_EVERY_S = 60 };

static void
on_probe(void *arg, const struct outcome *outcome)
{
    struct device *d = arg;

    d->probe = NULL;
    d->probing = false;
    if (outcome->failure != NULL && d->gate == GATE_DISCOVER)
        exchange_fail_waiting(d, outcome->failure);
}

void
v3_probe(struct device *d)
{
    struct ask ask = { .kind = PDU_GET, .varbinds = &tsm_question, .n = d->tsm != NULL };

    d->probe = exchange_new(d, &ask, on_probe, d);
    d->probe->probe = true;
    /* Ahead of what waits for it. */
    if (d->waiting != d->probe)
        exchange_first(d->probe);
}

/* Engines by their ID, so that two devices with one are found without looking at all of them. */

void
v3_forget_engine(struct device *d)
{
    if (d->twin_link == NULL)
        return;
    *d->twin_link = d->twin_next;
    if (d->twin_next != NULL)
        d->twin_next->twin_link = d->twin_link;
    d->twin_link = NULL;
}

static struct device **
engine_bucket(struct engine *engine, const struct security_engine *e)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < e->n; i++)
        hash = (hash ^ e->id[i]) * 16777619u;
    return &engine->by_engine_id[hash % ENGINE_BUCKETS];
}

static void
note_twin(struct device *d)
{
    const struct security_engine *mine = security_engine(d->security);
    struct device **bucket = engine_bucket(d->engine, mine);

    for (struct device *o = *bucket; o != NULL; o = o->twin_next) {
        const struct security_engine *other = security_engine(o->security);

        if (o == d || other->n != mine->n || memcmp(other->id, mine->id, mine->n) != 0 || peer_equal(&o->peer, &d->peer))
            continue;
        device_note(d, "has the same engine ID as %s: give one of them another", o->name);
        device_note(o, "has the same engine ID as %s: give one of them another", d->name);
        break;
    }
    v3_forget_engine(d);
    d->twin_next = *bucket;
    d->twin_link = bucket;
    if (d->twin_next != NULL)
        d->twin_next->twin_link = &d->twin_next;
    *bucket = d;
}

/* Anybody can say that an engine has another ID. Some changes are followed at once, then one a minute: that bounds what
 * they cost, and a device is not lost for longer when they were lies. */
static bool
may_change(struct device *d, int64_t now)
{
    int64_t earned = (now - d->engine_change_at) / LOOP_S(CHANGES_EVERY_S);

    if (earned > 0) {
        d->engine_changes = earned < d->engine_changes ? d->engine_changes - (int) earned : 0;
        d->engine_change_at = now;
    }
    if (d->engine_changes == CHANGES_MAX)
        return false;
    d->engine_changes++;
    return true;
}

static bool
take_engine(struct device *d, const struct message_v3 *head, int64_t at, struct failure *why)
{
    size_t n = (size_t) (head->engine_id.end - head->engine_id.at);
    const struct security_engine *e = security_engine(d->security);
    bool first = e->n == 0, same = n == e->n && memcmp(e->id, head->engine_id.at, n) == 0;

    if (n < 1 || n > ENGINE_ID_MAX)
        return failure_set(why, FAILURE_PROTOCOL, "%s: says that its engine ID has %zu octets; allowed are 5 to 32",
                           d->name, n);
    if (!first && !same) {
        if (!security_was_proven(d->security, head->engine_id.at, n) && !may_change(d, at))
            return failure_set(why, FAILURE_PROTOCOL, "%s: changes its engine ID again and again; more than one change a "
                               "minute is not followed", d->name);
        device_note(d, "the agent has a new engine ID");
    }
    if (!security_set_engine(d->security, head->engine_id.at, n, (uint32_t) head->boots, (uint32_t) head->time, at,
                             why))
        return false;
    if (!same)
        note_twin(d);
    return true;
}

static void
fail_with(struct exchange *e, const struct failure *why)
{
    struct outcome outcome = { .failure = why, .tries = e->tries };

    exchange_finish(e, &outcome);
}

static void
engine_known(struct exchange *probe, int64_t at, int64_t round_trip)
{
    struct device *d = probe->device;
    struct outcome outcome = { .round_trip = round_trip };

    pace_answered(&d->pace, round_trip, d->in_flight, at);
    d->gate = GATE_OPEN;
    exchange_finish(probe, &outcome);
    device_ready(d);
}

static void
discovered(struct exchange *probe, const struct message_v3 *head, int64_t at, int64_t round_trip)
{
    struct device *d = probe->device;
    struct failure why;

    if (!take_engine(d, head, at, &why)) {
        fail_with(probe, &why);
        return;
    }
    engine_known(probe, at, round_trip);
}

/* The agent's clock or boots are not what we thought: take what it says and ask again. */
static void
resynchronise(struct exchange *e, const struct message_v3 *head, bool proven, int64_t at)
{
    struct device *d = e->device;
    struct failure why;

    if (e->resyncs++ >= RESYNCS_MAX) {
        exchange_fail(e, FAILURE_PROTOCOL, "%s: does not stand by the time it tells; is its clock running?", d->name);
        return;
    }
    if (!proven && !take_engine(d, head, at, &why)) {
        fail_with(e, &why);
        return;
    }
    exchange_again(e);
}

static void
refused(struct exchange *e, int report)
{
    struct device *d = e->device;
    const char *user = security_user(d->security);

    if (report == REPORT_UNKNOWN_USER)
        exchange_fail(e, FAILURE_REFUSED, "%s: the agent knows no user \"%s\"", d->name, user);
    else if (report == REPORT_WRONG_DIGEST)
        exchange_fail(e, FAILURE_REFUSED, "%s: the agent does not accept the authentication password or protocol of user "
                      "\"%s\"", d->name, user);
    else if (report == REPORT_DECRYPTION_ERROR)
        exchange_fail(e, FAILURE_REFUSED, "%s: the agent cannot decrypt what user \"%s\" sends; the privacy password or "
                      "protocol differs", d->name, user);
    else if (report == REPORT_UNSUPPORTED_LEVEL)
        exchange_fail(e, FAILURE_REFUSED, "%s: the agent does not offer user \"%s\" this security level", d->name, user);
    else
        exchange_fail(e, FAILURE_PROTOCOL, "%s: answers with a report that is not one of RFC 3414's", d->name);
}

static void
on_report(struct exchange *e, const struct message_v3 *head, const struct pdu *pdu, bool proven, int64_t at,
          int64_t round_trip)
{
    int report = security_report(pdu);

    if (report == REPORT_NOT_IN_TIME_WINDOW && !e->probe) {
        resynchronise(e, head, proven, at);
    } else if (report == REPORT_UNKNOWN_ENGINE_ID || (e->probe && head->engine_id.at != head->engine_id.end)) {
        if (e->probe)
            discovered(e, head, at, round_trip);
        else
            resynchronise(e, head, false, at);
    } else {
        refused(e, report);
    }
}

static void
note_reboot(struct device *d, uint32_t before, bool proven)
{
    uint32_t boots = security_engine(d->security)->boots;

    if (!proven || boots == before)
        return;
    d->reboots++;
    if (boots > before)
        device_note(d, "the agent restarted (boots %u, then %u)", before, boots);
    else
        device_note(d, "the agent's count of boots went back (%u, then %u); was it reset?", before, boots);
}

static void
answered(struct exchange *e, const struct pdu *pdu, struct ber message, int64_t round_trip, int64_t at)
{
    struct outcome outcome = { .error_status = pdu->error_status, .error_index = pdu->error_index,
                               .varbinds = pdu->varbinds, .n = pdu->n,
                               .octets = (size_t) (message.end - message.at), .round_trip = round_trip,
                               .tries = e->tries };

    device_answered(e->device, round_trip, at);
    exchange_finish(e, &outcome);
}

static void
open_message(struct exchange *e, struct ber message, const struct message_v3 *head, struct ticket *ticket,
             struct arena *arena, int64_t at)
{
    struct device *d = e->device;
    struct security_engine before = *security_engine(d->security);
    struct pdu pdu;
    enum security_verdict verdict = security_read(d->security, message, head, at, arena, &pdu);
    int64_t round_trip = at - ticket->sent;

    switch (verdict) {
    case SECURITY_MALFORMED:
        d->engine->counters.malformed++;
        return;
    case SECURITY_FORGED:
    case SECURITY_WEAK:
        d->counters.forged++;
        return;
    case SECURITY_OLD:
        d->counters.old++;
        return;
    case SECURITY_HINT:
        on_report(e, head, &pdu, false, at, round_trip);
        return;
    case SECURITY_ACCEPTED:
        break;
    }
    note_reboot(d, before.boots, before.proven);
    if (pdu.kind == PDU_REPORT)
        on_report(e, head, &pdu, true, at, round_trip);
    else if (pdu.kind != PDU_RESPONSE || e->probe)
        d->engine->counters.unexpected++;
    else
        answered(e, &pdu, message, round_trip, at);
}

/* Under TLS: the session has seen to the rest. */
static void
open_plain(struct exchange *e, struct ber message, const struct message_v3 *head, struct ticket *ticket,
           struct arena *arena, int64_t at)
{
    struct device *d = e->device;
    char text[OID_TEXT_MAX];
    struct pdu pdu;

    if (!tsm_read(head, arena, &pdu)) {
        d->engine->counters.malformed++;
    } else if (pdu.kind == PDU_REPORT) {
        exchange_fail(e, FAILURE_REFUSED, "%s: the agent does not take the request: it reports %s", d->name,
                      pdu.n > 0 ? oid_format(&pdu.varbinds[0].name, text) : "nothing");
    } else if (pdu.kind != PDU_RESPONSE) {
        d->engine->counters.unexpected++;
    } else if (!e->probe) {
        answered(e, &pdu, message, at - ticket->sent, at);
    } else if (tsm_take_engine(d->tsm, &pdu)) {
        engine_known(e, at, at - ticket->sent);
    } else {
        exchange_fail(e, FAILURE_REFUSED, "%s: the agent does not tell who it is: to snmpEngineID.0 it says %s; may this "
                      "certificate's name read it?", d->name,
                      pdu.error_status != 0 ? device_error_name(pdu.error_status) : "nothing of use");
    }
}

void
v3_receive(struct engine *engine, const struct peer *from, struct ber message, struct ber rest, int64_t at)
{
    struct message_v3 head;
    struct ticket *ticket;
    struct arena *arena;
    struct device *d;

    if (!pdu_read_v3(&rest, &head)) {
        engine->counters.malformed++;
        return;
    }
    ticket = ticket_find(engine, head.id);
    if (ticket == NULL) {
        engine->counters.unexpected++;
        return;
    }
    d = ticket->exchange->device;
    if (!engine_is_from(d, from)) {
        engine_drop_stranger(d, from);
        return;
    }
    if (d->security == NULL && d->tsm == NULL) {
        engine->counters.malformed++;
        return;
    }
    arena = engine_lend_arena(engine);
    if (d->tsm != NULL)
        open_plain(ticket->exchange, message, &head, ticket, arena, at);
    else
        open_message(ticket->exchange, message, &head, ticket, arena, at);
    engine_return_arena(engine, arena);
}
