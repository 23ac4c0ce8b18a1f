/* A conceptual table as it was read: typed columns, rows by index, and what changed since the read before. */
#ifndef CONSOLE_TABLE_H
#define CONSOLE_TABLE_H

#include "api/mib.h"
#include "api/value.h"

enum { TABLE_COLUMNS_MAX = 64, TABLE_INDEX_MAX = 16, TABLE_ROWS_MAX = 200000 };

struct table_column {
    struct oid name;             /* of the column; n 0 for a part of the index */
    const struct syntax *syntax; /* or NULL */
    const char *title, *label;   /* the object's name; what is left of it without what all columns begin with */
    enum mib_access access;
    int width;
    bool right;                  /* numbers */
};

/* Kinds of rows whose cells say little without each other (cells.h). */
enum { CELLS_SENSOR, CELLS_STORAGE, CELLS_KINDS, CELLS_MAX = 4 };

struct table_row {
    uint32_t *index;
    size_t n_index;
    char **cell;                 /* rendered, by column; NULL is a hole */
    uint8_t *changed;            /* by column: 2 in this read, 1 in the read before */
};

struct table {
    struct mib *mib;
    mib_node node;               /* the table */
    struct table_column column[TABLE_COLUMNS_MAX];
    size_t n_columns, n_index;   /* parts of the index come first, */
    size_t n_joined;             /* then names out of other tables */
    size_t together[CELLS_KINDS][CELLS_MAX]; /* where their columns are; all 0 in other tables */
    struct table_row *row, *fresh;
    size_t n, room, n_fresh, fresh_room;
    bool first;                  /* nothing was shown when the read began: rows show as they come */
    bool full;
};

/* What the module says about the table: columns that can be read, index parts, widths from their types. False
 * when the node is in no table. */
bool table_begin(struct table *table, struct mib *mib, mib_node node);
void table_free(struct table *table);
/* Columns to ask for, as names; at most TABLE_COLUMNS_MAX. */
size_t table_ask(const struct table *table, struct oid *out);
/* A new read: rows come by table_add in index order, then table_swap. */
void table_read(struct table *table);
void table_add(struct table *table, const uint32_t *index, size_t n_index, const struct value *const *cells, size_t n);
/* In a first read: the rows that came since the last call are shown. False when there are none. */
bool table_show(struct table *table);
/* Compare with the rows before and put the fresh ones in their place; `whole` false: the read ended early, rows that
 * were not reached are kept. */
void table_swap(struct table *table, bool whole);
/* The instance in a cell. False for a part of the index. */
bool table_instance(const struct table *table, size_t row, size_t column, struct oid *out);

#endif
