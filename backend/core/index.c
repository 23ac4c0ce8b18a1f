/* A row's instance by its INDEX clause (RFC 2578 §7.7), and addresses by the type before them (RFC 4001 §4).
 */
#include "api/render.h"

#include <string.h>

/* What follows an InetAddressType: how many octets it must have (0: any) and how it is shown. */
struct inet {
    uint32_t kind;
    size_t size;
    struct syntax syntax;
};

static const struct inet inets[] = {
    { 1, 4, { .base = SYNTAX_OCTETS, .type = "InetAddressIPv4", .hint = "1d.1d.1d.1d" } },
    { 2, 16, { .base = SYNTAX_OCTETS, .type = "InetAddressIPv6", .hint = "2x:2x:2x:2x:2x:2x:2x:2x" } },
    { 3, 8, { .base = SYNTAX_OCTETS, .type = "InetAddressIPv4z", .hint = "1d.1d.1d.1d%4d" } },
    { 4, 20, { .base = SYNTAX_OCTETS, .type = "InetAddressIPv6z", .hint = "2x:2x:2x:2x:2x:2x:2x:2x%4d" } },
    { 16, 0, { .base = SYNTAX_OCTETS, .type = "InetAddressDNS", .hint = "255a" } },
};

static const struct inet *
find_inet(uint32_t kind)
{
    for (size_t i = 0; i < sizeof inets / sizeof inets[0]; i++)
        if (inets[i].kind == kind)
            return &inets[i];
    return NULL;
}

struct decoder {
    const uint32_t *arcs;
    size_t n;
    struct index_room *room;
    size_t octets, arcs_used; /* of the room */
    const struct inet *inet;  /* by the last InetAddressType */
};

static size_t
fixed_size(const struct syntax *s)
{
    if (s->base != SYNTAX_OCTETS || s->n_ranges == 0)
        return 0;
    for (uint32_t i = 0; i < s->n_ranges; i++)
        if (s->ranges[i].low != s->ranges[0].low || s->ranges[i].high != s->ranges[0].low)
            return 0;
    return s->ranges[0].low > 0 && s->ranges[0].low <= OID_MAX ? (size_t) s->ranges[0].low : 0;
}

static bool
are_octets(const uint32_t *arcs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (arcs[i] > 255)
            return false;
    return true;
}

static bool
take_octets(struct decoder *d, size_t skip, size_t n, enum value_type type, struct value *out)
{
    uint8_t *octets = d->room->octets + d->octets;

    if (d->n < skip || d->n - skip < n || !are_octets(d->arcs + skip, n) ||
        sizeof d->room->octets - d->octets < n)
        return false;
    for (size_t i = 0; i < n; i++)
        octets[i] = (uint8_t) d->arcs[skip + i];
    *out = (struct value) { .type = type, .n = (uint32_t) n, .octets = octets };
    d->octets += n;
    d->arcs += skip + n;
    d->n -= skip + n;
    return true;
}

static bool
take_arcs(struct decoder *d, size_t skip, size_t n, struct value *out)
{
    uint32_t *arcs = d->room->arcs + d->arcs_used;

    if (d->n < skip || d->n - skip < n || OID_MAX - d->arcs_used < n)
        return false;
    if (n > 0)
        memcpy(arcs, d->arcs + skip, n * sizeof *arcs);
    *out = (struct value) { .type = VALUE_OID, .n = (uint32_t) n, .arcs = arcs };
    d->arcs_used += n;
    d->arcs += skip + n;
    d->n -= skip + n;
    return true;
}

static bool
take_number(struct decoder *d, enum value_type type, struct value *out)
{
    if (d->n == 0)
        return false;
    *out = (struct value) { .type = type, .u = d->arcs[0] };
    d->arcs++;
    d->n--;
    return true;
}

/* Some agents leave out the length before an address whose type says it all. */
static bool
take_inet(struct decoder *d, struct value *out)
{
    size_t size = d->inet->size;

    if (d->n > 0 && (d->arcs[0] == size || size == 0) && take_octets(d, 1, d->arcs[0], VALUE_OCTETS, out))
        return true;
    return size > 0 && d->n == size && take_octets(d, 0, size, VALUE_OCTETS, out);
}

static bool
take_string(struct decoder *d, const struct index_part *part, struct value *out)
{
    size_t fixed = fixed_size(part->syntax);

    if (fixed > 0)
        return take_octets(d, 0, fixed, VALUE_OCTETS, out);
    if (part->implied)
        return take_octets(d, 0, d->n, VALUE_OCTETS, out);
    return d->n > 0 && take_octets(d, 1, d->arcs[0], VALUE_OCTETS, out);
}

static bool
is_inet_address(const struct syntax *s)
{
    return s->base == SYNTAX_OCTETS && strcmp(s->type, "InetAddress") == 0;
}

static bool
take_part(struct decoder *d, const struct index_part *part, struct value *out)
{
    switch (part->syntax->base) {
    case SYNTAX_INTEGER32:
    case SYNTAX_ENUMERATION:
        return take_number(d, VALUE_INTEGER, out);
    case SYNTAX_UNSIGNED32:
    case SYNTAX_GAUGE32:
        return take_number(d, VALUE_GAUGE32, out);
    case SYNTAX_COUNTER32:
        return take_number(d, VALUE_COUNTER32, out);
    case SYNTAX_TIMETICKS:
        return take_number(d, VALUE_TIMETICKS, out);
    case SYNTAX_OCTETS:
        return is_inet_address(part->syntax) && d->inet != NULL && !part->implied &&
                       fixed_size(part->syntax) == 0
                   ? take_inet(d, out)
                   : take_string(d, part, out);
    case SYNTAX_BITS:
    case SYNTAX_OPAQUE:
        return take_string(d, part, out);
    case SYNTAX_OID:
        if (part->implied)
            return take_arcs(d, 0, d->n, out);
        return d->n > 0 && take_arcs(d, 1, d->arcs[0], out);
    case SYNTAX_IPADDRESS:
        /* SMIv1's CHOICE of one is prefixed by its tag (RFC 1212 §4.1.6 (5)). */
        if (strcmp(part->syntax->type, "NetworkAddress") == 0)
            return d->n >= 5 && d->arcs[0] == 1 && take_octets(d, 1, 4, VALUE_IPADDRESS, out);
        return take_octets(d, 0, 4, VALUE_IPADDRESS, out);
    case SYNTAX_UNKNOWN:
    case SYNTAX_COUNTER64:
    case SYNTAX_NULL:
    case SYNTAX_SEQUENCE:
    case SYNTAX_SEQUENCE_OF:
        return false;
    }
    return false;
}

/* Shown by what the type before it says: a part of our own with that syntax. */
static const struct index_part *
sharpen(struct decoder *d, const struct index_part *part, size_t *used)
{
    struct index_part *own = &d->room->parts[*used];

    if (!is_inet_address(part->syntax) || d->inet == NULL ||
        *used == sizeof d->room->parts / sizeof d->room->parts[0])
        return part;
    *own = *part;
    own->syntax = &d->inet->syntax;
    (*used)++;
    return own;
}

size_t
render_index(const uint32_t *arcs, size_t n, const struct index_part *parts, size_t n_parts,
             struct index_value *out, struct index_room *room)
{
    struct decoder d = { .arcs = arcs, .n = n < OID_MAX ? n : OID_MAX, .room = room };
    size_t filled = 0, own = 0;

    for (; filled < n_parts; filled++) {
        const struct index_part *part = &parts[filled];

        if (!take_part(&d, part, &out[filled].value))
            break;
        out[filled].part = sharpen(&d, part, &own);
        if (strcmp(part->syntax->type, "InetAddressType") == 0)
            d.inet = find_inet((uint32_t) out[filled].value.u);
    }
    if (d.n > 0) {
        take_arcs(&d, 0, d.n, &out[filled].value);
        out[filled++].part = NULL;
    }
    return filled;
}

bool
render_index_append(const struct index_part *part, const struct value *value, struct oid *out)
{
    const struct syntax *s = part->syntax;
    bool prefixed = !part->implied && (value->type == VALUE_OID || fixed_size(s) == 0);
    struct oid whole = *out;

    switch (value->type) {
    case VALUE_INTEGER:
    case VALUE_COUNTER32:
    case VALUE_GAUGE32:
    case VALUE_TIMETICKS:
        return value->u <= UINT32_MAX && oid_append_arc(out, (uint32_t) value->u);
    case VALUE_OID:
        if ((prefixed && !oid_append_arc(&whole, value->n)) || !oid_append(&whole, value->arcs, value->n))
            return false;
        break;
    case VALUE_IPADDRESS:
        prefixed = strcmp(s->type, "NetworkAddress") == 0;
        if (prefixed && !oid_append_arc(&whole, 1))
            return false;
        for (uint32_t i = 0; i < value->n; i++)
            if (!oid_append_arc(&whole, value->octets[i]))
                return false;
        break;
    case VALUE_OCTETS:
    case VALUE_OPAQUE:
        if (prefixed && !oid_append_arc(&whole, value->n))
            return false;
        for (uint32_t i = 0; i < value->n; i++)
            if (!oid_append_arc(&whole, value->octets[i]))
                return false;
        break;
    case VALUE_NULL:
    case VALUE_COUNTER64:
    case VALUE_NO_SUCH_OBJECT:
    case VALUE_NO_SUCH_INSTANCE:
    case VALUE_END_OF_MIB_VIEW:
        return false;
    }
    *out = whole;
    return true;
}
