/* BER as SNMP uses it (RFC 3417 §8): definite lengths, tags of one octet. Reading never copies and never recurses;
 * writing goes backwards from the end of a caller's buffer, so that every length is known when its head is written. */
#ifndef CORE_BER_H
#define CORE_BER_H

#include "api/value.h"
#include "core/memory.h"

enum {
    BER_INTEGER = 0x02,
    BER_OCTETS = 0x04,
    BER_NULL = 0x05,
    BER_OID = 0x06,
    BER_SEQUENCE = 0x30,
    BER_IPADDRESS = 0x40,
    BER_COUNTER32 = 0x41,
    BER_GAUGE32 = 0x42,
    BER_TIMETICKS = 0x43,
    BER_OPAQUE = 0x44,
    BER_COUNTER64 = 0x46,
    BER_UINTEGER32 = 0x47, /* RFC 1442, still sent by old agents: read as Gauge32 */
};

/* What is left to read. */
struct ber {
    const uint8_t *at, *end;
};

/* The next element; false when it is not whole. Lengths of up to four octets, as long as the octets are there. */
bool ber_next(struct ber *in, uint8_t *tag, struct ber *content);
/* How many octets the message has that starts here (a SEQUENCE): 0 when more must be seen to know, SIZE_MAX when it is none
 * or longer than `most`. */
size_t ber_message_size(const uint8_t *octets, size_t n, size_t most);
/* The next element, which must have this tag. */
bool ber_expect(struct ber *in, uint8_t tag, struct ber *content);
/* An INTEGER of at most 64 bits. */
bool ber_integer(struct ber *in, int64_t *out);
/* The octets of an OBJECT IDENTIFIER; false when empty, cut or longer than OID_MAX arcs. */
bool ber_oid(struct ber content, struct oid *out);
/* One value. Octets stay in the message; arcs of an OID are written to `arcs`, which has room for OID_MAX. */
bool ber_value(struct ber *in, uint32_t *arcs, struct value *out);
/* The content of a varbind list, in `arena`; at most BER_VARBINDS_MAX of them. */
enum { BER_VARBINDS_MAX = 4096 };
bool ber_varbinds(struct ber list, struct arena *arena, struct varbind **out, size_t *n);

/* Writing: [at, end of the buffer) is what has been written. Once there is no room, `full` stays true and nothing
 * more is written. */
struct ber_out {
    uint8_t *start, *at;
    bool full;
};
void ber_put(struct ber_out *out, const void *octets, size_t n);
/* The head of everything written since the output stood at `end`. */
void ber_put_head(struct ber_out *out, uint8_t tag, const uint8_t *end);
void ber_put_integer(struct ber_out *out, uint8_t tag, int64_t number);
void ber_put_unsigned(struct ber_out *out, uint8_t tag, uint64_t number);
void ber_put_oid(struct ber_out *out, const uint32_t *arcs, size_t n); /* with its head */
void ber_put_value(struct ber_out *out, const struct value *value);
void ber_put_varbind(struct ber_out *out, const struct varbind *varbind);

#endif
