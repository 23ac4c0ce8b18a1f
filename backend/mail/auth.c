/* AUTH before anything else: the strongest mechanism both sides know, or the ones asked for in their order. gsasl does
 * SCRAM, CRAM-MD5, PLAIN and LOGIN; the two OAuth mechanisms, which gsasl 2.2 lacks, are one message each and ours. */
#include "mail/guard.h"

#include "core/memory.h"
#include "mail/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gsasl.h>

struct mechanism {
    const char *name;
    bool token;        /* wants an access token, not a password */
    bool server_first; /* no initial response */
    bool binding;      /* to the TLS channel (tls-exporter, RFC 9266): TLS 1.3 */
    bool exposes;      /* the secret itself crosses the line */
};

/* In order of strength. */
static const struct mechanism mechanisms[] = {
    { "SCRAM-SHA-256-PLUS", false, false, true, false },
    { "SCRAM-SHA-256", false, false, false, false },
    { "SCRAM-SHA-1-PLUS", false, false, true, false },
    { "SCRAM-SHA-1", false, false, false, false },
    { "OAUTHBEARER", true, false, false, true },
    { "XOAUTH2", true, false, false, true },
    { "CRAM-MD5", false, true, false, false },
    { "PLAIN", false, false, false, true },
    { "LOGIN", false, true, false, true },
};

enum { N_MECHANISMS = sizeof mechanisms / sizeof *mechanisms };

static bool
is_usable(const struct guard *guard, const struct mechanism *m)
{
    char word[64];

    snprintf(word, sizeof word, " %s ", m->name);
    if (strcasestr(guard->can.auth, word) == NULL || m->token != guard->job->token)
        return false;
    return !m->binding || (guard->ssl != NULL && SSL_version(guard->ssl) == TLS1_3_VERSION);
}

static const struct mechanism *
find(const char *name)
{
    for (size_t i = 0; i < N_MECHANISMS; i++)
        if (strcasecmp(mechanisms[i].name, name) == 0)
            return &mechanisms[i];
    return NULL;
}

static const struct mechanism *
choose(const struct guard *guard)
{
    const struct job_list *wanted = &guard->job->mechanisms;

    for (size_t w = 0; w < wanted->n; w++) {
        const struct mechanism *m = find(wanted->items[w]);

        if (m != NULL && is_usable(guard, m))
            return m;
    }
    for (size_t i = 0; wanted->n == 0 && i < N_MECHANISMS; i++)
        if (is_usable(guard, &mechanisms[i]))
            return &mechanisms[i];
    return NULL;
}

/* How much of can.auth a sentence has: without the space behind it. */
static int
shown(const struct guard *guard)
{
    size_t n = strlen(guard->can.auth);

    return n > 200 ? 200 : (int) (n > 0 ? n - 1 : 0);
}

/* What whoever answers can do with what it hears: log in with it, or not; relay it, or not. */
static int
safety(const struct mechanism *m)
{
    return m->exposes ? 0 : m->binding ? 2 : 1;
}

/* A certificate can be had by cheating; then the password is what somebody in the line is after, and asks for in a way
 * that shows it. Only a person, by `mechanisms`, goes back to a less safe one than the server took before. */
static bool
is_as_safe(struct guard *guard, const struct mechanism *mechanism)
{
    const struct mechanism *before = guard->job->known != NULL ? find(guard->job->known) : NULL;

    if (before == NULL || guard->job->mechanisms.n > 0 || (mechanism != NULL && safety(mechanism) >= safety(before)))
        return true;
    return guard_fail(guard, CAUSE_CAPABILITIES,
                      "%s took AUTH %s before and now offers%s%.*s: somebody may be in the line; no password was sent. If "
                      "the server was changed so, say mechanisms = { \"%s\" } in its mail section", guard->job->server,
                      before->name, guard->can.auth[0] != '\0' ? "" : " no AUTH", shown(guard), guard->can.auth,
                      mechanism != NULL ? mechanism->name : "PLAIN");
}

struct exchange {
    const struct mechanism *mechanism;
    Gsasl *library;
    Gsasl_session *session;
    char *out; /* base64, to be sent */
    int state; /* of gsasl; GSASL_OK also for the OAuth pair */
};

static void
drop_out(struct exchange *x)
{
    if (x->out == NULL)
        return;
    explicit_bzero(x->out, strlen(x->out));
    free(x->out);
    x->out = NULL;
}

/* gsasl keeps a copy of the password that its own end does not wipe. */
static void
end_exchange(struct exchange *x)
{
    drop_out(x);
    if (x->session != NULL) {
        const char *copy = gsasl_property_fast(x->session, GSASL_PASSWORD);

        if (copy != NULL)
            explicit_bzero((void *) (uintptr_t) copy, strlen(copy));
        gsasl_finish(x->session);
    }
    if (x->library != NULL)
        gsasl_done(x->library);
}

static bool
bind_channel(struct guard *guard, struct exchange *x)
{
    unsigned char key[32];
    char base64[64];

    if (!x->mechanism->binding)
        return true;
    if (SSL_export_keying_material(guard->ssl, key, sizeof key, "EXPORTER-Channel-Binding", 24,
                                   (const unsigned char *) "", 0, 1) != 1)
        return guard_fail(guard, CAUSE_AUTH, "AUTH %s: the TLS channel gives no binding", x->mechanism->name);
    EVP_EncodeBlock((unsigned char *) base64, key, sizeof key);
    gsasl_property_set(x->session, GSASL_CB_TLS_EXPORTER, base64);
    return true;
}

static bool
begin_gsasl(struct guard *guard, struct exchange *x)
{
    const struct job *job = guard->job;

    if (gsasl_init(&x->library) != GSASL_OK ||
        gsasl_client_start(x->library, x->mechanism->name, &x->session) != GSASL_OK)
        return guard_fail(guard, CAUSE_ENGINE, "AUTH %s is not in this gsasl library", x->mechanism->name);
    gsasl_property_set(x->session, GSASL_AUTHID, job->user);
    gsasl_property_set(x->session, GSASL_PASSWORD, job->secret);
    gsasl_property_set(x->session, GSASL_SERVICE, "smtp");
    gsasl_property_set(x->session, GSASL_HOSTNAME, job->verify);
    if (!bind_channel(guard, x))
        return false;
    if (x->mechanism->server_first) {
        x->state = GSASL_NEEDS_MORE;
        return true;
    }
    x->state = gsasl_step64(x->session, "", &x->out);
    if (x->state != GSASL_OK && x->state != GSASL_NEEDS_MORE)
        return guard_fail(guard, CAUSE_AUTH, "AUTH %s: %s", x->mechanism->name, gsasl_strerror(x->state));
    return true;
}

/* RFC 7628 §3.1, and Google's and Microsoft's XOAUTH2. Not asprintf: it would leave copies of the token behind. */
static bool
begin_token(struct guard *guard, struct exchange *x)
{
    const struct job *job = guard->job;
    char line[6000];
    size_t n_out;
    int n;

    if (strcmp(x->mechanism->name, "XOAUTH2") == 0)
        n = snprintf(line, sizeof line, "user=%s\1auth=Bearer %s\1\1", job->user, job->secret);
    else
        n = snprintf(line, sizeof line, "n,a=%s,\1host=%s\1port=%lld\1auth=Bearer %s\1\1", job->user, job->verify,
                     job->port, job->secret);
    if (n > 0 && (size_t) n < sizeof line &&
        gsasl_base64_to(line, (size_t) n, &x->out, &n_out) == GSASL_OK) {
        explicit_bzero(line, sizeof line);
        x->state = GSASL_OK;
        return true;
    }
    explicit_bzero(line, sizeof line);
    return guard_fail(guard, CAUSE_AUTH, "AUTH %s: user or token is too long", x->mechanism->name);
}

/* The answer to a challenge. */
static bool
answer(struct guard *guard, struct exchange *x, const char *challenge)
{
    drop_out(x);
    if (x->mechanism->token) { /* the challenge holds the error; acknowledge it, and the 535 follows */
        x->out = memory_text(strcmp(x->mechanism->name, "XOAUTH2") == 0 ? "" : "AQ==");
        return true;
    }
    x->state = gsasl_step64(x->session, challenge, &x->out);
    if (x->state != GSASL_OK && x->state != GSASL_NEEDS_MORE)
        return guard_fail(guard, CAUSE_AUTH, "AUTH %s: the server's answer does not check: %s", x->mechanism->name,
                          gsasl_strerror(x->state));
    return true;
}

static bool
converse(struct guard *guard, struct exchange *x, struct reply *reply)
{
    const char *name = x->mechanism->name;
    /* RFC 4954 §4: no initial response where it would make the line longer than 512 octets */
    bool later = x->out == NULL || strlen(x->out) + strlen(name) > 480;
    char shown[80];

    snprintf(shown, sizeof shown, "AUTH %.40s%s", name, later ? "" : " ********");
    if (!dialogue_command(guard, "AUTH", shown, reply, later ? "AUTH %s%s" : "AUTH %s %s", name,
                          later ? "" : x->out))
        return false;
    for (unsigned turn = 0; reply->code == 334; turn++) {
        if (turn > 8)
            return guard_fail(guard, CAUSE_PROTOCOL, "AUTH %s: too many challenges", name);
        if (turn == 0 && later && x->out != NULL) {
            if (reply->text[0] != '\0')
                return guard_fail(guard, CAUSE_PROTOCOL, "AUTH %s: a challenge where none may be", name);
        } else if (!answer(guard, x, reply->text)) {
            return false;
        }
        if (!dialogue_command(guard, "AUTH", "********", reply, "%s", x->out != NULL ? x->out : ""))
            return false;
    }
    return true;
}

/* One attempt. *again: refused, and another secret could help. */
static bool
attempt(struct guard *guard, const struct mechanism *mechanism, bool *again)
{
    struct exchange x = { .mechanism = mechanism };
    struct reply reply = { 0 };
    bool ok = (mechanism->token ? begin_token(guard, &x) : begin_gsasl(guard, &x)) && converse(guard, &x, &reply);

    *again = ok && reply.code / 100 == 5;
    if (ok && reply.code == 235 && x.state != GSASL_OK) /* SCRAM is mutual: the server must prove itself too */
        ok = guard_fail(guard, CAUSE_AUTH, "AUTH %s: 235 before the server proved that it knows the password",
                        mechanism->name);
    end_exchange(&x);
    if (!ok)
        return false;
    if (reply.code == 235) {
        report_step("auth", "%s as %s", mechanism->name, guard->job->user);
        return true;
    }
    *again = *again && mechanism->token && secret_can_change(guard->job);
    if (*again)
        return false;
    return guard_fail(guard, reply.code / 100 == 4 ? CAUSE_AUTH_LATER : CAUSE_AUTH,
                      "AUTH %s as %s is refused: %d %s%s%s; no mail was sent", mechanism->name, guard->job->user,
                      reply.code, reply.enhanced, reply.enhanced[0] != '\0' ? " " : "", reply.text);
}

bool
auth_run(struct guard *guard)
{
    const struct mechanism *mechanism;
    bool again = false, ok;

    if (guard->job->user == NULL)
        return true;
    mechanism = choose(guard);
    if (!is_as_safe(guard, mechanism))
        return false;
    if (guard->can.auth[0] == '\0')
        return guard_fail(guard, CAUSE_AUTH, "%s does not offer AUTH%s; no mail was sent", guard->job->server,
                          guard->ssl == NULL ? " on an unprotected line" : "");
    if (mechanism == NULL)
        return guard_fail(guard, CAUSE_AUTH, "%s offers AUTH%.*s, of which none is usable here; no mail was sent",
                          guard->job->server, shown(guard), guard->can.auth);
    if (guard->ssl == NULL && guard->job->server[0] != '/' && !guard->job->clear)
        return guard_fail(guard, CAUSE_AUTH,
                          "a password is not sent over a line without TLS; if that is wanted for this server, set "
                          "allow-clear-password = true");
    if (!secret_get(guard, false))
        return false;
    ok = attempt(guard, mechanism, &again);
    if (!ok && again) { /* it may have run out: a fresh one, once */
        if (!secret_get(guard, true))
            return false;
        ok = attempt(guard, mechanism, &again);
        if (!ok)
            guard_fail(guard, CAUSE_AUTH, "AUTH %s as %s is refused, also with a fresh token; no mail was sent",
                       mechanism->name, guard->job->user);
    }
    secret_forget(guard);
    return ok;
}
