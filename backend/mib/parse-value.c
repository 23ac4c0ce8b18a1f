/* Values: an OID's parts, a DEFVAL, lists of names. */
#include "mib/parse.h"

/* One component; false when the current token is none. */
static bool
parse_part(struct parser *p)
{
    struct token t = *parser_peek(p, 0);
    struct unit_part part = {.place = parser_place(&t)};
    int64_t number = 0;

    if (t.kind == TOKEN_WORD) {
        parser_step(p);
        part.name = parser_ident(p, &t);
        if (parser_at_mark(p, '.') && parser_peek(p, 1)->kind == TOKEN_WORD) {
            parser_step(p);
            part.module = part.name;
            part.name = parser_ident(p, parser_peek(p, 0));
            parser_step(p);
        }
        if (parser_accept_mark(p, '(')) {
            part.has_number = parse_number(p, &number);
            parser_want_mark(p, ')', "in an OBJECT IDENTIFIER");
        }
    } else if (parse_number(p, &number)) {
        part.has_number = 1;
    } else {
        return false;
    }
    if (part.has_number && (number < 0 || number > UINT32_MAX)) {
        diag_add(p->diags, DIAG_OID_RANGE, t.line, t.offset, NULL,
                 "a part of an OID is from 0 to 4294967295");
        number = UINT32_MAX;
    }
    part.number = (uint32_t)number;
    *(struct unit_part *)vec_push(&p->build->section[UNIT_PARTS], sizeof part) = part;
    return true;
}

uint32_t
parse_oid_value(struct parser *p, uint32_t *n)
{
    uint32_t first = (uint32_t)p->build->section[UNIT_PARTS].n;

    if (parser_accept_mark(p, '{')) {
        while (!parser_accept_mark(p, '}')) {
            struct token *t = parser_peek(p, 0);

            if (t->kind == TOKEN_MARK && (t->mark == ',' || t->mark == '.')) {
                diag_add(p->diags, DIAG_EXPECTED, t->line, t->offset, NULL,
                         "the parts of an OID have blanks between them");
                parser_step(p);
                continue;
            }
            if (parser_starts_definition(p) || !parse_part(p)) {
                parser_syntax(p, parser_peek(p, 0), "}", "in an OBJECT IDENTIFIER");
                break;
            }
        }
    } else {
        struct token *t = parser_peek(p, 0);

        diag_add(p->diags, DIAG_EXPECTED, t->line, t->offset, "{",
                 "an OBJECT IDENTIFIER is written in braces");
        uint32_t line = t->line;

        if (parser_starts_definition(p) || !parse_part(p))
            parser_syntax(p, parser_peek(p, 0), "{", "at an OBJECT IDENTIFIER");
        while (parser_peek(p, 0)->line == line && !parser_starts_definition(p) && !parser_at(p, KEYWORD_END) &&
               parse_part(p))
            ;
    }
    *n = (uint32_t)p->build->section[UNIT_PARTS].n - first;
    return first;
}

/* DEFVAL { … }: kept as written, on one line. */
uint32_t
parse_default(struct parser *p)
{
    unsigned depth = 1;
    uint32_t offset;
    const char *from;
    struct buf *text = &p->build->text;

    if (!parser_want_mark(p, '{', "behind DEFVAL"))
        return 0;
    from = parser_peek(p, 0)->at - (parser_peek(p, 0)->kind == TOKEN_STRING ||
                                    parser_peek(p, 0)->kind == TOKEN_HEX ||
                                    parser_peek(p, 0)->kind == TOKEN_BINARY);
    for (;;) {
        struct token t = *parser_peek(p, 0);

        if (t.kind == TOKEN_END || t.kind == TOKEN_ASSIGN || parser_starts_definition(p)) {
            parser_syntax(p, &t, "}", "behind a DEFVAL");
            return 0;
        }
        if (t.kind == TOKEN_STRING)
            p->last_string = t;
        if (t.kind == TOKEN_MARK && t.mark == '{')
            depth++;
        if (t.kind == TOKEN_MARK && t.mark == '}' && --depth == 0) {
            offset = (uint32_t)text->n;
            prose_add_line(text, from, (size_t)(t.at - from));
            buf_add(text, "", 1);
            parser_step(p);
            return offset;
        }
        parser_step(p);
    }
}

void
parse_names_into_refs(struct parser *p, enum unit_role role, const char *clause)
{
    bool implied = false;

    if (!parser_want_mark(p, '{', clause))
        return;
    while (!parser_accept_mark(p, '}')) {
        struct token t = *parser_peek(p, 0);
        struct unit_ref *ref;
        uint32_t name, module = 0;

        if (t.kind == TOKEN_END || t.kind == TOKEN_ASSIGN || parser_starts_definition(p)) {
            parser_syntax(p, &t, "}", clause);
            return;
        }
        parser_step(p);
        if (t.kind == TOKEN_MARK && (t.mark == ',' || t.mark == ';'))
            continue;
        if (t.kind == TOKEN_WORD && t.keyword == KEYWORD_IMPLIED) {
            implied = true;
            continue;
        }
        if (t.kind != TOKEN_WORD) {
            if (t.kind == TOKEN_MARK && t.mark == '(')
                parser_skip_group(p, '(', ')');
            else
                parser_syntax(p, &t, "a name", clause);
            continue;
        }
        name = parser_ident(p, &t);
        if ((t.keyword == KEYWORD_OCTET || t.keyword == KEYWORD_OBJECT) && parser_peek(p, 0)->kind == TOKEN_WORD)
            parser_step(p); /* OCTET STRING: RFC 1212 has types in INDEX */
        if (parser_at_mark(p, '.') && parser_peek(p, 1)->kind == TOKEN_WORD) {
            parser_step(p);
            module = name;
            name = parser_ident(p, parser_peek(p, 0));
            parser_step(p);
        }
        ref = vec_push(&p->build->section[UNIT_REFS], sizeof *ref);
        ref->place = parser_place(&t);
        ref->name = name;
        ref->module = module;
        ref->role = (uint8_t)role;
        ref->implied = implied;
        implied = false;
    }
}
