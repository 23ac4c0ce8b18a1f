/* The message around a PDU: community (RFC 1157, RFC 1901), or SNMPv3 (usm.c). */
#include "sim.h"

#include <string.h>

static bool
is(struct ber community, const char *text)
{
    size_t n = (size_t) (community.end - community.at);

    return text != NULL && strlen(text) == n && memcmp(community.at, text, n) == 0;
}

bool
message_answer(struct device *d, const uint8_t *octets, size_t n, struct ber_out *out, int64_t *wait,
               size_t *varbinds)
{
    struct ber in = { octets, octets + n }, message, community;
    struct request_in q = { .record = d->record };
    const uint8_t *end = out->at;
    int64_t version;

    d->counts.requests++;
    if (!ber_expect(&in, BER_SEQUENCE, &message) || !ber_integer(&message, &version)) {
        d->counts.malformed++;
        return false;
    }
    if (version == V3)
        return usm_answer(d, message, octets, n, out, wait, varbinds);
    q.version = (int) version;
    if ((version != V1 && version != V2C) || !ber_expect(&message, BER_OCTETS, &community) ||
        !agent_read(&message, &q) || (version == V1 && q.type == PDU_GETBULK)) {
        d->counts.malformed++;
        return false;
    }
    if (q.type == PDU_RESPONSE) { /* to an inform of ours */
        d->counts.acknowledged++;
        return false;
    }
    q.may_write = is(community, d->write);
    for (struct context *c = d->contexts; c != NULL && !q.may_write; c = c->next)
        if (is(community, c->name))
            q.record = c->record;
    if (!q.may_write && q.record == d->record && !is(community, d->community)) {
        d->counts.refused++;
        return false;
    }
    if (q.type == PDU_GETBULK && d->faults.bulk == BULK_SILENT)
        return false;
    *varbinds = agent_answer(d, &q, MESSAGE_MAX, out);
    *wait = q.extra_delay;
    ber_put(out, community.at, (size_t) (community.end - community.at));
    ber_put_head(out, BER_OCTETS, out->at + (community.end - community.at));
    ber_put_integer(out, BER_INTEGER, version);
    ber_put_head(out, BER_SEQUENCE, end);
    return !out->full;
}
