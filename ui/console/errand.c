/* A child, a pipe, and one failure through it. */
#include "console/errand.h"

#include "api/memory.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct errand {
    struct loop_watch *watch;
    int fd;
    pid_t pid;
    size_t n;
    struct failure failure; /* filled as it comes */
    errand_done_fn *done;
    void *arg;
};

static void
errand_free(struct errand *e, bool kill_it)
{
    loop_unwatch(e->watch);
    close(e->fd);
    if (kill_it)
        kill(e->pid, SIGTERM);
    waitpid(e->pid, NULL, 0);
    free(e);
}

static void
readable(void *arg, int fd, unsigned events)
{
    struct errand *e = arg;
    ssize_t got = read(fd, (char *) &e->failure + e->n, sizeof e->failure - e->n);
    struct failure failure;
    errand_done_fn *done = e->done;
    void *done_arg = e->arg;
    bool whole;

    (void) events;
    if (got > 0 && (e->n += (size_t) got) < sizeof e->failure)
        return;
    whole = e->n == sizeof e->failure;
    failure = e->failure;
    failure.text[sizeof failure.text - 1] = '\0';
    errand_free(e, false);
    if (!whole)
        failure_set(&failure, FAILURE_SYSTEM, "a helper of the console died");
    done(done_arg, failure.kind == FAILURE_NONE ? NULL : &failure);
}

static void
child(int fd, errand_work_fn *work, void *arg)
{
    struct failure why;
    int null = open("/dev/null", O_RDWR);
    sigset_t none;

    for (int i = 1; i < 32; i++)
        if (i != SIGKILL && i != SIGSTOP)
            signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(null, STDIN_FILENO);
    memset(&why, 0, sizeof why);
    if (!work(arg, &why) && why.kind == FAILURE_NONE)
        failure_set(&why, FAILURE_SYSTEM, "it failed");
    _exit(write(fd, &why, sizeof why) == (ssize_t) sizeof why ? 0 : 1);
}

struct errand *
errand_start(struct loop *loop, errand_work_fn *work, errand_done_fn *done, void *arg)
{
    struct errand *e;
    int fds[2];
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC) != 0)
        return NULL;
    pid = fork();
    if (pid == 0)
        child(fds[1], work, arg);
    close(fds[1]);
    if (pid < 0) {
        close(fds[0]);
        return NULL;
    }
    e = memory_zero(1, sizeof *e);
    e->fd = fds[0];
    e->pid = pid;
    e->done = done;
    e->arg = arg;
    e->watch = loop_watch(loop, fds[0], LOOP_READ, readable, e);
    return e;
}

void
errand_cancel(struct errand *errand)
{
    if (errand != NULL)
        errand_free(errand, true);
}
