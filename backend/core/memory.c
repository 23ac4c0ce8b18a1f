/* Memory that ends loudly, arenas, and growing strings. */
#include "core/memory.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void (*on_end)(void);

void
memory_on_end(void (*fn)(void))
{
    on_end = fn;
}

static void
end(size_t size)
{
    if (on_end != NULL)
        on_end();
    fprintf(stderr, "trapline: memory: %zu octets could not be had; the program ends\n", size);
    exit(5);
}

static size_t
product(size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        end(SIZE_MAX);
    return total > 0 ? total : 1;
}

void *
memory_alloc(size_t size)
{
    void *block = malloc(product(size, 1));

    if (block == NULL)
        end(size);
    return block;
}

void *
memory_zero(size_t count, size_t size)
{
    size_t total = product(count, size);
    void *block = calloc(1, total);

    if (block == NULL)
        end(total);
    return block;
}

void *
memory_grow(void *block, size_t count, size_t size)
{
    size_t total = product(count, size);
    void *grown = realloc(block, total);

    if (grown == NULL)
        end(total);
    return grown;
}

void *
memory_copy(const void *block, size_t size)
{
    void *copy = memory_alloc(size);

    if (size > 0)
        memcpy(copy, block, size);
    return copy;
}

char *
memory_text(const char *text)
{
    return text == NULL ? NULL : memory_copy(text, strlen(text) + 1);
}

enum { CHUNK_FIRST = 1024, CHUNK_MOST = 64 * 1024 };

struct chunk {
    struct chunk *next;
    size_t used, size;
    alignas(max_align_t) unsigned char room[];
};

struct arena {
    struct chunk *chunks;
};

struct arena *
arena_new(void)
{
    return memory_zero(1, sizeof(struct arena));
}

void
arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    for (struct chunk *c = arena->chunks, *next; c != NULL; c = next) {
        next = c->next;
        free(c);
    }
    free(arena);
}

void
arena_clear(struct arena *arena)
{
    struct chunk *kept = arena->chunks; /* the last one is the largest but for odd sizes */

    if (kept == NULL)
        return;
    for (struct chunk *c = kept->next, *next; c != NULL; c = next) {
        next = c->next;
        free(c);
    }
    memset(kept->room, 0, kept->used);
    kept->used = 0;
    kept->next = NULL;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
    struct chunk *c = arena->chunks;
    size_t rounded = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);

    if (c == NULL || c->size - c->used < rounded) {
        size_t room = c == NULL ? CHUNK_FIRST : c->size < CHUNK_MOST ? 2 * c->size : CHUNK_MOST;

        if (room < rounded)
            room = rounded;
        c = memory_zero(1, sizeof *c + room);
        c->size = room;
        c->next = arena->chunks;
        arena->chunks = c;
    }
    c->used += rounded;
    return c->room + c->used - rounded;
}

char *
arena_text(struct arena *arena, const char *text, size_t n)
{
    char *copy = arena_alloc(arena, n + 1);

    if (n > 0)
        memcpy(copy, text, n);
    return copy;
}

static void
buf_reserve(struct buf *buf, size_t more)
{
    size_t need = buf->n + more + 1;

    if (need <= buf->room)
        return;
    buf->room = need < 2 * buf->room ? 2 * buf->room : need + 64;
    buf->at = memory_grow(buf->at, buf->room, 1);
}

void
buf_add(struct buf *buf, const void *octets, size_t n)
{
    buf_reserve(buf, n);
    if (n > 0)
        memcpy(buf->at + buf->n, octets, n);
    buf->n += n;
    buf->at[buf->n] = '\0';
}

void
buf_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void
buf_format(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n > 0) {
        buf_reserve(buf, (size_t) n);
        vsnprintf(buf->at + buf->n, (size_t) n + 1, format, again);
        buf->n += (size_t) n;
    }
    va_end(again);
}

void
buf_clear(struct buf *buf)
{
    buf->n = 0;
    if (buf->at != NULL)
        buf->at[0] = '\0';
}

void
buf_free(struct buf *buf)
{
    free(buf->at);
    *buf = (struct buf) { 0 };
}

char *
buf_take(struct buf *buf)
{
    char *text;

    buf_reserve(buf, 0);
    buf->at[buf->n] = '\0';
    text = buf->at;
    *buf = (struct buf) { 0 };
    return text;
}
