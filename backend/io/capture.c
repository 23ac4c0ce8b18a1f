/* A child's output, bounded. The buffers have their full size from the start, so that no copy of a secret is left
 * behind by growing. */
#include "io/capture.h"

#include "core/memory.h"
#include "core/request.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GIVE_MAX = 16, ERRORS_MAX = 4096 };

struct pipe_end {
    struct capture *capture;
    int fd; /* -1: none or at its end */
    struct loop_watch *watch;
    char *at;
    size_t n, limit;
    bool over;
};

struct capture {
    struct request request;
    struct loop *loop;
    struct child *child;
    struct loop_timer *later;
    struct pipe_end in, out, err;
    struct failure failure;
    char what[120];
    capture_fn *fn;
    void *arg;
};

static void
end_close(struct pipe_end *e)
{
    loop_unwatch(e->watch);
    e->watch = NULL;
    if (e->fd >= 0)
        close(e->fd);
    e->fd = -1;
}

static void
end_free(struct pipe_end *e)
{
    end_close(e);
    if (e->at != NULL)
        explicit_bzero(e->at, e->limit);
    free(e->at);
}

static void
capture_free(struct capture *c)
{
    child_kill(c->child);
    loop_cancel(c->later);
    end_free(&c->in);
    end_free(&c->out);
    end_free(&c->err);
    free(c);
}

static void
capture_cancel(struct request *request)
{
    capture_free((struct capture *) request);
}

static void
complete(struct capture *c, const struct child_end *end)
{
    struct capture_reply reply = {
        .failure = c->failure.kind == FAILURE_NONE ? NULL : &c->failure,
        .end = end,
        .out = c->out.at,
        .n_out = c->out.n,
        .err = c->err.at,
        .n_err = c->err.n,
    };

    c->child = NULL;
    c->out.at[c->out.n] = c->err.at[c->err.n] = '\0';
    c->fn(c->arg, &reply);
    capture_free(c);
}

/* Output is read on past the limit, so that the child is not stopped by a full pipe before we have said why. */
static void
read_some(struct pipe_end *e)
{
    char spill[4096];

    for (int turns = 0; turns < 16 && e->fd >= 0; turns++) {
        size_t left = e->limit - 1 - e->n;
        ssize_t n = left > 0 ? read(e->fd, e->at + e->n, left) : read(e->fd, spill, sizeof spill);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0)
            end_close(e);
        else if (left > 0)
            e->n += (size_t) n;
        else
            e->over = true;
    }
}

static void
on_output(void *arg, int fd, unsigned events)
{
    struct pipe_end *e = arg;

    (void) fd;
    (void) events;
    read_some(e);
    if (e->over && e == &e->capture->out)
        child_signal(e->capture->child, SIGKILL);
}

static void
on_input(void *arg, int fd, unsigned events)
{
    struct pipe_end *e = arg;
    ssize_t n = write(fd, e->at + e->n, e->limit - e->n);

    (void) events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    e->n += n > 0 ? (size_t) n : 0;
    if (n < 0 || e->n == e->limit)
        end_close(e);
}

static void
on_end(void *arg, const struct child_end *end)
{
    struct capture *c = arg;

    c->child = NULL;
    read_some(&c->out);
    read_some(&c->err);
    if (c->out.over)
        failure_set(&c->failure, FAILURE_LIMIT, "%s: wrote more than %zu octets and was stopped", c->what,
                    c->out.limit - 1);
    else if (end->late)
        failure_set(&c->failure, FAILURE_UNREACHABLE, "%s: %s", c->what, end->words);
    else if (!end->success)
        failure_set(&c->failure, FAILURE_REFUSED, "%s: %s", c->what, end->words);
    complete(c, end);
}

static void
on_later(void *arg)
{
    struct capture *c = arg;

    c->later = NULL;
    complete(c, NULL);
}

/* Our end goes into *e, the child's end into *theirs. */
static bool
open_pipe(struct capture *c, struct pipe_end *e, bool from_child, int *theirs)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0)
        return failure_errno(&c->failure, errno, "%s: no pipe", c->what);
    e->fd = fds[from_child ? 0 : 1];
    *theirs = fds[from_child ? 1 : 0];
    fcntl(e->fd, F_SETFL, O_NONBLOCK);
    return true;
}

static void
start(struct capture *c, const struct child_options *asked)
{
    struct child_descriptor give[GIVE_MAX];
    struct child_options o = *asked;
    int theirs[3] = { -1, -1, -1 };
    bool made;

    o.n_give = 0;
    o.give = give;
    for (size_t i = 0; i < asked->n_give && o.n_give < GIVE_MAX - 3; i++)
        give[o.n_give++] = asked->give[i];
    made = (c->in.limit == 0 || open_pipe(c, &c->in, false, &theirs[0])) &&
           open_pipe(c, &c->out, true, &theirs[1]) && open_pipe(c, &c->err, true, &theirs[2]);
    for (int fd = 0; fd < 3; fd++)
        if (theirs[fd] >= 0)
            give[o.n_give++] = (struct child_descriptor) { theirs[fd], fd };
    if (made) {
        struct failure why;

        c->child = child_start(c->loop, &o, on_end, c, &why);
        if (c->child == NULL)
            failure_set(&c->failure, why.kind, "%s: %s", c->what, why.text);
    }
    for (int fd = 0; fd < 3; fd++)
        if (theirs[fd] >= 0)
            close(theirs[fd]);
}

struct request *
capture_start(struct loop *loop, const char *what, const struct child_options *options, const void *input,
              size_t n_input, size_t limit, capture_fn *fn, void *arg)
{
    struct capture *c = memory_zero(1, sizeof *c);

    c->request.cancel = capture_cancel;
    c->loop = loop;
    c->fn = fn;
    c->arg = arg;
    strncpy(c->what, what, sizeof c->what - 1);
    c->in = (struct pipe_end) { c, -1, NULL, memory_copy(input, n_input), 0, n_input, false };
    c->out = (struct pipe_end) { c, -1, NULL, memory_zero(1, limit + 1), 0, limit + 1, false };
    c->err = (struct pipe_end) { c, -1, NULL, memory_zero(1, ERRORS_MAX), 0, ERRORS_MAX, false };
    start(c, options);
    if (c->child == NULL) {
        c->later = loop_after(loop, 0, on_later, c);
        return &c->request;
    }
    if (c->in.fd >= 0)
        c->in.watch = loop_watch(loop, c->in.fd, LOOP_WRITE, on_input, &c->in);
    c->out.watch = loop_watch(loop, c->out.fd, LOOP_READ, on_output, &c->out);
    c->err.watch = loop_watch(loop, c->err.fd, LOOP_READ, on_output, &c->err);
    return &c->request;
}
