#include "collector/delivery.h"

#include "core/address.h"
#include "core/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TALK_MAX = 64 * 1024, FIELDS = 6 };

static void
add_field(struct buf *job, const char *name, const void *octets, size_t n)
{
    buf_format(job, "%s %zu\n", name, n);
    buf_add(job, octets, n);
    buf_text(job, "\n");
}

static void
add_text(struct buf *job, const char *name, const char *text)
{
    if (text != NULL && *text != '\0')
        add_field(job, name, text, strlen(text));
}

static void
add_number(struct buf *job, const char *name, long long number)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", number);
    add_text(job, name, text);
}

static void
add_list(struct buf *job, const char *name, struct settings_list list)
{
    for (size_t i = 0; i < list.n; i++)
        add_text(job, name, list.items[i]);
}

static bool
uses_token(const struct mail_setting *relay)
{
    return relay->token.file != NULL || relay->token.command.n > 0;
}

struct delivery *
delivery_new(const struct mail_setting *relay, const char *hello)
{
    struct delivery *d = memory_zero(1, sizeof *d);

    d->relay = relay;
    d->arena = arena_new();
    if (relay->command.n > 0)
        add_text(&d->job, "transport", "pipe");
    else if (relay->server[0] == '/')
        add_text(&d->job, "transport", "lmtp");
    add_text(&d->job, "server", relay->server);
    add_list(&d->job, "command", relay->command);
    add_number(&d->job, "port", relay->port);
    add_text(&d->job, "security", relay->security);
    add_text(&d->job, "hello", hello);
    add_text(&d->job, "ca-file", relay->ca_file);
    add_text(&d->job, "pin", relay->pin);
    add_text(&d->job, "client-certificate", relay->client_certificate);
    add_text(&d->job, "client-key", relay->client_key);
    add_text(&d->job, "user", relay->user);
    add_list(&d->job, "mechanism", relay->mechanisms);
    add_text(&d->job, "token", uses_token(relay) ? "1" : NULL);
    add_text(&d->job, "clear", relay->allow_clear_password ? "1" : NULL);
    add_number(&d->job, "step", relay->timeout_s);
    add_number(&d->job, "total", (long long) relay->timeout_s * 4);
    return d;
}

void
delivery_probe(struct delivery *d)
{
    add_text(&d->job, "probe", "1");
}

static void
name_server(const struct delivery *d, char *out, size_t size)
{
    const struct mail_setting *relay = d->relay;

    snprintf(out, size, "%s %d %s %s ", relay->server != NULL ? relay->server : "", relay->port, uses_token(relay) ? "token" : "password",
             relay->user != NULL ? relay->user : "");
}

void
delivery_known(struct delivery *d, const char *known)
{
    char server[RELAY_KNOWN_MAX];

    name_server(d, server, sizeof server);
    if (strncmp(known, server, strlen(server)) == 0)
        add_text(&d->job, "known", known + strlen(server));
}

void
delivery_remember(const struct delivery *d, char *out, size_t size)
{
    char server[RELAY_KNOWN_MAX];

    name_server(d, server, sizeof server);
    if (d->auth[0] != '\0')
        snprintf(out, size, "%s%s", server, d->auth);
}

void
delivery_free(struct delivery *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->n_mails; i++) {
        free(d->mails[i].verdicts);
        buf_free(&d->mails[i].talk);
    }
    free(d->mails);
    buf_free(&d->job);
    arena_free(d->arena);
    free(d);
}

static void
add_attachment(struct buf *job, const struct mail_attachment *a)
{
    struct buf octets = { 0 };

    buf_format(&octets, "%s\n%s\n", a->name, a->type);
    buf_add(&octets, a->octets, a->n);
    add_field(job, "attachment", octets.at, octets.n);
    buf_free(&octets);
}

static bool
is_open(const struct mail_recipient *r)
{
    return r->state == MAIL_WAITING || r->state == MAIL_UNKNOWN || r->state == MAIL_SENDING;
}

static void
add_recipients(struct delivery *d, struct delivery_mail *m, const struct mail *mail)
{
    m->verdicts = memory_zero(mail->n_recipients, sizeof *m->verdicts);
    for (size_t i = 0; i < mail->n_recipients; i++)
        if (is_open(&mail->recipients[i])) {
            const char *address = mail->recipients[i].address;

            add_text(&d->job, "recipient", address);
            m->verdicts[m->n_verdicts] = (struct outbox_verdict) {
                .recipient = m->n_verdicts, .address = arena_text(d->arena, address, strlen(address)),
                .state = MAIL_WAITING, .enhanced = "", .words = "",
            };
            m->n_verdicts++;
        }
}

bool
delivery_add(struct delivery *d, const struct mail *mail, struct failure *why)
{
    const char *from = mail->from != NULL && *mail->from != '\0' ? mail->from : d->relay->from;
    char name[ADDRESS_HEADER_MAX + 1], envelope[ADDRESS_MAX + 1];
    struct delivery_mail *m;
    size_t open = 0;

    for (size_t i = 0; i < mail->n_recipients; i++)
        open += is_open(&mail->recipients[i]);
    if (open == 0)
        return failure_set(why, FAILURE_ABSENT, "mail %lld: nobody is left to send it to", (long long) mail->id);
    if (!address_split(d->relay->from != NULL ? d->relay->from : from, name, sizeof name, envelope, sizeof envelope, why))
        return false;
    d->mails = memory_grow(d->mails, d->n_mails + 1, sizeof *d->mails);
    m = &d->mails[d->n_mails++];
    *m = (struct delivery_mail) { .id = mail->id, .attempts = mail->attempts };
    add_number(&d->job, "message", mail->id);
    add_text(&d->job, "envelope", envelope);
    add_recipients(d, m, mail);
    add_text(&d->job, "from", from);
    for (size_t i = 0; i < mail->n_recipients && i < 32; i++)
        add_text(&d->job, "to", mail->recipients[i].address);
    add_text(&d->job, "subject", mail->subject);
    add_text(&d->job, "message-id", mail->message_id);
    add_number(&d->job, "date", mail->created / 1000000000);
    add_field(&d->job, "text", mail->text != NULL ? mail->text : "", mail->text != NULL ? strlen(mail->text) : 0);
    if (mail->html != NULL && *mail->html != '\0')
        add_field(&d->job, "html", mail->html, strlen(mail->html));
    for (size_t i = 0; i < mail->n_attachments; i++)
        add_attachment(&d->job, &mail->attachments[i]);
    return true;
}

void
delivery_close(struct delivery *d)
{
    const struct mail_setting *relay = d->relay;
    const struct secret_source *secret = uses_token(relay) ? &relay->token : &relay->password;

    add_field(&d->job, "go", "", 0);
    if (relay->user != NULL && secret->file != NULL)
        add_text(&d->job, "secret-file", secret->file);
    else if (relay->user != NULL)
        add_list(&d->job, "secret-command", secret->command);
    add_field(&d->job, "end", "", 0);
}

/* The fields of one line, cut at TAB, in place. */
static size_t
split(char *line, char *fields[FIELDS])
{
    size_t n = 0;

    for (char *at = line; n < FIELDS; n++) {
        fields[n] = at;
        if (n == FIELDS - 1)
            return FIELDS;
        at = strchr(at, '\t');
        if (at == NULL)
            return n + 1;
        *at++ = '\0';
    }
    return n;
}

static struct delivery_mail *
mail_of(struct delivery *d, const char *number)
{
    size_t i = strtoul(number, NULL, 10);

    return i >= 1 && i <= d->n_mails ? &d->mails[i - 1] : NULL;
}

static enum mail_state
state_of(const char *word)
{
    static const struct {
        const char *word;
        enum mail_state state;
    } table[] = { { "delivered", MAIL_SENT }, { "permanent", MAIL_DEAD }, { "unknown", MAIL_UNKNOWN } };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].word, word) == 0)
            return table[i].state;
    return MAIL_WAITING;
}

static void
take_verdict(struct delivery *d, char *fields[FIELDS])
{
    struct delivery_mail *m = mail_of(d, fields[0]);
    size_t r = strtoul(fields[1], NULL, 10);
    struct outbox_verdict *v;

    if (m == NULL || r < 1 || r > m->n_verdicts)
        return;
    v = &m->verdicts[r - 1];
    v->code = atoi(fields[2]);
    v->enhanced = strcmp(fields[3], "-") == 0 ? "" : arena_text(d->arena, fields[3], strlen(fields[3]));
    v->state = state_of(fields[4]);
    v->words = arena_text(d->arena, fields[5], strlen(fields[5]));
    v->counts = v->code != 0 || v->state == MAIL_UNKNOWN || v->state == MAIL_DEAD;
    d->spoke = d->spoke || v->code != 0;
}

/* A line of the conversation belongs to one message, or (0) to the session and so to all. */
static void
take_talk(struct delivery *d, char *fields[FIELDS])
{
    struct delivery_mail *m = mail_of(d, fields[0]);

    for (size_t i = 0; i < d->n_mails; i++)
        if ((m == NULL || m == &d->mails[i]) && d->mails[i].talk.n < TALK_MAX)
            buf_format(&d->mails[i].talk, "%s %s\n", fields[1], fields[2]);
}

static void
take_line(struct delivery *d, char *line)
{
    char *at = strchr(line, '\t'), *fields[FIELDS];
    size_t n;

    if (at == NULL)
        return;
    *at++ = '\0';
    n = split(at, fields);
    if (strcmp(line, "verdict") == 0 && n == FIELDS)
        take_verdict(d, fields);
    else if (strcmp(line, "talk") == 0 && n >= 3)
        take_talk(d, fields);
    else if (strcmp(line, "step") == 0 && n >= 2 && strcmp(fields[0], "auth") == 0)
        snprintf(d->auth, sizeof d->auth, "%.*s", (int) strcspn(fields[1], " "), fields[1]);
    else if (strcmp(line, "dot") == 0 && mail_of(d, fields[0]) != NULL)
        mail_of(d, fields[0])->dot = true;
    else if (strcmp(line, "session") == 0 && n >= 4) {
        d->ok = strcmp(fields[0], "ok") == 0;
        snprintf(d->cause, sizeof d->cause, "%s", fields[1]);
        snprintf(d->protection, sizeof d->protection, "%s", fields[2]);
        snprintf(d->words, sizeof d->words, "%s", fields[3]);
    }
}

static void
fill_gaps(struct delivery *d, const char *otherwise)
{
    for (size_t i = 0; i < d->n_mails; i++)
        for (size_t k = 0; k < d->mails[i].n_verdicts; k++) {
            struct outbox_verdict *v = &d->mails[i].verdicts[k];

            if (v->words[0] != '\0' || v->code != 0)
                continue;
            v->state = d->mails[i].dot ? MAIL_UNKNOWN : MAIL_WAITING;
            v->counts = d->mails[i].dot;
            v->words = arena_text(d->arena, otherwise, strlen(otherwise));
        }
}

void
delivery_read(struct delivery *d, const char *report, const char *otherwise)
{
    char *copy = memory_text(report), *end;

    for (char *line = copy; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        take_line(d, line);
    }
    if (d->cause[0] == '\0') { /* it ended without its last line */
        snprintf(d->cause, sizeof d->cause, "engine");
        snprintf(d->words, sizeof d->words, "%s", otherwise);
    }
    fill_gaps(d, d->words);
    free(copy);
}

bool
delivery_is_unsafe(const struct delivery *d)
{
    static const char *const causes[] = { "capabilities", "certificate", "injection", "starttls", "tls" };

    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (strcmp(d->cause, causes[i]) == 0)
            return true;
    return false;
}
