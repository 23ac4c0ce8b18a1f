#include "mib/cache.h"

#include "mib/write.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define RACY_NANOSECONDS 2000000000ull

/* A file changed so shortly before the snapshot was made may have been changed after it was read. One whose time was set
 * to later than that was not. */
static bool
is_racy(const struct cache *cache, const struct snap_file *f)
{
    uint64_t made = cache->head->made;

    return f->mtime + RACY_NANOSECONDS >= made && f->mtime <= made + RACY_NANOSECONDS;
}

static bool
is_good(struct cache *cache)
{
    const struct snap_head *head = (const struct snap_head *)(const void *)cache->map;

    if (cache->size < WRITE_UNITS_AT || memcmp(head->magic, SNAP_MAGIC, sizeof head->magic) != 0 ||
        head->version != SNAP_VERSION || head->order != SNAP_ORDER || head->maker != write_maker() ||
        head->size != cache->size ||
        head->sum != unit_hash((const char *)head + 32, sizeof *head - 32, 0) ||
        cache->map[cache->size - 1] != '\0' || head->span[SNAP_FILES].stride != sizeof(struct snap_file) ||
        head->span[SNAP_FILES].offset % 8 != 0 || head->span[SNAP_FILES].offset > cache->size ||
        head->span[SNAP_FILES].count >
            (cache->size - head->span[SNAP_FILES].offset) / sizeof(struct snap_file))
        return false;
    cache->head = head;
    cache->files = (const struct snap_file *)(const void *)(cache->map + head->span[SNAP_FILES].offset);
    cache->n = head->span[SNAP_FILES].count;
    return true;
}

static const char *
path_of(const struct cache *cache, uint32_t i)
{
    return cache->files[i].path < cache->size ? cache->map + cache->files[i].path : "";
}

void
cache_open(struct cache *cache, const char *path)
{
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    struct stat st;
    void *map = MAP_FAILED;

    *cache = (struct cache){0};
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return;
    cache->map = map;
    cache->size = (size_t)st.st_size;
    if (!is_good(cache)) {
        munmap(map, cache->size);
        *cache = (struct cache){0};
        return;
    }
    cache->slots = 64;
    while (cache->slots < cache->n * 2)
        cache->slots *= 2;
    cache->by_path = memory_zero(cache->slots, sizeof *cache->by_path);
    cache->by_hash = memory_zero(cache->slots, sizeof *cache->by_hash);
    for (uint32_t i = 0; i < cache->n; i++) {
        const char *name = path_of(cache, i);
        uint32_t mask = cache->slots - 1, s;

        for (s = (uint32_t)unit_hash(name, strlen(name), 0) & mask; cache->by_path[s] != 0;
             s = (s + 1) & mask)
            ;
        cache->by_path[s] = i + 1;
        for (s = (uint32_t)cache->files[i].hash & mask; cache->by_hash[s] != 0; s = (s + 1) & mask)
            ;
        cache->by_hash[s] = i + 1;
    }
}

void
cache_close(struct cache *cache)
{
    void *map;

    memcpy(&map, &cache->map, sizeof map);
    if (map != NULL)
        munmap(map, cache->size);
    free(cache->by_path);
    free(cache->by_hash);
}

static bool
take(const struct cache *cache, uint32_t i, struct cached *out)
{
    const struct snap_file *f = &cache->files[i];

    if (f->unit % 8 != 0 || f->unit > cache->size || f->unit_size > cache->size - f->unit ||
        !unit_is_whole(cache->map + f->unit, f->unit_size))
        return false;
    *out = (struct cached){cache->map + f->unit, f->unit_size, f->hash};
    return true;
}

bool
cache_by_path(const struct cache *cache, const struct source *source, struct cached *out)
{
    uint32_t mask = cache->slots - 1;

    if (cache->n == 0)
        return false;
    for (uint32_t s = (uint32_t)unit_hash(source->path, strlen(source->path), 0) & mask;
         cache->by_path[s] != 0; s = (s + 1) & mask) {
        uint32_t i = cache->by_path[s] - 1;
        const struct snap_file *f = &cache->files[i];

        if (f->size == source->size && f->mtime == source->mtime && !is_racy(cache, f) &&
            strcmp(path_of(cache, i), source->path) == 0)
            return take(cache, i, out);
    }
    return false;
}

bool
cache_by_hash(const struct cache *cache, uint64_t hash, uint64_t size, struct cached *out)
{
    uint32_t mask = cache->slots - 1;

    if (cache->n == 0)
        return false;
    for (uint32_t s = (uint32_t)hash & mask; cache->by_hash[s] != 0; s = (s + 1) & mask) {
        const struct snap_file *f = &cache->files[cache->by_hash[s] - 1];

        if (f->hash == hash && f->size == size && take(cache, cache->by_hash[s] - 1, out))
            return true;
    }
    return false;
}

bool
cache_is_of(const struct cache *cache, uint64_t key)
{
    if (cache->n == 0 || cache->head->key != key)
        return false;
    for (uint32_t i = 0; i < cache->n; i++)
        if (is_racy(cache, &cache->files[i]))
            return false;
    return true;
}
