/* Octets that wait: added at the end, taken from the front. Wiped when freed. */
#ifndef CORE_BUFFER_H
#define CORE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *octets;
    size_t first, end, room; /* [first, end) waits */
};

/* Room for n octets, which the caller writes there and counts in with `end`. */
uint8_t *buffer_reserve(struct buffer *buffer, size_t n);
void buffer_add(struct buffer *buffer, const void *octets, size_t n);
const uint8_t *buffer_at(const struct buffer *buffer);
size_t buffer_size(const struct buffer *buffer);
void buffer_free(struct buffer *buffer);

#endif
