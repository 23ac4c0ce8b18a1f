/* Lines on standard output. */
#include "mail/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TALK_LINES = 2000 }; /* of one job: more than a person reads */

const char *
cause_word(enum cause cause)
{
    static const char *const words[] = {
        [CAUSE_NONE] = "none",           [CAUSE_JOB] = "job",           [CAUSE_SECRET] = "secret",
        [CAUSE_SETTINGS] = "settings",
        [CAUSE_RESOLVE] = "resolve",     [CAUSE_CONNECT] = "connect",   [CAUSE_GREETING] = "greeting",
        [CAUSE_STARTTLS] = "starttls",   [CAUSE_INJECTION] = "injection", [CAUSE_TLS] = "tls",
        [CAUSE_CAPABILITIES] = "capabilities",
        [CAUSE_CERTIFICATE] = "certificate", [CAUSE_AUTH] = "auth",     [CAUSE_AUTH_LATER] = "auth-later",
        [CAUSE_PROTOCOL] = "protocol",   [CAUSE_TIMEOUT] = "timeout",   [CAUSE_CLOSED] = "closed",
        [CAUSE_ENGINE] = "engine",
    };

    return words[cause];
}

/* Text with what could break a line of ours replaced. */
static void
put_text(const char *text)
{
    for (; *text != '\0'; text++)
        putchar(*text < ' ' || *text > '~' ? '?' : *text);
}

void
report_step(const char *name, const char *format, ...)
{
    char text[1200];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    printf("step\t%s\t", name);
    put_text(text);
    putchar('\n');
    fflush(stdout);
}

void
report_talk(size_t message, char direction, const char *line)
{
    static unsigned lines;
    char cut[400];

    if (lines++ >= TALK_LINES)
        return;
    snprintf(cut, sizeof cut, "%s", line);
    printf("talk\t%zu\t%c\t", message, direction);
    put_text(cut);
    putchar('\n');
}

void
report_dot(size_t message)
{
    printf("dot\t%zu\n", message);
    fflush(stdout);
}

void
report_message(struct job *job, size_t index, const char *why)
{
    struct job_message *m = &job->messages[index];

    if (m->told)
        return;
    m->told = true;
    for (size_t i = 0; i < m->n_recipients; i++) {
        struct job_recipient *r = &m->recipients[i];

        if (r->verdict == VERDICT_OPEN || r->verdict == VERDICT_ACCEPTED) {
            r->verdict = r->verdict == VERDICT_ACCEPTED && m->dot ? VERDICT_UNKNOWN : VERDICT_TEMPORARY;
            memset(&r->reply, 0, sizeof r->reply);
            snprintf(r->reply.text, sizeof r->reply.text, "%s", why);
        }
        printf("verdict\t%zu\t%zu\t%d\t%s\t%s\t", index + 1, i + 1, r->reply.code,
               r->reply.enhanced[0] != '\0' ? r->reply.enhanced : "-", verdict_word(r->verdict));
        put_text(r->reply.text);
        putchar('\n');
    }
    fflush(stdout);
}

static void
put_session(bool ok, enum cause cause, const char *tls, const char *text)
{
    printf("session\t%s\t%s\t%s\t", ok ? "ok" : "failed", cause_word(cause), tls);
    put_text(text);
    putchar('\n');
    fflush(stdout);
}

void
report_refused(const char *text)
{
    put_session(false, CAUSE_JOB, "plain", text);
}

bool
report_session(struct job *job, bool ok, enum cause cause, const char *tls, const char *text)
{
    bool delivered = ok;

    for (size_t i = 0; i < job->n_messages; i++) {
        report_message(job, i, text);
        for (size_t k = 0; k < job->messages[i].n_recipients; k++)
            if (job->messages[i].recipients[k].verdict != VERDICT_DELIVERED)
                delivered = false;
    }
    put_session(ok, cause, tls, text);
    return delivered;
}
