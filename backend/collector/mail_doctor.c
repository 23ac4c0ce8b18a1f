/* The doctor's session is trapline-mail's own, told to stop before a message follows. What went wrong is the first step
 * that it did not report, unless the cause says better. */
#include "api/mail_doctor.h"

#include "api/paths.h"
#include "collector/delivery.h"
#include "core/memory.h"
#include "core/request.h"
#include "io/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_MAX = 1 << 20, STEPS = 9 };

enum step { STEP_NAME, STEP_ROUTE, STEP_PORT, STEP_GREETING, STEP_TLS, STEP_CERTIFICATE, STEP_MECHANISMS, STEP_AUTH, STEP_SENDER };

struct doctor {
    struct request request;
    const struct mail_setting *relay;
    mail_doctor_fn *fn;
    void *arg;
    struct delivery *delivery;
    struct request *child; /* the work itself */
    struct mail_doctor_step steps[STEPS];
    char advice[600];
};

static const char *const names[STEPS] = { "name", "route",       "port", "greeting", "tls",
                                          "certificate", "mechanisms", "auth", "sender" };

/* How trapline-mail calls them. */
static const struct {
    const char *word;
    enum step step;
} reported[] = {
    { "resolve", STEP_NAME },      { "route", STEP_ROUTE }, { "connect", STEP_PORT },
    { "greeting", STEP_GREETING }, { "tls", STEP_TLS },     { "chain", STEP_CERTIFICATE },
    { "hello", STEP_MECHANISMS },  { "auth", STEP_AUTH },   { "sender", STEP_SENDER },
};

static const enum step order_starttls[STEPS] = { STEP_NAME, STEP_ROUTE, STEP_PORT, STEP_GREETING, STEP_TLS,
                                                 STEP_CERTIFICATE, STEP_MECHANISMS, STEP_AUTH, STEP_SENDER };
static const enum step order_tls[STEPS] = { STEP_NAME, STEP_ROUTE, STEP_PORT, STEP_TLS, STEP_CERTIFICATE,
                                            STEP_GREETING, STEP_MECHANISMS, STEP_AUTH, STEP_SENDER };

/* What a cause says of the step, where the first step not reached would not be it; and what to change. */
static const struct {
    const char *cause;
    int step; /* -1: the first not reached */
    const char *advice;
} causes[] = {
    { "resolve", STEP_NAME, "write the server's name as its administrator gives it, or its address; see what this machine's "
                            "name service says: getent hosts NAME" },
    { "connect", -1, "check port (587 for starttls, 465 for tls, 25 for plain), that the server runs, and the firewalls "
                     "in between" },
    { "greeting", -1, "ask the server's administrator whether this host may use it" },
    { "starttls", STEP_TLS, "a server of implicit TLS wants security = \"tls\" and port 465; if this one offered STARTTLS "
                            "before, somebody may be in the line" },
    { "injection", STEP_TLS, "somebody puts octets into the line: do not send anything by it; tell your network's people" },
    { "capabilities", STEP_MECHANISMS, "do not send anything by it before you know why the server offers less than it did; "
                                       "tell your network's people" },
    { "tls", STEP_TLS, "the server must speak TLS 1.2 or later; check that security (starttls or tls) fits the port" },
    { "certificate", STEP_CERTIFICATE, "give the CA that issued it with ca-file, or write server as the certificate names "
                                       "it; an expired one is the server's to renew" },
    { "secret", STEP_AUTH, "see that password-command (or the file, mode 0600) works for the user that runs the collector" },
    { "auth", STEP_AUTH, "check user and password, and mechanisms if they are set" },
    { "auth-later", STEP_AUTH, "the server cannot check passwords just now; try again in some minutes" },
    { "timeout", -1, "check that port and security fit each other; a slow server may need a longer timeout" },
    { "closed", -1, "the server ends the session: see its log; it may not want this host" },
    { "protocol", -1, "check that this port is an SMTP server's" },
    { "job", -1, "correct the sender's address (from)" },
    { "settings", -1, "correct the settings it names" },
};

static void
put(struct doctor *d, enum step step, enum mail_doctor_state state, const char *detail)
{
    d->steps[step].state = state;
    d->steps[step].detail = arena_text(d->delivery->arena, detail, strlen(detail));
}

/* "step TAB NAME TAB DETAIL" */
static void
take_step(struct doctor *d, const char *line)
{
    const char *name = strchr(line, '\t'), *detail = name != NULL ? strchr(name + 1, '\t') : NULL;

    if (detail == NULL || strncmp(line, "step\t", 5) != 0)
        return;
    name++;
    for (size_t i = 0; i < sizeof reported / sizeof *reported; i++)
        if (strlen(reported[i].word) == (size_t) (detail - name) && strncmp(reported[i].word, name, (size_t) (detail - name)) == 0)
            put(d, reported[i].step, DOCTOR_GOOD, detail + 1);
}

static void
take_steps(struct doctor *d, const char *report)
{
    char *copy = memory_text(report), *end;

    for (char *line = copy; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        take_step(d, line);
    }
    free(copy);
}

static void
leave_out(struct doctor *d)
{
    const char *security = d->relay->security;

    if (security != NULL && strcmp(security, "plain") == 0) {
        put(d, STEP_TLS, DOCTOR_NOT_NEEDED, "the settings say plain: what is sent can be read on the way");
        put(d, STEP_CERTIFICATE, DOCTOR_NOT_NEEDED, "");
    }
    if (d->relay->user == NULL)
        put(d, STEP_AUTH, DOCTOR_NOT_NEEDED, "no user is set");
}

/* What was learnt in the clear does not count when TLS failed. */
static void
forget_behind(struct doctor *d, const enum step *order, int fault)
{
    bool behind = false;

    for (size_t i = 0; i < STEPS; i++) {
        if (behind && d->steps[order[i]].state == DOCTOR_GOOD)
            put(d, order[i], DOCTOR_NOT_REACHED, "");
        behind = behind || (int) order[i] == fault;
    }
}

static void
find_fault(struct doctor *d, const enum step *order)
{
    const struct delivery *session = d->delivery;
    const char *advice = "see the server's log";
    int step = -1;

    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (strcmp(causes[i].cause, session->cause) == 0) {
            step = causes[i].step;
            advice = causes[i].advice;
        }
    for (size_t i = 0; i < STEPS && step < 0; i++)
        if (d->steps[order[i]].state == DOCTOR_NOT_REACHED)
            step = (int) order[i];
    if (step == STEP_ROUTE && strstr(session->words, "unreachable") == NULL && strstr(session->words, "No route") == NULL)
        step = STEP_PORT;
    if (step == STEP_SENDER)
        advice = d->relay->user != NULL ? "set from to an address that this user may send as"
                                        : "set user and its password if the server wants them, or from to a sender it takes";
    if (step == STEP_PORT && d->steps[STEP_ROUTE].state == DOCTOR_NOT_REACHED)
        put(d, STEP_ROUTE, DOCTOR_GOOD, "there is one");
    if (step == STEP_CERTIFICATE)
        put(d, STEP_TLS, DOCTOR_GOOD, "the handshake came as far as the certificate");
    if (step >= 0)
        put(d, (enum step) step, DOCTOR_BAD, session->words);
    forget_behind(d, order, step);
    snprintf(d->advice, sizeof d->advice, "%s", advice);
}

static void
drop(struct doctor *d)
{
    delivery_free(d->delivery);
    free(d);
}

static void
cancel(struct request *request)
{
    struct doctor *d = (struct doctor *) request;

    request_cancel(d->child);
    drop(d);
}

static void
end(struct doctor *d, const struct mail_doctor_report *report)
{
    d->fn(d->arg, report);
    drop(d);
}

static void
on_report(void *arg, const struct capture_reply *reply)
{
    struct doctor *d = arg;
    const enum step *order = strcmp(d->relay->security, "tls") == 0 ? order_tls : order_starttls;
    struct mail_doctor_step sorted[STEPS];
    struct mail_doctor_report out = { .steps = sorted, .n = STEPS, .advice = d->advice, .talk = "" };
    const char *otherwise = reply->n_err > 0 ? reply->err : reply->failure != NULL ? reply->failure->text : "";

    if (reply->end == NULL) {
        out.failure = reply->failure;
        out.n = 0;
        end(d, &out);
        return;
    }
    delivery_read(d->delivery, reply->out, otherwise);
    take_steps(d, reply->out);
    leave_out(d);
    out.good = d->delivery->ok;
    if (!out.good)
        find_fault(d, order);
    for (size_t i = 0; i < STEPS; i++)
        sorted[i] = d->steps[order[i]];
    if (d->delivery->n_mails > 0 && d->delivery->mails[0].talk.at != NULL)
        out.talk = d->delivery->mails[0].talk.at;
    end(d, &out);
}

/* A message that is never sent: its sender is tried. */
static bool
add_probe(struct doctor *d, struct failure *why)
{
    struct mail_recipient to = { .address = "nobody@localhost" };
    struct mail mail = { .id = 1, .subject = "", .message_id = "<probe@trapline>", .recipients = &to, .n_recipients = 1 };

    delivery_probe(d->delivery);
    if (d->relay->from != NULL && !delivery_add(d->delivery, &mail, why))
        return false;
    delivery_close(d->delivery);
    return true;
}

struct request *
mail_doctor(struct loop *loop, const struct mail_setting *relay, const char *known, mail_doctor_fn *fn, void *arg)
{
    struct doctor *d = memory_zero(1, sizeof *d);
    char program[1024] = "trapline-mail";
    const char *argv[] = { program, NULL };
    struct child_options options = { .argv = argv, .deadline = LOOP_S(relay->timeout_s) * 4 + LOOP_S(20) };
    struct failure why;

    *d = (struct doctor) { .request = { cancel }, .relay = relay, .fn = fn, .arg = arg, .delivery = delivery_new(relay, "localhost") };
    for (size_t i = 0; i < STEPS; i++)
        d->steps[i] = (struct mail_doctor_step) { names[i], DOCTOR_NOT_REACHED, "" };
    delivery_known(d->delivery, known);
    paths_program("trapline-mail", program, sizeof program, &why);
    if (!add_probe(d, &why))
        delivery_close(d->delivery);
    d->child = capture_start(loop, "trapline-mail", &options, d->delivery->job.at, d->delivery->job.n, REPORT_MAX, on_report, d);
    return &d->request;
}
