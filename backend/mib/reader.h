/* A mapped snapshot, inside. Every number and offset that comes from the file is checked here before it is
 * used. */
#ifndef MIB_READER_H
#define MIB_READER_H

#include "api/mib.h"
#include "api/mib_module.h"
#include "mib/snap.h"

struct arena;

struct mib {
    const char *map;
    size_t size;
    uint64_t device, inode; /* of the file that is mapped */
    const struct snap_head *head;
    struct arena *arena;
    struct syntax **syntaxes;  /* made when asked for */
    struct index_part **parts; /* by first part, likewise */
    const void *at[SNAP_SPANS];
    uint32_t n[SNAP_SPANS];
    bool scanned;
};

/* Before the names are gone through from one end to the other: once, they are read ahead. */
void mib_will_scan(struct mib *mib);

static inline const char *
mib_text(const struct mib *mib, uint32_t offset)
{
    return offset < mib->size && offset != 0 ? mib->map + offset : "";
}

/* NULL when out of bounds. */
static inline const void *
mib_record(const struct mib *mib, enum snap_span span, uint32_t i, size_t size)
{
    return i < mib->n[span] ? (const char *)mib->at[span] + (size_t)i * size : NULL;
}

static inline const struct snap_node *
mib_node_at(const struct mib *mib, mib_node node)
{
    return mib_record(mib, SNAP_NODES, node, sizeof(struct snap_node));
}

/* A run of n records from `first`, cut to what is there. */
static inline uint32_t
mib_run(const struct mib *mib, enum snap_span span, uint32_t first, uint32_t n)
{
    return first >= mib->n[span] ? 0 : n > mib->n[span] - first ? mib->n[span] - first : n;
}

/* By number + 1; NULL for 0. */
const struct syntax *mib_syntax_at(struct mib *mib, uint32_t number);
/* The entry of exactly this name, or NULL. */
const struct snap_name *mib_name_entry(const struct mib *mib, const char *name, size_t n);

#endif
