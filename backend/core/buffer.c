#include "core/buffer.h"

#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

uint8_t *
buffer_reserve(struct buffer *b, size_t n)
{
    if (b->first == b->end)
        b->first = b->end = 0;
    if (b->room - b->end < n && b->first > 0) {
        memmove(b->octets, b->octets + b->first, b->end - b->first);
        b->end -= b->first;
        b->first = 0;
    }
    if (b->room - b->end < n) {
        b->room = b->end + n > 2 * b->room ? b->end + n : 2 * b->room;
        b->octets = memory_grow(b->octets, b->room, 1);
    }
    return b->octets + b->end;
}

void
buffer_add(struct buffer *b, const void *octets, size_t n)
{
    memcpy(buffer_reserve(b, n), octets, n);
    b->end += n;
}

const uint8_t *
buffer_at(const struct buffer *b)
{
    return b->octets + b->first;
}

size_t
buffer_size(const struct buffer *b)
{
    return b->end - b->first;
}

void
buffer_free(struct buffer *b)
{
    if (b->octets != NULL)
        explicit_bzero(b->octets, b->room); /* communities */
    free(b->octets);
    *b = (struct buffer) { 0 };
}
