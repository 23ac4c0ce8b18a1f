/* trapline mail doctor: each step of a session with a relay, which of them fails, and what to change. */
#include "cli/json.h"
#include "cli/mail.h"

#include "api/mail_doctor.h"
#include "api/outbox.h"
#include "api/text.h"

#include <stdio.h>
#include <string.h>

struct visit {
    struct cli *cli;
    const struct mail_setting *relay;
    bool done, good, tried;
};

static const char *const words[] = { [DOCTOR_NOT_REACHED] = "not reached", [DOCTOR_GOOD] = "good", [DOCTOR_BAD] = "bad",
                                     [DOCTOR_NOT_NEEDED] = "not needed" };
static const char *const marks[] = { [DOCTOR_NOT_REACHED] = "·", [DOCTOR_GOOD] = "✓", [DOCTOR_BAD] = "✗",
                                     [DOCTOR_NOT_NEEDED] = "–" };

static void
print_json(const struct visit *v, const struct mail_doctor_report *report)
{
    struct json *line = json_new_object(), *steps = json_new_array();

    json_text(line, "relay", v->relay->name);
    json_flag(line, "good", report->good);
    for (size_t i = 0; i < report->n; i++) {
        struct json *one = json_new_object();

        json_text(one, "step", report->steps[i].name);
        json_text(one, "state", words[report->steps[i].state]);
        json_text(one, "detail", report->steps[i].detail);
        json_add(steps, NULL, one);
    }
    json_add(line, "steps", steps);
    json_text(line, "advice", report->advice);
    json_print(line);
}

static void
print_text(const struct visit *v, const struct mail_doctor_report *report)
{
    const struct mail_setting *relay = v->relay;

    if (relay->port == 0)
        printf("%s  %s\n", relay->name, relay->command.n > 0 ? relay->command.items[0] : relay->server);
    else
        printf("%s  %s:%d %s%s%s\n", relay->name, relay->server, relay->port, relay->security,
               relay->user != NULL ? ", user " : "", relay->user != NULL ? relay->user : "");
    for (size_t i = 0; i < report->n; i++) {
        const struct mail_doctor_step *s = &report->steps[i];

        printf("  %s %-12s %s\n", marks[s->state], s->name, s->state == DOCTOR_NOT_REACHED ? "not reached" : s->detail);
    }
    if (!report->good)
        printf("  to change: %s\n", report->advice);
    if (cli_flag(v->cli, "verbose"))
        printf("%s", report->talk);
}

static void
visited(void *arg, const struct mail_doctor_report *report)
{
    struct visit *v = arg;

    v->done = true;
    v->good = report->good;
    v->tried = report->failure == NULL;
    if (report->failure != NULL)
        cli_failed(v->cli, report->failure);
    else if (cli_format(v->cli) == CLI_JSON)
        print_json(v, report);
    else
        print_text(v, report);
}

/* One relay; false: interrupted. */
static bool
visit(struct cli *cli, struct loop *loop, struct store *store, struct visit *v)
{
    char known[RELAY_KNOWN_MAX] = "";
    struct request *request;
    struct failure why;

    if (store != NULL && !outbox_relay_known(store, v->relay->name, known, sizeof known, &why)) {
        cli_failed(cli, &why);
        return true;
    }
    request = mail_doctor(loop, v->relay, known, visited, v);
    if (cli_wait(cli, &v->done))
        return true;
    request_cancel(request);
    return false;
}

static int
run_doctor(struct cli *cli)
{
    int status = CLI_OUR_FAILURE, result = CLI_DONE, opened = CLI_DONE;
    const struct settings *settings = cli_settings(cli, &status);
    struct loop *loop = settings != NULL ? cli_loop(cli, &status) : NULL;
    const char *wanted = cli_operand(cli, 0);
    const struct mail_setting *relays;
    size_t n = settings != NULL ? settings_mails(settings, &relays) : 0, visits = 0;
    struct store *store = loop != NULL ? cli_store_if_any(cli, &opened) : NULL;

    if (loop == NULL)
        return status;
    if (opened != CLI_DONE)
        return opened;
    for (size_t i = 0; i < n; i++) {
        struct visit v = { .cli = cli, .relay = &relays[i] };

        if (wanted != NULL && strcmp(relays[i].name, wanted) != 0)
            continue;
        visits++;
        if (!visit(cli, loop, store, &v))
            return CLI_NO_ANSWER;
        if (!v.good)
            result = v.tried ? CLI_NO_ANSWER : CLI_OUR_FAILURE;
    }
    if (visits == 0 && wanted != NULL)
        return cli_usage(cli, "no mail section is called %s; trapline mail doctor without a name looks at all", wanted);
    if (visits == 0)
        return cli_usage(cli, "no mail section says which server to send by; add one to the settings: trapline help settings");
    return result;
}

const struct cli_command mail_doctor_command = {
    .name = "doctor", .operands = "[RELAY]", .help = "can mail go: name to sender, what fails, what to change",
    .run = run_doctor, .most = 1,
};
