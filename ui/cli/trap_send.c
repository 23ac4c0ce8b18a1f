/* trapline send-trap: one notification, named and checked by the modules. */
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/objects.h"
#include "cli/print.h"
#include "cli/trap_handled.h"

#include "api/memory.h"
#include "api/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { VARBINDS_MAX = 64 };

/* What became of it. */
struct sending {
    bool done;
    struct failure why; /* kind FAILURE_NONE: it went well */
    int64_t round_trip;
};

static void
on_reply(void *arg, const struct device_reply *reply)
{
    struct sending *sending = arg;

    sending->done = true;
    sending->round_trip = reply->round_trip;
    if (reply->failure != NULL)
        sending->why = *reply->failure;
}

static bool
take_uptime(struct cli *cli, uint32_t *out)
{
    struct timespec now;
    long given;

    clock_gettime(CLOCK_BOOTTIME, &now);
    if (!cli_number(cli, "uptime", 0, UINT32_MAX, -1, &given))
        return false;
    *out = given >= 0 ? (uint32_t) given : (uint32_t) (now.tv_sec * 100 + now.tv_nsec / 10000000);
    return true;
}

/* A scalar needs its .0, a column its index: without one the receiver can make nothing of it. */
static bool
has_instance(struct cli *cli, const struct assignment *a)
{
    struct mib *mib = cli_mib(cli);
    uint32_t used = 0;

    if (a->info.syntax == NULL || mib_lookup(mib, &a->varbind.name, &used) == MIB_NONE || used < a->varbind.name.n)
        return true;
    cli_usage(cli, a->info.kind == MIB_KIND_COLUMN ? "%s: of which row? write %s.INDEX=VALUE" :
              "%s: has no instance; write %s.0=VALUE", a->object, a->object);
    return false;
}

static void
warn_of_missing(struct cli *cli, const struct oid *name, const char *text, const struct varbind *varbinds, size_t n)
{
    struct mib *mib = cli_mib(cli);
    uint32_t used = 0;
    mib_node node = mib != NULL ? mib_lookup(mib, name, &used) : MIB_NONE, objects[VARBINDS_MAX];
    struct mib_info info;
    size_t n_objects;

    if (node == MIB_NONE || used < name->n || !mib_info(mib, node, &info))
        return;
    if (info.kind != MIB_KIND_NOTIFICATION) {
        cli_warn(cli, "%s: %s does not define it as a notification", text, info.module);
        return;
    }
    n_objects = mib_objects(mib, node, objects, VARBINDS_MAX);
    for (size_t i = 0; i < n_objects && i < VARBINDS_MAX; i++) {
        struct oid object = mib_oid(mib, objects[i]);
        bool given = false;

        for (size_t j = 0; j < n; j++)
            given = given || oid_within(&object, &varbinds[j].name);
        if (!given)
            cli_warn(cli, "%s carries %s by its definition; sent without", text, mib_name(mib, objects[i]));
    }
}

static void
print_outcome(struct cli *cli, const char *target, bool inform, const struct sending *sending)
{
    double ms = (double) sending->round_trip / 1e6;
    struct json *line;

    if (cli_format(cli) == CLI_JSON) {
        line = json_new_object();
        json_text(line, "target", target);
        json_text(line, "outcome", inform ? "acknowledged" : "sent");
        if (inform)
            json_real(line, "milliseconds", ms);
        json_print(line);
    } else if (inform) {
        printf("%s: acknowledged in %.1f ms\n", target, ms);
    } else {
        printf("%s: sent; nobody answers a trap\n", target);
    }
}

static int
transmit(struct cli *cli, const struct notice *notice)
{
    const char *target = cli_operand(cli, 0);
    struct sending sending = { 0 };
    struct receiver receiver;
    int status;

    if (!cli_receiver(cli, target, &receiver, &status))
        return status;
    device_notify(notice->inform ? receiver.informs : receiver.traps, notice, on_reply, &sending);
    if (!cli_wait(cli, &sending.done))
        failure_set(&sending.why, FAILURE_UNREACHABLE, "%s: interrupted before it was answered", target);
    if (sending.why.kind != FAILURE_NONE)
        return cli_failed(cli, &sending.why);
    print_outcome(cli, target, notice->inform, &sending);
    return CLI_DONE;
}

static int
send_handled(struct cli *cli)
{
    struct handled *handled = memory_zero(1, sizeof *handled);
    int status = CLI_USAGE;

    if (cli_operands(cli) > 1)
        cli_usage(cli, "%s: with --snmptrapd the notification comes from standard input", cli_operand(cli, 1));
    else if (handled_read(cli, stdin, handled) && (!cli_flag(cli, "uptime") || take_uptime(cli, &handled->uptime)))
        status = transmit(cli, &(struct notice) { .inform = cli_flag(cli, "inform"), .name = handled->name,
                                                  .uptime = handled->uptime, .varbinds = handled->varbinds, .n = handled->n });
    free(handled);
    return status;
}

static int
send_written(struct cli *cli)
{
    size_t n = (size_t) cli_operands(cli) - 2;
    struct assignment *assignments;
    struct varbind *varbinds;
    struct notice notice = { .inform = cli_flag(cli, "inform"), .n = n };
    bool good;

    if (n > VARBINDS_MAX)
        return cli_usage(cli, "more than %d objects", VARBINDS_MAX);
    assignments = memory_alloc((n + 1) * sizeof *assignments);
    notice.varbinds = varbinds = memory_alloc((n + 1) * sizeof *varbinds);
    good = cli_object(cli, cli_operand(cli, 1), &notice.name) && take_uptime(cli, &notice.uptime);
    for (size_t i = 0; good && i < n; i++) {
        good = cli_assignment(cli, cli_operand(cli, (int) i + 2), &assignments[i]) && has_instance(cli, &assignments[i]);
        varbinds[i] = assignments[i].varbind;
    }
    if (good)
        warn_of_missing(cli, &notice.name, cli_operand(cli, 1), varbinds, n);
    int status = good ? transmit(cli, &notice) : CLI_USAGE;

    free(assignments);
    free(varbinds);
    return status;
}

static int
run_send_trap(struct cli *cli)
{
    if (cli_flag(cli, "snmptrapd"))
        return send_handled(cli);
    return cli_operands(cli) >= 2 ? send_written(cli) : cli_usage(cli, "which notification? Write its name behind the target");
}

static const struct cli_option send_trap_options[] = {
    { "inform", 0, NULL, "as an inform: wait for its acknowledgement", false },
    { "uptime", 0, "HUNDREDTHS", "sysUpTime.0; default: this machine's", false },
    { "snmptrapd", 0, NULL, "what its traphandle gives on standard input", false },
    { "engine-id", 'e', "0xHEX", "v3 trap: the sender's engine; default: one of our own", false },
    { 0 },
};

const struct cli_command command_send_trap = {
    .name = "send-trap", .operands = "TARGET [NOTIFICATION [OBJECT=VALUE…]]", .help = "send a trap or an inform",
    .run = run_send_trap, .options = send_trap_options, .takes_agent = true, .least = 1, .most = -1,
};
