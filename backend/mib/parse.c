/* Modules, IMPORTS, and going on after an error: one bad clause costs one definition. */
#include "mib/parse.h"

#include <stdio.h>

bool
parser_accept_mark(struct parser *p, char mark)
{
    if (!parser_at_mark(p, mark))
        return false;
    parser_step(p);
    return true;
}

bool
parser_accept(struct parser *p, enum keyword keyword)
{
    if (!parser_at(p, keyword))
        return false;
    parser_step(p);
    return true;
}

bool
parser_want_mark(struct parser *p, char mark, const char *where)
{
    char expected[2] = {mark, '\0'}, room[64];
    const struct token *t = parser_peek(p, 0);

    if (parser_accept_mark(p, mark))
        return true;
    if (!p->complained)
        diag_add(p->diags, DIAG_EXPECTED, t->line, t->offset, expected, "%s where '%s' is expected (%s)",
                 parser_words(t, room, sizeof room), expected, where);
    p->complained = true;
    return false;
}

void
parser_seek(struct parser *p, uint32_t offset, uint32_t line)
{
    lexer_seek(&p->lexer, offset, line);
    p->filled = 0;
}

const char *
parser_words(const struct token *t, char *room, size_t size)
{
    switch (t->kind) {
    case TOKEN_END:
        return "the end of the file";
    case TOKEN_STRING:
        return "a text";
    case TOKEN_NUMBER:
    case TOKEN_WORD:
        snprintf(room, size, "'%.*s'", (int)(t->n > 48 ? 48 : t->n), t->at);
        return room;
    case TOKEN_HEX:
    case TOKEN_BINARY:
        return "a quoted number";
    case TOKEN_ASSIGN:
        return "'::='";
    case TOKEN_RANGE:
        return "'..'";
    case TOKEN_MARK:
        snprintf(room, size, "'%c'", t->mark);
        return room;
    }
    return "";
}

void
parser_syntax(struct parser *p, const struct token *t, const char *expected, const char *where)
{
    char room[64];

    if (!p->complained)
        diag_add(p->diags, DIAG_SYNTAX, t->line, t->offset, expected, "%s where %s%s%s is expected (%s)",
                 parser_words(t, room, sizeof room), expected[1] == '\0' || expected[0] == ':' ? "'" : "",
                 expected, expected[1] == '\0' || expected[0] == ':' ? "'" : "", where);
    p->complained = true;
}

uint32_t
parser_ident(struct parser *p, const struct token *t)
{
    return unit_build_ident(p->build, t->at, t->n > 255 ? 255 : t->n);
}

void
parser_skip_group(struct parser *p, char open, char close)
{
    unsigned depth = 1;

    for (;;) {
        struct token t = *parser_peek(p, 0);

        if (t.kind == TOKEN_END || t.kind == TOKEN_ASSIGN || parser_starts_definition(p))
            return;
        parser_step(p);
        if (t.kind == TOKEN_MARK && t.mark == open)
            depth++;
        if (t.kind == TOKEN_MARK && t.mark == close && --depth == 0)
            return;
    }
}

/* The kind of definition that a macro's name begins, or -1. */
static int
macro_kind(enum keyword keyword)
{
    switch ((int)keyword) {
    case KEYWORD_OBJECT_TYPE:
        return UNIT_OBJECT_TYPE;
    case KEYWORD_MODULE_IDENTITY:
        return UNIT_MODULE_IDENTITY;
    case KEYWORD_OBJECT_IDENTITY:
        return UNIT_OBJECT_IDENTITY;
    case KEYWORD_NOTIFICATION_TYPE:
        return UNIT_NOTIFICATION;
    case KEYWORD_TRAP_TYPE:
        return UNIT_TRAP;
    case KEYWORD_OBJECT_GROUP:
        return UNIT_OBJECT_GROUP;
    case KEYWORD_NOTIFICATION_GROUP:
        return UNIT_NOTIFICATION_GROUP;
    case KEYWORD_MODULE_COMPLIANCE:
        return UNIT_COMPLIANCE;
    case KEYWORD_AGENT_CAPABILITIES:
        return UNIT_CAPABILITIES;
    default:
        return -1;
    }
}

bool
parser_starts_definition(struct parser *p)
{
    const struct token *t = parser_peek(p, 0), *a;

    if (t->kind != TOKEN_WORD)
        return false;
    a = parser_peek(p, 1);
    if (a->kind == TOKEN_ASSIGN) {
        const struct token *b = parser_peek(p, 2);

        return t->keyword == KEYWORD_NONE && b->kind == TOKEN_WORD;
    }
    if (a->kind != TOKEN_WORD || a->keyword == KEYWORD_NONE)
        return false;
    if (a->keyword == KEYWORD_MACRO)
        return true;
    if (t->keyword != KEYWORD_NONE)
        return false;
    if (a->keyword == KEYWORD_OBJECT)
        return parser_peek(p, 2)->keyword == KEYWORD_IDENTIFIER && parser_peek(p, 3)->kind == TOKEN_ASSIGN;
    return a->keyword == KEYWORD_DEFINITIONS || macro_kind(a->keyword) >= 0;
}

static void
recover(struct parser *p)
{
    while (parser_peek(p, 0)->kind != TOKEN_END && !parser_at(p, KEYWORD_END) && !parser_starts_definition(p))
        parser_step(p);
}

static struct unit_import *
imports_at(struct parser *p)
{
    return p->build->section[UNIT_IMPORTS].at;
}

/* Which SMI a module is written in shows in where its macros come from; unless it is the SMI itself. */
static void
note_version(struct parser *p, const struct token *module)
{
    if (token_is(module, "SNMPv2-SMI") || token_is(module, "SNMPv2-TC") || token_is(module, "SNMPv2-CONF"))
        p->smi2 = true;
    else if (token_is(module, "RFC-1212") || token_is(module, "RFC1155-SMI") || token_is(module, "RFC-1215"))
        p->smi1 = true;
}

static void
parse_imports(struct parser *p)
{
    size_t pending = p->build->section[UNIT_IMPORTS].n;

    for (;;) {
        struct token t = *parser_peek(p, 0);

        if (t.kind == TOKEN_END || t.kind == TOKEN_ASSIGN || parser_starts_definition(p)) {
            diag_add(p->diags, DIAG_EXPECTED, t.line, t.offset, ";", "IMPORTS does not end with ';'");
            break;
        }
        parser_step(p);
        if (t.kind == TOKEN_MARK && t.mark == ';')
            break;
        if (t.kind == TOKEN_MARK && t.mark == ',')
            continue;
        if (t.kind == TOKEN_WORD && t.keyword == KEYWORD_FROM) {
            struct token module = *parser_peek(p, 0);

            if (module.kind != TOKEN_WORD) {
                parser_syntax(p, &module, "a module's name", "behind FROM");
                continue;
            }
            parser_step(p);
            note_version(p, &module);
            if (parser_accept_mark(p, '{'))
                parser_skip_group(p, '{', '}');
            for (; pending < p->build->section[UNIT_IMPORTS].n; pending++)
                imports_at(p)[pending].module = parser_ident(p, &module);
        } else if (t.kind == TOKEN_WORD) {
            struct unit_import *import = vec_push(&p->build->section[UNIT_IMPORTS], sizeof *import);

            import->place = parser_place(&t);
            import->symbol = parser_ident(p, &t);
        } else {
            parser_syntax(p, &t, "a name", "in IMPORTS");
        }
    }
    p->build->section[UNIT_IMPORTS].n = pending;
}

static void
skip_to_semicolon(struct parser *p)
{
    while (parser_peek(p, 0)->kind != TOKEN_END && !parser_starts_definition(p))
        if (parser_at_mark(p, ';')) {
            parser_step(p);
            return;
        } else {
            parser_step(p);
        }
}

/* NAME MACRO ::= BEGIN … END: known by heart, passed over. */
static void
skip_macro(struct parser *p)
{
    while (parser_peek(p, 0)->kind != TOKEN_END && !parser_at(p, KEYWORD_END))
        parser_step(p);
    parser_accept(p, KEYWORD_END);
}

static void
push_def(struct parser *p, const struct token *name, enum unit_kind kind, uint32_t syntax)
{
    uint32_t ident = parser_ident(p, name);
    struct unit_def *def = vec_push(&p->build->section[UNIT_DEFS], sizeof *def);

    def->place = parser_place(name);
    def->name = ident;
    def->kind = (uint8_t)kind;
    def->syntax = syntax;
}

static void
parse_oid_definition(struct parser *p, const struct token *name)
{
    uint32_t n, first = parse_oid_value(p, &n);
    struct unit_def *def;

    push_def(p, name, UNIT_OID, 0);
    def = (struct unit_def *)p->build->section[UNIT_DEFS].at + (p->build->section[UNIT_DEFS].n - 1);
    def->parts = first;
    def->n_parts = n;
}

/* Behind "name ::=". */
static void
parse_assignment(struct parser *p, const struct token *name)
{
    uint32_t syntax;

    if (parser_at_mark(p, '{')) {
        diag_add(p->diags, DIAG_EXPECTED, name->line, name->offset, "OBJECT IDENTIFIER",
                 "'%.*s' is given an OID with no OBJECT IDENTIFIER before ::=",
                 (int)(name->n > 80 ? 80 : name->n), name->at);
        parse_oid_definition(p, name);
    } else if (parser_accept(p, KEYWORD_TEXTUAL_CONVENTION)) {
        p->smi2 = true;
        parse_convention(p, name);
    } else {
        syntax = parse_syntax(p);
        if (syntax != 0)
            push_def(p, name, UNIT_TYPE, syntax);
    }
}

/* name INTEGER ::= 5 and the like: nothing that the SMI knows; passed over. */
static void
skip_value(struct parser *p, const struct token *name)
{
    parser_syntax(p, name, "a definition", "in a module");
    parser_step(p);
    recover(p);
}

static void
parse_definition(struct parser *p)
{
    struct token name = *parser_peek(p, 0), next = *parser_peek(p, 1);
    int kind;

    p->complained = false;
    p->last_string.kind = TOKEN_END;
    if (name.kind != TOKEN_WORD) {
        parser_syntax(p, &name, "a definition", "in a module");
        parser_step(p);
        recover(p);
        return;
    }
    if (next.kind == TOKEN_WORD && next.keyword == KEYWORD_MACRO) {
        push_def(p, &name, UNIT_MACRO, 0);
        skip_macro(p);
        return;
    }
    if (next.kind == TOKEN_ASSIGN && name.keyword == KEYWORD_NONE) {
        parser_step(p);
        parser_step(p);
        parse_assignment(p, &name);
        return;
    }
    if (next.kind == TOKEN_WORD && next.keyword == KEYWORD_OBJECT &&
        parser_peek(p, 2)->keyword == KEYWORD_IDENTIFIER) {
        for (int i = 0; i < 3; i++)
            parser_step(p);
        if (parser_peek(p, 0)->kind == TOKEN_ASSIGN)
            parser_step(p);
        else
            parser_syntax(p, parser_peek(p, 0), "::=", "behind OBJECT IDENTIFIER");
        parse_oid_definition(p, &name);
        return;
    }
    kind = next.kind == TOKEN_WORD ? macro_kind(next.keyword) : -1;
    if (kind >= 0) {
        parser_step(p);
        parser_step(p);
        parse_macro(p, &name, (enum unit_kind)kind);
        return;
    }
    skip_value(p, &name);
}

static bool
over_limit(struct parser *p)
{
    for (unsigned i = 0; i < UNIT_SECTIONS; i++)
        if (p->build->section[i].n > PARSE_RECORDS_MAX)
            return true;
    return p->build->text.n > (size_t)PARSE_FILE_MAX * 3;
}

/* "name FROM" and "name, name" begin no definition. */
static bool
goes_on_importing(struct parser *p)
{
    const struct token *next = parser_peek(p, 1);

    return (next->kind == TOKEN_WORD && next->keyword == KEYWORD_FROM) ||
           (next->kind == TOKEN_MARK && next->mark == ',');
}

static void
parse_body(struct parser *p)
{
    for (;;) {
        struct token t = *parser_peek(p, 0);

        if (t.kind == TOKEN_WORD && t.keyword == KEYWORD_END && parser_peek(p, 1)->kind != TOKEN_ASSIGN) {
            p->filled = 0; /* what lies behind END is not ours to read as SMI */
            lexer_seek(&p->lexer, t.offset + t.n, t.line);
            return;
        }
        if (t.kind == TOKEN_END ||
            (t.kind == TOKEN_WORD && parser_peek(p, 1)->keyword == KEYWORD_DEFINITIONS)) {
            diag_add(p->diags, DIAG_END_MISSING, t.line, t.offset, "END", "the module has no END");
            if (t.kind != TOKEN_END)
                parser_seek(p, t.offset, t.line);
            return;
        }
        if (over_limit(p)) {
            diag_add(p->diags, DIAG_LIMIT, t.line, t.offset, NULL, "the module is larger than is read");
            lexer_seek(&p->lexer, (uint32_t)(p->lexer.end - p->lexer.text), t.line);
            p->filled = 0;
            return;
        }
        if (t.kind == TOKEN_MARK && t.mark == ';') {
            parser_step(p);
        } else if (t.kind == TOKEN_WORD && t.keyword == KEYWORD_IMPORTS) {
            p->complained = false;
            parser_step(p);
            parse_imports(p);
        } else if (t.kind == TOKEN_WORD && t.keyword == KEYWORD_NONE && goes_on_importing(p)) {
            p->complained = false;
            diag_add(p->diags, DIAG_EXPECTED, t.line, t.offset, "IMPORTS",
                     "IMPORTS goes on behind its ';'; read as if it had not ended");
            parse_imports(p);
        } else if (t.kind == TOKEN_WORD && t.keyword == KEYWORD_EXPORTS) {
            parser_step(p);
            skip_to_semicolon(p);
        } else {
            parse_definition(p);
        }
    }
}

void
parse_module(struct parser *p)
{
    struct unit_build *b = p->build;
    struct token name = *parser_peek(p, 0);
    uint32_t ident = parser_ident(p, &name), n;
    struct unit_module *m = vec_push(&b->section[UNIT_MODULES], sizeof *m);
    size_t mine = b->section[UNIT_MODULES].n - 1;

    m->place = parser_place(&name);
    m->name = ident;
    m->imports = (uint32_t)b->section[UNIT_IMPORTS].n;
    m->defs = (uint32_t)b->section[UNIT_DEFS].n;
    m->revisions = (uint32_t)b->section[UNIT_REVISIONS].n;
    p->complained = p->smi1 = p->smi2 = false;
    note_version(p, &name);
    parser_step(p);
    if (parser_at_mark(p, '{'))
        parse_oid_value(p, &n);
    parser_accept(p, KEYWORD_DEFINITIONS);
    while (parser_peek(p, 0)->kind == TOKEN_WORD && !parser_at(p, KEYWORD_BEGIN))
        parser_step(p); /* IMPLICIT TAGS */
    if (parser_peek(p, 0)->kind == TOKEN_ASSIGN)
        parser_step(p);
    if (!parser_accept(p, KEYWORD_BEGIN)) {
        struct token *t = parser_peek(p, 0);

        diag_add(p->diags, DIAG_EXPECTED, t->line, t->offset, "BEGIN", "a module begins with BEGIN");
    }
    parse_body(p);
    m = (struct unit_module *)b->section[UNIT_MODULES].at + mine;
    m->n_imports = (uint32_t)b->section[UNIT_IMPORTS].n - m->imports;
    m->n_defs = (uint32_t)b->section[UNIT_DEFS].n - m->defs;
    m->n_revisions = (uint32_t)b->section[UNIT_REVISIONS].n - m->revisions;
    m->version = p->smi2 ? 2 : p->smi1 ? 1 : 0;
}
