/* Diagnostics: the table of codes, and the excerpt that shows where. */
#include "mib/diag.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *word;
    enum diag_severity severity;
} codes[DIAG_CODE_COUNT] = {
    [DIAG_NOT_A_MODULE] = {"not-a-module", DIAG_NOTE},
    [DIAG_FILE_LIMIT] = {"file-too-large", DIAG_ERROR},
    [DIAG_FILE_READ] = {"file-unreadable", DIAG_ERROR},
    [DIAG_CHARACTER] = {"odd-character", DIAG_WARNING},
    [DIAG_STRING_OPEN] = {"string-not-closed", DIAG_ERROR},
    [DIAG_NUMBER] = {"bad-number", DIAG_ERROR},
    [DIAG_NAME_STYLE] = {"name-style", DIAG_WARNING},
    [DIAG_UNDERSCORE] = {"underscore", DIAG_WARNING},
    [DIAG_PAGE_BREAK] = {"page-break", DIAG_WARNING},
    [DIAG_SYNTAX] = {"syntax", DIAG_ERROR},
    [DIAG_EXPECTED] = {"expected", DIAG_WARNING},
    [DIAG_CLAUSE_UNKNOWN] = {"clause-unknown", DIAG_WARNING},
    [DIAG_CLAUSE_MISPLACED] = {"clause-misplaced", DIAG_WARNING},
    [DIAG_CLAUSE_REPEATED] = {"clause-repeated", DIAG_WARNING},
    [DIAG_CLAUSE_MISSING] = {"clause-missing", DIAG_WARNING},
    [DIAG_WORD_UNKNOWN] = {"word-unknown", DIAG_WARNING},
    [DIAG_END_MISSING] = {"end-missing", DIAG_WARNING},
    [DIAG_NESTING] = {"nesting", DIAG_ERROR},
    [DIAG_LIMIT] = {"limit", DIAG_ERROR},
    [DIAG_WORD_MEANT] = {"word-meant", DIAG_WARNING},
    [DIAG_ENUM_REPEATED] = {"enumeration-repeated", DIAG_WARNING},
    [DIAG_RANGE] = {"bad-range", DIAG_WARNING},
    [DIAG_REDEFINED] = {"name-redefined", DIAG_WARNING},
    [DIAG_IMPORT_MODULE] = {"module-missing", DIAG_ERROR},
    [DIAG_IMPORT_MODULE_NAME] = {"module-name", DIAG_WARNING},
    [DIAG_IMPORT_SYMBOL] = {"import-wrong", DIAG_WARNING},
    [DIAG_IMPORT_MISSING] = {"import-missing", DIAG_WARNING},
    [DIAG_PARENT] = {"parent-unknown", DIAG_ERROR},
    [DIAG_TYPE_UNKNOWN] = {"type-unknown", DIAG_ERROR},
    [DIAG_CYCLE] = {"defined-by-itself", DIAG_ERROR},
    [DIAG_OID_DUPLICATE] = {"oid-twice", DIAG_WARNING},
    [DIAG_OID_RANGE] = {"oid-limit", DIAG_ERROR},
    [DIAG_INDEX_UNKNOWN] = {"index-unknown", DIAG_ERROR},
    [DIAG_INDEX_MISSING] = {"index-missing", DIAG_WARNING},
    [DIAG_REFERENCE_UNKNOWN] = {"reference-unknown", DIAG_WARNING},
    [DIAG_MODULE_TWICE] = {"module-twice", DIAG_NOTE},
    [DIAG_IDENTITY] = {"module-identity", DIAG_WARNING},
};

void
diag_list_start(struct diag_list *list)
{
    *list = (struct diag_list){.arena = arena_new()};
}

void
diag_list_free(struct diag_list *list)
{
    vec_free(&list->all);
    arena_free(list->arena);
    *list = (struct diag_list){0};
}

void
diag_add(struct diag_list *list, enum diag_code code, uint32_t line, uint32_t offset, const char *expected,
         const char *format, ...)
{
    char text[400];
    struct diag *d;
    va_list args;
    int n;

    switch (codes[code].severity) {
    case DIAG_ERROR:
        list->errors++;
        break;
    case DIAG_WARNING:
        list->warnings++;
        break;
    case DIAG_NOTE:
        list->notes++;
        break;
    }
    if (list->all.n >= DIAG_PER_FILE)
        return;
    va_start(args, format);
    n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0)
        n = 0;
    if ((size_t)n >= sizeof text)
        n = sizeof text - 1;
    for (int i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] >= 0x7f)
            text[i] = '?';
    d = vec_push(&list->all, sizeof *d);
    *d = (struct diag){.code = code,
                       .severity = codes[code].severity,
                       .line = line,
                       .offset = offset,
                       .text = arena_text(list->arena, text, (size_t)n)};
    if (expected != NULL)
        d->expected = arena_text(list->arena, expected, strlen(expected));
}

void
diag_drop_behind(struct diag_list *list, uint32_t offset)
{
    struct diag *all = list->all.at;
    size_t n = 0;

    for (size_t i = 0; i < list->all.n; i++)
        if (all[i].offset < offset || all[i].line == 0) {
            all[n++] = all[i];
        } else {
            list->errors -= all[i].severity == DIAG_ERROR;
            list->warnings -= all[i].severity == DIAG_WARNING;
            list->notes -= all[i].severity == DIAG_NOTE;
        }
    list->all.n = n;
}

/* A line longer than this is shown as the part around the place. */
enum { EXCERPT_MAX = 160, EXCERPT_BEFORE = 100 };

static void
excerpt(struct diag_list *list, struct diag *d, const char *text, size_t n)
{
    size_t from, to, start, m = 0;
    char line[EXCERPT_MAX + 1] = "";

    if (d->offset > n)
        d->offset = (uint32_t)n;
    from = to = d->offset;
    while (from > 0 && text[from - 1] != '\n' && d->offset - from < 100000)
        from--;
    start = d->offset - from > EXCERPT_BEFORE ? d->offset - EXCERPT_BEFORE : from;
    while (to < n && text[to] != '\n' && to - start < EXCERPT_MAX)
        to++;
    for (size_t i = start; i < to; i++) {
        unsigned char c = (unsigned char)text[i];

        line[m++] = c == '\t' ? ' ' : c < 0x20 || c >= 0x7f ? (c == '\r' ? ' ' : '?') : (char)c;
    }
    while (m > 0 && line[m - 1] == ' ')
        m--;
    d->column = (uint32_t)(d->offset - from) + 1;
    d->caret = (uint32_t)(d->offset - start);
    d->excerpt = arena_text(list->arena, line, m);
}

void
diag_excerpts(struct diag_list *list, const char *text, size_t n)
{
    struct diag *all = list->all.at;

    for (size_t i = 0; i < list->all.n; i++)
        if (all[i].excerpt == NULL && all[i].line > 0)
            excerpt(list, &all[i], text, n);
}

const char *
diag_code_word(enum diag_code code)
{
    return (unsigned)code < DIAG_CODE_COUNT ? codes[code].word : "unknown";
}

enum diag_severity
diag_code_severity(enum diag_code code)
{
    return (unsigned)code < DIAG_CODE_COUNT ? codes[code].severity : DIAG_ERROR;
}
