/* One command, one reply, strictly in turn; and the opening of a session up to the point where mail could follow. */
#include "mail/guard.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef void line_fn(struct guard *guard, const char *text);

static bool
read_reply(struct guard *guard, struct reply *reply, line_fn *each)
{
    for (unsigned index = 0;; index++) {
        char line[REPLY_LINE + 1], *end;
        const char *text;
        enum reply_state state;
        short want = 0;
        size_t n;

        while ((end = memchr(guard->in, '\n', guard->n_in)) == NULL) {
            int got = guard_read(guard, &want);

            if (got < 0 || (got == 0 && !guard_wait(guard, guard->net, want)))
                return false;
        }
        n = (size_t) (end - guard->in) + 1;
        if (n > REPLY_LINE)
            return guard_fail(guard, CAUSE_PROTOCOL, "malformed reply: %s: a line of %zu octets", guard->stage, n);
        memcpy(line, guard->in, n);
        line[n] = '\0';
        guard->n_in -= n;
        memmove(guard->in, end + 1, guard->n_in);
        state = reply_take_line(reply, line, n, index, &text);
        report_talk(guard->message, '<', line);
        switch (state) {
        case REPLY_MALFORMED:
            return guard_fail(guard, CAUSE_PROTOCOL, "malformed reply: %s: %.60s", guard->stage, line);
        case REPLY_MIXED:
            return guard_fail(guard, CAUSE_PROTOCOL, "mixed codes in a reply: %s", guard->stage);
        case REPLY_MORE:
        case REPLY_WHOLE:
            break;
        }
        if (each != NULL && index > 0)
            each(guard, text);
        if (state == REPLY_WHOLE)
            return true;
    }
}

bool
dialogue_reply(struct guard *guard, struct reply *reply)
{
    return read_reply(guard, reply, NULL);
}

bool
dialogue_command(struct guard *guard, const char *stage, const char *shown, struct reply *reply,
                 const char *format, ...)
{
    char line[8192];
    va_list args;
    bool ok;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof line - 2, format, args);
    va_end(args);
    if (n < 0 || (size_t) n >= sizeof line - 2)
        return guard_fail(guard, CAUSE_JOB, "the command is too long: %s", stage);
    report_talk(guard->message, '>', shown != NULL ? shown : line);
    memcpy(line + n, "\r\n", 3);
    guard_step(guard, stage);
    ok = guard_quiet(guard) && guard_write(guard, line, (size_t) n + 2);
    explicit_bzero(line, sizeof line);
    return ok && dialogue_reply(guard, reply);
}

/* What we use, and what else every server of name offers in the clear and within TLS alike. */
static const struct extension {
    const char *name;
    size_t flag; /* of struct capabilities; 0: only remembered */
} extensions[] = {
    { "STARTTLS", offsetof(struct capabilities, starttls) },
    { "DSN", offsetof(struct capabilities, dsn) },
    { "8BITMIME", offsetof(struct capabilities, eightbit) },
    { "SMTPUTF8", offsetof(struct capabilities, smtputf8) },
    { "SIZE", offsetof(struct capabilities, size) },
    { "ENHANCEDSTATUSCODES", offsetof(struct capabilities, enhanced) },
    { "PIPELINING", 0 },
    { "CHUNKING", 0 },
};

enum { N_EXTENSIONS = sizeof extensions / sizeof *extensions };

static void
take_capability(struct guard *guard, const char *text)
{
    struct capabilities *can = &guard->can;
    size_t n = strcspn(text, " =");
    const char *rest = text[n] != '\0' ? text + n + 1 : "";

    for (size_t i = 0; i < N_EXTENSIONS; i++)
        if (strlen(extensions[i].name) == n && strncasecmp(extensions[i].name, text, n) == 0) {
            can->offered |= 1U << i;
            if (extensions[i].flag != 0)
                *(bool *) ((char *) can + extensions[i].flag) = true;
        }
    if (n == 4 && strncasecmp(text, "SIZE", 4) == 0 && rest[strspn(rest, "0123456789")] == '\0')
        can->size_limit = strtoull(rest, NULL, 10);
    if (n == 4 && strncasecmp(text, "AUTH", 4) == 0) { /* a second line, "AUTH=LOGIN" for old clients, says less */
        size_t used = strlen(can->auth);

        snprintf(can->auth + used, sizeof can->auth - used, "%s%s ", used == 0 ? " " : "", rest);
    }
}

static bool
say_hello(struct guard *guard)
{
    const char *verb = guard->job->transport == JOB_LMTP ? "LHLO" : "EHLO";
    struct reply reply;
    char line[1200];
    int n = snprintf(line, sizeof line, "%s %.1000s", verb, guard->job->hello);

    memset(&guard->can, 0, sizeof guard->can); /* nothing learnt in the clear survives TLS */
    report_talk(guard->message, '>', line);
    memcpy(line + n, "\r\n", 3);
    guard_step(guard, verb);
    if (!guard_quiet(guard) || !guard_write(guard, line, (size_t) n + 2) ||
        !read_reply(guard, &reply, take_capability))
        return false;
    if (reply.code != 250)
        return guard_fail(guard, CAUSE_GREETING, "%s is refused: %d %s", verb, reply.code, reply.text);
    report_step("hello", "%s;%s%s%s%s%s", reply.text, guard->can.starttls ? " STARTTLS" : "",
                guard->can.dsn ? " DSN" : "", guard->can.smtputf8 ? " SMTPUTF8" : "",
                guard->can.auth[0] != '\0' ? " AUTH" : "", guard->can.auth);
    return true;
}

/* RFC 3207 §4.2: what was said in the clear does not count, and servers change much of it on purpose: STARTTLS goes, AUTH
 * comes or differs, sizes and words of their own do as they like. But nothing that these extensions stand for depends on
 * TLS: when one is gone, who spoke in the clear is not who speaks now. */
static bool
is_same_speaker(struct guard *guard, unsigned before)
{
    unsigned gone = before & ~guard->can.offered;
    char names[160] = "";
    size_t n = 0;

    for (size_t i = 0; i < N_EXTENSIONS; i++)
        if ((gone & 1U << i) != 0 && extensions[i].flag != offsetof(struct capabilities, starttls))
            n += (size_t) snprintf(names + n, sizeof names - n, " %s", extensions[i].name);
    return n == 0 || guard_fail(guard, CAUSE_CAPABILITIES,
                                "what offered%s before TLS is not what answers within it, as %s: somebody may be in the "
                                "line; nothing was sent", names, guard->job->verify);
}

static bool
go_secret(struct guard *guard)
{
    unsigned before = guard->can.offered;
    struct reply reply;

    if (!guard->can.starttls)
        return guard_fail(guard, CAUSE_STARTTLS,
                          "%s does not offer STARTTLS; nothing was sent. A server of implicit TLS wants security "
                          "\"tls\" (port 465); if it offered STARTTLS before, somebody may be in the line",
                          guard->job->server);
    if (!dialogue_command(guard, "STARTTLS", NULL, &reply, "STARTTLS"))
        return false;
    if (reply.code != 220)
        return guard_fail(guard, CAUSE_STARTTLS, "STARTTLS is refused: %d %s; nothing was sent", reply.code,
                          reply.text);
    /* One octet behind the 220 ends it (CVE-2011-0411 and its kin); one that comes later ruins the handshake. */
    return guard_quiet(guard) && tls_start(guard) && say_hello(guard) && is_same_speaker(guard, before);
}

bool
dialogue_open(struct guard *guard)
{
    struct reply reply;

    if (guard->job->security == JOB_TLS && !tls_start(guard))
        return false;
    guard_step(guard, "greeting");
    if (!dialogue_reply(guard, &reply)) {
        if (guard->cause == CAUSE_TIMEOUT && guard->job->security != JOB_TLS) {
            guard->cause = CAUSE_NONE;
            return guard_fail(guard, CAUSE_TIMEOUT,
                              "no greeting from %s in time; a server of implicit TLS (port 465) waits like this: "
                              "then security must be \"tls\"",
                              guard->job->server);
        }
        return false;
    }
    if (reply.code != 220)
        return guard_fail(guard, CAUSE_GREETING, "%s greets with %d %s", guard->job->server, reply.code, reply.text);
    report_step("greeting", "%s", reply.text);
    if (!say_hello(guard))
        return false;
    return guard->job->security != JOB_STARTTLS || go_secret(guard);
}
