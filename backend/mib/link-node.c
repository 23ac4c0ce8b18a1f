/* Nodes: order, kinds, indexes, references both ways. */
#include "mib/link.h"

#include <stdio.h>

static const struct linker *sorting; /* for qsort's comparisons */

static int
compare_arcs(const void *a, const void *b)
{
    uint32_t x = link_position_at(sorting, *(const uint32_t *)a)->arc;
    uint32_t y = link_position_at(sorting, *(const uint32_t *)b)->arc;

    return x < y ? -1 : x > y;
}

/* Positions by parent, each group by arc. */
static uint32_t *
sort_children(struct linker *linker)
{
    uint32_t n = (uint32_t)linker->positions.n, at = 0, *all = memory_alloc((n + 1) * sizeof *all);

    for (uint32_t i = 1; i < n; i++)
        link_position_at(linker, link_position_at(linker, i)->parent)->n_children++;
    for (uint32_t i = 0; i < n; i++) {
        struct link_position *p = link_position_at(linker, i);

        p->children = at;
        at += p->n_children;
        p->n_children = 0;
    }
    for (uint32_t i = 1; i < n; i++) {
        struct link_position *parent = link_position_at(linker, link_position_at(linker, i)->parent);

        all[parent->children + parent->n_children++] = i;
    }
    sorting = linker;
    for (uint32_t i = 0; i < n; i++) {
        struct link_position *p = link_position_at(linker, i);

        if (p->n_children > 1)
            qsort(all + p->children, p->n_children, sizeof *all, compare_arcs);
    }
    return all;
}

static void
fill_from_def(struct linker *linker, struct snap_node *node, uint32_t def)
{
    struct link_def *d = link_def_at(linker, def);
    struct link_module *m = link_module_at(linker, d->module);

    d->node = (uint32_t)(node - (struct snap_node *)linker->out[SNAP_NODES].at);
    m->nodes++;
    if (d->kind == MIB_KIND_NOTIFICATION)
        m->notifications++;
    node->name = link_pool_name(linker, d->name);
    node->module = m->number;
    node->line = d->d->place.line;
    node->kind = d->kind;
    node->access = d->d->access;
    node->status = d->d->status;
    node->syntax = d->syntax;
    node->description = link_text(linker, m->file, d->d->description);
    node->reference = link_text(linker, m->file, d->d->reference);
    node->units = link_text(linker, m->file, d->d->units);
    node->default_value = link_text(linker, m->file, d->d->default_value);
}

static struct snap_node *
push_node(struct linker *linker, uint32_t position)
{
    const struct link_position *p = link_position_at(linker, position);
    struct snap_node *node = vec_push(&linker->out[SNAP_NODES], sizeof *node);

    node->arc = p->arc;
    node->depth = (uint8_t)(p->depth > 255 ? 255 : p->depth);
    node->other = node->next_name = node->module = node->row = SNAP_NONE;
    return node;
}

static void
push_primary(struct linker *linker, uint32_t position)
{
    struct link_position *p = link_position_at(linker, position);
    struct snap_node *node = push_node(linker, position);
    char number[16];

    p->node = node->position = (uint32_t)linker->out[SNAP_NODES].n - 1;
    node->parent = p->parent == LINK_NONE ? SNAP_NONE : link_position_at(linker, p->parent)->node;
    if (p->first != LINK_NONE) {
        fill_from_def(linker, node, p->first);
    } else if (p->name != 0) {
        node->name = link_pool_name(linker, p->name - 1);
        node->module = link_module_number(linker, p->implicit_module);
    } else {
        node->flags = SNAP_NODE_UNNAMED;
        node->name = link_pool(linker, number, (size_t)snprintf(number, sizeof number, "%u", p->arc));
    }
}

static void
order_nodes(struct linker *linker)
{
    uint32_t *children = sort_children(linker), n = (uint32_t)linker->positions.n;
    uint32_t *stack = memory_alloc((n + 1) * sizeof *stack), depth = 0;
    uint32_t *list;

    stack[depth++] = 0;
    while (depth > 0) {
        uint32_t at = stack[--depth];
        const struct link_position *p;

        push_primary(linker, at);
        p = link_position_at(linker, at);
        for (uint32_t i = p->n_children; i > 0; i--)
            stack[depth++] = children[p->children + i - 1];
    }
    free(stack);
    linker->out[SNAP_CHILDREN].at = list = memory_alloc((n + 1) * sizeof *list);
    linker->out[SNAP_CHILDREN].n = n - 1;
    for (uint32_t i = 0; i + 1 < n; i++)
        list[i] = link_position_at(linker, children[i])->node;
    for (uint32_t i = 0; i < n; i++) {
        const struct link_position *p = link_position_at(linker, i);
        struct snap_node *node = link_node_at(linker, p->node);

        node->children = p->children;
        node->n_children = p->n_children;
    }
    free(children);
    for (uint32_t i = 0; i < n; i++) {
        const struct link_position *p = link_position_at(linker, i);
        uint32_t last = p->node, def = p->first;

        while (def != LINK_NONE && (def = link_def_at(linker, def)->next_here) != LINK_NONE) {
            struct snap_node *node = push_node(linker, i);
            uint32_t mine = (uint32_t)linker->out[SNAP_NODES].n - 1;

            node->position = p->node;
            node->parent = link_node_at(linker, p->node)->parent;
            fill_from_def(linker, node, def);
            link_node_at(linker, last)->other = mine;
            last = mine;
        }
    }
}

static bool
has_role(const struct linker *linker, const struct link_def *d, enum unit_role role)
{
    const struct unit *u = link_unit(linker, d->module);

    for (uint32_t i = 0; i < d->d->n_refs; i++)
        if (u->refs[d->d->refs + i].role == role)
            return true;
    return false;
}

static uint8_t
plain_kind(enum unit_kind kind)
{
    switch (kind) {
    case UNIT_NOTIFICATION:
    case UNIT_TRAP:
        return MIB_KIND_NOTIFICATION;
    case UNIT_OBJECT_GROUP:
    case UNIT_NOTIFICATION_GROUP:
        return MIB_KIND_GROUP;
    case UNIT_COMPLIANCE:
        return MIB_KIND_COMPLIANCE;
    case UNIT_CAPABILITIES:
        return MIB_KIND_CAPABILITIES;
    case UNIT_OBJECT_TYPE:
        return MIB_KIND_SCALAR;
    case UNIT_OID:
    case UNIT_MODULE_IDENTITY:
    case UNIT_OBJECT_IDENTITY:
    case UNIT_TYPE:
    case UNIT_TEXTUAL_CONVENTION:
    case UNIT_MACRO:
        return MIB_KIND_NODE;
    }
    return MIB_KIND_NODE;
}

static void
set_syntax(struct linker *linker, uint32_t def)
{
    struct link_def *d = link_def_at(linker, def);
    uint32_t file = link_module_at(linker, d->module)->file;
    const struct snap_syntax *s;

    d->kind = plain_kind((enum unit_kind)d->d->kind);
    if (d->d->kind != UNIT_OBJECT_TYPE || d->position == LINK_NONE)
        return;
    d->syntax = link_syntax(linker, d->module, d->d->syntax, link_text(linker, file, d->d->units));
    s = d->syntax != 0 ? (struct snap_syntax *)linker->out[SNAP_SYNTAXES].at + (d->syntax - 1) : NULL;
    if (s != NULL && s->base == SYNTAX_SEQUENCE_OF)
        d->kind = MIB_KIND_TABLE;
    else if ((s != NULL && s->base == SYNTAX_SEQUENCE) || has_role(linker, d, ROLE_INDEX) ||
             has_role(linker, d, ROLE_AUGMENTS))
        d->kind = MIB_KIND_ROW;
}

/* In old modules columns lie right below the table, which has the INDEX: it is the row. */
static void
set_table(struct linker *linker, uint32_t def)
{
    struct link_def *d = link_def_at(linker, def);

    if (d->kind == MIB_KIND_TABLE && d->position != LINK_NONE && has_role(linker, d, ROLE_INDEX) &&
        !link_position_at(linker, d->position)->has_row)
        d->kind = MIB_KIND_ROW;
}

static void
note_row(struct linker *linker, uint32_t def)
{
    const struct link_def *d = link_def_at(linker, def);
    uint32_t parent = d->position != LINK_NONE ? link_position_at(linker, d->position)->parent : LINK_NONE;

    if (d->kind == MIB_KIND_ROW && parent != LINK_NONE)
        link_position_at(linker, parent)->has_row = true;
}

/* A scalar below a row is a column; its row is that of its own module where there are several. */
static void
set_column(struct linker *linker, uint32_t def)
{
    struct link_def *d = link_def_at(linker, def);
    uint32_t parent, o;

    if (d->kind != MIB_KIND_SCALAR || d->position == LINK_NONE)
        return;
    parent = link_position_at(linker, d->position)->parent;
    if (parent == LINK_NONE)
        return;
    for (o = link_position_at(linker, parent)->first; o != LINK_NONE; o = link_def_at(linker, o)->next_here) {
        const struct link_def *row = link_def_at(linker, o);

        if (row->kind != MIB_KIND_ROW)
            continue;
        d->kind = MIB_KIND_COLUMN;
        if (d->row == LINK_NONE || row->module == d->module)
            d->row = o;
    }
}

static uint32_t
find_ref(struct linker *linker, const struct link_def *d, const struct unit_ref *ref, uint32_t scope)
{
    uint32_t file = link_module_at(linker, d->module)->file;
    uint32_t qualifier = ref->module != 0 ? link_name_of(linker, file, ref->module) : scope;
    uint32_t def =
        link_find(linker, d->module, qualifier, link_name_of(linker, file, ref->name), false, ref->place);

    return def != LINK_NONE && link_def_at(linker, def)->node != LINK_NONE ? def : LINK_NONE;
}

static void
add_xref(struct linker *linker, uint32_t target, uint32_t source, uint32_t role)
{
    struct snap_xref *x = vec_push(&linker->out[SNAP_XREFS], sizeof *x);

    *x = (struct snap_xref){target, source, role, 0};
}

/* Where a row's INDEX stands: in old modules, with the table. */
static const struct unit_def *
index_holder(const struct linker *linker, const struct link_def *d)
{
    uint32_t table = link_position_at(linker, link_position_at(linker, d->position)->parent)->first;

    if (!has_role(linker, d, ROLE_INDEX) && !has_role(linker, d, ROLE_AUGMENTS) && table != LINK_NONE &&
        link_def_at(linker, table)->module == d->module &&
        has_role(linker, link_def_at(linker, table), ROLE_INDEX))
        return link_def_at(linker, table)->d;
    return d->d;
}

static void
set_index(struct linker *linker, uint32_t def)
{
    struct link_def *d = link_def_at(linker, def);
    const struct unit_def *holder = index_holder(linker, d);
    uint32_t file = link_module_at(linker, d->module)->file, first = (uint32_t)linker->out[SNAP_PARTS].n;
    const struct unit *u = &linker->files[file].unit;
    bool told = false;

    for (uint32_t i = 0; i < holder->n_refs; i++) {
        const struct unit_ref *ref = &u->refs[holder->refs + i];
        const char *name = unit_ident_text(u, ref->name);
        struct snap_part *part;
        uint32_t target, type;

        if (ref->role == ROLE_AUGMENTS) {
            target = find_ref(linker, d, ref, LINK_NONE);
            told = true;
            if (target == LINK_NONE) {
                link_say(linker, d->module, DIAG_INDEX_UNKNOWN, ref->place, NULL,
                         "nothing defines the row '%s' that is augmented", name);
                continue;
            }
            d->row = target;
            add_xref(linker, link_def_at(linker, target)->node, d->node, MIB_REF_AUGMENTS);
        }
        if (ref->role != ROLE_INDEX)
            continue;
        told = true;
        target = find_ref(linker, d, ref, LINK_NONE);
        type = target == LINK_NONE ? link_index_type(linker, name) : 0;
        if (target == LINK_NONE && type == 0)
            link_say(linker, d->module, DIAG_INDEX_UNKNOWN, ref->place, NULL,
                     "nothing defines the INDEX object '%s'", name);
        else if (target != LINK_NONE)
            add_xref(linker, link_def_at(linker, target)->node, d->node, MIB_REF_INDEX);
        {
            uint32_t text = link_pool_name(linker, link_name_of(linker, file, ref->name));

            part = vec_push(&linker->out[SNAP_PARTS], sizeof *part);
            *part = (struct snap_part){
                text, target != LINK_NONE ? link_def_at(linker, target)->node : SNAP_NONE,
                target != LINK_NONE ? link_def_at(linker, target)->syntax : type, ref->implied};
        }
    }
    link_node_at(linker, d->node)->parts = first;
    link_node_at(linker, d->node)->n_parts = (uint32_t)linker->out[SNAP_PARTS].n - first;
    if (!told)
        link_say(linker, d->module, DIAG_INDEX_MISSING, d->d->place, "INDEX or AUGMENTS",
                 "the row '%s' has no INDEX", link_name_at(linker, d->name)->text);
}

/* Which cross-reference a mention makes, or -1. */
static int
ref_role(const struct link_def *d, enum unit_role role)
{
    switch (role) {
    case ROLE_OBJECT:
    case ROLE_NOTIFICATION:
        return d->kind == MIB_KIND_NOTIFICATION ? MIB_REF_NOTIFICATION : MIB_REF_GROUP;
    case ROLE_MANDATORY_GROUP:
    case ROLE_GROUP:
    case ROLE_REFINEMENT:
        return MIB_REF_COMPLIANCE;
    case ROLE_INCLUDES:
    case ROLE_VARIATION:
        return MIB_REF_CAPABILITIES;
    case ROLE_INDEX:
    case ROLE_AUGMENTS:
    case ROLE_MODULE:
    case ROLE_CREATION:
    case ROLE_MEMBER:
        return -1;
    }
    return -1;
}

static void
set_lists(struct linker *linker, uint32_t def)
{
    struct link_def *d = link_def_at(linker, def);
    uint32_t file = link_module_at(linker, d->module)->file, scope = LINK_NONE;
    uint32_t first = (uint32_t)linker->out[SNAP_LISTS].n;
    const struct unit *u = &linker->files[file].unit;

    for (uint32_t i = 0; i < d->d->n_refs; i++) {
        const struct unit_ref *ref = &u->refs[d->d->refs + i];
        int role = ref_role(d, (enum unit_role)ref->role);
        uint32_t target;

        if (ref->role == ROLE_MODULE)
            scope = ref->name != 0 ? link_name_of(linker, file, ref->name) : LINK_NONE;
        if (role < 0 || ref->name == 0)
            continue;
        target = find_ref(linker, d, ref,
                          role == MIB_REF_COMPLIANCE || role == MIB_REF_CAPABILITIES ? scope : LINK_NONE);
        if (target == LINK_NONE) {
            link_say(linker, d->module, DIAG_REFERENCE_UNKNOWN, ref->place, NULL, "nothing defines '%s'",
                     unit_ident_text(u, ref->name));
            continue;
        }
        *(uint32_t *)vec_push(&linker->out[SNAP_LISTS], sizeof(uint32_t)) = link_def_at(linker, target)->node;
        add_xref(linker, link_def_at(linker, target)->node, d->node, (uint32_t)role);
    }
    link_node_at(linker, d->node)->lists = first;
    link_node_at(linker, d->node)->n_lists = (uint32_t)linker->out[SNAP_LISTS].n - first;
}

static int
compare_xrefs(const void *a, const void *b)
{
    const struct snap_xref *x = a, *y = b;

    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    if (x->role != y->role)
        return x->role < y->role ? -1 : 1;
    return x->source < y->source ? -1 : x->source > y->source;
}

void
link_nodes(struct linker *linker)
{
    uint32_t n = (uint32_t)linker->defs.n;

    for (uint32_t i = 0; i < n; i++)
        set_syntax(linker, i);
    for (uint32_t i = 0; i < n; i++)
        note_row(linker, i);
    for (uint32_t i = 0; i < n; i++)
        set_table(linker, i);
    for (uint32_t i = 0; i < n; i++)
        set_column(linker, i);
    order_nodes(linker);
}

static void
refer(struct linker *linker, uint32_t def)
{
    const struct link_def *d = link_def_at(linker, def);
    const struct snap_syntax *s;

    if (d->node == LINK_NONE)
        return;
    if (d->kind == MIB_KIND_ROW)
        set_index(linker, def);
    else if (d->d->n_refs > 0)
        set_lists(linker, def);
    if (d->syntax == 0)
        return;
    s = (struct snap_syntax *)linker->out[SNAP_SYNTAXES].at + (d->syntax - 1);
    if (s->type_number != SNAP_NONE)
        add_xref(linker, MIB_TYPE_TARGET | s->type_number, d->node, MIB_REF_TYPE);
}

void
link_references(struct linker *linker)
{
    struct vec *xrefs = &linker->out[SNAP_XREFS];

    for (uint32_t i = 0; i < linker->defs.n; i++)
        refer(linker, i);
    for (uint32_t i = 0; i < linker->defs.n; i++) {
        const struct link_def *d = link_def_at(linker, i);

        if (d->node != LINK_NONE && d->row != LINK_NONE)
            link_node_at(linker, d->node)->row = link_def_at(linker, d->row)->node;
    }
    if (xrefs->n > 0)
        qsort(xrefs->at, xrefs->n, sizeof(struct snap_xref), compare_xrefs);
}
