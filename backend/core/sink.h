/* A bounded text being written: what does not fit is left out whole, so that no character is cut. */
#ifndef CORE_SINK_H
#define CORE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink {
    char *at;
    size_t n, size;
    bool full; /* something was left out: nothing more is taken */
};

struct sink sink_start(char *text, size_t size);
void sink_add(struct sink *sink, const char *text, size_t n); /* trusted text, all or nothing */
void sink_text(struct sink *sink, const char *text);
void sink_format(struct sink *sink, const char *format, ...) __attribute__((format(printf, 2, 3))); /* short */
/* As utf8_clean. */
void sink_clean(struct sink *sink, const uint8_t *octets, size_t n, char quote);
void sink_hex(struct sink *sink, const uint8_t *octets, size_t n, const char *between);

#endif
