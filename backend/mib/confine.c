/* The compiler behind a closed door. */
#include "api/mib_compile.h"

#include "core/memory.h"
#include "io/sandbox.h"
#include "mib/compile.h"
#include "mib/vec.h"

#include <stdio.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { CPU_SECONDS = 120, PATHS_MAX = 512 };
#define MEMORY_OCTETS ((uint64_t)4 << 30)

/* The directory of a path, in `out`. */
static void
directory_of(const char *path, char *out)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        snprintf(out, PATH_MAX, ".");
    else
        snprintf(out, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static bool
is_known(char *const *paths, size_t n, const char *path)
{
    for (size_t i = n; i > 0; i--)
        if (strcmp(paths[i - 1], path) == 0)
            return true;
    return false;
}

static bool
close_door(const struct source *all, size_t n, const char *to, struct failure *why)
{
    char *read[PATHS_MAX + 1], directory[PATH_MAX], target[PATH_MAX];
    const char *const *read_paths = (const char *const *)read, *write_paths[] = {directory, NULL};
    struct sandbox_rules rules = {.allow = SANDBOX_FILES, .memory = MEMORY_OCTETS, .descriptors = 64};
    struct sandbox_report report;
    size_t n_read = 0;
    struct stat st;
    bool good;

    for (size_t i = 0; i < n && n_read < PATHS_MAX; i++) {
        /* a link is followed: the rule is about the file that is opened */
        bool link = lstat(all[i].path, &st) == 0 && S_ISLNK(st.st_mode) && realpath(all[i].path, target) != NULL;

        directory_of(link ? target : all[i].path, directory);
        if (is_known(read, n_read, directory))
            continue;
        read[n_read] = memory_text(n_read < PATHS_MAX - 1 ? directory : "/");
        n_read++;
    }
    read[n_read] = NULL;
    directory_of(to, directory);
    rules.read_paths = read_paths;
    rules.write_paths = write_paths;
    setrlimit(RLIMIT_CPU, &(struct rlimit){CPU_SECONDS, CPU_SECONDS});
    good = sandbox_close(&rules, &report, why);
    for (size_t i = 0; i < n_read; i++)
        free(read[i]);
    return good;
}

bool
mib_compile_confined(const struct mib_compile_options *options, struct mib_compile_counts *counts,
                     struct failure *why)
{
    struct mib_compile_options confined = *options;

    confined.confined = true;
    compile_on_confine(close_door);
    return mib_compile(&confined, counts, why);
}
