/* Steps of the cursor in edit fields, by Unicode's grapheme clusters (UAX #29). The whole text is broken up each time:
 * u8_grapheme_next and _prev look at pairs only, and split emoji joined by U+200D. */
#include "api/text.h"

#include "core/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unigbrk.h>

/* The nearest break behind (step 1) or before (step -1) `at`, of those before the end. */
static size_t
find_break(const char *text, size_t n, size_t at, int step)
{
    char *breaks = memory_alloc(n);

    u8_grapheme_breaks((const uint8_t *) text, n, breaks);
    do
        at += (size_t) step;
    while (at > 0 && at < n && !breaks[at]);
    free(breaks);
    return at;
}

size_t
text_next(const char *text, size_t at)
{
    size_t n = strlen(text);

    return at >= n ? n : find_break(text, n, at, 1);
}

size_t
text_previous(const char *text, size_t at)
{
    return at == 0 ? 0 : find_break(text, strlen(text), at, -1);
}
