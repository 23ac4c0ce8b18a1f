/* Names: sorted, with the nodes of each, and a table of slots to find one at once. */
#include "mib/link.h"

static const struct linker *sorting; /* for qsort's comparisons */

/* 26 letters, 10 digits, the rest; above them, pairs of neighbours folded into 27 bits. */
uint64_t
snap_name_mask(const char *name)
{
    uint64_t mask = 0;
    unsigned last = 99;

    for (; *name != '\0'; name++) {
        unsigned char c = (unsigned char)*name;
        unsigned code = c >= 'a' && c <= 'z'   ? c - 97u
                        : c >= 'A' && c <= 'Z' ? c - 65u
                        : c >= '0' && c <= '9' ? c - 22u
                                               : 36u;

        mask |= 1ull << code;
        if (last != 99)
            mask |= 1ull << (37 + (last * 37 + code) % 27);
        last = code;
    }
    return mask;
}

/* A name to be sorted: its first octets, comparable as a number, say mostly enough. */
struct sorted {
    uint64_t head;
    uint32_t name;
};

static struct sorted
to_sort(const struct linker *linker, uint32_t number)
{
    const struct link_name *name = link_name_at(linker, number);
    struct sorted out = {0, number};

    for (uint32_t i = 0; i < 8; i++)
        out.head = out.head << 8 | (i < name->n ? (unsigned char)name->text[i] : 0u);
    return out;
}

static int
compare_names(const void *a, const void *b)
{
    const struct sorted *x = a, *y = b;

    if (x->head != y->head)
        return x->head < y->head ? -1 : 1;
    return strcmp(link_name_at(sorting, x->name)->text, link_name_at(sorting, y->name)->text);
}

/* The nodes of a name, the best first, hang on it by next_name. */
static void
chain_name(struct linker *linker, const uint32_t *def_of_node, struct link_name *name)
{
    for (uint32_t d = name->defs; d != LINK_NONE; d = link_def_at(linker, d)->same) {
        const struct link_def *def = link_def_at(linker, d);
        uint32_t *at = &name->first_node;
        unsigned steps = 0;

        if (def->node == LINK_NONE)
            continue;
        while (*at != SNAP_NONE && steps++ < LINK_STEPS) {
            struct snap_node *other = link_node_at(linker, *at);

            if (link_better(linker, d, def_of_node[*at]))
                break;
            at = &other->next_name;
        }
        link_node_at(linker, def->node)->next_name = *at;
        *at = def->node;
    }
}

void
link_names(struct linker *linker)
{
    uint32_t n_nodes = (uint32_t)linker->out[SNAP_NODES].n,
             *of_node = memory_alloc((n_nodes + 1) * sizeof *of_node);
    uint32_t n = 0, slots = 1024, *table;
    struct sorted *sorted = memory_alloc((linker->names.n + 1) * sizeof *sorted);

    memset(of_node, 0xff, n_nodes * sizeof *of_node);
    for (uint32_t i = 0; i < linker->defs.n; i++)
        if (link_def_at(linker, i)->node != LINK_NONE)
            of_node[link_def_at(linker, i)->node] = i;
    for (uint32_t i = 0; i < linker->names.n; i++)
        chain_name(linker, of_node, link_name_at(linker, i));
    for (uint32_t i = 0; i < linker->positions.n; i++) {
        const struct link_position *p = link_position_at(linker, i);

        if (p->first == LINK_NONE && p->name != 0 &&
            link_name_at(linker, p->name - 1)->first_node == SNAP_NONE)
            link_name_at(linker, p->name - 1)->first_node = p->node;
    }
    for (uint32_t i = 0; i < linker->names.n; i++)
        if (link_name_at(linker, i)->first_node != SNAP_NONE)
            sorted[n++] = to_sort(linker, i);
    sorting = linker;
    qsort(sorted, n, sizeof *sorted, compare_names);
    while (slots < n * 2)
        slots *= 2;
    table = memory_zero(slots, sizeof *table);
    for (uint32_t i = 0; i < n; i++) {
        const struct link_name *name = link_name_at(linker, sorted[i].name);
        struct snap_name *out = vec_push(&linker->out[SNAP_NAMES], sizeof *out);
        uint32_t s = name->hash & (slots - 1);

        *out = (struct snap_name){snap_name_mask(name->text), link_pool_name(linker, sorted[i].name),
                                  name->first_node};
        while (table[s] != 0)
            s = (s + 1) & (slots - 1);
        table[s] = i + 1;
    }
    linker->out[SNAP_SLOTS] = (struct vec){table, slots, slots};
    free(of_node);
    free(sorted);
}
