/* Several processes read and parse the files: each takes the next that nobody has, and puts its unit into the snapshot
 * in the making. One of them makes the words, too, while the linker goes on.
 *
 * They are forked before the door is closed, for behind it nothing can be; each closes its own. On one processor, or
 * for little text, the caller does it all. */
#ifndef MIB_CREW_H
#define MIB_CREW_H

#include "api/mib_compile.h"
#include "mib/cache.h"
#include "mib/compile.h"
#include "mib/words.h"

struct crew_task { /* borrowed until crew_free */
    const struct source *sources;
    uint32_t n;
    const struct cache *cache;
    const char *to;
    int fd; /* of the snapshot in the making */
    compile_confine_fn *confine; /* or NULL */
    mib_progress_fn *progress;   /* or NULL */
    void *arg;
};

/* Where the unit of a file went. */
struct crew_file {
    uint64_t at, hash;
    uint32_t size, parsed; /* parsed: not taken from the cache */
};

struct crew;

struct crew *crew_start(const struct crew_task *task, struct failure *why);
/* Until all files are done. */
bool crew_parse(struct crew *crew, struct failure *why);
const struct crew_file *crew_files(const struct crew *crew);
uint64_t crew_units_end(const struct crew *crew);
/* Which words are in the texts of the nodes: where each is in the snapshot (0: none). They must stay until the words are
 * taken. `base` is the snapshot, mapped. */
bool crew_ask_words(struct crew *crew, const char *base, const uint32_t *texts, uint32_t n, struct failure *why);
bool crew_take_words(struct crew *crew, struct words *out, struct failure *why);
void crew_free(struct crew *crew); /* who still works is ended; NULL is fine */

#endif
