/* The words of descriptions, for search: each word with the nodes that have it. */
#include "mib/words.h"

enum { WORD_MIN = 3, WORD_MAX = 24 };

struct entry {
    uint32_t hash, text, count, last; /* text: octets into the words' own room; count: nodes; last: text + 1 */
};

/* A text: the words of it that are not in it before. */
struct read_text {
    uint32_t at, first, n; /* tokens */
};

struct words_reading {
    struct vec all;    /* struct entry */
    struct buf text;
    uint32_t *slots, n_slots;
    struct vec tokens; /* word numbers, text by text */
    struct vec texts;  /* struct read_text */
    uint32_t *places, n_places; /* slots, by where a text is: its number + 1 */
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
grow(struct words_reading *w)
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
take(struct words_reading *w, const char *word, uint32_t n, uint32_t hash, uint32_t number)
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
    if (e->last == number + 1)
        return;
    e->last = number + 1;
    *(uint32_t *)vec_push(&w->tokens, sizeof(uint32_t)) = (uint32_t)(e - (struct entry *)w->all.at);
}

static void
take_text(struct words_reading *w, const char *text, uint32_t number)
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
            take(w, word, n, hash, number);
        while (*text != '\0' && low[(unsigned char)*text] == 0)
            text++;
    }
}

static uint32_t
place_of(uint32_t at)
{
    return at * 0x9e3779b1u >> 8;
}

struct words_reading *
words_start(uint32_t n_texts)
{
    struct words_reading *w = memory_zero(1, sizeof *w);

    w->n_slots = 65536;
    w->slots = memory_zero(w->n_slots, sizeof *w->slots);
    for (w->n_places = 1024; w->n_places < n_texts * 2; w->n_places *= 2)
        ;
    w->places = memory_zero(w->n_places, sizeof *w->places);
    return w;
}

static void
read_text(struct words_reading *w, const char *text, uint32_t at)
{
    uint32_t number = (uint32_t)w->texts.n, s = place_of(at) & (w->n_places - 1);
    struct read_text *to = vec_push(&w->texts, sizeof *to);

    *to = (struct read_text){at, (uint32_t)w->tokens.n, 0};
    take_text(w, text, number);
    to->n = (uint32_t)w->tokens.n - to->first;
    while (w->places[s] != 0)
        s = (s + 1) & (w->n_places - 1);
    w->places[s] = number + 1;
}

void
words_read(struct words_reading *w, const struct unit *unit, uint32_t at)
{
    uint32_t texts = at + unit->head->section[UNIT_TEXT].offset;

    for (uint32_t i = 0; i < unit->n[UNIT_DEFS]; i++) {
        uint32_t text = unit->defs[i].description;

        if (text != 0 && text < unit->n[UNIT_TEXT] && (w->texts.n + 1) * 2 <= w->n_places)
            read_text(w, unit->text + text, texts + text);
    }
}

static const struct read_text *
find_text(const struct words_reading *w, uint32_t at)
{
    const struct read_text *all = w->texts.at;

    for (uint32_t s = place_of(at) & (w->n_places - 1); at != 0 && w->places[s] != 0; s = (s + 1) & (w->n_places - 1))
        if (all[w->places[s] - 1].at == at)
            return &all[w->places[s] - 1];
    return NULL;
}

static const struct words_reading *sorting;

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

static void
write_word(const struct words_reading *w, const struct entry *e, const uint32_t *nodes, struct words *out)
{
    const char *text = w->text.at + e->text;
    uint32_t last = 0;

    *(struct snap_word *)vec_push(&out->words, sizeof(struct snap_word)) =
        (struct snap_word){(uint32_t)out->text.n, (uint32_t)out->postings.n, e->count};
    buf_add(&out->text, text, strlen(text) + 1);
    for (uint32_t i = 0; i < e->count; i++) {
        put_gap(&out->postings, nodes[i] - last);
        last = nodes[i];
    }
}

/* For each word its nodes, word behind word; where each word's end goes to `ends`. */
static uint32_t *
nodes_of_words(struct words_reading *w, const uint32_t *texts, uint32_t n, uint32_t *ends)
{
    const struct read_text **read = memory_alloc((n + (size_t)1) * sizeof *read);
    const uint32_t *tokens = w->tokens.at;
    struct entry *all = w->all.at;
    uint32_t at = 0, *list;

    for (uint32_t i = 0; i < n; i++) {
        read[i] = find_text(w, texts[i]);
        for (uint32_t k = 0; read[i] != NULL && k < read[i]->n; k++)
            all[tokens[read[i]->first + k]].count++;
    }
    for (uint32_t i = 0; i < w->all.n; i++) {
        ends[i] = at;
        at += all[i].count;
    }
    list = memory_alloc((at + (size_t)1) * sizeof *list);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; read[i] != NULL && k < read[i]->n; k++)
            list[ends[tokens[read[i]->first + k]]++] = i;
    free(read);
    return list;
}

void
words_finish(struct words_reading *w, const uint32_t *texts, uint32_t n, struct words *out)
{
    uint32_t n_words = (uint32_t)w->all.n, *order = memory_alloc((n_words + (size_t)1) * sizeof *order);
    uint32_t *ends = memory_alloc((n_words + (size_t)1) * sizeof *ends), *list = nodes_of_words(w, texts, n, ends);
    const struct entry *all = w->all.at;

    *out = (struct words){0};
    for (uint32_t i = 0; i < n_words; i++)
        order[i] = i;
    sorting = w;
    if (n_words > 0)
        qsort(order, n_words, sizeof *order, compare);
    for (uint32_t i = 0; i < n_words; i++) {
        const struct entry *e = &all[order[i]];

        if (e->count == 0 || (e->count > 64 && e->count > n / 4))
            continue; /* "the" finds nothing worth reading */
        write_word(w, e, list + ends[order[i]] - e->count, out);
    }
    free(order);
    free(ends);
    free(list);
}

void
words_end(struct words_reading *w)
{
    if (w == NULL)
        return;
    vec_free(&w->all);
    vec_free(&w->tokens);
    vec_free(&w->texts);
    buf_free(&w->text);
    free(w->slots);
    free(w->places);
    free(w);
}

void
words_free(struct words *words)
{
    vec_free(&words->words);
    vec_free(&words->postings);
    buf_free(&words->text);
}
