#include "snmp/stream.h"

#include "core/ber.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_OCTETS = 65536, QUEUE_MAX = 4 << 20 };

struct buffer {
    uint8_t *octets;
    size_t first, end, room; /* [first, end) waits */
};

struct stream {
    struct loop *loop;
    const struct stream_fns *fns;
    void *arg;
    int fd;
    bool open;
    struct loop_watch *watch;
    struct buffer in, out;
    bool *freed; /* told to whoever is calling back */
};

static void
buffer_make_room(struct buffer *b, size_t n)
{
    if (b->first > 0) {
        memmove(b->octets, b->octets + b->first, b->end - b->first);
        b->end -= b->first;
        b->first = 0;
    }
    if (b->room - b->end < n) {
        b->room = b->end + n > 2 * b->room ? b->end + n : 2 * b->room;
        b->octets = memory_grow(b->octets, b->room, 1);
    }
}

static void
buffer_free(struct buffer *b)
{
    if (b->octets != NULL)
        explicit_bzero(b->octets, b->room); /* communities */
    free(b->octets);
}

void
stream_free(struct stream *s)
{
    if (s == NULL)
        return;
    if (s->freed != NULL)
        *s->freed = true;
    loop_unwatch(s->watch);
    if (s->fd >= 0)
        close(s->fd);
    buffer_free(&s->in);
    buffer_free(&s->out);
    free(s);
}

/* The last call for this stream. */
static void
end(struct stream *s, const struct failure *why)
{
    loop_unwatch(s->watch);
    s->watch = NULL;
    close(s->fd);
    s->fd = -1;
    s->fns->closed(s->arg, why);
}

static void
end_errno(struct stream *s, int error)
{
    struct failure why;

    failure_set(&why, error == ECONNREFUSED ? FAILURE_ABSENT : FAILURE_UNREACHABLE, "%s", strerror(error));
    end(s, &why);
}

static bool
flush(struct stream *s)
{
    struct buffer *b = &s->out;

    while (b->first < b->end) {
        ssize_t n = send(s->fd, b->octets + b->first, b->end - b->first, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            return false;
        if (n < 0)
            break;
        b->first += (size_t) n;
    }
    loop_watch_events(s->watch, b->first < b->end ? LOOP_READ | LOOP_WRITE : LOOP_READ);
    return true;
}

/* What is whole is handed over. False: the stream is gone or has ended. */
static bool
cut(struct stream *s)
{
    bool freed = false;

    for (;;) {
        struct buffer *b = &s->in;
        size_t n = ber_message_size(b->octets + b->first, b->end - b->first, STREAM_MESSAGE_MAX);
        uint8_t *message;

        if (n == SIZE_MAX) {
            struct failure why;

            failure_set(&why, FAILURE_PROTOCOL, "sends what is no SNMP message of at most %d octets", STREAM_MESSAGE_MAX);
            end(s, &why);
            return false;
        }
        if (n == 0 || n > b->end - b->first)
            return true;
        message = memory_copy(b->octets + b->first, n); /* the callback may turn the loop, or free us */
        b->first += n;
        s->freed = &freed;
        s->fns->message(s->arg, message, n, loop_clock());
        free(message);
        if (freed)
            return false;
        s->freed = NULL;
        if (s->fd < 0)
            return false;
    }
}

static void
on_connected(struct stream *s)
{
    int error = 0;
    socklen_t size = sizeof error;

    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        end_errno(s, error);
        return;
    }
    s->open = true;
    loop_watch_events(s->watch, LOOP_READ);
    s->fns->opened(s->arg);
}

static void
on_events(void *arg, int fd, unsigned events)
{
    struct stream *s = arg;
    struct buffer *b = &s->in;
    struct failure why;
    ssize_t n;

    (void) fd;
    if (!s->open) {
        on_connected(s);
        return;
    }
    if ((events & LOOP_WRITE) != 0)
        flush(s); /* that it failed is seen when reading */
    if ((events & LOOP_READ) == 0)
        return;
    buffer_make_room(b, READ_OCTETS);
    n = recv(s->fd, b->octets + b->end, b->room - b->end, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        end_errno(s, errno);
        return;
    }
    b->end += (size_t) n;
    if (n > 0) {
        cut(s);
        return;
    }
    failure_set(&why, FAILURE_UNREACHABLE, b->end > b->first ? "hung up in the middle of a message" : "hung up");
    end(s, &why);
}

struct stream *
stream_connect(struct loop *loop, const struct peer *peer, const struct stream_fns *fns, void *arg, struct failure *why)
{
    int on = 1, fd = socket(peer->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct stream *s;

    if (fd < 0) {
        failure_errno(why, errno, "cannot open a TCP socket");
        return NULL;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *) &peer->address, peer->n) < 0 && errno != EINPROGRESS) {
        failure_set(why, errno == ECONNREFUSED ? FAILURE_ABSENT : FAILURE_UNREACHABLE, "%s", strerror(errno));
        close(fd);
        return NULL;
    }
    s = memory_zero(1, sizeof *s);
    s->loop = loop;
    s->fns = fns;
    s->arg = arg;
    s->fd = fd;
    s->watch = loop_watch(loop, fd, LOOP_WRITE, on_events, s);
    return s;
}

bool
stream_send(struct stream *s, const uint8_t *octets, size_t n, struct failure *why)
{
    struct buffer *b = &s->out;
    bool idle = b->first == b->end;

    if (s->fd < 0)
        return failure_set(why, FAILURE_UNREACHABLE, "the connection is closed");
    if (b->end - b->first + n > QUEUE_MAX)
        return failure_set(why, FAILURE_BUSY, "the connection takes no more at the moment");
    buffer_make_room(b, n);
    memcpy(b->octets + b->end, octets, n);
    b->end += n;
    if (idle)
        flush(s);
    return true;
}
