#include "collector/tsm.h"

#include "collector/usm.h"
#include "core/pdu.h"

static const struct oid engine_id_name = { 11, { 1, 3, 6, 1, 6, 3, 10, 2, 1, 1, 0 } }; /* snmpEngineID.0 */
enum { ANSWER_MAX = 1024, MAX_SIZE = 65507 };

static bool
read_head(const struct datagram *d, struct message_v3 *head)
{
    struct ber in = { d->octets, d->octets + d->n };
    int64_t version;

    return pdu_read_version(&in, &version) && pdu_read_v3(&in, head);
}

enum engine_verdict
tsm_read(const struct datagram *d, struct engine_note *note, struct tsm_message *out, enum reject_cause *cause)
{
    struct message_v3 head;
    struct ber scoped;
    uint8_t tag;

    if (!read_head(d, &head))
        return ENGINE_MALFORMED;
    *cause = REJECT_VERSION;
    if (head.model != SECURITY_TSM)
        return ENGINE_REJECTED;
    *note = (struct engine_note) { .level = 3 };
    if ((head.flags & (MESSAGE_AUTH | MESSAGE_PRIV)) == MESSAGE_PRIV /* RFC 3412 §7.2 5 d */ ||
        !ber_expect(&head.data, BER_SEQUENCE, &scoped) || head.data.at != head.data.end ||
        !usm_read_scoped(scoped, note, &tag))
        return ENGINE_MALFORMED;
    *out = (struct tsm_message) { .flags_at = (size_t) (head.at_flags - d->octets),
                                  .pdu_at = (size_t) (note->pdu - d->octets), .asks_engine = tag == PDU_GET };
    *cause = REJECT_NOT_US;
    return out->asks_engine ? ENGINE_PROTOCOL : tag == PDU_TRAP || tag == PDU_INFORM ? ENGINE_NOTE : ENGINE_REJECTED;
}

const uint8_t *
tsm_tell_engine(const struct datagram *d, const struct identity *own, size_t *n)
{
    static uint8_t room[ANSWER_MAX];
    struct ber_out out = { .start = room, .at = room + sizeof room };
    struct varbind answer = { engine_id_name, { VALUE_OCTETS, own->n, { .octets = own->id } } };
    struct arena *arena = arena_new();
    uint8_t list_room[ANSWER_MAX / 2];
    struct ber scoped, engine_id, context;
    struct message_v3 head;
    const uint8_t *list;
    struct pdu pdu;
    size_t n_list;
    bool good = read_head(d, &head);

    scoped = head.data;
    good = good && pdu_read_scoped(&scoped, arena, &engine_id, &context, &pdu) && pdu.kind == PDU_GET && pdu.n == 1 &&
           oid_compare(&pdu.varbinds[0].name, &engine_id_name) == 0;
    if (good) {
        pdu.kind = PDU_RESPONSE;
        pdu.error_status = pdu.error_index = 0;
        list = pdu_write_list(&answer, 1, list_room, sizeof list_room, &n_list);
        pdu_put_tsm(&out, head.flags, head.id, MAX_SIZE, engine_id, context, &pdu, list, n_list);
    }
    arena_free(arena);
    *n = (size_t) (room + sizeof room - out.at);
    return good && !out.full ? out.at : NULL;
}
