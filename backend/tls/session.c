#include "tls/session.h"

#include "core/ber.h"
#include "core/buffer.h"
#include "core/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/err.h>

enum { QUEUE_MAX = 4 << 20, DATAGRAM_MAX = 16384 /* of plain text in a record (RFC 6347 §4.1) */, AGAIN_MS = 10 };

struct session {
    struct loop *loop;
    SSL *ssl;
    int fd;
    const struct tls_terms *terms;
    const struct session_fns *fns;
    void *arg;
    bool connected, open, over;
    struct loop_watch *watch;
    struct loop_timer *deadline, *retransmit, *again;
    int64_t patience;
    struct buffer in, out;
    bool *freed; /* told to whoever is calling back */
};

static void on_events(void *arg, int fd, unsigned events);

static void
quieten(struct session *s)
{
    loop_unwatch(s->watch);
    loop_cancel(s->deadline);
    loop_cancel(s->retransmit);
    loop_cancel(s->again);
    s->watch = NULL;
    s->deadline = s->retransmit = s->again = NULL;
}

void
session_free(struct session *s)
{
    if (s == NULL)
        return;
    if (s->freed != NULL)
        *s->freed = true;
    quieten(s);
    ERR_clear_error();
    if (s->open && !s->over)
        SSL_shutdown(s->ssl);
    SSL_free(s->ssl);
    if (s->fd >= 0)
        close(s->fd);
    buffer_free(&s->in);
    buffer_free(&s->out);
    free(s);
}

const SSL *
session_ssl(const struct session *s)
{
    return s->ssl;
}

/* The last call for this session. */
static void
end(struct session *s, const struct failure *why)
{
    quieten(s);
    s->over = true;
    s->fns->closed(s->arg, why);
}

static void
end_with_result(struct session *s, int result, int error)
{
    struct failure why;

    tls_explain(s->ssl, result, error, s->terms, &why);
    end(s, &why);
}

static void
watch_for(struct session *s, unsigned events)
{
    if (s->watch != NULL)
        loop_watch_events(s->watch, events);
}

/* What OpenSSL waits for. False: an error. */
static bool
wait_for(struct session *s, int result, int *error)
{
    int wants;

    *error = errno;
    wants = SSL_get_error(s->ssl, result);
    if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE)
        return false;
    watch_for(s, wants == SSL_ERROR_WANT_WRITE || (s->open && buffer_size(&s->out) > 0)
                                    ? LOOP_READ | LOOP_WRITE : LOOP_READ);
    return true;
}

static void handshake(struct session *s);

static void
on_retransmit(void *arg)
{
    struct session *s = arg;

    s->retransmit = NULL;
    ERR_clear_error();
    DTLSv1_handle_timeout(s->ssl);
    handshake(s);
}

static void
plan_retransmit(struct session *s)
{
    struct timeval left;

    loop_cancel(s->retransmit);
    s->retransmit = NULL;
    if (s->terms->datagrams && DTLSv1_get_timeout(s->ssl, &left))
        s->retransmit = loop_after(s->loop, LOOP_S(left.tv_sec) + left.tv_usec * 1000, on_retransmit, s);
}

static void
handshake(struct session *s)
{
    struct failure why;
    bool freed = false;
    int r, error;

    ERR_clear_error();
    errno = 0;
    r = SSL_do_handshake(s->ssl);
    if (r != 1) {
        if (!wait_for(s, r, &error))
            end_with_result(s, r, error);
        else
            plan_retransmit(s);
        return;
    }
    loop_cancel(s->deadline);
    loop_cancel(s->retransmit);
    s->deadline = s->retransmit = NULL;
    s->open = true;
    if (!tls_check_peer(s->ssl, s->terms, &why)) {
        end(s, &why);
        return;
    }
    watch_for(s, LOOP_READ);
    /* cppcheck-suppress autoVariables ; taken back below, before it ends */
    s->freed = &freed;
    s->fns->opened(s->arg);
    if (freed)
        return;
    s->freed = NULL;
    on_events(s, s->fd, LOOP_READ); /* what OpenSSL has read already */
}

static void
on_again(void *arg)
{
    struct session *s = arg;

    s->again = NULL;
    s->watch = loop_watch(s->loop, s->fd, LOOP_READ | LOOP_WRITE, on_events, s);
    on_events(s, s->fd, LOOP_READ);
}

static void
tell_garbage(struct session *s)
{
    if (s->fns->garbage != NULL)
        s->fns->garbage(s->arg, buffer_at(&s->in), buffer_size(&s->in));
}

/* What is whole is handed over. False: no more for now, or no session any more. */
static bool
cut(struct session *s)
{
    struct buffer *b = &s->in;
    bool freed = false, taken;

    for (;;) {
        size_t have = buffer_size(b), n = have > 0 ? ber_message_size(buffer_at(b), have, RELAY_MESSAGE_MAX) : 0;

        if (s->terms->datagrams && have > 0 && n != have) { /* a record is a message, or nothing */
            tell_garbage(s);
            b->first = b->end;
            return true;
        }
        if (n == SIZE_MAX) {
            struct failure why;

            tell_garbage(s);
            failure_set(&why, FAILURE_PROTOCOL, "sends what is no SNMP message of at most %d octets", RELAY_MESSAGE_MAX);
            end(s, &why);
            return false;
        }
        if (n == 0 || n > have)
            return true;
        /* cppcheck-suppress autoVariables ; taken back below, before it ends */
        s->freed = &freed;
        taken = s->fns->message(s->arg, buffer_at(b), n);
        if (freed)
            return false;
        s->freed = NULL;
        if (!taken) {
            loop_unwatch(s->watch);
            s->watch = NULL;
            s->again = loop_after(s->loop, LOOP_MS(AGAIN_MS), on_again, s);
            return false;
        }
        b->first += n;
    }
}

static bool
flush(struct session *s)
{
    while (buffer_size(&s->out) > 0) {
        int r, error;

        ERR_clear_error();
        r = SSL_write(s->ssl, buffer_at(&s->out), (int) buffer_size(&s->out));
        if (r <= 0)
            return wait_for(s, r, &error);
        s->out.first += (size_t) r;
    }
    watch_for(s, LOOP_READ);
    return true;
}

static void
read_all(struct session *s)
{
    while (cut(s)) {
        uint8_t *room = buffer_reserve(&s->in, DATAGRAM_MAX);
        int r, error;

        ERR_clear_error();
        errno = 0;
        r = SSL_read(s->ssl, room, DATAGRAM_MAX);
        if (r <= 0) {
            if (!wait_for(s, r, &error))
                end_with_result(s, r, error);
            return;
        }
        s->in.end += (size_t) r;
    }
}

static void
on_events(void *arg, int fd, unsigned events)
{
    struct session *s = arg;

    if (!s->connected) {
        int error = 0;
        socklen_t size = sizeof error;

        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            struct failure why;

            failure_set(&why, error == ECONNREFUSED ? FAILURE_ABSENT : FAILURE_UNREACHABLE, "%s", strerror(error));
            end(s, &why);
            return;
        }
        s->connected = true;
    }
    if (!s->open) {
        handshake(s);
        return;
    }
    if ((events & LOOP_WRITE) != 0)
        flush(s); /* that it failed is seen when reading */
    read_all(s);
}

static void
on_deadline(void *arg)
{
    struct session *s = arg;
    struct failure why;

    s->deadline = NULL;
    ERR_clear_error();
    failure_set(&why, FAILURE_UNREACHABLE, "no TLS handshake in %.1f s", (double) s->patience / 1e9);
    end(s, &why);
}

struct session *
session_new(struct loop *loop, SSL *ssl, int fd, const struct tls_terms *terms, int64_t deadline,
            const struct session_fns *fns, void *arg)
{
    struct session *s = memory_zero(1, sizeof *s);

    s->loop = loop;
    s->ssl = ssl;
    s->fd = fd;
    s->terms = terms;
    s->fns = fns;
    s->arg = arg;
    s->patience = deadline;
    s->deadline = loop_after(loop, deadline, on_deadline, s);
    s->connected = fd < 0;
    if (fd >= 0)
        s->watch = loop_watch(loop, fd, LOOP_READ | LOOP_WRITE, on_events, s);
    return s;
}

void
session_readable(struct session *s)
{
    if (!s->over)
        on_events(s, s->fd, LOOP_READ);
}

bool
session_send(struct session *s, const uint8_t *octets, size_t n, struct failure *why)
{
    if (!s->open || s->over)
        return failure_set(why, FAILURE_UNREACHABLE, "the session is closed");
    if (s->terms->datagrams) {
        if (n > DATAGRAM_MAX)
            return failure_set(why, FAILURE_LIMIT, "a message of %zu octets is longer than DTLS carries, %d", n, DATAGRAM_MAX);
        ERR_clear_error();
        SSL_write(s->ssl, octets, (int) n); /* lost when the socket takes no more, as datagrams are */
        return true;
    }
    if (buffer_size(&s->out) + n > QUEUE_MAX)
        return failure_set(why, FAILURE_BUSY, "the other side does not read what it is sent");
    buffer_add(&s->out, octets, n);
    if (s->watch != NULL)
        flush(s);
    return true;
}
