/* The one rule between octets from outside and every sink: screen, log, mail, files.
 *
 * What would move the cursor, obey, hide or reorder is written out instead. The character data is libc's, as the
 * screen's is; the table below adds what Unicode calls format and default-ignorable characters, for which wcwidth
 * says 0 or even 1 and which are there to be unseen. */
#include "core/utf8.h"

#include <stdio.h>
#include <string.h>

enum { MARKS_MAX = 4 };

static const struct {
    uint32_t first, last;
} unseen[] = {
    { 0x00ad, 0x00ad },   { 0x034f, 0x034f },   { 0x0600, 0x0605 },   { 0x061c, 0x061c },   { 0x06dd, 0x06dd },
    { 0x070f, 0x070f },   { 0x0890, 0x0891 },   { 0x08e2, 0x08e2 },   { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },
    { 0x180b, 0x180f },   { 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f },   { 0x3164, 0x3164 },
    { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },   { 0x110bd, 0x110bd },
    { 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static bool
is_unseen(uint32_t c)
{
    size_t low = 0, high = sizeof unseen / sizeof unseen[0];

    if (c < unseen[0].first)
        return false;
    while (low < high) {
        size_t middle = (low + high) / 2;

        if (c > unseen[middle].last)
            low = middle + 1;
        else if (c < unseen[middle].first)
            high = middle;
        else
            return true;
    }
    return false;
}

/* The cells of a character that may be shown, or -1. */
static int
showable(uint32_t c)
{
    return is_unseen(c) ? -1 : utf8_cells(c);
}

bool
utf8_is_hidden(uint32_t character)
{
    return showable(character) < 0;
}

bool
utf8_valid(const uint8_t *octets, size_t n)
{
    size_t length;
    uint32_t c;

    for (; n > 0; octets += length, n -= length)
        if ((length = utf8_decode(octets, n, &c)) == 0)
            return false;
    return true;
}

size_t
utf8_clean(const uint8_t *octets, size_t n, char quote, char *out, size_t size)
{
    size_t used = 0, length;
    int marks = MARKS_MAX; /* a mark with nothing to stand on is written out */

    if (size == 0)
        return 0;
    for (size_t i = 0; i < n; i += length) {
        char escape[16];
        const char *from = (const char *) octets + i;
        size_t take;
        uint32_t c = 0;
        int cells = -1;

        if (octets[i] >= 0x20 && octets[i] < 0x7f) {
            length = 1;
            cells = 1;
        } else {
            length = utf8_decode(octets + i, n - i, &c);
            cells = length > 1 ? showable(c) : -1;
        }
        if (cells == 0 && ++marks > MARKS_MAX)
            cells = -1;
        take = length;
        if (cells < 0) {
            take = (size_t) (length > 1 ? snprintf(escape, sizeof escape, "<U+%04X>", (unsigned) c)
                                        : snprintf(escape, sizeof escape, "\\x%02x", octets[i]));
            from = escape;
            marks = MARKS_MAX;
        } else if (cells > 0) {
            marks = 0;
            if (quote != 0 && (octets[i] == (uint8_t) quote || octets[i] == '\\')) {
                escape[0] = '\\';
                escape[1] = (char) octets[i];
                from = escape;
                take = 2;
            }
        }
        length = length > 0 ? length : 1;
        if (take >= size - used)
            break;
        memcpy(out + used, from, take);
        used += take;
    }
    out[used] = '\0';
    return used;
}
