/* Values as SNMP carries them (RFC 3416 §3, RFC 2578 §7.1), and varbinds.
 *
 * A value borrows its octets or arcs from whoever made it: a reply's values live until its callback returns.
 * Keep one with varbind_copy, which is one allocation. */
#ifndef API_VALUE_H
#define API_VALUE_H

#include "oid.h"

enum value_type {
    VALUE_NULL,              /* also "unspecified" in a request */
    VALUE_INTEGER,           /* INTEGER, Integer32, enumerations: number.i */
    VALUE_OCTETS,            /* OCTET STRING, BITS: octets */
    VALUE_OID,               /* OBJECT IDENTIFIER: arcs */
    VALUE_IPADDRESS,         /* four octets */
    VALUE_COUNTER32,         /* number.u, as the three below */
    VALUE_GAUGE32,           /* Gauge32 and Unsigned32 share a tag */
    VALUE_TIMETICKS,
    VALUE_COUNTER64,
    VALUE_OPAQUE,            /* octets, the inner BER whole */
    VALUE_NO_SUCH_OBJECT,    /* the three exceptions of RFC 3416 §3 */
    VALUE_NO_SUCH_INSTANCE,
    VALUE_END_OF_MIB_VIEW,
};

struct value {
    enum value_type type;
    uint32_t n; /* octets, or arcs */
    union {
        int64_t i;
        uint64_t u;
        const uint8_t *octets;
        const uint32_t *arcs;
    };
};

struct varbind {
    struct oid name;
    struct value value;
};

static inline bool
value_is_exception(const struct value *v)
{
    return v->type >= VALUE_NO_SUCH_OBJECT;
}

/* An own copy, octets behind it in the same block; free() it. */
struct varbind *varbind_copy(const struct varbind *vb);
bool value_equal(const struct value *a, const struct value *b);
/* The SMI's word: "Counter64", "OCTET STRING", "noSuchObject". Never NULL. */
const char *value_type_name(enum value_type type);

#endif
