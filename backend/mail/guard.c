/* Deadlines, the octets to and from the server, and the first reason why a session ended. */
#include "mail/guard.h"

#include "api/loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

static int64_t
now(void)
{
    return loop_clock() / LOOP_MS(1);
}

void
guard_start(struct guard *guard, struct job *job)
{
    long long total = job->total;

    memset(guard, 0, sizeof *guard);
    guard->job = job;
    guard->net = guard->engine = -1;
    if (total == 0) { /* a minute, a second a message, and what 16 kB/s needs for the octets */
        total = 60 + (long long) job->n_messages;
        for (size_t i = 0; i < job->n_messages; i++)
            total += (long long) (job->messages[i].n_wire / 16384);
    }
    guard->end_at = now() + total * 1000;
    guard_step(guard, "start");
}

void
guard_end(struct guard *guard)
{
    if (guard->engine_pid > 0) {
        kill(guard->engine_pid, SIGKILL);
        while (waitpid(guard->engine_pid, NULL, 0) < 0 && errno == EINTR)
            ;
        guard->engine_pid = 0;
    }
    SSL_free(guard->ssl);
    guard->ssl = NULL;
    guard->protected = false;
    if (guard->engine >= 0)
        close(guard->engine);
    if (guard->net >= 0)
        close(guard->net);
    guard->net = guard->engine = -1;
}

bool
guard_fail(struct guard *guard, enum cause cause, const char *format, ...)
{
    char text[400];
    va_list args;

    if (guard->cause != CAUSE_NONE)
        return false;
    guard->cause = cause;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return failure_set(&guard->why, FAILURE_PROTOCOL, "%s", text);
}

void
guard_step(struct guard *guard, const char *stage)
{
    guard->stage = stage;
    guard->limit = now() + guard->job->step * 1000;
    if (guard->limit > guard->end_at)
        guard->limit = guard->end_at;
}

void
guard_step_short(struct guard *guard, const char *stage)
{
    guard_step(guard, stage);
    if (guard->limit > now() + 2000)
        guard->limit = now() + 2000;
}

int64_t
guard_left(const struct guard *guard)
{
    int64_t left = guard->limit - now();

    return left > 0 ? left : 0;
}

bool
guard_wait(struct guard *guard, int fd, short events)
{
    for (;;) {
        int64_t left = guard_left(guard);
        struct pollfd p = { fd, events, 0 };
        int n;

        if (left == 0)
            return guard_fail(guard, CAUSE_TIMEOUT, "no progress in time: %s%s", guard->stage,
                              guard->limit == guard->end_at ? " (the limit for the whole session)" : "");
        n = poll(&p, 1, left > INT_MAX ? INT_MAX : (int) left);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return guard_fail(guard, CAUSE_ENGINE, "poll: %s", strerror(errno));
    }
}

const char *
guard_protection(const struct guard *guard)
{
    return guard->ssl != NULL && guard->protected ? SSL_get_version(guard->ssl) : "plain";
}

short
guard_tls_wants(struct guard *guard, int result)
{
    int error = SSL_get_error(guard->ssl, result);
    unsigned long queued;
    long verified;

    if (error == SSL_ERROR_WANT_READ)
        return POLLIN;
    if (error == SSL_ERROR_WANT_WRITE)
        return POLLOUT;
    queued = ERR_peek_error();
    verified = SSL_get_verify_result(guard->ssl);
    if (verified != X509_V_OK)
        guard_fail(guard, CAUSE_CERTIFICATE, "the certificate of %s is refused: %s", guard->job->verify,
                   X509_verify_cert_error_string(verified));
    else if (!guard->protected)
        guard_fail(guard, CAUSE_TLS, "no TLS with %s: %s", guard->job->server,
                   queued != 0 ? ERR_reason_error_string(queued) : "closed by the server in the handshake");
    else
        guard_fail(guard, CAUSE_CLOSED, "connection lost: %s: %s", guard->stage,
                   queued != 0 ? ERR_reason_error_string(queued) : "closed by the server");
    return 0;
}

int
guard_read(struct guard *guard, short *want)
{
    size_t room = sizeof guard->in - guard->n_in;
    int n;

    if (room == 0) {
        guard_fail(guard, CAUSE_PROTOCOL, "the reply is too long: %s", guard->stage);
        return -1;
    }
    if (guard->ssl != NULL) {
        ERR_clear_error();
        n = SSL_read(guard->ssl, guard->in + guard->n_in, (int) room);
        if (n <= 0) {
            *want = guard_tls_wants(guard, n);
            return *want == 0 ? -1 : 0;
        }
    } else {
        n = (int) recv(guard->net, guard->in + guard->n_in, room, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            *want = POLLIN;
            return 0;
        }
        if (n <= 0) {
            guard_fail(guard, CAUSE_CLOSED, "connection lost: %s: %s", guard->stage,
                       n == 0 ? "closed by the server" : strerror(errno));
            return -1;
        }
    }
    guard->n_in += (size_t) n;
    return n;
}

bool
guard_quiet(struct guard *guard)
{
    short want;
    int n;

    while ((n = guard_read(guard, &want)) > 0)
        ;
    if (n < 0 && guard->n_in == 0)
        return false;
    if (guard->n_in == 0)
        return true;
    if (guard->cause == CAUSE_CLOSED) /* what it said before it closed tells more than that it closed */
        guard->cause = CAUSE_NONE;
    n = (int) (guard->n_in > 100 ? 100 : guard->n_in);
    if (guard->ssl == NULL && strcmp(guard->stage, "STARTTLS") == 0)
        return guard_fail(guard, CAUSE_INJECTION,
                          "octets behind the reply to STARTTLS: somebody may be in the line; nothing was sent: %.*s",
                          n, guard->in);
    return guard_fail(guard, strncmp(guard->in, "421", 3) == 0 ? CAUSE_CLOSED : CAUSE_PROTOCOL,
                      "the server spoke out of turn before %s: %.*s", guard->stage, n, guard->in);
}

bool
guard_write(struct guard *guard, const void *octets, size_t n)
{
    const char *p = octets;

    while (n > 0) {
        short want = POLLOUT;
        int r;

        if (guard->ssl != NULL) {
            ERR_clear_error();
            r = SSL_write(guard->ssl, p, n > INT_MAX ? INT_MAX : (int) n);
            if (r <= 0 && (want = guard_tls_wants(guard, r)) == 0)
                return false;
        } else {
            r = (int) send(guard->net, p, n > INT_MAX ? INT_MAX : n, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (r < 0 && errno != EAGAIN && errno != EINTR)
                return guard_fail(guard, CAUSE_CLOSED, "connection lost: %s: %s", guard->stage, strerror(errno));
        }
        if (r > 0) { /* progress: the step begins anew, the whole does not */
            p += r;
            n -= (size_t) r;
            guard_step(guard, guard->stage);
            continue;
        }
        if (!guard_quiet(guard) || !guard_wait(guard, guard->net, (short) (want | POLLIN)))
            return false;
    }
    return true;
}
