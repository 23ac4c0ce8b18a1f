/* MAIL, RCPT, DATA as libesmtp wants them, each checked against what the job says before the server hears of it. */
#include "mail/guard.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static bool
to_engine(struct guard *guard, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool
to_engine(struct guard *guard, const char *format, ...)
{
    char line[600];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    /* a few octets into an empty socket: it never blocks */
    if (send(guard->engine, line, (size_t) n, MSG_NOSIGNAL) != n)
        return guard_fail(guard, CAUSE_ENGINE, "libesmtp ended early");
    return true;
}

static bool
answer_engine(struct guard *guard, const struct reply *reply)
{
    return to_engine(guard, "%d %.200s\r\n", reply->code, reply->text);
}

/* One command; more than one at a time is refused, as PIPELINING was not offered. */
static bool
engine_line(struct guard *guard, char *line, size_t size)
{
    size_t n = 0;

    guard_step(guard, "waiting for libesmtp");
    for (;;) {
        ssize_t r;
        char *end;

        if (!guard_wait(guard, guard->engine, POLLIN))
            return false;
        r = recv(guard->engine, line + n, size - n, MSG_DONTWAIT);
        if (r < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (r <= 0)
            return guard_fail(guard, CAUSE_ENGINE, "libesmtp ended early");
        n += (size_t) r;
        end = memchr(line, '\n', n);
        if (end != NULL && end + 1 == line + n && n >= 2 && end[-1] == '\r') {
            end[-1] = '\0';
            break;
        }
        if (end != NULL || n == size)
            return guard_fail(guard, CAUSE_ENGINE, "libesmtp: a malformed command");
    }
    for (const char *p = line; *p != '\0'; p++)
        if ((unsigned char) *p < ' ' || *p == 0x7f)
            return guard_fail(guard, CAUSE_ENGINE, "libesmtp: a control character in a command");
    if (strlen(line) + 2 != n)
        return guard_fail(guard, CAUSE_ENGINE, "libesmtp: a NUL in a command");
    return true;
}

/* Is `line` "VERB:<address>", perhaps with parameters? Those are ours to give, so they are not passed on. */
static bool
is_command(const char *line, const char *verb, const char *address)
{
    char wanted[600];
    int n = snprintf(wanted, sizeof wanted, "%s:<%s>", verb, address);

    return strncmp(line, wanted, (size_t) n) == 0 && (line[n] == '\0' || line[n] == ' ');
}

static struct job_message *
current(struct guard *guard)
{
    return guard->message <= guard->job->n_messages ? &guard->job->messages[guard->message - 1] : NULL;
}

static void
settle(struct job_message *m, enum verdict from, enum verdict to, const struct reply *reply)
{
    for (size_t i = 0; i < m->n_recipients; i++)
        if (m->recipients[i].verdict == from) {
            m->recipients[i].verdict = to;
            m->recipients[i].reply = *reply;
        }
}

static void
skip_told(struct guard *guard)
{
    while (current(guard) != NULL && current(guard)->told)
        guard->message++;
}

static void
next_message(struct guard *guard)
{
    report_message(guard->job, guard->message - 1, "");
    skip_told(guard);
}

/* The next recipient from `to` on that has no verdict yet. */
static long
open_recipient(const struct job_message *m, long to)
{
    while ((size_t) to < m->n_recipients && m->recipients[to].verdict != VERDICT_OPEN)
        to++;
    return to;
}

/* Octets that are not letters, digits or a few marks become +XX (RFC 3461 §4). */
static void
xtext(const char *text, char *out, size_t size)
{
    size_t n = 0;

    for (; *text != '\0' && n + 4 < size; text++) {
        if (*text > ' ' && *text <= '~' && *text != '+' && *text != '=')
            out[n++] = *text;
        else
            n += (size_t) snprintf(out + n, size - n, "+%02X", (unsigned char) *text);
    }
    out[n] = '\0';
}

/* What a bounce will name the mail by (RFC 3461 §4.4, at most 100 characters): the Message-ID without its brackets, which
 * nobody can guess, or the caller's id where that is too long. */
static void
envelope_id(const struct job_message *m, char *out, size_t size)
{
    char bare[100];
    size_t n = strlen(m->message_id);

    if (n > 2 && n - 2 < sizeof bare && m->message_id[0] == '<') {
        snprintf(bare, sizeof bare, "%.*s", (int) n - 2, m->message_id + 1);
        xtext(bare, out, size);
        if (strlen(out) <= 100)
            return;
    }
    xtext(m->id, out, size);
}

/* False: the session is over. *to becomes 0 when recipients may follow. */
static bool
do_mail(struct guard *guard, struct job_message *m, long *to)
{
    struct reply reply = { 0 };
    char size[40] = "", dsn[400] = "", id[300];

    if (guard->can.size_limit > 0 && m->n_raw > guard->can.size_limit) {
        reply = (struct reply) { .code = 552, .enhanced = "5.3.4" };
        snprintf(reply.text, sizeof reply.text, "the message has %zu octets, and %.200s takes at most %llu",
                 m->n_raw, guard->job->server, guard->can.size_limit);
    } else {
        if (guard->can.size)
            snprintf(size, sizeof size, " SIZE=%zu", m->n_raw);
        if (guard->can.dsn) {
            envelope_id(m, id, sizeof id);
            snprintf(dsn, sizeof dsn, " RET=HDRS ENVID=%s", id);
        }
        if (!dialogue_command(guard, "MAIL", NULL, &reply, "MAIL FROM:<%s>%s%s", m->envelope, size, dsn))
            return false;
    }
    switch (reply_verdict(&reply, VERDICT_ACCEPTED)) {
    case VERDICT_ACCEPTED:
        *to = open_recipient(m, 0);
        break;
    case VERDICT_TEMPORARY:
    case VERDICT_PERMANENT:
        settle(m, VERDICT_OPEN, reply_verdict(&reply, VERDICT_OPEN), &reply);
        next_message(guard);
        break;
    case VERDICT_OPEN:
    case VERDICT_DELIVERED:
    case VERDICT_UNKNOWN:
        return guard_fail(guard, CAUSE_PROTOCOL, "a reply to MAIL that means nothing: %d", reply.code);
    }
    return answer_engine(guard, &reply);
}

static bool
do_rcpt(struct guard *guard, struct job_message *m, long *to)
{
    struct job_recipient *r = &m->recipients[*to];
    enum verdict verdict;

    if (!dialogue_command(guard, "RCPT", NULL, &r->reply, "RCPT TO:<%s>%s", r->address,
                          guard->can.dsn ? " NOTIFY=FAILURE,DELAY" : ""))
        return false;
    verdict = reply_verdict(&r->reply, VERDICT_ACCEPTED);
    if (r->reply.code == 552) /* RFC 5321 §4.5.3.1.10: here it means 452 */
        verdict = VERDICT_TEMPORARY;
    if (verdict == VERDICT_OPEN)
        return guard_fail(guard, CAUSE_PROTOCOL, "a reply to RCPT that means nothing: %d", r->reply.code);
    r->verdict = verdict;
    *to = open_recipient(m, *to + 1);
    return answer_engine(guard, &r->reply);
}

static bool
send_body(struct guard *guard, struct job_message *m)
{
    size_t at = 0, dot = m->n_wire - 3;
    char octets[16384];

    guard_step(guard, "DATA");
    while (at < m->n_wire) {
        size_t room = m->n_wire - at;
        ssize_t n;

        if (!guard_wait(guard, guard->engine, POLLIN))
            return false;
        n = recv(guard->engine, octets, room < sizeof octets ? room : sizeof octets, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n <= 0)
            return guard_fail(guard, CAUSE_ENGINE, "libesmtp ended early in DATA");
        if (memcmp(octets, m->wire + at, (size_t) n) != 0)
            return guard_fail(guard, CAUSE_ENGINE, "libesmtp altered the message near octet %zu", at);
        if (!guard_quiet(guard))
            return false;
        if (at < dot && !guard_write(guard, m->wire + at, at + (size_t) n < dot ? (size_t) n : dot - at))
            return false;
        at += (size_t) n;
    }
    if (recv(guard->engine, octets, 1, MSG_DONTWAIT) >= 0)
        return guard_fail(guard, CAUSE_ENGINE, "libesmtp said more than the message");
    return guard_quiet(guard);
}

/* The final dot and what follows: one reply, or with LMTP one for each accepted recipient (RFC 2033 §4.2). */
static bool
send_dot(struct guard *guard, struct job_message *m, struct reply *reply)
{
    char shown[60];
    bool heard = false;

    snprintf(shown, sizeof shown, "(%zu octets of message) .", m->n_raw);
    report_talk(guard->message, '>', shown);
    guard->stage = "the reply to the final dot";
    m->dot = true; /* from here on a failure means "unknown", for us ... */
    report_dot(guard->message); /* ... and, if we are killed, for our caller */
    if (!guard_write(guard, m->wire + m->n_wire - 3, 3))
        return false;
    guard->limit = guard->end_at; /* giving up here is costly: only the limit of the whole counts */
    for (size_t i = 0; i < m->n_recipients; i++) {
        struct job_recipient *r = &m->recipients[i];
        enum verdict verdict;

        if (r->verdict != VERDICT_ACCEPTED)
            continue;
        if ((!heard || guard->job->transport == JOB_LMTP) && !dialogue_reply(guard, reply))
            return false;
        heard = true;
        verdict = reply_verdict(reply, VERDICT_DELIVERED);
        if (verdict == VERDICT_OPEN)
            return guard_fail(guard, CAUSE_PROTOCOL, "a reply to the final dot that means nothing: %d", reply->code);
        r->verdict = verdict;
        r->reply = *reply;
    }
    return true;
}

static bool
do_data(struct guard *guard, struct job_message *m, long *to)
{
    struct reply reply = { 0 };
    enum verdict verdict;
    bool any = false;

    for (size_t i = 0; i < m->n_recipients; i++)
        any = any || m->recipients[i].verdict == VERDICT_ACCEPTED;
    *to = -1;
    if (!any) { /* the server need not be asked */
        next_message(guard);
        return to_engine(guard, "554 no valid recipients\r\n");
    }
    if (!dialogue_command(guard, "DATA", NULL, &reply, "DATA"))
        return false;
    if (reply.code == 354) {
        if (!to_engine(guard, "354 go\r\n") || !send_body(guard, m) || !send_dot(guard, m, &reply))
            return false;
        next_message(guard);
        return answer_engine(guard, &reply);
    }
    verdict = reply_verdict(&reply, VERDICT_OPEN);
    if (verdict == VERDICT_OPEN)
        return guard_fail(guard, CAUSE_PROTOCOL, "a reply to DATA that means nothing: %d", reply.code);
    settle(m, VERDICT_ACCEPTED, verdict, &reply);
    next_message(guard);
    return answer_engine(guard, &reply);
}

static bool
say_bye(struct guard *guard)
{
    struct reply reply;

    guard->finished = current(guard) == NULL;
    guard->message = 0;
    guard_step_short(guard, "QUIT");
    report_talk(0, '>', "QUIT");
    if (guard_quiet(guard) && guard_write(guard, "QUIT\r\n", 6) && dialogue_reply(guard, &reply) &&
        guard->ssl != NULL)
        SSL_shutdown(guard->ssl);
    if (guard->finished) /* what happens after the last verdict changes nothing */
        guard->cause = CAUSE_NONE;
    return guard->finished;
}

static bool
reset(struct guard *guard)
{
    struct reply reply;

    if (!dialogue_command(guard, "RSET", NULL, &reply, "RSET"))
        return false;
    if (reply.code != 250)
        return guard_fail(guard, CAUSE_PROTOCOL, "RSET is refused: %d %s", reply.code, reply.text);
    return answer_engine(guard, &reply);
}

/* Only what the dialogue below can keep: no STARTTLS, AUTH, CHUNKING, PIPELINING. */
static bool
offer(struct guard *guard)
{
    return to_engine(guard, "250-guard\r\n250 HELP\r\n");
}

bool
transaction_run(struct guard *guard)
{
    char line[1100];
    long to = -1; /* -1 before MAIL, else the recipient whose turn it is */

    guard->message = 1;
    skip_told(guard);
    if (!to_engine(guard, "220 guard\r\n"))
        return false;
    for (;;) {
        struct job_message *m = current(guard);
        bool ok;

        if (!engine_line(guard, line, sizeof line))
            return false;
        if (strncmp(line, "EHLO ", 5) == 0)
            ok = offer(guard);
        else if (m != NULL && to < 0 && is_command(line, "MAIL FROM", m->envelope))
            ok = do_mail(guard, m, &to);
        else if (m != NULL && to >= 0 && (size_t) to < m->n_recipients &&
                 is_command(line, "RCPT TO", m->recipients[to].address))
            ok = do_rcpt(guard, m, &to);
        else if (m != NULL && to >= 0 && (size_t) to == m->n_recipients && strcmp(line, "DATA") == 0)
            ok = do_data(guard, m, &to);
        else if (to < 0 && strcmp(line, "RSET") == 0)
            ok = reset(guard);
        else if (strcmp(line, "QUIT") == 0)
            return say_bye(guard);
        else
            return guard_fail(guard, CAUSE_ENGINE, "libesmtp: a command that is not due: %.40s", line);
        if (!ok)
            return false;
    }
}

bool
transaction_probe(struct guard *guard)
{
    const char *sender = guard->job->n_messages > 0 ? guard->job->messages[0].envelope : NULL;
    struct reply reply;

    if (sender != NULL) {
        if (!dialogue_command(guard, "MAIL", NULL, &reply, "MAIL FROM:<%s>", sender))
            return false;
        if (reply.code / 100 != 2)
            return guard_fail(guard, CAUSE_GREETING, "the sender %s is refused: %d %s", sender, reply.code, reply.text);
        report_step("sender", "%s: %s", sender, reply.text);
        if (!dialogue_command(guard, "RSET", NULL, &reply, "RSET"))
            return false;
    }
    guard->message = guard->job->n_messages + 1;
    return say_bye(guard);
}
