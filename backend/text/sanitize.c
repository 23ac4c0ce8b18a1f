/* Text from outside on its way to a sink, and its width in cells. */
#include "api/text.h"

#include "core/utf8.h"

#include <string.h>

size_t
text_sanitize(const uint8_t *octets, size_t n, char *out, size_t size)
{
    return utf8_clean(octets, n, 0, out, size);
}

/* One character of a printable text; what is none of it counts as a cell an octet, so that nothing is overrun. */
static size_t
measure(const char *at, size_t n, int *cells)
{
    uint32_t c;
    size_t length = utf8_decode((const uint8_t *) at, n, &c);

    *cells = length == 0 ? 1 : utf8_cells(c);
    if (*cells < 0)
        *cells = 1;
    return length > 0 ? length : 1;
}

int
text_width(const char *text)
{
    int width;

    text_fit(text, INT32_MAX, &width);
    return width;
}

size_t
text_fit(const char *text, int cells, int *used)
{
    size_t n = strlen(text), i = 0;
    int sum = 0;

    while (i < n) {
        int more;
        size_t length = measure(text + i, n - i, &more);

        if (more > cells - sum)
            break;
        sum += more;
        i += length;
    }
    if (used != NULL)
        *used = sum;
    return i;
}
