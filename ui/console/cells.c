#include "console/cells.h"

#include "api/memory.h"
#include "api/render.h"

#include <stdlib.h>
#include <string.h>

enum { SENSOR_VALUE, SENSOR_TYPE, SENSOR_SCALE, SENSOR_PRECISION };
enum { STORAGE_UNIT, STORAGE_SIZE, STORAGE_USED };

static const struct kind {
    const char *name[CELLS_MAX]; /* NULL: no more */
    int width;
} kinds[CELLS_KINDS] = {
    [CELLS_SENSOR] = {{"entPhySensorValue", "entPhySensorType", "entPhySensorScale", "entPhySensorPrecision"}, 16},
    [CELLS_STORAGE] = {{"hrStorageAllocationUnits", "hrStorageSize", "hrStorageUsed"}, 10},
};

static void
find_kind(struct table *t, int kind)
{
    size_t *together = t->together[kind], wanted = 0, found = 0;

    for (; wanted < CELLS_MAX && kinds[kind].name[wanted] != NULL; wanted++)
        for (size_t i = t->n_index; i < t->n_columns; i++)
            if (strcmp(t->column[i].title, kinds[kind].name[wanted]) == 0) {
                together[wanted] = i;
                found++;
            }
    if (found < wanted)
        memset(together, 0, sizeof t->together[kind]);
}

static void
widen(struct table *t, int kind, size_t which)
{
    size_t at = t->together[kind][which];
    struct table_column *column = &t->column[at < t->n_columns ? at : 0];

    if (at > 0 && column->width < kinds[kind].width)
        column->width = kinds[kind].width;
}

void
cells_find(struct table *t)
{
    for (int kind = 0; kind < CELLS_KINDS; kind++)
        find_kind(t, kind);
    widen(t, CELLS_SENSOR, SENSOR_VALUE);
    widen(t, CELLS_STORAGE, STORAGE_SIZE);
    widen(t, CELLS_STORAGE, STORAGE_USED);
}

/* The numbers of a kind's columns; false when they are not all there. */
static bool
numbers_of(const struct table *t, int kind, const struct value *const *cells, size_t n, int64_t number[CELLS_MAX])
{
    for (size_t i = 0; i < CELLS_MAX && kinds[kind].name[i] != NULL; i++) {
        size_t at = t->together[kind][i] - t->n_index;

        if (t->together[kind][i] == 0 || at >= n || cells[at] == NULL || cells[at]->type != VALUE_INTEGER)
            return false;
        number[i] = cells[at]->i;
    }
    return true;
}

static void
rewrite(struct table_row *row, size_t column, const char *text)
{
    free(row->cell[column]);
    row->cell[column] = memory_text(text);
}

void
cells_fill(const struct table *t, struct table_row *row, const struct value *const *cells, size_t n)
{
    const size_t *sensor = t->together[CELLS_SENSOR], *storage = t->together[CELLS_STORAGE];
    int64_t number[CELLS_MAX];
    char text[64];

    if (numbers_of(t, CELLS_SENSOR, cells, n, number))
        rewrite(row, sensor[SENSOR_VALUE], render_sensor(number[SENSOR_VALUE], number[SENSOR_TYPE], number[SENSOR_SCALE],
                                                         number[SENSOR_PRECISION], text, sizeof text));
    if (!numbers_of(t, CELLS_STORAGE, cells, n, number) || number[STORAGE_UNIT] <= 0)
        return;
    for (int i = STORAGE_SIZE; i <= STORAGE_USED; i++)
        if (number[i] >= 0) /* a size above 2^31 that an agent lets wrap is left as it came */
            rewrite(row, storage[i], render_size((uint64_t) number[i] * (uint64_t) number[STORAGE_UNIT], text, sizeof text));
}
