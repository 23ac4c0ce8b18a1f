/* trapline replay: rows of the journal, sent to another receiver.
 *
 * The journal keeps datagrams with their community masked, so each is made anew under the credentials given. What was
 * an inform goes as an inform, which is to be acknowledged. */
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/rows.h"

#include "api/memory.h"
#include "api/notify.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 200, OUTSTANDING_MAX = 64, RATE = 100, RATE_MAX = 100000, SILENT_MAX = 10 };

struct replay {
    struct cli *cli;
    struct filter *filter; /* or NULL */
    struct receiver receiver;
    int64_t last, until, rate, begun; /* rows read up to; the last one wanted; a second; loop time */
    uint64_t matched, sent, acknowledged, failed, outstanding;
    bool whole;            /* all that were wanted have been read */
    struct failure why;    /* of the first that failed */
};

struct one {
    struct replay *replay;
    bool inform;
};

static void
on_reply(void *arg, const struct device_reply *reply)
{
    struct one *one = arg;
    struct replay *replay = one->replay;

    replay->outstanding--;
    if (reply->failure == NULL) {
        replay->sent++;
        replay->acknowledged += one->inform;
    } else if (replay->failed++ == 0) {
        replay->why = *reply->failure;
    }
    free(one);
}

static bool
has_address(const struct notification *n, const struct oid *name)
{
    for (size_t i = 0; i < n->n_varbinds; i++)
        if (oid_compare(&n->varbinds[i].name, name) == 0)
            return true;
    return false;
}

/* Its origin as snmpTrapAddress.0 (RFC 3584 §3.1), unless it says so itself or is not IPv4. */
static const struct varbind *
with_origin(const struct notification *n, struct varbind *room, uint8_t address[4], size_t *n_out)
{
    static const uint32_t arcs[] = { 1, 3, 6, 1, 6, 3, 18, 1, 3, 0 };
    struct varbind *more = &room[n->n_varbinds];

    oid_set(&more->name, arcs, sizeof arcs / sizeof *arcs);
    *n_out = n->n_varbinds;
    if (has_address(n, &more->name) || n->origin == NULL || inet_pton(AF_INET, n->origin, address) != 1)
        return n->varbinds;
    if (n->n_varbinds > 0)
        memcpy(room, n->varbinds, n->n_varbinds * sizeof *room);
    more->value = (struct value) { VALUE_IPADDRESS, 4, { .octets = address } };
    ++*n_out;
    return room;
}

static void
send_row(struct replay *replay, const struct notification *n)
{
    bool v1 = n->version == 1, inform = cli_flag(replay->cli, "inform") || (n->inform && !cli_flag(replay->cli, "trap"));
    struct notice notice = { .name = n->name, .uptime = (uint32_t) n->uptime, .varbinds = n->varbinds,
                             .n = n->n_varbinds, .inform = inform };
    struct varbind *room = NULL;
    uint8_t address[4];
    struct device *to = inform ? replay->receiver.informs : v1 ? replay->receiver.v1 : replay->receiver.traps;
    struct one *one = memory_alloc(sizeof *one);

    if (cli_flag(replay->cli, "with-origin") && !v1) {
        room = memory_alloc((n->n_varbinds + 1) * sizeof *room);
        notice.varbinds = with_origin(n, room, address, &notice.n);
    }
    *one = (struct one) { replay, inform };
    replay->outstanding++;
    device_notify(to, &notice, on_reply, one);
    free(room);
}

/* How many may go now, by the rate and by what is unanswered. */
static uint64_t
allowed(const struct replay *replay)
{
    uint64_t due = UINT64_MAX, room;

    if (replay->rate > 0)
        due = (uint64_t) ((double) (loop_clock() - replay->begun) / 1e9 * (double) replay->rate) + 1;
    room = replay->outstanding < OUTSTANDING_MAX ? OUTSTANDING_MAX - replay->outstanding : 0;
    return due <= replay->matched ? 0 : due - replay->matched < room ? due - replay->matched : room;
}

static bool
on_row(void *arg, const struct notification *n)
{
    struct replay *replay = arg;

    if (n->id > replay->until || allowed(replay) == 0)
        return false;
    replay->last = n->id;
    if (row_matches(replay->cli, replay->filter, n)) {
        replay->matched++;
        send_row(replay, n);
    }
    return true;
}

/* "17" or "17-40": which rows. */
static bool
take_ids(struct cli *cli, const char *text, struct replay *replay)
{
    char *end;
    const char *dash = strchr(text, '-');
    long long first = strtoll(text, &end, 10), last = first;
    bool good = end != text && end == (dash != NULL ? dash : text + strlen(text));

    if (good && dash != NULL) {
        last = strtoll(dash + 1, &end, 10);
        good = dash[1] != '\0' && *end == '\0';
    }
    if (!good || first < 1 || last < first)
        return cli_usage(cli, "--id: \"%s\" is no row; write 17 or 17-40 (trapline --json traps tells them)", text), false;
    replay->last = first - 1;
    replay->until = last;
    return true;
}

/* False with the message printed. */
static bool
choose(struct replay *replay, struct store *store, int *status)
{
    const char *id = cli_value(replay->cli, "id"), *since = cli_value(replay->cli, "since");
    int64_t oldest;
    struct failure why;
    long rate;

    *status = CLI_USAGE;
    if (!cli_number(replay->cli, "rate", 0, RATE_MAX, RATE, &rate) || !rows_filter(replay->cli, 1, &replay->filter))
        return false;
    replay->rate = rate;
    if (id == NULL && since == NULL && replay->filter == NULL)
        return cli_usage(replay->cli, "say which rows: --id ROW, --since TIME or a FILTER"), false;
    if (!journal_bounds(store, &oldest, &replay->until, &why)) {
        *status = cli_failed(replay->cli, &why);
        return false;
    }
    if (since != NULL && !rows_since(replay->cli, store, since, &replay->last, status))
        return false;
    return id == NULL || take_ids(replay->cli, id, replay);
}

static int
report(const struct replay *replay)
{
    struct json *line;

    if (cli_format(replay->cli) == CLI_JSON) {
        line = json_new_object();
        json_unsigned(line, "rows", replay->matched);
        json_unsigned(line, "sent", replay->sent);
        json_unsigned(line, "acknowledged", replay->acknowledged);
        json_unsigned(line, "failed", replay->failed);
        json_print(line);
    } else {
        printf("%" PRIu64 " of %" PRIu64 " sent, %" PRIu64 " of them acknowledged\n", replay->sent, replay->matched,
               replay->acknowledged);
    }
    if (replay->failed > 0)
        cli_failed(replay->cli, &replay->why);
    if (!replay->whole)
        cli_warn(replay->cli, "stopped at row %" PRId64, replay->last);
    if (replay->matched == 0)
        return CLI_NO;
    return replay->sent == 0 ? CLI_NO_ANSWER : replay->failed > 0 || !replay->whole ? CLI_IN_PART : CLI_DONE;
}

/* In batches that hold no read transaction between them. */
static bool
send_all(struct replay *replay, struct store *store, struct failure *why)
{
    replay->begun = loop_clock();
    while (!replay->whole) {
        int64_t before = replay->last;

        if (allowed(replay) > 0 && !journal_after(store, replay->last, BATCH, on_row, replay, why))
            return false;
        if (replay->failed >= SILENT_MAX && replay->sent == 0)
            return true; /* nobody is there */
        replay->whole = replay->last >= replay->until || (allowed(replay) > 0 && replay->last == before);
        if (!cli_turn(replay->cli, replay->whole || allowed(replay) > 0 ? 0 : 1))
            return true;
    }
    while (replay->outstanding > 0 && cli_turn(replay->cli, 100))
        ;
    return true;
}

static int
run_replay(struct cli *cli)
{
    struct replay replay = { .cli = cli };
    struct failure why = { 0 };
    int status;
    struct store *store = cli_store(cli, STORE_READ, &status);

    if (store == NULL)
        return status;
    if (cli_flag(cli, "inform") && cli_flag(cli, "trap"))
        return cli_usage(cli, "--inform and --trap: one of them");
    if (choose(&replay, store, &status) && cli_receiver(cli, cli_operand(cli, 0), &replay.receiver, &status)) {
        if (!send_all(&replay, store, &why))
            cli_failed(cli, &why);
        replay.whole = replay.whole && replay.outstanding == 0;
        status = report(&replay);
    }
    filter_free(replay.filter);
    return status;
}

static const struct cli_option replay_options[] = {
    { "id", 0, "ROW[-ROW]", "these rows", false },
    { "since", 0, "TIME", "90s, 15m, 2h, 3d ago, or 2026-11-27 07:30", false },
    { "rate", 0, "COUNT", "a second (100); 0: as fast as they go", false },
    { "inform", 0, NULL, "all as informs", false },
    { "trap", 0, NULL, "all as traps", false },
    { "with-origin", 0, NULL, "tell the device as snmpTrapAddress.0", false },
    { "engine-id", 'e', "0xHEX", "v3 traps: the sender's engine; default: one of our own", false },
    { 0 },
};

const struct cli_command command_replay = {
    .name = "replay", .operands = "TARGET [FILTER]", .help = "send rows of the journal to another receiver",
    .run = run_replay, .options = replay_options, .takes_agent = true, .least = 1, .most = -1,
};
