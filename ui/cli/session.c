/* What a command works with: settings, store, engine, devices, names; each opened on first use. */
#include "cli/cli_private.h"

#include "api/inventory.h"
#include "api/memory.h"
#include "api/mib_compile.h"
#include "api/notify.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
interrupted(void *arg, int signal)
{
    struct cli *cli = arg;

    (void) signal;
    cli->interrupted = true;
}

struct loop *
cli_loop(struct cli *cli, int *status)
{
    struct failure why;

    if (cli->loop != NULL)
        return cli->loop;
    cli->loop = loop_new(&why);
    if (cli->loop != NULL && loop_signal(cli->loop, SIGINT, interrupted, cli, &why) &&
        loop_signal(cli->loop, SIGTERM, interrupted, cli, &why))
        return cli->loop;
    *status = cli_failed(cli, &why);
    return NULL;
}

bool
cli_wait(struct cli *cli, const bool *done)
{
    while (!*done && !cli->interrupted)
        loop_turn(cli->loop, -1);
    return *done;
}

bool
cli_turn(struct cli *cli, int milliseconds)
{
    loop_turn(cli->loop, milliseconds);
    return !cli->interrupted;
}

const struct paths *
cli_paths(struct cli *cli, int *status)
{
    struct failure why;

    if (!cli->have_paths && (!paths_find(&cli->paths, cli_config(cli), &why) || !paths_make(&cli->paths, &why))) {
        *status = cli_failed(cli, &why);
        return NULL;
    }
    cli->have_paths = true;
    return &cli->paths;
}

const struct settings *
cli_settings(struct cli *cli, int *status)
{
    const struct paths *paths = cli_paths(cli, status);
    struct failure why;

    if (paths == NULL || cli->settings != NULL)
        return cli->settings;
    if (cli->settings_status == CLI_DONE && (cli->settings = settings_read(paths->config, &why)) == NULL)
        cli->settings_status = cli_failed(cli, &why);
    if (cli->settings == NULL)
        *status = cli->settings_status;
    return cli->settings;
}

static struct store *
open_store(struct cli *cli, enum store_mode mode, bool wanted, int *status)
{
    const struct paths *paths = cli_paths(cli, status);
    const struct settings *settings = cli_settings(cli, status);
    const char *url = cli_value(cli, "store");
    struct failure why;

    if (cli->store != NULL || settings == NULL)
        return cli->store;
    if (url == NULL)
        url = settings_text(settings, "store");
    cli->store = store_open(url != NULL ? url : paths->store, mode, &why);
    if (cli->store == NULL && (wanted || why.kind != FAILURE_ABSENT))
        *status = cli_failed(cli, &why);
    return cli->store;
}

struct store *
cli_store(struct cli *cli, enum store_mode mode, int *status)
{
    return open_store(cli, mode, true, status);
}

struct store *
cli_store_if_any(struct cli *cli, int *status)
{
    return open_store(cli, STORE_READ, false, status);
}

struct engine *
cli_engine(struct cli *cli, int *status)
{
    const struct paths *paths = cli_paths(cli, status);
    struct loop *loop = cli_loop(cli, status);
    struct failure why;

    if (cli->engine != NULL || paths == NULL || loop == NULL)
        return cli->engine;
    cli->engine = engine_new(loop, paths->state, &why);
    if (cli->engine == NULL)
        *status = cli_failed(cli, &why);
    return cli->engine;
}

/* Compiles in a child with `trapline mib compile --quiet`. */
static bool
compile_names(const struct cli *cli)
{
    char program[1024];
    struct failure why;
    int status = 1;
    pid_t pid;

    if (!paths_program("trapline", program, sizeof program, &why))
        return false;
    pid = fork();
    if (pid == 0) {
        if (cli_config(cli) != NULL)
            execl(program, program, "mib", "compile", "--quiet", "--config", cli_config(cli), (char *) NULL);
        else
            execl(program, program, "mib", "compile", "--quiet", (char *) NULL);
        _exit(127);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) <= CLI_NO;
}

size_t
cli_mib_directories(struct cli *cli, char *out[CLI_DIRECTORIES_MAX])
{
    int status;
    const struct settings *settings = cli_settings(cli, &status);
    struct settings_list list = { 0 };

    if (settings != NULL)
        list = settings_list(settings, "mib-directories");
    return mib_directories(list.items, list.n, out, CLI_DIRECTORIES_MAX);
}

/* Brings the snapshot up to what lies in the directories. */
static void
refresh_names(struct cli *cli)
{
    char *directories[CLI_DIRECTORIES_MAX];
    struct mib_compile_options options = { .from = (const char *const *) directories, .ours = cli->paths.mibs,
                                           .to = cli->paths.snapshot };

    options.n_from = cli_mib_directories(cli, directories);
    if (mib_is_behind(&options))
        compile_names(cli);
    for (size_t i = 0; i < options.n_from; i++)
        free(directories[i]);
}

struct mib *
cli_mib(struct cli *cli)
{
    struct failure why;
    int status;

    if (cli->mib != NULL || cli->no_names || cli_paths(cli, &status) == NULL)
        return cli->mib;
    refresh_names(cli);
    cli->mib = mib_open(cli->paths.snapshot, &why);
    if (cli->mib == NULL && compile_names(cli)) /* damaged, or of another version */
        cli->mib = mib_open(cli->paths.snapshot, &why);
    cli->no_names = cli->mib == NULL;
    if (cli->no_names)
        cli_warn(cli, "%s", why.text);
    return cli->mib;
}

/* -v -c -u … as a profile; false when none of them was given. */
static bool
profile_from_options(const struct cli *cli, struct profile *p)
{
    const char *version = cli_value(cli, "version-snmp");
    bool given = false;

    *p = (struct profile) { .name = "command line", .version = 2 };
    for (const struct cli_option *o = cli_agent_options; o->name != NULL; o++)
        given = given || cli_flag(cli, o->name);
    if (version != NULL)
        p->version = version[0] == '1' ? 1 : version[0] == '3' ? 3 : 2;
    else if (cli_flag(cli, "user") || cli_flag(cli, "tls-certificate"))
        p->version = 3;
    p->community.text = cli_value(cli, "community");
    p->community.file = cli_value(cli, "community-file");
    p->user = cli_value(cli, "user");
    p->level = cli_value(cli, "level");
    p->auth = cli_value(cli, "auth");
    p->auth_password.text = cli_value(cli, "auth-password");
    p->auth_password.file = cli_value(cli, "auth-password-file");
    p->priv = cli_value(cli, "priv");
    p->priv_password.text = cli_value(cli, "priv-password");
    p->priv_password.file = cli_value(cli, "priv-password-file");
    p->context = cli_value(cli, "context");
    p->tls_certificate = cli_value(cli, "tls-certificate");
    p->tls_key = cli_value(cli, "tls-key");
    p->tls_ca = cli_value(cli, "tls-ca");
    p->tls_name = cli_value(cli, "tls-name");
    p->tls_fingerprint = cli_value(cli, "tls-fingerprint");
    p->tls_oldest = cli_value(cli, "tls-oldest");
    return given;
}

struct opening {
    bool done;
    struct device *device;
    struct failure why;
};

static void
opened(void *arg, struct device *device, const struct failure *failure)
{
    struct opening *opening = arg;

    opening->device = device;
    if (failure != NULL)
        opening->why = *failure;
    opening->done = true;
}

/* By what an agent is spoken to: its setting and profile, and what the options say against them. */
struct access {
    struct device_setting setting;
    const struct profile *profile; /* or NULL */
    struct profile given;
};

static bool
find_access(struct cli *cli, const char *agent, int port, struct access *out, int *status)
{
    const struct settings *settings = cli_settings(cli, status);
    const struct device_setting *known;
    long seconds, retries;

    if (settings == NULL)
        return false;
    *out = (struct access) { .setting = { .name = agent, .address = agent, .retries = -1 } };
    if (!cli_number(cli, "timeout", 1, 3600, 0, &seconds) || !cli_number(cli, "retries", 0, 100, -1, &retries)) {
        *status = CLI_USAGE;
        return false;
    }
    known = inventory_find(settings, agent);
    if (known != NULL)
        out->setting = *known;
    if (seconds > 0)
        out->setting.timeout_ms = (int) seconds * 1000;
    if (retries >= 0)
        out->setting.retries = (int) retries;
    out->setting.port = port;
    if (known != NULL && known->profile != NULL)
        out->profile = settings_profile(settings, known->profile);
    if (profile_from_options(cli, &out->given))
        out->profile = &out->given;
    return true;
}

static struct device *
open_device(struct cli *cli, const struct access *access, int *status)
{
    struct engine *engine = cli_engine(cli, status);
    struct opening opening = { 0 };

    if (engine == NULL)
        return NULL;
    inventory_open(cli->loop, engine, &access->setting, access->profile, cli_read_only(cli), opened, &opening);
    if (!cli_wait(cli, &opening.done))
        failure_set(&opening.why, FAILURE_REFUSED, "%s: interrupted", access->setting.name);
    if (opening.device == NULL) {
        *status = cli_failed(cli, &opening.why);
        return NULL;
    }
    cli->devices = memory_grow(cli->devices, (size_t) cli->n_devices + 1, sizeof(struct device *));
    return cli->devices[cli->n_devices++] = opening.device;
}

struct device *
cli_device(struct cli *cli, const char *agent, int *status)
{
    struct access access;

    return find_access(cli, agent, 0, &access, status) ? open_device(cli, &access, status) : NULL;
}

bool
cli_receiver(struct cli *cli, const char *target, struct receiver *out, int *status)
{
    struct access access;
    struct failure why;
    int version;

    if (!find_access(cli, target, NOTIFY_PORT, &access, status) ||
        (out->traps = out->informs = out->v1 = open_device(cli, &access, status)) == NULL)
        return false;
    version = access.profile != NULL ? access.profile->version : 2;
    /* A trap goes by our engine, an inform by theirs. */
    if (version == 3 && (out->traps = out->v1 = open_device(cli, &access, status)) == NULL)
        return false;
    if (!device_speak_as(out->traps, cli->paths.state, cli_value(cli, "engine-id"), &why)) {
        *status = cli_failed(cli, &why);
        return false;
    }
    if (version == 2 && cli_value(cli, "version-snmp") == NULL) {
        if (access.profile == NULL)
            profile_from_options(cli, &access.given);
        else
            access.given = *access.profile;
        access.given.version = 1;
        access.profile = &access.given;
        out->v1 = open_device(cli, &access, status);
    }
    return out->v1 != NULL;
}

void
cli_close(struct cli *cli)
{
    for (int i = 0; i < cli->n_devices; i++)
        device_free(cli->devices[i]);
    free(cli->devices);
    if (cli->engine != NULL)
        engine_free(cli->engine);
    store_close(cli->store);
    mib_close(cli->mib);
    if (cli->settings != NULL)
        settings_free(cli->settings);
    if (cli->loop != NULL)
        loop_free(cli->loop);
    for (int i = 0; i < cli->n_given; i++) {
        explicit_bzero(cli->given[i].value, strlen(cli->given[i].value));
        free(cli->given[i].value);
    }
    free(cli->operands);
}
