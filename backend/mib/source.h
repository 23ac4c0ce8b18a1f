/* Which files are compiled: directories, searched below too, in order of priority. */
#ifndef MIB_SOURCE_H
#define MIB_SOURCE_H

#include "mib/vec.h"

#include <stdbool.h>
#include <stdint.h>

enum { SOURCE_DEPTH_MAX = 8, SOURCE_FILES_MAX = 200000 };
#define SOURCE_OURS UINT32_MAX

struct source {
    char *path;
    uint64_t size, mtime; /* nanoseconds */
    uint32_t layer;
};

/* Adds what lies at `path`, a file or a directory; an absent one adds nothing. */
void source_add(struct vec *sources, const char *path, uint32_t layer);
/* By layer and path, each file once. */
void source_sort(struct vec *sources);
void source_free(struct vec *sources);
/* The file's octets in `room` (reused from file to file); false with errno. At most `limit` octets are read.
 */
bool source_read(const struct source *source, struct buf *room, size_t limit);

#endif
