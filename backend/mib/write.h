/* A linked tree as a file. */
#ifndef MIB_WRITE_H
#define MIB_WRITE_H

#include "mib/link.h"

#include <limits.h>

enum { WRITE_UNITS_AT = 1024 }; /* where units begin in the file */

/* What the head says besides the spans. */
struct write_facts {
    uint64_t key;
    bool given;
    uint32_t errors, warnings, notifications;
};

/* A snapshot in the making: a file beside its place. */
struct writing {
    const char *path;
    int fd;
    char temporary[PATH_MAX];
};

uint32_t write_maker(void);
/* Removes what others have left beside `path` who were ended in the middle. */
void write_remove_left(const char *path);
bool write_start(struct writing *w, const char *path, struct failure *why);
/* Units are put at WRITE_UNITS_AT and behind, in any order, by any process with the descriptor; false with errno. */
bool write_octets(int fd, const void *octets, size_t n, uint64_t at);
/* What was linked, behind the units; synced, and renamed over its place. */
bool write_finish(struct writing *w, const struct linker *linker, const struct write_facts *facts, struct failure *why);
/* What is not finished leaves nothing behind. */
void write_give_up(struct writing *w);

#endif
