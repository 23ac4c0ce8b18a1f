/* Reading notifications. Every varbind is checked when a message arrives, so that what is kept can be shown. */
#include "core/trap.h"

#include <assert.h>
#include <string.h>

static const uint8_t trap_oid[] = { 0x2b, 6, 1, 6, 3, 1, 1, 4, 1, 0 };        /* snmpTrapOID.0 */
static const uint8_t up_time[] = { 0x2b, 6, 1, 2, 1, 1, 3, 0 };               /* sysUpTime.0 */
static const uint8_t trap_address[] = { 0x2b, 6, 1, 6, 3, 18, 1, 3, 0 };      /* snmpTrapAddress.0 */
static const uint8_t trap_enterprise[] = { 0x2b, 6, 1, 6, 3, 1, 1, 4, 3, 0 }; /* snmpTrapEnterprise.0 */
static const uint8_t standard_traps[] = { 0x2b, 6, 1, 6, 3, 1, 1, 5 };        /* snmpTraps */

#define IS(content, oid) \
    ((size_t) ((content).end - (content).at) == sizeof(oid) && memcmp((content).at, oid, sizeof(oid)) == 0)

enum { COMMUNITY_MAX = 255, ENTERPRISE_MAX = 640, GENERIC_SPECIFIC = 6 };

static void
note_address(struct trap *out, const uint8_t *four)
{
    memcpy(out->address, four, 4);
    out->has_address = memcmp(four, "\0\0\0\0", 4) != 0;
}

static bool
note_special(struct trap *out, struct ber name, struct ber value)
{
    struct value decoded;
    struct ber content;
    uint32_t arcs[OID_MAX];

    if (out->version != 1 && IS(name, trap_oid)) {
        if (!ber_expect(&value, BER_OID, &content))
            return false;
        if (out->name.at == NULL)
            out->name = content;
    } else if (out->version != 1 && IS(name, up_time)) {
        if (!ber_value(&value, arcs, &decoded) || decoded.type != VALUE_TIMETICKS)
            return false;
        out->uptime = decoded.u;
    } else if (IS(name, trap_address) && ber_expect(&value, BER_IPADDRESS, &content)) {
        note_address(out, content.at);
    }
    return true;
}

static bool
check_varbinds(struct trap *out)
{
    struct ber list = out->list;
    uint32_t arcs[OID_MAX];

    for (int n = 0; list.at < list.end; n++) {
        struct ber one, name, rest;
        struct value value;
        struct oid oid;

        if (n == BER_VARBINDS_MAX || !ber_expect(&list, BER_SEQUENCE, &one) || !ber_expect(&one, BER_OID, &name) ||
            !ber_oid(name, &oid))
            return false;
        rest = one;
        if (!ber_value(&one, arcs, &value) || one.at != one.end || !note_special(out, name, rest))
            return false;
    }
    return out->name.at != NULL;
}

static void
make_name(struct trap *out, int64_t generic, uint32_t specific)
{
    uint8_t *at = out->made;
    size_t n = (size_t) (out->enterprise.end - out->enterprise.at);

    if (generic != GENERIC_SPECIFIC) {
        memcpy(at, standard_traps, sizeof standard_traps);
        at += sizeof standard_traps;
        *at++ = (uint8_t) (generic + 1);
    } else {
        memcpy(at, out->enterprise.at, n);
        at += n;
        *at++ = 0;
        for (int shift = 28; shift >= 0; shift -= 7)
            if (shift == 0 || specific >> shift != 0)
                *at++ = (uint8_t) ((specific >> shift & 0x7f) | (shift > 0 ? 0x80 : 0));
    }
    out->name = (struct ber) { out->made, at };
}

static enum trap_verdict
read_v1(struct ber pdu, struct trap *out)
{
    struct ber address;
    struct value stamp;
    struct oid enterprise;
    int64_t generic, specific;
    uint32_t arcs[OID_MAX];

    if (!ber_expect(&pdu, BER_OID, &out->enterprise) || !ber_oid(out->enterprise, &enterprise) ||
        out->enterprise.end - out->enterprise.at > ENTERPRISE_MAX ||
        !ber_expect(&pdu, BER_IPADDRESS, &address) || address.end - address.at != 4 ||
        !ber_integer(&pdu, &generic) || generic < 0 || generic > GENERIC_SPECIFIC ||
        !ber_integer(&pdu, &specific) || specific < INT32_MIN || specific > UINT32_MAX ||
        !ber_value(&pdu, arcs, &stamp) || stamp.type != VALUE_TIMETICKS ||
        !ber_expect(&pdu, BER_SEQUENCE, &out->list) || pdu.at != pdu.end)
        return TRAP_MALFORMED;
    memcpy(out->agent, address.at, 4);
    note_address(out, address.at);
    out->uptime = stamp.u;
    make_name(out, generic, (uint32_t) specific);
    return check_varbinds(out) ? TRAP_GOOD : TRAP_MALFORMED;
}

static enum trap_verdict
read_v2(uint8_t tag, struct ber pdu, struct trap *out)
{
    int64_t id, status, index;

    out->inform = tag == TRAP_TAG_INFORM;
    if (!ber_integer(&pdu, &id) || id < INT32_MIN || id > INT32_MAX || !ber_integer(&pdu, &status) ||
        !ber_integer(&pdu, &index) || !ber_expect(&pdu, BER_SEQUENCE, &out->list) || pdu.at != pdu.end)
        return TRAP_MALFORMED;
    /* What is not zero here would come back to the sender in its answer. */
    if (out->inform && (status != 0 || index != 0))
        return TRAP_MALFORMED;
    out->request_id = (int32_t) id;
    return check_varbinds(out) ? TRAP_GOOD : TRAP_MALFORMED;
}

enum trap_verdict
trap_read(const uint8_t *octets, size_t n, struct trap *out)
{
    struct ber in = { octets, octets + n }, message, pdu;
    int64_t version;
    uint8_t tag;

    memset(out, 0, offsetof(struct trap, made));
    if (!ber_expect(&in, BER_SEQUENCE, &message) || !ber_integer(&message, &version))
        return TRAP_MALFORMED;
    if (version == 3)
        return TRAP_V3;
    if (version != 0 && version != 1)
        return TRAP_VERSION;
    out->version = (int) version + 1;
    if (!ber_expect(&message, BER_OCTETS, &out->community) ||
        out->community.end - out->community.at > COMMUNITY_MAX)
        return TRAP_MALFORMED;
    out->tag_at = (size_t) (message.at - octets);
    if (!ber_next(&message, &tag, &pdu) || message.at != message.end)
        return TRAP_MALFORMED;
    if (tag == TRAP_TAG_V1 && version == 0)
        return read_v1(pdu, out);
    if ((tag == TRAP_TAG_V2 || tag == TRAP_TAG_INFORM) && version == 1)
        return read_v2(tag, pdu, out);
    return tag >= 0xa0 && tag <= 0xa8 ? TRAP_NOT_US : TRAP_MALFORMED;
}

enum trap_verdict
trap_read_pdu(const uint8_t *octets, size_t n, struct trap *out)
{
    struct ber in = { octets, octets + n }, pdu;
    uint8_t tag;

    memset(out, 0, offsetof(struct trap, made));
    out->version = 3;
    if (!ber_next(&in, &tag, &pdu))
        return TRAP_MALFORMED;
    return tag == TRAP_TAG_V2 || tag == TRAP_TAG_INFORM ? read_v2(tag, pdu, out) : TRAP_NOT_US;
}

static void
set_name(struct oid *out, const uint8_t *octets, size_t n)
{
    bool good = ber_oid((struct ber) { octets, octets + n }, out);

    assert(good);
}

static bool
has_name(const struct varbind *list, size_t n, const struct oid *name)
{
    for (size_t i = 0; i < n; i++)
        if (oid_compare(&list[i].name, name) == 0)
            return true;
    return false;
}

/* RFC 3584 §3.1 (4): each unless it is there already. Not the third, snmpTrapCommunity.0: communities are not kept. */
static void
add_v1_varbinds(const struct trap *trap, struct arena *arena, struct varbind *list, size_t *n)
{
    struct oid address, enterprise, oid;
    uint32_t *arcs;

    set_name(&address, trap_address, sizeof trap_address);
    if (!has_name(list, *n, &address))
        list[(*n)++] = (struct varbind) { address, { VALUE_IPADDRESS, 4, { .octets = trap->agent } } };
    set_name(&enterprise, trap_enterprise, sizeof trap_enterprise);
    if (has_name(list, *n, &enterprise))
        return;
    if (!ber_oid(trap->enterprise, &oid))
        oid.n = 0;
    arcs = arena_alloc(arena, (oid.n + 1) * sizeof *arcs);
    memcpy(arcs, oid.arc, oid.n * sizeof *arcs);
    list[(*n)++] = (struct varbind) { enterprise, { VALUE_OID, oid.n, { .arcs = arcs } } };
}

bool
trap_varbinds(const struct trap *trap, struct arena *arena, struct varbind **out, size_t *n)
{
    struct oid uptime, name;
    struct varbind *all;
    size_t had, kept = 0;

    if (!ber_varbinds(trap->list, arena, &all, &had))
        return false;
    *out = arena_alloc(arena, (had + 2) * sizeof **out);
    set_name(&uptime, up_time, sizeof up_time);
    set_name(&name, trap_oid, sizeof trap_oid);
    for (size_t i = 0; i < had; i++)
        if (trap->version == 1 ||
            (oid_compare(&all[i].name, &uptime) != 0 && oid_compare(&all[i].name, &name) != 0))
            (*out)[kept++] = all[i];
    if (trap->version == 1)
        add_v1_varbinds(trap, arena, *out, &kept);
    *n = kept;
    return true;
}

void
trap_mask(uint8_t *octets, const struct trap *trap)
{
    if (trap->version != 3 && trap->community.at != NULL)
        memset(octets + (trap->community.at - octets), '*', (size_t) (trap->community.end - trap->community.at));
}
