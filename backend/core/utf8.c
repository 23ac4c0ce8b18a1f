#include "core/utf8.h"

#include <stdio.h>
#include <string.h>

enum { COMBINING_MAX = 4 };

int32_t
utf8_decode(const uint8_t *octets, size_t n, size_t *used)
{
    uint32_t c = octets[0], least;
    size_t more;

    *used = 1;
    if (c < 0x80)
        return (int32_t) c;
    if (c >= 0xc2 && c <= 0xdf)
        more = 1, least = 0x80, c &= 0x1f;
    else if ((c & 0xf0) == 0xe0)
        more = 2, least = 0x800, c &= 0x0f;
    else if (c >= 0xf0 && c <= 0xf4)
        more = 3, least = 0x10000, c &= 0x07;
    else
        return -1;
    if (n <= more)
        return -1;
    for (size_t i = 1; i <= more; i++) {
        if ((octets[i] & 0xc0) != 0x80)
            return -1;
        c = c << 6 | (octets[i] & 0x3f);
    }
    if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return -1;
    *used = more + 1;
    return (int32_t) c;
}

bool
utf8_valid(const uint8_t *octets, size_t n)
{
    size_t used;

    for (; n > 0; octets += used, n -= used)
        if (utf8_decode(octets, n, &used) < 0)
            return false;
    return true;
}

struct span {
    uint32_t first, last;
};

static bool
within(const struct span *spans, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++)
        if (c >= spans[i].first && c <= spans[i].last)
            return true;
    return false;
}

bool
utf8_is_hidden(uint32_t c)
{
    /* Controls, format characters (Unicode Cf), line and paragraph separators, fillers that draw nothing,
     * variation selectors, private use, noncharacters, language tags. */
    static const struct span hidden[] = {
        {0x00, 0x1f},       {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},
        {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},     {0x8e2, 0x8e2},
        {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},
        {0x2060, 0x206f},   {0x2800, 0x2800},   {0x3164, 0x3164},   {0xe000, 0xf8ff},   {0xfdd0, 0xfdef},
        {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},   {0x110bd, 0x110bd},
        {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
    };

    return (c & 0xfffe) == 0xfffe || within(hidden, sizeof hidden / sizeof hidden[0], c);
}

bool
utf8_is_combining(uint32_t c)
{
    static const struct span combining[] = {
        {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x5bf, 0x5c7},     {0x610, 0x61a},
        {0x64b, 0x65f},   {0x670, 0x670},   {0x6d6, 0x6ed},   {0x711, 0x711},     {0x730, 0x74a},
        {0x7a6, 0x7b0},   {0x7eb, 0x7f3},   {0x816, 0x82d},   {0x8d3, 0x903},     {0x93a, 0x94f},
        {0xe31, 0xe31},   {0xe34, 0xe3a},   {0xe47, 0xe4e},   {0xeb1, 0xebc},     {0xec8, 0xecd},
        {0xf18, 0xf19},   {0xf35, 0xf39},   {0xf71, 0xf84},   {0xf86, 0xfbc},     {0x135d, 0x135f},
        {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20f0}, {0x302a, 0x302f},   {0x3099, 0x309a},
        {0xa66f, 0xa67d}, {0xa8e0, 0xa8f1}, {0xfe20, 0xfe2f}, {0x1d165, 0x1d169}, {0x1d242, 0x1d244},
    };

    return c >= 0x300 && within(combining, sizeof combining / sizeof combining[0], c);
}

/* How one character is shown, in `piece`; its length. */
static size_t
show(int32_t c, const uint8_t *octets, size_t used, char quote, bool stacked, char piece[16])
{
    if (c < 0x20 || c == 0x7f) {
        snprintf(piece, 16, "\\x%02x", octets[0]);
        return 4;
    }
    if (stacked || utf8_is_hidden((uint32_t) c))
        return (size_t) snprintf(piece, 16, "<U+%04X>", (unsigned) c);
    if (quote != 0 && (c == quote || c == '\\')) {
        piece[0] = '\\';
        piece[1] = (char) c;
        return 2;
    }
    memcpy(piece, octets, used);
    return used;
}

size_t
utf8_clean(const uint8_t *octets, size_t n, char quote, char *out, size_t size)
{
    size_t at = 0, used;
    int marks = 0;

    if (size == 0)
        return 0;
    for (size_t i = 0; i < n; i += used) {
        int32_t c = utf8_decode(octets + i, n - i, &used);
        char piece[16];
        size_t wide;

        marks = c > 0 && utf8_is_combining((uint32_t) c) ? marks + 1 : 0;
        wide = show(c, octets + i, used, quote, marks > COMBINING_MAX, piece);
        if (wide >= size - at)
            break;
        memcpy(out + at, piece, wide);
        at += wide;
    }
    out[at] = '\0';
    return at;
}

void
utf8_cut(char *text, size_t n)
{
    if (strlen(text) <= n)
        return;
    while (n > 0 && ((unsigned char) text[n] & 0xc0) == 0x80)
        n--;
    text[n] = '\0';
}
