/* Compiling directories of MIB files into one snapshot. Blocks: `trapline mib compile` does it, in a process of its own. */
#ifndef API_MIB_COMPILE_H
#define API_MIB_COMPILE_H

#include "api/failure.h"

#include <stddef.h>
#include <stdint.h>

typedef void mib_progress_fn(void *arg, size_t done, size_t all);

struct mib_compile_options {
    const char *const *from; /* directories (searched below, too) and files; earlier ones have priority */
    size_t n_from;
    const char *ours;          /* our own modules: they give way to the user's; or NULL */
    const char *to;            /* the snapshot */
    const char *cache;         /* a snapshot to take unchanged files from; NULL: the one at `to` */
    bool fresh;                /* take nothing from the cache */
    mib_progress_fn *progress; /* or NULL */
    void *arg;
};

struct mib_compile_counts {
    size_t files, parsed, not_modules, modules, nodes, types, notifications, errors, warnings;
    bool unchanged; /* the snapshot at `to` was made from these very files: nothing was written */
    double seconds;
};

bool mib_compile(const struct mib_compile_options *options, struct mib_compile_counts *counts,
                 struct failure *why);

#endif
