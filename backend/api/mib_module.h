/* Modules, files, types, and what is wrong with them. */
#ifndef API_MIB_MODULE_H
#define API_MIB_MODULE_H

#include "mib.h"

/* Types, in alphabetical order of name and module. */
struct mib_type {
    const char *name, *module, *description, *reference;
    const struct syntax *syntax;
    enum mib_status status;
    bool convention;
    uint32_t module_number, line;
};
uint32_t mib_type_count(const struct mib *mib);
bool mib_type(struct mib *mib, uint32_t type, struct mib_type *out);
uint32_t mib_type_find(struct mib *mib, const char *name); /* or "MODULE::Name"; MIB_NONE */
uint32_t mib_type_of(struct mib *mib, mib_node node);      /* the type that its SYNTAX names; MIB_NONE */
/* The objects of a type. Returns how many exist; fills at most `max`. */
size_t mib_type_users(struct mib *mib, uint32_t type, mib_node *out, size_t max);

/* Modules in alphabetical order. Which of two counts, and is told as module-twice, oid-twice or name-redefined:
 * - one module in two files: the user's over ours, then the newest LAST-UPDATED, then the one that defines more, then
 *   the earlier directory. The other stays listed as superseded; what it alone defines is kept;
 * - definitions of two modules at one OID: both are kept and found by name. The one that names the OID is the
 *   SMI's own, then an object before a plain OID, SMIv2 before SMIv1, current before deprecated before obsolete, the earlier directory, the newer;
 * - a name in two modules: both are kept; the bare name means the first by the same order. */
struct mib_module {
    const char *name, *path, *revision, *organization, *contact, *description;
    const char *superseded_by; /* the file in use instead, or "" */
    mib_node identity;
    uint32_t line, nodes, types, notifications, errors, warnings;
    uint32_t file, n_revisions, n_imports;
    uint8_t smi; /* 1 or 2; 0 when it does not show */
    bool ours;   /* one that trapline brings */
};
uint32_t mib_module_count(const struct mib *mib);
bool mib_module(struct mib *mib, uint32_t module, struct mib_module *out);
uint32_t mib_module_find(struct mib *mib, const char *name); /* the one in use; MIB_NONE */
bool mib_revision(struct mib *mib, uint32_t module, uint32_t i, const char **date, const char **text);
bool mib_import(struct mib *mib, uint32_t module, uint32_t i, const char **symbol, const char **from);

struct mib_file {
    const char *path;
    const char *kind; /* "MIB modules", "an HTML page" … */
    bool has_modules, ours;
    uint32_t first_problem, n_problems;
};
uint32_t mib_file_count(const struct mib *mib);
bool mib_file(struct mib *mib, uint32_t file, struct mib_file *out);

enum mib_severity { MIB_NOTE, MIB_WARNING, MIB_ERROR };
/* What is wrong, in order of file and place. */
struct mib_problem {
    const char *path, *module;       /* module: "" for a file without one */
    const char *code, *text;         /* the code is a stable word */
    const char *excerpt, *expected;  /* "" where there is none */
    uint32_t file, line, column, caret; /* line 0: the whole file; caret: place in the excerpt, from 0 */
    enum mib_severity severity;
};
uint32_t mib_problem_count(const struct mib *mib);
bool mib_problem(struct mib *mib, uint32_t problem, struct mib_problem *out);

#endif
