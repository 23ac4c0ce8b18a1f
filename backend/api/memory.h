/* Allocation that does not fail: when memory ends, the program says so and exits (memory_on_end restores the
 * terminal first). Sizes that come from outside are bounded by the caller before they get here. */
#ifndef API_MEMORY_H
#define API_MEMORY_H

#include <stddef.h>

void *memory_alloc(size_t size);               /* not cleared */
void *memory_zero(size_t count, size_t size);  /* cleared; the product is checked */
void *memory_grow(void *block, size_t count, size_t size);
char *memory_text(const char *text);           /* strdup; NULL stays NULL */
void *memory_copy(const void *block, size_t size);

/* Called once before the exit. */
void memory_on_end(void (*fn)(void));

/* An arena: many small blocks, freed together. For trees and lists read at once. */
struct arena;
struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is fine */
void arena_clear(struct arena *arena); /* all blocks gone, some room kept */
void *arena_alloc(struct arena *arena, size_t size); /* cleared, aligned for any type */
char *arena_text(struct arena *arena, const char *text, size_t n);

/* A growing string of octets, always NUL-terminated. */
struct buf {
    char *at;
    size_t n, room;
};
void buf_add(struct buf *buf, const void *octets, size_t n);
void buf_text(struct buf *buf, const char *text);
void buf_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_clear(struct buf *buf); /* keeps the room */
void buf_free(struct buf *buf);
char *buf_take(struct buf *buf); /* the caller's now; never NULL */

#endif
