/* Between the parts of the search. */
#ifndef MIB_SEARCH_H
#define MIB_SEARCH_H

#include "mib/reader.h"

struct hits {
    struct mib_hit *at;
    size_t n, max;
};

/* Keeps the best `max`, in order. */
void search_offer(struct hits *hits, mib_node node, int score);
/* What counts besides the text: objects before groups, current before obsolete; 0 to 9. */
int search_bonus(const struct snap_node *node);

/* Nodes whose descriptions have all words of `query` (lower case, each perhaps only begun). */
void search_words(struct mib *mib, const char *query, struct hits *hits);
/* The nodes of a module, and the objects of a type, that begin like `query` in any case. */
void search_modules(struct mib *mib, const char *query, struct hits *hits);
void search_types(struct mib *mib, const char *query, struct hits *hits);

#endif
