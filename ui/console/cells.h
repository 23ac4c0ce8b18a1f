/* Cells that say little without others of their row: a sensor's reading without its scale (RFC 3433 §3), a storage's size
 * without its allocation unit (RFC 2790 §4). */
#ifndef CONSOLE_CELLS_H
#define CONSOLE_CELLS_H

#include "console/table.h"

/* Whether the table has such columns. */
void cells_find(struct table *table);
/* Rewrites them in a row; cells[i] is the value of the column behind the index. */
void cells_fill(const struct table *table, struct table_row *row, const struct value *const *cells, size_t n);

#endif
