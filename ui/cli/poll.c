/* trapline poll: objects again and again, with the rates of counters. */
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/objects.h"
#include "cli/print.h"

#include "api/inventory.h"
#include "api/memory.h"
#include "api/poll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OBJECTS_MAX = 1000, VALUE_TEXT_MAX = 4096 };

struct polling {
    struct cli *cli;
    struct oid *names;
    size_t n_names;
    long seconds;
    struct agent *agents;
    size_t n, busy; /* busy: have rounds left */
    int failed;     /* the exit status of the last failure */
    bool answered, done;
};

struct agent {
    struct polling *polling;
    char *name;
    struct poll *poll;
    long left; /* rounds; 0: without end */
};

static const char *const verdicts[] = {
    [POLL_NO_COUNTER] = NULL, [POLL_FIRST] = NULL, [POLL_RATE] = NULL, [POLL_WRAPPED] = "wrapped",
    [POLL_RESTART] = "the agent restarted", [POLL_DISCONTINUITY] = "counter discontinuity", [POLL_RESET] = "counter was reset",
};

static void
print_one(const struct agent *a, const char *when, const struct varbind *vb, const struct poll_rate *rate)
{
    static char value[VALUE_TEXT_MAX];
    struct cli *cli = a->polling->cli;
    char name[1024], numeric[OID_TEXT_MAX], number[40] = "";
    const char *verdict = verdicts[rate->verdict];
    const struct syntax *syntax = mib_syntax(cli_mib(cli), &vb->name);
    bool rated = rate->verdict == POLL_RATE || rate->verdict == POLL_WRAPPED;
    struct json *line;

    print_object(cli, &vb->name, name, sizeof name);
    print_value(cli, &vb->value, syntax, RENDER_PLAIN, value, sizeof value);
    if (rated)
        snprintf(number, sizeof number, "%.1f", rate->a_second);
    if (cli_format(cli) == CLI_JSON) {
        line = json_new_object();
        json_text(line, "time", when);
        json_text(line, "device", a->name);
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
    } else if (cli_format(cli) == CLI_CSV) {
        cli_csv(when, false);
        cli_csv(a->name, false);
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
    struct agent *a = arg;
    struct polling *p = a->polling;
    time_t now = time(NULL);
    struct tm local;
    char when[40];

    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S%z", localtime_r(&now, &local));
    if (round->note != NULL)
        cli_warn(p->cli, "%s: %s", a->name, round->note);
    if (round->failure != NULL)
        p->failed = cli_failed(p->cli, round->failure);
    else
        p->answered = true;
    for (size_t i = 0; i < round->n; i++)
        print_one(a, when, &round->varbinds[i], &round->rates[i]);
    fflush(stdout);
    if (a->left == 0 || --a->left > 0)
        return;
    poll_stop(a->poll);
    a->poll = NULL;
    p->done = --p->busy == 0;
}

static void
add_agent(struct polling *p, const char *name, size_t length)
{
    p->agents = memory_grow(p->agents, p->n + 1, sizeof *p->agents);
    p->agents[p->n] = (struct agent) { .polling = p, .name = memory_copy(name, length + 1) };
    p->agents[p->n++].name[length] = '\0'; /* or a comma */
}

/* One, several with commas between them, or '*': all configured devices. */
static bool
find_agents(struct polling *p, const char *words)
{
    const struct device_setting *devices;
    const struct settings *settings;
    size_t n;

    if (strcmp(words, "*") == 0) {
        settings = cli_settings(p->cli, &p->failed);
        n = settings != NULL ? settings_devices(settings, &devices) : 0;
        for (size_t i = 0; i < n; i++)
            add_agent(p, devices[i].name, strlen(devices[i].name));
        if (settings != NULL && n == 0)
            p->failed = cli_usage(p->cli, "*: no devices are configured");
        return n > 0;
    }
    for (size_t length; *words != '\0'; words += length + (words[length] == ',')) {
        length = strcspn(words, ",");
        if (length > 0)
            add_agent(p, words, length);
    }
    if (p->n == 0)
        p->failed = cli_usage(p->cli, "say which agent");
    return p->n > 0;
}

static void
poll_all(struct polling *p, long rounds)
{
    for (size_t i = 0; i < p->n; i++) {
        struct agent *a = &p->agents[i];
        struct device *device = cli_device(p->cli, a->name, &p->failed);

        if (device == NULL)
            continue;
        a->left = rounds;
        a->poll = poll_start(cli_loop(p->cli, &p->failed), device, p->names, p->n_names, LOOP_S(p->seconds),
                             on_round, a);
        p->busy++;
    }
    p->done = p->busy == 0; /* the first may have ended while the next was looked for */
    cli_wait(p->cli, &p->done);
}

static int
run_poll(struct cli *cli)
{
    struct polling p = { .cli = cli };
    long rounds;

    p.names = memory_zero(OBJECTS_MAX, sizeof *p.names);
    if (!cli_instances(cli, 1, OBJECTS_MAX, p.names, &p.n_names) ||
        !cli_number(cli, "interval", 1, 86400, 10, &p.seconds) || !cli_number(cli, "count", 1, 1000000000, 0, &rounds))
        p.failed = CLI_USAGE;
    else if (find_agents(&p, cli_operand(cli, 0)))
        poll_all(&p, rounds);
    for (size_t i = 0; i < p.n; i++) {
        poll_stop(p.agents[i].poll);
        free(p.agents[i].name);
    }
    free(p.agents);
    free(p.names);
    return p.failed != CLI_DONE && p.answered ? CLI_IN_PART : p.failed;
}

static const struct cli_option options[] = {
    { "interval", 'i', "SECONDS", "between the rounds, 10 unless said", false },
    { "count", 0, "N", "so many rounds; without end unless said", false },
    { 0 },
};

const struct cli_command command_poll = {
    .name = "poll", .operands = "AGENT[,AGENT…]|'*' OBJECT…", .help = "read objects again and again, with rates",
    .run = run_poll,
    .options = options, .takes_agent = true, .shows_values = true, .least = 2, .most = -1,
};
