/* Notifications under the Transport Security Model (RFC 5591): the session says who speaks, so a message carries a
 * plain scoped PDU and nothing of security. */
#ifndef COLLECTOR_TSM_H
#define COLLECTOR_TSM_H

#include "collector/engine.h"

struct tsm_message {
    size_t flags_at, pdu_at; /* offsets: of msgFlags, of the PDU's tag */
    bool asks_engine;        /* no notification, but the question which engine we are (RFC 5343 §3.2) */
};

/* ENGINE_NOTE: *note is filled, but for the user, and lives as long as the datagram. ENGINE_PROTOCOL: asks_engine.
 * ENGINE_REJECTED: *cause says why. */
enum engine_verdict tsm_read(const struct datagram *datagram, struct engine_note *note, struct tsm_message *out,
                             enum reject_cause *cause);
/* The answer to such a question; NULL: it is too long to be one. It lives until the next call. */
const uint8_t *tsm_tell_engine(const struct datagram *datagram, const struct identity *own, size_t *n);

#endif
