/* Recordings: the lines of core/recording.h, and values that move, fail or take their time. Lines that make no sense
 * are counted and left out; names are sorted, the first of one wins. */
#include "sim.h"

#include "core/recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
read_life(const char *module, const char *text, struct arena *arena, struct entry *out)
{
    struct life *life = arena_alloc(arena, sizeof *life);
    char word[40];
    double number;
    int used;

    *life = (struct life) {
        .rate = 1, .scale = 1, .max = out->value.type == VALUE_COUNTER64 ? UINT64_MAX : UINT32_MAX};
    if (out->value.type == VALUE_INTEGER)
        life->max = INT32_MAX;
    life->wrap = out->value.type == VALUE_COUNTER32 || out->value.type == VALUE_COUNTER64 ||
                 out->value.type == VALUE_TIMETICKS;
    if (strcmp(module, "error") == 0)
        life->kind = LIFE_ERROR, life->status = GEN_ERR;
    else if (strcmp(module, "delay") == 0)
        life->kind = LIFE_DELAY;
    else if (strcmp(module, "numeric") != 0 && strcmp(module, "writecache") != 0)
        return false;
    while (*text != '\0') {
        if (sscanf(text, "%39[a-z]=%lf%n", word, &number, &used) == 2) {
            text += used;
            if (strcmp(word, "initial") == 0)
                life->initial = number;
            else if (strcmp(word, "rate") == 0)
                life->rate = number;
            else if (strcmp(word, "scale") == 0)
                life->scale = number;
            else if (strcmp(word, "offset") == 0)
                life->offset = number;
            else if (strcmp(word, "deviation") == 0)
                life->deviation = number;
            else if (strcmp(word, "min") == 0)
                life->min = (uint64_t) number;
            else if (strcmp(word, "max") == 0)
                life->max = number >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t) number;
            else if (strcmp(word, "wrap") == 0)
                life->wrap = number != 0;
            else if (strcmp(word, "value") == 0)
                life->initial = number, life->rate = 0;
            else if (strcmp(word, "wait") == 0)
                life->wait = (int64_t) (number * 1e6);
        } else {
            if (strncmp(text, "function=sin", 12) == 0)
                life->shape = SHAPE_SIN;
            text += strcspn(text, ",");
        }
        text += *text == ',';
    }
    out->life = life;
    return true;
}

bool
record_parse_value(const char *tag, const char *text, struct arena *arena, struct entry *out)
{
    const char *module = strchr(tag, ':');

    if (!recording_value(tag, text, arena, &out->value) && module == NULL)
        return false;
    return module == NULL || read_life(module + 1, text, arena, out);
}

static bool
read_line(char *line, struct arena *arena, struct entry *out)
{
    const char *tag, *text;
    struct oid o;

    if (!recording_split(line, &o, &tag, &text) || !record_parse_value(tag, text, arena, out))
        return false;
    out->arcs = memcpy(arena_alloc(arena, o.n * sizeof *o.arc), o.arc, o.n * sizeof *o.arc);
    out->n = o.n;
    return true;
}

void
record_encode(struct arena *arena, struct entry *entry)
{
    static uint8_t room[70000];
    struct ber_out out = { room, room + sizeof room, false };

    if (entry->life != NULL)
        return;
    ber_put_value(&out, &entry->value);
    ber_put_oid(&out, entry->arcs, entry->n);
    ber_put_head(&out, BER_SEQUENCE, room + sizeof room);
    entry->ber_n = (uint32_t) (room + sizeof room - out.at);
    entry->ber = memcpy(arena_alloc(arena, entry->ber_n), out.at, entry->ber_n);
}

static int
by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = oid_compare_arcs(x->arcs, x->n, y->arcs, y->n);

    /* Until they are encoded, ber_n is the line's number. */
    return order != 0 ? order : x->ber_n < y->ber_n ? -1 : 1;
}

static void
sort_entries(struct record *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->n; i++)
        r->entries[i].ber_n = (uint32_t) i;
    qsort(r->entries, r->n, sizeof *r->entries, by_name);
    for (size_t i = 0; i < r->n; i++)
        if (kept == 0 || oid_compare_arcs(r->entries[i].arcs, r->entries[i].n, r->entries[kept - 1].arcs,
                                          r->entries[kept - 1].n) != 0)
            r->entries[kept++] = r->entries[i];
    r->n = kept;
    for (size_t i = 0; i < r->n; i++)
        record_encode(r->arena, &r->entries[i]);
}

struct record *
record_load(const char *path, char *why, size_t size)
{
    struct record *r;
    size_t room = 0, line_room = 0;
    char *line = NULL;
    FILE *file;

    for (r = sim.records; r != NULL; r = r->next)
        if (strcmp(r->path, path) == 0)
            return r;
    file = strcmp(path, "-") == 0 ? fopen("/dev/null", "r") : fopen(path, "r");
    if (file == NULL) {
        snprintf(why, size, "%s: %s", path, strerror(errno));
        return NULL;
    }
    r = memory_zero(1, sizeof *r);
    r->path = memory_text(path);
    r->arena = arena_new();
    while (getline(&line, &line_room, file) > 0) {
        struct entry entry = { 0 };

        if (*line == '#' || *line == '\n')
            continue;
        if (!read_line(line, r->arena, &entry)) {
            r->broken++;
            continue;
        }
        if (r->n == room)
            r->entries = memory_grow(r->entries, room = room == 0 ? 256 : 2 * room, sizeof *r->entries);
        r->entries[r->n++] = entry;
    }
    free(line);
    fclose(file);
    sort_entries(r);
    r->next = sim.records;
    sim.records = r;
    return r;
}

size_t
record_find(const struct entry *entries, size_t n, const uint32_t *arcs, size_t n_arcs)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (oid_compare_arcs(entries[middle].arcs, entries[middle].n, arcs, n_arcs) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
