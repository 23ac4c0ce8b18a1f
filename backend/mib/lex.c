/* The lexer. A comment ends with its line: people write "--" inside comments far more often than they write
 * code behind one on the same line (net-snmp reads it the same way). */
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
        else
            read_mark(lexer, t);
        if (t->kind != TOKEN_MARK || strchr("{}()[],;.|<>-:'", t->mark) != NULL)
            return;
        diag_add(lexer->diags, DIAG_CHARACTER, t->line, t->offset, NULL,
                 "a character that the SMI does not use here; passed over");
    }
}
