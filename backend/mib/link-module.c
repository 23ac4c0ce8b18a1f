/* Modules in alphabetical order, with their revisions and imports; which of two of one name is used. */
#include "mib/link.h"

static const struct linker *sorting; /* for qsort's comparisons */

static int
compare_modules(const void *a, const void *b)
{
    const struct link_module *x = link_module_at(sorting, *(const uint32_t *)a);
    const struct link_module *y = link_module_at(sorting, *(const uint32_t *)b);
    int order = strcmp(link_name_at(sorting, x->name)->text, link_name_at(sorting, y->name)->text);

    return order != 0 ? order : x->loser != y->loser ? (x->loser ? 1 : -1) : x->file < y->file ? -1 : 1;
}

uint32_t
link_module_number(const struct linker *linker, uint32_t module)
{
    return module == LINK_NONE ? SNAP_NONE : link_module_at(linker, module)->number;
}

void
link_number_modules(struct linker *linker)
{
    uint32_t n = (uint32_t)linker->modules.n, *order = memory_alloc((n + 1) * sizeof *order);

    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    sorting = linker;
    qsort(order, n, sizeof *order, compare_modules);
    for (uint32_t i = 0; i < n; i++)
        link_module_at(linker, order[i])->number = i;
    linker->module_order = order;
    for (uint32_t i = 0; i < linker->out[SNAP_TYPES].n; i++) {
        struct snap_type *t = (struct snap_type *)linker->out[SNAP_TYPES].at + i;

        t->module = link_module_number(linker, t->module);
    }
}

static void
write_module(struct linker *linker, uint32_t module)
{
    struct link_module *m = link_module_at(linker, module);
    const struct unit *u = &linker->files[m->file].unit;
    struct snap_module out = {
        .name = link_pool_name(linker, m->name),
        .file = m->file,
        .line = m->m->place.line,
        .identity = m->identity != LINK_NONE ? link_def_at(linker, m->identity)->node : SNAP_NONE,
        .revision = link_pool(linker, m->revision, strlen(m->revision)),
        .organization = link_text(linker, m->file, m->m->organization),
        .contact = link_text(linker, m->file, m->m->contact),
        .nodes = m->nodes,
        .types = m->types,
        .notifications = m->notifications,
        .smi = m->m->version,
        .revisions = (uint32_t)linker->out[SNAP_REVISIONS].n,
        .n_revisions = m->m->n_revisions,
        .imports = (uint32_t)linker->out[SNAP_IMPORTS].n,
        .n_imports = m->m->n_imports,
        .superseded_by = m->loser ? link_module_at(linker, m->winner)->file : SNAP_NONE,
        .layer = linker->files[m->file].layer,
    };

    if (m->identity != LINK_NONE)
        out.description = link_text(linker, m->file, link_def_at(linker, m->identity)->d->description);
    for (uint32_t i = 0; i < m->m->n_revisions; i++) {
        const struct unit_revision *r = &u->revisions[m->m->revisions + i];
        struct snap_revision *to = vec_push(&linker->out[SNAP_REVISIONS], sizeof *to);

        *to =
            (struct snap_revision){link_text(linker, m->file, r->date), link_text(linker, m->file, r->text)};
    }
    for (uint32_t i = 0; i < m->m->n_imports; i++) {
        const struct unit_import *im = &u->imports[m->m->imports + i];
        uint32_t a = link_pool_name(linker, link_name_of(linker, m->file, im->symbol));
        uint32_t b = link_pool_name(linker, link_name_of(linker, m->file, im->module));
        struct snap_import *to = vec_push(&linker->out[SNAP_IMPORTS], sizeof *to);

        *to = (struct snap_import){a, b};
    }
    *(struct snap_module *)vec_push(&linker->out[SNAP_MODULES], sizeof out) = out;
}

static void
tell_losers(struct linker *linker)
{
    for (uint32_t i = 0; i < linker->modules.n; i++) {
        struct link_module *m = link_module_at(linker, i), *w;

        if (!m->loser)
            continue;
        w = link_module_at(linker, m->winner);
        diag_add(&linker->files[m->file].diags, DIAG_MODULE_TWICE, m->m->place.line, m->m->place.offset, NULL,
                 "%s is also in %s, which is used (%s)", link_name_at(linker, m->name)->text,
                 linker->files[w->file].path,
                 strcmp(w->revision, m->revision) > 0 ? "its revision is newer" : "it comes first");
    }
}

void
link_modules(struct linker *linker)
{
    for (uint32_t i = 0; i < linker->modules.n; i++)
        write_module(linker, linker->module_order[i]);
    tell_losers(linker);
}
