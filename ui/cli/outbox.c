#include "cli/outbox.h"

#include "cli/json.h"

#include "api/collector.h"
#include "api/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOCK_TRIES = 250, LOCK_MS = 20, LOOK_MS = 100 };


struct outcome {
    enum mail_state state;
    char words[1200];
    size_t sent, others;
};

static bool
note_outcome(void *arg, const struct mail *mail)
{
    struct outcome *o = arg;

    o->state = mail->state;
    o->sent = o->others = 0;
    snprintf(o->words, sizeof o->words, "%s", mail->words != NULL ? mail->words : "");
    for (size_t i = 0; i < mail->n_recipients; i++) {
        const struct mail_recipient *r = &mail->recipients[i];

        o->sent += r->state == MAIL_SENT;
        o->others += r->state != MAIL_SENT;
        if (r->state != MAIL_SENT && r->words != NULL && r->words[0] != '\0')
            snprintf(o->words, sizeof o->words, "%s: %d %s %s", r->address, r->code, r->enhanced, r->words);
    }
    return false;
}

static bool
is_settled(const struct outcome *o)
{
    return o->state == MAIL_SENT || o->state == MAIL_PARTLY_SENT || o->state == MAIL_DEAD || o->state == MAIL_CANCELLED;
}

static int
say_outcome(struct cli *cli, int64_t id, const struct outcome *o)
{
    if (cli_format(cli) == CLI_JSON) {
        struct json *line = json_new_object();

        json_integer(line, "id", id);
        json_text(line, "state", mail_state_word(o->state));
        json_text(line, "words", o->words);
        json_print(line);
    } else
        printf("%" PRId64 " %s%s%s\n", id, mail_state_word(o->state), o->words[0] != '\0' && o->state != MAIL_SENT ? ": " : "",
               o->state != MAIL_SENT ? o->words : "");
    return o->state == MAIL_PARTLY_SENT ? CLI_IN_PART : o->state == MAIL_DEAD || o->state == MAIL_CANCELLED ? CLI_NO_ANSWER : CLI_DONE;
}

/* Mail for a relay that is not there would wait for it until its lifetime is over. */
static bool
relay_is_there(struct cli *cli, const struct settings *settings, const char *name)
{
    const struct mail_setting *relays;
    size_t n = settings_mails(settings, &relays);
    struct buf there = { 0 };

    for (size_t i = 0; i < n; i++) {
        if (name == NULL || strcmp(relays[i].name, name) == 0) {
            buf_free(&there);
            return true;
        }
        buf_format(&there, "%s%s", i > 0 ? ", " : "", relays[i].name);
    }
    if (n == 0)
        cli_usage(cli, "no mail section says which server to send by; add one to the settings: trapline help settings");
    else
        cli_usage(cli, "no mail section is called %s; there is %s", name, there.at);
    buf_free(&there);
    return false;
}

int
outbox_put(struct cli *cli, const struct mail *mail)
{
    int status = CLI_OUR_FAILURE;
    const struct paths *paths = cli_paths(cli, &status);
    struct loop *loop = cli_loop(cli, &status);
    const struct settings *settings = cli_settings(cli, &status);
    struct store *store = settings != NULL && loop != NULL ? cli_store(cli, STORE_WRITE, &status) : NULL;
    struct outcome outcome = { .state = MAIL_WAITING };
    struct failure why;
    int64_t id = 0;
    long wait;

    if (store == NULL)
        return status;
    if (!cli_number(cli, "wait", 0, 86400, 0, &wait))
        return CLI_USAGE;
    if (!relay_is_there(cli, settings, mail->relay))
        return CLI_USAGE;
    for (int tries = 0; !outbox_add(store, mail, &id, &why); tries++)
        if (why.kind != FAILURE_BUSY || tries == LOCK_TRIES || !cli_turn(cli, LOCK_MS))
            return cli_failed(cli, &why);
    if (collector_running(paths->state) == 0)
        cli_warn(cli, "mail %" PRId64 " waits until a collector runs: traplined, or the console, starts one", id);
    for (int64_t end = loop_clock() + LOOP_S(wait); wait > 0 && !is_settled(&outcome) && loop_clock() < end;)
        if (!outbox_one(store, id, note_outcome, &outcome, &why) || !cli_turn(cli, LOOK_MS))
            break;
    return say_outcome(cli, id, &outcome);
}

size_t
outbox_recipients(char *list, struct mail_recipient *out, size_t max)
{
    size_t n = 0;

    for (char *save, *at = strtok_r(list, ", \t", &save); at != NULL; at = strtok_r(NULL, ", \t", &save), n++)
        if (n < max)
            out[n] = (struct mail_recipient) { .address = at };
    return n;
}

char *
outbox_read(struct cli *cli, const char *path, size_t *n)
{
    bool standard = path == NULL || strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    struct buf text = { 0 };
    char part[8192];
    size_t got;
    bool good;

    if (file == NULL) {
        cli_usage(cli, "%s: %s", path, strerror(errno));
        return NULL;
    }
    while ((got = fread(part, 1, sizeof part, file)) > 0 && text.n <= MAIL_BODY_MAX)
        buf_add(&text, part, got);
    good = !ferror(file) && text.n <= MAIL_BODY_MAX;
    if (!good) {
        cli_usage(cli, "%s: %s", standard ? "standard input" : path,
                  ferror(file) ? strerror(errno) : "is larger than a mail may be (16 MiB)");
        buf_free(&text);
    }
    if (!standard)
        fclose(file);
    *n = text.n;
    return !good ? NULL : text.n == 0 && text.at == NULL ? memory_text("") : buf_take(&text);
}
