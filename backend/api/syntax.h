/* What a MIB says about a value: base type, textual convention, enumeration, ranges, hint, units (RFC 2578 §7,
 * RFC 2579), and the INDEX of a conceptual row (RFC 2578 §7.7).
 *
 * Filled from the snapshot by backend/mib, read by the renderer, the editor's checks and the index decoder. All
 * pointers live as long as the snapshot (see mib.h). */
#ifndef API_SYNTAX_H
#define API_SYNTAX_H

#include "value.h"

enum syntax_base {
    SYNTAX_UNKNOWN,
    SYNTAX_INTEGER32,
    SYNTAX_ENUMERATION,
    SYNTAX_UNSIGNED32,
    SYNTAX_GAUGE32,
    SYNTAX_COUNTER32,
    SYNTAX_COUNTER64,
    SYNTAX_TIMETICKS,
    SYNTAX_OCTETS,
    SYNTAX_BITS,
    SYNTAX_OID,
    SYNTAX_IPADDRESS,
    SYNTAX_OPAQUE,
    SYNTAX_NULL,
    SYNTAX_SEQUENCE,    /* a conceptual row */
    SYNTAX_SEQUENCE_OF, /* a conceptual table */
};

struct syntax_name { /* one enumerated value, or one bit by position */
    int64_t number;
    const char *label;
};

/* Bounds are inclusive; for unsigned base types the bits are an uint64_t. For OCTETS they are sizes. */
struct syntax_range {
    int64_t low, high;
};

struct syntax {
    enum syntax_base base;
    const char *type;  /* the type as written: "DisplayString", "InetAddressType", "Counter32"; never NULL */
    const char *hint;  /* DISPLAY-HINT in effect, through the chain of types, or NULL */
    const char *units; /* of the object, or NULL */
    const struct syntax_name *names;
    uint32_t n_names;
    const struct syntax_range *ranges; /* in effect; none means the base type's own */
    uint32_t n_ranges;
};

struct index_part {
    const char *name; /* the INDEX object */
    const struct syntax *syntax;
    bool implied;
};

static inline bool
syntax_is_unsigned(enum syntax_base base)
{
    return base == SYNTAX_UNSIGNED32 || base == SYNTAX_GAUGE32 || base == SYNTAX_COUNTER32 ||
           base == SYNTAX_COUNTER64 || base == SYNTAX_TIMETICKS;
}

#endif
