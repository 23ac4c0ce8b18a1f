#include "core/sink.h"

#include "core/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PIECE_MAX = 12 }; /* nothing utf8_clean writes at once is longer */

struct sink
sink_start(char *text, size_t size)
{
    if (size > 0)
        text[0] = '\0';
    return (struct sink) { .at = text, .size = size, .full = size == 0 };
}

void
sink_add(struct sink *sink, const char *text, size_t n)
{
    if (sink->full || n >= sink->size - sink->n) {
        sink->full = true;
        return;
    }
    memcpy(sink->at + sink->n, text, n);
    sink->n += n;
    sink->at[sink->n] = '\0';
}

void
sink_text(struct sink *sink, const char *text)
{
    sink_add(sink, text, strlen(text));
}

void
sink_format(struct sink *sink, const char *format, ...)
{
    char text[160];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sink_text(sink, text);
}

void
sink_clean(struct sink *sink, const uint8_t *octets, size_t n, char quote)
{
    if (sink->full)
        return;
    sink->n += utf8_clean(octets, n, quote, sink->at + sink->n, sink->size - sink->n);
    sink->full = sink->size - sink->n <= PIECE_MAX;
}

void
sink_hex(struct sink *sink, const uint8_t *octets, size_t n, const char *between)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n && !sink->full; i++) {
        char pair[2] = { digits[octets[i] >> 4], digits[octets[i] & 15] };

        if (i > 0)
            sink_text(sink, between);
        sink_add(sink, pair, 2);
    }
}
