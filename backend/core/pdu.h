/* PDUs and the messages around them (RFC 3416 §3, RFC 1157 §4, RFC 1901 §3, RFC 3412 §6): writing what is asked,
 * reading what came. The security of v3 is not here. */
#ifndef CORE_PDU_H
#define CORE_PDU_H

#include "core/ber.h"

enum pdu_kind {
    PDU_GET = 0xa0,
    PDU_GET_NEXT = 0xa1,
    PDU_RESPONSE = 0xa2,
    PDU_SET = 0xa3,
    PDU_TRAP_V1 = 0xa4,
    PDU_GET_BULK = 0xa5,
    PDU_INFORM = 0xa6,
    PDU_TRAP = 0xa7,
    PDU_REPORT = 0xa8,
};

struct pdu {
    uint8_t kind;
    int32_t id;
    int32_t error_status; /* GETBULK: non-repeaters */
    int32_t error_index;  /* GETBULK: max-repetitions */
    struct varbind *varbinds;
    size_t n;
};

enum { MESSAGE_V1 = 0, MESSAGE_V2C = 1, MESSAGE_V3 = 3 };
enum { SECURITY_USM = 3, SECURITY_TSM = 4 }; /* RFC 3411 §5, RFC 5591 §8.2 */
enum { MESSAGE_AUTH = 1, MESSAGE_PRIV = 2, MESSAGE_REPORTABLE = 4 };

/* What stands before the scoped PDU of an SNMPv3 message, with the USM's parameters (RFC 3414 §2.4), which the TSM has not. */
struct message_v3 {
    int32_t id, max_size;
    uint8_t flags;
    const uint8_t *at_flags; /* where they stand */
    int64_t model;
    struct ber parameters; /* the OCTET STRING with its head: `parameters.at` is where it starts */
    struct ber engine_id, user, digest, salt;
    int64_t boots, time;
    struct ber data; /* the scoped PDU with its head, or the OCTET STRING that hides it */
};

/* A varbind list with its head, as pdu_put_list takes it; NULL when it does not fit the room. Returns the start. */
const uint8_t *pdu_write_list(const struct varbind *varbinds, size_t n, uint8_t *room, size_t size, size_t *length);
/* A whole PDU, its list written before by pdu_write_list. The varbinds of `pdu` are not looked at. */
void pdu_put(struct ber_out *out, const struct pdu *pdu, const uint8_t *list, size_t n);
void pdu_put_community(struct ber_out *out, int version, const char *community, const struct pdu *pdu,
                       const uint8_t *list, size_t n);

/* A whole message under the Transport Security Model (RFC 5591), of the level that the flags have. */
void pdu_put_tsm(struct ber_out *out, uint8_t flags, int32_t id, int32_t max_size, struct ber engine_id,
                 struct ber context, const struct pdu *pdu, const uint8_t *list, size_t n);

/* The message around a v1 trap's PDU, which was written before. */
void pdu_put_trap_v1(struct ber_out *out, const char *community, const uint8_t *trap, size_t n);

/* A PDU other than a v1 trap. Varbinds live in the arena, octets in the message. */
bool pdu_read(struct ber *in, struct arena *arena, struct pdu *out);
/* The outer SEQUENCE and the version; *in then stands behind the version. */
bool pdu_read_version(struct ber *in, int64_t *version);
bool pdu_read_v3(struct ber *in, struct message_v3 *out);
/* A plain scoped PDU: context and PDU. */
bool pdu_read_scoped(struct ber *in, struct arena *arena, struct ber *context_engine_id, struct ber *context_name,
                     struct pdu *out);

#endif
