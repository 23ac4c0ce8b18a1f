/* Rows that can be moved through and narrowed: embedded by every view that has rows.
 *
 * A view has `total` rows of its own; the list shows those that the filter lets pass, and knows which one the cursor is
 * on. Rows are counted from 0; "shown" rows are positions in the list, "own" rows those of the view. */
#ifndef CONSOLE_LIST_H
#define CONSOLE_LIST_H

#include "api/text.h"

struct list {
    size_t at, top;   /* cursor and first visible, shown rows */
    size_t n;         /* shown rows */
    size_t *own;      /* own row of each shown one; NULL without a filter */
    size_t total;
    int height;       /* visible rows, noted when drawn */
    bool follow;      /* stay on the last row as rows come */
    struct filter *filter;
    char expression[256];
};

enum list_move { LIST_UP, LIST_DOWN, LIST_PAGE_UP, LIST_PAGE_DOWN, LIST_HALF_UP, LIST_HALF_DOWN, LIST_FIRST, LIST_LAST };

/* The text of a column of an own row; with column NULL the whole row. */
typedef const char *list_text_fn(void *arg, size_t own, const char *column);

void list_free(struct list *list);
void list_move(struct list *list, enum list_move move);
void list_go(struct list *list, size_t shown);
/* There are `total` rows now: pass them through the filter again, the cursor stays on its own row. */
void list_set(struct list *list, size_t total, list_text_fn *text, void *arg);
/* Filter by `expression` ("" is no filter); a bad one is refused and the old one stays. */
bool list_narrow(struct list *list, const char *expression, list_text_fn *text, void *arg, struct failure *why);
/* Does it end within a /pattern? Then it is waited for the rest while one types. */
bool list_pattern_is_open(const char *expression);
/* Own row of a shown one; of the cursor. False when there is none. */
bool list_own(const struct list *list, size_t shown, size_t *own);
bool list_current(const struct list *list, size_t *own);
/* To be called when drawing with `height` visible rows: the first shown row that is visible. */
size_t list_view(struct list *list, int height);

#endif
