/* trapline set and changes: show the plan, set, read back, journal. */
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/objects.h"
#include "cli/print.h"

#include "api/changes.h"
#include "api/render.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SETS_MAX = 32, TEXT_MAX = 4096 };

/* One staged varbind through its life: what it is, what it shall be, what it became. */
struct staged {
    struct assignment to;
    char now[TEXT_MAX], wanted[TEXT_MAX], back[TEXT_MAX];
    struct varbind *before, *after; /* copies, or NULL */
};

struct setting {
    struct cli *cli;
    const char *agent;
    struct staged *staged;
    size_t n;
    bool done;
    struct failure why; /* of the step under way */
    bool failed;
    int error_index;
};

static bool
stage(struct cli *cli, const char *text, struct staged *s)
{
    const struct mib_info *info = &s->to.info;

    if (!cli_assignment(cli, text, &s->to))
        return false;
    if (info->syntax == NULL)
        return cli_usage(cli, "%s: its type is not known", s->to.object), false;
    if (info->access != MIB_READ_WRITE && info->access != MIB_READ_CREATE && info->access != MIB_WRITE_ONLY)
        return cli_usage(cli, "%s: %s says it can only be read", s->to.object, info->module), false;
    mib_render(cli_mib(cli), &s->to.varbind.value, info->syntax, RENDER_QUOTED, s->wanted, sizeof s->wanted);
    return true;
}

static void
note_failure(struct setting *setting, const struct device_reply *reply)
{
    setting->done = true;
    setting->failed = reply->failure != NULL;
    setting->error_index = reply->error_index;
    if (reply->failure != NULL)
        setting->why = *reply->failure;
}

static void
keep_before(void *arg, const struct device_reply *reply)
{
    struct setting *setting = arg;

    note_failure(setting, reply);
    for (size_t i = 0; !setting->failed && i < reply->n && i < setting->n; i++) {
        struct staged *s = &setting->staged[i];

        s->before = varbind_copy(&reply->varbinds[i]);
        mib_render(cli_mib(setting->cli), &s->before->value, s->to.info.syntax, RENDER_QUOTED, s->now, sizeof s->now);
    }
}

static void
keep_after(void *arg, const struct device_reply *reply)
{
    struct setting *setting = arg;

    note_failure(setting, reply);
    for (size_t i = 0; !setting->failed && i < reply->n && i < setting->n; i++) {
        struct staged *s = &setting->staged[i];

        s->after = varbind_copy(&reply->varbinds[i]);
        mib_render(cli_mib(setting->cli), &s->after->value, s->to.info.syntax, RENDER_QUOTED, s->back, sizeof s->back);
    }
}

static void
keep_verdict(void *arg, const struct device_reply *reply)
{
    struct setting *setting = arg;

    enum { COMMIT_FAILED = 14, UNDO_FAILED = 15 }; /* RFC 3416 §4.2.5: what became of the values is not certain */

    note_failure(setting, reply);
    if (reply->error_status != 0 && reply->error_status != COMMIT_FAILED && reply->error_status != UNDO_FAILED && reply->error_index >= 1 && (size_t) reply->error_index <= setting->n)
        failure_set(&setting->why, FAILURE_REFUSED, "%s: %s: the agent refuses: %s; nothing was changed", setting->agent,
                    setting->staged[reply->error_index - 1].to.object, device_error_name(reply->error_status));
}

static bool
read_all(struct setting *setting, struct device *device, device_reply_fn *fn)
{
    struct oid names[SETS_MAX];

    for (size_t i = 0; i < setting->n; i++)
        names[i] = setting->staged[i].to.varbind.name;
    setting->done = false;
    device_get(device, names, setting->n, fn, setting);
    return cli_wait(setting->cli, &setting->done) && !setting->failed;
}

static bool
agreed(struct setting *setting)
{
    char answer[8];

    for (size_t i = 0; i < setting->n; i++)
        fprintf(stderr, "%s  %s: %s → %s\n", setting->agent, setting->staged[i].to.object, setting->staged[i].now,
                setting->staged[i].wanted);
    if (cli_flag(setting->cli, "dry-run"))
        return false;
    if (cli_flag(setting->cli, "yes"))
        return true;
    if (!isatty(STDIN_FILENO)) {
        cli_usage(setting->cli, "nobody to ask here; --yes sets, --dry-run only shows");
        return false;
    }
    fputs("set? [y/N] ", stderr);
    return fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static const char *
who(void)
{
    const struct passwd *p = getpwuid(getuid());

    return p != NULL ? p->pw_name : "unknown";
}

static void
journal(struct setting *setting, struct store *store, enum change_verdict verdict, const char *words)
{
    struct timespec now;
    struct failure why;

    clock_gettime(CLOCK_REALTIME, &now);
    for (size_t i = 0; store != NULL && i < setting->n; i++) {
        const struct staged *s = &setting->staged[i];
        struct change change = { .at = (int64_t) now.tv_sec * 1000000000 + now.tv_nsec, .who = who(),
                                 .device = setting->agent, .name = s->to.varbind.name, .new_value = s->to.varbind.value,
                                 .verdict = verdict, .words = words };
        int64_t id;
        int tries = 0;

        if (s->before != NULL)
            change.old_value = s->before->value;
        if (s->after != NULL)
            change.read_back = s->after->value;
        while (!changes_add(store, &change, &id, &why) && why.kind == FAILURE_BUSY && tries++ < 100)
            loop_turn(cli_loop(setting->cli, &(int) { 0 }), 20);
        if (why.kind != FAILURE_NONE && tries >= 100)
            cli_warn(setting->cli, "the change was made but not journaled: %s", why.text);
    }
}

static int
report(struct setting *setting)
{
    int status = CLI_DONE;

    for (size_t i = 0; i < setting->n; i++) {
        struct staged *s = &setting->staged[i];

        if (s->after == NULL)
            continue;
        print_varbind(setting->cli, setting->agent, s->after);
        if (!value_equal(&s->after->value, &s->to.varbind.value)) {
            cli_warn(setting->cli, "%s: reads back as %s, not as set", s->to.object, s->back);
            status = CLI_NO;
        }
    }
    return status;
}

static int
apply(struct setting *setting, struct device *device, struct store *store)
{
    struct varbind varbinds[SETS_MAX];
    struct failure refused;
    bool no_answer;

    for (size_t i = 0; i < setting->n; i++)
        varbinds[i] = setting->staged[i].to.varbind;
    setting->done = false;
    device_set(device, varbinds, setting->n, keep_verdict, setting);
    if (!cli_wait(setting->cli, &setting->done))
        failure_set(&setting->why, FAILURE_UNREACHABLE, "%s: interrupted", setting->agent);
    if (!setting->failed) {
        read_all(setting, device, keep_after);
        journal(setting, store, CHANGE_DONE, "");
        return report(setting);
    }
    refused = setting->why;
    no_answer = refused.kind == FAILURE_UNREACHABLE;
    if (no_answer)
        read_all(setting, device, keep_after);
    journal(setting, store, no_answer ? CHANGE_UNKNOWN : CHANGE_REFUSED, refused.text);
    cli_failed(setting->cli, &refused);
    if (no_answer)
        report(setting);
    return CLI_NO_ANSWER;
}

static int
run_set(struct cli *cli)
{
    struct setting setting = { .cli = cli, .agent = cli_operand(cli, 0), .n = (size_t) cli_operands(cli) - 1 };
    struct device *device;
    struct store *store;
    int status = CLI_USAGE;

    if (setting.n > SETS_MAX)
        return cli_usage(cli, "more than %d objects in one PDU", SETS_MAX);
    setting.staged = calloc(setting.n, sizeof *setting.staged);
    if (setting.staged == NULL)
        return CLI_OUR_FAILURE;
    for (size_t i = 0; i < setting.n; i++)
        if (!stage(cli, cli_operand(cli, (int) i + 1), &setting.staged[i]))
            goto out;
    device = cli_device(cli, setting.agent, &status);
    if (device == NULL)
        goto out;
    if (device_read_only(device) || cli_read_only(cli)) {
        struct failure why;

        failure_set(&why, FAILURE_REFUSED, "%s: is read-only here; nothing was sent", setting.agent);
        status = cli_failed(cli, &why);
        goto out;
    }
    store = cli_store(cli, STORE_WRITE, &status);
    if (store == NULL)
        goto out;
    if (!read_all(&setting, device, keep_before))
        status = cli_failed(cli, &setting.why);
    else if (agreed(&setting))
        status = apply(&setting, device, store);
    else
        status = cli_flag(cli, "dry-run") ? CLI_DONE : CLI_NO;
out:
    for (size_t i = 0; i < setting.n; i++) {
        free(setting.staged[i].before);
        free(setting.staged[i].after);
    }
    free(setting.staged);
    return status;
}

static const char *const verdicts[] = { "done", "refused", "unknown" };

static bool
print_change(void *arg, const struct change *change)
{
    struct cli *cli = arg;
    struct mib *mib = cli_mib(cli);
    const struct syntax *syntax = mib_syntax(mib, &change->name);
    char old_text[256], new_text[256], back[256], object[OID_TEXT_MAX], at[32];
    time_t seconds = (time_t) (change->at / 1000000000);
    struct json *line;
    struct tm tm;

    strftime(at, sizeof at, "%Y-%m-%d %H:%M:%S", localtime_r(&seconds, &tm));
    mib_format_object(mib, &change->name, object, sizeof object);
    mib_render(mib, &change->old_value, syntax, RENDER_QUOTED, old_text, sizeof old_text);
    mib_render(mib, &change->new_value, syntax, RENDER_QUOTED, new_text, sizeof new_text);
    mib_render(mib, &change->read_back, syntax, RENDER_QUOTED, back, sizeof back);
    if (cli_format(cli) != CLI_JSON) {
        printf("%s  #%lld  %s  %s  %s: %s → %s  %s%s%s\n", at, (long long) change->id, change->who,
               change->device, object, old_text, new_text, verdicts[change->verdict],
               change->words[0] != '\0' ? ": " : "", change->words);
        return true;
    }
    line = json_new_object();
    json_integer(line, "id", change->id);
    json_text(line, "at", at);
    json_text(line, "who", change->who);
    json_text(line, "device", change->device);
    json_text(line, "object", object);
    json_text(line, "old", old_text);
    json_text(line, "new", new_text);
    json_text(line, "read-back", back);
    json_text(line, "verdict", verdicts[change->verdict]);
    json_text(line, "words", change->words);
    json_print(line);
    return true;
}

static int
run_changes(struct cli *cli)
{
    struct failure why;
    int status = CLI_DONE;
    struct store *store;
    long limit;

    if (!cli_number(cli, "limit", 1, 100000, 100, &limit))
        return CLI_USAGE;
    store = cli_store(cli, STORE_READ, &status);
    if (store == NULL)
        return status;
    if (!changes_before(store, 0, (size_t) limit, print_change, cli, &why))
        return cli_failed(cli, &why);
    return CLI_DONE;
}

static const struct cli_option set_options[] = {
    { "yes", 'y', NULL, "set without asking", false },
    { "dry-run", 0, NULL, "show the plan and send nothing", false },
    { 0 },
};

static const struct cli_option changes_options[] = {
    { "limit", 0, "COUNT", "the newest COUNT (100)", false },
    { 0 },
};

const struct cli_command command_set = {
    .name = "set", .operands = "AGENT OBJECT=VALUE…", .help = "check, set, read back and journal",
    .run = run_set, .options = set_options, .takes_agent = true, .least = 2, .most = -1,
};
const struct cli_command command_changes = {
    .name = "changes", .operands = "", .help = "the journal of what was set", .run = run_changes,
    .options = changes_options, .least = 0, .most = 0,
};
