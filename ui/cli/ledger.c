/* trapline ledger: what was received and what became of it; by listener, by sender, by the hour. */
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/rows.h"

#include "api/collector.h"
#include "api/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SENDERS_SHOWN = 50 };

enum by { BY_NOTHING, BY_LISTENER, BY_SENDER };

/* One line of the table: whose, of which hour (0: of all the time asked for). */
struct line {
    char *who;
    int64_t hour;
    struct ledger sums;
};

struct table {
    enum by by;
    bool hourly, by_hour; /* a line an hour; of hours, of which it is not told what waited */
    struct line *lines;
    size_t n, room;
};

/* What stands in the columns; of a sender less is known than of a listener. */
static const struct {
    const char *name;
    size_t at;
    bool of_senders;
} columns[] = {
#define COLUMN(name, field, of_senders) { name, offsetof(struct ledger, field), of_senders }
    COLUMN("received", received, true),        COLUMN("stored", stored, true),
    COLUMN("duplicate", duplicate, true),      COLUMN("dropped", dropped, true),
    COLUMN("rejected", rejected, true),        COLUMN("malformed", malformed, false),
    COLUMN("protocol", protocol, false),       COLUMN("waiting", waiting, false),
    COLUMN("lost-overflow", lost_overflow, false), COLUMN("lost-restart", lost_restart, false),
    COLUMN("kernel-drops", kernel_drops, false),   COLUMN("informs-answered", informs_answered, false),
#undef COLUMN
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static bool
is_shown(const struct table *table, size_t column)
{
    return (table->by != BY_SENDER || columns[column].of_senders) &&
           (!table->by_hour || columns[column].at != offsetof(struct ledger, waiting));
}

static uint64_t
cell(const struct ledger *sums, size_t column)
{
    return *(const uint64_t *) (const void *) ((const char *) sums + columns[column].at);
}

static void
add_line(struct table *table, const char *who, int64_t hour, const struct ledger *sums)
{
    if (table->n == table->room) {
        table->room = table->room > 0 ? 2 * table->room : 64;
        table->lines = memory_grow(table->lines, table->room, sizeof *table->lines);
    }
    table->lines[table->n++] = (struct line) { memory_text(table->by == BY_NOTHING ? "" : who), table->hourly ? hour : 0, *sums };
}

static bool
take_hour(void *arg, const struct ledger_hour *hour)
{
    add_line(arg, hour->listener, hour->hour, &hour->ledger);
    return true;
}

static bool
take_listener(void *arg, const struct listener *listener)
{
    add_line(arg, listener->name, 0, &listener->ledger);
    return true;
}

static bool
take_sender(void *arg, const struct sender_count *sender)
{
    struct ledger sums = { .received = sender->stored + sender->duplicate + sender->dropped + sender->rejected,
                           .stored = sender->stored, .duplicate = sender->duplicate, .dropped = sender->dropped,
                           .rejected = sender->rejected };

    add_line(arg, sender->source, sender->first, &sums);
    return true;
}

static int
by_name(const void *a, const void *b)
{
    const struct line *one = a, *other = b;

    return one->hour != other->hour ? (one->hour > other->hour ? 1 : -1) : strcmp(one->who, other->who);
}

static int
by_size(const void *a, const void *b)
{
    const struct line *one = a, *other = b;

    if (one->hour != other->hour)
        return one->hour > other->hour ? 1 : -1;
    return one->sums.received != other->sums.received ? (one->sums.received < other->sums.received ? 1 : -1)
                                                      : strcmp(one->who, other->who);
}

/* Lines of the same hour and name become one. */
static void
merge(struct table *table)
{
    size_t kept = 0;

    if (table->n > 0)
        qsort(table->lines, table->n, sizeof *table->lines, by_name);
    for (size_t i = 0; i < table->n; i++) {
        struct line *to = kept > 0 ? &table->lines[kept - 1] : NULL;

        if (to == NULL || by_name(to, &table->lines[i]) != 0) {
            table->lines[kept++] = table->lines[i];
            continue;
        }
        for (size_t c = 0; c < COLUMNS; c++)
            *(uint64_t *) (void *) ((char *) &to->sums + columns[c].at) += cell(&table->lines[i].sums, c);
        free(table->lines[i].who);
    }
    table->n = kept;
    if (table->by == BY_SENDER && kept > 0)
        qsort(table->lines, kept, sizeof *table->lines, by_size);
}

static void
print_line(struct cli *cli, const struct table *table, const struct line *line)
{
    struct json *json = cli_format(cli) == CLI_JSON ? json_new_object() : NULL;
    bool csv = cli_format(cli) == CLI_CSV;
    time_t seconds = (time_t) (line->hour / 1000000000);
    char at[32] = "", number[24];
    struct tm tm;

    strftime(at, sizeof at, "%Y-%m-%d %H:%M", localtime_r(&seconds, &tm));
    if (json != NULL && table->hourly)
        json_integer(json, "hour", (int64_t) seconds);
    else if (table->hourly)
        csv ? cli_csv(at, false) : (void) printf("%-16s  ", at);
    if (json != NULL && table->by != BY_NOTHING)
        json_text(json, table->by == BY_SENDER ? "sender" : "listener", line->who);
    else if (table->by != BY_NOTHING)
        csv ? cli_csv(line->who, false) : (void) printf("%-22s", line->who);
    for (size_t c = 0; c < COLUMNS; c++) {
        if (!is_shown(table, c))
            continue;
        snprintf(number, sizeof number, "%" PRIu64, cell(&line->sums, c));
        if (json != NULL)
            json_unsigned(json, columns[c].name, cell(&line->sums, c));
        else if (csv)
            cli_csv(number, c == COLUMNS - 1 || (table->by == BY_SENDER && !columns[c + 1].of_senders));
        else
            printf(" %*s", (int) strlen(columns[c].name) > 10 ? (int) strlen(columns[c].name) : 10, number);
    }
    if (json != NULL)
        json_print(json);
    else if (!csv)
        putchar('\n');
}

static void
print_heading(const struct table *table)
{
    if (table->hourly)
        printf("%-16s  ", "hour");
    if (table->by != BY_NOTHING)
        printf("%-22s", table->by == BY_SENDER ? "sender" : "listener");
    for (size_t c = 0; c < COLUMNS; c++)
        if (is_shown(table, c))
            printf(" %10s", columns[c].name);
    putchar('\n');
}

static int
print_table(struct cli *cli, struct store *store, struct table *table, int64_t since)
{
    struct failure why;
    bool good;
    long limit;

    table->by_hour = table->hourly || since > 0;
    if (!cli_number(cli, "limit", 1, 1000000, SENDERS_SHOWN, &limit))
        return CLI_USAGE;
    if (table->by == BY_SENDER)
        good = table->by_hour ? ledger_sender_hours(store, since, NULL, take_sender, table, &why)
                       : ledger_senders(store, (size_t) limit, take_sender, table, &why);
    else
        good = table->by_hour ? ledger_hours(store, since, take_hour, table, &why) : ledger_listeners(store, take_listener, table, &why);
    if (!good)
        return cli_failed(cli, &why);
    merge(table);
    if (table->by == BY_SENDER && !table->hourly && table->n > (size_t) limit)
        cli_warn(cli, "%zu more senders; --limit %zu shows them", table->n - (size_t) limit, table->n);
    if (cli_format(cli) == CLI_TEXT && table->n > 0)
        print_heading(table);
    for (size_t i = 0; i < table->n && (table->by != BY_SENDER || table->hourly || i < (size_t) limit); i++)
        print_line(cli, table, &table->lines[i]);
    return table->n > 0 ? CLI_DONE : CLI_NO;
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
print_sums(struct cli *cli, struct store *store)
{
    struct json *line = NULL;
    struct failure why;
    struct ledger l;

    if (!ledger_read(store, &l, &why))
        return cli_failed(cli, &why);
    if (cli_format(cli) == CLI_JSON)
        line = json_new_object();
    for (size_t c = 0; c < COLUMNS; c++)
        if (line != NULL)
            json_unsigned(line, columns[c].name, cell(&l, c));
        else
            printf("%-18s %12" PRIu64 "\n", columns[c].name, cell(&l, c));
    if (line != NULL) {
        json_flag(line, "adds-up", ledger_adds_up(&l));
        json_print(line);
    } else {
        puts(ledger_adds_up(&l) ? "it adds up" : "IT DOES NOT ADD UP");
        print_trouble(cli);
    }
    return ledger_adds_up(&l) ? CLI_DONE : CLI_NO;
}

static int
run_ledger(struct cli *cli)
{
    const char *by = cli_value(cli, "by"), *text = cli_value(cli, "since");
    struct table table = { .hourly = cli_flag(cli, "hourly"), .by = by == NULL ? BY_NOTHING : by[0] == 's' ? BY_SENDER : BY_LISTENER };
    int64_t since = text != NULL ? rows_time(cli, text) : 0;
    int status = CLI_OUR_FAILURE;
    struct store *store;

    if (text != NULL && since == 0)
        return CLI_USAGE;
    if (by != NULL && strcmp(by, "listener") != 0 && strcmp(by, "sender") != 0)
        return cli_usage(cli, "--by: \"%s\" is neither listener nor sender", by);
    store = cli_store(cli, STORE_READ, &status);
    if (store == NULL)
        return status;
    if (by == NULL && text == NULL && !table.hourly)
        return print_sums(cli, store);
    status = print_table(cli, store, &table, since);
    for (size_t i = 0; i < table.n; i++)
        free(table.lines[i].who);
    free(table.lines);
    return status;
}

static const struct cli_option ledger_options[] = {
    { "by", 0, "listener|sender", "a line each", false },
    { "since", 0, "TIME", "90s, 15m, 2h, 3d ago, or 2026-11-27 07:30", false },
    { "hourly", 0, NULL, "a line an hour", false },
    { "limit", 0, "COUNT", "of the busiest senders (50)", false },
    { 0 },
};

const struct cli_command command_ledger = {
    .name = "ledger", .operands = "", .help = "what was received and what became of it", .run = run_ledger,
    .options = ledger_options, .most = 0,
};
