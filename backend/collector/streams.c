/* One loop. A connection is read until a message is whole; while intake takes no more, it is not read, and its sender
 * waits. Of more connections than fit, the one that has been quiet longest goes. */
#include "collector/streams.h"

#include "api/loop.h"
#include "core/ber.h"
#include "core/memory.h"
#include "io/inlet.h"
#include "io/log.h"
#include "io/sandbox.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS = 256 };

struct connection {
    struct streams *streams;
    int fd, pair;
    uint64_t id; /* 0: free */
    struct loop_watch *watch;
    struct loop_timer *again;
    struct sockaddr_storage from;
    int64_t last;
    size_t have;
    uint8_t octets[INLET_MESSAGE_MAX + 1];
};

static struct streams {
    struct loop *loop;
    struct connection *connections[CONNECTIONS];
    uint64_t next_id;
} streams;

static void
drop(struct connection *c)
{
    loop_unwatch(c->watch);
    loop_cancel(c->again);
    close(c->fd);
    for (int i = 0; i < CONNECTIONS; i++)
        if (streams.connections[i] == c)
            streams.connections[i] = NULL;
    free(c);
}

static bool
hand_over(const struct connection *c, size_t n)
{
    struct inlet_head head = { .connection = c->id, .from = c->from };
    struct iovec parts[2] = { { &head, sizeof head }, { (void *) (uintptr_t) c->octets, n } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

    return sendmsg(c->pair, &message, MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != ENOBUFS);
}

static void on_readable(void *arg, int fd, unsigned events);

static void
on_again(void *arg)
{
    struct connection *c = arg;

    c->again = NULL;
    c->watch = loop_watch(streams.loop, c->fd, LOOP_READ, on_readable, c);
    on_readable(c, -1, 0); /* what waits first */
}

/* What is whole goes to intake. False: the connection is gone. */
static bool
cut(struct connection *c)
{
    size_t n;

    while ((n = ber_message_size(c->octets, c->have, INLET_MESSAGE_MAX)) > 0 && (n <= c->have || n == SIZE_MAX)) {
        bool broken = n == SIZE_MAX;

        if (!hand_over(c, broken ? c->have : n)) { /* intake is full: later */
            loop_unwatch(c->watch);
            c->watch = NULL;
            c->again = loop_after(streams.loop, LOOP_MS(10), on_again, c);
            return true;
        }
        if (broken) { /* counted as malformed; where the next message begins, nobody knows */
            drop(c);
            return false;
        }
        memmove(c->octets, c->octets + n, c->have - n);
        c->have -= n;
    }
    return true;
}

static void
on_readable(void *arg, int fd, unsigned events)
{
    struct connection *c = arg;
    ssize_t n;

    (void) events;
    if (!cut(c) || c->watch == NULL || fd < 0)
        return;
    n = recv(c->fd, c->octets + c->have, sizeof c->octets - c->have, MSG_DONTWAIT);
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            drop(c);
        return;
    }
    c->have += (size_t) n;
    c->last = loop_now(streams.loop);
    cut(c);
}

static struct connection **
find_place(void)
{
    struct connection **quietest = &streams.connections[0];

    for (int i = 0; i < CONNECTIONS; i++) {
        if (streams.connections[i] == NULL)
            return &streams.connections[i];
        if (streams.connections[i]->last < (*quietest)->last)
            quietest = &streams.connections[i];
    }
    drop(*quietest);
    return quietest;
}

static void
on_listener(void *arg, int fd, unsigned events)
{
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    struct connection *c;
    int on = 1, accepted = accept4(fd, (struct sockaddr *) &from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void) arg;
    (void) events;
    if (accepted < 0)
        return;
    setsockopt(accepted, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c = memory_zero(1, sizeof *c);
    c->fd = accepted;
    c->pair = fd + 1;
    c->id = ++streams.next_id;
    c->from = from;
    c->last = loop_now(streams.loop);
    *find_place() = c;
    c->watch = loop_watch(streams.loop, accepted, LOOP_READ, on_readable, c);
}

/* An answer. Who does not read what is said to him is hung up on. */
static void
on_answer(void *arg, int fd, unsigned events)
{
    static uint8_t octets[INLET_MESSAGE_MAX + 1];
    struct inlet_head head;
    ssize_t n = inlet_read(fd, &head, octets);

    (void) arg;
    (void) events;
    if (n <= 0)
        return;
    for (int i = 0; i < CONNECTIONS; i++) {
        struct connection *c = streams.connections[i];

        if (c != NULL && c->id == head.connection) {
            if (send(c->fd, octets, (size_t) n, MSG_DONTWAIT | MSG_NOSIGNAL) != n)
                drop(c);
            return;
        }
    }
}

static void
on_stop(void *arg, int signal)
{
    (void) signal;
    loop_stop(arg);
}

int
streams_run(int n)
{
    struct sandbox_rules rules = { .allow = SANDBOX_SOCKETS };
    struct sandbox_report report;
    struct failure why = { 0 };

    streams.next_id = (uint64_t) loop_wall(); /* answers to a process before us find no connection */
    streams.loop = loop_new(&why);
    if (streams.loop == NULL || !loop_signal(streams.loop, SIGTERM, on_stop, streams.loop, &why) ||
        !loop_signal(streams.loop, SIGINT, on_stop, streams.loop, &why)) {
        log_write(LOG_LEVEL_ERROR, "%s", why.text);
        return 1;
    }
    for (int i = 0; i < n; i++) {
        loop_watch(streams.loop, INLET_FD_SOCKETS + 2 * i, LOOP_READ, on_listener, NULL);
        loop_watch(streams.loop, INLET_FD_SOCKETS + 2 * i + 1, LOOP_READ, on_answer, NULL);
    }
    if (!sandbox_close(&rules, &report, &why)) {
        log_write(LOG_LEVEL_ERROR, "%s", why.text);
        return 1;
    }
    log_write(LOG_LEVEL_INFO, "streams runs: %d listeners; %s", n, report.text);
    loop_run(streams.loop);
    for (int i = 0; i < CONNECTIONS; i++)
        if (streams.connections[i] != NULL)
            drop(streams.connections[i]);
    loop_free(streams.loop);
    return 0;
}
