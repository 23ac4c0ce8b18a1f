/* What a command works with: settings, store, engine, devices, names; each opened on first use. */
#include "cli/cli_private.h"
#include "cli/prompt.h"

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

static void
lay_text(const struct cli *cli, const char *option, const char **out)
{
    if (cli_flag(cli, option))
        *out = cli_value(cli, option);
}

static void
lay_secret(const struct cli *cli, const char *text, const char *file, struct secret_source *out)
{
    if (cli_flag(cli, text) || cli_flag(cli, file))
        *out = (struct secret_source) { .text = cli_value(cli, text), .file = cli_value(cli, file) };
}

/* -v -c -u … over a profile. */
static void
lay_options(const struct cli *cli, struct profile *p)
{
    const char *version = cli_value(cli, "version-snmp");

    if (version != NULL)
        p->version = version[0] == '1' ? 1 : version[0] == '3' ? 3 : 2;
    else if (cli_flag(cli, "user") || cli_flag(cli, "tls-certificate"))
        p->version = 3;
    else if (p->version == 3 && (cli_flag(cli, "community") || cli_flag(cli, "community-file")))
        p->version = 2;
    if (cli_flag(cli, "user")) /* another one: nothing of the profile's is his */
        *p = (struct profile) { .name = p->name, .version = p->version };
    lay_secret(cli, "community", "community-file", &p->community);
    lay_secret(cli, "auth-password", "auth-password-file", &p->auth_password);
    lay_secret(cli, "priv-password", "priv-password-file", &p->priv_password);
    lay_text(cli, "user", &p->user);
    lay_text(cli, "level", &p->level);
    lay_text(cli, "auth", &p->auth);
    lay_text(cli, "priv", &p->priv);
    lay_text(cli, "context", &p->context);
    lay_text(cli, "tls-certificate", &p->tls_certificate);
    lay_text(cli, "tls-key", &p->tls_key);
    lay_text(cli, "tls-ca", &p->tls_ca);
    lay_text(cli, "tls-name", &p->tls_name);
    lay_text(cli, "tls-fingerprint", &p->tls_fingerprint);
    lay_text(cli, "tls-oldest", &p->tls_oldest);
}

/* Is anything said of how to speak to it? */
static bool
says_how(const struct cli *cli)
{
    static const char *const others[] = { "profile", "timeout", "retries" };
    bool said = false;

    for (const struct cli_option *o = cli_agent_options; o->name != NULL; o++) {
        bool other = false;

        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            other = other || strcmp(o->name, others[i]) == 0;
        said = said || (!other && cli_flag(cli, o->name));
    }
    return said;
}

static const struct profile command_line = { .name = "command line", .version = 2 };

const char *
cli_typed(const struct cli *cli, const char *key)
{
    for (size_t i = 0; i < cli->n_typed; i++)
        if (strcmp(cli->typed[i].key, key) == 0)
            return cli->typed[i].text;
    return NULL;
}

const char *
cli_keep_typed(struct cli *cli, const char *key, const char *text)
{
    cli->typed = memory_grow(cli->typed, cli->n_typed + 1, sizeof *cli->typed);
    cli->typed[cli->n_typed] = (struct typed) { memory_text(key), memory_text(text) };
    return cli->typed[cli->n_typed++].text;
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
    const char *name = cli_value(cli, "profile");
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
    if (name == NULL && known != NULL)
        name = known->profile;
    if (name != NULL && (out->profile = settings_profile(settings, name)) == NULL) {
        *status = cli_usage(cli, "there is no profile \"%s\" in the settings", name);
        return false;
    }
    if (out->profile == NULL && !says_how(cli))
        return true;
    out->given = out->profile != NULL ? *out->profile : command_line;
    lay_options(cli, &out->given);
    out->profile = &out->given;
    if (!prompt_passwords(cli, &out->given)) {
        *status = CLI_USAGE;
        return false;
    }
    settings_profile_fill(&out->given);
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
        access.given = access.profile != NULL ? *access.profile : command_line;
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
    for (size_t i = 0; i < cli->n_typed; i++) {
        explicit_bzero(cli->typed[i].text, strlen(cli->typed[i].text));
        free(cli->typed[i].text);
        free(cli->typed[i].key);
    }
    free(cli->typed);
    for (int i = 0; i < cli->n_given; i++) {
        explicit_bzero(cli->given[i].value, strlen(cli->given[i].value));
        free(cli->given[i].value);
    }
    free(cli->operands);
}
