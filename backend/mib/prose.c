/* Descriptions as people read them. */
#include "mib/unit.h"

enum { INDENT_MAX = 72 };

static bool
is_utf8(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        unsigned more = p[i] < 0x80             ? 0
                        : (p[i] & 0xe0) == 0xc0 ? 1
                        : (p[i] & 0xf0) == 0xe0 ? 2
                        : (p[i] & 0xf8) == 0xf0 ? 3
                                                : 9;

        if (more == 9 || p[i] == 0xc0 || p[i] == 0xc1 || p[i] > 0xf4 || i + more >= n)
            return false;
        for (unsigned k = 1; k <= more; k++)
            if ((p[i + k] & 0xc0) != 0x80)
                return false;
        i += more + 1;
    }
    return true;
}

/* Windows' use of 0x80 to 0x9f; what it leaves open becomes a question mark. */
static const uint16_t windows[32] = {
    0x20ac, '?',    0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, '?',    0x017d, '?',    '?',    0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, '?',    0x017e, 0x0178,
};

static size_t
put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    to[0] = (char)(0xe0 | c >> 12);
    to[1] = (char)(0x80 | (c >> 6 & 0x3f));
    to[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

/* The common case: printable ASCII only. */
static bool
is_plain(const char *at, size_t n)
{
    const uint64_t high = 0x8080808080808080ull, ones = 0x0101010101010101ull;
    uint64_t w, bad = 0;
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        memcpy(&w, at + i, 8);
        bad |= w | ((w - ones * 0x20) & ~w) | ((w ^ ones * 0x7f) - ones);
    }
    for (; i < n; i++)
        bad |= (unsigned char)at[i] < 0x20 || (unsigned char)at[i] >= 0x7f ? high : 0;
    return (bad & high) == 0;
}

static void
add_piece(struct buf *out, const char *at, size_t n)
{
    const unsigned char *p = (const unsigned char *)at;
    bool utf8;
    char *to, *start;

    if (is_plain(at, n)) {
        buf_add(out, at, n);
        return;
    }
    utf8 = is_utf8(p, n);
    start = to = memory_alloc(n * 3);
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\t')
            *to++ = ' ';
        else if (p[i] < 0x20 || p[i] == 0x7f)
            *to++ = '?';
        else if (p[i] < 0x80 || utf8)
            *to++ = (char)p[i];
        else
            to += put_utf8(to, p[i] < 0xa0 ? windows[p[i] - 0x80] : p[i]);
    }
    buf_add(out, start, (size_t)(to - start));
    free(start);
}

struct prose_line {
    const char *at;
    size_t n, indent;
};

/* The next line of [*at, end) without its blanks at both ends; false at the end. */
static bool
take_line(const char **at, const char *end, struct prose_line *line)
{
    const char *p = *at, *e;

    if (p == NULL)
        return false;
    e = memchr(p, '\n', (size_t)(end - p));
    *at = e != NULL ? e + 1 : NULL;
    if (e == NULL)
        e = end;
    line->indent = 0;
    while (p < e && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\f')) {
        line->indent = *p == '\t' ? (line->indent + 8) & ~(size_t)7 : line->indent + (*p == ' ');
        p++;
    }
    while (e > p && (e[-1] == ' ' || e[-1] == '\t' || e[-1] == '\r' || e[-1] == '\f'))
        e--;
    line->at = p;
    line->n = (size_t)(e - p);
    return true;
}

static bool
is_page_break(const struct prose_line *line)
{
    const char *at = line->at;
    size_t n = line->n;

    if (line->indent > 0)
        return false;
    return (n > 8 && at[n - 1] == ']' && memmem(at, n, "[Page ", 6) != NULL) ||
           (n > 20 && memcmp(at, "RFC ", 4) == 0 && at[n - 1] >= '0' && at[n - 1] <= '9' &&
            memmem(at, n, "   ", 3) != NULL);
}

void
prose_add(struct buf *out, const char *at, size_t n)
{
    static const char blanks[INDENT_MAX + 1] =
        "                                                                        ";
    const char *p = at, *end = at + n;
    struct prose_line line;
    size_t common = INDENT_MAX, begin = out->n, empty = 0;

    if (n == 0)
        return;
    take_line(&p, end, &line);
    while (take_line(&p, end, &line))
        if (line.n > 0 && line.indent < common && !is_page_break(&line))
            common = line.indent;
    p = at;
    for (bool first = true; take_line(&p, end, &line); first = false) {
        if (line.n == 0 || is_page_break(&line)) {
            empty++;
            continue;
        }
        if (out->n > begin)
            buf_add(out, "\n\n", empty > 0 ? 2 : 1);
        empty = 0;
        if (!first && line.indent > common) {
            size_t more = line.indent - common;

            buf_add(out, blanks, more < INDENT_MAX ? more : INDENT_MAX);
        }
        add_piece(out, line.at, line.n);
    }
}

void
prose_add_line(struct buf *out, const char *at, size_t n)
{
    const char *p = at, *end = at + n;
    struct prose_line line;
    size_t begin = out->n;

    if (n == 0)
        return;
    while (take_line(&p, end, &line)) {
        if (line.n == 0)
            continue;
        if (out->n > begin)
            buf_add(out, " ", 1);
        add_piece(out, line.at, line.n);
    }
}
