/* trapline poll: objects again and again, with the rates of counters. */
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/objects.h"
#include "cli/print.h"

#include "api/poll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OBJECTS_MAX = 1000, VALUE_TEXT_MAX = 4096 };

struct polling {
    struct cli *cli;
    const char *agent;
    long left; /* rounds; 0: without end */
    int status;
    bool done;
};

static const char *const verdicts[] = {
    [POLL_NO_COUNTER] = NULL, [POLL_FIRST] = NULL, [POLL_RATE] = NULL, [POLL_WRAPPED] = "wrapped",
    [POLL_RESTART] = "the agent restarted", [POLL_DISCONTINUITY] = "counter discontinuity", [POLL_RESET] = "counter was reset",
};

static void
print_one(const struct polling *p, const char *when, const struct varbind *vb, const struct poll_rate *rate)
{
    static char value[VALUE_TEXT_MAX];
    char name[1024], numeric[OID_TEXT_MAX], number[40] = "";
    const char *verdict = verdicts[rate->verdict];
    const struct syntax *syntax = mib_syntax(cli_mib(p->cli), &vb->name);
    bool rated = rate->verdict == POLL_RATE || rate->verdict == POLL_WRAPPED;
    struct json *line;

    print_object(p->cli, &vb->name, name, sizeof name);
    print_value(p->cli, &vb->value, syntax, RENDER_PLAIN, value, sizeof value);
    if (rated)
        snprintf(number, sizeof number, "%.1f", rate->a_second);
    if (cli_format(p->cli) == CLI_JSON) {
        line = json_new_object();
        json_text(line, "time", when);
        json_text(line, "device", p->agent);
        json_text(line, "object", name);
        json_text(line, "oid", oid_format(&vb->name, numeric));
        json_text(line, "type", value_type_name(vb->value.type));
        json_text(line, "value", value);
        if (rated)
            json_real(line, "rate", rate->a_second);
        else
            json_text(line, "rate", NULL);
        json_text(line, "note", verdict);
        json_print(line);
    } else if (cli_format(p->cli) == CLI_CSV) {
        cli_csv(when, false);
        cli_csv(p->agent, false);
        cli_csv(name, false);
        cli_csv(oid_format(&vb->name, numeric), false);
        cli_csv(value_type_name(vb->value.type), false);
        cli_csv(value, false);
        cli_csv(number, false);
        cli_csv(verdict != NULL ? verdict : "", true);
    } else
        printf("%s  %s = %s%s%s%s%s%s\n", when, name, value, rated ? "  " : "", number, rated ? "/s" : "",
               verdict != NULL ? "  " : "", verdict != NULL ? verdict : "");
}

static void
on_round(void *arg, const struct poll_round *round)
{
    struct polling *p = arg;
    time_t now = time(NULL);
    struct tm local;
    char when[40];

    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S%z", localtime_r(&now, &local));
    if (round->note != NULL)
        cli_warn(p->cli, "%s: %s", p->agent, round->note);
    if (round->failure != NULL)
        p->status = cli_failed(p->cli, round->failure);
    else if (p->status == CLI_NO_ANSWER)
        p->status = CLI_IN_PART;
    for (size_t i = 0; i < round->n; i++)
        print_one(p, when, &round->varbinds[i], &round->rates[i]);
    fflush(stdout);
    p->done = p->left > 0 && --p->left == 0;
}

static int
run_poll(struct cli *cli)
{
    struct polling p = { .cli = cli, .agent = cli_operand(cli, 0) };
    struct oid *names = calloc(OBJECTS_MAX, sizeof *names);
    long seconds, most;
    struct device *device;
    struct poll *poll;
    size_t n;

    if (names == NULL || !cli_objects(cli, 1, OBJECTS_MAX, names, &n) ||
        !cli_number(cli, "interval", 1, 86400, 10, &seconds) || !cli_number(cli, "count", 1, 1000000000, 0, &most)) {
        free(names);
        return CLI_USAGE;
    }
    p.left = most;
    device = cli_device(cli, p.agent, &p.status);
    if (device != NULL) {
        poll = poll_start(cli_loop(cli, &p.status), device, names, n, LOOP_S(seconds), on_round, &p);
        cli_wait(cli, &p.done);
        poll_stop(poll);
    }
    free(names);
    return p.status;
}

static const struct cli_option options[] = {
    { "interval", 'i', "SECONDS", "between the rounds, 10 unless said", false },
    { "count", 0, "N", "so many rounds; without end unless said", false },
    { 0 },
};

const struct cli_command command_poll = {
    .name = "poll", .operands = "AGENT OBJECT…", .help = "read objects again and again, with rates", .run = run_poll,
    .options = options, .takes_agent = true, .shows_values = true, .least = 2, .most = -1,
};
