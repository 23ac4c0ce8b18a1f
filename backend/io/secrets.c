/* Reading secrets. A command runs without a terminal: what wants to ask somebody fails, and we say so. */
#include "io/secrets.h"

#include "api/text.h"
#include "core/memory.h"
#include "core/request.h"
#include "io/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

char *
secret_copy(const char *secret)
{
    size_t n = strlen(secret) + 1;
    char *copy = memory_copy(secret, n);

    (void) mlock(copy, n); /* beyond RLIMIT_MEMLOCK it is swappable, as any memory is */
    return copy;
}

void
secret_wipe(char *secret)
{
    if (secret == NULL)
        return;
    explicit_bzero(secret, strlen(secret));
    free(secret);
}

static bool
file_is_private(const char *path, const struct stat *st, struct failure *why)
{
    unsigned mode = st->st_mode & 07777;

    if (!S_ISREG(st->st_mode))
        return failure_set(why, FAILURE_USAGE, "%s is not a plain file; a secret is read from plain files only", path);
    if (st->st_uid != geteuid())
        return failure_set(why, FAILURE_REFUSED,
                           "%s belongs to user %u (mode %04o) and not to user %u who reads it; chown it", path,
                           (unsigned) st->st_uid, mode, (unsigned) geteuid());
    if ((mode & 077) != 0)
        return failure_set(why, FAILURE_USAGE, "%s has mode %04o and holds a secret; chmod 600 it", path, mode);
    return true;
}

static int
open_private(const char *path, struct failure *why)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (fd < 0 && errno == ELOOP)
        failure_set(why, FAILURE_USAGE, "%s is a symbolic link; name the file itself", path);
    else if (fd < 0 && errno == ENOENT)
        failure_set(why, FAILURE_USAGE, "there is no file %s, which should hold a secret; write it there, with mode 0600",
                    path);
    else if (fd < 0)
        failure_errno(why, errno, "cannot read the secret in %s", path);
    else if (fstat(fd, &st) < 0)
        failure_errno(why, errno, "cannot read the secret in %s", path);
    else if (file_is_private(path, &st, why))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

bool
secret_file_check(const char *path, struct failure *why)
{
    int fd = open_private(path, why);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Cuts `text` of n octets to its first line, in place, and checks it. */
static bool
first_line(char *text, size_t n, size_t limit, const char *what, struct failure *why)
{
    char *end = memchr(text, '\n', n);
    size_t length = end != NULL ? (size_t) (end - text) : n;

    if (length > 0 && text[length - 1] == '\r')
        length--;
    text[length] = '\0';
    if (strlen(text) != length)
        return failure_set(why, FAILURE_USAGE, "%s: holds a NUL", what);
    if (length == 0)
        return failure_set(why, FAILURE_USAGE, "%s: is empty (the first line counts)", what);
    if (length > limit)
        return failure_set(why, FAILURE_LIMIT, "%s: has %zu octets; at most %zu are taken", what, length, limit);
    return true;
}

static char *
read_file(const char *what, const char *path, size_t limit, struct failure *why)
{
    size_t room = limit + 3, n = 0;
    char *text, *secret = NULL, subject[400];
    ssize_t got;
    int fd = open_private(path, why);

    if (fd < 0)
        return NULL;
    text = memory_zero(1, room);
    (void) mlock(text, room);
    while (n < room - 1 && (got = read(fd, text + n, room - 1 - n)) > 0)
        n += (size_t) got;
    close(fd);
    snprintf(subject, sizeof subject, "%s in %s", what, path);
    if (first_line(text, n, limit, subject, why))
        secret = secret_copy(text);
    explicit_bzero(text, room);
    free(text);
    return secret;
}

struct reading {
    struct request request;
    struct loop *loop;
    struct request *capture;
    struct loop_timer *later;
    char what[160], command[80];
    size_t limit;
    char *secret; /* from a file or as typed: known at once */
    struct failure failure;
    secret_fn *fn;
    void *arg;
};

static void
reading_cancel(struct request *request)
{
    struct reading *r = (struct reading *) request;

    request_cancel(r->capture);
    loop_cancel(r->later);
    secret_wipe(r->secret);
    free(r);
}

static void
complete(struct reading *r)
{
    r->fn(r->arg, r->secret, r->secret == NULL ? &r->failure : NULL);
    reading_cancel(&r->request);
}

/* What commands say when they find nobody to ask. */
static bool
wants_terminal(const char *said)
{
    static const char *const signs[] = { "tty", "terminal", "pinentry", "ioctl", "No such device or address", "askpass" };

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strcasestr(said, signs[i]) != NULL)
            return true;
    return false;
}

static void
say_why(struct reading *r, const struct capture_reply *reply)
{
    char said[200] = "";
    size_t n = strcspn(reply->err, "\n");

    text_sanitize((const uint8_t *) reply->err, n, said, sizeof said);
    if (reply->end != NULL && !reply->end->late && wants_terminal(reply->err))
        failure_set(&r->failure, FAILURE_REFUSED,
                    "%s: the command %s wants a terminal, and gets none (\"%s\"); unlock it beforehand, or use a file",
                    r->what, r->command, said);
    else if (reply->end != NULL && reply->end->late)
        failure_set(&r->failure, FAILURE_UNREACHABLE,
                    "%s: the command %s was %s; it must end by itself and ask nothing", r->what, r->command,
                    reply->end->words);
    else
        failure_set(&r->failure, reply->failure->kind, "%s: the command %s%s%s%s", r->what, reply->failure->text,
                    said[0] != '\0' ? " (\"" : "", said, said[0] != '\0' ? "\")" : "");
}

static void
on_command(void *arg, const struct capture_reply *reply)
{
    struct reading *r = arg;
    char *text;

    r->capture = NULL;
    if (reply->failure != NULL) {
        say_why(r, reply);
    } else {
        text = memory_zero(1, reply->n_out + 1);
        memcpy(text, reply->out, reply->n_out);
        if (first_line(text, reply->n_out, r->limit, r->what, &r->failure))
            r->secret = secret_copy(text);
        explicit_bzero(text, reply->n_out);
        free(text);
    }
    complete(r);
}

static void
on_later(void *arg)
{
    struct reading *r = arg;

    r->later = NULL;
    complete(r);
}

static void
start_command(struct reading *r, const struct settings_list *command, int64_t deadline)
{
    const char **argv = memory_zero(command->n + 1, sizeof *argv);
    struct child_options o = { .argv = argv, .deadline = deadline > 0 ? deadline : LOOP_S(10) };

    for (size_t i = 0; i < command->n; i++)
        argv[i] = command->items[i];
    snprintf(r->command, sizeof r->command, "%s", argv[0]);
    r->capture = capture_start(r->loop, r->command, &o, NULL, 0, SECRET_TOKEN_MAX + 2, on_command, r);
    free(argv);
}

struct request *
secret_start(struct loop *loop, const char *what, const struct secret_source *source, size_t limit, int64_t deadline,
             secret_fn *fn, void *arg)
{
    struct reading *r = memory_zero(1, sizeof *r);

    r->request.cancel = reading_cancel;
    r->loop = loop;
    r->limit = limit;
    r->fn = fn;
    r->arg = arg;
    snprintf(r->what, sizeof r->what, "%s", what);
    if (source->command.n > 0) {
        start_command(r, &source->command, deadline);
        return &r->request;
    }
    if (source->file != NULL)
        r->secret = read_file(what, source->file, limit, &r->failure);
    else if (source->text == NULL)
        failure_set(&r->failure, FAILURE_USAGE, "%s: no command, file or text gives it; add one to the settings", what);
    else if (strlen(source->text) > limit)
        failure_set(&r->failure, FAILURE_LIMIT, "%s: has %zu octets; at most %zu are taken", what, strlen(source->text),
                    limit);
    else
        r->secret = secret_copy(source->text);
    r->later = loop_after(loop, 0, on_later, r);
    return &r->request;
}

struct waiting {
    struct loop *loop;
    char *secret;
    struct failure failure;
};

static void
on_waited(void *arg, const char *secret, const struct failure *failure)
{
    struct waiting *w = arg;

    if (secret != NULL)
        w->secret = secret_copy(secret);
    else
        w->failure = *failure;
    loop_stop(w->loop);
}

char *
secret_read(const char *what, const struct secret_source *source, size_t limit, int64_t deadline, struct failure *why)
{
    struct waiting w = { .loop = loop_new(why) };

    if (w.loop == NULL)
        return NULL;
    secret_start(w.loop, what, source, limit, deadline, on_waited, &w);
    loop_run(w.loop);
    loop_free(w.loop);
    if (w.secret == NULL && why != NULL)
        *why = w.failure;
    return w.secret;
}
