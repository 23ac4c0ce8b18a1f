/* Search beyond names: the words of descriptions, modules, types. */
#include "mib/search.h"

#include "core/memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SCORE_MODULE = 30000, SCORE_TYPE = 20000, SCORE_WORDS = 10000, WORD_MIN = 3, QUERY_WORDS = 8 };
/* So much is read for one word of a query, and so many of a module's or type's nodes are offered. */
enum { POSTINGS_READ = 200000, NODES_OFFERED = 2000 };

static uint32_t
word_place(const struct mib *mib, const char *word, size_t n)
{
    uint32_t low = 0, high = mib->n[SNAP_WORDS];

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct snap_word *w = mib_record(mib, SNAP_WORDS, middle, sizeof *w);

        if (strncmp(mib_text(mib, w->text), word, n) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Sets `bit` for each node of the word. */
static void
mark(const struct mib *mib, const struct snap_word *w, uint8_t *marks, uint8_t bit)
{
    const uint8_t *all = mib->at[SNAP_POSTINGS];
    uint32_t at = w->postings, end = mib->n[SNAP_POSTINGS], node = 0;

    for (uint32_t i = 0; i < w->count && at < end; i++) {
        uint32_t gap = 0;

        for (unsigned shift = 0; at < end && shift < 32; shift += 7) {
            gap |= (uint32_t)(all[at] & 0x7f) << shift;
            if ((all[at++] & 0x80) == 0)
                break;
        }
        node += gap;
        if (node >= mib->n[SNAP_NODES])
            return;
        marks[node] |= bit;
    }
}

/* A word as begun: every word that begins so, as far as the measure goes. */
static void
mark_begun(const struct mib *mib, const char *word, size_t n, uint8_t *marks, uint8_t bit)
{
    uint32_t read = 0;

    for (uint32_t i = word_place(mib, word, n); i < mib->n[SNAP_WORDS] && read < POSTINGS_READ; i++) {
        const struct snap_word *w = mib_record(mib, SNAP_WORDS, i, sizeof *w);

        if (strncmp(mib_text(mib, w->text), word, n) != 0)
            return;
        mark(mib, w, marks, bit);
        read += w->count;
    }
}

void
search_words(struct mib *mib, const char *query, struct hits *hits)
{
    uint8_t *marks = memory_zero(mib->n[SNAP_NODES] + 1, 1), all = 0;
    const struct snap_node *nodes = mib->at[SNAP_NODES];

    for (unsigned k = 0; k < QUERY_WORDS && *query != '\0';) {
        size_t n = strcspn(query, " ");

        if (n >= WORD_MIN) {
            mark_begun(mib, query, n < 24 ? n : 24, marks, (uint8_t)(1u << k));
            all |= (uint8_t)(1u << k);
            k++;
        }
        query += n;
        query += strspn(query, " ");
    }
    for (uint32_t i = 0; all != 0 && i < mib->n[SNAP_NODES]; i++)
        if (marks[i] == all)
            search_offer(hits, i, SCORE_WORDS + search_bonus(&nodes[i]));
    free(marks);
}

void
search_modules(struct mib *mib, const char *query, struct hits *hits)
{
    const struct snap_node *nodes = mib->at[SNAP_NODES];
    uint32_t low = MIB_NONE, high = 0;
    int offered = 0;

    for (uint32_t i = 0; i < mib->n[SNAP_MODULES]; i++) {
        const struct snap_module *m = mib_record(mib, SNAP_MODULES, i, sizeof *m);
        const char *name = mib_text(mib, m->name);

        if (m->superseded_by != SNAP_NONE || strncasecmp(name, query, strlen(query)) != 0)
            continue;
        if (m->identity < mib->n[SNAP_NODES])
            search_offer(hits, m->identity, SCORE_MODULE + 9000 - (int)(strlen(name) < 100 ? strlen(name) * 10 : 1000));
        if (name[strlen(query)] == '\0')
            low = high = i;
    }
    for (uint32_t i = 0; low != MIB_NONE && i < mib->n[SNAP_NODES] && offered < NODES_OFFERED; i++)
        if (nodes[i].module >= low && nodes[i].module <= high)
            search_offer(hits, i, SCORE_MODULE + NODES_OFFERED - offered++);
}

void
search_types(struct mib *mib, const char *query, struct hits *hits)
{
    const struct snap_node *nodes = mib->at[SNAP_NODES];
    mib_node users[64];

    for (uint32_t i = 0; i < mib->n[SNAP_TYPES]; i++) {
        const struct snap_type *t = mib_record(mib, SNAP_TYPES, i, sizeof *t);
        size_t n;

        if (strcasecmp(mib_text(mib, t->name), query) != 0)
            continue;
        n = mib_type_users(mib, i, users, 64);
        for (size_t k = 0; k < n && k < 64; k++)
            search_offer(hits, users[k], SCORE_TYPE + search_bonus(&nodes[users[k]]));
    }
}
