/* Rows of the tree. A plain node with a single child says nothing: the child stands in its place. */
#include "console/tree.h"

#include "api/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 200000, DEPTH_MAX = OID_MAX };

void
tree_free(struct tree *tree)
{
    free(tree->row);
    free(tree->open);
    memset(tree, 0, sizeof *tree);
}

static bool
is_open(const struct tree *tree, mib_node node)
{
    return node / 8 < tree->n_open && (tree->open[node / 8] >> (node % 8) & 1);
}

void
tree_fold(struct tree *tree, mib_node node, bool open)
{
    if (node == MIB_NONE)
        return;
    if (node / 8 >= tree->n_open) {
        size_t n = node / 8 + 64;
        tree->open = memory_grow(tree->open, n, 1);
        memset(tree->open + tree->n_open, 0, n - tree->n_open);
        tree->n_open = n;
    }
    if (open)
        tree->open[node / 8] |= (uint8_t) (1u << (node % 8));
    else
        tree->open[node / 8] &= (uint8_t) ~(1u << (node % 8));
}

static mib_node
only_child(struct mib *mib, mib_node node)
{
    mib_node child = mib_child(mib, node);

    return child != MIB_NONE && mib_sibling(mib, child) == MIB_NONE ? child : MIB_NONE;
}

static bool
is_plain(struct mib *mib, mib_node node)
{
    struct mib_info info;

    return mib_info(mib, node, &info) && info.kind == MIB_KIND_NODE;
}

static mib_node
shown(struct mib *mib, mib_node node)
{
    for (int i = 0; i < DEPTH_MAX; i++) {
        mib_node child = only_child(mib, node);
        if (child == MIB_NONE || !is_plain(mib, node))
            break;
        node = child;
    }
    return node;
}

/* The children of `node`, but for one. */
static void
add_below(struct tree *tree, struct mib *mib, mib_node node, mib_node but, int depth)
{
    for (node = mib_child(mib, node); node != MIB_NONE && tree->n < ROWS_MAX && depth < DEPTH_MAX;
         node = mib_sibling(mib, node)) {
        mib_node here = shown(mib, node);
        struct mib_info info;
        struct branch branch = {here, depth, is_open(tree, here), mib_child(mib, here) == MIB_NONE};

        /* Names of modules and the like: there is nothing to read and nothing below. */
        if (node == but || (branch.leaf && mib_info(mib, here, &info) && info.kind == MIB_KIND_NODE))
            continue;
        if ((tree->n & (tree->n - 1)) == 0)
            tree->row = memory_grow(tree->row, tree->n == 0 ? 1 : tree->n * 2, sizeof *tree->row);
        tree->row[tree->n++] = branch;
        if (branch.open && !branch.leaf)
            add_below(tree, mib, here, MIB_NONE, depth + 1);
    }
}

void
tree_build(struct tree *tree, struct mib *mib)
{
    static const uint32_t internet[] = {1, 3, 6, 1}, mib2[] = {1, 3, 6, 1, 2, 1};
    struct oid name;
    mib_node top;

    oid_set(&name, mib2, 6);
    if (!tree->first_time) {
        tree->first_time = true;
        for (mib_node node = mib_lookup(mib, &name, NULL); node != MIB_NONE; node = mib_parent(mib, node))
            tree_fold(tree, node, true);
    }
    tree->n = 0;
    oid_set(&name, internet, 4);
    top = mib_lookup(mib, &name, NULL);
    add_below(tree, mib, top == MIB_NONE ? mib_root(mib) : top, MIB_NONE, 0);
    /* What does not lie below internet comes behind it: LLDP, link aggregation and other standards of the IEEE. */
    for (; top != MIB_NONE && top != mib_root(mib); top = mib_parent(mib, top))
        add_below(tree, mib, mib_parent(mib, top), top, 0);
}

size_t
tree_reveal(struct tree *tree, struct mib *mib, mib_node node)
{
    for (mib_node above = mib_parent(mib, node); above != MIB_NONE; above = mib_parent(mib, above))
        tree_fold(tree, above, true);
    tree_build(tree, mib);
    for (node = shown(mib, node); node != MIB_NONE; node = mib_parent(mib, node))
        for (size_t i = 0; i < tree->n; i++)
            if (tree->row[i].node == node)
                return i;
    return 0;
}

size_t
tree_above(const struct tree *tree, size_t row)
{
    for (size_t i = row; i-- > 0;)
        if (tree->row[i].depth < tree->row[row].depth)
            return i;
    return row;
}
