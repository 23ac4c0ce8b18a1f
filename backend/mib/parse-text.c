/* Texts in quotes, and quotes that are missing. */
#include "mib/parse.h"

#include <stdio.h>

/* Where the text that begins at `at` ends when only its opening quote is missing: at a quote behind which the line ends,
 * with no clause before it. NULL when that is not what is wrong. */
static const char *
closing_quote(const struct parser *p, const char *at)
{
    const char *limit = p->lexer.end, *q = at, *end;

    while (q < limit && *q != '"') {
        const char *word = q;

        while (q < limit && ((*q >= 'A' && *q <= 'Z') || *q == '-'))
            q++;
        if (q > word && keyword_find(word, (size_t)(q - word)) != KEYWORD_NONE)
            return NULL;
        if (q > word)
            continue;
        if (limit - q > 3 && memcmp(q, "::=", 3) == 0)
            return NULL;
        q++;
    }
    if (q == limit)
        return NULL;
    end = q++;
    while (q < limit && (*q == ' ' || *q == '\t' || *q == '\r'))
        q++;
    return q == limit || *q == '\n' ? end : NULL;
}

static bool
take_unopened(struct parser *p, const struct token *t, const char *clause)
{
    const char *at = p->lexer.text + t->offset, *end = closing_quote(p, at);
    uint32_t line = t->line;

    if (end == NULL)
        return false;
    diag_add(p->diags, DIAG_EXPECTED, t->line, t->offset, "\"", "the text behind %s has no opening quote", clause);
    prose_add(&p->build->text, at, (size_t)(end - at));
    for (const char *q = at; (q = memchr(q, '\n', (size_t)(end - q))) != NULL; q++)
        line++;
    parser_seek(p, (uint32_t)(end + 1 - p->lexer.text), line);
    return true;
}

/* A text in quotes; `prose` keeps its lines. */
uint32_t
parse_text(struct parser *p, bool prose, const char *clause)
{
    struct token t = *parser_peek(p, 0);
    struct buf *text = &p->build->text;
    uint32_t offset = (uint32_t)text->n;

    if (t.kind == TOKEN_WORD && t.keyword == KEYWORD_NONE && take_unopened(p, &t, clause)) {
        buf_add(text, "", 1);
        return offset;
    }
    if (t.kind != TOKEN_STRING) {
        if (t.kind == TOKEN_WORD && t.keyword == KEYWORD_NONE && !parser_starts_definition(p)) {
            diag_add(p->diags, DIAG_EXPECTED, t.line, t.offset, "\"",
                     "the text behind %s is written in quotes", clause);
            offset = unit_build_text(p->build, t.at, t.n);
            parser_step(p);
            return offset;
        }
        parser_syntax(p, &t, "a text in quotes", clause);
        return 0;
    }
    p->last_string = t;
    parser_step(p);
    if (prose)
        prose_add(text, t.at, t.n);
    else
        prose_add_line(text, t.at, t.n);
    if (text->n == offset)
        return 0;
    buf_add(text, "", 1);
    return offset;
}

/* The closing quote of the last text is missing when an object's end lies inside it: go on there. */
bool
parse_swallowed(struct parser *p)
{
    struct token s = p->last_string;
    const char *at = s.at, *end;
    uint32_t line = s.line;

    if (s.kind != TOKEN_STRING)
        return false;
    end = s.at + s.n;
    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        const char *q = ++at;

        line++;
        while (q < end && (*q == ' ' || *q == '\t'))
            q++;
        if (end - q > 6 && memcmp(q, "::=", 3) == 0) {
            diag_drop_behind(p->diags, s.offset);
            diag_add(p->diags, DIAG_STRING_OPEN, s.line, s.offset, "\"",
                     "the text that begins here has no closing quote; read on at the next '::='");
            p->last_string.kind = TOKEN_END;
            parser_seek(p, (uint32_t)(q - p->lexer.text), line);
            return true;
        }
    }
    return false;
}
