/* Rows known from one column, of which the other columns of its table will have the same.
 *
 * A walk does not know tables, but it sees them: names go on along one column, and then the arc of the column moves on
 * while the index begins anew. From there on the indexes of the column just read say where the columns after it can be
 * cut. Pure. */
#ifndef CORE_ROWS_H
#define CORE_ROWS_H

#include "api/oid.h"

struct row_name {
    size_t at; /* in the arcs */
    uint32_t n;
};

struct row_list {
    struct row_name *names;
    uint32_t *arcs;
    size_t n, n_arcs, room, room_arcs;
};

struct rows {
    struct row_list recent;  /* whole names, in order */
    struct row_list indexes; /* of the table */
    struct oid prefix;       /* its columns lie below it; n is 0 when no table is known */
};

void rows_clear(struct rows *rows);
/* The next name in order. True when it shows a table: the name is then the first of another column of it. */
bool rows_note(struct rows *rows, const struct oid *name);
bool rows_cover(const struct rows *rows, const struct oid *name); /* is it in a column of the table? */
/* How many indexes there are up to the name's. Only for names that are covered. */
size_t rows_up_to(const struct rows *rows, const struct oid *name);
/* The name of row `i` in the column of `name`. */
bool rows_name(const struct rows *rows, const struct oid *name, size_t i, struct oid *out);

#endif
