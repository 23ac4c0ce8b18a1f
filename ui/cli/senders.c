/* trapline senders: who was turned away and why, and letting one in. */
#include "cli/commands.h"
#include "cli/json.h"

#include "api/journal.h"
#include "api/memory.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_TRIES = 250, LOCK_MS = 20 };

struct listing {
    struct cli *cli;
    size_t shown;
};

static void
format_time(int64_t at, char text[32])
{
    time_t seconds = (time_t) (at / 1000000000);
    struct tm tm;

    strftime(text, 32, "%Y-%m-%d %H:%M:%S", localtime_r(&seconds, &tm));
}

static bool
print_rejected(void *arg, const struct rejected_sender *s)
{
    struct listing *l = arg;
    char last[32];

    l->shown++;
    format_time(s->last, last);
    if (cli_format(l->cli) == CLI_JSON) {
        struct json *line = json_new_object();

        json_integer(line, "id", s->id);
        json_text(line, "state", "rejected");
        json_text(line, "source", s->source);
        json_text(line, "cause", reject_cause_words(s->cause));
        json_text(line, "security", s->security);
        json_text(line, "engine-id", s->engine_id);
        json_unsigned(line, "count", s->count);
        json_real(line, "first", (double) s->first / 1e9);
        json_real(line, "last", (double) s->last / 1e9);
        json_octets(line, "octets", s->raw, s->n_raw);
        json_print(line);
        return true;
    }
    printf("%-6" PRId64 " %-22s %-8" PRIu64 " %s  %s%s%s%s%s%s%s\n", s->id, s->source, s->count, last,
           reject_cause_words(s->cause), s->security != NULL ? "  " : "",
           s->security != NULL ? reject_security_words(s->cause) : "", s->security != NULL ? " " : "",
           s->security != NULL ? s->security : "", s->engine_id != NULL ? "  engine " : "",
           s->engine_id != NULL ? s->engine_id : "");
    return true;
}

static bool
print_admitted(void *arg, const struct admitted_sender *s)
{
    struct listing *l = arg;
    char at[32];

    l->shown++;
    format_time(s->at, at);
    if (cli_format(l->cli) == CLI_JSON) {
        struct json *line = json_new_object();

        json_text(line, "state", "admitted");
        json_text(line, "name", s->name);
        json_text(line, "source", s->source);
        json_text(line, "profile", s->profile);
        json_text(line, "engine-id", s->engine_id);
        json_text(line, "certificate", s->fingerprint);
        json_text(line, "who", s->who);
        json_real(line, "at", (double) s->at / 1e9);
        json_print(line);
        return true;
    }
    printf("%-6s %-22s %-8s %s  %s%s%s%s%s\n", s->name, s->source, "admitted", at, s->who,
           s->profile != NULL ? "  profile " : "", s->profile != NULL ? s->profile : "",
           s->fingerprint != NULL ? "  certificate " : "", s->fingerprint != NULL ? s->fingerprint : "");
    return true;
}

static int
run_list(struct cli *cli)
{
    int status = CLI_OUR_FAILURE;
    struct store *store = cli_store(cli, STORE_READ, &status);
    struct listing listing = { .cli = cli };
    struct failure why;

    if (store == NULL)
        return status;
    if (!admitted_senders(store, print_admitted, &listing, &why) ||
        !rejected_senders(store, print_rejected, &listing, &why))
        return cli_failed(cli, &why);
    return listing.shown > 0 ? CLI_DONE : CLI_NO;
}

static int
run_admit(struct cli *cli)
{
    int status = CLI_OUR_FAILURE;
    struct loop *loop = cli_loop(cli, &status);
    struct store *store = loop != NULL ? cli_store(cli, STORE_WRITE, &status) : NULL;
    const struct settings *settings = store != NULL ? cli_settings(cli, &status) : NULL;
    const struct passwd *person = getpwuid(getuid());
    const char *profile = cli_value(cli, "profile");
    struct admission how = { .id = strtoll(cli_operand(cli, 0), NULL, 10), .source = cli_value(cli, "source"),
                             .name = cli_value(cli, "name"), .who = person != NULL ? person->pw_name : "" };
    struct failure why;
    char name[200];

    if (settings == NULL)
        return status;
    if (profile != NULL && (how.profile = settings_profile(settings, profile)) == NULL)
        return cli_usage(cli, "the settings have no profile \"%s\"", profile);
    for (int tries = 0; !rejected_admit(store, &how, name, sizeof name, &why); tries++) {
        if (why.kind == FAILURE_USAGE)
            return cli_usage(cli, "%s", why.text);
        if (why.kind != FAILURE_BUSY || tries == LOCK_TRIES || !cli_turn(cli, LOCK_MS))
            return cli_failed(cli, &why);
    }
    printf("%s\n", name);
    return CLI_DONE;
}

static int
run_forget(struct cli *cli)
{
    int status = CLI_OUR_FAILURE;
    struct loop *loop = cli_loop(cli, &status);
    struct store *store = loop != NULL ? cli_store(cli, STORE_WRITE, &status) : NULL;
    const char *what = cli_operand(cli, 0);
    char *end;
    long long id = strtoll(what, &end, 10);
    bool number = *end == '\0' && end != what;
    struct failure why;

    if (store == NULL)
        return status;
    for (int tries = 0; !(number ? rejected_forget(store, id, &why) : admitted_remove(store, what, &why)); tries++)
        if (why.kind != FAILURE_BUSY || tries == LOCK_TRIES || !cli_turn(cli, LOCK_MS))
            return cli_failed(cli, &why);
    return CLI_DONE;
}

static const struct cli_option admit_options[] = {
    { "profile", 0, "NAME", "the profile of the settings with its community or user", false },
    { "source", 0, "NETWORK", "from where; default: that address alone", false },
    { "name", 0, "NAME", "what it is called; default: its address", false },
    { 0 },
};
static const struct cli_command list = {
    .name = "list", .operands = "", .help = "who was let in, and who was turned away and why", .run = run_list,
};
static const struct cli_command admit = {
    .name = "admit", .operands = "NUMBER", .help = "let one in that was turned away", .run = run_admit,
    .options = admit_options, .least = 1, .most = 1,
};
static const struct cli_command forget = {
    .name = "forget", .operands = "NUMBER | NAME", .help = "a rejected one's row, or an admitted one", .run = run_forget,
    .least = 1, .most = 1,
};
static const struct cli_command *const subs[] = { &list, &admit, &forget, NULL };

const struct cli_command command_senders = {
    .name = "senders", .operands = "…", .help = "who was turned away and why: list, admit, forget", .sub = subs,
};
