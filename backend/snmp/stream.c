#include "snmp/stream.h"

#include "core/ber.h"
#include "core/buffer.h"
#include "core/relay.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_OCTETS = RELAY_MESSAGE_MAX + 1, QUEUE_MAX = 4 << 20 };

struct stream {
    const struct stream_fns *fns;
    void *arg;
    int fd;
    bool open, relayed;
    struct loop_watch *watch;
    struct buffer in, out;
    bool *freed; /* told to whoever is calling back */
};

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
end_with(struct stream *s, enum failure_kind kind, const char *words)
{
    struct failure why;

    failure_set(&why, kind, "%s", words);
    end(s, &why);
}

static enum failure_kind
kind_of(int error)
{
    return error == ECONNREFUSED ? FAILURE_ABSENT : FAILURE_UNREACHABLE;
}

static bool
flush(struct stream *s)
{
    struct buffer *b = &s->out;

    while (buffer_size(b) > 0) {
        size_t one = s->relayed ? ber_message_size(buffer_at(b), buffer_size(b), SIZE_MAX) : buffer_size(b);
        ssize_t n = send(s->fd, buffer_at(b), one, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            return false;
        if (n < 0)
            break;
        b->first += (size_t) n;
    }
    loop_watch_events(s->watch, buffer_size(b) > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
    return true;
}

/* What is whole is handed over. */
static void
cut(struct stream *s)
{
    bool freed = false;

    for (;;) {
        struct buffer *b = &s->in;
        size_t n = ber_message_size(buffer_at(b), buffer_size(b), STREAM_MESSAGE_MAX);
        uint8_t *message;

        if (n == SIZE_MAX) {
            end_with(s, FAILURE_PROTOCOL, "sends what is no SNMP message of at most 1 MiB");
            return;
        }
        if (n == 0 || n > buffer_size(b))
            return;
        message = memory_copy(buffer_at(b), n); /* the callback may turn the loop, or free us */
        b->first += n;
        /* cppcheck-suppress autoVariables ; taken back below, before it ends */
        s->freed = &freed;
        s->fns->message(s->arg, message, n, loop_clock());
        free(message);
        if (freed)
            return;
        s->freed = NULL;
        if (s->fd < 0)
            return;
    }
}

static void
opened(struct stream *s)
{
    s->open = true;
    loop_watch_events(s->watch, LOOP_READ);
    s->fns->opened(s->arg);
}

static void
on_connected(struct stream *s)
{
    int error = 0;
    socklen_t size = sizeof error;

    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0)
        end_with(s, kind_of(error), strerror(error));
    else
        opened(s);
}

/* Returns whether the packet is a message, whole and alone. */
static bool
is_message(struct stream *s)
{
    const uint8_t *at = buffer_at(&s->in);
    size_t n = buffer_size(&s->in);
    char words[480];

    if (s->open && at[0] == BER_SEQUENCE && ber_message_size(at, n, RELAY_MESSAGE_MAX) == n)
        return true;
    if (!s->open && at[0] == RELAY_OPEN) {
        s->in.first = s->in.end;
        opened(s);
        return false;
    }
    if (at[0] == RELAY_ENDED && n > 2 && at[2] != '\0' && at[1] >= '0' + FAILURE_USAGE && at[1] <= '0' + FAILURE_SYSTEM) {
        snprintf(words, sizeof words, "%.*s", (int) (n - 2), (const char *) at + 2);
        end_with(s, (enum failure_kind) (at[1] - '0'), words);
    } else {
        end_with(s, FAILURE_SYSTEM, "trapline-tls says what is not understood; install trapline whole");
    }
    return false;
}

static void
on_events(void *arg, int fd, unsigned events)
{
    struct stream *s = arg;
    struct buffer *b = &s->in;
    ssize_t n;

    (void) fd;
    if (!s->open && !s->relayed) {
        on_connected(s);
        return;
    }
    if ((events & LOOP_WRITE) != 0)
        flush(s); /* that it failed is seen when reading */
    if ((events & LOOP_READ) == 0)
        return;
    n = recv(s->fd, buffer_reserve(b, READ_OCTETS), READ_OCTETS, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        end_with(s, kind_of(errno), strerror(errno));
    } else if (n == 0) {
        end_with(s, s->relayed ? FAILURE_SYSTEM : FAILURE_UNREACHABLE,
                 s->relayed                ? "trapline-tls ended without a word"
                 : buffer_size(b) > 0      ? "hung up in the middle of a message"
                                           : "hung up");
    } else {
        b->end += (size_t) n;
        if (!s->relayed || is_message(s))
            cut(s);
    }
}

static struct stream *
make(struct loop *loop, int fd, bool relayed, const struct stream_fns *fns, void *arg)
{
    struct stream *s = memory_zero(1, sizeof *s);

    s->fns = fns;
    s->arg = arg;
    s->fd = fd;
    s->relayed = relayed;
    s->watch = loop_watch(loop, fd, relayed ? LOOP_READ : LOOP_WRITE, on_events, s);
    return s;
}

struct stream *
stream_connect(struct loop *loop, const struct peer *peer, const struct stream_fns *fns, void *arg, struct failure *why)
{
    int on = 1, fd = socket(peer->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        failure_errno(why, errno, "cannot open a TCP socket");
        return NULL;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *) &peer->address, peer->n) < 0 && errno != EINPROGRESS) {
        failure_set(why, kind_of(errno), "%s", strerror(errno));
        close(fd);
        return NULL;
    }
    return make(loop, fd, false, fns, arg);
}

struct stream *
stream_adopt(struct loop *loop, int fd, const struct stream_fns *fns, void *arg)
{
    return make(loop, fd, true, fns, arg);
}

bool
stream_send(struct stream *s, const uint8_t *octets, size_t n, struct failure *why)
{
    bool idle = buffer_size(&s->out) == 0;

    if (s->fd < 0)
        return failure_set(why, FAILURE_UNREACHABLE, "the connection is closed");
    if (buffer_size(&s->out) + n > QUEUE_MAX)
        return failure_set(why, FAILURE_BUSY, "the connection takes no more at the moment");
    buffer_add(&s->out, octets, n);
    if (idle)
        flush(s);
    return true;
}
