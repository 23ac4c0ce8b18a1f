/* Walking the MIB directories. */
#include "mib/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void
add(struct vec *sources, const char *path, uint32_t layer, unsigned depth)
{
    struct stat st;
    struct dirent *entry;
    DIR *dir;

    if (stat(path, &st) != 0 || sources->n >= SOURCE_FILES_MAX)
        return;
    if (S_ISREG(st.st_mode)) {
        struct source *s = vec_push(sources, sizeof *s);

        *s = (struct source){memory_text(path), (uint64_t)st.st_size,
                             (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec, layer};
        return;
    }
    if (!S_ISDIR(st.st_mode) || depth >= SOURCE_DEPTH_MAX || (dir = opendir(path)) == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        struct buf below = {0};
        size_t n = strlen(entry->d_name);

        if (entry->d_name[0] == '.' || entry->d_name[n - 1] == '~')
            continue;
        buf_format(&below, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", entry->d_name);
        add(sources, below.at, layer, depth + 1);
        buf_free(&below);
    }
    closedir(dir);
}

void
source_add(struct vec *sources, const char *path, uint32_t layer)
{
    if (path[0] != '\0')
        add(sources, path, layer, 0);
}

static int
compare(const void *a, const void *b)
{
    const struct source *x = a, *y = b;

    return x->layer != y->layer ? (x->layer < y->layer ? -1 : 1) : strcmp(x->path, y->path);
}

static int
compare_path(const void *a, const void *b)
{
    const struct source *x = a, *y = b;
    int order = strcmp(x->path, y->path);

    return order != 0 ? order : x->layer < y->layer ? -1 : x->layer > y->layer;
}

void
source_sort(struct vec *sources)
{
    struct source *all = sources->at;
    size_t n = 0;

    if (sources->n == 0)
        return;
    qsort(all, sources->n, sizeof *all, compare_path);
    for (size_t i = 0; i < sources->n; i++)
        if (n > 0 && strcmp(all[n - 1].path, all[i].path) == 0)
            free(all[i].path);
        else
            all[n++] = all[i];
    sources->n = n;
    qsort(all, n, sizeof *all, compare);
}

void
source_free(struct vec *sources)
{
    struct source *all = sources->at;

    for (size_t i = 0; i < sources->n; i++)
        free(all[i].path);
    vec_free(sources);
}

bool
source_read(const struct source *source, struct buf *room, size_t limit)
{
    int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t want = source->size < limit ? source->size : limit;
    struct stat st;
    ssize_t got = 0;

    if (fd < 0)
        return false;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        errno = EINVAL;
        return false;
    }
    if (room->room < want + 1) {
        room->room = want + want / 2 + 4096;
        room->at = memory_grow(room->at, room->room, 1);
    }
    room->n = 0;
    while (room->n < want &&
           ((got = read(fd, room->at + room->n, want - room->n)) > 0 || (got < 0 && errno == EINTR)))
        room->n += got > 0 ? (size_t)got : 0;
    room->at[room->n] = '\0';
    close(fd);
    return got >= 0;
}
