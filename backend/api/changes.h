/* The journal of SETs: who set what, where, what it was, what it read back as. */
#ifndef API_CHANGES_H
#define API_CHANGES_H

#include "store.h"
#include "value.h"

enum change_verdict { CHANGE_DONE, CHANGE_REFUSED, CHANGE_UNKNOWN };

struct change {
    int64_t id, at; /* wall clock */
    const char *who, *device;
    struct oid name;
    struct value old_value, new_value, read_back; /* VALUE_NULL when not known */
    enum change_verdict verdict;
    const char *words; /* the agent's error in words, or "" */
    int64_t undoes;    /* id of the change this one put back, or 0 */
};

typedef bool change_row_fn(void *arg, const struct change *change);
/* Newest first, at most `limit`, id < before (0: from the newest). */
bool changes_before(struct store *store, int64_t before, size_t limit, change_row_fn *fn, void *arg,
                    struct failure *why);
/* Writes the row; its id goes to *id. A locked store gives FAILURE_BUSY: try again at the next turn. */
bool changes_add(struct store *store, const struct change *change, int64_t *id, struct failure *why);

#endif
