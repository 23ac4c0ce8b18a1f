/* Keeping the snapshot up to date. The child is `trapline mib compile --progress`: a fresh process that holds no
 * secret of ours, and closes its own door. */
#include "api/mib_compile.h"

#include "api/paths.h"
#include "core/memory.h"
#include "io/child.h"
#include "mib/vec.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEPTH_MAX = 8, SETTLE_MS = 400, DEADLINE_S = 300, WORDS_MAX = 400 };

struct pipe_end {
    int fd;
    struct loop_watch *watch;
    char text[WORDS_MAX];
    size_t n;
};

struct mib_refresh {
    struct loop *loop;
    struct mib_refresh_events events;
    void *arg;
    char *config, program[PATH_MAX];
    char **directories;
    size_t n_directories;
    int notify;
    struct loop_watch *notify_watch;
    struct loop_timer *settle;
    struct child *child;
    struct pipe_end out, err;
    bool again; /* something changed while the child ran */
};

static void
watch_directory(struct mib_refresh *r, const char *path, unsigned depth)
{
    const uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR;
    struct dirent *entry;
    DIR *dir;

    if (inotify_add_watch(r->notify, path, mask) < 0 || depth >= DEPTH_MAX || (dir = opendir(path)) == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        struct buf below = {0};

        if (entry->d_name[0] == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_LNK))
            continue;
        buf_format(&below, "%s/%s", path, entry->d_name);
        watch_directory(r, below.at, depth + 1);
        buf_free(&below);
    }
    closedir(dir);
}

/* A directory that is not there yet is noticed through its parent. */
static void
watch_all(struct mib_refresh *r)
{
    for (size_t i = 0; i < r->n_directories; i++) {
        char parent[PATH_MAX], *slash;

        watch_directory(r, r->directories[i], 0);
        snprintf(parent, sizeof parent, "%s", r->directories[i]);
        slash = strrchr(parent, '/');
        if (access(parent, F_OK) != 0 && slash != NULL && slash != parent) {
            *slash = '\0';
            inotify_add_watch(r->notify, parent, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
        }
    }
}

static void
settled(void *arg)
{
    struct mib_refresh *r = arg;

    r->settle = NULL;
    watch_all(r);
    mib_refresh_now(r);
}

/* A copy of many files is one change: it is waited for until nothing more comes for a moment. */
static void
noticed(void *arg, int fd, unsigned events)
{
    struct mib_refresh *r = arg;
    char room[8192];

    (void)events;
    while (read(fd, room, sizeof room) > 0)
        ;
    loop_cancel(r->settle);
    r->settle = loop_after(r->loop, LOOP_MS(SETTLE_MS), settled, r);
}

static void
close_end(struct pipe_end *end)
{
    loop_unwatch(end->watch);
    if (end->fd >= 0)
        close(end->fd);
    *end = (struct pipe_end){.fd = -1};
}

static void
take_progress(struct mib_refresh *r, char *line)
{
    unsigned long done, all;

    if (sscanf(line, "%lu %lu", &done, &all) == 2 && done <= all && r->events.progress != NULL)
        r->events.progress(r->arg, done, all);
}

static void
read_progress(void *arg, int fd, unsigned events)
{
    struct mib_refresh *r = arg;
    ssize_t got = read(fd, r->out.text + r->out.n, sizeof r->out.text - 1 - r->out.n);
    char *line = r->out.text, *end;

    (void)events;
    if (got <= 0) {
        loop_unwatch(r->out.watch);
        r->out.watch = NULL;
        return;
    }
    r->out.n += (size_t)got;
    r->out.text[r->out.n] = '\0';
    while ((end = strchr(line, '\n')) != NULL) {
        *end = '\0';
        take_progress(r, line);
        line = end + 1;
    }
    r->out.n = strlen(line);
    memmove(r->out.text, line, r->out.n + 1);
    if (r->out.n + 1 == sizeof r->out.text)
        r->out.n = 0;
}

static void
read_words(void *arg, int fd, unsigned events)
{
    struct mib_refresh *r = arg;
    char room[512];
    ssize_t got = read(fd, room, sizeof room);
    size_t left = sizeof r->err.text - 1 - r->err.n, n;

    (void)events;
    if (got <= 0) {
        loop_unwatch(r->err.watch);
        r->err.watch = NULL;
        return;
    }
    n = (size_t)got < left ? (size_t)got : left;
    memcpy(r->err.text + r->err.n, room, n);
    r->err.n += n;
}

/* Exit status 1 says that some module has errors: the snapshot is there. */
static void
ended(void *arg, const struct child_end *end)
{
    struct mib_refresh *r = arg;
    struct failure failure = {0};
    bool good = end->success || (WIFEXITED(end->status) && WEXITSTATUS(end->status) == 1);
    bool again = r->again;

    r->child = NULL;
    while (r->err.watch != NULL) /* what is left in the pipe; it does not block */
        read_words(r, r->err.fd, LOOP_READ);
    r->err.text[r->err.n] = '\0';
    r->err.text[strcspn(r->err.text, "\n")] = '\0';
    if (!good && r->err.n > 0 && WIFEXITED(end->status))
        failure_set(&failure, FAILURE_SYSTEM, "%s", r->err.text);
    else if (!good)
        failure_set(&failure, FAILURE_SYSTEM, "the MIB compiler ended early: %s; the names stay as they were",
                    end->words);
    close_end(&r->out);
    close_end(&r->err);
    r->again = false;
    if (again)
        mib_refresh_now(r);
    if (r->events.done != NULL)
        r->events.done(r->arg, good ? NULL : &failure);
}

static bool
open_end(struct mib_refresh *r, struct pipe_end *end, loop_watch_fn *fn, int *theirs)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0)
        return false;
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    *end = (struct pipe_end){.fd = fds[0]};
    end->watch = loop_watch(r->loop, fds[0], LOOP_READ, fn, r);
    *theirs = fds[1];
    return true;
}

static bool
start(struct mib_refresh *r, struct failure *why)
{
    const char *argv[] = {r->program, "mib", "compile", "--progress", "--quiet", r->config != NULL ? "--config" : NULL,
                          r->config, NULL};
    int out = -1, err = -1;
    struct child_descriptor give[2];
    struct child_options options = {.argv = argv, .give = give, .n_give = 2, .deadline = LOOP_S(DEADLINE_S)};

    if (open_end(r, &r->out, read_progress, &out) && open_end(r, &r->err, read_words, &err)) {
        give[0] = (struct child_descriptor){out, STDOUT_FILENO};
        give[1] = (struct child_descriptor){err, STDERR_FILENO};
        r->child = child_start(r->loop, &options, ended, r, why);
    } else {
        failure_set(why, FAILURE_SYSTEM, "no pipe for the MIB compiler can be made");
    }
    if (out >= 0)
        close(out);
    if (err >= 0)
        close(err);
    if (r->child == NULL) {
        close_end(&r->out);
        close_end(&r->err);
    }
    return r->child != NULL;
}

void
mib_refresh_now(struct mib_refresh *r)
{
    if (r->child != NULL)
        r->again = true;
    else
        start(r, NULL);
}

struct mib_refresh *
mib_refresh_new(struct loop *loop, const struct mib_refresh_options *options, struct failure *why)
{
    struct mib_refresh *r = memory_zero(1, sizeof *r);

    *r = (struct mib_refresh){.loop = loop, .events = options->events, .arg = options->arg, .out.fd = -1, .err.fd = -1};
    r->config = memory_text(options->config);
    r->directories = memory_zero(options->n_directories + 1, sizeof *r->directories);
    for (; r->n_directories < options->n_directories; r->n_directories++)
        r->directories[r->n_directories] = memory_text(options->directories[r->n_directories]);
    r->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (!paths_program("trapline", r->program, sizeof r->program, why) || !start(r, why)) {
        mib_refresh_free(r);
        return NULL;
    }
    if (r->notify >= 0) {
        r->notify_watch = loop_watch(loop, r->notify, LOOP_READ, noticed, r);
        watch_all(r);
    }
    return r;
}

void
mib_refresh_free(struct mib_refresh *r)
{
    if (r == NULL)
        return;
    child_kill(r->child);
    close_end(&r->out);
    close_end(&r->err);
    loop_cancel(r->settle);
    loop_unwatch(r->notify_watch);
    if (r->notify >= 0)
        close(r->notify);
    for (size_t i = 0; i < r->n_directories; i++)
        free(r->directories[i]);
    free(r->directories);
    free(r->config);
    free(r);
}
