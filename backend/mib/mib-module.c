/* Modules, files and what is wrong with them, read from the snapshot. */
#include "mib/diag.h"
#include "mib/parse.h"
#include "mib/reader.h"
#include "mib/source.h"

#include <string.h>

uint32_t
mib_module_count(const struct mib *mib)
{
    return mib->n[SNAP_MODULES];
}

static const char *
path_of(struct mib *mib, uint32_t file)
{
    const struct snap_file *f = mib_record(mib, SNAP_FILES, file, sizeof *f);

    return f != NULL ? mib_text(mib, f->path) : "";
}

bool
mib_module(struct mib *mib, uint32_t module, struct mib_module *out)
{
    static const struct mib_module none = {"", "", "", "", "", "", "", MIB_NONE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false};
    const struct snap_module *m = mib_record(mib, SNAP_MODULES, module, sizeof *m);

    *out = none;
    if (m == NULL)
        return false;
    *out = (struct mib_module){.name = mib_text(mib, m->name),
                               .path = path_of(mib, m->file),
                               .revision = mib_text(mib, m->revision),
                               .organization = mib_text(mib, m->organization),
                               .contact = mib_text(mib, m->contact),
                               .description = mib_text(mib, m->description),
                               .superseded_by = m->superseded_by != SNAP_NONE ? path_of(mib, m->superseded_by) : "",
                               .identity = m->identity < mib->n[SNAP_NODES] ? m->identity : MIB_NONE,
                               .line = m->line,
                               .nodes = m->nodes,
                               .types = m->types,
                               .notifications = m->notifications,
                               .errors = m->errors,
                               .warnings = m->warnings,
                               .file = m->file,
                               .n_revisions = mib_run(mib, SNAP_REVISIONS, m->revisions, m->n_revisions),
                               .n_imports = mib_run(mib, SNAP_IMPORTS, m->imports, m->n_imports),
                               .smi = (uint8_t)(m->smi <= 2 ? m->smi : 0),
                               .ours = m->layer == SOURCE_OURS};
    return true;
}

uint32_t
mib_module_find(struct mib *mib, const char *name)
{
    uint32_t low = 0, high = mib->n[SNAP_MODULES];
    struct mib_module module;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (mib_module(mib, middle, &module) && strcmp(module.name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return mib_module(mib, low, &module) && strcmp(module.name, name) == 0 ? low : MIB_NONE;
}

bool
mib_revision(struct mib *mib, uint32_t module, uint32_t i, const char **date, const char **text)
{
    const struct snap_module *m = mib_record(mib, SNAP_MODULES, module, sizeof *m);
    const struct snap_revision *r;

    *date = *text = "";
    if (m == NULL || i >= mib_run(mib, SNAP_REVISIONS, m->revisions, m->n_revisions))
        return false;
    r = mib_record(mib, SNAP_REVISIONS, m->revisions + i, sizeof *r);
    *date = mib_text(mib, r->date);
    *text = mib_text(mib, r->text);
    return true;
}

bool
mib_import(struct mib *mib, uint32_t module, uint32_t i, const char **symbol, const char **from)
{
    const struct snap_module *m = mib_record(mib, SNAP_MODULES, module, sizeof *m);
    const struct snap_import *import;

    *symbol = *from = "";
    if (m == NULL || i >= mib_run(mib, SNAP_IMPORTS, m->imports, m->n_imports))
        return false;
    import = mib_record(mib, SNAP_IMPORTS, m->imports + i, sizeof *import);
    *symbol = mib_text(mib, import->symbol);
    *from = mib_text(mib, import->module);
    return true;
}

uint32_t
mib_file_count(const struct mib *mib)
{
    return mib->n[SNAP_FILES];
}

bool
mib_file(struct mib *mib, uint32_t file, struct mib_file *out)
{
    const struct snap_file *f = mib_record(mib, SNAP_FILES, file, sizeof *f);

    *out = (struct mib_file){.path = "", .kind = ""};
    if (f == NULL)
        return false;
    out->path = mib_text(mib, f->path);
    out->kind = file_kind_words((enum file_kind)f->kind);
    out->has_modules = f->kind == FILE_MODULES;
    out->ours = f->layer == SOURCE_OURS;
    out->n_problems = mib_run(mib, SNAP_DIAGS, f->diags, f->n_diags);
    out->first_problem = out->n_problems > 0 ? f->diags : 0;
    return true;
}

uint32_t
mib_problem_count(const struct mib *mib)
{
    return mib->n[SNAP_DIAGS];
}

bool
mib_problem(struct mib *mib, uint32_t problem, struct mib_problem *out)
{
    const struct snap_diag *d = mib_record(mib, SNAP_DIAGS, problem, sizeof *d);
    struct mib_module module;

    *out = (struct mib_problem){.path = "", .module = "", .code = "", .text = "", .excerpt = "", .expected = ""};
    if (d == NULL)
        return false;
    mib_module(mib, d->module, &module);
    *out = (struct mib_problem){.path = path_of(mib, d->file),
                                .module = module.name,
                                .code = diag_code_word((enum diag_code)d->code),
                                .text = mib_text(mib, d->text),
                                .excerpt = mib_text(mib, d->excerpt),
                                .expected = mib_text(mib, d->expected),
                                .file = d->file,
                                .line = d->line,
                                .column = d->column,
                                .caret = d->caret,
                                .severity = d->severity <= DIAG_ERROR ? (enum mib_severity)d->severity : MIB_ERROR};
    if (out->caret > strlen(out->excerpt))
        out->caret = (uint32_t)strlen(out->excerpt);
    return true;
}
