/* From parsed units to one linked tree.
 *
 * Names are interned to numbers; a definition is found by (module, name); each OID is a position in one tree
 * of single arcs, and every definition there hangs on it. link.c holds what a word means in a module;
 * link-oid.c the tree; link-type.c types; link-node.c what needs all of these: kinds, indexes, references; link-name.c
 * and link-module.c the lists by which they are found. */
#ifndef MIB_LINK_H
#define MIB_LINK_H

#include "api/mib.h"
#include "mib/snap.h"
#include "mib/unit.h"

#define LINK_NONE UINT32_MAX

/* So many definitions of one name, or at one OID, are put in order; what is over is kept as it comes. */
enum { LINK_STEPS = 64, LINK_SIMILAR_MAX = 20000 };

struct link_file {
    const char *path;
    struct unit unit;
    uint64_t size, mtime, hash;
    uint32_t layer, kind;      /* layer: place of its directory in order of priority */
    uint64_t at;               /* of the unit in the snapshot */
    uint32_t *names;           /* by ident: name + 1 */
    uint32_t *labels, *ranges; /* by syntax: where they went + 1 */
    struct diag_list diags;    /* of linking */
};

struct link_name {
    const char *text;
    uint32_t n, hash, module, defs; /* the module of this name; chain of definitions by link_def.same */
    uint32_t pool, first_node;
};

struct link_module {
    const struct unit_module *m;
    uint32_t file, name, defs, n_defs;
    bool loser; /* another file has the one in use */
    uint32_t winner;
    uint32_t nodes, types, notifications, errors, warnings, number;
    uint32_t identity;
    const char *revision;
};

enum link_state { LINK_NEW, LINK_BUSY, LINK_DONE };

struct link_def {
    const struct unit_def *d;
    uint32_t module, name, same, position, next_here; /* others at this position */
    uint32_t node, type;                              /* number in the snapshot; of a type: + 1 */
    uint8_t state, kind, type_state, spare;
    uint32_t syntax; /* number + 1 */
    uint32_t row;    /* definition of the row, for columns and AUGMENTS */
};

struct link_position {
    uint32_t parent, arc, depth, first, name; /* first definition; name + 1 from name(number) */
    uint32_t implicit_module, order, n_children, children, node;
    bool has_row; /* a row lies right below */
};

/* A type, followed to its base. */
struct link_type {
    enum syntax_base base;
    uint64_t hint; /* text in the snapshot, or 0 */
    uint32_t labels, n_labels, ranges, n_ranges;
    bool known;
};

struct linker {
    struct link_file *files;
    uint32_t n_files;
    struct vec names, modules, defs, positions; /* as their structs */
    uint32_t *name_slots, *def_slots, *import_slots, *position_slots;
    uint32_t n_name_slots, n_def_slots, n_import_slots, n_position_slots;
    struct vec imports; /* struct link_import */
    struct buf pool;    /* SNAP_POOL */
    uint64_t pool_at;   /* its place in the file */
    struct vec out[SNAP_SPANS];
    uint32_t *text_slots, n_text_slots, n_texts; /* of the pool */
    uint32_t *syntax_slots, n_syntax_slots;
    uint32_t *module_order; /* by number: the linker's own */
    uint32_t depth, errors, warnings, n_similar; /* the last: names for which a like one was looked for */
    uint32_t first; /* layers below this win whatever their revision */
};

struct link_import {
    const struct unit_import *i;
    uint32_t module, symbol, from; /* from: module number, or LINK_NONE */
};

void link_start(struct linker *linker, struct link_file *files, uint32_t n_files, uint64_t pool_at);
void link_free(struct linker *linker);
/* As far as the nodes in their order, with their texts. */
void link_order(struct linker *linker);
/* References, names, modules: all but the words of the texts (words.h). */
void link_rest(struct linker *linker);

uint32_t link_intern(struct linker *linker, const char *text, size_t n, uint32_t hash);
uint32_t link_name_of(struct linker *linker, uint32_t file, uint32_t ident);
/* A short text of the pool, as octets from the start of the snapshot; 0 for an empty one. */
uint32_t link_pool(struct linker *linker, const char *text, size_t n);
/* The same of a name, which is there once. */
uint32_t link_pool_name(struct linker *linker, uint32_t name);
/* A text of a unit, likewise. */
uint32_t link_text(const struct linker *linker, uint32_t file, uint32_t text);

/* The definition that `name` means in `module`; LINK_NONE when there is none. Says once what was odd. */
uint32_t link_find(struct linker *linker, uint32_t module, uint32_t qualifier, uint32_t name, bool type,
                   struct unit_place place);
uint32_t link_local(const struct linker *linker, uint32_t module, uint32_t name, bool type);
void link_say(struct linker *linker, uint32_t module, enum diag_code code, struct unit_place place,
              const char *expected, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* A definition that is preferred to another of its name or at its OID. */
bool link_better(const struct linker *linker, uint32_t a, uint32_t b);

void link_positions(struct linker *linker); /* link-oid.c */
void link_types(struct linker *linker);     /* link-type.c */
/* One of the modules that define the SMI itself. */
bool link_is_smi(const struct linker *linker, uint32_t module);
uint32_t link_syntax(struct linker *linker, uint32_t module, uint32_t syntax, uint32_t units);
uint32_t link_index_type(struct linker *linker, const char *name);
struct link_type link_type_of(struct linker *linker, uint32_t module, uint32_t syntax);
void link_nodes(struct linker *linker); /* link-node.c */
void link_references(struct linker *linker);
void link_names(struct linker *linker);          /* link-name.c */
void link_number_modules(struct linker *linker); /* link-module.c */
uint32_t link_module_number(const struct linker *linker, uint32_t module);
void link_modules(struct linker *linker);

static inline struct link_module *
link_module_at(const struct linker *linker, uint32_t i)
{
    return (struct link_module *)linker->modules.at + i;
}

static inline struct link_def *
link_def_at(const struct linker *linker, uint32_t i)
{
    return (struct link_def *)linker->defs.at + i;
}

static inline struct link_name *
link_name_at(const struct linker *linker, uint32_t i)
{
    return (struct link_name *)linker->names.at + i;
}

static inline struct link_position *
link_position_at(const struct linker *linker, uint32_t i)
{
    return (struct link_position *)linker->positions.at + i;
}

static inline const struct unit *
link_unit(const struct linker *linker, uint32_t module)
{
    return &linker->files[link_module_at(linker, module)->file].unit;
}

static inline struct snap_node *
link_node_at(const struct linker *linker, uint32_t i)
{
    return (struct snap_node *)linker->out[SNAP_NODES].at + i;
}

static inline bool
link_is_type(const struct unit_def *d)
{
    return d->kind == UNIT_TYPE || d->kind == UNIT_TEXTUAL_CONVENTION;
}

#endif
