/* recvmmsg and sendmmsg. What cannot be sent at once is dropped: its sender asks again. */
#include "collector/receive.h"

#include "api/loop.h"
#include "core/memory.h"

#include <string.h>
#include <sys/socket.h>

enum { ANSWERS_SIZE = 1 << 20 };

static struct {
    bool ready;
    struct mmsghdr messages[RECEIVE_BATCH];
    struct iovec vectors[RECEIVE_BATCH][2];
    struct inlet_head heads[RECEIVE_BATCH];
    union datagram_control controls[RECEIVE_BATCH];
    struct datagram datagrams[RECEIVE_BATCH];
} in;

static struct {
    struct mmsghdr messages[RECEIVE_BATCH];
    struct iovec vectors[RECEIVE_BATCH][2];
    struct inlet_head heads[RECEIVE_BATCH];
    union datagram_control controls[RECEIVE_BATCH];
    struct peer peers[RECEIVE_BATCH];
    uint8_t octets[ANSWERS_SIZE];
    size_t n, used;
} out;

void
receive_prepare(int fd)
{
    int large = 8 << 20;

    datagram_prepare(fd);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &large, sizeof large) < 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
}

static void
prepare_slots(void)
{
    uint8_t *room = memory_alloc((size_t) RECEIVE_BATCH * DATAGRAM_MAX);

    for (size_t i = 0; i < RECEIVE_BATCH; i++) {
        in.datagrams[i].octets = room + i * DATAGRAM_MAX;
        in.vectors[i][0] = (struct iovec) { &in.heads[i], sizeof in.heads[i] };
        in.vectors[i][1] = (struct iovec) { in.datagrams[i].octets, DATAGRAM_MAX };
    }
    in.ready = true;
}

static void
note_head(struct datagram *d, const struct inlet_head *head)
{
    bool whole = d->n >= sizeof *head && (head->from.ss_family == AF_INET || head->from.ss_family == AF_INET6);

    d->head = whole ? head : NULL;
    d->n = whole ? d->n - sizeof *head : 0;
    d->peer.connection = head->connection;
    d->peer.from = whole ? head->from : (struct sockaddr_storage) { .ss_family = AF_INET };
}

size_t
receive_batch(int fd, unsigned listener, bool taken, struct datagram **datagrams)
{
    int64_t now;
    int n;

    if (!in.ready)
        prepare_slots();
    for (size_t i = 0; i < RECEIVE_BATCH; i++)
        in.messages[i].msg_hdr = (struct msghdr) {
            .msg_name = &in.datagrams[i].peer.from, .msg_namelen = sizeof in.datagrams[i].peer.from,
            .msg_iov = taken ? in.vectors[i] : in.vectors[i] + 1, .msg_iovlen = taken ? 2 : 1,
            .msg_control = &in.controls[i], .msg_controllen = sizeof in.controls[i] };
    n = recvmmsg(fd, in.messages, RECEIVE_BATCH, MSG_DONTWAIT, NULL);
    now = loop_wall();
    for (int i = 0; i < n; i++) {
        struct datagram *d = &in.datagrams[i];

        d->peer.fd = fd;
        d->peer.listener = listener;
        d->n = in.messages[i].msg_len;
        d->truncated = (in.messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
        d->at = now;
        d->peer.connection = 0;
        d->head = NULL;
        if (taken)
            note_head(d, &in.heads[i]);
        datagram_note_local(&in.messages[i].msg_hdr, &d->peer.local);
    }
    *datagrams = in.datagrams;
    return n > 0 ? (size_t) n : 0;
}

size_t
answer_flush(void)
{
    size_t failed = 0;

    for (size_t i = 0; i < out.n;) {
        size_t last = i;
        int sent;

        while (last < out.n && out.peers[last].fd == out.peers[i].fd)
            last++;
        sent = sendmmsg(out.peers[i].fd, out.messages + i, (unsigned) (last - i), MSG_DONTWAIT);
        if (sent <= 0) { /* an ICMP error of an earlier answer, or no room */
            failed++;
            sent = 1;
        }
        i += (size_t) sent;
    }
    out.n = out.used = 0;
    return failed;
}

uint8_t *
answer_add(const struct peer *peer, const void *octets, size_t n)
{
    struct msghdr *message;
    uint8_t *copy;

    if (n > DATAGRAM_MAX)
        return NULL;
    if (out.n == RECEIVE_BATCH || out.used + n > sizeof out.octets)
        answer_flush();
    copy = memcpy(out.octets + out.used, octets, n);
    out.peers[out.n] = *peer;
    out.heads[out.n] = (struct inlet_head) { .connection = peer->connection };
    out.vectors[out.n][0] = (struct iovec) { &out.heads[out.n], sizeof out.heads[out.n] };
    out.vectors[out.n][1] = (struct iovec) { copy, n };
    message = &out.messages[out.n].msg_hdr;
    if (peer->connection != 0) {
        *message = (struct msghdr) { .msg_iov = out.vectors[out.n], .msg_iovlen = 2 };
    } else {
        *message = (struct msghdr) {
            .msg_name = &out.peers[out.n].from, .msg_iov = &out.vectors[out.n][1], .msg_iovlen = 1,
            .msg_namelen = peer->from.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6) };
        datagram_put_local(message, &out.controls[out.n], &peer->local);
    }
    out.n++;
    out.used += n;
    return copy;
}

void
answer_hang_up(const struct peer *peer)
{
    if (answer_add(peer, "", 0) != NULL)
        out.heads[out.n - 1].what = INLET_HANG_UP;
}
