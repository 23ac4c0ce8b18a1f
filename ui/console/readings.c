/* A sorted array: walks come in order, so most values are added at the end. */
#include "console/readings.h"

#include "api/memory.h"

#include <stdlib.h>
#include <string.h>

/* The first position whose name is not before `name`. */
static size_t
position(const struct readings *r, const struct oid *name)
{
    size_t low = 0, high = r->n;

    if (r->n > 0 && oid_compare(&r->at[r->n - 1].varbind->name, name) < 0)
        return r->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (oid_compare(&r->at[middle].varbind->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool
readings_put(struct readings *r, const struct varbind *varbind, int64_t now)
{
    size_t at = position(r, &varbind->name);
    struct reading *reading;

    if (at < r->n && oid_compare(&r->at[at].varbind->name, &varbind->name) == 0) {
        reading = &r->at[at];
        reading->changed = !value_equal(&reading->varbind->value, &varbind->value);
        free(reading->varbind);
    } else {
        if (r->n == READINGS_MAX)
            return false;
        if (r->n == r->room) {
            r->room = r->room * 2 + 64;
            r->at = memory_grow(r->at, r->room, sizeof *r->at);
        }
        memmove(r->at + at + 1, r->at + at, (r->n - at) * sizeof *r->at);
        r->n++;
        reading = &r->at[at];
        reading->changed = false;
    }
    reading->varbind = varbind_copy(varbind);
    reading->at = now;
    return true;
}

const struct reading *
readings_get(const struct readings *r, const struct oid *name)
{
    size_t at = position(r, name);

    return at < r->n && oid_compare(&r->at[at].varbind->name, name) == 0 ? &r->at[at] : NULL;
}

size_t
readings_below(const struct readings *r, const struct oid *root, size_t *n)
{
    struct oid past = *root;
    size_t from = position(r, root);

    *n = 0;
    if (past.n == 0) {
        *n = r->n;
        return 0;
    }
    if (past.arc[past.n - 1] == UINT32_MAX) {
        while (from + *n < r->n && oid_within(root, &r->at[from + *n].varbind->name))
            ++*n;
        return from;
    }
    past.arc[past.n - 1]++;
    *n = position(r, &past) - from;
    return from;
}

void
readings_clear(struct readings *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->at[i].varbind);
    free(r->at);
    memset(r, 0, sizeof *r);
}
