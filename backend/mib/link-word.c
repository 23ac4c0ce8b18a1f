/* The words of descriptions, for search: each word with the nodes that have it. */
#include "mib/link.h"

#include <stdio.h>

enum { WORD_MIN = 3, WORD_MAX = 24 };

struct entry {
    uint32_t hash, text, count, last; /* text: octets into the words' own room; last: node + 1 */
};

struct words {
    struct vec all;    /* struct entry */
    struct buf text;
    uint32_t *slots, n_slots;
    struct vec tokens; /* word numbers, node by node */
    struct vec nodes;  /* where each node's tokens end */
};

static const char low[256] = {
    ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7',
    ['8'] = '8', ['9'] = '9', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f',
    ['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n',
    ['o'] = 'o', ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v',
    ['w'] = 'w', ['x'] = 'x', ['y'] = 'y', ['z'] = 'z', ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd',
    ['E'] = 'e', ['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l',
    ['M'] = 'm', ['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't',
    ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z',
};

static void
grow(struct words *w)
{
    uint32_t n = w->n_slots * 2, *slots = memory_zero(n, sizeof *slots);
    const struct entry *all = w->all.at;

    for (uint32_t i = 0; i < w->all.n; i++) {
        uint32_t s = all[i].hash & (n - 1);

        while (slots[s] != 0)
            s = (s + 1) & (n - 1);
        slots[s] = i + 1;
    }
    free(w->slots);
    w->slots = slots;
    w->n_slots = n;
}

static void
take(struct words *w, const char *word, uint32_t n, uint32_t hash, uint32_t node)
{
    struct entry *e;
    uint32_t s;

    hash ^= hash >> 15;
    for (s = hash & (w->n_slots - 1); w->slots[s] != 0; s = (s + 1) & (w->n_slots - 1)) {
        e = (struct entry *)w->all.at + (w->slots[s] - 1);
        if (e->hash == hash && memcmp(w->text.at + e->text, word, n) == 0 && w->text.at[e->text + n] == '\0')
            goto found;
    }
    w->slots[s] = (uint32_t)w->all.n + 1;
    e = vec_push(&w->all, sizeof *e);
    *e = (struct entry){hash, (uint32_t)w->text.n, 0, 0};
    buf_add(&w->text, word, n);
    buf_add(&w->text, "", 1);
    if (w->all.n * 2 > w->n_slots)
        grow(w);
found:
    if (e->last == node + 1)
        return;
    e->last = node + 1;
    e->count++;
    *(uint32_t *)vec_push(&w->tokens, sizeof(uint32_t)) = (uint32_t)(e - (struct entry *)w->all.at);
}

static void
take_text(struct words *w, const char *text, uint32_t node)
{
    char word[WORD_MAX + 1];

    while (*text != '\0') {
        uint32_t n = 0, hash = 2166136261u;
        char c;

        for (; (c = low[(unsigned char)*text]) != 0; text++)
            if (n < WORD_MAX) {
                word[n++] = c;
                hash = (hash ^ (unsigned char)c) * 16777619u;
            }
        if (n >= WORD_MIN)
            take(w, word, n, hash, node);
        while (*text != '\0' && low[(unsigned char)*text] == 0)
            text++;
    }
}

static const struct words *sorting;

static int
compare(const void *a, const void *b)
{
    const struct entry *all = sorting->all.at;

    return strcmp(sorting->text.at + all[*(const uint32_t *)a].text, sorting->text.at + all[*(const uint32_t *)b].text);
}

static void
put_gap(struct vec *out, uint32_t gap)
{
    for (; gap >= 0x80; gap >>= 7)
        *(uint8_t *)vec_push(out, 1) = (uint8_t)(gap | 0x80);
    *(uint8_t *)vec_push(out, 1) = (uint8_t)gap;
}

/* Postings: for each word its nodes, as gaps. */
static void
write_words(struct linker *linker, struct words *w)
{
    uint32_t n = (uint32_t)w->all.n, *order = memory_alloc((n + 1) * sizeof *order), at = 0, k = 0;
    uint32_t *places = memory_alloc((n + 1) * sizeof *places), *list = memory_alloc((w->tokens.n + 1) * sizeof *list);
    const uint32_t *tokens = w->tokens.at, *ends = w->nodes.at;
    struct entry *all = w->all.at;

    for (uint32_t i = 0; i < n; i++) {
        order[i] = i;
        places[i] = at;
        at += all[i].count;
    }
    for (uint32_t node = 0; node < w->nodes.n; node++)
        for (; k < ends[node]; k++)
            list[places[tokens[k]]++] = node;
    sorting = w;
    qsort(order, n, sizeof *order, compare);
    for (uint32_t i = 0; i < n; i++) {
        const struct entry *e = &all[order[i]];
        const char *text = w->text.at + e->text;
        uint32_t last = 0, from = places[order[i]] - e->count;
        struct snap_word *word;

        if (e->count > 64 && e->count > w->nodes.n / 4)
            continue; /* "the" finds nothing worth reading */
        word = vec_push(&linker->out[SNAP_WORDS], sizeof *word);
        *word = (struct snap_word){link_pool(linker, text, strlen(text)), (uint32_t)linker->out[SNAP_POSTINGS].n,
                                   e->count};
        for (uint32_t j = 0; j < e->count; j++) {
            put_gap(&linker->out[SNAP_POSTINGS], list[from + j] - last);
            last = list[from + j];
        }
    }
    free(order);
    free(places);
    free(list);
}

/* The file whose unit a text lies in; mostly that of the text before. */
static uint32_t
file_of(const struct linker *linker, uint32_t text, uint32_t guess)
{
    uint32_t low_end = 0, high = linker->n_files;

    if (linker->files[guess].at <= text && (guess + 1 == linker->n_files || linker->files[guess + 1].at > text))
        return guess;
    while (high - low_end > 1) {
        uint32_t middle = low_end + (high - low_end) / 2;

        if (linker->files[middle].at <= text)
            low_end = middle;
        else
            high = middle;
    }
    return low_end;
}

void
link_words(struct linker *linker)
{
    struct words w = {.n_slots = 65536};
    const struct snap_node *nodes = linker->out[SNAP_NODES].at;
    uint32_t f = 0;

    if (linker->out[SNAP_NODES].n == 0)
        return;
    w.slots = memory_zero(w.n_slots, sizeof *w.slots);
    for (uint32_t i = 0; i < linker->out[SNAP_NODES].n; i++) {
        uint32_t text = nodes[i].description;

        if (text != 0) {
            f = file_of(linker, text, f);
            take_text(&w, (const char *)linker->files[f].unit.head + (text - linker->files[f].at), i);
        }
        *(uint32_t *)vec_push(&w.nodes, sizeof(uint32_t)) = (uint32_t)w.tokens.n;
    }
    if (w.all.n > 0)
        write_words(linker, &w);
    vec_free(&w.all);
    vec_free(&w.tokens);
    vec_free(&w.nodes);
    buf_free(&w.text);
    free(w.slots);
}
