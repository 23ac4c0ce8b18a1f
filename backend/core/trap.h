/* Notifications as octets: v1 and v2c messages, and the bare PDU that is kept of a v3 one; v1 seen as v2 by
 * RFC 3584 §3.1. One pass, nothing copied, nothing allocated until the varbinds are asked for. */
#ifndef CORE_TRAP_H
#define CORE_TRAP_H

#include "core/ber.h"

enum trap_verdict {
    TRAP_GOOD,
    TRAP_MALFORMED,
    TRAP_NOT_US,      /* well formed so far, but a request, a response or a report */
    TRAP_VERSION,     /* neither v1, v2c nor v3 */
    TRAP_V3,          /* v3: only the version was read */
};

enum { TRAP_TAG_V1 = 0xa4, TRAP_TAG_INFORM = 0xa6, TRAP_TAG_V2 = 0xa7, TRAP_TAG_RESPONSE = 0xa2 };

struct trap {
    int version;          /* 1, 2, 3 */
    bool inform;
    int32_t request_id;
    struct ber community; /* within the message */
    size_t tag_at;        /* offset of the PDU's tag: an inform's answer is the message with TRAP_TAG_RESPONSE there */
    struct ber name;      /* octets of snmpTrapOID; for v1 they are in `made` (mind copies of the struct) */
    uint64_t uptime;      /* hundredths of a second */
    struct ber list;      /* content of the varbind list */
    struct ber enterprise; /* v1: octets of the OID */
    uint8_t agent[4];     /* v1: agent-addr */
    uint8_t address[4];   /* that, or snmpTrapAddress.0 when there is one: a proxy put it there (RFC 3584 §3.1) */
    bool has_address;     /* and it is not 0.0.0.0 */
    uint8_t made[656];
};

/* A whole datagram. */
enum trap_verdict trap_read(const uint8_t *octets, size_t n, struct trap *out);
/* A bare PDU: SNMPv2-Trap or Inform, tag first. */
enum trap_verdict trap_read_pdu(const uint8_t *octets, size_t n, struct trap *out);
/* The varbinds besides sysUpTime.0 and snmpTrapOID.0; v1's get snmpTrapAddress.0 and snmpTrapEnterprise.0 behind
 * them, unless they have them. What was good when read is good here: false means that the octets changed. */
bool trap_varbinds(const struct trap *trap, struct arena *arena, struct varbind **out, size_t *n);
/* Make the community illegible in place. */
void trap_mask(uint8_t *octets, const struct trap *trap);

#endif
