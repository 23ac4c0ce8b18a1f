/* A small table that is emptied every second. */
#include "collector/rejected.h"

#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 256, NAME_MAX = 256, ENGINE_MAX = 32 };

struct entry {
    struct frame frame; /* count 0: free */
    uint8_t user[NAME_MAX], engine[ENGINE_MAX], raw[REJECTED_RAW];
};

struct rejected {
    struct entry entries[ENTRIES];
    size_t n, next;
};

struct rejected *
rejected_new(void)
{
    return memory_zero(1, sizeof(struct rejected));
}

void
rejected_free(struct rejected *rejected)
{
    free(rejected);
}

static bool
same(const struct entry *entry, const struct frame *f, const uint8_t *user, const uint8_t *engine)
{
    return entry->frame.cause == f->cause && entry->frame.family == f->family &&
           memcmp(entry->frame.address, f->address, sizeof f->address) == 0 &&
           entry->frame.n_security == f->n_security && entry->frame.n_engine == f->n_engine &&
           (f->n_security == 0 || memcmp(entry->user, user, f->n_security) == 0) &&
           (f->n_engine == 0 || memcmp(entry->engine, engine, f->n_engine) == 0);
}

void
rejected_note(struct rejected *rejected, const struct frame *f, const uint8_t *user, const uint8_t *engine,
              const uint8_t *raw)
{
    struct entry *entry = NULL;
    uint64_t count = 0;

    for (size_t i = 0; i < rejected->n; i++)
        if (same(&rejected->entries[i], f, user, engine)) {
            entry = &rejected->entries[i];
            count = entry->frame.count;
            break;
        }
    if (entry == NULL && rejected->n == ENTRIES)
        return;
    if (entry == NULL)
        entry = &rejected->entries[rejected->n++];
    entry->frame = *f;
    entry->frame.count = count + 1;
    if (f->n_security > 0)
        memcpy(entry->user, user, f->n_security);
    if (f->n_engine > 0)
        memcpy(entry->engine, engine, f->n_engine);
    if (f->n_raw > 0)
        memcpy(entry->raw, raw, f->n_raw);
}

bool
rejected_next(struct rejected *rejected, struct frame *f, const uint8_t **user, const uint8_t **engine,
              const uint8_t **raw)
{
    const struct entry *entry = &rejected->entries[rejected->next];

    if (rejected->next == rejected->n) {
        rejected->n = rejected->next = 0;
        return false;
    }
    *f = entry->frame;
    *user = entry->user;
    *engine = entry->engine;
    *raw = entry->raw;
    return true;
}

void
rejected_told(struct rejected *rejected)
{
    rejected->next++;
}
