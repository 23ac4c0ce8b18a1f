/* PDUs and messages over ber.c. */
#include "core/pdu.h"

#include <string.h>

const uint8_t *
pdu_write_list(const struct varbind *varbinds, size_t n, uint8_t *room, size_t size, size_t *length)
{
    struct ber_out out = { .start = room, .at = room + size };

    while (n > 0)
        ber_put_varbind(&out, &varbinds[--n]);
    ber_put_head(&out, BER_SEQUENCE, room + size);
    *length = (size_t) (room + size - out.at);
    return out.full ? NULL : out.at;
}

void
pdu_put(struct ber_out *out, const struct pdu *pdu, const uint8_t *list, size_t n)
{
    const uint8_t *end = out->at;

    ber_put(out, list, n);
    ber_put_integer(out, BER_INTEGER, pdu->error_index);
    ber_put_integer(out, BER_INTEGER, pdu->error_status);
    ber_put_integer(out, BER_INTEGER, pdu->id);
    ber_put_head(out, pdu->kind, end);
}

static void
put_envelope(struct ber_out *out, int version, const char *community, const uint8_t *end)
{
    const uint8_t *octets = out->at;

    ber_put(out, community, strlen(community));
    ber_put_head(out, BER_OCTETS, octets);
    ber_put_integer(out, BER_INTEGER, version);
    ber_put_head(out, BER_SEQUENCE, end);
}

void
pdu_put_community(struct ber_out *out, int version, const char *community, const struct pdu *pdu,
                  const uint8_t *list, size_t n)
{
    const uint8_t *end = out->at;

    pdu_put(out, pdu, list, n);
    put_envelope(out, version, community, end);
}

void
pdu_put_trap_v1(struct ber_out *out, const char *community, const uint8_t *trap, size_t n)
{
    const uint8_t *end = out->at;

    ber_put(out, trap, n);
    put_envelope(out, MESSAGE_V1, community, end);
}

static void
put_octets(struct ber_out *out, const void *octets, size_t n)
{
    const uint8_t *end = out->at;

    ber_put(out, octets, n);
    ber_put_head(out, BER_OCTETS, end);
}

void
pdu_put_tsm(struct ber_out *out, uint8_t flags, int32_t id, int32_t max_size, struct ber engine_id, struct ber context,
            const struct pdu *pdu, const uint8_t *list, size_t n)
{
    const uint8_t *end = out->at, *header;

    flags &= MESSAGE_AUTH | MESSAGE_PRIV;
    if (pdu->kind != PDU_TRAP && pdu->kind != PDU_RESPONSE)
        flags |= MESSAGE_REPORTABLE;
    pdu_put(out, pdu, list, n);
    put_octets(out, context.at, (size_t) (context.end - context.at));
    put_octets(out, engine_id.at, (size_t) (engine_id.end - engine_id.at));
    ber_put_head(out, BER_SEQUENCE, end);
    put_octets(out, NULL, 0); /* msgSecurityParameters */
    header = out->at;
    ber_put_integer(out, BER_INTEGER, SECURITY_TSM);
    put_octets(out, &flags, 1);
    ber_put_integer(out, BER_INTEGER, max_size);
    ber_put_integer(out, BER_INTEGER, id);
    ber_put_head(out, BER_SEQUENCE, header);
    ber_put_integer(out, BER_INTEGER, MESSAGE_V3);
    ber_put_head(out, BER_SEQUENCE, end);
}

static bool
read_int32(struct ber *in, int32_t *out)
{
    int64_t number;

    if (!ber_integer(in, &number) || number < INT32_MIN || number > INT32_MAX)
        return false;
    *out = (int32_t) number;
    return true;
}

bool
pdu_read(struct ber *in, struct arena *arena, struct pdu *out)
{
    struct ber content, list;

    *out = (struct pdu) { 0 };
    return ber_next(in, &out->kind, &content) && out->kind >= PDU_GET && out->kind <= PDU_REPORT &&
           out->kind != PDU_TRAP_V1 && read_int32(&content, &out->id) && read_int32(&content, &out->error_status) &&
           read_int32(&content, &out->error_index) && ber_expect(&content, BER_SEQUENCE, &list) &&
           ber_varbinds(list, arena, &out->varbinds, &out->n);
}

bool
pdu_read_version(struct ber *in, int64_t *version)
{
    struct ber content;

    if (!ber_expect(in, BER_SEQUENCE, &content))
        return false;
    *in = content;
    return ber_integer(in, version);
}

static bool
read_parameters(struct ber octets, struct message_v3 *out)
{
    struct ber content;

    return ber_expect(&octets, BER_SEQUENCE, &content) && ber_expect(&content, BER_OCTETS, &out->engine_id) &&
           ber_integer(&content, &out->boots) && ber_integer(&content, &out->time) &&
           ber_expect(&content, BER_OCTETS, &out->user) && ber_expect(&content, BER_OCTETS, &out->digest) &&
           ber_expect(&content, BER_OCTETS, &out->salt) && out->boots >= 0 && out->boots <= INT32_MAX &&
           out->time >= 0 && out->time <= INT32_MAX;
}

bool
pdu_read_v3(struct ber *in, struct message_v3 *out)
{
    struct ber global, flags, octets;

    *out = (struct message_v3) { 0 };
    if (!ber_expect(in, BER_SEQUENCE, &global) || !read_int32(&global, &out->id) ||
        !read_int32(&global, &out->max_size) || !ber_expect(&global, BER_OCTETS, &flags) ||
        flags.end - flags.at != 1 || !ber_integer(&global, &out->model) || out->id < 0)
        return false;
    out->flags = *flags.at;
    out->at_flags = flags.at;
    out->parameters = *in;
    if (!ber_expect(in, BER_OCTETS, &octets))
        return false;
    out->parameters.end = in->at;
    out->data = *in;
    return out->model == SECURITY_TSM ? octets.at == octets.end : read_parameters(octets, out);
}

bool
pdu_read_scoped(struct ber *in, struct arena *arena, struct ber *context_engine_id, struct ber *context_name,
                struct pdu *out)
{
    struct ber content;

    return ber_expect(in, BER_SEQUENCE, &content) && ber_expect(&content, BER_OCTETS, context_engine_id) &&
           ber_expect(&content, BER_OCTETS, context_name) && pdu_read(&content, arena, out);
}
