/* Starting, watching and ending children. A pidfd tells the end, so no SIGCHLD handler is shared with anybody;
 * where the kernel has none, a timer asks. */
#include "io/child.h"

#include "core/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GIVE_MAX = 32, ASK_MS = 20 };

struct child {
    struct loop *loop;
    pid_t pid;
    int pidfd; /* or -1 */
    bool leads, late;
    int64_t deadline;
    struct loop_watch *watch;
    struct loop_timer *timer, *asking;
    child_end_fn *fn;
    void *arg;
};

/* In the child. */

static int
last_descriptor(const struct child_options *o)
{
    int last = STDERR_FILENO;

    for (size_t i = 0; i < o->n_give; i++)
        if (o->give[i].theirs > last)
            last = o->give[i].theirs;
    return last;
}

static bool
is_given(const struct child_options *o, int fd)
{
    for (size_t i = 0; i < o->n_give; i++)
        if (o->give[i].theirs == fd)
            return true;
    return false;
}

/* Puts the given descriptors in their places and closes all others; *report ends just above them. Everything is first
 * copied out of the way, for "theirs" of one may be "ours" of another. */
static bool
place_descriptors(const struct child_options *o, int *report)
{
    int last = last_descriptor(o), copies[GIVE_MAX], null, moved;

    for (size_t i = 0; i < o->n_give; i++)
        if ((copies[i] = fcntl(o->give[i].ours, F_DUPFD_CLOEXEC, last + 2)) < 0)
            return false;
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || (null = fcntl(null, F_DUPFD_CLOEXEC, last + 2)) < 0)
        return false;
    moved = fcntl(*report, F_DUPFD_CLOEXEC, last + 2);
    if (moved < 0)
        return false;
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (!is_given(o, fd) && dup2(null, fd) < 0)
            return false;
    for (size_t i = 0; i < o->n_give; i++)
        if (dup2(copies[i], o->give[i].theirs) < 0)
            return false;
    for (int fd = STDERR_FILENO + 1; fd <= last; fd++)
        if (!is_given(o, fd))
            close(fd);
    *report = dup3(moved, last + 1, O_CLOEXEC);
    return *report >= 0 && close_range((unsigned) last + 2, ~0u, 0) == 0;
}

static void
default_signals(void)
{
    sigset_t none;

    for (int s = 1; s < NSIG; s++)
        if (s != SIGKILL && s != SIGSTOP)
            signal(s, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void
report_error(int report)
{
    int error = errno;
    ssize_t n = write(report, &error, sizeof error);

    (void) n;
    _exit(127);
}

static _Noreturn void
become(const struct child_options *o, pid_t parent, int report)
{
    int death = o->death_signal == 0 ? SIGKILL : o->death_signal;

    if (death > 0) {
        prctl(PR_SET_PDEATHSIG, death);
        if (getppid() != parent) /* died before we asked to be told */
            _exit(127);
    }
    default_signals();
    if (!o->share_terminal)
        setsid();
    if (!place_descriptors(o, &report))
        report_error(report);
    if (o->directory != NULL && chdir(o->directory) < 0)
        report_error(report);
    if (o->run != NULL) {
        close(report);
        _exit(o->run(o->run_arg));
    }
    execvp(o->argv[0], (char *const *) (uintptr_t) o->argv);
    report_error(report);
}

/* Here. */

static void
say_end(struct child_end *end, int64_t deadline)
{
    if (end->late)
        snprintf(end->words, sizeof end->words, "not done in %lld.%lld s", (long long) (deadline / LOOP_S(1)),
                 (long long) (deadline % LOOP_S(1) / LOOP_MS(100)));
    else if (WIFSIGNALED(end->status))
        snprintf(end->words, sizeof end->words, "killed by signal %d (%s)", WTERMSIG(end->status),
                 strsignal(WTERMSIG(end->status)));
    else
        snprintf(end->words, sizeof end->words, "exit status %d", WEXITSTATUS(end->status));
}

static void
child_free(struct child *c)
{
    loop_unwatch(c->watch);
    loop_cancel(c->timer);
    loop_cancel(c->asking);
    if (c->pidfd >= 0)
        close(c->pidfd);
    free(c);
}

static void
reap(struct child *c)
{
    struct child_end end = { .late = c->late };
    child_end_fn *fn = c->fn;
    void *arg = c->arg;
    siginfo_t info = { 0 };

    if (waitid(P_PID, (id_t) c->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
        return;
    if (c->leads)
        kill(-c->pid, SIGKILL); /* what it left behind; not yet reaped, so the number is still its own */
    waitpid(c->pid, &end.status, 0);
    end.success = !end.late && WIFEXITED(end.status) && WEXITSTATUS(end.status) == 0;
    say_end(&end, c->deadline);
    child_free(c);
    fn(arg, &end);
}

static void
on_pidfd(void *arg, int fd, unsigned events)
{
    (void) fd;
    (void) events;
    reap(arg);
}

static void
on_asking(void *arg)
{
    struct child *c = arg;

    c->asking = loop_after(c->loop, LOOP_MS(ASK_MS), on_asking, c);
    reap(c);
}

static void
on_deadline(void *arg)
{
    struct child *c = arg;

    c->timer = NULL;
    c->late = true;
    child_signal(c, SIGKILL);
}

static struct child *
child_new(struct loop *loop, const struct child_options *o, pid_t pid, child_end_fn *fn, void *arg)
{
    struct child *c = memory_zero(1, sizeof *c);

    c->loop = loop;
    c->pid = pid;
    c->leads = !o->share_terminal && o->death_signal >= 0;
    c->fn = fn;
    c->arg = arg;
    c->deadline = o->deadline;
    c->pidfd = (int) syscall(SYS_pidfd_open, pid, 0);
    if (c->pidfd >= 0)
        c->watch = loop_watch(loop, c->pidfd, LOOP_READ, on_pidfd, c);
    else
        c->asking = loop_after(loop, LOOP_MS(ASK_MS), on_asking, c);
    if (o->deadline > 0)
        c->timer = loop_after(loop, o->deadline, on_deadline, c);
    return c;
}

struct child *
child_start(struct loop *loop, const struct child_options *o, child_end_fn *fn, void *arg, struct failure *why)
{
    const char *name = o->run != NULL ? "a helper" : o->argv[0];
    pid_t parent = getpid(), pid;
    int report[2], error = 0;
    ssize_t n;

    assert(o->n_give <= GIVE_MAX);
    if (pipe2(report, O_CLOEXEC) < 0) {
        failure_errno(why, errno, "cannot start %s", name);
        return NULL;
    }
    pid = fork();
    if (pid == 0)
        become(o, parent, report[1]);
    error = pid < 0 ? errno : 0;
    close(report[1]);
    if (pid > 0) { /* end of file once it has become what it is to be */
        do
            n = read(report[0], &error, sizeof error);
        while (n < 0 && errno == EINTR);
        if (n > 0)
            waitpid(pid, NULL, 0);
    }
    close(report[0]);
    if (error != 0) {
        failure_errno(why, error, "cannot start %s", name);
        if (why != NULL && error == ENOENT)
            why->kind = FAILURE_ABSENT;
        return NULL;
    }
    return child_new(loop, o, pid, fn, arg);
}

pid_t
child_pid(const struct child *c)
{
    return c->pid;
}

void
child_signal(struct child *c, int signal)
{
    kill(c->leads ? -c->pid : c->pid, signal);
}

void
child_release(struct child *c)
{
    child_free(c);
}

void
child_kill(struct child *c)
{
    if (c == NULL)
        return;
    child_signal(c, SIGKILL);
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    child_free(c);
}
