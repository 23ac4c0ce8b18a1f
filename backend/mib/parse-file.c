/* A file: what it is, where its modules begin. */
#include "mib/parse.h"

static bool
is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

/* Back over blanks and comments. */
static const char *
before_comments(const char *text, const char *q)
{
    for (;;) {
        const char *line, *comment = NULL;

        while (q > text && is_blank(q[-1]))
            q--;
        for (line = q; line > text && line[-1] != '\n' && q - line < 1000; line--)
            if (q - line >= 2 && line[0] == '-' && line[1] == '-')
                comment = line;
        if (q - line >= 2 && line[0] == '-' && line[1] == '-')
            comment = line;
        if (comment == NULL)
            return q;
        q = comment;
    }
}

/* Where the name before "DEFINITIONS" at `at` begins, or NULL when this is no module's head. */
static const char *
module_head(const char *text, const char *at, const char *end)
{
    const char *p = at + 11, *q = at, *line;

    while (p < end && is_blank(*p))
        p++;
    if (p < end && *p != ':' &&
        !(end - p > 8 &&
          (memcmp(p, "IMPLICIT", 8) == 0 || memcmp(p, "EXPLICIT", 8) == 0 || memcmp(p, "AUTOMATI", 8) == 0)))
        return NULL;
    q = before_comments(text, q);
    if (q > text && q[-1] == '}') {
        while (q > text && q[-1] != '{' && at - q < 1000)
            q--;
        while (q > text && (q[-1] == '{' || is_blank(q[-1])))
            q--;
    }
    if (q == text || q == at || !is_name(q[-1]))
        return NULL;
    while (q > text && is_name(q[-1]))
        q--;
    for (line = q; line > text && line[-1] != '\n' && q - line < 1000; line--)
        if (line[0] == '-' && line[1] == '-')
            return NULL;
    return line[0] == '-' && line[1] == '-' ? NULL : q;
}

static bool
seek_module(struct parser *p)
{
    const char *at = p->lexer.at, *end = p->lexer.end, *head, *seen = at;
    uint32_t line = p->lexer.line;

    while ((at = memmem(at, (size_t)(end - at), "DEFINITIONS", 11)) != NULL) {
        head = module_head(p->lexer.text, at, end);
        at += 11;
        if (head == NULL || head < seen)
            continue;
        for (const char *q = seen; q < head && (q = memchr(q, '\n', (size_t)(head - q))) != NULL; q++)
            line++;
        parser_seek(p, (uint32_t)(head - p->lexer.text), line);
        return true;
    }
    return false;
}

static const struct {
    const char *words;
} kinds[FILE_KIND_COUNT] = {
    [FILE_MODULES] = {"MIB modules"},
    [FILE_EMPTY] = {"an empty file"},
    [FILE_TEXT] = {"text without a module"},
    [FILE_HTML] = {"an HTML page"},
    [FILE_XML] = {"an XML document"},
    [FILE_PDF] = {"a PDF document"},
    [FILE_ZIP] = {"a zip archive (or an office document)"},
    [FILE_GZIP] = {"a gzip file: unpack it first"},
    [FILE_OTHER_ARCHIVE] = {"a packed archive: unpack it first"},
    [FILE_UTF16] = {"text in UTF-16: save it as UTF-8"},
    [FILE_BINARY] = {"not text"},
    [FILE_TOO_LARGE] = {"larger than 32 MiB"},
};

const char *
file_kind_words(enum file_kind kind)
{
    return (unsigned)kind < FILE_KIND_COUNT ? kinds[kind].words : "";
}

static bool
contains(const char *text, size_t n, const char *low)
{
    size_t m = strlen(low);

    for (size_t i = 0; i + m <= n; i++) {
        size_t k = 0;

        while (k < m && (text[i + k] >= 'A' && text[i + k] <= 'Z' ? text[i + k] + 32 : text[i + k]) == low[k])
            k++;
        if (k == m)
            return true;
    }
    return false;
}

/* What a file without a module is, by its first octets. */
static enum file_kind
sniff(const char *text, size_t n)
{
    size_t head = n < 512 ? n : 512, odd = 0;

    if (n == 0)
        return FILE_EMPTY;
    if (n >= 2 && ((text[0] == '\xff' && text[1] == '\xfe') || (text[0] == '\xfe' && text[1] == '\xff')))
        return FILE_UTF16;
    if (n >= 5 && memcmp(text, "%PDF-", 5) == 0)
        return FILE_PDF;
    if (n >= 4 && memcmp(text, "PK\3\4", 4) == 0)
        return FILE_ZIP;
    if (n >= 2 && memcmp(text, "\x1f\x8b", 2) == 0)
        return FILE_GZIP;
    if (n >= 6 && (memcmp(text, "BZh", 3) == 0 ||
                   memcmp(text,
                          "\xfd"
                          "7zXZ",
                          5) == 0 ||
                   memcmp(text, "7z\xbc\xaf", 4) == 0 || memcmp(text, "Rar!", 4) == 0))
        return FILE_OTHER_ARCHIVE;
    if (contains(text, head, "<!doctype html") || contains(text, head, "<html") ||
        contains(text, head, "<head>"))
        return FILE_HTML;
    if (n >= 5 && memcmp(text, "<?xml", 5) == 0)
        return FILE_XML;
    for (size_t i = 0; i < head; i++) {
        if (text[i] == '\0' && i % 2 == 1 && head > 8 && text[1] == '\0' && text[3] == '\0')
            return FILE_UTF16;
        odd += (unsigned char)text[i] < 0x20 && !is_blank(text[i]);
    }
    return odd * 10 > head ? FILE_BINARY : FILE_TEXT;
}

/* Lines that end with CR alone, as on old Macintoshes. */
static char *
with_newlines(const char *text, size_t n)
{
    char *copy = memory_copy(text, n);

    for (size_t i = 0; i < n; i++)
        if (copy[i] == '\r')
            copy[i] = '\n';
    return copy;
}

static bool
is_foreign(const char *text, size_t n)
{
    switch (sniff(text, n)) {
    case FILE_HTML:
    case FILE_XML:
        for (size_t i = 0; i < n; i++)
            if (!is_blank(text[i]))
                return text[i] == '<' || text[i] == '\xef';
        return false;
    case FILE_PDF:
    case FILE_ZIP:
    case FILE_GZIP:
    case FILE_OTHER_ARCHIVE:
    case FILE_UTF16:
        return true;
    case FILE_MODULES:
    case FILE_EMPTY:
    case FILE_TEXT:
    case FILE_BINARY:
    case FILE_TOO_LARGE:
    case FILE_KIND_COUNT:
        return false;
    }
    return false;
}

void *
parse_file(const char *text, size_t n, size_t *size)
{
    struct diag_list diags;
    struct unit_build build;
    struct parser p = {.build = &build, .diags = &diags};
    enum file_kind kind = FILE_MODULES;
    char *copy = NULL;
    void *block;

    diag_list_start(&diags);
    unit_build_start(&build);
    if (n > PARSE_FILE_MAX) {
        kind = FILE_TOO_LARGE;
        diag_add(&diags, DIAG_FILE_LIMIT, 0, 0, NULL, "the file is larger than %d MiB and was not read",
                 PARSE_FILE_MAX >> 20);
    } else {
        if (memchr(text, '\n', n) == NULL && memchr(text, '\r', n) != NULL)
            text = copy = with_newlines(text, n);
        lexer_start(&p.lexer, text, n, &diags);
        kind = is_foreign(text, n) ? FILE_TEXT : FILE_MODULES; /* a page about a module is none */
        while (kind == FILE_MODULES && seek_module(&p) && build.section[UNIT_MODULES].n < 10000)
            parse_module(&p);
        if (build.section[UNIT_MODULES].n == 0) {
            kind = sniff(text, n);
            diag_add(&diags, DIAG_NOT_A_MODULE, 0, 0, "NAME DEFINITIONS ::= BEGIN",
                     "no MIB module in it: this is %s", file_kind_words(kind));
        }
        diag_excerpts(&diags, text, n);
    }
    block = unit_build_pack(&build, &diags, (uint32_t)kind, size);
    free(copy);
    unit_build_free(&build);
    diag_list_free(&diags);
    return block;
}
