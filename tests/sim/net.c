/* Sockets, the faults between an answer and the wire, and the loop with a clock in nanoseconds.
 *
 * Ten thousand devices share one socket on 0.0.0.0, bound to the loopback interface; the address that a
 * datagram was sent to says which device is meant (IP_PKTINFO), and the answer leaves from there. */
#include "sim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, DATAGRAM_MAX = 65536 };

struct port {
    struct port *next;
    int fd, elsewhere; /* another port of the same address, for answers that come from there */
    bool shared;
    uint32_t base; /* the first device's address, in host order */
    struct device **devices;
    size_t n;
};

struct datagram {
    struct sockaddr_storage peer;
    socklen_t peer_n;
    struct in_pktinfo info;
    bool has_info;
    struct iovec iov;
    union {
        size_t aligned;
        uint8_t octets[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } control;
};

static struct datagram inbox[BATCH], outbox[BATCH];
static uint8_t in_room[BATCH][DATAGRAM_MAX], out_room[BATCH][DATAGRAM_MAX];
static struct mmsghdr in_heads[BATCH], out_heads[BATCH];
static size_t n_out;

static struct timer {
    int64_t when;
    uint64_t serial;
    void (*fn)(void *);
    void *arg;
} *timers;
static size_t n_timers, timers_room;
static uint64_t timer_serial;
static int epoll_fd = -1;

struct watch {
    void (*fn)(void *, int);
    void *arg;
    int fd;
    struct watch *next;
};
static struct watch *watches;

int64_t
sim_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
}

double
sim_chance(void)
{
    sim.seed ^= sim.seed << 13;
    sim.seed ^= sim.seed >> 7;
    sim.seed ^= sim.seed << 17;
    return (double) (sim.seed >> 11) / (double) (1ull << 53);
}

static bool
earlier(size_t a, size_t b)
{
    return timers[a].when != timers[b].when ? timers[a].when < timers[b].when
                                            : timers[a].serial < timers[b].serial;
}

static void
swap(size_t a, size_t b)
{
    struct timer kept = timers[a];

    timers[a] = timers[b];
    timers[b] = kept;
}

static void
timer_at(int64_t when, void (*fn)(void *), void *arg)
{
    size_t at = n_timers++;

    if (n_timers > timers_room)
        timers = memory_grow(timers, timers_room = timers_room == 0 ? 256 : 2 * timers_room, sizeof *timers);
    timers[at] = (struct timer) { when, timer_serial++, fn, arg };
    for (; at > 0 && earlier(at, (at - 1) / 2); at = (at - 1) / 2)
        swap(at, (at - 1) / 2);
}

static void
timer_fire(void)
{
    struct timer first = timers[0];

    timers[0] = timers[--n_timers];
    for (size_t at = 0, child; (child = 2 * at + 1) < n_timers; at = child) {
        child += child + 1 < n_timers && earlier(child + 1, child);
        if (!earlier(child, at))
            break;
        swap(child, at);
    }
    first.fn(first.arg);
}

void
net_after(int64_t wait, void (*fn)(void *), void *arg)
{
    timer_at(sim_now() + wait, fn, arg);
}

void
net_watch(int fd, void (*fn)(void *, int), void *arg)
{
    struct watch *w = memory_zero(1, sizeof *w);
    struct epoll_event event = { .events = EPOLLIN, .data = { .ptr = w } };

    *w = (struct watch) { fn, arg, fd, watches };
    watches = w;
    if (epoll_fd < 0)
        epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

void
net_unwatch(int fd)
{
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    for (struct watch *w = watches; w != NULL; w = w->next)
        if (w->fd == fd)
            w->fd = -1; /* forgotten, not freed: its event may be under way */
}

/* An answer on its way: kept until its time has come. */
struct held {
    struct datagram to;
    int fd;
    size_t n;
    uint8_t octets[];
};

static void
fill_head(struct mmsghdr *head, struct datagram *d)
{
    struct msghdr *h = &head->msg_hdr;

    *h = (struct msghdr){
        .msg_name = &d->peer, .msg_namelen = d->peer_n, .msg_iov = &d->iov, .msg_iovlen = 1
    };
    if (!d->has_info)
        return;
    *(struct cmsghdr *) (void *) d->control.octets = (struct cmsghdr) {
        .cmsg_len = CMSG_LEN(sizeof d->info), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
    memcpy(CMSG_DATA((struct cmsghdr *) (void *) d->control.octets), &d->info, sizeof d->info);
    h->msg_control = d->control.octets;
    h->msg_controllen = sizeof d->control.octets;
}

static int out_fd = -1;

static void
flush(void)
{
    for (size_t sent = 0; sent < n_out;) {
        int n = sendmmsg(out_fd, out_heads + sent, (unsigned) (n_out - sent), 0);

        sent += n > 0 ? (size_t) n : 1;
    }
    n_out = 0;
}

static void
queue_out(int fd, const struct datagram *to, const uint8_t *octets, size_t n)
{
    if (n_out == BATCH || (n_out > 0 && fd != out_fd))
        flush();
    out_fd = fd;
    outbox[n_out] = *to;
    memcpy(out_room[n_out], octets, n);
    outbox[n_out].iov = (struct iovec) { out_room[n_out], n };
    fill_head(&out_heads[n_out], &outbox[n_out]);
    n_out++;
}

static void
send_held(void *arg)
{
    struct held *held = arg;

    queue_out(held->fd, &held->to, held->octets, held->n);
    free(held);
}

/* A serial agent is done with one: its way back is the path's. */
static void
leave_queue(void *arg)
{
    struct device *d = arg;

    d->queued--;
}

static void
hold(int64_t when, int fd, const struct datagram *to, const uint8_t *octets, size_t n)
{
    struct held *held;

    if (when <= sim_now()) {
        queue_out(fd, to, octets, n);
        return;
    }
    held = memory_alloc(sizeof *held + n);
    *held = (struct held) { .to = *to, .fd = fd, .n = n };
    memcpy(held->octets, octets, n);
    timer_at(when, send_held, held);
}

static bool
happens(double percent)
{
    return percent > 0 && sim_chance() * 100 < percent;
}

/* The request-id is the first INTEGER of the PDU: every octet that could be it is tried by its place. */
static void
spoil_id(uint8_t *octets, size_t n)
{
    struct ber in_ = { octets, octets + n }, message, community, pdu;
    int64_t version;
    uint8_t tag;

    if (ber_expect(&in_, BER_SEQUENCE, &message) && ber_integer(&message, &version) && version != V3 &&
        ber_expect(&message, BER_OCTETS, &community) && ber_next(&message, &tag, &pdu) &&
        pdu.end - pdu.at > 3)
        octets[pdu.at - octets + 1 + pdu.at[1]] ^= 0x15;
}

static void
through_faults(struct port *port, struct device *d, const struct datagram *to, uint8_t *octets, size_t n,
               int64_t wait, size_t varbinds)
{
    const struct faults *f = &d->faults;
    int64_t now = sim_now(), when = now + wait;
    bool serial = f->serial_fixed > 0 || f->serial_each > 0;
    int fd = happens(f->wrong_source) && port->elsewhere >= 0 ? port->elsewhere : port->fd;

    if (serial) {
        if (d->busy < now)
            d->busy = now;
        d->busy += f->serial_fixed + f->serial_each * (int64_t) varbinds;
        when = d->busy + wait;
        d->queued++;
        if ((uint64_t) d->queued > d->counts.most_queued)
            d->counts.most_queued = (uint64_t) d->queued;
        timer_at(d->busy, leave_queue, d);
    }
    when += f->delay + (f->jitter > 0 ? (int64_t) (sim_chance() * (double) f->jitter) : 0);
    if (happens(f->wrong_id))
        spoil_id(octets, n);
    if (happens(f->truncate))
        n = (size_t) (sim_chance() * (double) n);
    for (int i = happens(f->mutate) ? 1 + (int) (sim_chance() * 4) : 0; i > 0; i--)
        octets[(size_t) (sim_chance() * (double) n)] = (uint8_t) (sim_chance() * 256);
    if (happens(f->loss)) {
        d->counts.lost++;
        n = 0;
    } else {
        d->counts.answers++;
        d->counts.varbinds += varbinds;
        d->counts.octets += n;
    }
    if (happens(f->duplicate) && n > 0)
        hold(when + (int64_t) (sim_chance() * 3e6), fd, to, octets, n);
    if (happens(f->reorder))
        when += f->reorder_by > 0 ? f->reorder_by : 5000000;
    if (n > 0)
        hold(when, fd, to, octets, n);
}

static void
take_request(struct port *port, struct device *d, const struct datagram *from, const uint8_t *octets,
             size_t n)
{
    static uint8_t room[DATAGRAM_MAX + 4096];
    struct ber_out answer = { room, room + sizeof room, false };
    const struct faults *f = &d->faults;
    size_t varbinds = 0;
    int64_t wait = 0;

    if (f->silent || happens(f->loss_in)) {
        d->counts.lost++;
        return;
    }
    if ((f->serial_fixed > 0 || f->serial_each > 0) && f->queue > 0 && d->queued >= f->queue) {
        d->counts.queue_drops++;
        return;
    }
    if (message_answer(d, octets, n, &answer, &wait, &varbinds) &&
        room + sizeof room - answer.at <= MESSAGE_MAX)
        through_faults(port, d, from, answer.at, (size_t) (room + sizeof room - answer.at), wait, varbinds);
}

static struct device *
device_of(const struct port *port, const struct datagram *d)
{
    uint32_t offset;

    if (!port->shared)
        return port->devices[0];
    offset = ntohl(d->info.ipi_addr.s_addr) - port->base;
    return offset < port->n ? port->devices[offset] : NULL;
}

static void
read_port(void *arg, int fd)
{
    struct port *port = arg;
    int got;

    for (size_t i = 0; i < BATCH; i++) {
        inbox[i].iov = (struct iovec) { in_room[i], DATAGRAM_MAX };
        in_heads[i].msg_hdr = (struct msghdr) {.msg_name = &inbox[i].peer,
                                              .msg_namelen = sizeof inbox[i].peer,
                                              .msg_iov = &inbox[i].iov,
                                              .msg_iovlen = 1,
                                              .msg_control = inbox[i].control.octets,
                                              .msg_controllen = sizeof inbox[i].control.octets};
    }
    got = recvmmsg(fd, in_heads, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; i++) {
        struct cmsghdr *c = CMSG_FIRSTHDR(&in_heads[i].msg_hdr);
        struct device *d;

        inbox[i].peer_n = in_heads[i].msg_hdr.msg_namelen;
        inbox[i].has_info = port->shared && c != NULL && c->cmsg_type == IP_PKTINFO;
        if (inbox[i].has_info) {
            memcpy(&inbox[i].info, CMSG_DATA(c), sizeof inbox[i].info);
            inbox[i].info.ipi_spec_dst = inbox[i].info.ipi_addr;
            inbox[i].info.ipi_ifindex = 0;
        }
        if ((d = device_of(port, &inbox[i])) != NULL)
            take_request(port, d, &inbox[i], in_room[i], in_heads[i].msg_len);
    }
}

struct in_addr
net_address(const struct device *device)
{
    size_t i = 0;

    while (device->port->shared && device->port->devices[i] != device)
        i++;
    return (struct in_addr) { htonl(device->port->base + (uint32_t) i) };
}

void
net_send(struct device *device, const struct sockaddr *to, socklen_t length, const uint8_t *octets, size_t n)
{
    struct datagram d = { .peer_n = length };

    memcpy(&d.peer, to, length);
    d.has_info = device->port->shared;
    if (d.has_info)
        d.info.ipi_spec_dst = net_address(device);
    queue_out(device->port->fd, &d, octets, n);
    flush();
}

/* "127.0.0.1", "127.0.0.1:1161", "[::1]:0". */
static bool
read_address(const char *text, struct sockaddr_storage *out, socklen_t *n)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *) out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) out;
    char host[64];
    unsigned number = 0;

    memset(out, 0, sizeof *out);
    if (sscanf(text, "[%63[0-9a-fA-F:.]]:%u", host, &number) >= 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t) number);
        *n = sizeof *v6;
        return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1;
    }
    if (sscanf(text, "%63[0-9.]:%u", host, &number) < 1)
        return false;
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t) number);
    *n = sizeof *v4;
    return inet_pton(AF_INET, host, &v4->sin_addr) == 1 && (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
}

static int
open_socket(const struct sockaddr_storage *at, socklen_t n, bool shared)
{
    int fd = socket(at->ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, big = 32 << 20;

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof big) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof big);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof big) != 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &big, sizeof big);
    /* What is not loopback must not reach a socket on 0.0.0.0. */
    if (shared && (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0 ||
                   setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0)) {
        close(fd);
        return -1;
    }
    if (bind(fd, (const struct sockaddr *) at, n) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool
net_open(struct device **devices, size_t n, const char *at, char *printed, size_t size, char *why,
         size_t why_size)
{
    struct port *port = memory_zero(1, sizeof *port);
    struct sockaddr_storage address, bound;
    struct sockaddr_in *v4 = (struct sockaddr_in *) &bound;
    socklen_t length, bound_n = sizeof bound;
    char host[INET6_ADDRSTRLEN] = "";

    if (!read_address(at, &address, &length) || (n > 1 && address.ss_family != AF_INET))
        return snprintf(why, why_size, "%s: no loopback address", at), free(port), false;
    *port = (struct port) { .shared = n > 1, .n = n, .devices = devices, .elsewhere = -1 };
    bound = address;
    port->base = ntohl(v4->sin_addr.s_addr);
    if (port->shared)
        v4->sin_addr.s_addr = htonl(INADDR_ANY);
    port->fd = open_socket(&bound, length, port->shared);
    if (port->fd < 0)
        return snprintf(why, why_size, "%s: %s", at, strerror(errno)), free(port), false;
    getsockname(port->fd, (struct sockaddr *) &bound, &bound_n);
    if (!port->shared) {
        if (address.ss_family == AF_INET)
            ((struct sockaddr_in *) &address)->sin_port = 0;
        else
            ((struct sockaddr_in6 *) &address)->sin6_port = 0;
        port->elsewhere = open_socket(&address, length, false);
    }
    for (size_t i = 0; i < n; i++)
        devices[i]->port = port;
    port->next = sim.ports;
    sim.ports = port;
    net_watch(port->fd, read_port, port);
    if (address.ss_family == AF_INET6)
        snprintf(printed, size, "[%s]:%u",
                 inet_ntop(AF_INET6, &((struct sockaddr_in6 *) &bound)->sin6_addr, host, sizeof host),
                 ntohs(((struct sockaddr_in6 *) &bound)->sin6_port));
    else
        snprintf(printed, size, "%s:%u",
                 inet_ntop(AF_INET, &((struct sockaddr_in *) &address)->sin_addr, host, sizeof host),
                 ntohs(v4->sin_port));
    return true;
}

void
net_run(void)
{
    struct epoll_event events[BATCH];

    if (epoll_fd < 0)
        epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    while (!sim.stop) {
        struct timespec wait = { 0, 0 };
        int64_t rest = n_timers > 0 ? timers[0].when - sim_now() : 0;
        int n;

        if (rest > 0)
            wait = (struct timespec) { rest / 1000000000, rest % 1000000000 };
        n = epoll_pwait2(epoll_fd, events, BATCH, n_timers > 0 ? &wait : NULL, NULL);
        for (int i = 0; i < n; i++) {
            struct watch *w = events[i].data.ptr;

            if (w->fd >= 0)
                w->fn(w->arg, w->fd);
        }
        while (n_timers > 0 && timers[0].when <= sim_now())
            timer_fire();
        flush();
    }
}
