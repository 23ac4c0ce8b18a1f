/* Filters. Every pattern, plain text included, is a PCRE2 pattern with limits, so that a filter cannot hang the screen:
 * a match that would take longer counts as none. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "api/text.h"

#include "core/memory.h"
#include "core/utf8.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXPRESSION_MAX = 1000,
    TERMS_MAX = 32,
    SUBJECT_MAX = 64 * 1024,
    MATCH_LIMIT = 20000,
    HEAP_LIMIT_KIB = 1024,
};

enum term_kind { TERM_PATTERN, TERM_FUZZY, TERM_EQUAL, TERM_LESS, TERM_LESS_EQUAL, TERM_GREATER, TERM_GREATER_EQUAL };

struct term {
    enum term_kind kind;
    bool negated;
    char *column; /* NULL: the row */
    char *text;   /* of EQUAL and FUZZY */
    pcre2_code *pattern;
    long double number;
};

struct filter {
    struct term terms[TERMS_MAX];
    size_t n;
    pcre2_match_data *data;
    pcre2_match_context *limits;
};

/* Reading the expression. */

static bool
compile(struct term *t, const char *text, size_t n, uint32_t options, struct failure *why)
{
    PCRE2_SIZE where;
    int error;

    options |= PCRE2_CASELESS | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
    t->pattern = pcre2_compile((PCRE2_SPTR) text, n, options, &error, &where, NULL);
    if (t->pattern == NULL) {
        char words[160];

        pcre2_get_error_message(error, (PCRE2_UCHAR *) words, sizeof words);
        return failure_set(why, FAILURE_USAGE, "/%.*s/: %s at octet %zu", (int) n, text, words, (size_t) where);
    }
    return true;
}

/* One number as cells show it: sign, digits, fraction; an enumeration's is in its parentheses. */
static bool
read_number(const char *text, long double *out)
{
    const char *open = strrchr(text, '(');
    long double scale = 1;
    bool negative;

    if (open != NULL && text[strlen(text) - 1] == ')')
        text = open + 1;
    while (*text == ' ')
        text++;
    negative = *text == '-';
    text += *text == '-' || *text == '+';
    if (*text < '0' || *text > '9')
        return false;
    for (*out = 0; *text >= '0' && *text <= '9'; text++)
        *out = *out * 10 + (*text - '0');
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9'; text++)
            *out += (*text - '0') * (scale /= 10);
    if (negative)
        *out = -*out;
    return true;
}

static size_t
column_name(const char *at, size_t n)
{
    size_t i = 0;

    while (i < n && ((at[i] >= 'a' && at[i] <= 'z') || (at[i] >= 'A' && at[i] <= 'Z') || at[i] == '_' ||
                     (i > 0 && ((at[i] >= '0' && at[i] <= '9') || at[i] == '-' || at[i] == '.'))))
        i++;
    return i;
}

/* "column OP value", or false when the word is something else. */
static bool
read_comparison(struct term *t, const char *at, size_t n, struct failure *why, bool *failed)
{
    static const struct {
        const char *sign;
        enum term_kind kind;
        bool negated;
    } signs[] = {
        { "!=", TERM_EQUAL, true },      { "<=", TERM_LESS_EQUAL, false }, { ">=", TERM_GREATER_EQUAL, false },
        { "=", TERM_EQUAL, false },      { "<", TERM_LESS, false },        { ">", TERM_GREATER, false },
    };
    size_t name = column_name(at, n);

    for (size_t i = 0; name > 0 && i < sizeof signs / sizeof signs[0]; i++) {
        size_t length = strlen(signs[i].sign);

        if (n - name < length || memcmp(at + name, signs[i].sign, length) != 0)
            continue;
        t->kind = signs[i].kind;
        t->negated ^= signs[i].negated;
        t->column = memory_zero(name + 1, 1);
        memcpy(t->column, at, name);
        at += name + length;
        n -= name + length;
        if (n >= 2 && at[0] == '"' && at[n - 1] == '"') {
            at++;
            n -= 2;
        }
        t->text = memory_zero(n + 1, 1);
        memcpy(t->text, at, n);
        *failed = t->kind != TERM_EQUAL && !read_number(t->text, &t->number);
        if (*failed)
            failure_set(why, FAILURE_USAGE, "%s: \"%s\" is not a number to compare with", t->column, t->text);
        return true;
    }
    return false;
}

/* The end of the word at `at`: a space outside quotes; of a pattern: a slash that ends the word. */
static const char *
word_end(const char *at)
{
    const char *from = at + (*at == '!');
    bool quoted = false;

    if (*from == '/') {
        for (const char *p = from + 1; *p != '\0'; p++)
            if (p[0] == '\\' && p[1] != '\0')
                p++;
            else if (p[0] == '/' && (p[1] == ' ' || p[1] == '\0'))
                return p + 1;
        return at + strlen(at);
    }
    for (; *at != '\0' && (quoted || *at != ' '); at++)
        quoted ^= *at == '"';
    return at;
}

static bool
read_word(struct filter *f, const char *at, size_t n, struct failure *why)
{
    struct term *t = &f->terms[f->n];
    bool failed = false;

    if (f->n == TERMS_MAX)
        return failure_set(why, FAILURE_LIMIT, "a filter has at most %d words", TERMS_MAX);
    *t = (struct term) { .kind = TERM_PATTERN };
    if (n > 1 && at[0] == '!') {
        t->negated = true;
        at++;
        n--;
    }
    f->n++; /* from here on filter_free frees it */
    if (at[0] == '/') {
        size_t last = n > 1 && at[n - 1] == '/' && (n < 3 || at[n - 2] != '\\') ? 2 : 1;

        return compile(t, at + 1, n - last, 0, why);
    }
    if (at[0] == '~' && n > 1) {
        t->kind = TERM_FUZZY;
        t->text = memory_zero(n, 1);
        memcpy(t->text, at + 1, n - 1);
        return true;
    }
    if (read_comparison(t, at, n, why, &failed))
        return !failed;
    if (at[0] == '"') {
        at++;
        n -= n > 1 && at[n - 2] == '"' ? 2 : 1;
    }
    return compile(t, at, n, PCRE2_LITERAL, why);
}

struct filter *
filter_new(const char *expression, struct failure *why)
{
    struct filter *f;

    if (strlen(expression) > EXPRESSION_MAX) {
        failure_set(why, FAILURE_LIMIT, "a filter has at most %d octets", EXPRESSION_MAX);
        return NULL;
    }
    f = memory_zero(1, sizeof *f);
    for (const char *at = expression, *end; *at != '\0'; at = end) {
        end = at + 1;
        if (*at == ' ')
            continue;
        end = word_end(at);
        if (!read_word(f, at, (size_t) (end - at), why)) {
            filter_free(f);
            return NULL;
        }
    }
    f->data = pcre2_match_data_create(1, NULL);
    f->limits = pcre2_match_context_create(NULL);
    if (f->data == NULL || f->limits == NULL) {
        filter_free(f);
        failure_set(why, FAILURE_SYSTEM, "no memory for a filter");
        return NULL;
    }
    pcre2_set_match_limit(f->limits, MATCH_LIMIT);
    pcre2_set_heap_limit(f->limits, HEAP_LIMIT_KIB);
    return f;
}

void
filter_free(struct filter *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->n; i++) {
        free(f->terms[i].column);
        free(f->terms[i].text);
        pcre2_code_free(f->terms[i].pattern);
    }
    pcre2_match_data_free(f->data);
    pcre2_match_context_free(f->limits);
    free(f);
}

/* Matching. */

static uint32_t
next_lower(const char **at)
{
    uint32_t c;
    size_t length = utf8_decode((const uint8_t *) *at, strlen(*at), &c);

    if (length == 0) {
        c = (uint8_t) **at;
        length = 1;
    }
    *at += length;
    return utf8_lower(c);
}

static bool
equal_folded(const char *a, const char *b, size_t n_b)
{
    const char *end = b + n_b;

    while (*a != '\0' && b < end)
        if (next_lower(&a) != next_lower(&b))
            return false;
    return *a == '\0' && b == end;
}

/* The characters of `wanted` in their order, others between them. */
static bool
matches_fuzzy(const char *wanted, const char *text)
{
    const char *rest = wanted;
    uint32_t c = next_lower(&rest);

    for (size_t seen = 0; *text != '\0' && seen < SUBJECT_MAX; seen++)
        if (next_lower(&text) == c) {
            if (*rest == '\0')
                return true;
            c = next_lower(&rest);
        }
    return false;
}

static bool
matches_equal(const char *wanted, const char *text)
{
    size_t n = strlen(text);
    const char *open = strrchr(text, '(');

    if (equal_folded(wanted, text, n))
        return true;
    if (open == NULL || text[n - 1] != ')')
        return false;
    return equal_folded(wanted, text, (size_t) (open - text)) ||
           equal_folded(wanted, open + 1, (size_t) (text + n - 1 - (open + 1)));
}

/* 1, 0, or -1 when it cannot be told: no such column, not a number, too long to match. */
static int
matches_term(const struct filter *f, const struct term *t, const char *text)
{
    long double number;
    size_t n;
    int result;

    if (text == NULL)
        return -1;
    switch (t->kind) {
    case TERM_PATTERN:
        n = strnlen(text, SUBJECT_MAX);
        result = pcre2_match(t->pattern, (PCRE2_SPTR) text, n, 0, 0, f->data, f->limits);
        return result >= 0 ? 1 : result == PCRE2_ERROR_NOMATCH ? 0 : -1;
    case TERM_FUZZY:
        return matches_fuzzy(t->text, text);
    case TERM_EQUAL:
        return matches_equal(t->text, text);
    case TERM_LESS:
        return read_number(text, &number) ? number < t->number : -1;
    case TERM_LESS_EQUAL:
        return read_number(text, &number) ? number <= t->number : -1;
    case TERM_GREATER:
        return read_number(text, &number) ? number > t->number : -1;
    case TERM_GREATER_EQUAL:
        return read_number(text, &number) ? number >= t->number : -1;
    }
    return -1;
}

bool
filter_matches(const struct filter *f, filter_column_fn *column, void *arg)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct term *t = &f->terms[i];
        int result = matches_term(f, t, column(arg, t->column));

        if (result < 0 || (result != 0) == t->negated)
            return false;
    }
    return true;
}
