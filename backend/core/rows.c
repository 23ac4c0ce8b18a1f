/* Indexes of a column, remembered for those after it. See rows.h. */
#include "core/rows.h"

#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_LEAST = 20, ARCS_MOST = 4 << 20 };

static void
list_clear(struct row_list *l)
{
    free(l->names);
    free(l->arcs);
    *l = (struct row_list) { 0 };
}

static void
list_add(struct row_list *l, const uint32_t *arcs, uint32_t n)
{
    if (l->n == l->room)
        l->names = memory_grow(l->names, l->room = 2 * l->room + 64, sizeof *l->names);
    if (l->n_arcs + n > l->room_arcs)
        l->arcs = memory_grow(l->arcs, l->room_arcs = 2 * l->room_arcs + n + 512, sizeof *l->arcs);
    memcpy(l->arcs + l->n_arcs, arcs, n * sizeof *arcs);
    l->names[l->n++] = (struct row_name) { l->n_arcs, n };
    l->n_arcs += n;
}

/* How many names of the list come before `arcs`, or are equal to it. */
static size_t
list_up_to(const struct row_list *l, const uint32_t *arcs, size_t n, bool equal)
{
    size_t low = 0, high = l->n;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = oid_compare_arcs(l->arcs + l->names[middle].at, l->names[middle].n, arcs, n);

        if (order < 0 || (equal && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void
rows_clear(struct rows *rows)
{
    list_clear(&rows->recent);
    list_clear(&rows->indexes);
    rows->prefix.n = 0;
}

static void
learn_table(struct rows *rows, const struct oid *name, uint32_t place, size_t first)
{
    const struct row_list *recent = &rows->recent;

    oid_set(&rows->prefix, name->arc, place);
    rows->indexes.n = rows->indexes.n_arcs = 0;
    for (size_t i = first; i < recent->n; i++)
        list_add(&rows->indexes, recent->arcs + recent->names[i].at + place + 1, recent->names[i].n - place - 1);
}

/* Do the names behind `first` begin as `name` does, one column before it? */
static bool
begins_anew(const struct rows *rows, const struct oid *name, uint32_t place, size_t *first)
{
    const struct row_list *l = &rows->recent;
    const struct row_name *last = &l->names[l->n - 1];
    const uint32_t *begin;

    *first = list_up_to(l, l->arcs + last->at, place + 1, false);
    if (l->n - *first < ROWS_LEAST)
        return false;
    begin = l->arcs + l->names[*first].at;
    return oid_compare_arcs(begin + place + 1, l->names[*first].n - place - 1, name->arc + place + 1,
                            name->n - place - 1) == 0;
}

bool
rows_note(struct rows *rows, const struct oid *name)
{
    struct row_list *l = &rows->recent;
    bool found = false;

    if (l->n_arcs > ARCS_MOST) /* a table that large is not remembered */
        list_clear(l);
    if (l->n > 0) {
        const struct row_name *last = &l->names[l->n - 1];
        const uint32_t *arcs = l->arcs + last->at;
        uint32_t place = 0;
        size_t first;

        while (place < last->n && place < name->n && arcs[place] == name->arc[place])
            place++;
        if (place + 1 < last->n && place + 1 < name->n &&
            (!rows_cover(rows, name) || place < rows->prefix.n) && begins_anew(rows, name, place, &first)) {
            learn_table(rows, name, place, first);
            l->n = l->n_arcs = 0;
            found = true;
        }
    }
    list_add(l, name->arc, name->n);
    return found;
}

bool
rows_cover(const struct rows *rows, const struct oid *name)
{
    return rows->prefix.n > 0 && name->n > rows->prefix.n && oid_within(&rows->prefix, name);
}

size_t
rows_up_to(const struct rows *rows, const struct oid *name)
{
    uint32_t skip = rows->prefix.n + 1;

    return list_up_to(&rows->indexes, name->arc + skip, name->n - skip, true);
}

bool
rows_name(const struct rows *rows, const struct oid *name, size_t i, struct oid *out)
{
    *out = *name;
    out->n = rows->prefix.n + 1;
    return i < rows->indexes.n &&
           oid_append(out, rows->indexes.arcs + rows->indexes.names[i].at, rows->indexes.names[i].n);
}
