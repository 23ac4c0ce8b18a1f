/* BER for SNMP, both ways. Every octet comes from outside: nothing is believed but what has been counted. */
#include "core/ber.h"

#include <string.h>

enum { NO_SUCH_OBJECT = 0x80, NO_SUCH_INSTANCE = 0x81, END_OF_MIB_VIEW = 0x82 };

bool
ber_next(struct ber *in, uint8_t *tag, struct ber *content)
{
    const uint8_t *at = in->at;
    size_t n;

    if (in->end - at < 2)
        return false;
    *tag = *at++;
    n = *at++;
    if (n & 0x80) {
        size_t octets = n & 0x7f;

        if (octets == 0 || octets > 4 || (size_t) (in->end - at) < octets)
            return false;
        for (n = 0; octets > 0; octets--)
            n = n << 8 | *at++;
    }
    if ((size_t) (in->end - at) < n)
        return false;
    content->at = at;
    content->end = in->at = at + n;
    return true;
}

size_t
ber_message_size(const uint8_t *octets, size_t n, size_t most)
{
    size_t length, size = 0;

    if (n > 0 && octets[0] != BER_SEQUENCE)
        return SIZE_MAX;
    if (n < 2)
        return 0;
    length = octets[1];
    if (length < 0x80)
        return 2 + length <= most ? 2 + length : SIZE_MAX;
    length &= 0x7f;
    if (length == 0 || length > 4)
        return SIZE_MAX;
    if (n < 2 + length)
        return 0;
    for (size_t i = 0; i < length; i++)
        size = size << 8 | octets[2 + i];
    size += 2 + length;
    return size <= most ? size : SIZE_MAX;
}

bool
ber_expect(struct ber *in, uint8_t tag, struct ber *content)
{
    uint8_t found;

    return ber_next(in, &found, content) && found == tag;
}

static bool
read_signed(struct ber content, int64_t *out)
{
    uint64_t bits;

    if (content.at == content.end || content.end - content.at > 8)
        return false;
    bits = *content.at & 0x80 ? UINT64_MAX : 0;
    while (content.at < content.end)
        bits = bits << 8 | *content.at++;
    *out = (int64_t) bits;
    return true;
}

/* Agents send 32-bit counters in five octets with a leading zero, and some with the sign bit set: both are taken. */
static bool
read_unsigned(struct ber content, size_t most, uint64_t *out)
{
    size_t n = (size_t) (content.end - content.at);

    if (n == 0 || n > most + 1 || (n == most + 1 && *content.at != 0))
        return false;
    for (*out = 0; content.at < content.end;)
        *out = *out << 8 | *content.at++;
    return true;
}

bool
ber_integer(struct ber *in, int64_t *out)
{
    struct ber content;

    return ber_expect(in, BER_INTEGER, &content) && read_signed(content, out);
}

static bool
read_arcs(struct ber content, uint32_t *arcs, uint32_t *n)
{
    uint64_t arc = 0;

    *n = 0;
    if (content.at == content.end || content.end[-1] & 0x80)
        return false;
    while (content.at < content.end) {
        arc = arc << 7 | (*content.at & 0x7f);
        if (arc > (uint64_t) UINT32_MAX + 80)
            return false;
        if (*content.at++ & 0x80)
            continue;
        if (*n == 0) { /* two arcs in one: X.690 §8.19.4 */
            arcs[(*n)++] = arc < 80 ? (uint32_t) arc / 40 : 2;
            arc = arc < 80 ? arc % 40 : arc - 80;
        }
        if (arc > UINT32_MAX || *n == OID_MAX)
            return false;
        arcs[(*n)++] = (uint32_t) arc;
        arc = 0;
    }
    return true;
}

bool
ber_oid(struct ber content, struct oid *out)
{
    bool good = read_arcs(content, out->arc, &out->n);

    if (!good)
        out->n = 0;
    return good;
}

static bool
read_plain(uint8_t tag, struct ber content, struct value *out)
{
    static const struct {
        uint8_t tag;
        enum value_type type;
    } plain[] = {
        { BER_OCTETS, VALUE_OCTETS },
        { BER_OPAQUE, VALUE_OPAQUE },
        { BER_IPADDRESS, VALUE_IPADDRESS },
        { BER_NULL, VALUE_NULL },
        { NO_SUCH_OBJECT, VALUE_NO_SUCH_OBJECT },
        { NO_SUCH_INSTANCE, VALUE_NO_SUCH_INSTANCE },
        { END_OF_MIB_VIEW, VALUE_END_OF_MIB_VIEW },
    };

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (plain[i].tag != tag)
            continue;
        out->type = plain[i].type;
        if (out->type == VALUE_OCTETS || out->type == VALUE_OPAQUE || out->type == VALUE_IPADDRESS) {
            out->octets = content.at;
            out->n = (uint32_t) (content.end - content.at);
        }
        return out->type != VALUE_IPADDRESS || out->n == 4;
    }
    return false;
}

bool
ber_value(struct ber *in, uint32_t *arcs, struct value *out)
{
    struct ber content;
    uint8_t tag;

    memset(out, 0, sizeof *out);
    if (!ber_next(in, &tag, &content))
        return false;
    switch (tag) {
    case BER_INTEGER:
        out->type = VALUE_INTEGER;
        return read_signed(content, &out->i);
    case BER_OID:
        out->type = VALUE_OID;
        out->arcs = arcs;
        return read_arcs(content, arcs, &out->n);
    case BER_COUNTER32:
        out->type = VALUE_COUNTER32;
        return read_unsigned(content, 4, &out->u);
    case BER_GAUGE32:
    case BER_UINTEGER32:
        out->type = VALUE_GAUGE32;
        return read_unsigned(content, 4, &out->u);
    case BER_TIMETICKS:
        out->type = VALUE_TIMETICKS;
        return read_unsigned(content, 4, &out->u);
    case BER_COUNTER64:
        out->type = VALUE_COUNTER64;
        return read_unsigned(content, 8, &out->u);
    default:
        return read_plain(tag, content, out);
    }
}

static size_t
count_elements(struct ber list)
{
    struct ber content;
    uint8_t tag;
    size_t n = 0;

    while (list.at < list.end && ber_next(&list, &tag, &content))
        n++;
    return n;
}

bool
ber_varbinds(struct ber list, struct arena *arena, struct varbind **out, size_t *n)
{
    size_t room = count_elements(list);
    uint32_t arcs[OID_MAX];

    *n = 0;
    *out = NULL;
    if (room > BER_VARBINDS_MAX)
        return false;
    if (room == 0)
        return list.at == list.end;
    *out = arena_alloc(arena, room * sizeof **out);
    while (list.at < list.end) {
        struct varbind *vb = *out + *n;
        struct ber one, name;

        if (*n == room || !ber_expect(&list, BER_SEQUENCE, &one) || !ber_expect(&one, BER_OID, &name) ||
            !ber_oid(name, &vb->name) || !ber_value(&one, arcs, &vb->value))
            return false;
        if (vb->value.type == VALUE_OID) {
            uint32_t *kept = arena_alloc(arena, vb->value.n * sizeof *kept);

            memcpy(kept, arcs, vb->value.n * sizeof *kept);
            vb->value.arcs = kept;
        }
        (*n)++;
    }
    return true;
}

void
ber_put(struct ber_out *out, const void *octets, size_t n)
{
    if (out->full || (size_t) (out->at - out->start) < n) {
        out->full = true;
        return;
    }
    if (n > 0)
        memcpy(out->at -= n, octets, n);
}

static void
put_octet(struct ber_out *out, unsigned octet)
{
    uint8_t one = (uint8_t) octet;

    ber_put(out, &one, 1);
}

void
ber_put_head(struct ber_out *out, uint8_t tag, const uint8_t *end)
{
    size_t n = (size_t) (end - out->at);

    if (n < 0x80) {
        put_octet(out, (unsigned) n);
    } else {
        unsigned octets = 0;

        for (; n > 0; n >>= 8, octets++)
            put_octet(out, (unsigned) n & 0xff);
        put_octet(out, 0x80 | octets);
    }
    put_octet(out, tag);
}

void
ber_put_integer(struct ber_out *out, uint8_t tag, int64_t number)
{
    const uint8_t *end = out->at;
    uint64_t bits = (uint64_t) number, fill = number < 0 ? UINT64_MAX : 0;
    bool sign;

    do { /* until nothing but copies of the sign is left, and the sign itself is told */
        sign = bits & 0x80;
        put_octet(out, (unsigned) bits & 0xff);
        bits = bits >> 8 | fill << 56;
    } while (bits != fill || sign != (number < 0));
    ber_put_head(out, tag, end);
}

void
ber_put_unsigned(struct ber_out *out, uint8_t tag, uint64_t number)
{
    const uint8_t *end = out->at;
    bool sign;

    do {
        sign = number & 0x80;
        put_octet(out, (unsigned) number & 0xff);
        number >>= 8;
    } while (number > 0);
    if (sign)
        put_octet(out, 0);
    ber_put_head(out, tag, end);
}

void
ber_put_oid(struct ber_out *out, const uint32_t *arcs, size_t n)
{
    const uint8_t *end = out->at;

    for (size_t i = n; i-- > 0;) {
        uint64_t arc = arcs[i];

        if (i == 1)
            arc += 40 * (uint64_t) (arcs[0] < 3 ? arcs[0] : 2);
        else if (i == 0 && n > 1)
            break;
        else if (i == 0)
            arc = 40 * (arc < 3 ? arc : 2);
        put_octet(out, arc & 0x7f);
        while (arc >>= 7)
            put_octet(out, 0x80 | (arc & 0x7f));
    }
    ber_put_head(out, BER_OID, end);
}

void
ber_put_value(struct ber_out *out, const struct value *value)
{
    const uint8_t *end = out->at;

    switch (value->type) {
    case VALUE_INTEGER:
        ber_put_integer(out, BER_INTEGER, value->i);
        return;
    case VALUE_COUNTER32:
        ber_put_unsigned(out, BER_COUNTER32, value->u);
        return;
    case VALUE_GAUGE32:
        ber_put_unsigned(out, BER_GAUGE32, value->u);
        return;
    case VALUE_TIMETICKS:
        ber_put_unsigned(out, BER_TIMETICKS, value->u);
        return;
    case VALUE_COUNTER64:
        ber_put_unsigned(out, BER_COUNTER64, value->u);
        return;
    case VALUE_OID:
        ber_put_oid(out, value->arcs, value->n);
        return;
    case VALUE_OCTETS:
    case VALUE_OPAQUE:
    case VALUE_IPADDRESS:
        ber_put(out, value->octets, value->n);
        ber_put_head(out, value->type == VALUE_OCTETS ? BER_OCTETS :
                     value->type == VALUE_OPAQUE ? BER_OPAQUE : BER_IPADDRESS, end);
        return;
    case VALUE_NULL:
        ber_put_head(out, BER_NULL, end);
        return;
    case VALUE_NO_SUCH_OBJECT:
        ber_put_head(out, NO_SUCH_OBJECT, end);
        return;
    case VALUE_NO_SUCH_INSTANCE:
        ber_put_head(out, NO_SUCH_INSTANCE, end);
        return;
    case VALUE_END_OF_MIB_VIEW:
        ber_put_head(out, END_OF_MIB_VIEW, end);
        return;
    }
}

void
ber_put_varbind(struct ber_out *out, const struct varbind *varbind)
{
    const uint8_t *end = out->at;

    ber_put_value(out, &varbind->value);
    ber_put_oid(out, varbind->name.arc, varbind->name.n);
    ber_put_head(out, BER_SEQUENCE, end);
}
