/* The MIB tree, read from one mapped snapshot that holds every module.
 *
 * Opening costs a map, whatever it holds. Nodes are handles (their number in the snapshot; MIB_NONE is none);
 * every text and pointer handed out lives as long as the `struct mib`. Offsets are checked when used: a damaged
 * snapshot gives missing facts, never a crash. Compilation runs elsewhere (mib_compile in a child). */
#ifndef API_MIB_H
#define API_MIB_H

#include "failure.h"
#include "oid.h"
#include "render.h"
#include "syntax.h"

struct mib;

typedef uint32_t mib_node;
enum { MIB_NONE = 0xffffffff };

enum mib_kind {
    MIB_KIND_NODE, /* a plain OBJECT IDENTIFIER, a MODULE-IDENTITY, an OBJECT-IDENTITY */
    MIB_KIND_SCALAR,
    MIB_KIND_TABLE,
    MIB_KIND_ROW,
    MIB_KIND_COLUMN,
    MIB_KIND_NOTIFICATION,
    MIB_KIND_GROUP,
    MIB_KIND_COMPLIANCE,
    MIB_KIND_CAPABILITIES,
};

enum mib_access {
    MIB_ACCESS_NONE, /* not an object */
    MIB_NOT_ACCESSIBLE,
    MIB_ACCESSIBLE_FOR_NOTIFY,
    MIB_READ_ONLY,
    MIB_READ_WRITE,
    MIB_READ_CREATE,
    MIB_WRITE_ONLY,
};

enum mib_status { MIB_STATUS_NONE, MIB_CURRENT, MIB_DEPRECATED, MIB_OBSOLETE };

/* All that is known of one node; texts are never NULL ("" when absent). */
struct mib_info {
    mib_node node;
    enum mib_kind kind;
    enum mib_access access;
    enum mib_status status;
    const char *name, *module, *description, *reference, *units, *default_value;
    const struct syntax *syntax; /* NULL where there is none */
    uint32_t module_number;      /* MIB_NONE for what no module defines */
    uint32_t line;               /* in its file */
};

/* Map the snapshot at `path`. NULL with *why when it is absent, of another version or damaged at its head. */
struct mib *mib_open(const char *path, struct failure *why);
void mib_close(struct mib *mib); /* NULL is fine */
/* Is the file at `path` still the one that was opened? */
bool mib_is_current(const struct mib *mib, const char *path);

uint32_t mib_count(const struct mib *mib);
bool mib_info(struct mib *mib, mib_node node, struct mib_info *out);
struct oid mib_oid(struct mib *mib, mib_node node);
const char *mib_name(struct mib *mib, mib_node node);

mib_node mib_root(struct mib *mib);
mib_node mib_parent(struct mib *mib, mib_node node);
mib_node mib_child(struct mib *mib, mib_node node);   /* the first by arc */
mib_node mib_sibling(struct mib *mib, mib_node node); /* the next by arc */

/* The deepest node at or above `o`; *used (may be NULL) gets how many arcs it covers, the rest is instance. */
mib_node mib_lookup(struct mib *mib, const struct oid *o, uint32_t *used);
/* By descriptor, alone or as "MODULE::name". */
mib_node mib_find(struct mib *mib, const char *name);

/* Any way to write an object: "sysUpTime.0", "IF-MIB::ifAlias.24", "ifAlias[24]", ".1.3.6.1…", "1.3.6…",
 * strings and addresses as index in brackets. */
bool mib_parse_object(struct mib *mib, const char *text, struct oid *out, struct failure *why);
/* "ifAlias.24", or numeric where nothing is known, as without a tree (NULL). Cut at `size`; returns `text`. */
char *mib_format_object(struct mib *mib, const struct oid *o, char *text, size_t size);

/* The syntax of a scalar, a column or an instance of one; NULL where nothing says it. `mib` may be NULL. */
const struct syntax *mib_syntax(struct mib *mib, const struct oid *name);
/* render_value and render_parse with the tree at hand: an OBJECT IDENTIFIER as a value is shown by its name, but for
 * RAW and HEX, and may be written so. `mib` may be NULL. */
char *mib_render(struct mib *mib, const struct value *value, const struct syntax *syntax, enum render_style style,
                 char *text, size_t size);
bool mib_parse_value(struct mib *mib, const char *text, const struct syntax *syntax, struct value *out,
                     struct render_room *room, struct failure *why);

/* INDEX of a row, table or column (of the base row where it AUGMENTS). Returns how many; *out is the mib's. */
size_t mib_index(struct mib *mib, mib_node node, const struct index_part **out);
/* The row of a table, column or row; MIB_NONE elsewhere. */
mib_node mib_row(struct mib *mib, mib_node node);
/* The row that a row AUGMENTS; MIB_NONE where it does not. */
mib_node mib_augments(struct mib *mib, mib_node node);
/* OBJECTS of a notification or members of a group. Returns how many exist; fills at most `max`. */
size_t mib_objects(struct mib *mib, mib_node node, mib_node *out, size_t max);

enum mib_ref {
    MIB_REF_INDEX,        /* the row has it in its INDEX */
    MIB_REF_AUGMENTS,     /* the row augments it */
    MIB_REF_NOTIFICATION, /* the notification carries it */
    MIB_REF_GROUP,        /* the group has it as a member */
    MIB_REF_COMPLIANCE,   /* the compliance statement names it */
    MIB_REF_CAPABILITIES, /* the capabilities statement names it */
    MIB_REF_TYPE,         /* the object is of the type (mib_type_users) */
};
enum { MIB_TYPE_TARGET = 0x40000000 };

struct mib_xref {
    mib_node node; /* who mentions it */
    enum mib_ref how;
};
/* Who mentions the node. Returns how many exist; fills at most `max`. */
size_t mib_xrefs(struct mib *mib, mib_node node, struct mib_xref *out, size_t max);

/* Another definition at the same OID, of another module or name; MIB_NONE behind the last. Begin with the node that
 * mib_lookup gives. */
mib_node mib_other(struct mib *mib, mib_node node);
/* The next definition of the same name elsewhere, the preferred first; begin with what mib_find gives. */
mib_node mib_namesake(struct mib *mib, mib_node node);

struct mib_hit {
    mib_node node;
    int score; /* higher is better */
};

/* Names, OIDs and words that fit `text`, best first; returns how many were written, at most `max`. */
size_t mib_search(struct mib *mib, const char *text, struct mib_hit *out, size_t max);

#endif
