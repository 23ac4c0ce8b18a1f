/* The lexer. By ASN.1 a second "--" ends a comment; but people write "--" inside comments, and rules of dashes, far more
 * often than code behind one. So a comment ends with its line, unless what follows its second "--" can only be code. */
#include "mib/lex.h"

enum { IS_ALPHA = 1, IS_DIGIT = 2, IS_BLANK = 4, IS_WORD = 8 };

static const unsigned char classes[256] = {
    ['\t'] = IS_BLANK,
    ['\n'] = IS_BLANK,
    ['\v'] = IS_BLANK,
    ['\f'] = IS_BLANK,
    ['\r'] = IS_BLANK,
    [' '] = IS_BLANK,
    [0] = IS_BLANK,
    [0x1a] = IS_BLANK,
    ['0' ... '9'] = IS_DIGIT | IS_WORD,
    ['A' ... 'Z'] = IS_ALPHA | IS_WORD,
    ['a' ... 'z'] = IS_ALPHA | IS_WORD,
    ['_'] = IS_WORD | IS_ALPHA,
};

static inline bool
is(char c, int class)
{
    return (classes[(unsigned char)c] & class) != 0;
}

void
lexer_start(struct lexer *lexer, const char *text, size_t n, struct diag_list *diags)
{
    *lexer = (struct lexer){text, text, text + n, 1, diags};
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        lexer->at += 3;
}

void
lexer_seek(struct lexer *lexer, uint32_t offset, uint32_t line)
{
    lexer->at = lexer->text + offset;
    lexer->line = line;
}

bool
token_is(const struct token *token, const char *word)
{
    return token->kind == TOKEN_WORD && strlen(word) == token->n && memcmp(token->at, word, token->n) == 0;
}

static uint32_t
offset_of(const struct lexer *lexer, const char *at)
{
    return (uint32_t)(at - lexer->text);
}

static const char *
line_end(const struct lexer *lexer, const char *at)
{
    const char *e = memchr(at, '\n', (size_t)(lexer->end - at));

    return e != NULL ? e : lexer->end;
}

/* The header and the footer that an RFC has on each page: "RFC 2863 … June 2000", "McCloghrie … [Page 12]".
 */
static bool
is_page_line(const struct lexer *lexer, const char *at)
{
    const char *e = line_end(lexer, at);

    while (e > at && is(e[-1], IS_BLANK))
        e--;
    if (e - at > 12 && memcmp(at, "RFC ", 4) == 0 && is(at[4], IS_DIGIT) && is(e[-1], IS_DIGIT) &&
        is(e[-4], IS_DIGIT) && memchr(at, ' ', 9) != NULL)
        return true;
    if (e - at > 8 && e[-1] == ']') {
        const char *p = e - 2;

        while (p > at && (is(*p, IS_DIGIT) || *p == ' '))
            p--;
        return p - at > 5 && memcmp(p - 4, "[Page", 5) == 0;
    }
    return false;
}

static bool
begins_clause(const char *at, const char *end)
{
    const char *p = at;
    enum keyword keyword;

    while (p < end && (is(*p, IS_WORD) || (*p == '-' && !(p + 1 < end && p[1] == '-'))))
        p++;
    keyword = p > at ? keyword_find(at, (size_t)(p - at)) : KEYWORD_NONE;
    while (p < end && is(*p, IS_BLANK))
        p++;
    return (keyword == KEYWORD_STATUS || keyword == KEYWORD_SYNTAX || keyword == KEYWORD_ACCESS ||
            keyword == KEYWORD_MAX_ACCESS || keyword == KEYWORD_DESCRIPTION || keyword == KEYWORD_INDEX) &&
           p < end && *p != '-';
}

/* "name(1)" and what may stand behind it. */
static bool
is_named_number(const char *at, const char *end)
{
    const char *p = at;

    while (p < end && is(*p, IS_WORD))
        p++;
    if (p == at || p >= end || *p != '(')
        return false;
    p++;
    while (p < end && is(*p, IS_DIGIT))
        p++;
    if (p[-1] == '(' || p >= end || *p != ')')
        return false;
    for (p++; p < end && is(*p, IS_BLANK);)
        p++;
    return p == end || *p == ',' || *p == '}' || *p == '-';
}

/* Whether what lies between a comment's second "--" and the end of its line is code. */
static bool
is_code(const char *at, const char *end)
{
    while (at < end && is(*at, IS_BLANK))
        at++;
    while (end > at && is(end[-1], IS_BLANK))
        end--;
    if (at == end || *at == '-')
        return false;
    if (*at == '}' || *at == ',' || *at == ')')
        return end - at == 1 || is_code(at + 1, end);
    if (end - at >= 3 && memcmp(at, "::=", 3) == 0)
        return true;
    return is_named_number(at, end) || begins_clause(at, end);
}

/* "-- %DNP% --": what a vendor's tool marks lines of code with. */
static bool
is_marker(const char *at, const char *end)
{
    while (at < end && is(*at, IS_BLANK))
        at++;
    while (end > at && is(end[-1], IS_BLANK))
        end--;
    return end - at > 2 && *at == '%' && end[-1] == '%' && memchr(at, ' ', (size_t)(end - at)) == NULL;
}

/* Behind a comment that begins at `p`. */
static const char *
comment_end(const struct lexer *lexer, const char *p)
{
    const char *end = line_end(lexer, p), *q = p + 2;

    while (q < end && *q == '-')
        q++;
    if (q - p > 2)
        return end; /* a rule of dashes */
    while ((q = memchr(q, '-', (size_t)(end - q))) != NULL) {
        if (q + 1 < end && q[1] == '-' && q[-1] != '-')
            return is_marker(p + 2, q) || is_code(q + 2, end) ? q + 2 : end;
        q++;
    }
    return end;
}

static void
skip_long_comment(struct lexer *lexer)
{
    const char *p = lexer->at + 2, *end = memmem(p, (size_t)(lexer->end - p), "*/", 2);

    diag_add(lexer->diags, DIAG_CHARACTER, lexer->line, offset_of(lexer, lexer->at), "--",
             "a comment of the C language; passed over");
    end = end != NULL ? end + 2 : line_end(lexer, p);
    for (; p < end; p++)
        lexer->line += *p == '\n';
    lexer->at = end;
}

/* Comments of other languages, and lines that were meant for a preprocessor. */
static bool
is_foreign_line(const struct lexer *lexer, const char *p)
{
    return (*p == '#' && (p == lexer->text || p[-1] == '\n')) || (*p == '/' && p + 1 < lexer->end && p[1] == '/');
}

static void
skip_blank(struct lexer *lexer)
{
    while (lexer->at < lexer->end) {
        const char *p = lexer->at;

        if (is(*p, IS_BLANK)) {
            if (*p == '\n')
                lexer->line++;
            lexer->at++;
        } else if (*p == '-' && p + 1 < lexer->end && p[1] == '-') {
            lexer->at = comment_end(lexer, p);
        } else if (*p == '/' && p + 1 < lexer->end && p[1] == '*') {
            skip_long_comment(lexer);
        } else if (is_foreign_line(lexer, p)) {
            diag_add(lexer->diags, DIAG_CHARACTER, lexer->line, offset_of(lexer, p), "--",
                     "a line that is no SMI; passed over as a comment");
            lexer->at = line_end(lexer, p);
        } else if (is(*p, IS_ALPHA) && p > lexer->text && p[-1] == '\n' && is_page_line(lexer, p)) {
            diag_add(lexer->diags, DIAG_PAGE_BREAK, lexer->line, offset_of(lexer, p), NULL,
                     "a page header or footer of an RFC was left in; passed over");
            lexer->at = line_end(lexer, p);
        } else {
            return;
        }
    }
}

static void
read_word(struct lexer *lexer, struct token *t)
{
    const char *p = lexer->at, *end = lexer->end;
    bool underscore = false;

    while (p < end && (is(*p, IS_WORD) || (*p == '-' && !(p + 1 < end && p[1] == '-')))) {
        underscore |= *p == '_';
        p++;
    }
    t->kind = TOKEN_WORD;
    t->n = (uint32_t)(p - t->at);
    t->keyword = keyword_find(t->at, t->n);
    lexer->at = p;
    if (underscore)
        diag_add(lexer->diags, DIAG_UNDERSCORE, t->line, t->offset, NULL,
                 "'%.*s': the SMI has no underscore in names; taken as it is", (int)(t->n > 80 ? 80 : t->n),
                 t->at);
}

static void
read_number(struct lexer *lexer, struct token *t)
{
    const char *p = lexer->at;

    if (*p == '-') {
        t->negative = true;
        p++;
    }
    while (p < lexer->end && is(*p, IS_DIGIT)) {
        if (__builtin_mul_overflow(t->value, 10, &t->value) ||
            __builtin_add_overflow(t->value, (uint64_t)(*p - '0'), &t->value))
            t->huge = true;
        p++;
    }
    if (p < lexer->end && !t->negative &&
        (is(*p, IS_ALPHA) || (*p == '-' && p + 1 < lexer->end && is(p[1], IS_ALPHA)))) {
        read_word(lexer, t);
        diag_add(lexer->diags, DIAG_NAME_STYLE, t->line, t->offset, NULL,
                 "'%.*s': a name begins with a letter; taken as it is", (int)(t->n > 80 ? 80 : t->n), t->at);
        return;
    }
    if (t->huge) {
        t->value = UINT64_MAX;
        diag_add(lexer->diags, DIAG_NUMBER, t->line, t->offset, NULL,
                 "the number is larger than 64 bits hold");
    }
    t->kind = TOKEN_NUMBER;
    t->n = (uint32_t)(p - t->at);
    lexer->at = p;
}

static uint32_t
count_lines(const char *at, const char *end)
{
    uint32_t n = 0;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        n++;
        at++;
    }
    return n;
}

static void
read_string(struct lexer *lexer, struct token *t)
{
    const char *start = lexer->at + 1, *e = memchr(start, '"', (size_t)(lexer->end - start));

    t->kind = TOKEN_STRING;
    t->closed = e != NULL;
    if (e == NULL) {
        diag_add(lexer->diags, DIAG_STRING_OPEN, t->line, t->offset, "\"",
                 "the text that begins here is never closed");
        e = lexer->end;
    }
    t->at = start;
    t->n = (uint32_t)(e - start);
    t->lines = count_lines(start, e);
    lexer->line += t->lines;
    lexer->at = t->closed ? e + 1 : e;
}

/* Typographic quotes: of UTF-8, or Windows' 0x93 and 0x94. The octets at `p`, or 0. */
static unsigned
smart_quote(const char *p, size_t left)
{
    if (left >= 3 && (memcmp(p, "\xe2\x80\x9c", 3) == 0 || memcmp(p, "\xe2\x80\x9d", 3) == 0))
        return 3;
    return left >= 1 && (*p == '\x93' || *p == '\x94') ? 1 : 0;
}

/* Up to the next quote of either kind. */
static void
read_smart_string(struct lexer *lexer, struct token *t, unsigned width)
{
    const char *start = lexer->at + width, *e = start;

    while (e < lexer->end && *e != '"' && smart_quote(e, (size_t)(lexer->end - e)) == 0)
        e++;
    diag_add(lexer->diags, DIAG_CHARACTER, t->line, t->offset, "\"",
             "typographic quotes stand where plain ones are meant");
    t->kind = TOKEN_STRING;
    t->closed = e < lexer->end;
    t->at = start;
    t->n = (uint32_t)(e - start);
    t->lines = count_lines(start, e);
    lexer->line += t->lines;
    lexer->at = !t->closed ? e : *e == '"' ? e + 1 : e + smart_quote(e, (size_t)(lexer->end - e));
}

/* 'ff00'H and '0101'B; blanks inside are passed over later. */
static void
read_quoted(struct lexer *lexer, struct token *t)
{
    const char *start = lexer->at + 1, *e = start;

    while (e < lexer->end && *e != '\'' && *e != '\n' && e - start < 65536)
        e++;
    if (e >= lexer->end || *e != '\'') {
        t->kind = TOKEN_MARK;
        t->mark = '\'';
        t->n = 1;
        lexer->at++;
        return;
    }
    t->at = start;
    t->n = (uint32_t)(e - start);
    lexer->at = e + 1;
    t->kind = TOKEN_HEX;
    if (lexer->at < lexer->end && (*lexer->at | 32) == 'b') {
        t->kind = TOKEN_BINARY;
        lexer->at++;
    } else if (lexer->at < lexer->end && (*lexer->at | 32) == 'h') {
        lexer->at++;
    }
}

static void
read_mark(struct lexer *lexer, struct token *t)
{
    const char *p = lexer->at;
    size_t left = (size_t)(lexer->end - p);

    t->kind = TOKEN_MARK;
    t->mark = *p;
    t->n = 1;
    if (left >= 3 && memcmp(p, "::=", 3) == 0) {
        t->kind = TOKEN_ASSIGN;
        t->n = 3;
    } else if (left >= 2 && p[0] == '.' && p[1] == '.') {
        t->kind = TOKEN_RANGE;
        while (t->n < left && p[t->n] == '.')
            t->n++;
    } else if (left >= 2 && p[0] == ':' && p[1] == '=') {
        t->kind = TOKEN_ASSIGN;
        t->n = 2;
        diag_add(lexer->diags, DIAG_EXPECTED, t->line, t->offset, "::=", "':=' stands where '::=' is meant");
    } else if ((unsigned char)*p >= 0x80) {
        while (t->n < left && (unsigned char)p[t->n] >= 0x80)
            t->n++;
    }
    lexer->at += t->n;
}

void
lexer_next(struct lexer *lexer, struct token *t)
{
    for (;;) {
        const char *p;
        unsigned width;

        skip_blank(lexer);
        p = lexer->at;
        *t = (struct token){.at = p, .line = lexer->line, .offset = offset_of(lexer, p)};
        if (p >= lexer->end)
            return;
        if (is(*p, IS_ALPHA))
            read_word(lexer, t);
        else if (is(*p, IS_DIGIT) || (*p == '-' && p + 1 < lexer->end && is(p[1], IS_DIGIT)))
            read_number(lexer, t);
        else if (*p == '"')
            read_string(lexer, t);
        else if (*p == '\'')
            read_quoted(lexer, t);
        else if ((width = smart_quote(p, (size_t)(lexer->end - p))) > 0)
            read_smart_string(lexer, t, width);
        else
            read_mark(lexer, t);
        if (t->kind != TOKEN_MARK || strchr("{}()[],;.|<>-:'", t->mark) != NULL)
            return;
        diag_add(lexer->diags, DIAG_CHARACTER, t->line, t->offset, NULL,
                 "a character that the SMI does not use here; passed over");
    }
}
