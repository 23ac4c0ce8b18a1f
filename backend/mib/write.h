/* A linked tree as a file: written beside its place, synced, and renamed over it. */
#ifndef MIB_WRITE_H
#define MIB_WRITE_H

#include "mib/link.h"

enum { WRITE_UNITS_AT = 1024 }; /* where units begin in the file */

/* What the head says besides the spans. */
struct write_facts {
    uint64_t key;
    uint32_t errors, warnings, notifications;
};

bool write_snapshot(struct linker *linker, const struct write_facts *facts, const char *path,
                    struct failure *why);

#endif
