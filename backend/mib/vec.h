/* A growing array of plain records. */
#ifndef MIB_VEC_H
#define MIB_VEC_H

#include "core/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct vec {
    void *at;
    size_t n, room;
};

/* A cleared record at the end; it lives until the next push. */
static inline void *
vec_push(struct vec *v, size_t size)
{
    if (v->n == v->room) {
        v->room = v->room == 0 ? 64 : v->room * 2;
        v->at = memory_grow(v->at, v->room, size);
    }
    return memset((char *)v->at + v->n++ * size, 0, size);
}

static inline void
vec_free(struct vec *v)
{
    free(v->at);
    *v = (struct vec){0};
}

#endif
