/* A sendmail-style program of the site: it gets "-i -f SENDER -- RECIPIENT…" behind its own arguments and the message on
 * standard input; its exit status is one of <sysexits.h>. */
#include "mail/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/memory.h"

static void __attribute__((noreturn))
run_program(const struct job *job, const struct job_message *m, int in)
{
    const char **argv = memory_zero(job->command.n + m->n_recipients + 6, sizeof *argv);
    size_t n = 0;
    int null = open("/dev/null", O_RDWR);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_DFL);
    for (; n < job->command.n; n++)
        argv[n] = job->command.items[n];
    argv[n++] = "-i";
    argv[n++] = "-f";
    argv[n++] = m->envelope;
    argv[n++] = "--";
    for (size_t i = 0; i < m->n_recipients; i++)
        if (m->recipients[i].verdict == VERDICT_OPEN)
            argv[n++] = m->recipients[i].address;
    if (null < 0 || dup2(in, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
        _exit(EX_TEMPFAIL);
    execv(argv[0], (char **) (uintptr_t) argv);
    _exit(EX_UNAVAILABLE);
}

/* With the line ends of this system: programs of its kind expect them. */
static char *
local_lines(const struct job_message *m, size_t *n)
{
    char *out = memory_alloc(m->n_raw + 1);

    *n = 0;
    for (size_t i = 0; i < m->n_raw; i++)
        if (m->raw[i] != '\r')
            out[(*n)++] = m->raw[i];
    return out;
}

static bool
feed(struct guard *guard, const char *octets, size_t n, int to)
{
    size_t at = 0;

    while (at < n) {
        ssize_t r;

        if (!guard_wait(guard, to, POLLOUT))
            return false;
        r = write(to, octets + at, n - at);
        if (r < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (r < 0)
            return true; /* it ended early; its status says why */
        at += (size_t) r;
    }
    return true;
}

/* The exit status, or -1 when it had to be killed. */
static int
wait_program(struct guard *guard, pid_t pid)
{
    int status;

    for (;;) {
        pid_t r = waitpid(pid, &status, WNOHANG);
        struct pollfd none = { -1, 0, 0 };

        if (r == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
        if (guard_left(guard) == 0)
            break;
        poll(&none, 1, 10);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    guard_fail(guard, CAUSE_TIMEOUT, "%s did not end in time", guard->job->command.items[0]);
    return -1;
}

static void
settle(struct guard *guard, struct job_message *m, int status)
{
    struct reply reply = { 0 };
    enum verdict verdict = status == 0                                       ? VERDICT_DELIVERED
                           : status == EX_NOUSER || status == EX_NOHOST ||
                                   status == EX_DATAERR || status == EX_NOPERM ? VERDICT_PERMANENT
                                                                             : VERDICT_TEMPORARY;

    if (verdict == VERDICT_DELIVERED)
        snprintf(reply.text, sizeof reply.text, "taken by %s", guard->job->command.items[0]);
    else
        snprintf(reply.text, sizeof reply.text, "%s ended with status %d", guard->job->command.items[0], status);
    for (size_t i = 0; i < m->n_recipients; i++)
        if (m->recipients[i].verdict == VERDICT_OPEN) {
            m->recipients[i].verdict = verdict;
            m->recipients[i].reply = reply;
        }
}

static bool
can_run(struct guard *guard)
{
    const char *program = guard->job->command.items[0];

    return access(program, X_OK) == 0 ||
           guard_fail(guard, CAUSE_SETTINGS, "%s cannot be run: %s", program, strerror(errno));
}

static bool
run_one(struct guard *guard, struct job_message *m)
{
    int ends[2], status;
    char *octets;
    size_t n;
    pid_t pid;
    bool fed;

    guard_step(guard, "the mail program");
    if (pipe2(ends, O_CLOEXEC) != 0 || (pid = fork()) < 0)
        return guard_fail(guard, CAUSE_ENGINE, "%s: %s", guard->job->command.items[0], strerror(errno));
    if (pid == 0)
        run_program(guard->job, m, ends[0]);
    close(ends[0]);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    octets = local_lines(m, &n);
    fed = feed(guard, octets, n, ends[1]);
    free(octets);
    if (!fed) /* it must not take half a message for a whole one */
        kill(pid, SIGKILL);
    else {
        m->dot = true;
        report_dot(guard->message);
    }
    close(ends[1]);
    status = wait_program(guard, pid);
    if (!fed)
        return false;
    if (status < 0) {
        for (size_t i = 0; i < m->n_recipients; i++)
            if (m->recipients[i].verdict == VERDICT_OPEN)
                m->recipients[i].verdict = VERDICT_ACCEPTED;
        return false;
    }
    settle(guard, m, status);
    return true;
}

bool
pipe_run(struct guard *guard)
{
    if (!can_run(guard))
        return false;
    report_step("connect", "%s can be run", guard->job->command.items[0]);
    if (guard->job->probe)
        return true;
    for (size_t i = 0; i < guard->job->n_messages; i++) {
        guard->message = i + 1;
        if (guard->job->messages[i].told)
            continue;
        if (!run_one(guard, &guard->job->messages[i]))
            return false;
        report_message(guard->job, i, "");
    }
    guard->finished = true;
    return true;
}
