/* traplined: the collector. Reads the settings, takes the lock, opens the sockets, and supervises; with --writer it is
 * the writer that the supervisor starts. */
#include "api/loop.h"
#include "collector/lock.h"
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    OPT_CONFIG = 1, OPT_STORE, OPT_WRITER, OPT_REPORT, OPT_MEMORY, OPT_GAP, OPT_HELP, OPT_VERSION, OPT_CHECK, OPT_PRINT, OPT_USER,
    OPT_RECOVER
};

struct arguments {
    const char *config, *store, *user;
    bool writer, check, print, recover;
    int report;
    size_t memory;     /* MiB for notifications that wait */
    unsigned long gap; /* ms */
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

static bool
parse(int argc, char **argv, struct arguments *out, int *status)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, OPT_CONFIG },   { "store", required_argument, NULL, OPT_STORE },
        { "writer", no_argument, NULL, OPT_WRITER },         { "report", required_argument, NULL, OPT_REPORT },
        { "memory", required_argument, NULL, OPT_MEMORY },   { "longest-gap", required_argument, NULL, OPT_GAP },
        { "user", required_argument, NULL, OPT_USER },       { "recover", no_argument, NULL, OPT_RECOVER },
        { "help", no_argument, NULL, OPT_HELP },
        { "version", no_argument, NULL, OPT_VERSION },       { "check-config", no_argument, NULL, OPT_CHECK },
        { "print-config", no_argument, NULL, OPT_PRINT },    { NULL, 0, NULL, 0 },
    };
    int option;

    *out = (struct arguments) { .report = -1, .memory = 64, .gap = 30000 };
    *status = 2;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        switch (option) {
        case OPT_CONFIG:
            out->config = optarg;
            break;
        case OPT_STORE:
            out->store = optarg;
            break;
        case OPT_WRITER:
            out->writer = true;
            break;
        case OPT_REPORT:
            out->report = atoi(optarg);
            break;
        case OPT_MEMORY:
            out->memory = strtoul(optarg, NULL, 10);
            break;
        case OPT_GAP:
            out->gap = strtoul(optarg, NULL, 10);
            break;
        case OPT_USER:
            out->user = optarg;
            break;
        case OPT_RECOVER:
            out->recover = true;
            break;
        case OPT_CHECK:
            out->check = true;
            break;
        case OPT_PRINT:
            out->print = true;
            break;
        case OPT_HELP:
        case OPT_VERSION:
            *status = 0;
            fputs(option == OPT_HELP ? usage : PACKAGE_STRING "\n", stdout);
            return false;
        default:
            fputs("traplined: see traplined --help\n", stderr);
            return false;
        }
    if (optind < argc || out->gap == 0 || out->gap > 3600000 || out->memory == 0 ||
       out->memory > 1024 || (out->memory & (out->memory - 1)) != 0) {
        fputs("traplined: wrong arguments; see traplined --help\n", stderr);
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
        dprintf(arguments->report, "%s\n", why->text);
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

    if (n == 0)
        n = listen_open(settings_list(settings, "listen"), sockets, why);
    if (n < 0 && (other = collector_running(paths->state)) != 0)
        failure_set(why, FAILURE_BUSY, "a collector is running on %s already (pid %ld); one is enough", paths->state,
                    (long) other);
    return n < 0 || !sandbox_shed(geteuid() == 0 ? arguments->user : NULL, why) ? -1 : n;
}

static int
run_supervisor(const struct arguments *arguments, struct settings *settings, const struct paths *paths)
{
    static struct listen_socket sockets[CHANNEL_LISTENERS];
    static char *url; /* a copy: settings are read again one day */
    struct failure why = { 0 };
    char program[1024];
    struct supervise_options options = { .paths = paths, .settings = settings, .sockets = sockets, .program = program,
                                         .report = arguments->report, .ring = arguments->memory << 20,
                                         .longest_gap = LOOP_MS(arguments->gap) };

    options.store = url = memory_text(store_url(arguments, settings, paths));
    options.n_sockets = open_sockets(arguments, settings, paths, sockets, &why);
    if (options.n_sockets < 0 || !paths_make(paths, &why) ||
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
        fcntl(arguments.report, F_SETFD, FD_CLOEXEC);
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
