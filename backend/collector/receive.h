/* Datagrams in and answers out, both in batches. An answer leaves from the address that was asked. */
#ifndef COLLECTOR_RECEIVE_H
#define COLLECTOR_RECEIVE_H

#include "io/datagram.h"
#include "io/inlet.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECEIVE_BATCH = 128, DATAGRAM_MAX = 65536 };

/* Whom to answer, and from where. A plain block: it is copied about. */
struct peer {
    struct sockaddr_storage from;
    int fd;
    unsigned listener;
    uint64_t connection; /* of one that another process has taken; else 0 */
    struct datagram_local local;
};

struct datagram {
    struct peer peer;
    uint8_t *octets;
    size_t n;
    const struct inlet_head *head; /* what came before it, of one that another process has taken; else NULL */
    bool truncated;
    int64_t at; /* wall clock */
};

/* Up to RECEIVE_BATCH datagrams, which live until the next call; never blocks. */
size_t receive_batch(int fd, unsigned listener, bool taken, struct datagram **out);
/* Ask the kernel to tell the local address. */
void receive_prepare(int fd);

/* Queue an answer (copied); the copy may be changed until the next call. NULL when it is too large. */
uint8_t *answer_add(const struct peer *peer, const void *octets, size_t n);
/* Have the connection ended, by whom it was taken. */
void answer_hang_up(const struct peer *peer);
/* Send what is queued; how many could not be sent. */
size_t answer_flush(void);

#endif
