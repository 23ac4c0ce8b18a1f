/* One collector a state directory: a lock that the supervisor and the writer hold. In the file stand the supervisor's pid
 * and how things are, one word and its value a line, always the same number of octets: they are written in place. */
#include "collector/lock.h"

#include "api/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_MS = 10000, TRIES = 20, TOLD = 1024 };

static void
lock_path(const char *state, char out[1100])
{
    snprintf(out, 1100, "%s/collector.lock", state);
}

static bool
read_state(int fd, struct collector_state *out)
{
    char text[TOLD + 1] = "";
    unsigned long long waiting = 0, lost = 0;
    long pid = 0;

    memset(out, 0, sizeof *out);
    if (pread(fd, text, TOLD, 0) <= 0 || sscanf(text, "%ld", &pid) != 1)
        return false;
    sscanf(text, "%*d waiting %llu lost %llu restarts %u %u trouble %255[^\n]", &waiting, &lost,
           &out->restarts_of_intake, &out->restarts_of_writer, out->trouble);
    out->pid = (pid_t) pid;
    out->waiting = waiting;
    out->lost = lost;
    for (size_t n = strlen(out->trouble); n > 0 && out->trouble[n - 1] == ' ';)
        out->trouble[--n] = '\0';
    return true;
}

void
lock_tell(int fd, const struct collector_state *state)
{
    char text[TOLD + 1];
    int n = snprintf(text, sizeof text, "%ld\nwaiting %llu\nlost %llu\nrestarts %u %u\ntrouble %.255s", (long) getpid(),
                     (unsigned long long) state->waiting, (unsigned long long) state->lost, state->restarts_of_intake,
                     state->restarts_of_writer, state->trouble);

    for (int i = 0; i < n; i++)
        text[i] = text[i] == '\n' && i > n - (int) strlen(state->trouble) ? ' ' : text[i];
    memset(text + n, ' ', sizeof text - 1 - (size_t) n);
    text[TOLD - 1] = '\n';
    if (pwrite(fd, text, TOLD, 0) != TOLD)
        return; /* whoever looks sees what was told before */
}

bool
collector_look(const char *state_directory, struct collector_state *out)
{
    char path[1100];
    bool runs;
    int fd;

    lock_path(state_directory, path);
    memset(out, 0, sizeof *out);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    runs = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK && read_state(fd, out);
    close(fd);
    return runs;
}

pid_t
collector_running(const char *state_directory)
{
    struct collector_state state;

    return collector_look(state_directory, &state) ? state.pid : 0;
}

int
lock_take(const char *state, struct failure *why)
{
    struct collector_state other;
    char path[1100];
    int fd, error = 0;

    lock_path(state, path);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        failure_errno(why, errno, "%s", path);
        return -1;
    }
    /* Who asks collector_look holds it for an instant. */
    for (int i = 0; i < TRIES && (error = flock(fd, LOCK_EX | LOCK_NB) < 0 ? errno : 0) == EWOULDBLOCK; i++)
        nanosleep(&(struct timespec) { 0, 5000000 }, NULL);
    if (error == EWOULDBLOCK) {
        read_state(fd, &other);
        failure_set(why, FAILURE_BUSY, "a collector is running on %s already (pid %ld); one is enough", state,
                    (long) other.pid);
    } else if (error != 0) {
        failure_errno(why, error, "%s", path);
    } else {
        lock_tell(fd, &(struct collector_state) { 0 });
        if (!read_state(fd, &other) || other.pid != getpid())
            failure_errno(why, error = errno, "%s", path);
    }
    if (error == 0)
        return fd;
    close(fd);
    return -1;
}

/* In the child: a session of its own, and nothing of ours but the pipe on which it says how starting went. */
static _Noreturn void
become_collector(const char *program, const char *config, const char *state, int report)
{
    char number[16];
    int null = open("/dev/null", O_RDWR);

    setsid();
    if (fork() != 0)
        _exit(0);
    for (int fd = 0; fd <= 2; fd++)
        dup2(null, fd);
    report = dup2(report, 3);
    close_range(4, ~0u, 0);
    snprintf(number, sizeof number, "%d", report);
    setenv("TRAPLINE_STATE", state, 1);
    for (int s = 1; s < NSIG; s++)
        if (s != SIGKILL && s != SIGSTOP)
            signal(s, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (config != NULL)
        execl(program, program, "--config", config, "--report", number, (char *) NULL);
    else
        execl(program, program, "--report", number, (char *) NULL);
    dprintf(report, "traplined: %s: %s\n", program, strerror(errno));
    _exit(127);
}

static bool
await_report(int fd, struct failure *why)
{
    struct pollfd wait = { fd, POLLIN, 0 };
    char text[sizeof why->text] = "";
    size_t have = 0;

    for (;;) {
        ssize_t n;

        if (poll(&wait, 1, START_MS) <= 0)
            return failure_set(why, FAILURE_UNREACHABLE, "traplined does not say that it runs; see its log");
        n = read(fd, text + have, sizeof text - 1 - have);
        if (n <= 0)
            break;
        have += (size_t) n;
        if (have == sizeof text - 1 || strchr(text, '\n') != NULL)
            break;
    }
    text[strcspn(text, "\n")] = '\0';
    if (strcmp(text, "ready") == 0)
        return true;
    return failure_set(why, FAILURE_SYSTEM, "%s", text[0] != '\0' ? text : "traplined ended at once; see its log");
}

bool
collector_start(const char *config_directory, const char *state_directory, struct failure *why)
{
    char program[1024];
    int report[2];
    pid_t child;
    bool good;

    if (collector_running(state_directory) != 0)
        return true;
    if (!paths_program("traplined", program, sizeof program, why))
        return false;
    if (pipe2(report, O_CLOEXEC) < 0)
        return failure_errno(why, errno, "traplined");
    child = fork();
    if (child == 0)
        become_collector(program, config_directory, state_directory, report[1]);
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        return failure_errno(why, errno, "traplined");
    }
    waitpid(child, NULL, 0);
    good = await_report(report[0], why);
    close(report[0]);
    return good || collector_running(state_directory) != 0; /* another console was faster */
}
