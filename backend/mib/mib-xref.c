/* Who mentions what: nodes, namesakes, types. */
#include "mib/reader.h"

#include <string.h>

static uint32_t
first_xref(const struct mib *mib, uint32_t target)
{
    const struct snap_xref *all = mib->at[SNAP_XREFS];
    uint32_t low = 0, high = mib->n[SNAP_XREFS];

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (all[middle].target < target)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t
xrefs_of(struct mib *mib, uint32_t target, struct mib_xref *out, size_t max)
{
    const struct snap_xref *all = mib->at[SNAP_XREFS];
    size_t n = 0;

    for (uint32_t i = first_xref(mib, target); i < mib->n[SNAP_XREFS] && all[i].target == target; i++) {
        if (all[i].source >= mib->n[SNAP_NODES] || all[i].role > MIB_REF_TYPE)
            continue;
        if (n < max)
            out[n] = (struct mib_xref){all[i].source, (enum mib_ref)all[i].role};
        n++;
    }
    return n;
}

size_t
mib_xrefs(struct mib *mib, mib_node node, struct mib_xref *out, size_t max)
{
    return node < MIB_TYPE_TARGET ? xrefs_of(mib, node, out, max) : 0;
}

mib_node
mib_other(struct mib *mib, mib_node node)
{
    const struct snap_node *n = mib_node_at(mib, node);

    return n != NULL && n->other < mib->n[SNAP_NODES] && n->other > node ? n->other : MIB_NONE;
}

mib_node
mib_namesake(struct mib *mib, mib_node node)
{
    const struct snap_node *n = mib_node_at(mib, node);

    return n != NULL && n->next_name < mib->n[SNAP_NODES] ? n->next_name : MIB_NONE;
}

uint32_t
mib_type_count(const struct mib *mib)
{
    return mib->n[SNAP_TYPES];
}

bool
mib_type(struct mib *mib, uint32_t type, struct mib_type *out)
{
    const struct snap_type *t = mib_record(mib, SNAP_TYPES, type, sizeof *t);
    const struct snap_module *m;

    *out = (struct mib_type){.name = "", .module = "", .description = "", .reference = ""};
    if (t == NULL)
        return false;
    m = mib_record(mib, SNAP_MODULES, t->module, sizeof *m);
    *out = (struct mib_type){.name = mib_text(mib, t->name),
                             .module = m != NULL ? mib_text(mib, m->name) : "",
                             .description = mib_text(mib, t->description),
                             .reference = mib_text(mib, t->reference),
                             .syntax = mib_syntax_at(mib, t->syntax),
                             .status = t->status <= MIB_OBSOLETE ? (enum mib_status)t->status : MIB_STATUS_NONE,
                             .convention = t->convention != 0,
                             .module_number = m != NULL ? t->module : MIB_NONE,
                             .line = t->line};
    return true;
}

/* The first type whose name is not before `name`. */
static uint32_t
type_place(struct mib *mib, const char *name)
{
    uint32_t low = 0, high = mib->n[SNAP_TYPES];

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct snap_type *t = mib_record(mib, SNAP_TYPES, middle, sizeof *t);

        if (t != NULL && strcmp(mib_text(mib, t->name), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Of several types of one name the convention that most objects are of. */
uint32_t
mib_type_find(struct mib *mib, const char *name)
{
    const char *colons = strstr(name, "::"), *plain = colons != NULL ? colons + 2 : name;
    uint32_t best = MIB_NONE;
    size_t most = 0;
    struct mib_type type;

    for (uint32_t i = type_place(mib, plain); mib_type(mib, i, &type) && strcmp(type.name, plain) == 0; i++)
        if (colons == NULL) {
            size_t users = mib_type_users(mib, i, NULL, 0) + (type.convention ? 1000000 : 0) + 1;

            if (users > most) {
                most = users;
                best = i;
            }
        } else if (strncmp(type.module, name, (size_t)(colons - name)) == 0 &&
                   type.module[colons - name] == '\0') {
            return i;
        }
    return best;
}

uint32_t
mib_type_of(struct mib *mib, mib_node node)
{
    const struct snap_node *n = mib_node_at(mib, node);
    const struct snap_syntax *s =
        n != NULL && n->syntax > 0 ? mib_record(mib, SNAP_SYNTAXES, n->syntax - 1, sizeof *s) : NULL;

    return s != NULL && s->type_number < mib->n[SNAP_TYPES] ? s->type_number : MIB_NONE;
}

size_t
mib_type_users(struct mib *mib, uint32_t type, mib_node *out, size_t max)
{
    const struct snap_xref *all = mib->at[SNAP_XREFS];
    uint32_t target = MIB_TYPE_TARGET | type;
    size_t n = 0;

    if (type >= mib->n[SNAP_TYPES])
        return 0;
    for (uint32_t i = first_xref(mib, target); i < mib->n[SNAP_XREFS] && all[i].target == target; i++) {
        if (n < max && all[i].source < mib->n[SNAP_NODES])
            out[n] = all[i].source;
        n += all[i].source < mib->n[SNAP_NODES];
    }
    return n;
}
