/* The words of descriptions, for search: each word with the nodes that have it. */
#include "mib/words.h"

enum { WORD_MIN = 3, WORD_MAX = 24 };

struct entry {
    uint32_t hash, text, count, last; /* text: octets into the words' own room; last: node + 1 */
};

struct indexing {
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
grow(struct indexing *w)
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
take(struct indexing *w, const char *word, uint32_t n, uint32_t hash, uint32_t node)
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
take_text(struct indexing *w, const char *text, uint32_t node)
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

static const struct indexing *sorting;

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
write_words(const struct indexing *w, uint32_t n_nodes, struct words *out)
{
    uint32_t n = (uint32_t)w->all.n, *order = memory_alloc((n + 1) * sizeof *order), at = 0, k = 0;
    uint32_t *places = memory_alloc((n + 1) * sizeof *places), *list = memory_alloc((w->tokens.n + 1) * sizeof *list);
    const uint32_t *tokens = w->tokens.at, *ends = w->nodes.at;
    const struct entry *all = w->all.at;

    for (uint32_t i = 0; i < n; i++) {
        order[i] = i;
        places[i] = at;
        at += all[i].count;
    }
    for (uint32_t node = 0; node < n_nodes; node++)
        for (; k < ends[node]; k++)
            list[places[tokens[k]]++] = node;
    sorting = w;
    qsort(order, n, sizeof *order, compare);
    for (uint32_t i = 0; i < n; i++) {
        const struct entry *e = &all[order[i]];
        const char *text = w->text.at + e->text;
        uint32_t last = 0, from = places[order[i]] - e->count;

        if (e->count > 64 && e->count > n_nodes / 4)
            continue; /* "the" finds nothing worth reading */
        *(struct snap_word *)vec_push(&out->words, sizeof(struct snap_word)) =
            (struct snap_word){(uint32_t)out->text.n, (uint32_t)out->postings.n, e->count};
        buf_add(&out->text, text, strlen(text) + 1);
        for (uint32_t j = 0; j < e->count; j++) {
            put_gap(&out->postings, list[from + j] - last);
            last = list[from + j];
        }
    }
    free(order);
    free(places);
    free(list);
}

void
words_make(const char *base, const uint32_t *texts, uint32_t n, struct words *out)
{
    struct indexing w = {.n_slots = 65536};

    *out = (struct words){0};
    w.slots = memory_zero(w.n_slots, sizeof *w.slots);
    for (uint32_t i = 0; i < n; i++) {
        if (texts[i] != 0)
            take_text(&w, base + texts[i], i);
        *(uint32_t *)vec_push(&w.nodes, sizeof(uint32_t)) = (uint32_t)w.tokens.n;
    }
    if (w.all.n > 0)
        write_words(&w, n, out);
    vec_free(&w.all);
    vec_free(&w.tokens);
    vec_free(&w.nodes);
    buf_free(&w.text);
    free(w.slots);
}

void
words_free(struct words *words)
{
    vec_free(&words->words);
    vec_free(&words->postings);
    buf_free(&words->text);
}
