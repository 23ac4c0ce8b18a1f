/* The snapshot of the last time: units of files that are still the same are taken from it. */
#ifndef MIB_CACHE_H
#define MIB_CACHE_H

#include "mib/snap.h"
#include "mib/source.h"
#include "mib/unit.h"

struct cache {
    const char *map;
    size_t size;
    const struct snap_head *head;
    const struct snap_file *files;
    uint32_t n, *by_path, *by_hash; /* slots: file + 1 */
    uint32_t slots;
};

/* What it knows of one file; the unit lies in the cache. */
struct cached {
    const void *unit;
    size_t size;
    uint64_t hash;
};

/* An absent, damaged or older snapshot (or NULL) makes an empty cache. */
void cache_open(struct cache *cache, const char *path);
void cache_close(struct cache *cache);
/* Path, size and time are those of the last time. */
bool cache_by_path(const struct cache *cache, const struct source *source, struct cached *out);
/* The file's content is that of some file of the last time. */
bool cache_by_hash(const struct cache *cache, uint64_t hash, uint64_t size, struct cached *out);
/* These very files, none changed in the moments before (`key`: of the paths, sizes and times of all). */
bool cache_is_of(const struct cache *cache, uint64_t key);

#endif
