/* Modules: what there is, what is wrong with it, and the way to the line. */
#include "console/app.h"
#include "console/frame.h"
#include "console/names.h"
#include "console/views.h"

#include "api/memory.h"
#include "api/mib_module.h"
#include "api/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A row: a module, or a file in which there is none. */
struct module_row {
    uint32_t module, file; /* module: MIB_NONE for a file without one */
};

struct modules {
    struct view view;
    struct list list, problems;
    struct module_row *row;
    size_t n;
    struct mib *of; /* whose modules these are */
    char text[1600];
};

static struct modules *
self(struct view *view)
{
    return (struct modules *)view;
}

static const char *
state_word(const struct mib_module *m)
{
    return *m->superseded_by != '\0' ? "superseded" : m->errors > 0 ? "errors" : m->warnings > 0 ? "warnings" : "good";
}

static enum role
state_role(const struct mib_module *m)
{
    return *m->superseded_by != '\0' ? ROLE_DIM : m->errors > 0 ? ROLE_ERROR : m->warnings > 0 ? ROLE_WARNING : ROLE_OK;
}

static void
clean(const char *text, char *out, size_t size)
{
    text_sanitize((const uint8_t *)text, strlen(text), out, size);
}

static const char *
row_text(void *arg, size_t own, const char *column)
{
    struct modules *v = arg;
    struct mib_module m = {.name = "", .path = "", .superseded_by = ""};
    struct mib_file file;

    mib_file(v->of, v->row[own].file, &file);
    if (v->row[own].module != MIB_NONE)
        mib_module(v->of, v->row[own].module, &m);
    if (column != NULL && strcmp(column, "state") == 0)
        return v->row[own].module != MIB_NONE ? state_word(&m) : "no module";
    if (column != NULL && strcmp(column, "file") == 0)
        return file.path;
    if (column != NULL && strcmp(column, "errors") == 0)
        snprintf(v->text, sizeof v->text, "%u", m.errors);
    else if (column != NULL && strcmp(column, "warnings") == 0)
        snprintf(v->text, sizeof v->text, "%u", m.warnings);
    else if (column != NULL && strcmp(column, "name") == 0)
        snprintf(v->text, sizeof v->text, "%s", m.name);
    else if (column != NULL)
        return NULL;
    else
        snprintf(v->text, sizeof v->text, "%s %s %s %s", m.name, v->row[own].module != MIB_NONE ? state_word(&m) : file.kind,
                 file.path, m.revision);
    return v->text;
}

/* The problems of the row under the cursor: numbers in its file, from `first`. */
static uint32_t
problems_of(const struct modules *v, const struct module_row *r, uint32_t *first)
{
    struct mib_problem p;
    struct mib_module m;
    struct mib_file file;
    uint32_t n = 0;

    *first = 0;
    if (!mib_file(v->of, r->file, &file))
        return 0;
    if (r->module == MIB_NONE || !mib_module(v->of, r->module, &m)) {
        *first = file.first_problem;
        return file.n_problems;
    }
    for (uint32_t i = 0; i < file.n_problems; i++) {
        if (!mib_problem(v->of, file.first_problem + i, &p) || strcmp(p.module, m.name) != 0)
            continue;
        if (n++ == 0)
            *first = file.first_problem + i;
    }
    return n;
}

static const char *
problem_text(void *arg, size_t own, const char *column)
{
    (void)arg, (void)own, (void)column;
    return "";
}

static void
count_problems(struct modules *v)
{
    uint32_t first, n = 0;
    size_t own;

    if (list_current(&v->list, &own))
        n = problems_of(v, &v->row[own], &first);
    if (n != v->problems.total) {
        list_set(&v->problems, n, problem_text, v);
        list_go(&v->problems, 0);
    }
    if (n == 0 && v->view.list == &v->problems)
        v->view.list = &v->list;
}

static int
by_badness(const void *a, const void *b, void *arg)
{
    const struct module_row *x = a, *y = b;
    struct mib_module m, k;
    unsigned p, q;

    if (x->module == MIB_NONE || y->module == MIB_NONE)
        return (x->module == MIB_NONE) - (y->module == MIB_NONE);
    mib_module(arg, x->module, &m);
    mib_module(arg, y->module, &k);
    p = m.errors > 0 ? 2 : m.warnings > 0;
    q = k.errors > 0 ? 2 : k.warnings > 0;
    return p != q ? (p > q ? -1 : 1) : x->module < y->module ? -1 : 1;
}

static void
load(struct modules *v)
{
    struct mib *mib = v->view.app->mib;
    struct mib_file file;

    if (mib == v->of || mib == NULL)
        return;
    v->of = mib;
    v->row = memory_grow(v->row, mib_module_count(mib) + mib_file_count(mib) + 1, sizeof *v->row);
    v->n = 0;
    for (uint32_t i = 0; i < mib_module_count(mib); i++) {
        struct mib_module m;

        if (mib_module(mib, i, &m))
            v->row[v->n++] = (struct module_row){i, m.file};
    }
    for (uint32_t i = 0; mib_file(mib, i, &file); i++)
        if (!file.has_modules)
            v->row[v->n++] = (struct module_row){MIB_NONE, i};
    if (v->n > 1)
        qsort_r(v->row, v->n, sizeof *v->row, by_badness, mib);
    list_set(&v->list, v->n, row_text, v);
    count_problems(v);
}

static void
renamed(struct view *view, struct mib *old)
{
    (void)old;
    load(self(view));
}

static void
tick(struct view *view, bool changed)
{
    (void)changed;
    load(self(view));
}

static void
moved(struct view *view)
{
    count_problems(self(view));
}

static void
open_view(struct view *view)
{
    view->list = &self(view)->list;
    load(self(view));
}

static void
close_view(struct view *view)
{
    list_free(&self(view)->list);
    list_free(&self(view)->problems);
    free(self(view)->row);
}

static void
other_part(struct view *view, int by)
{
    struct modules *v = self(view);

    (void)by;
    view->list = view->list == &v->list && v->problems.n > 0 ? &v->problems : &v->list;
}

/* The problem under the cursor of the lower part, else the first. */
static bool
current_problem(const struct modules *v, struct mib_problem *out)
{
    uint32_t first, n;
    size_t own;

    if (!list_current(&v->list, &own))
        return false;
    n = problems_of(v, &v->row[own], &first);
    return n > 0 && mib_problem(v->of, first + (uint32_t)(v->problems.at < n ? v->problems.at : 0), out);
}

static void
edit(struct app *app, struct view *view, const char *argument)
{
    struct modules *v = self(view);
    struct mib_problem p;
    struct mib_module m;
    struct mib_file file;
    size_t own;

    (void)argument;
    if (!list_current(&v->list, &own) || !mib_file(v->of, v->row[own].file, &file))
        return;
    app->edit_line = 1;
    if (current_problem(v, &p) && p.line > 0)
        app->edit_line = p.line;
    else if (v->row[own].module != MIB_NONE && mib_module(v->of, v->row[own].module, &m))
        app->edit_line = m.line;
    snprintf(app->edit_path, sizeof app->edit_path, "%s", file.path);
}

static void
look(struct app *app, struct view *view, const char *argument)
{
    struct modules *v = self(view);
    struct mib_module m;
    struct mib_info info;
    struct oid o;
    size_t own;

    (void)argument;
    if (!list_current(&v->list, &own) || v->row[own].module == MIB_NONE || !mib_module(v->of, v->row[own].module, &m))
        return;
    for (mib_node node = 0; m.identity == MIB_NONE && node < mib_count(v->of); node++)
        if (mib_info(v->of, node, &info) && info.module_number == v->row[own].module)
            m.identity = node;
    if (m.identity == MIB_NONE) {
        app_message(app, ROLE_WARNING, "%s names nothing in the tree", m.name);
        return;
    }
    o = mib_oid(v->of, m.identity);
    view_browse_look(app, &o);
}

static void
compile(struct app *app, struct view *view, const char *argument)
{
    (void)view, (void)argument;
    names_again(app);
    app_message(app, ROLE_TEXT, "looking at the directories again");
}

static const struct command commands[] = {
    {"browse", "Enter", NULL, "what the module names", look, NEEDS_ROW | NEEDS_MIB, "browse"},
    {"edit", "E", NULL, "your editor at the problem's line; saving compiles it", edit, NEEDS_ROW | NEEDS_MIB, "edit"},
    {"compile", "c", NULL, "look for changed files now", compile, 0, "compile"},
};

static void
draw_row(const struct modules *v, struct canvas *c, int y, const struct module_row *r, bool at, bool focus)
{
    bool wide = c->cols >= 100;
    int state = wide ? 40 : 32;
    char path[1100], number[32];
    struct mib_module m;
    struct mib_file file;

    if (at) {
        canvas_ground(c, y, 0, -1, focus ? ROLE_SELECTION : ROLE_SELECTION_OTHER);
        canvas_text(c, y, 0, 1, focus ? ROLE_CURSOR : ROLE_DIM, focus ? "▌" : "▏");
    }
    mib_file(v->of, r->file, &file);
    clean(file.path, path, sizeof path);
    if (r->module == MIB_NONE) {
        canvas_text(c, y, 2, state - 3, ROLE_DIM, "—");
        canvas_text(c, y, state, 11, ROLE_WARNING, "no module");
        canvas_text(c, y, state + 12, c->cols - state - 13, ROLE_DIM, file.kind);
        if (wide)
            canvas_text(c, y, state + 46, c->cols - state - 47, ROLE_TEXT, path);
        return;
    }
    mib_module(v->of, r->module, &m);
    canvas_text(c, y, 2, state - 3, at ? ROLE_TITLE : ROLE_TEXT, m.name);
    canvas_text(c, y, state, 11, state_role(&m), state_word(&m));
    snprintf(number, sizeof number, "%u", m.nodes);
    canvas_right(c, y, state + 18, 6, ROLE_TEXT, number);
    snprintf(number, sizeof number, "%u", m.notifications);
    canvas_right(c, y, state + 24, 5, ROLE_TEXT, number);
    if (m.errors + m.warnings > 0) {
        snprintf(number, sizeof number, "%u", m.errors + m.warnings);
        canvas_right(c, y, state + 30, 5, state_role(&m), number);
    }
    if (strlen(m.revision) >= 8)
        canvas_format(c, y, state + 33, 10, ROLE_DIM, "%.4s-%.2s-%.2s", m.revision, m.revision + 4, m.revision + 6);
    canvas_text(c, y, state + 44, c->cols - state - 44, ROLE_DIM, wide || m.ours ? (m.ours && !wide ? "ours" : path) : "");
}

static void
draw_problem(const struct modules *v, struct canvas *c, const struct module_row *r)
{
    struct mib_problem p;
    char text[1100], line[1400];
    uint32_t first, n = problems_of(v, r, &first);
    int y = 1;

    if (!current_problem(v, &p)) {
        canvas_text(c, y, 2, c->cols - 3, ROLE_DIM, "nothing is wrong with it");
        return;
    }
    clean(p.path, text, sizeof text);
    snprintf(line, sizeof line, "%s:%u:%u", text, p.line, p.column);
    canvas_format(c, y++, 2, c->cols - 3, p.severity == MIB_ERROR ? ROLE_ERROR : ROLE_WARNING, "%s  [%s]%s",
                  p.severity == MIB_ERROR ? "error" : p.severity == MIB_WARNING ? "warning" : "note", p.code,
                  n > 1 ? "  (Tab, then up and down: the others)" : "");
    canvas_text(c, y++, 2, c->cols - 3, ROLE_DIM, line);
    clean(p.text, text, sizeof text);
    y += canvas_wrap(c, y, 2, c->cols - 4, 2, ROLE_TEXT, text);
    clean(p.excerpt, text, sizeof text);
    if (p.line > 0 && (int)p.caret < c->cols - 6) {
        canvas_text(c, y++, 4, c->cols - 5, ROLE_TEXT, text);
        canvas_text(c, y++, 4 + (int)p.caret, 1, ROLE_ERROR, "^");
    }
    if (*p.expected != '\0')
        canvas_format(c, y, 4, c->cols - 5, ROLE_DIM, "expected: %s", p.expected);
}

static void
draw(struct view *view, struct canvas *c)
{
    struct modules *v = self(view);
    bool focus = view->list == &v->list, wide = c->cols >= 100;
    int below = c->rows > 30 ? 9 : 8, state = wide ? 40 : 32;
    struct canvas lower = canvas_part(c, c->rows - below, 0, below, c->cols);
    size_t top = list_view(&v->list, c->rows - below - 1), own;
    char fact[40] = "";

    if (v->of == NULL) {
        canvas_wrap(c, c->rows / 3, 4, c->cols - 8, 4, ROLE_DIM, view->app->mib_why.text);
        return;
    }
    canvas_text(c, 0, 2, -1, ROLE_DIM, "module");
    canvas_text(c, 0, state, -1, ROLE_DIM, "state");
    canvas_right(c, 0, state + 18, 6, ROLE_DIM, "names");
    canvas_right(c, 0, state + 24, 5, ROLE_DIM, "traps");
    canvas_text(c, 0, state + 26, -1, ROLE_DIM, "wrong");
    canvas_text(c, 0, state + 33, -1, ROLE_DIM, "revised");
    if (wide)
        canvas_text(c, 0, state + 44, -1, ROLE_DIM, "file");
    for (int y = 1; y < c->rows - below && list_own(&v->list, top + (size_t)y - 1, &own); y++)
        draw_row(v, c, y, &v->row[own], top + (size_t)y - 1 == v->list.at, focus);
    if (v->list.n == 0)
        canvas_text(c, 2, 2, c->cols - 3, ROLE_DIM, "nothing passes the filter; Esc shows all again");
    if (v->problems.n > 0)
        snprintf(fact, sizeof fact, "%zu of %zu", v->problems.at + 1, v->problems.n);
    canvas_title(&lower, 0, "Problem", fact, !focus);
    if (list_current(&v->list, &own))
        draw_problem(v, &lower, &v->row[own]);
}

static void
title(struct view *view, struct title *out)
{
    struct modules *v = self(view);
    const struct app *app = view->app;
    struct mib_module m;
    size_t own;

    snprintf(out->crumbs, sizeof out->crumbs, "%s › modules", app_views[app->tab]->name);
    if (list_current(&v->list, &own) && v->row[own].module != MIB_NONE && mib_module(v->of, v->row[own].module, &m))
        snprintf(out->crumbs, sizeof out->crumbs, "%s › modules › %s", app_views[app->tab]->name, m.name);
    if (app->names_all > 0)
        snprintf(out->fact, sizeof out->fact, "%zu of %zu files compiled", app->names_done, app->names_all);
    else
        snprintf(out->fact, sizeof out->fact, "%zu modules and files", v->list.n);
}

const struct view_class view_modules = {
    .name = "Modules", .about = "the MIB modules, and what is wrong with them", .size = sizeof(struct modules),
    .commands = commands, .n_commands = sizeof commands / sizeof *commands,
    .open = open_view, .close = close_view, .draw = draw, .title = title, .tick = tick, .moved = moved,
    .part = other_part, .text = row_text, .renamed = renamed,
};
