/* What one file says, parsed and not yet linked: flat records that name each other by number, so that a unit
 * is one block of memory that can be written to a file, mapped again, and linked from there.
 *
 * Number 0 of idents is the empty name; in `syntax` fields 0 means none and i + 1 the i-th syntax. Positions
 * are line (from 1) and octets into the file. */
#ifndef MIB_UNIT_H
#define MIB_UNIT_H

#include "mib/diag.h"

#include <stddef.h>

struct unit_place {
    uint32_t line, offset;
};

struct unit_ident {
    uint32_t text, hash;
};

struct unit_module {
    struct unit_place place;
    uint32_t name, imports, n_imports, defs, n_defs, revisions, n_revisions;
    uint32_t last_updated, organization, contact; /* texts */
    uint32_t version;                             /* 1 or 2, as its imports and macros say; 0 unknown */
};

struct unit_import {
    struct unit_place place;
    uint32_t symbol, module;
};

enum unit_kind {
    UNIT_OID,
    UNIT_OBJECT_TYPE,
    UNIT_MODULE_IDENTITY,
    UNIT_OBJECT_IDENTITY,
    UNIT_NOTIFICATION,
    UNIT_TRAP,
    UNIT_OBJECT_GROUP,
    UNIT_NOTIFICATION_GROUP,
    UNIT_COMPLIANCE,
    UNIT_CAPABILITIES,
    UNIT_TYPE,
    UNIT_TEXTUAL_CONVENTION,
    UNIT_MACRO,
};

struct unit_def {
    struct unit_place place;
    uint32_t name;
    uint8_t kind, access, status, has_number;                    /* enum unit_kind, mib_access, mib_status */
    uint32_t number;                                             /* of a TRAP-TYPE */
    uint32_t description, reference, units, hint, default_value; /* texts */
    uint32_t syntax;
    uint32_t parts, n_parts; /* its OID; of a trap: the enterprise */
    uint32_t refs, n_refs;
};

/* One component of an OID value: name, name(number), number, MODULE.name. */
struct unit_part {
    struct unit_place place;
    uint32_t name, module, number, has_number;
};

enum unit_shape {
    SHAPE_NAMED,
    SHAPE_INTEGER,
    SHAPE_OCTETS,
    SHAPE_OID,
    SHAPE_BITS,
    SHAPE_NULL,
    SHAPE_SEQUENCE,
    SHAPE_SEQUENCE_OF,
    SHAPE_CHOICE,
};

struct unit_syntax {
    struct unit_place place;
    uint32_t type, module; /* of SHAPE_NAMED and SHAPE_SEQUENCE_OF */
    uint32_t names, n_names, ranges, n_ranges;
    uint32_t refs, n_refs;    /* the members of a SEQUENCE or CHOICE */
    uint8_t shape, tag, size; /* tag: [APPLICATION tag - 1]; size: the ranges are SIZEs */
    uint8_t spare;
};

struct unit_name {
    int64_t number;
    uint32_t label;
    uint32_t spare;
};

enum { RANGE_LOW_MIN = 1, RANGE_HIGH_MAX = 2 };

struct unit_range {
    int64_t low, high; /* the bits; above 2^63 they are unsigned */
    uint32_t flags, spare;
};

enum unit_role {
    ROLE_INDEX,
    ROLE_AUGMENTS,
    ROLE_OBJECT,       /* of a notification or an object group */
    ROLE_NOTIFICATION, /* of a notification group */
    ROLE_MODULE, /* a MODULE or SUPPORTS of a compliance or capabilities: the scope of those behind it */
    ROLE_MANDATORY_GROUP,
    ROLE_GROUP,
    ROLE_REFINEMENT, /* OBJECT in a compliance */
    ROLE_INCLUDES,
    ROLE_VARIATION,
    ROLE_CREATION,
    ROLE_MEMBER, /* of a SEQUENCE */
};

struct unit_ref {
    struct unit_place place;
    uint32_t name, module;
    uint8_t role, implied, access, spare;
    uint32_t syntax, text; /* of a refinement */
};

struct unit_revision {
    uint32_t date, text;
};

struct unit_diag {
    uint32_t code, line, column, offset, caret, text, excerpt, expected;
};

enum unit_section {
    UNIT_IDENTS,
    UNIT_MODULES,
    UNIT_IMPORTS,
    UNIT_DEFS,
    UNIT_PARTS,
    UNIT_SYNTAXES,
    UNIT_NAMES,
    UNIT_RANGES,
    UNIT_REFS,
    UNIT_REVISIONS,
    UNIT_DIAGS,
    UNIT_TEXT, /* NUL-terminated texts, the empty one first */
    UNIT_SECTIONS
};

struct unit_head {
    uint32_t magic, size;
    uint64_t sum; /* of everything behind this field */
    uint32_t errors, warnings, notes, file_kind;
    struct {
        uint32_t offset, count;
    } section[UNIT_SECTIONS];
};

/* A packed unit, read. */
struct unit {
    const struct unit_head *head;
    const struct unit_ident *idents;
    const struct unit_module *modules;
    const struct unit_import *imports;
    const struct unit_def *defs;
    const struct unit_part *parts;
    const struct unit_syntax *syntaxes;
    const struct unit_name *names;
    const struct unit_range *ranges;
    const struct unit_ref *refs;
    const struct unit_revision *revisions;
    const struct unit_diag *diags;
    const char *text;
    uint32_t n[UNIT_SECTIONS];
};

/* A unit of this version, every octet as it was written. */
bool unit_is_whole(const void *block, size_t n);
/* False when a part lies outside the block; `block` is borrowed and must be aligned to 8. */
bool unit_read(struct unit *out, const void *block, size_t n);

static inline const char *
unit_ident_text(const struct unit *unit, uint32_t ident)
{
    return unit->text + unit->idents[ident].text;
}

/* A unit in the making. */
struct unit_build {
    struct vec section[UNIT_SECTIONS]; /* UNIT_TEXT unused */
    struct buf text;
    uint32_t *slots; /* of idents */
    uint32_t n_slots;
};

void unit_build_start(struct unit_build *build);
void unit_build_free(struct unit_build *build);
uint32_t unit_build_ident(struct unit_build *build, const char *at, size_t n);
uint32_t unit_build_text(struct unit_build *build, const char *at, size_t n);
/* One block of *size octets, free() it. */
void *unit_build_pack(struct unit_build *build, const struct diag_list *diags, uint32_t file_kind,
                      size_t *size);

uint64_t unit_hash(const void *at, size_t n, uint64_t seed);

/* Text between quotes as people read it: UTF-8 (Latin-1 is converted), without the common indentation,
 * trailing blanks, page breaks and controls. Appends to `out` with no NUL. */
void prose_add(struct buf *out, const char *at, size_t n);
/* The same on one line. */
void prose_add_line(struct buf *out, const char *at, size_t n);

#endif
