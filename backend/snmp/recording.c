/* Recordings as agents: see recording.h. */
#include "snmp/recording.h"

#include "core/recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { VALUES_A_PDU = 1000, OCTETS_A_PDU = 50000, LINE_MAX_OCTETS = 1 << 20, ENTRIES_MAX = 20000000 };
enum { NOT_WRITABLE = 17 };

struct entry {
    const uint32_t *arcs;
    uint32_t n_arcs, line;
    struct value value;
};

struct recording {
    struct arena *arena;
    struct entry *entries;
    size_t n, room, broken;
};

static void
take_line(struct recording *r, char *line)
{
    struct entry entry = { .line = (uint32_t) r->n };
    const char *tag, *text;
    struct oid name;

    if (!recording_split(line, &name, &tag, &text) || !recording_value(tag, text, r->arena, &entry.value)) {
        r->broken++;
        return;
    }
    entry.arcs = memcpy(arena_alloc(r->arena, name.n * sizeof *name.arc), name.arc, name.n * sizeof *name.arc);
    entry.n_arcs = (uint32_t) name.n;
    if (r->n == r->room)
        r->entries = memory_grow(r->entries, r->room = r->room == 0 ? 256 : 2 * r->room, sizeof *r->entries);
    r->entries[r->n++] = entry;
}

static int
by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = oid_compare_arcs(x->arcs, x->n_arcs, y->arcs, y->n_arcs);

    return order != 0 ? order : x->line < y->line ? -1 : 1;
}

static void
sort(struct recording *r)
{
    size_t kept = 0;

    if (r->n > 0)
        qsort(r->entries, r->n, sizeof *r->entries, by_name);
    for (size_t i = 0; i < r->n; i++)
        if (kept == 0 || oid_compare_arcs(r->entries[i].arcs, r->entries[i].n_arcs, r->entries[kept - 1].arcs,
                                          r->entries[kept - 1].n_arcs) != 0)
            r->entries[kept++] = r->entries[i];
    r->n = kept;
}

struct recording *
recording_open(const char *path, struct failure *why)
{
    FILE *file = fopen(path, "re");
    struct recording *r;
    struct stat status;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    if (file == NULL || fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
        if (file == NULL)
            failure_errno(why, errno, "the recording %s cannot be read", path);
        else
            failure_set(why, FAILURE_USAGE, "%s: is not a file; a recording is one", path);
        if (file != NULL)
            fclose(file);
        return NULL;
    }
    r = memory_zero(1, sizeof *r);
    r->arena = arena_new();
    while ((n = getline(&line, &room, file)) > 0 && r->n < ENTRIES_MAX) {
        if (*line == '#' || *line == '\n')
            continue;
        if (n > LINE_MAX_OCTETS)
            r->broken++;
        else
            take_line(r, line);
    }
    free(line);
    fclose(file);
    sort(r);
    if (r->n > 0)
        return r;
    failure_set(why, FAILURE_USAGE, "%s: holds no line of a recording (OID|TAG|VALUE, or what snmpwalk -On prints)", path);
    recording_free(r);
    return NULL;
}

void
recording_free(struct recording *r)
{
    if (r == NULL)
        return;
    arena_free(r->arena);
    free(r->entries);
    free(r);
}

size_t
recording_broken(const struct recording *r)
{
    return r->broken;
}

/* The first entry whose name is not before `name`; with `after`, behind it. */
static size_t
find(const struct recording *r, const struct oid *name, bool after)
{
    size_t low = 0, high = r->n;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = oid_compare_arcs(r->entries[middle].arcs, r->entries[middle].n_arcs, name->arc, name->n);

        if (order < 0 || (after && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Is there another instance of the object? What the object is, the recording does not say: its parent it is. */
static bool
has_object(const struct recording *r, const struct oid *name)
{
    struct oid parent = *name;
    size_t at;

    if (parent.n > 0)
        parent.n--;
    at = find(r, &parent, false);
    return at < r->n && r->entries[at].n_arcs >= parent.n &&
           memcmp(r->entries[at].arcs, parent.arc, parent.n * sizeof *parent.arc) == 0;
}

static void
get(const struct recording *r, struct varbind *vb)
{
    size_t at = find(r, &vb->name, false);

    if (at < r->n && oid_compare_arcs(r->entries[at].arcs, r->entries[at].n_arcs, vb->name.arc, vb->name.n) == 0)
        vb->value = r->entries[at].value;
    else
        vb->value = (struct value) { .type = has_object(r, &vb->name) ? VALUE_NO_SUCH_INSTANCE : VALUE_NO_SUCH_OBJECT };
}

static void
next(const struct recording *r, struct varbind *vb)
{
    size_t at = find(r, &vb->name, true);

    if (at < r->n) {
        oid_set(&vb->name, r->entries[at].arcs, r->entries[at].n_arcs);
        vb->value = r->entries[at].value;
    } else {
        vb->value = (struct value) { .type = VALUE_END_OF_MIB_VIEW };
    }
}

static size_t
weight(const struct varbind *vb)
{
    return 2 * vb->name.n + 20 + (vb->value.type == VALUE_OCTETS || vb->value.type == VALUE_OPAQUE ? vb->value.n : 8);
}

static void
bulk(const struct recording *r, const struct pdu *ask, struct arena *arena, struct pdu *out)
{
    size_t columns = ask->n, rounds = columns > 0 ? VALUES_A_PDU / columns : 0, octets = 0;

    if (ask->error_index < 0)
        rounds = 0;
    else if ((size_t) ask->error_index < rounds)
        rounds = (size_t) ask->error_index;
    else if (rounds == 0)
        rounds = 1;
    out->varbinds = arena_alloc(arena, (rounds * columns + 1) * sizeof *out->varbinds);
    for (size_t round = 0; round < rounds; round++)
        for (size_t c = 0; c < columns; c++) {
            struct varbind *vb = &out->varbinds[out->n];

            vb->name = round == 0 ? ask->varbinds[c].name : vb[-(ptrdiff_t) columns].name;
            next(r, vb);
            octets += weight(vb);
            if (octets > OCTETS_A_PDU && out->n > 0)
                return;
            out->n++;
        }
}

void
recording_answer(const struct recording *r, const struct pdu *ask, struct arena *arena, struct pdu *out)
{
    *out = (struct pdu) { .kind = PDU_RESPONSE, .id = ask->id };
    if (ask->kind == PDU_GET_BULK) {
        bulk(r, ask, arena, out);
        return;
    }
    out->n = ask->n;
    out->varbinds = ask->varbinds;
    for (size_t i = 0; i < out->n; i++) {
        if (ask->kind == PDU_GET)
            get(r, &out->varbinds[i]);
        else if (ask->kind == PDU_GET_NEXT)
            next(r, &out->varbinds[i]);
    }
    if (ask->kind != PDU_GET && ask->kind != PDU_GET_NEXT) {
        out->error_status = NOT_WRITABLE;
        out->error_index = 1;
    }
}
