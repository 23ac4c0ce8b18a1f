/* The snapshot's file. */
#include "mib/write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct snap_head) <= WRITE_UNITS_AT, "the head fits before the units");

/* Behind the name of a snapshot in the making; nothing of a person's beside it is called so. */
#define MAKING ".making-"
enum { RANDOM_LETTERS = 6 };

static const uint32_t strides[SNAP_SPANS] = {
    [SNAP_UNITS] = 1,
    [SNAP_POOL] = 1,
    [SNAP_NODES] = sizeof(struct snap_node),
    [SNAP_CHILDREN] = 4,
    [SNAP_NAMES] = sizeof(struct snap_name),
    [SNAP_SLOTS] = 4,
    [SNAP_MODULES] = sizeof(struct snap_module),
    [SNAP_TYPES] = sizeof(struct snap_type),
    [SNAP_SYNTAXES] = sizeof(struct snap_syntax),
    [SNAP_LABELS] = sizeof(struct snap_label),
    [SNAP_RANGES] = sizeof(struct snap_range),
    [SNAP_PARTS] = sizeof(struct snap_part),
    [SNAP_LISTS] = 4,
    [SNAP_XREFS] = sizeof(struct snap_xref),
    [SNAP_DIAGS] = sizeof(struct snap_diag),
    [SNAP_FILES] = sizeof(struct snap_file),
    [SNAP_REVISIONS] = sizeof(struct snap_revision),
    [SNAP_IMPORTS] = sizeof(struct snap_import),
    [SNAP_WORDS] = sizeof(struct snap_word),
    [SNAP_POSTINGS] = 1,
};

struct out {
    int fd;
    struct iovec iov[512];
    int n;
    bool failed;
};

static void
flush(struct out *out)
{
    struct iovec *v = out->iov;
    int n = out->n;

    while (n > 0 && !out->failed) {
        ssize_t put = writev(out->fd, v, n);

        if (put < 0) {
            out->failed = errno != EINTR;
            continue;
        }
        while (n > 0 && (size_t)put >= v->iov_len) {
            put -= (ssize_t)v->iov_len;
            v++;
            n--;
        }
        if (n > 0) {
            v->iov_base = (char *)v->iov_base + put;
            v->iov_len -= (size_t)put;
        }
    }
    out->n = 0;
}

/* `octets` must stay until the next flush. */
static void
put(struct out *out, const void *octets, size_t n)
{
    if (n == 0)
        return;
    if (out->n == (int)(sizeof out->iov / sizeof out->iov[0]))
        flush(out);
    memcpy(&out->iov[out->n].iov_base, &octets, sizeof octets);
    out->iov[out->n++].iov_len = n;
}

uint32_t
write_maker(void)
{
    return (uint32_t)unit_hash(PACKAGE_VERSION, sizeof PACKAGE_VERSION, SNAP_VERSION);
}

static void
lay_out(const struct linker *linker, struct snap_head *head, const struct write_facts *facts)
{
    uint64_t at = WRITE_UNITS_AT;
    struct timespec now;

    memcpy(head->magic, SNAP_MAGIC, sizeof head->magic);
    head->version = SNAP_VERSION;
    head->order = SNAP_ORDER;
    clock_gettime(CLOCK_REALTIME, &now);
    head->made = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    head->key = facts->key;
    head->given = facts->given;
    head->maker = write_maker();
    head->errors = facts->errors;
    head->warnings = facts->warnings;
    head->notifications = facts->notifications;
    head->primaries = (uint32_t)linker->positions.n;
    for (unsigned i = 0; i < SNAP_SPANS; i++) {
        uint64_t n = i == SNAP_UNITS  ? linker->pool_at - WRITE_UNITS_AT
                     : i == SNAP_POOL ? linker->pool.n
                                      : linker->out[i].n;

        head->span[i].offset = at;
        head->span[i].count = (uint32_t)n;
        head->span[i].stride = strides[i];
        at = (at + n * strides[i] + 7) & ~(uint64_t)7;
    }
    head->size = at + 8; /* eight NULs: no text runs out of the map */
    head->sum = unit_hash((const char *)head + 32, sizeof *head - 32, 0);
}

/* What lies behind the units. */
static void
put_spans(const struct linker *linker, const struct snap_head *head, struct out *out)
{
    static const char zeros[16];
    uint64_t at = linker->pool_at;

    for (unsigned i = SNAP_POOL; i < SNAP_SPANS; i++) {
        size_t n = (size_t)head->span[i].count * strides[i];

        put(out, zeros, (size_t)(head->span[i].offset - at));
        put(out, i == SNAP_POOL ? linker->pool.at : linker->out[i].at, n);
        at = head->span[i].offset + n;
    }
    put(out, zeros, (size_t)(head->size - at));
    flush(out);
}

static void
directory_of(const char *path, char directory[PATH_MAX])
{
    const char *slash = strrchr(path, '/');

    snprintf(directory, PATH_MAX, "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1, slash != NULL ? path : ".");
}

static void
sync_directory(const char *path)
{
    char directory[PATH_MAX];
    int fd;

    directory_of(path, directory);
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* A snapshot in the making is locked by who makes it; one that is not was left. */
void
write_remove_left(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t n = strlen(name);
    char directory[PATH_MAX];
    struct dirent *entry;
    DIR *dir;

    directory_of(path, directory);
    dir = opendir(directory);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        const char *end = entry->d_name + n;
        int fd = -1;

        if (strncmp(entry->d_name, name, n) == 0 && strncmp(end, MAKING, strlen(MAKING)) == 0 &&
            strlen(end) == strlen(MAKING) + RANDOM_LETTERS)
            fd = openat(dirfd(dir), entry->d_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
        if (fd >= 0)
            close(fd);
    }
    if (dir != NULL)
        closedir(dir);
}

bool
write_start(struct writing *w, const char *path, struct failure *why)
{
    struct stat st;

    w->path = path;
    for (;;) {
        snprintf(w->temporary, sizeof w->temporary, "%s" MAKING "XXXXXX", path);
        w->fd = mkostemp(w->temporary, O_CLOEXEC);
        if (w->fd < 0)
            return failure_errno(why, errno, "the MIB snapshot %s cannot be made", path);
        /* Who removes what was left may have found it before it was locked. */
        if (flock(w->fd, LOCK_EX) != 0 || fstat(w->fd, &st) != 0 || st.st_nlink > 0)
            return true;
        close(w->fd);
    }
}

bool
write_octets(int fd, const void *octets, size_t n, uint64_t at)
{
    const char *from = octets;

    while (n > 0) {
        ssize_t put = pwrite(fd, from, n, (off_t)at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        from += put;
        at += (uint64_t)put;
        n -= (size_t)put;
    }
    return true;
}

void
write_give_up(struct writing *w)
{
    if (w->fd < 0)
        return;
    close(w->fd);
    unlink(w->temporary);
    w->fd = -1;
}

bool
write_finish(struct writing *w, const struct linker *linker, const struct write_facts *facts, struct failure *why)
{
    struct snap_head head = {0};
    struct out out = {.fd = w->fd};
    bool good;

    lay_out(linker, &head, facts);
    if (head.size > UINT32_MAX)
        return failure_set(why, FAILURE_LIMIT, "the MIB files hold more than 4 GiB of text; name fewer directories");
    good = lseek(w->fd, (off_t)linker->pool_at, SEEK_SET) >= 0;
    if (good)
        put_spans(linker, &head, &out);
    good = good && !out.failed && write_octets(w->fd, &head, sizeof head, 0) && fchmod(w->fd, 0644) == 0 &&
           fsync(w->fd) == 0;
    if (!good || rename(w->temporary, w->path) != 0)
        return failure_errno(why, errno, "the MIB snapshot %s cannot be written", w->path);
    close(w->fd);
    w->fd = -1;
    sync_directory(w->path);
    return true;
}
