/* traplined: the collector. Reads the settings, takes the lock, opens the sockets, and supervises; with --writer it is
 * the writer that the supervisor starts. */
#include "api/loop.h"
#include "collector/lock.h"
#include "collector/secure.h"
#include "collector/supervise.h"
#include "collector/writer.h"
#include "core/memory.h"
#include "io/log.h"
#include "io/sandbox.h"
#include "store/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct arguments {
    const char *config, *store, *user;
    bool writer, check, print, recover, help, version;
    long report; /* a descriptor, -1: none */
    long memory; /* MiB for notifications that wait */
    long gap;    /* ms */
};

static const char usage[] =
    "usage: traplined [--config DIR] [--store URL]\n"
    "The collector: receives SNMP notifications, keeps them, sends digests. Runs in the foreground.\n"
    "  --config DIR    settings (else $TRAPLINE_CONFIG, ~/.config/trapline, /etc/trapline)\n"
    "  --store URL     sqlite:PATH (else the settings, else trapline.db in the state directory)\n"
    "  --memory MIB    for notifications that wait for the store: 1, 2, 4, ... 1024 (64)\n"
    "  --longest-gap MS  between two starts of a part that keeps ending (30000)\n"
    "  --user NAME     started by root: become this user once the sockets are open\n"
    "  --recover       read out of a damaged store what is left into a new one, keep the old one, end\n"
    "  --check-config  read the settings, say what is wrong, end\n"
    "  --print-config  each setting with where it came from\n"
    "  --help, --version\n"
    "SIGTERM ends it when everything received is stored; SIGHUP reads the settings again.\n";

enum kind { TEXT, FLAG, NUMBER };
static const struct argument {
    const char *name;
    enum kind kind;
    size_t at;      /* in struct arguments */
    long low, high; /* of a number */
    bool power;     /* of two */
} table[] = {
    { "config", TEXT, offsetof(struct arguments, config), 0, 0, false },
    { "store", TEXT, offsetof(struct arguments, store), 0, 0, false },
    { "user", TEXT, offsetof(struct arguments, user), 0, 0, false },
    { "writer", FLAG, offsetof(struct arguments, writer), 0, 0, false },
    { "recover", FLAG, offsetof(struct arguments, recover), 0, 0, false },
    { "check-config", FLAG, offsetof(struct arguments, check), 0, 0, false },
    { "print-config", FLAG, offsetof(struct arguments, print), 0, 0, false },
    { "help", FLAG, offsetof(struct arguments, help), 0, 0, false },
    { "version", FLAG, offsetof(struct arguments, version), 0, 0, false },
    { "report", NUMBER, offsetof(struct arguments, report), 0, 65535, false },
    { "memory", NUMBER, offsetof(struct arguments, memory), 1, 1024, true },
    { "longest-gap", NUMBER, offsetof(struct arguments, gap), 1, 3600000, false },
};
enum { ARGUMENTS = sizeof table / sizeof table[0] };

static bool
take_number(const struct argument *argument, const char *text, long *out)
{
    char *end;

    errno = 0;
    *out = strtol(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && *out >= argument->low && *out <= argument->high &&
        (!argument->power || (*out & (*out - 1)) == 0))
        return true;
    fprintf(stderr, "traplined: --%s: \"%s\" is not a %s from %ld to %ld\n", argument->name, text,
            argument->power ? "power of two" : "whole number", argument->low, argument->high);
    return false;
}

static bool
take_argument(const struct argument *argument, char *text, struct arguments *out)
{
    void *at = (char *) out + argument->at;

    switch (argument->kind) {
    case TEXT:
        *(const char **) at = text;
        return true;
    case FLAG:
        *(bool *) at = true;
        return true;
    case NUMBER:
        return take_number(argument, text, at);
    }
    return false;
}

static bool
parse(int argc, char **argv, struct arguments *out, int *status)
{
    struct option options[ARGUMENTS + 1] = { { 0 } };
    int option = 0;

    for (int i = 0; i < ARGUMENTS; i++)
        options[i] = (struct option) { table[i].name, table[i].kind == FLAG ? no_argument : required_argument, NULL, i };
    *out = (struct arguments) { .report = -1, .memory = 64, .gap = 30000 };
    *status = 2;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == '?') {
            fputs("traplined: see traplined --help\n", stderr);
            return false;
        }
        if (!take_argument(&table[option], optarg, out))
            return false;
    }
    if (optind < argc) {
        fprintf(stderr, "traplined: %s: takes no operands; see traplined --help\n", argv[optind]);
        return false;
    }
    if (out->help || out->version) {
        fputs(out->help ? usage : PACKAGE_STRING "\n", stdout);
        *status = 0;
        return false;
    }
    return true;
}

static int
fail(const struct arguments *arguments, const struct failure *why)
{
    log_write(LOG_LEVEL_ERROR, "%s", why->text);
    fprintf(stderr, "traplined: %s\n", why->text);
    if (arguments->report >= 0)
        dprintf((int) arguments->report, "%s\n", why->text);
    return failure_exit_status(why);
}

static const char *
store_url(const struct arguments *arguments, const struct settings *settings, const struct paths *paths)
{
    const char *url = arguments->store != NULL ? arguments->store : settings_text(settings, "store");

    return url != NULL ? url : paths->store;
}

static enum log_level
level_of(const struct settings *settings)
{
    enum log_level level = LOG_LEVEL_INFO;
    const char *word = settings_text(settings, "log-level");

    if (word != NULL)
        log_level_parse(word, &level);
    return level;
}

static int
run_writer(const struct arguments *arguments, struct settings *settings, const struct paths *paths)
{
    struct buf metrics = { 0 };
    int status;

    fcntl(FD_LOCK, F_SETFD, FD_CLOEXEC);
    log_open_descriptor(FD_LOG, "traplined writer", level_of(settings));
    buf_format(&metrics, "%s/trapline.prom", paths->state);
    status = writer_run(settings, paths, store_url(arguments, settings, paths), metrics.at);
    buf_free(&metrics);
    settings_free(settings);
    return status;
}

static int
run_recover(const struct arguments *arguments, struct settings *settings, const struct paths *paths)
{
    struct recovered got;
    struct failure why;
    int lock = lock_take(paths->state, &why);
    bool good = lock >= 0 && store_recover(store_url(arguments, settings, paths), &got, &why);

    settings_free(settings);
    if (!good)
        return fail(arguments, &why);
    printf("%llu rows read out, %llu of them notifications; %llu places could not be read\nthe old store is kept as %s\n",
           (unsigned long long) got.rows, (unsigned long long) got.notifications, (unsigned long long) got.holes,
           got.kept);
    if (got.holes > 0)
        printf("sqlite3 %s .recover may find more\n", got.kept);
    close(lock);
    return 0;
}

/* Sockets first: they are what needs privileges, and those go at once. */
static int
open_sockets(const struct arguments *arguments, const struct settings *settings, const struct paths *paths,
             struct listen_socket sockets[CHANNEL_LISTENERS], struct failure *why)
{
    int n = listen_inherit(sockets, why);
    pid_t other;

    if (n >= 0) /* of systemd's sockets nobody could tell that they were for TLS */
        n = listen_open(settings_list(settings, "listen"), n > 0, sockets, n, why);
    if (n < 0 && (other = collector_running(paths->state)) != 0)
        failure_set(why, FAILURE_BUSY, "a collector is running on %s already (pid %ld); one is enough", paths->state,
                    (long) other);
    return n < 0 || !sandbox_shed(geteuid() == 0 ? arguments->user : NULL, why) ? -1 : n;
}

struct trial {
    struct loop *loop;
    struct failure *why;
    bool good;
};

static void
on_tried(void *arg, const struct capture_reply *reply)
{
    struct trial *trial = arg;

    trial->good = secure_verdict(reply, trial->why);
    loop_stop(trial->loop);
}

static bool
try_tls(const struct settings *settings, struct failure *why)
{
    struct trial trial = { .loop = loop_new(why), .why = why };

    if (trial.loop == NULL)
        return false;
    if (secure_try(trial.loop, settings, on_tried, &trial, why) != NULL)
        loop_run(trial.loop);
    loop_free(trial.loop);
    return trial.good;
}

static bool
check_tls(const struct listen_socket *sockets, int n, const struct settings *settings, struct failure *why)
{
    for (int i = 0; i < n; i++)
        if (sockets[i].row.kind == LISTENER_TLS)
            return try_tls(settings, why);
    return true;
}

static int
run_supervisor(const struct arguments *arguments, struct settings *settings, const struct paths *paths)
{
    static struct listen_socket sockets[CHANNEL_LISTENERS];
    static char *url; /* a copy: settings are read again one day */
    struct failure why = { 0 };
    char program[1024];
    struct supervise_options options = { .paths = paths, .settings = settings, .sockets = sockets, .program = program,
                                         .report = (int) arguments->report, .ring = (size_t) arguments->memory << 20,
                                         .longest_gap = LOOP_MS(arguments->gap) };

    options.store = url = memory_text(store_url(arguments, settings, paths));
    options.n_sockets = open_sockets(arguments, settings, paths, sockets, &why);
    if (options.n_sockets < 0 || !check_tls(sockets, options.n_sockets, settings, &why) || !paths_make(paths, &why) ||
        !log_open(paths->log, "traplined", level_of(settings), &why) ||
        !paths_program("traplined", program, sizeof program, &why) ||
        (options.lock = lock_take(paths->state, &why)) < 0 || !store_examine(options.store, &why)) {
        settings_free(settings);
        free(url);
        return fail(arguments, &why);
    }
    listen_tell(sockets, options.n_sockets);
    if (geteuid() == 0)
        log_write(LOG_LEVEL_WARNING, "runs as root, without its capabilities; --user NAME, or systemd's User=, is better");
    return supervise_run(&options);
}

static bool
may_become(const char *user, struct failure *why)
{
    const struct passwd *row = user != NULL ? getpwnam(user) : NULL;

    return user == NULL || geteuid() == 0 || (row != NULL && row->pw_uid == geteuid()) ||
           failure_set(why, FAILURE_USAGE, "--user %s: only root can become another user; start traplined as root, or "
                       "without --user", user);
}

/* Paths are to be that user's. */
static void
use_home_of(const char *user)
{
    const struct passwd *row = user != NULL && geteuid() == 0 ? getpwnam(user) : NULL;

    if (row != NULL) {
        setenv("HOME", row->pw_dir, 1);
        setenv("USER", row->pw_name, 1);
    }
}

int
main(int argc, char **argv)
{
    struct arguments arguments;
    struct settings *settings;
    static struct paths paths;
    struct failure why = { 0 };
    int status;

    if (!parse(argc, argv, &arguments, &status))
        return status;
    if (!may_become(arguments.user, &why))
        return fail(&arguments, &why);
    use_home_of(arguments.user);
    setrlimit(RLIMIT_CORE, &(struct rlimit) { 0, 0 });
    if (arguments.report >= 0)
        fcntl((int) arguments.report, F_SETFD, FD_CLOEXEC);
    if (!paths_find(&paths, arguments.config, &why))
        return fail(&arguments, &why);
    settings = settings_read(arguments.config, &why);
    if (settings == NULL)
        return fail(&arguments, &why);
    if (arguments.print)
        settings_print(settings, stdout);
    if (arguments.print || arguments.check) {
        settings_free(settings);
        return 0;
    }
    return arguments.writer ? run_writer(&arguments, settings, &paths) :
           arguments.recover ? run_recover(&arguments, settings, &paths) :
                               run_supervisor(&arguments, settings, &paths);
}
