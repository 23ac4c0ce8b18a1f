/* Sockets. Errors that ICMP brings back are read from the error queue (ip(7), IP_RECVERR), so that one dead device
 * neither disturbs the others on the socket nor has to be waited for. */
#include "snmp/transport.h"

#include "core/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/errqueue.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 64, DATAGRAM_MAX = 65536, RECEIVE_BUFFER = 8 << 20 };
/* What the kernel counts for a datagram that came in a frame of Ethernet (skb->truesize), and not its octets. */
enum { DATAGRAM_COUNTS = 2304, HOLDS_LEAST = 64 };

struct outgoing {
    struct peer to;
    uint8_t *octets;
    size_t n, room;
};

struct channel {
    struct transport *transport;
    int family, fd;
    struct loop_watch *watch;
    struct outgoing out[BATCH];
    int first, n; /* of `out`: [first, n) waits */
    int holds;    /* answers, at least; 0: not open */
    bool blocked;
};

struct transport {
    struct loop *loop;
    transport_fn *fn;
    transport_error_fn *failed;
    void *arg;
    struct channel v4, v6;
    uint8_t *room; /* BATCH datagrams */
};

struct transport *
transport_new(struct loop *loop, transport_fn *fn, transport_error_fn *failed, void *arg)
{
    struct transport *t = memory_zero(1, sizeof *t);

    t->loop = loop;
    t->fn = fn;
    t->failed = failed;
    t->arg = arg;
    t->v4 = (struct channel) { .transport = t, .family = AF_INET, .fd = -1 };
    t->v6 = (struct channel) { .transport = t, .family = AF_INET6, .fd = -1 };
    t->room = memory_alloc((size_t) BATCH * DATAGRAM_MAX);
    return t;
}

int
transport_holds(const struct transport *t)
{
    int v4 = t->v4.holds > 0 ? t->v4.holds : INT_MAX, v6 = t->v6.holds > 0 ? t->v6.holds : INT_MAX;

    return v4 < v6 ? v4 : v6;
}

static void
close_channel(struct channel *c)
{
    loop_unwatch(c->watch);
    if (c->fd >= 0)
        close(c->fd);
    for (int i = 0; i < BATCH; i++) {
        if (c->out[i].octets != NULL)
            explicit_bzero(c->out[i].octets, c->out[i].room); /* communities */
        free(c->out[i].octets);
    }
}

void
transport_free(struct transport *t)
{
    if (t == NULL)
        return;
    close_channel(&t->v4);
    close_channel(&t->v6);
    free(t->room);
    free(t);
}

/* Receiving. */

static bool
read_batch(struct channel *c)
{
    struct transport *t = c->transport;
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    struct peer from[BATCH];
    int64_t now;
    int n;

    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec) { t->room + (size_t) i * DATAGRAM_MAX, DATAGRAM_MAX };
        messages[i].msg_hdr = (struct msghdr) { .msg_name = &from[i].address, .msg_namelen = sizeof from[i].address,
                                                .msg_iov = &parts[i], .msg_iovlen = 1 };
    }
    n = recvmmsg(c->fd, messages, BATCH, MSG_DONTWAIT, NULL);
    if (n <= 0)
        return false;
    now = loop_clock();
    for (int i = 0; i < n; i++) {
        from[i].n = messages[i].msg_hdr.msg_namelen;
        from[i].via = NULL;
        if ((messages[i].msg_hdr.msg_flags & MSG_TRUNC) == 0)
            t->fn(t->arg, &from[i], parts[i].iov_base, messages[i].msg_len, now);
    }
    return n == BATCH;
}

static int
error_of(struct msghdr *message)
{
    for (struct cmsghdr *m = CMSG_FIRSTHDR(message); m != NULL; m = CMSG_NXTHDR(message, m))
        if ((m->cmsg_level == IPPROTO_IP && m->cmsg_type == IP_RECVERR) ||
            (m->cmsg_level == IPPROTO_IPV6 && m->cmsg_type == IPV6_RECVERR)) {
            struct sock_extended_err error;

            memcpy(&error, CMSG_DATA(m), sizeof error);
            return (int) error.ee_errno;
        }
    return 0;
}

static void
read_errors(struct channel *c)
{
    struct transport *t = c->transport;

    for (int i = 0; i < BATCH; i++) {
        union {
            struct cmsghdr align;
            uint8_t octets[512];
        } control;
        struct peer to;
        struct iovec part = { t->room, DATAGRAM_MAX };
        struct msghdr message = { .msg_name = &to.address, .msg_namelen = sizeof to.address, .msg_iov = &part,
                                  .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
        ssize_t n = recvmsg(c->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
        int error;

        if (n < 0)
            break;
        to.n = message.msg_namelen;
        error = error_of(&message);
        if (error != 0)
            t->failed(t->arg, &to, t->room, (size_t) n, error);
    }
}

static void flush_channel(struct channel *c);

static void
on_events(void *arg, int fd, unsigned events)
{
    struct channel *c = arg;
    int turns = 0;

    (void) fd;
    if ((events & LOOP_WRITE) != 0 && c->blocked)
        flush_channel(c);
    if ((events & LOOP_READ) == 0)
        return;
    read_errors(c);
    while (turns++ < 8 && read_batch(c))
        ;
}

/* Sending. */

static bool
open_channel(struct channel *c, struct failure *why)
{
    int on = 1, size = RECEIVE_BUFFER;
    socklen_t n = sizeof size;

    c->fd = socket(c->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        return failure_errno(why, errno, "cannot open a UDP socket for %s", c->family == AF_INET ? "IPv4" : "IPv6");
    if (c->family == AF_INET6)
        setsockopt(c->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    setsockopt(c->fd, c->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
               c->family == AF_INET ? IP_RECVERR : IPV6_RECVERR, &on, sizeof on);
    if (setsockopt(c->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    getsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &size, &n);
    c->holds = size / DATAGRAM_COUNTS > HOLDS_LEAST ? size / DATAGRAM_COUNTS : HOLDS_LEAST;
    c->watch = loop_watch(c->transport->loop, c->fd, LOOP_READ, on_events, c);
    return true;
}

/* With IP_RECVERR a send can bring an older datagram's error: the datagram itself was not looked at. */
static bool
is_old_error(int error)
{
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN;
}

static void
set_blocked(struct channel *c, bool blocked)
{
    if (blocked != c->blocked)
        loop_watch_events(c->watch, blocked ? LOOP_READ | LOOP_WRITE : LOOP_READ);
    c->blocked = blocked;
}

static void
flush_channel(struct channel *c)
{
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    int again = 0;

    for (int i = c->first; i < c->n; i++) {
        parts[i] = (struct iovec) { c->out[i].octets, c->out[i].n };
        messages[i].msg_hdr = (struct msghdr) { .msg_name = &c->out[i].to.address, .msg_namelen = c->out[i].to.n,
                                                .msg_iov = &parts[i], .msg_iovlen = 1 };
    }
    while (c->first < c->n) {
        int sent = sendmmsg(c->fd, messages + c->first, (unsigned) (c->n - c->first), 0);

        if (sent > 0) {
            c->first += sent;
            again = 0;
            continue;
        }
        if (errno == EAGAIN || errno == ENOBUFS) {
            set_blocked(c, true);
            return;
        }
        if (is_old_error(errno) && again++ < 3)
            continue;
        c->first++; /* this one cannot be sent (no route, too long); its request will time out with a reason */
        again = 0;
    }
    c->first = c->n = 0;
    set_blocked(c, false);
}

bool
transport_send(struct transport *t, const struct peer *to, const uint8_t *octets, size_t n, struct failure *why)
{
    struct channel *c = to->address.ss_family == AF_INET6 ? &t->v6 : &t->v4;
    struct outgoing *out;

    if (c->fd < 0 && !open_channel(c, why))
        return false;
    if (c->n == BATCH)
        flush_channel(c);
    if (c->n == BATCH)
        return failure_set(why, FAILURE_BUSY, "the network takes no more datagrams at the moment");
    out = &c->out[c->n++];
    if (out->room < n) {
        out->room = n < 2048 ? 2048 : n;
        out->octets = memory_grow(out->octets, out->room, 1);
    }
    memcpy(out->octets, octets, n);
    out->n = n;
    out->to = *to;
    return true;
}

void
transport_flush(struct transport *t)
{
    if (t->v4.n > t->v4.first && !t->v4.blocked)
        flush_channel(&t->v4);
    if (t->v6.n > t->v6.first && !t->v6.blocked)
        flush_channel(&t->v6);
}

/* Peers. */

bool
peer_parse(const char *host, int port, struct peer *out)
{
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM }, *found;
    struct sockaddr_in *v4 = (struct sockaddr_in *) &out->address;
    char service[16];

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) { /* thousands of them, at once */
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t) port);
        out->n = sizeof *v4;
        return true;
    }
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(host, service, &hints, &found) != 0)
        return false;
    memcpy(&out->address, found->ai_addr, found->ai_addrlen);
    out->n = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

bool
peer_equal(const struct peer *a, const struct peer *b)
{
    if (a->address.ss_family != b->address.ss_family)
        return false;
    if (a->address.ss_family == AF_INET) {
        const struct sockaddr_in *x = (const struct sockaddr_in *) &a->address;
        const struct sockaddr_in *y = (const struct sockaddr_in *) &b->address;

        return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
    }
    if (a->address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *x = (const struct sockaddr_in6 *) &a->address;
        const struct sockaddr_in6 *y = (const struct sockaddr_in6 *) &b->address;

        return x->sin6_port == y->sin6_port && memcmp(&x->sin6_addr, &y->sin6_addr, 16) == 0 &&
               (x->sin6_scope_id == y->sin6_scope_id || x->sin6_scope_id == 0 || y->sin6_scope_id == 0);
    }
    return false;
}

char *
peer_format(const struct peer *peer, char *text, size_t size)
{
    char host[NI_MAXHOST], service[NI_MAXSERV];

    if (getnameinfo((const struct sockaddr *) &peer->address, peer->n, host, sizeof host, service, sizeof service,
                    NI_NUMERICHOST | NI_NUMERICSERV | NI_DGRAM) != 0)
        snprintf(text, size, "?");
    else
        snprintf(text, size, peer->address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, service);
    return text;
}
