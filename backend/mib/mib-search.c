/* Search while typing: names by exact word, beginning, part and letters in order. Each name has a mask of its
 * letters, so that most names are never looked at. */
#include "mib/search.h"

#include <string.h>

enum {
    SCORE_EXACT = 100000,
    SCORE_SAME = 90000,
    SCORE_BEGIN = 80000,
    SCORE_WORD = 70000,
    SCORE_PART = 60000,
    SCORE_OID = 95000,
    SCORE_FUZZY = 40000,
    QUERY_MAX = 120
};

void
search_offer(struct hits *hits, mib_node node, int score)
{
    size_t i;

    if (hits->n == hits->max && (hits->max == 0 || score <= hits->at[hits->n - 1].score))
        return;
    i = hits->n < hits->max ? hits->n++ : hits->n - 1;
    for (; i > 0 && hits->at[i - 1].score < score; i--)
        hits->at[i] = hits->at[i - 1];
    hits->at[i] = (struct mib_hit){node, score};
}

static char
low(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool
begins_word(const char *name, size_t i)
{
    char c = name[i], before = i > 0 ? name[i - 1] : '-';

    return before == '-' || before == '_' || (c >= 'A' && c <= 'Z' && !(before >= 'A' && before <= 'Z')) ||
           (c >= '0' && c <= '9' && !(before >= '0' && before <= '9'));
}

/* Letters in order; those that begin a word or follow each other count more. 0: they are not all there. */
static int
fuzzy(const char *name, const char *query)
{
    int score = 0, run = 0;
    size_t i = 0;

    for (; *query != '\0'; query++) {
        size_t from = i;

        while (name[i] != '\0' && low(name[i]) != *query)
            i++;
        if (name[i] == '\0')
            return 0;
        run = i == from && from > 0 ? run + 1 : 0;
        score += begins_word(name, i) ? 80 : run > 0 ? 60 : 0;
        score -= (int)(i - from) * 4;
        i++;
    }
    return score > 0 ? score : 0;
}

static int
score_name(const char *name, const char *query, size_t n)
{
    int best = 0;

    for (size_t i = 0; name[i] != '\0'; i++) {
        size_t k = 0;
        int score;

        if (low(name[i]) != query[0])
            continue;
        while (k < n && low(name[i + k]) == query[k])
            k++;
        if (k < n)
            continue;
        score = i == 0                 ? (name[n] == '\0' ? SCORE_SAME : SCORE_BEGIN)
                : begins_word(name, i) ? SCORE_WORD
                                       : SCORE_PART;
        score -= (int)strlen(name) * 10 + (int)(i < 100 ? i : 100);
        if (score > best)
            best = score;
        if (i == 0)
            break;
    }
    return best;
}

static int
score_fuzzy(const char *name, const char *query, size_t n)
{
    int f = fuzzy(name, query);

    return f > (int)n * 25 ? SCORE_FUZZY + f * 4 - (int)strlen(name) * 10 : 0;
}

int
search_bonus(const struct snap_node *n)
{
    switch ((int)n->kind) {
    case MIB_KIND_SCALAR:
    case MIB_KIND_TABLE:
    case MIB_KIND_COLUMN:
        return n->status == MIB_OBSOLETE ? 0 : 9;
    case MIB_KIND_ROW:
    case MIB_KIND_NOTIFICATION:
        return 7;
    case MIB_KIND_NODE:
        return 4;
    default:
        return 0;
    }
}

typedef int score_fn(const char *name, const char *query, size_t n);

static void
offer_name(struct mib *mib, const struct snap_name *name, int score, struct hits *hits)
{
    const struct snap_node *node;

    if (score <= 0 || (hits->n == hits->max && score + 9 <= hits->at[hits->n - 1].score))
        return;
    node = mib_node_at(mib, name->node);
    if (node != NULL)
        search_offer(hits, name->node, score + search_bonus(node));
}

/* Names whose mask has all of `mask`. */
static void
search_scored(struct mib *mib, const char *query, size_t n, uint64_t mask, score_fn *score_of, struct hits *hits)
{
    const struct snap_name *names = mib->at[SNAP_NAMES];

    for (uint32_t i = 0; i < mib->n[SNAP_NAMES]; i++)
        if ((names[i].mask & mask) == mask)
            offer_name(mib, &names[i], score_of(mib_text(mib, names[i].text), query, n), hits);
}

/* The first name that does not come before `from`. */
static uint32_t
name_place(const struct mib *mib, const char *from)
{
    const struct snap_name *names = mib->at[SNAP_NAMES];
    uint32_t begin = 0, end = mib->n[SNAP_NAMES];

    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;

        if (strcmp(mib_text(mib, names[middle].text), from) < 0)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

/* Every second name has the letter that was typed first; but those that begin with it stand together and are better than
 * all others. True when they are enough. */
static bool
search_initial(struct mib *mib, const char *query, struct hits *hits)
{
    const struct snap_name *names = mib->at[SNAP_NAMES];
    char cases[2] = {query[0], query[0] >= 'a' && query[0] <= 'z' ? (char)(query[0] - 32) : '\0'};

    for (int k = 0; k < 2 && cases[k] != '\0'; k++) {
        const char from[2] = {cases[k], '\0'};
        const char *name;

        for (uint32_t i = name_place(mib, from);
             i < mib->n[SNAP_NAMES] && (name = mib_text(mib, names[i].text))[0] == cases[k]; i++)
            offer_name(mib, &names[i], score_name(name, query, 1), hits);
    }
    return hits->n == hits->max && hits->n > 0 && hits->at[hits->n - 1].score > SCORE_WORD;
}

static int
score_inside(const char *name, const char *query, size_t n)
{
    return low(name[0]) == query[0] ? 0 : score_name(name, query, n);
}

/* What contains the query has its letters side by side; only when that is little, letters in order are looked for. */
static void
search_names(struct mib *mib, const char *query, size_t n, struct hits *hits)
{
    uint64_t mask = snap_name_mask(query);

    if (n == 1 && search_initial(mib, query, hits))
        return;
    search_scored(mib, query, n, mask, n == 1 ? score_inside : score_name, hits);
    if (n > 2 && hits->n < hits->max / 2)
        search_scored(mib, query, n, mask & ((1ull << 37) - 1), score_fuzzy, hits);
}

static void
search_exact(struct mib *mib, const char *text, struct hits *hits)
{
    const char *colons = strstr(text, "::"), *plain = colons != NULL ? colons + 2 : text;
    const struct snap_name *entry = mib_name_entry(mib, plain, strlen(plain));
    const struct snap_node *n;
    int score = SCORE_EXACT;

    for (mib_node at = entry != NULL ? entry->node : MIB_NONE;
         (n = mib_node_at(mib, at)) != NULL && score > SCORE_EXACT - 100; at = n->next_name)
        search_offer(hits, at, score--);
}

static void
search_oid(struct mib *mib, const struct oid *o, struct hits *hits)
{
    uint32_t used;
    mib_node node = mib_lookup(mib, o, &used);
    int score = SCORE_OID;

    if (node == MIB_NONE)
        return;
    search_offer(hits, node, score--);
    if (used == o->n)
        for (mib_node c = mib_child(mib, node); c != MIB_NONE && score > SCORE_OID - 1000;
             c = mib_sibling(mib, c))
            search_offer(hits, c, score--);
}

static void
drop_twice(struct hits *hits)
{
    size_t n = 0;

    for (size_t i = 0; i < hits->n; i++) {
        size_t k = 0;

        while (k < n && hits->at[k].node != hits->at[i].node)
            k++;
        if (k == n)
            hits->at[n++] = hits->at[i];
    }
    hits->n = n;
}

size_t
mib_search(struct mib *mib, const char *text, struct mib_hit *out, size_t max)
{
    struct hits hits = {out, 0, max};
    const char *colons = strstr(text, "::");
    char query[QUERY_MAX + 1], words[QUERY_MAX + 1];
    struct hits more;
    struct oid o;
    size_t n = 0, n_words = 0;

    mib_will_scan(mib);
    if (oid_parse(&o, text)) {
        search_oid(mib, &o, &hits);
        return hits.n;
    }
    search_exact(mib, text, &hits);
    for (const char *p = colons != NULL ? colons + 2 : text; *p != '\0' && n_words < QUERY_MAX; p++) {
        if (*p != ' ')
            query[n++] = low(*p);
        words[n_words++] = low(*p);
    }
    query[n] = words[n_words] = '\0';
    if (n > 0)
        search_names(mib, query, n, &hits);
    if (n < 3) {
        drop_twice(&hits);
        return hits.n;
    }
    /* names first; the last part of a full list is left to what is found otherwise */
    if (hits.n > max - max / 4)
        hits.n = max - max / 4;
    more = (struct hits){out + hits.n, 0, max - hits.n};
    search_modules(mib, query, &more);
    search_types(mib, query, &more);
    search_words(mib, words, &more);
    hits.n += more.n;
    drop_twice(&hits);
    return hits.n;
}
