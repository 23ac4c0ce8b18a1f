/* trapline get, next, walk: what an agent says. */
#include "cli/commands.h"
#include "cli/formats.h"
#include "cli/json.h"
#include "cli/objects.h"
#include "cli/print.h"
#include "cli/read.h"

#include "api/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OBJECTS_MAX = 1000 };

static void
print_reply(void *arg, const struct device_reply *reply)
{
    struct reading *r = arg;

    r->done = true;
    if (reply->failure != NULL) {
        r->status = cli_failed(r->cli, reply->failure);
        return;
    }
    for (size_t i = 0; i < reply->n; i++) {
        print_varbind(r->cli, r->agent, &reply->varbinds[i]);
        if (value_is_exception(&reply->varbinds[i].value))
            r->status = CLI_NO;
    }
}

typedef struct request *ask_fn(struct device *, const struct oid *, size_t, device_reply_fn *, void *);
typedef bool objects_fn(struct cli *, int, size_t, struct oid *, size_t *);

static int
ask(struct cli *cli, objects_fn *objects, ask_fn *fn)
{
    struct reading r = { .cli = cli, .agent = cli_operand(cli, 0) };
    struct oid *names = calloc(OBJECTS_MAX, sizeof *names);
    struct device *device;
    size_t n;

    if (names == NULL || !objects(cli, 1, OBJECTS_MAX, names, &n))
        r.status = CLI_USAGE;
    else if ((device = cli_device(cli, r.agent, &r.status)) != NULL) {
        fn(device, names, n, print_reply, &r);
        if (!cli_wait(cli, &r.done))
            r.status = CLI_NO_ANSWER;
    }
    free(names);
    return r.status;
}

static int
run_get(struct cli *cli)
{
    return ask(cli, cli_instances, device_get);
}

static int
run_next(struct cli *cli)
{
    return ask(cli, cli_objects, device_get_next);
}

static void
print_rows(void *arg, const struct varbind *varbinds, size_t n)
{
    struct reading *r = arg;

    for (size_t i = 0; i < n && r->format == NULL; i++)
        print_varbind(r->cli, r->agent, &varbinds[i]);
    for (size_t i = 0; i < n && r->format != NULL; i++)
        r->format(&varbinds[i]);
    r->last = varbinds[n - 1].name;
}

void
read_ended(void *arg, const struct walk_end *end)
{
    struct reading *r = arg;

    r->done = true;
    r->view_ended = end->view_ended;
    if (end->note != NULL) {
        cli_warn(r->cli, "%s: %s", r->agent, end->note);
        r->status = CLI_IN_PART;
    }
    if (end->failure != NULL) {
        r->status = cli_failed(r->cli, end->failure);
        if (end->varbinds > 0)
            r->status = CLI_IN_PART;
    } else if (end->varbinds == 0)
        r->status = CLI_NO;
}

static int
run_walk(struct cli *cli)
{
    struct reading r = { .cli = cli, .agent = cli_operand(cli, 0) };
    struct oid roots[2] = { { 0 } };
    struct device *device;
    const char *format = cli_value(cli, "format");
    size_t n;

    if (format != NULL && strcmp(format, "trapline") != 0 && (r.format = format_find(format)) == NULL)
        return cli_usage(cli, "--format %s: write trapline, snmpwalk or snmprec", format);
    if (!cli_objects(cli, 1, 1, roots, &n))
        return CLI_USAGE;
    if (n == 0)
        oid_parse(&roots[0], "1.3.6.1");
    device = cli_device(cli, r.agent, &r.status);
    if (device == NULL)
        return r.status;
    device_walk(device, &roots[0], print_rows, read_ended, &r);
    if (!cli_wait(cli, &r.done)) {
        r.status = CLI_IN_PART;
        cli_warn(cli, "%s: interrupted; what was read stands above", r.agent);
    } else if (r.view_ended && r.last.n > 0 && r.format != NULL && r.format == format_find("snmpwalk"))
        format_view_end(&r.last);
    return r.status;
}

const struct cli_command command_get = {
    .name = "get", .operands = "AGENT OBJECT…", .help = "read objects of a device", .run = run_get,
    .takes_agent = true, .shows_values = true, .least = 2, .most = -1,
};
const struct cli_command command_next = {
    .name = "next", .operands = "AGENT OBJECT…", .help = "read what follows each object", .run = run_next,
    .takes_agent = true, .shows_values = true, .least = 2, .most = -1,
};
static const struct cli_option walk_options[] = {
    { "format", 0, "FORMAT", "trapline (as get prints it), snmpwalk (-On) or snmprec", false },
    { NULL, 0, NULL, NULL, false },
};

const struct cli_command command_walk = {
    .name = "walk", .operands = "AGENT [OBJECT]", .help = "read everything below an object", .run = run_walk,
    .options = walk_options,
    .takes_agent = true, .shows_values = true, .least = 1, .most = 2,
};
