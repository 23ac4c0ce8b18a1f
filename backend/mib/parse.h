/* Modules out of text. parse-file.c finds them in a file, parse.c knows their definitions and recovery, parse-clause.c
 * the macros, parse-text.c their texts, parse-type.c types, parse-value.c values; they share this state. */
#ifndef MIB_PARSE_H
#define MIB_PARSE_H

#include "mib/lex.h"
#include "mib/unit.h"

/* What a file turned out to be; stored in unit_head.file_kind. */
enum file_kind {
    FILE_MODULES,
    FILE_EMPTY,
    FILE_TEXT,
    FILE_HTML,
    FILE_XML,
    FILE_PDF,
    FILE_ZIP,
    FILE_GZIP,
    FILE_OTHER_ARCHIVE,
    FILE_UTF16,
    FILE_BINARY,
    FILE_TOO_LARGE,
    FILE_KIND_COUNT
};

enum { PARSE_FILE_MAX = 32 * 1024 * 1024, PARSE_DEPTH_MAX = 16, PARSE_RECORDS_MAX = 4000000 };

/* "an HTML page" */
const char *file_kind_words(enum file_kind kind);

/* Parse one file into a packed unit of *size octets: free() it. Never fails: what is wrong is in its diags.
 */
void *parse_file(const char *text, size_t n, size_t *size);

struct parser {
    struct lexer lexer;
    struct token ring[4];
    unsigned head, filled;
    struct unit_build *build;
    struct diag_list *diags;
    struct token last_string; /* of this definition, for texts whose closing quote is missing */
    bool complained;          /* one syntax error a definition */
    bool smi1, smi2;          /* what this module has shown so far */
    uint32_t depth;
};

/* The token `ahead` of the current one (0 is the current one). */
static inline struct token *
parser_peek(struct parser *p, unsigned ahead)
{
    while (p->filled <= ahead) {
        lexer_next(&p->lexer, &p->ring[(p->head + p->filled) & 3]);
        p->filled++;
    }
    return &p->ring[(p->head + ahead) & 3];
}

static inline void
parser_step(struct parser *p)
{
    parser_peek(p, 0);
    p->head = (p->head + 1) & 3;
    p->filled--;
}

static inline bool
parser_at_mark(struct parser *p, char mark)
{
    const struct token *t = parser_peek(p, 0);

    return t->kind == TOKEN_MARK && t->mark == mark;
}

static inline bool
parser_at(struct parser *p, enum keyword keyword)
{
    const struct token *t = parser_peek(p, 0);

    return t->kind == TOKEN_WORD && t->keyword == keyword;
}

static inline struct unit_place
parser_place(const struct token *t)
{
    return (struct unit_place){t->line, t->offset};
}

bool parser_accept_mark(struct parser *p, char mark);
bool parser_accept(struct parser *p, enum keyword keyword);
/* Accept the mark, or say that it is missing and go on. */
bool parser_want_mark(struct parser *p, char mark, const char *where);
void parser_seek(struct parser *p, uint32_t offset, uint32_t line);
/* "'foo'", "a number", "the end of the file" */
const char *parser_words(const struct token *t, char *room, size_t size);
/* The one syntax error of this definition. */
void parser_syntax(struct parser *p, const struct token *t, const char *expected, const char *where);
bool parser_starts_definition(struct parser *p);
uint32_t parser_ident(struct parser *p, const struct token *t);
/* Behind a '(' or '{' whose mate is looked for; leaves the parser behind the mate. */
void parser_skip_group(struct parser *p, char open, char close);

/* parse-type.c */
uint32_t parse_syntax(struct parser *p); /* number + 1, or 0 */
/* A number of any notation at the current token; false when there is none. */
bool parse_number(struct parser *p, int64_t *out);

/* parse-value.c */
uint32_t parse_oid_value(struct parser *p, uint32_t *n); /* first part */
uint32_t parse_default(struct parser *p);                /* text */
void parse_names_into_refs(struct parser *p, enum unit_role role, const char *clause);

/* parse.c. At "NAME [oid] DEFINITIONS": the whole module. */
void parse_module(struct parser *p);

/* parse-text.c: a text behind a clause (0: none), `prose` keeps its lines; and where to go on when the closing quote of the
 * last one is missing, for an object's end lies inside it. */
uint32_t parse_text(struct parser *p, bool prose, const char *clause);
bool parse_swallowed(struct parser *p);
/* parse-clause.c */
void parse_macro(struct parser *p, const struct token *name, enum unit_kind kind);
void parse_convention(struct parser *p, const struct token *name);

#endif
