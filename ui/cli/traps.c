/* trapline traps: the journal of notifications. */
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/print.h"
#include "cli/rows.h"

#include "api/journal.h"
#include "api/render.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { FOLLOW_MS = 200, BATCH = 500 };

struct feed {
    struct cli *cli;
    struct filter *filter; /* or NULL */
    int64_t last;
    size_t read, shown;
    bool cut; /* by ^C, before the end */
};

static void
print_text(struct cli *cli, const struct notification *n)
{
    struct mib *mib = cli_mib(cli);
    char at[32], name[OID_TEXT_MAX], value[512];
    time_t seconds = (time_t) (n->received / 1000000000);
    struct tm tm;

    strftime(at, sizeof at, "%Y-%m-%d %H:%M:%S", localtime_r(&seconds, &tm));
    print_object(cli, &n->name, name, sizeof name);
    printf("%s  %s  %s  %s", at, severity_short(n->severity), n->device != NULL ? n->device : n->origin, name);
    for (size_t i = 0; i < n->n_varbinds; i++) {
        print_object(cli, &n->varbinds[i].name, name, sizeof name);
        mib_render(mib, &n->varbinds[i].value, mib_syntax(mib, &n->varbinds[i].name), RENDER_QUOTED, value,
                     sizeof value);
        printf("  %s=%s", name, value);
    }
    putchar('\n');
}

static void
print_json(struct cli *cli, const struct notification *n)
{
    struct mib *mib = cli_mib(cli);
    struct json *line = json_new_object(), *varbinds = json_new_object();
    char name[OID_TEXT_MAX], value[4096];

    json_integer(line, "id", n->id);
    json_real(line, "received", (double) n->received / 1e9);
    json_text(line, "severity", severity_word(n->severity));
    json_text(line, "why", n->why);
    print_object(cli, &n->name, name, sizeof name);
    json_text(line, "notification", name);
    json_text(line, "oid", oid_format(&n->name, name));
    json_integer(line, "version", n->version);
    json_flag(line, "inform", n->inform);
    json_text(line, "source", n->source);
    json_text(line, "origin", n->origin);
    json_text(line, "device", n->device);
    json_text(line, "security", n->security);
    json_unsigned(line, "uptime", n->uptime);
    for (size_t i = 0; i < n->n_varbinds; i++) {
        print_object(cli, &n->varbinds[i].name, name, sizeof name);
        mib_render(mib, &n->varbinds[i].value, mib_syntax(mib, &n->varbinds[i].name), RENDER_PLAIN, value,
                     sizeof value);
        json_text(varbinds, name, value);
    }
    json_add(line, "varbinds", varbinds);
    json_print(line);
}

static bool
print_row(void *arg, const struct notification *n)
{
    struct feed *feed = arg;

    feed->last = n->id;
    feed->read++;
    if (!row_matches(feed->cli, feed->filter, n))
        return true;
    feed->shown++;
    cli_progress(feed->cli, NULL);
    if (cli_format(feed->cli) == CLI_JSON)
        print_json(feed->cli, n);
    else
        print_text(feed->cli, n);
    return true;
}

/* Everything after feed->last, in batches that hold no read transaction between them. Rows are numbered without gaps,
 * so how many there are is known. */
static bool
print_new(struct feed *feed, struct store *store, struct failure *why)
{
    int64_t oldest, newest, first;
    size_t before;

    if (!journal_bounds(store, &oldest, &newest, why))
        return false;
    first = feed->last > oldest ? feed->last : oldest - 1;
    do {
        cli_progress(feed->cli, "%lld of %lld rows, %zu found",
                     (long long) (feed->last > first ? feed->last - first : 0), (long long) (newest - first),
                     feed->shown);
        before = feed->read;
        if (!journal_after(store, feed->last, BATCH, print_row, feed, why))
            return false;
        feed->cut = feed->read - before == BATCH && !cli_turn(feed->cli, 0);
    } while (feed->read - before == BATCH && !feed->cut);
    cli_progress(feed->cli, NULL);
    fflush(stdout);
    return !feed->cut || failure_set(why, FAILURE_LIMIT, "interrupted after %lld of %lld rows",
                                     (long long) (feed->last - first), (long long) (newest - first));
}

/* Behind which row printing begins. */
static bool
find_begin(struct feed *feed, struct store *store, int *status)
{
    const char *since = cli_value(feed->cli, "since");
    int64_t oldest, newest;
    struct failure why;
    long limit;

    *status = CLI_USAGE;
    if (!cli_number(feed->cli, "limit", 1, 1000000000, 100, &limit))
        return false;
    if (since != NULL)
        return rows_since(feed->cli, store, since, &feed->last, status);
    if (!journal_bounds(store, &oldest, &newest, &why)) {
        *status = cli_failed(feed->cli, &why);
        return false;
    }
    if (feed->filter != NULL && cli_value(feed->cli, "limit") == NULL)
        feed->last = 0;
    else
        feed->last = newest > limit ? newest - limit : 0;
    return true;
}

static int
run_traps(struct cli *cli)
{
    struct feed feed = { .cli = cli };
    int status = CLI_OUR_FAILURE;
    struct loop *loop = cli_loop(cli, &status);
    struct store *store = loop != NULL ? cli_store(cli, STORE_READ, &status) : NULL;
    struct failure why = { 0 };

    if (store == NULL)
        return status;
    if (!rows_filter(cli, 0, &feed.filter))
        return CLI_USAGE;
    if (find_begin(&feed, store, &status)) {
        bool good = print_new(&feed, store, &why);

        while (good && cli_flag(cli, "follow") && cli_turn(cli, FOLLOW_MS))
            good = print_new(&feed, store, &why);
        status = !good ? cli_failed(cli, &why) : feed.shown > 0 ? CLI_DONE : CLI_NO;
        if (feed.cut)
            status = CLI_IN_PART;
    }
    filter_free(feed.filter);
    return status;
}

static const struct cli_option traps_options[] = {
    { "follow", 'f', NULL, "go on with what arrives", false },
    { "since", 0, "TIME", "90s, 15m, 2h, 3d ago, or 2026-11-27 07:30", false },
    { "limit", 0, "COUNT", "of the newest COUNT (100; all with FILTER or --since)", false },
    { 0 },
};

const struct cli_command command_traps = {
    .name = "traps", .operands = "[FILTER]", .help = "notifications, oldest first; --follow goes on", .run = run_traps,
    .options = traps_options, .most = -1,
};
