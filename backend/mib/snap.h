/* The snapshot: one file that every program maps.
 *
 * A head, then spans of plain records. All references are record numbers or, for texts, octets from the start
 * of the file; each is checked when it is used, so opening costs nothing and damage costs facts, never a
 * crash. The last octet of the file is NUL, so that no text runs out of the map. The parsed units of all
 * files are kept inside (their texts are the nodes' descriptions): the next compilation takes unchanged files
 * from there. */
#ifndef MIB_SNAP_H
#define MIB_SNAP_H

#include <stdint.h>

#define SNAP_MAGIC "TLmib\r\n\x1a"

enum { SNAP_VERSION = 4, SNAP_ORDER = 0x01020304 };
#define SNAP_NONE UINT32_MAX

enum snap_span {
    SNAP_UNITS,    /* octets */
    SNAP_POOL,     /* octets: names and other short texts, each once */
    SNAP_NODES,    /* primaries in OID order, then the other definitions at their OIDs */
    SNAP_CHILDREN, /* node numbers, by arc */
    SNAP_NAMES,    /* distinct names in alphabetical order */
    SNAP_SLOTS,    /* hash of a name -> its number + 1 */
    SNAP_MODULES,  /* in alphabetical order */
    SNAP_TYPES,    /* in alphabetical order */
    SNAP_SYNTAXES,
    SNAP_LABELS,
    SNAP_RANGES,
    SNAP_PARTS, /* INDEX parts */
    SNAP_LISTS, /* node numbers: OBJECTS and members */
    SNAP_XREFS, /* by target, role, source */
    SNAP_DIAGS,
    SNAP_FILES,
    SNAP_REVISIONS,
    SNAP_IMPORTS,
    SNAP_WORDS,    /* words of descriptions in alphabetical order */
    SNAP_POSTINGS, /* octets: gaps between node numbers, 7 bits each, low first */
    SNAP_SPANS
};

struct snap_head {
    char magic[8];
    uint32_t version, order;
    uint64_t size, sum; /* of the file; of the head behind this field */
    uint64_t made;      /* wall clock, nanoseconds */
    uint64_t key;       /* of the directories and options that it was made from */
    uint32_t errors, warnings, primaries, notifications;
    uint32_t given;  /* made by hand of other directories than the settings' */
    uint32_t maker;  /* of the version of trapline that read the files: another may read more in them */
    struct {
        uint64_t offset;
        uint32_t count, stride;
    } span[SNAP_SPANS];
};

enum { SNAP_NODE_UNNAMED = 1 };

struct snap_node {
    uint32_t name, arc, parent, position, other;
    uint32_t children, n_children;
    uint32_t next_name, module, line;
    uint32_t description, reference, units, default_value;
    uint32_t syntax; /* + 1 */
    uint32_t row;    /* of a column: its row; of a row that AUGMENTS: the base row */
    uint32_t parts, n_parts, lists, n_lists;
    uint8_t kind, access, status, depth, flags, spare[3];
};

struct snap_name {
    uint64_t mask; /* which letters and digits are in it (search) */
    uint32_t text, node;
};

struct snap_module {
    uint32_t name, file, line, identity;
    uint32_t revision, organization, contact, description;
    uint32_t nodes, types, notifications, errors, warnings, smi; /* counts; SMI version */
    uint32_t revisions, n_revisions, imports, n_imports;
    uint32_t superseded_by; /* file that holds the one in use, or SNAP_NONE */
    uint32_t layer;
};

struct snap_type {
    uint32_t name, module, syntax, line, description, reference;
    uint8_t status, convention, spare[2];
};

struct snap_syntax {
    uint32_t base, type, type_number, hint, units;
    uint32_t labels, n_labels, ranges, n_ranges;
};

struct snap_label {
    int64_t number;
    uint32_t text, spare;
};

struct snap_range {
    int64_t low, high;
};

struct snap_part {
    uint32_t name, node, syntax, implied; /* syntax + 1 */
};

struct snap_xref {
    uint32_t target, source, role, spare;
};

struct snap_diag {
    uint32_t file, module, line, column, caret, code, severity, text, excerpt, expected;
};

struct snap_file {
    uint64_t size, mtime, hash, unit; /* nanoseconds; octets into the file */
    uint32_t unit_size, path, kind, layer, diags, n_diags;
};

struct snap_revision {
    uint32_t date, text;
};

struct snap_import {
    uint32_t symbol, module;
};

struct snap_word {
    uint32_t text, postings, count;
};

uint64_t snap_name_mask(const char *name);

#endif
