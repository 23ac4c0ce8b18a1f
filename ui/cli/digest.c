/* trapline digest: the digests of the settings, what one would say now, and sending it without waiting. */
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/outbox.h"
#include "cli/print.h"

#include "api/digest.h"
#include "api/memory.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 500 };

struct making {
    struct digest *digest;
    struct mib *mib;
    enum severity severity;
    int64_t since, first, last; /* wall clock; row ids */
    bool reached;
};

static bool
step_back(void *arg, const struct notification *n)
{
    struct making *m = arg;

    m->reached = n->received < m->since;
    if (!m->reached)
        m->first = n->id;
    return !m->reached;
}

static bool
add_row(void *arg, const struct notification *n)
{
    struct making *m = arg;
    struct digest_names names = digest_names_of(m->mib);

    m->last = n->id;
    if (n->severity >= m->severity)
        digest_add(m->digest, n, &names);
    return true;
}

/* From the newest back to `since`, then forward again, in bounded reads. */
static bool
gather(struct making *m, struct store *store, struct failure *why)
{
    int64_t newest, before;

    m->first = INT64_MAX;
    do {
        before = m->first;
        if (!journal_before(store, before, BATCH, step_back, m, why))
            return false;
    } while (!m->reached && m->first < before);
    if (m->first == INT64_MAX)
        return true;
    m->last = m->first - 1;
    do {
        newest = m->last;
        if (!journal_after(store, newest, BATCH, add_row, m, why))
            return false;
    } while (m->last > newest);
    return true;
}

static const struct digest_setting *
find_digest(struct cli *cli, const struct settings *settings)
{
    const struct digest_setting *list;
    size_t n = settings_digests(settings, &list);

    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].name, cli_operand(cli, 0)) == 0)
            return &list[i];
    cli_usage(cli, "the settings have no digest \"%s\"; trapline digest list shows them", cli_operand(cli, 0));
    return NULL;
}

/* The digest of the last hours; NULL with the message printed. */
static struct digest *
make(struct cli *cli, const struct digest_setting **setting, struct store **store, int *status)
{
    const struct settings *settings = cli_settings(cli, status);
    struct making m = { 0 };
    struct ledger ledger;
    struct failure why;
    long hours;

    if (settings == NULL)
        return NULL;
    *status = CLI_USAGE;
    *setting = find_digest(cli, settings);
    if (*setting == NULL || !cli_number(cli, "hours", 1, 24 * 366, 24, &hours))
        return NULL;
    *store = cli_store(cli, STORE_WRITE, status);
    if (*store == NULL)
        return NULL;
    if ((*setting)->severity != NULL)
        severity_parse((*setting)->severity, &m.severity);
    m.mib = cli_mib(cli);
    m.since = loop_wall() - LOOP_S(3600) * hours;
    m.digest = digest_new((*setting)->name, loop_wall());
    if (gather(&m, *store, &why) && ledger_read(*store, &ledger, &why)) {
        digest_set_ledger(m.digest, &ledger);
        return m.digest;
    }
    *status = cli_failed(cli, &why);
    digest_free(m.digest);
    return NULL;
}

static int
run_list(struct cli *cli)
{
    int status = CLI_OUR_FAILURE;
    const struct settings *settings = cli_settings(cli, &status);
    const struct digest_setting *list;
    size_t n;

    if (settings == NULL)
        return status;
    n = settings_digests(settings, &list);
    for (size_t i = 0; i < n; i++) {
        const char *when = list[i].at != NULL ? list[i].at : "as it happens";
        const char *severity = list[i].severity != NULL ? list[i].severity : "all";

        if (cli_format(cli) == CLI_JSON) {
            struct json *line = json_new_object(), *to = json_new_array();

            json_text(line, "name", list[i].name);
            json_text(line, "when", when);
            json_text(line, "severity", severity);
            for (size_t k = 0; k < list[i].to.n; k++)
                json_text(to, NULL, list[i].to.items[k]);
            json_add(line, "to", to);
            json_print(line);
            continue;
        }
        printf("%-16s %-24s %-10s", list[i].name, when, severity);
        for (size_t k = 0; k < list[i].to.n; k++)
            printf(" %s", list[i].to.items[k]);
        putchar('\n');
    }
    return n > 0 ? CLI_DONE : CLI_NO;
}

static int
run_preview(struct cli *cli)
{
    const struct digest_setting *setting;
    int status = CLI_OUR_FAILURE;
    struct store *store;
    struct digest *digest = make(cli, &setting, &store, &status);
    struct buf out = { 0 }, subject = { 0 };

    if (digest == NULL)
        return status;
    digest_subject(digest, &subject);
    if (cli_flag(cli, "html"))
        digest_html(digest, &out);
    else if (cli_format(cli) == CLI_CSV)
        digest_csv(digest, &out);
    else
        digest_text(digest, &out);
    if (cli_format(cli) == CLI_JSON) {
        struct json *line = json_new_object();

        json_text(line, "subject", subject.at);
        json_unsigned(line, "events", digest_events(digest));
        json_text(line, cli_flag(cli, "html") ? "html" : "text", out.at);
        json_print(line);
    } else {
        if (!cli_flag(cli, "html") && cli_format(cli) == CLI_TEXT)
            printf("%s\n\n", subject.at);
        fputs(out.at, stdout);
    }
    status = digest_events(digest) > 0 ? CLI_DONE : CLI_NO;
    buf_free(&out);
    buf_free(&subject);
    digest_free(digest);
    return status;
}

static int
run_send(struct cli *cli)
{
    const struct passwd *person = getpwuid(getuid());
    const struct digest_setting *setting;
    int status = CLI_OUR_FAILURE;
    struct store *store;
    struct digest *digest = make(cli, &setting, &store, &status);
    struct mail_recipient to[MAIL_RECIPIENTS_MAX] = { { 0 } };
    struct buf subject = { 0 }, text = { 0 }, html = { 0 }, csv = { 0 };
    char cause[200], file[160];
    struct mail_attachment attachment = { .name = file, .type = "text/csv" };
    struct mail mail = { .recipients = to };

    if (digest == NULL)
        return status;
    for (size_t i = 0; i < setting->to.n && i < MAIL_RECIPIENTS_MAX; i++)
        to[mail.n_recipients++].address = setting->to.items[i];
    snprintf(cause, sizeof cause, "person %.60s, digest %.100s", person != NULL ? person->pw_name : "unknown", setting->name);
    digest_file(digest, file, sizeof file);
    digest_subject(digest, &subject);
    digest_text(digest, &text);
    digest_html(digest, &html);
    digest_csv(digest, &csv);
    attachment.octets = (const uint8_t *) csv.at;
    attachment.n = csv.n;
    mail.relay = setting->mail;
    mail.cause = cause;
    mail.subject = subject.at;
    mail.text = text.at;
    mail.html = html.at;
    mail.attachments = &attachment;
    mail.n_attachments = digest_events(digest) > 0;
    status = outbox_put(cli, &mail);
    buf_free(&subject);
    buf_free(&text);
    buf_free(&html);
    buf_free(&csv);
    digest_free(digest);
    return status;
}

static const struct cli_option period_options[] = {
    { "hours", 0, "COUNT", "of the last so many hours (24)", false },
    { "html", 0, NULL, "the HTML part (preview)", false },
    { "wait", 0, "SECONDS", "until it is known what became of it (send)", false },
    { 0 },
};
static const struct cli_command list = {
    .name = "list", .operands = "", .help = "the digests of the settings", .run = run_list,
};
static const struct cli_command preview = {
    .name = "preview", .operands = "NAME", .help = "what it would say now", .run = run_preview, .options = period_options,
    .least = 1, .most = 1,
};
static const struct cli_command send_now = {
    .name = "send", .operands = "NAME", .help = "send it now; its own schedule goes on", .run = run_send,
    .options = period_options, .least = 1, .most = 1,
};
static const struct cli_command *const subs[] = { &list, &preview, &send_now, NULL };

const struct cli_command command_digest = {
    .name = "digest", .operands = "…", .help = "digests: list, preview, send", .sub = subs,
};
