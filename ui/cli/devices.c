/* trapline devices: the configured devices, each asked once. */
#include "cli/commands.h"
#include "cli/json.h"

#include "api/inventory.h"
#include "api/render.h"

#include <stdio.h>
#include <stdlib.h>

struct asked {
    struct cli *cli;
    const struct device_setting *setting;
    struct device *device;
    bool done;
    char name[256], uptime[64];
    int64_t round_trip;
    struct failure why;
};

static void
answered(void *arg, const struct device_reply *reply)
{
    struct asked *a = arg;

    a->done = true;
    if (reply->failure != NULL) {
        a->why = *reply->failure;
        return;
    }
    a->round_trip = reply->round_trip;
    if (reply->n == 2) {
        render_value(&reply->varbinds[0].value, NULL, RENDER_PLAIN, a->name, sizeof a->name);
        render_value(&reply->varbinds[1].value, NULL, RENDER_PLAIN, a->uptime, sizeof a->uptime);
    }
}

static void
opened(void *arg, struct device *device, const struct failure *failure)
{
    static const char *const wanted[] = { "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.3.0" };
    struct asked *a = arg;
    struct oid names[2];

    a->device = device;
    if (device == NULL) {
        a->done = true;
        a->why = *failure;
        return;
    }
    for (int i = 0; i < 2; i++)
        oid_parse(&names[i], wanted[i]);
    device_get(device, names, 2, answered, a);
}

static void
print_asked(const struct asked *a)
{
    bool well = a->why.kind == FAILURE_NONE;
    struct json *line;

    if (cli_format(a->cli) != CLI_JSON) {
        printf("%-20s %-24s %7.1f ms  %-14s %s\n", a->setting->name, a->setting->address,
               (double) a->round_trip / 1e6, a->uptime, well ? a->name : a->why.text);
        return;
    }
    line = json_new_object();
    json_text(line, "device", a->setting->name);
    json_text(line, "address", a->setting->address);
    json_flag(line, "answers", well);
    if (well) {
        json_real(line, "milliseconds", (double) a->round_trip / 1e6);
        json_text(line, "sysName", a->name);
        json_text(line, "uptime", a->uptime);
    } else
        json_text(line, "failure", a->why.text);
    json_print(line);
}

static int
run_devices(struct cli *cli)
{
    int status = CLI_DONE;
    const struct settings *settings = cli_settings(cli, &status);
    struct engine *engine = settings != NULL ? cli_engine(cli, &status) : NULL;
    const struct device_setting *devices;
    struct asked *asked;
    size_t n;

    if (engine == NULL)
        return status;
    n = settings_devices(settings, &devices);
    asked = calloc(n + 1, sizeof *asked);
    if (asked == NULL)
        return CLI_OUR_FAILURE;
    for (size_t i = 0; i < n; i++) {
        const struct profile *profile =
            devices[i].profile != NULL ? settings_profile(settings, devices[i].profile) : NULL;

        asked[i].cli = cli;
        asked[i].setting = &devices[i];
        inventory_open(cli_loop(cli, &status), engine, &devices[i], profile, true, opened, &asked[i]);
    }
    for (size_t i = 0; i < n; i++) {
        cli_wait(cli, &asked[i].done);
        print_asked(&asked[i]);
        if (asked[i].why.kind != FAILURE_NONE)
            status = CLI_IN_PART;
        device_free(asked[i].device);
    }
    free(asked);
    return status;
}

const struct cli_command command_devices = {
    .name = "devices", .operands = "", .help = "the configured devices, each asked once", .run = run_devices,
    .least = 0, .most = 0,
};
