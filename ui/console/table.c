/* Tables: columns from the module, rows from the device. */
#include "console/table.h"
#include "console/cells.h"

#include "api/memory.h"
#include "api/render.h"
#include "console/canvas.h"

#include <stdlib.h>
#include <string.h>

enum { CELL_TEXT_MAX = 400, TEXT_WIDTH_MAX = 24 };

/* Widths come from the type, not from the data of the moment: nothing moves when values change. Only texts grow, once
 * they are seen, and do not shrink again. */
static int
type_width(const struct syntax *s)
{
    int width = 10;

    if (s == NULL)
        return width;
    switch (s->base) {
    case SYNTAX_ENUMERATION:
        width = 4;
        for (uint32_t i = 0; i < s->n_names; i++)
            if (canvas_width(s->names[i].label) > width)
                width = canvas_width(s->names[i].label);
        return width > 16 ? 16 : width;
    case SYNTAX_OCTETS: return 4;
    case SYNTAX_OID: return 16;
    case SYNTAX_IPADDRESS: return 15;
    case SYNTAX_TIMETICKS: return 16;
    case SYNTAX_COUNTER64: return 15;
    case SYNTAX_BITS: return 20;
    case SYNTAX_UNKNOWN: case SYNTAX_INTEGER32: case SYNTAX_UNSIGNED32: case SYNTAX_GAUGE32: case SYNTAX_COUNTER32:
    case SYNTAX_OPAQUE: case SYNTAX_NULL: case SYNTAX_SEQUENCE: case SYNTAX_SEQUENCE_OF:
        break;
    }
    return width;
}

static bool
type_right(const struct syntax *s)
{
    return s != NULL && (s->base == SYNTAX_INTEGER32 || s->base == SYNTAX_TIMETICKS || syntax_is_unsigned(s->base));
}

static void
add_column(struct table *t, const struct oid *name, const struct syntax *syntax, const char *title,
           enum mib_access access)
{
    struct table_column *column = &t->column[t->n_columns];
    if (t->n_columns == TABLE_COLUMNS_MAX)
        return;
    memset(column, 0, sizeof *column);
    if (name != NULL)
        column->name = *name;
    column->syntax = syntax;
    column->title = column->label = title;
    column->access = access;
    column->width = type_width(syntax);
    column->right = type_right(syntax);
    t->n_columns++;
}

static bool
is_index(const struct table *t, const char *name)
{
    for (size_t i = 0; i < t->n_index; i++)
        if (strcmp(t->column[i].title, name) == 0)
            return true;
    return false;
}

static void
add_object(struct table *t, mib_node node)
{
    struct mib_info info;
    struct oid name;

    if (!mib_info(t->mib, node, &info) || info.kind != MIB_KIND_COLUMN || is_index(t, info.name))
        return;
    if (info.access != MIB_READ_ONLY && info.access != MIB_READ_WRITE && info.access != MIB_READ_CREATE)
        return;
    name = mib_oid(t->mib, node);
    for (size_t i = 0; i < t->n_columns; i++)
        if (oid_compare(&t->column[i].name, &name) == 0)
            return;
    add_column(t, &name, info.syntax, info.name, info.access);
}

/* What tells people which row they look at, though it lies in another table of the same index. */
static void
add_names(struct table *t)
{
    static const char *const names[][3] = { { "ifIndex", "ifName", "ifAlias" },
                                            { "entPhysicalIndex", "entPhysicalName", "entPhysicalDescr" },
                                            { "hrDeviceIndex", "hrDeviceDescr", NULL } };

    for (size_t i = 0; t->n_index == 1 && i < sizeof names / sizeof *names; i++)
        for (size_t j = 1; is_index(t, names[i][0]) && j < 3 && names[i][j] != NULL; j++)
            add_object(t, mib_find(t->mib, names[i][j]));
}

static bool
ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), n_end = strlen(end);

    return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

/* Whether something works is what people look for: states come before what a row is made of. */
static bool
is_state(struct mib *mib, mib_node node)
{
    struct mib_info info;

    if (!mib_info(mib, node, &info) || info.syntax == NULL)
        return false;
    if (strcmp(info.name, "entPhySensorValue") == 0)
        return true;
    return info.syntax->base == SYNTAX_ENUMERATION &&
           (ends_with(info.name, "AdminStatus") || ends_with(info.name, "OperStatus") || ends_with(info.name, "State"));
}

/* "ifDescr", "ifType" are Descr and Type: what all own columns begin with tells nothing, and takes the room of one more. */
static void
shorten(struct table *t)
{
    size_t first = t->n_index + t->n_joined, n = first < t->n_columns ? strlen(t->column[first].title) : 0;

    for (size_t i = first + 1; i < t->n_columns; i++) {
        size_t same = 0;

        while (same < n && t->column[i].title[same] == t->column[first].title[same])
            same++;
        n = same;
    }
    for (size_t i = first; i < t->n_columns; i++) /* whole words, and something has to be left of each */
        while (n > 0 && !(t->column[i].title[n] >= 'A' && t->column[i].title[n] <= 'Z'))
            n--;
    for (size_t i = first; t->n_columns > first + 1 && i < t->n_columns; i++)
        t->column[i].label = t->column[i].title + n;
    for (size_t i = 0; t->n_index > 1 && t->n_columns > first + 1 && i < t->n_index; i++)
        if (strncmp(t->column[i].title, t->column[first].title, n) == 0 && t->column[i].title[n] != '\0')
            t->column[i].label = t->column[i].title + n;
}

bool
table_begin(struct table *t, struct mib *mib, mib_node node)
{
    const struct index_part *part;
    mib_node row = mib_row(mib, node);
    size_t n;

    if (row == MIB_NONE)
        return false;
    table_free(t);
    t->mib = mib;
    t->node = mib_parent(mib, row);
    n = mib_index(mib, row, &part);
    for (size_t i = 0; i < n && i < TABLE_INDEX_MAX; i++)
        add_column(t, NULL, part[i].syntax, part[i].name, MIB_READ_ONLY);
    t->n_index = t->n_columns;
    if (t->n_index == 0) {
        add_column(t, NULL, NULL, "index", MIB_READ_ONLY);
        t->n_index = 1;
    }
    add_names(t);
    t->n_joined = t->n_columns - t->n_index;
    for (int others = 0; others < 2; others++)
        for (mib_node child = mib_child(mib, row); child != MIB_NONE; child = mib_sibling(mib, child))
            if (others || is_state(mib, child))
                add_object(t, child);
    cells_find(t);
    shorten(t);
    for (size_t i = 0; i < t->n_columns; i++)
        if (t->column[i].width < canvas_width(t->column[i].label))
            t->column[i].width = canvas_width(t->column[i].label);
    return t->n_columns > t->n_index;
}

static void
row_free(struct table *t, struct table_row *row)
{
    for (size_t i = 0; i < t->n_columns; i++)
        free(row->cell[i]);
    free(row->cell);
    free(row->changed);
    free(row->index);
}

static void
rows_free(struct table *t, struct table_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        row_free(t, &rows[i]);
    free(rows);
}

void
table_free(struct table *t)
{
    rows_free(t, t->row, t->n);
    rows_free(t, t->fresh, t->n_fresh);
    memset(t, 0, sizeof *t);
}

size_t
table_ask(const struct table *t, struct oid *out)
{
    size_t n = 0;

    for (size_t i = t->n_index; i < t->n_columns; i++)
        out[n++] = t->column[i].name;
    return n;
}

void
table_read(struct table *t)
{
    rows_free(t, t->fresh, t->n_fresh);
    t->fresh = NULL;
    t->n_fresh = t->fresh_room = 0;
    t->full = false;
    t->first = t->n == 0;
}

static void
fill_index(struct table *t, struct table_row *row)
{
    static struct index_room room; /* large; one table is filled at a time */
    struct index_value part[TABLE_INDEX_MAX + 1];
    const struct index_part *parts;
    size_t n_parts = mib_index(t->mib, t->node, &parts), n;
    char text[CELL_TEXT_MAX];

    if (n_parts == 0 || n_parts > TABLE_INDEX_MAX) {
        struct value raw = {.type = VALUE_OID, .n = (uint32_t) row->n_index, .arcs = row->index};
        row->cell[0] = memory_text(render_value(&raw, NULL, RENDER_PLAIN, text, sizeof text));
        return;
    }
    n = render_index(row->index, row->n_index, parts, n_parts, part, &room);
    for (size_t i = 0; i < n && i < t->n_index; i++)
        row->cell[i] = memory_text(mib_render(t->mib, &part[i].value, part[i].part != NULL ? part[i].part->syntax : NULL,
                                              RENDER_BARE, text, sizeof text));
}

void
table_add(struct table *t, const uint32_t *index, size_t n_index, const struct value *const *cells, size_t n)
{
    struct table_row *row;
    char text[CELL_TEXT_MAX];
    bool own = false;

    /* A row of the table that the names come from need not be one of this table. */
    for (size_t i = t->n_joined; i < n && !own; i++)
        own = cells[i] != NULL && !value_is_exception(cells[i]);
    if (!own)
        return;
    if ((t->first ? t->n : 0) + t->n_fresh >= TABLE_ROWS_MAX) {
        t->full = true;
        return;
    }
    if (t->n_fresh == t->fresh_room) {
        t->fresh_room = t->fresh_room * 2 + 32;
        t->fresh = memory_grow(t->fresh, t->fresh_room, sizeof *t->fresh);
    }
    row = &t->fresh[t->n_fresh++];
    row->index = memory_copy(index, n_index * sizeof *index);
    row->n_index = n_index;
    row->cell = memory_zero(t->n_columns, sizeof *row->cell);
    row->changed = memory_zero(t->n_columns, 1);
    fill_index(t, row);
    for (size_t i = 0; i < n && t->n_index + i < t->n_columns; i++) {
        const struct table_column *column = &t->column[t->n_index + i];
        if (cells[i] == NULL || value_is_exception(cells[i]))
            continue;
        mib_render(t->mib, cells[i], column->syntax, RENDER_BARE, text, sizeof text);
        row->cell[t->n_index + i] = memory_text(render_scaled(cells[i], column->syntax, text, sizeof text));
    }
    cells_fill(t, row, cells, n);
}

/* Only states, texts and error counters light up: a counter that moves is no news. */
static bool
may_light(const struct table_column *column)
{
    enum syntax_base base = column->syntax == NULL ? SYNTAX_UNKNOWN : column->syntax->base;

    if (base == SYNTAX_COUNTER32 || base == SYNTAX_COUNTER64)
        return strstr(column->title, "Err") != NULL;
    return base != SYNTAX_TIMETICKS;
}

static bool
text_equal(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void
compare_row(struct table *t, const struct table_row *before, struct table_row *now)
{
    for (size_t i = t->n_index; i < t->n_columns; i++) {
        if (!text_equal(before->cell[i], now->cell[i]) && may_light(&t->column[i]))
            now->changed[i] = 2;
        else if (before->changed[i] > 0)
            now->changed[i] = before->changed[i] - 1;
    }
}

static int
row_compare(const struct table_row *a, const struct table_row *b)
{
    return oid_compare_arcs(a->index, a->n_index, b->index, b->n_index);
}

static void
grow_texts(struct table *t)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        struct table_column *column = &t->column[i];
        if (column->syntax == NULL || column->syntax->base != SYNTAX_OCTETS)
            continue;
        for (size_t row = 0; row < t->n && column->width < TEXT_WIDTH_MAX; row++) {
            int width = t->row[row].cell[i] != NULL ? canvas_width(t->row[row].cell[i]) : 0;
            if (width > column->width)
                column->width = width > TEXT_WIDTH_MAX ? TEXT_WIDTH_MAX : width;
        }
    }
}

bool
table_show(struct table *t)
{
    if (!t->first || t->n_fresh == 0)
        return false;
    if (t->n + t->n_fresh > t->room)
        t->row = memory_grow(t->row, t->room = 2 * t->n + t->n_fresh, sizeof *t->row);
    memcpy(t->row + t->n, t->fresh, t->n_fresh * sizeof *t->row);
    t->n += t->n_fresh;
    t->n_fresh = 0;
    grow_texts(t);
    return true;
}

void
table_swap(struct table *t, bool whole)
{
    size_t old = 0;

    if (t->first) {
        table_show(t);
        t->first = false;
        return;
    }
    for (size_t i = 0; i < t->n_fresh; i++) {
        while (old < t->n && row_compare(&t->row[old], &t->fresh[i]) < 0)
            old++;
        if (old < t->n && row_compare(&t->row[old], &t->fresh[i]) == 0)
            compare_row(t, &t->row[old], &t->fresh[i]);
    }
    if (!whole && t->n_fresh < t->n) {
        table_read(t);
        return;
    }
    rows_free(t, t->row, t->n);
    t->row = t->fresh;
    t->n = t->n_fresh;
    t->room = t->fresh_room;
    t->fresh = NULL;
    t->n_fresh = t->fresh_room = 0;
    grow_texts(t);
}

bool
table_instance(const struct table *t, size_t row, size_t column, struct oid *out)
{
    if (row >= t->n || column < t->n_index || column >= t->n_columns)
        return false;
    *out = t->column[column].name;
    return oid_append(out, t->row[row].index, t->row[row].n_index);
}
