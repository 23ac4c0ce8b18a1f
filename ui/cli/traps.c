/* trapline traps and ledger: the journal of notifications, and the proof that none is missing from it. */
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/print.h"

#include "api/collector.h"
#include "api/journal.h"
#include "api/memory.h"
#include "api/render.h"
#include "api/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { FOLLOW_MS = 200, BATCH = 500 };

struct feed {
    struct cli *cli;
    struct filter *filter; /* or NULL */
    int64_t last;
    size_t read, shown;
};

static void
object_text(struct mib *mib, const struct oid *name, char text[OID_TEXT_MAX])
{
    if (mib != NULL)
        mib_format_object(mib, name, text, OID_TEXT_MAX);
    else
        oid_format(name, text);
}

/* What a filter may ask of a row: its columns, and its varbinds by the object's name with or without the instance. */
struct asked {
    struct mib *mib;
    const struct notification *n;
    struct buf whole;
    char text[OID_TEXT_MAX];
    char value[1024];
};

static const char *
varbind_column(struct asked *a, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < a->n->n_varbinds; i++) {
        const struct varbind *v = &a->n->varbinds[i];

        object_text(a->mib, &v->name, a->text);
        if (strncasecmp(a->text, name, length) == 0 && (a->text[length] == '\0' || a->text[length] == '.')) {
            mib_render(a->mib, &v->value, mib_syntax(a->mib, &v->name), RENDER_PLAIN, a->value, sizeof a->value);
            return a->value;
        }
    }
    return NULL;
}

static const char *
whole_row(struct asked *a)
{
    const struct notification *n = a->n;

    if (a->whole.n > 0)
        return a->whole.at;
    object_text(a->mib, &n->name, a->text);
    buf_format(&a->whole, "%s %s %s %s %s", severity_word(n->severity), n->device != NULL ? n->device : "",
               n->origin != NULL ? n->origin : "", n->source, a->text);
    for (size_t i = 0; i < n->n_varbinds; i++) {
        object_text(a->mib, &n->varbinds[i].name, a->text);
        mib_render(a->mib, &n->varbinds[i].value, mib_syntax(a->mib, &n->varbinds[i].name), RENDER_PLAIN, a->value,
                     sizeof a->value);
        buf_format(&a->whole, " %s %s", a->text, a->value);
    }
    return a->whole.at;
}

static const char *
column_of(void *arg, const char *name)
{
    struct asked *a = arg;
    const struct notification *n = a->n;
    const struct {
        const char *name, *text;
    } plain[] = { { "severity", severity_word(n->severity) }, { "device", n->device }, { "origin", n->origin },
                  { "source", n->source }, { "security", n->security }, { "context", n->context }, { "why", n->why },
                  { "inform", n->inform ? "true" : "false" } };

    if (name == NULL)
        return whole_row(a);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcasecmp(plain[i].name, name) == 0)
            return plain[i].text != NULL ? plain[i].text : "";
    if (strcasecmp(name, "notification") == 0) {
        object_text(a->mib, &n->name, a->text);
        return a->text;
    }
    if (strcasecmp(name, "version") == 0)
        return n->version == 1 ? "1" : n->version == 3 ? "3" : "2c";
    return varbind_column(a, name);
}

static bool
matches(struct feed *feed, const struct notification *n)
{
    struct asked a = { .mib = cli_mib(feed->cli), .n = n };
    bool match = feed->filter == NULL || filter_matches(feed->filter, column_of, &a);

    buf_free(&a.whole);
    return match;
}

static void
print_text(struct cli *cli, const struct notification *n)
{
    struct mib *mib = cli_mib(cli);
    char at[32], name[OID_TEXT_MAX], value[512];
    time_t seconds = (time_t) (n->received / 1000000000);
    struct tm tm;

    strftime(at, sizeof at, "%Y-%m-%d %H:%M:%S", localtime_r(&seconds, &tm));
    object_text(mib, &n->name, name);
    printf("%s  %s  %s  %s", at, severity_short(n->severity), n->device != NULL ? n->device : n->origin, name);
    for (size_t i = 0; i < n->n_varbinds; i++) {
        object_text(mib, &n->varbinds[i].name, name);
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
    object_text(mib, &n->name, name);
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
        object_text(mib, &n->varbinds[i].name, name);
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
    if (!matches(feed, n))
        return true;
    feed->shown++;
    if (cli_format(feed->cli) == CLI_JSON)
        print_json(feed->cli, n);
    else
        print_text(feed->cli, n);
    return true;
}

/* Everything after feed->last, in batches that hold no read transaction between them. */
static bool
print_new(struct feed *feed, struct store *store, struct failure *why)
{
    size_t before;

    do {
        before = feed->read;
        if (!journal_after(store, feed->last, BATCH, print_row, feed, why))
            return false;
    } while (feed->read - before == BATCH && cli_turn(feed->cli, 0));
    fflush(stdout);
    return true;
}

static bool
note_time(void *arg, const struct notification *n)
{
    *(int64_t *) arg = n->received;
    return false;
}

/* The last row before `since`, found by halving: rows are in the order they came. */
static bool
find_since(struct store *store, int64_t since, int64_t oldest, int64_t newest, int64_t *before, struct failure *why)
{
    int64_t low = oldest > 0 ? oldest - 1 : 0, high = newest; /* the answer is in low..high */

    while (low < high) {
        int64_t middle = low + (high - low) / 2 + 1, received = INT64_MAX;

        if (!journal_after(store, middle - 1, 1, note_time, &received, why))
            return false;
        if (received < since)
            low = middle;
        else
            high = middle - 1;
    }
    *before = low;
    return true;
}

/* "90s", "15m", "2h", "3d", "1w" ago, or "2026-11-27", "2026-11-27 07:30". Wall clock; 0 with the message printed. */
static int64_t
parse_since(struct cli *cli, const char *text)
{
    static const char units[] = "smhdw";
    static const int64_t seconds[] = { 1, 60, 3600, 86400, 7 * 86400 };
    struct tm tm = { .tm_isdst = -1 };
    char *end;
    long long count = strtoll(text, &end, 10);
    const char *unit = *end != '\0' && end[1] == '\0' ? strchr(units, *end) : NULL, *rest;

    if (unit != NULL && end != text && count > 0 && count < 100000)
        return loop_wall() - LOOP_S(count * seconds[unit - units]);
    rest = strptime(text, "%Y-%m-%d", &tm);
    if (rest != NULL && *rest != '\0')
        rest = strptime(rest + 1, strlen(rest) > 6 ? "%H:%M:%S" : "%H:%M", &tm);
    if (rest != NULL && *rest == '\0')
        return (int64_t) mktime(&tm) * 1000000000;
    cli_usage(cli, "--since: \"%s\" is no time; write 90s, 15m, 2h, 3d or 2026-11-27 07:30", text);
    return 0;
}

/* Behind which row printing begins. */
static bool
find_begin(struct feed *feed, struct store *store, int *status)
{
    const char *since = cli_value(feed->cli, "since");
    int64_t oldest, newest, from = 0;
    struct failure why;
    long limit;

    *status = CLI_USAGE;
    if (!cli_number(feed->cli, "limit", 1, 1000000000, 100, &limit) ||
        (since != NULL && (from = parse_since(feed->cli, since)) == 0))
        return false;
    if (!journal_bounds(store, &oldest, &newest, &why) ||
        (since != NULL && !find_since(store, from, oldest, newest, &feed->last, &why))) {
        *status = cli_failed(feed->cli, &why);
        return false;
    }
    if (since == NULL && feed->filter != NULL && cli_value(feed->cli, "limit") == NULL)
        feed->last = 0;
    else if (since == NULL)
        feed->last = newest > limit ? newest - limit : 0;
    return true;
}

/* The operands as one expression. False with the message printed. */
static bool
make_filter(struct feed *feed)
{
    struct buf text = { 0 };
    struct failure why;

    for (int i = 0; i < cli_operands(feed->cli); i++)
        buf_format(&text, "%s%s", i > 0 ? " " : "", cli_operand(feed->cli, i));
    if (text.n > 0) {
        feed->filter = filter_new(text.at, &why);
        if (feed->filter == NULL)
            cli_usage(feed->cli, "%s", why.text);
    }
    buf_free(&text);
    return cli_operands(feed->cli) == 0 || feed->filter != NULL;
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
    if (!make_filter(&feed))
        return CLI_USAGE;
    if (find_begin(&feed, store, &status)) {
        bool good = print_new(&feed, store, &why);

        while (good && cli_flag(cli, "follow") && cli_turn(cli, FOLLOW_MS))
            good = print_new(&feed, store, &why);
        status = !good ? cli_failed(cli, &why) : feed.shown > 0 ? CLI_DONE : CLI_NO;
    }
    filter_free(feed.filter);
    return status;
}

/* What the store cannot tell: that it takes nothing just now. */
static void
print_trouble(struct cli *cli)
{
    struct collector_state state;
    int status;
    const struct paths *paths = cli_paths(cli, &status);

    if (paths != NULL && collector_look(paths->state, &state) && state.trouble[0] != '\0')
        printf("the collector holds %" PRIu64 " in memory and has lost %" PRIu64 ": %s\n", state.waiting, state.lost,
               state.trouble);
}

static int
run_ledger(struct cli *cli)
{
    int status = CLI_OUR_FAILURE;
    struct store *store = cli_store(cli, STORE_READ, &status);
    struct json *line = NULL;
    struct failure why;
    struct ledger l;

    if (store == NULL)
        return status;
    if (!ledger_read(store, &l, &why))
        return cli_failed(cli, &why);
    const struct {
        const char *name;
        uint64_t n;
    } all[] = {
        { "received", l.received },   { "stored", l.stored },           { "duplicate", l.duplicate },
        { "dropped", l.dropped },     { "rejected", l.rejected },       { "malformed", l.malformed },
        { "protocol", l.protocol },   { "waiting", l.waiting },         { "lost-overflow", l.lost_overflow },
        { "lost-restart", l.lost_restart }, { "kernel-drops", l.kernel_drops },
        { "informs-answered", l.informs_answered },
    };

    if (cli_format(cli) == CLI_JSON)
        line = json_new_object();
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (line != NULL)
            json_unsigned(line, all[i].name, all[i].n);
        else
            printf("%-18s %12" PRIu64 "\n", all[i].name, all[i].n);
    if (line != NULL) {
        json_flag(line, "adds-up", ledger_adds_up(&l));
        json_print(line);
    } else {
        puts(ledger_adds_up(&l) ? "it adds up" : "IT DOES NOT ADD UP");
        print_trouble(cli);
    }
    return ledger_adds_up(&l) ? CLI_DONE : CLI_NO;
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
const struct cli_command command_ledger = {
    .name = "ledger", .operands = "", .help = "what was received and what became of it", .run = run_ledger, .most = 0,
};
