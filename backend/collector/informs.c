/* A ring of entries in the order of their frames, chained into a hash table: [tail, acked) are answered and remembered,
 * [acked, head) wait. */
#include "collector/informs.h"

#include "api/loop.h"
#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1 << 17 };
#define REMEMBERED LOOP_S(300)

struct inform {
    uint8_t key[16];
    uint64_t frame;
    int64_t at;
    uint32_t next, bucket; /* slot + 1; 0: none */
    bool listed, waiting;
    struct peer peer;
    uint8_t *answer;
    size_t n_answer;
    void *pdu;
};

struct informs {
    informs_end_fn *end;
    struct inform *slots;
    uint32_t *buckets;
    uint64_t tail, acked, head;
};

struct informs *
informs_new(informs_end_fn *end)
{
    struct informs *informs = memory_zero(1, sizeof *informs);

    informs->end = end;
    informs->slots = memory_zero(SLOTS, sizeof *informs->slots);
    informs->buckets = memory_zero(SLOTS, sizeof *informs->buckets);
    return informs;
}

static void
let_go(struct informs *informs, struct inform *inform)
{
    free(inform->answer);
    if (inform->pdu != NULL)
        informs->end(inform->pdu, false);
    inform->answer = NULL;
    inform->pdu = NULL;
}

void
informs_free(struct informs *informs)
{
    if (informs == NULL)
        return;
    for (uint64_t i = informs->tail; i < informs->head; i++)
        let_go(informs, &informs->slots[i % SLOTS]);
    free(informs->slots);
    free(informs->buckets);
    free(informs);
}

static uint32_t
bucket_of(const uint8_t key[16])
{
    uint32_t word;

    memcpy(&word, key, sizeof word);
    return word % SLOTS;
}

static void
unlist(struct informs *informs, struct inform *inform)
{
    uint32_t *link = &informs->buckets[inform->bucket], me = (uint32_t) (inform - informs->slots) + 1;

    if (!inform->listed)
        return;
    while (*link != me)
        link = &informs->slots[*link - 1].next;
    *link = inform->next;
    inform->listed = false;
}

enum inform_state
informs_find(struct informs *informs, const uint8_t key[16], int64_t now, struct inform **out)
{
    for (uint32_t i = informs->buckets[bucket_of(key)]; i != 0; i = informs->slots[i - 1].next) {
        struct inform *inform = &informs->slots[i - 1];

        if (memcmp(inform->key, key, 16) != 0)
            continue;
        *out = inform;
        if (inform->waiting)
            return INFORM_WAITING;
        if (now - inform->at <= REMEMBERED)
            return INFORM_ANSWERED;
        unlist(informs, inform);
        return INFORM_UNKNOWN;
    }
    return INFORM_UNKNOWN;
}

struct inform *
informs_add(struct informs *informs, const uint8_t key[16], uint64_t frame, int64_t now)
{
    struct inform *inform;

    if (informs->head - informs->tail == SLOTS) {
        if (informs->tail == informs->acked)
            return NULL;
        unlist(informs, &informs->slots[informs->tail++ % SLOTS]);
    }
    inform = &informs->slots[informs->head++ % SLOTS];
    memset(inform, 0, sizeof *inform);
    memcpy(inform->key, key, 16);
    inform->frame = frame;
    inform->at = now;
    inform->bucket = bucket_of(key);
    inform->next = informs->buckets[inform->bucket];
    inform->listed = inform->waiting = true;
    informs->buckets[inform->bucket] = (uint32_t) (inform - informs->slots) + 1;
    return inform;
}

uint8_t *
informs_hold(struct informs *informs, struct inform *inform, const struct peer *peer, const uint8_t *answer,
             size_t n, void *pdu)
{
    let_go(informs, inform);
    inform->peer = *peer;
    inform->answer = answer != NULL ? memory_copy(answer, n) : NULL;
    inform->n_answer = n;
    inform->pdu = pdu;
    return inform->answer;
}

void
informs_committed(struct informs *informs, uint64_t frame, informs_answered_fn *answered, void *arg)
{
    for (; informs->acked < informs->head; informs->acked++) {
        struct inform *inform = &informs->slots[informs->acked % SLOTS];
        bool sent;

        if (inform->frame > frame)
            break;
        sent = inform->pdu != NULL ? informs->end(inform->pdu, true) :
               answer_add(&inform->peer, inform->answer, inform->n_answer) != NULL;
        inform->pdu = NULL;
        inform->waiting = false;
        let_go(informs, inform);
        if (sent)
            answered(arg, inform->peer.listener);
    }
}
