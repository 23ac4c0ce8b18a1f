/* A sender of notifications for tests and benchmarks: many at a time, counted, each known again by its request-id. */
#ifndef BLAST_H
#define BLAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MESSAGE_ROOM = 1024, ENGINE_ROOM = 32, SEALED_MAX = 800 };

/* Who sends; for v3 with the keys of authPriv (SHA-256, AES-128). */
struct speaker {
    int version; /* 2: v2c */
    bool inform;
    const char *user, *auth, *priv;
    uint8_t engine[ENGINE_ROOM]; /* of who is authoritative: the sender of a trap, the receiver of an inform */
    size_t n_engine;
    uint32_t boots;
    int64_t born; /* monotonic seconds when the engine's time was 0 */
};

/* What was said of us in a datagram that came back. */
struct answer {
    bool report;
    int32_t id; /* request-id of v2c, msgID of v3 */
};

void message_keys(struct speaker *speaker);
/* One notification with three varbinds, into `out`; its length. `id` and `message_id` between 2^24 and 2^31. */
size_t message_make(const struct speaker *speaker, int32_t id, int32_t message_id, uint8_t out[MESSAGE_ROOM]);
/* An empty, reportable message that asks who the receiver is. */
size_t message_discovery(int32_t message_id, uint8_t out[MESSAGE_ROOM]);
/* A trap by an engine and a user that nobody has heard of. */
size_t message_stranger(uint64_t seed, uint8_t out[MESSAGE_ROOM]);
/* Any octets as the scoped PDU of a message with the right digest, encrypted. */
size_t message_seal(const struct speaker *speaker, const uint8_t *scoped, size_t n, int32_t message_id,
                    uint8_t out[MESSAGE_ROOM]);
/* Reads an answer; a report tells `speaker` engine, boots and time. */
bool message_answer(struct speaker *speaker, const uint8_t *octets, size_t n, struct answer *out);
/* One to four changes to the octets; their new number, at most `room`. */
size_t message_mutate(uint64_t *seed, uint8_t *octets, size_t n, size_t room);
/* Where the request-id of a v2c message stands. */
size_t message_id_at(const uint8_t *octets, size_t n);

#endif
