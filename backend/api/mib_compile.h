/* Compiling directories of MIB files into one snapshot. Blocks: `trapline mib compile` does it, in a process of its own. */
#ifndef API_MIB_COMPILE_H
#define API_MIB_COMPILE_H

#include "failure.h"
#include "loop.h"

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
    size_t first;              /* of `from`: so many win whatever their revision, for they are what is looked at */
    bool given;                /* by hand, and not what the settings name: stays until it is made anew */
    bool confined;             /* for mib_compile_confined */
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
/* The same, behind a closed door: once it knows which files there are, this process can read them, write beside `to`,
 * and nothing else, in 120 s of CPU and 4 GiB. Not undone: for a process that ends afterwards. */
bool mib_compile_confined(const struct mib_compile_options *options, struct mib_compile_counts *counts,
                          struct failure *why);

/* The directories that count: those of the settings, $MIBDIRS (net-snmp's: colons between, a leading + is passed over),
 * and those that net-snmp has without it. Each once; `out` gets texts to free, at most `max`. Returns how many. */
size_t mib_directories(const char *const *set, size_t n, char **out, size_t max);
/* Would mib_compile make another snapshot at `to`: has a file come, changed or gone, or a directory? True when there is
 * none, false when it was given by hand. A thousand files are looked at in 3 ms. */
bool mib_is_behind(const struct mib_compile_options *options);

/* Keeps the snapshot up to date: notices what changes in the directories and compiles in a child while the old
 * snapshot serves. */
struct mib_refresh;
struct mib_refresh_events {
    void (*progress)(void *arg, size_t done, size_t all);
    /* After each compilation; failure NULL: the snapshot at its path is the new one (open it again). */
    void (*done)(void *arg, const struct failure *failure);
};
struct mib_refresh_options {
    const char *config;             /* as given to trapline, or NULL */
    const char *const *directories; /* as mib_directories has them */
    size_t n_directories;
    struct mib_refresh_events events;
    void *arg;
};
/* Starts to watch, and compiles at once. NULL with *why when there is nothing to compile with. */
struct mib_refresh *mib_refresh_new(struct loop *loop, const struct mib_refresh_options *options, struct failure *why);
void mib_refresh_now(struct mib_refresh *refresh);
void mib_refresh_free(struct mib_refresh *refresh); /* a running child is ended; NULL is fine */

#endif
