/* The tree of objects as rows: what is unfolded, in order. */
#ifndef CONSOLE_TREE_H
#define CONSOLE_TREE_H

#include "api/mib.h"

struct branch {
    mib_node node;
    int depth;
    bool open, leaf;
};

struct tree {
    struct branch *row;
    size_t n;
    uint8_t *open; /* a bit a node */
    size_t n_open; /* octets of it */
    bool first_time;
};

void tree_free(struct tree *tree);
/* Make the rows anew; unfolds mib-2 when it is the first time. */
void tree_build(struct tree *tree, struct mib *mib);
void tree_fold(struct tree *tree, mib_node node, bool open);
/* Unfold everything above the node and build. Returns its row. */
size_t tree_reveal(struct tree *tree, struct mib *mib, mib_node node);
/* The row above which this one hangs, or the row itself at the top. */
size_t tree_above(const struct tree *tree, size_t row);

#endif
