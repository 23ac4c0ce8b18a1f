/* Reading the snapshot: nodes, tree, types. */
#include "mib/reader.h"

#include "core/memory.h"
#include "mib/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint32_t strides[SNAP_SPANS] = {
    [SNAP_UNITS] = 1,
    [SNAP_POOL] = 1,
    [SNAP_NODES] = sizeof(struct snap_node),
    [SNAP_CHILDREN] = 4,
    [SNAP_NAMES] = sizeof(struct snap_name),
    [SNAP_SLOTS] = 4,
    [SNAP_MODULES] = sizeof(struct snap_module),
    [SNAP_TYPES] = sizeof(struct snap_type),
    [SNAP_SYNTAXES] = sizeof(struct snap_syntax),
    [SNAP_LABELS] = sizeof(struct snap_label),
    [SNAP_RANGES] = sizeof(struct snap_range),
    [SNAP_PARTS] = sizeof(struct snap_part),
    [SNAP_LISTS] = 4,
    [SNAP_XREFS] = sizeof(struct snap_xref),
    [SNAP_DIAGS] = sizeof(struct snap_diag),
    [SNAP_FILES] = sizeof(struct snap_file),
    [SNAP_REVISIONS] = sizeof(struct snap_revision),
    [SNAP_IMPORTS] = sizeof(struct snap_import),
    [SNAP_WORDS] = sizeof(struct snap_word),
    [SNAP_POSTINGS] = 1,
};

static bool
check_head(struct mib *mib, const char *path, struct failure *why)
{
    const struct snap_head *head = (const struct snap_head *)(const void *)mib->map;

    if (mib->size < sizeof *head || memcmp(head->magic, SNAP_MAGIC, sizeof head->magic) != 0)
        return failure_set(why, FAILURE_PROTOCOL, "%s is not a MIB snapshot; remove it and compile again",
                           path);
    if (head->version != SNAP_VERSION || head->order != SNAP_ORDER)
        return failure_set(why, FAILURE_ABSENT,
                           "the MIB snapshot %s is of another version of trapline; compile again", path);
    if (head->size != mib->size || head->sum != unit_hash((const char *)head + 32, sizeof *head - 32, 0) ||
        mib->map[mib->size - 1] != '\0')
        return failure_set(why, FAILURE_PROTOCOL, "the MIB snapshot %s is damaged; compile again", path);
    for (unsigned i = 0; i < SNAP_SPANS; i++) {
        uint64_t offset = head->span[i].offset, n = head->span[i].count;

        if (head->span[i].stride != strides[i] || offset % 8 != 0 || offset > mib->size ||
            n * strides[i] > mib->size - offset)
            return failure_set(why, FAILURE_PROTOCOL, "the MIB snapshot %s is damaged; compile again", path);
        mib->at[i] = mib->map + offset;
        mib->n[i] = head->span[i].count;
    }
    mib->head = head;
    return true;
}

struct mib *
mib_open(const char *path, struct failure *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct mib *mib;
    struct stat st;
    void *map;

    if (fd < 0) {
        failure_errno(why, errno, "the MIB snapshot %s cannot be opened", path);
        if (why != NULL && errno == ENOENT)
            why->kind = FAILURE_ABSENT;
        return NULL;
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
        (map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0)) == MAP_FAILED) {
        close(fd);
        failure_set(why, FAILURE_PROTOCOL,
                    "the MIB snapshot %s cannot be mapped; remove it and compile again", path);
        return NULL;
    }
    close(fd);
    mib = memory_zero(1, sizeof *mib);
    /* Looking something up touches a few pages far from each other: the kernel reads them and not their neighbours. */
    madvise(map, (size_t)st.st_size, MADV_RANDOM);
    mib->map = map;
    mib->size = (size_t)st.st_size;
    mib->device = st.st_dev;
    mib->inode = st.st_ino;
    if (!check_head(mib, path, why)) {
        munmap(map, mib->size);
        free(mib);
        return NULL;
    }
    mib->arena = arena_new();
    mib->syntaxes = memory_zero(mib->n[SNAP_SYNTAXES] + 1, sizeof(void *));
    mib->parts = memory_zero(mib->n[SNAP_PARTS] + 1, sizeof(void *));
    return mib;
}

void
mib_will_scan(struct mib *mib)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = (uintptr_t)mib->map;
    uintptr_t names = (uintptr_t)mib->at[SNAP_NAMES], end = names + mib->n[SNAP_NAMES] * sizeof(struct snap_name);

    if (!mib->scanned) {
        madvise((void *)begin, mib->size, MADV_NORMAL);
        names &= ~(page - 1);
        madvise((void *)names, end - names, MADV_WILLNEED);
    }
    mib->scanned = true;
}

bool
mib_is_current(const struct mib *mib, const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_dev == mib->device && st.st_ino == mib->inode;
}

void
mib_close(struct mib *mib)
{
    void *map;

    if (mib == NULL)
        return;
    memcpy(&map, &mib->map, sizeof map);
    munmap(map, mib->size);
    arena_free(mib->arena);
    free(mib->syntaxes);
    free(mib->parts);
    free(mib);
}

uint32_t
mib_count(const struct mib *mib)
{
    return mib->n[SNAP_NODES];
}

static void
fill_labels(struct mib *mib, struct syntax *out, const struct snap_syntax *s)
{
    const struct snap_label *labels = mib->at[SNAP_LABELS];
    uint32_t n = mib_run(mib, SNAP_LABELS, s->labels, s->n_labels);
    struct syntax_name *names;

    if (n == 0)
        return;
    names = arena_alloc(mib->arena, n * sizeof *names);
    for (uint32_t i = 0; i < n; i++)
        names[i] =
            (struct syntax_name){labels[s->labels + i].number, mib_text(mib, labels[s->labels + i].text)};
    out->names = names;
    out->n_names = n;
}

static void
fill_ranges(struct mib *mib, struct syntax *out, const struct snap_syntax *s)
{
    const struct snap_range *from = mib->at[SNAP_RANGES];
    uint32_t n = mib_run(mib, SNAP_RANGES, s->ranges, s->n_ranges);
    struct syntax_range *ranges;

    if (n == 0)
        return;
    ranges = arena_alloc(mib->arena, n * sizeof *ranges);
    for (uint32_t i = 0; i < n; i++)
        ranges[i] = (struct syntax_range){from[s->ranges + i].low, from[s->ranges + i].high};
    out->ranges = ranges;
    out->n_ranges = n;
}

const struct syntax *
mib_syntax_at(struct mib *mib, uint32_t number)
{
    const struct snap_syntax *s = number == 0 ? NULL : mib_record(mib, SNAP_SYNTAXES, number - 1, sizeof *s);
    struct syntax *out;

    if (s == NULL)
        return NULL;
    if (mib->syntaxes[number - 1] != NULL)
        return mib->syntaxes[number - 1];
    out = arena_alloc(mib->arena, sizeof *out);
    out->base = s->base <= SYNTAX_SEQUENCE_OF ? (enum syntax_base)s->base : SYNTAX_UNKNOWN;
    out->type = mib_text(mib, s->type);
    out->hint = s->hint != 0 ? mib_text(mib, s->hint) : NULL;
    out->units = s->units != 0 ? mib_text(mib, s->units) : NULL;
    fill_labels(mib, out, s);
    fill_ranges(mib, out, s);
    return mib->syntaxes[number - 1] = out;
}

bool
mib_info(struct mib *mib, mib_node node, struct mib_info *out)
{
    const struct snap_node *n = mib_node_at(mib, node);
    const struct snap_module *m;

    *out = (struct mib_info){.node = MIB_NONE,
                             .module_number = MIB_NONE,
                             .name = "",
                             .module = "",
                             .description = "",
                             .reference = "",
                             .units = "",
                             .default_value = ""};
    if (n == NULL)
        return false;
    m = mib_record(mib, SNAP_MODULES, n->module, sizeof *m);
    out->node = node;
    out->kind = n->kind <= MIB_KIND_CAPABILITIES ? (enum mib_kind)n->kind : MIB_KIND_NODE;
    out->access = n->access <= MIB_WRITE_ONLY ? (enum mib_access)n->access : MIB_ACCESS_NONE;
    out->status = n->status <= MIB_OBSOLETE ? (enum mib_status)n->status : MIB_STATUS_NONE;
    out->name = mib_text(mib, n->name);
    out->module = m != NULL ? mib_text(mib, m->name) : "";
    out->module_number = m != NULL ? n->module : MIB_NONE;
    out->line = n->line;
    out->description = mib_text(mib, n->description);
    out->reference = mib_text(mib, n->reference);
    out->units = mib_text(mib, n->units);
    out->default_value = mib_text(mib, n->default_value);
    out->syntax = mib_syntax_at(mib, n->syntax);
    return true;
}

struct oid
mib_oid(struct mib *mib, mib_node node)
{
    const struct snap_node *n = mib_node_at(mib, node);
    uint32_t arcs[OID_MAX] = {0}, count = 0;
    struct oid o = {0};

    while (n != NULL && n->depth > 0 && count < OID_MAX) {
        arcs[count++] = n->arc;
        n = mib_node_at(mib, n->parent);
    }
    while (count > 0)
        o.arc[o.n++] = arcs[--count];
    return o;
}

const char *
mib_name(struct mib *mib, mib_node node)
{
    const struct snap_node *n = mib_node_at(mib, node);

    return n != NULL ? mib_text(mib, n->name) : "";
}

mib_node
mib_root(struct mib *mib)
{
    return mib->n[SNAP_NODES] > 0 ? 0 : MIB_NONE;
}

mib_node
mib_parent(struct mib *mib, mib_node node)
{
    const struct snap_node *n = mib_node_at(mib, node);

    return n != NULL && n->parent < mib->n[SNAP_NODES] ? n->parent : MIB_NONE;
}

/* The node of the tree that this definition hangs on: itself, but for the others at its OID. */
static const struct snap_node *
position_of(const struct mib *mib, mib_node node)
{
    const struct snap_node *n = mib_node_at(mib, node);

    return n != NULL ? mib_node_at(mib, n->position) : NULL;
}

static mib_node
child_number(const struct mib *mib, const struct snap_node *n, uint32_t i)
{
    const uint32_t *c;

    if (n == NULL || i >= n->n_children || n->children > UINT32_MAX - i ||
        (c = mib_record(mib, SNAP_CHILDREN, n->children + i, sizeof *c)) == NULL || *c >= mib->n[SNAP_NODES])
        return MIB_NONE;
    return *c;
}

mib_node
mib_child(struct mib *mib, mib_node node)
{
    return child_number(mib, position_of(mib, node), 0);
}

/* The place of the first child whose arc is not below `arc`. */
static uint32_t
child_place(const struct mib *mib, const struct snap_node *n, uint32_t arc)
{
    uint32_t low = 0, high = n->n_children;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct snap_node *c = mib_node_at(mib, child_number(mib, n, middle));

        if (c == NULL)
            return n->n_children;
        if (c->arc < arc)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

mib_node
mib_sibling(struct mib *mib, mib_node node)
{
    const struct snap_node *n = mib_node_at(mib, node),
                           *parent = n != NULL ? mib_node_at(mib, n->parent) : NULL;

    if (parent == NULL || n->arc == UINT32_MAX)
        return MIB_NONE;
    return child_number(mib, parent, child_place(mib, parent, n->arc + 1));
}

mib_node
mib_lookup(struct mib *mib, const struct oid *o, uint32_t *used)
{
    mib_node at = 0, best = MIB_NONE;
    uint32_t covered = 0;

    for (uint32_t i = 0; i < o->n; i++) {
        const struct snap_node *n = mib_node_at(mib, at), *c;

        if (n == NULL)
            break;
        at = child_number(mib, n, child_place(mib, n, o->arc[i]));
        c = mib_node_at(mib, at);
        if (c == NULL || c->arc != o->arc[i])
            break;
        if ((c->flags & SNAP_NODE_UNNAMED) == 0) {
            best = at;
            covered = i + 1;
        }
        if (c->kind == MIB_KIND_SCALAR || c->kind == MIB_KIND_COLUMN)
            break; /* what lies below is instance, even where a module names it (sysUpTimeInstance) */
    }
    if (used != NULL)
        *used = covered;
    return best;
}

const struct snap_name *
mib_name_entry(const struct mib *mib, const char *name, size_t n)
{
    uint32_t slots = mib->n[SNAP_SLOTS], mask = slots - 1;
    uint32_t s = (uint32_t)unit_hash(name, n, 0) & mask;

    if (slots == 0 || (slots & mask) != 0 || n == 0)
        return NULL;
    for (uint32_t tries = 0; tries < slots; tries++, s = (s + 1) & mask) {
        uint32_t number = ((const uint32_t *)mib->at[SNAP_SLOTS])[s];
        const struct snap_name *entry =
            number == 0 ? NULL : mib_record(mib, SNAP_NAMES, number - 1, sizeof *entry);
        const char *text;

        if (entry == NULL)
            return NULL;
        text = mib_text(mib, entry->text);
        if (strncmp(text, name, n) == 0 && text[n] == '\0')
            return entry;
    }
    return NULL;
}

mib_node
mib_find(struct mib *mib, const char *name)
{
    const char *colons = strstr(name, "::"), *plain = colons != NULL ? colons + 2 : name;
    const struct snap_name *entry = mib_name_entry(mib, plain, strlen(plain));
    const struct snap_node *n;
    uint32_t steps = 0;

    if (entry == NULL)
        return MIB_NONE;
    for (mib_node at = entry->node; (n = mib_node_at(mib, at)) != NULL && steps++ < 100000;
         at = n->next_name) {
        const struct snap_module *m = mib_record(mib, SNAP_MODULES, n->module, sizeof *m);
        const char *module = m != NULL ? mib_text(mib, m->name) : "";

        if (colons == NULL ||
            (strncmp(module, name, (size_t)(colons - name)) == 0 && module[colons - name] == '\0'))
            return at;
    }
    return MIB_NONE;
}

mib_node
mib_row(struct mib *mib, mib_node node)
{
    const struct snap_node *n = mib_node_at(mib, node), *c;
    mib_node row;

    if (n == NULL)
        return MIB_NONE;
    if (n->kind == MIB_KIND_ROW)
        return node;
    if (n->kind == MIB_KIND_COLUMN)
        return n->row < mib->n[SNAP_NODES] ? n->row : MIB_NONE;
    if (n->kind != MIB_KIND_TABLE)
        return MIB_NONE;
    for (row = mib_child(mib, node); (c = mib_node_at(mib, row)) != NULL; row = mib_sibling(mib, row))
        if (c->kind == MIB_KIND_ROW)
            return row;
    return MIB_NONE;
}

static const struct index_part *
make_parts(struct mib *mib, uint32_t first, uint32_t n)
{
    const struct snap_part *from = mib->at[SNAP_PARTS];
    struct index_part *parts;

    if (mib->parts[first] != NULL)
        return mib->parts[first];
    parts = arena_alloc(mib->arena, n * sizeof *parts);
    for (uint32_t i = 0; i < n; i++)
        parts[i] =
            (struct index_part){mib_text(mib, from[first + i].name),
                                mib_syntax_at(mib, from[first + i].syntax), from[first + i].implied != 0};
    return mib->parts[first] = parts;
}

size_t
mib_index(struct mib *mib, mib_node node, const struct index_part **out)
{
    mib_node row = mib_row(mib, node);
    const struct snap_node *n = mib_node_at(mib, row);
    uint32_t count;

    *out = NULL;
    for (int steps = 0; n != NULL && n->n_parts == 0 && steps < 16; steps++)
        n = mib_node_at(mib, n->row);
    if (n == NULL || (count = mib_run(mib, SNAP_PARTS, n->parts, n->n_parts)) == 0)
        return 0;
    *out = make_parts(mib, n->parts, count);
    return count;
}

mib_node
mib_augments(struct mib *mib, mib_node node)
{
    const struct snap_node *n = mib_node_at(mib, node);

    return n != NULL && n->kind == MIB_KIND_ROW && n->row < mib->n[SNAP_NODES] ? n->row : MIB_NONE;
}

size_t
mib_objects(struct mib *mib, mib_node node, mib_node *out, size_t max)
{
    const struct snap_node *n = mib_node_at(mib, node);
    const uint32_t *list = mib->at[SNAP_LISTS];
    uint32_t count = n != NULL ? mib_run(mib, SNAP_LISTS, n->lists, n->n_lists) : 0;

    for (uint32_t i = 0; i < count && i < max; i++)
        out[i] = list[n->lists + i] < mib->n[SNAP_NODES] ? list[n->lists + i] : MIB_NONE;
    return count;
}
