/* Informs that wait for their commit, and those that were answered lately: a retransmission is one event, and every
 * copy is answered. Bounded; what is forgotten here the store still knows. */
#ifndef COLLECTOR_INFORMS_H
#define COLLECTOR_INFORMS_H

#include "collector/receive.h"

struct informs;
struct inform;

/* Ends a held PDU of the library: sent when `send`, else freed. True when it was sent. */
typedef bool informs_end_fn(void *pdu, bool send);

struct informs *informs_new(informs_end_fn *end);
void informs_free(struct informs *informs);

enum inform_state { INFORM_UNKNOWN, INFORM_WAITING, INFORM_ANSWERED };
/* `now`: monotonic nanoseconds; an answered one that is older than five minutes is unknown again. */
enum inform_state informs_find(struct informs *informs, const uint8_t key[16], int64_t now, struct inform **out);
/* A new one, in the frame of that number; NULL when all that fit are waiting. */
struct inform *informs_add(struct informs *informs, const uint8_t key[16], uint64_t frame, int64_t now);
/* The newest copy is the one to answer: an answer (copied; the copy may be changed) or a PDU of the library (taken). */
uint8_t *informs_hold(struct informs *informs, struct inform *inform, const struct peer *peer, const uint8_t *answer,
                      size_t n, void *pdu);
/* Everything up to this frame is on disk: answer. `answered` of the listener is told for each that was. */
typedef void informs_answered_fn(void *arg, unsigned listener);
void informs_committed(struct informs *informs, uint64_t frame, informs_answered_fn *answered, void *arg);

#endif
