/* Children: whatever can block runs in one, with a deadline, and ends through the loop.
 *
 * A child gets the descriptors it is given and no others (0, 1 and 2 are /dev/null unless given), default signals, and
 * dies with us. It leads a session of its own unless it is to share our terminal, and is killed with all it started. */
#ifndef IO_CHILD_H
#define IO_CHILD_H

#include "api/loop.h"
#include "api/request.h"

#include <stddef.h>
#include <sys/types.h>

struct child;

struct child_descriptor {
    int ours, theirs; /* ours stays open here */
};

struct child_options {
    const char *const *argv;   /* NULL at its end; argv[0] is searched in PATH when it has no slash */
    int (*run)(void *arg);     /* instead of argv: called in the forked child, its result is the exit status */
    void *run_arg;
    const struct child_descriptor *give;
    size_t n_give;
    const char *directory;     /* to start in, or NULL */
    int64_t deadline;          /* nanoseconds until SIGKILL; 0: none */
    int death_signal;          /* when we die; 0: SIGKILL, negative: it lives on */
    bool share_terminal;       /* stay in our session and process group */
};

struct child_end {
    bool success;      /* ended by itself with exit status 0 */
    bool late;         /* killed at its deadline */
    int status;        /* as of waitpid */
    char words[80];    /* "exit status 3", "killed by signal 11 (Segmentation fault)", "not done in 10 s" */
};

typedef void child_end_fn(void *arg, const struct child_end *end);

/* NULL with *why when it cannot be started, a program that is not there included. `fn` is called once, later; the
 * handle is gone by then. */
struct child *child_start(struct loop *loop, const struct child_options *options, child_end_fn *fn, void *arg,
                          struct failure *why);
pid_t child_pid(const struct child *child);
void child_signal(struct child *child, int signal);
/* SIGKILL, wait, no callback; NULL is fine. */
void child_kill(struct child *child);
/* Forget it: it goes on without us (death_signal negative). No callback. */
void child_release(struct child *child);

#endif
