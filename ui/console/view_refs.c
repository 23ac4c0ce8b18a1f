/* References: what an object has to do with others, to follow and to come back from. */
#include "console/app.h"
#include "console/frame.h"
#include "console/views.h"

#include "api/memory.h"
#include "api/mib_module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REFS_MAX = 600, LIST_MAX = 200 };

struct ref {
    const char *how;
    mib_node node;
};

struct refs {
    struct view view;
    struct list list;
    struct ref *ref;
    size_t n;
    struct mib *of;
    mib_node node;
    char text[700];
};

static struct refs *
self(struct view *view)
{
    return (struct refs *)view;
}

static void
add(struct refs *v, const char *how, mib_node node)
{
    if (node != MIB_NONE && node != v->node && v->n < REFS_MAX)
        v->ref[v->n++] = (struct ref){how, node};
}

static void
add_row(struct refs *v)
{
    mib_node row = mib_row(v->of, v->node);
    const struct index_part *part;
    size_t n = mib_index(v->of, v->node, &part);

    if (row != MIB_NONE) {
        add(v, "table", mib_parent(v->of, row));
        add(v, "row", row);
        add(v, "augments", mib_augments(v->of, row));
    }
    for (size_t i = 0; i < n; i++)
        add(v, "index", mib_find(v->of, part[i].name));
}

static void
add_mentions(struct refs *v)
{
    static const char *const words[] = {
        [MIB_REF_INDEX] = "index of",         [MIB_REF_AUGMENTS] = "augmented by",
        [MIB_REF_NOTIFICATION] = "carried by", [MIB_REF_GROUP] = "in group",
        [MIB_REF_COMPLIANCE] = "needed by",   [MIB_REF_CAPABILITIES] = "varied by",
        [MIB_REF_TYPE] = "of this type",
    };
    struct mib_xref xref[LIST_MAX];
    mib_node list[LIST_MAX];
    size_t n = mib_objects(v->of, v->node, list, LIST_MAX);
    uint32_t type = mib_type_of(v->of, v->node);

    for (size_t i = 0; i < n && i < LIST_MAX; i++)
        add(v, "has", list[i]);
    n = mib_xrefs(v->of, v->node, xref, LIST_MAX);
    for (size_t i = 0; i < n && i < LIST_MAX; i++)
        add(v, words[xref[i].how], xref[i].node);
    for (mib_node o = mib_other(v->of, v->node); o != MIB_NONE && v->n < REFS_MAX; o = mib_other(v->of, o))
        add(v, "also here", o);
    if (type == MIB_NONE)
        return;
    n = mib_type_users(v->of, type, list, LIST_MAX);
    for (size_t i = 0; i < n && i < LIST_MAX; i++)
        add(v, "same type", list[i]);
}

static const char *
row_text(void *arg, size_t own, const char *column)
{
    struct refs *v = arg;
    struct mib_info info;

    mib_info(v->of, v->ref[own].node, &info);
    if (column != NULL && strcmp(column, "how") == 0)
        return v->ref[own].how;
    if (column != NULL && strcmp(column, "module") == 0)
        return info.module;
    if (column != NULL && strcmp(column, "name") != 0)
        return NULL;
    snprintf(v->text, sizeof v->text, column != NULL ? "%s" : "%s %s %s", info.name, v->ref[own].how, info.module);
    return v->text;
}

void
view_refs_look(struct app *app, mib_node node)
{
    struct refs *v = self(app_push(app, &view_refs));

    v->of = app->mib;
    v->node = node;
    v->ref = memory_zero(REFS_MAX, sizeof *v->ref);
    add_row(v);
    add_mentions(v);
    v->view.list = &v->list;
    list_set(&v->list, v->n, row_text, v);
}

static void
close_view(struct view *view)
{
    list_free(&self(view)->list);
    free(self(view)->ref);
}

static void
follow(struct app *app, struct view *view, const char *argument)
{
    struct refs *v = self(view);
    size_t own;
    struct oid o;

    (void)argument;
    if (!list_current(&v->list, &own))
        return;
    o = mib_oid(v->of, v->ref[own].node);
    app_pop(app, view);
    view_browse_follow(app, &o);
}

static const struct command commands[] = {
    {"follow", "Enter", NULL, "go there; Backspace in Browse comes back", follow, NEEDS_ROW, "follow"},
};

static void
draw(struct view *view, struct canvas *c)
{
    struct refs *v = self(view);
    size_t top = list_view(&v->list, c->rows - 1), own;
    bool wide = c->cols >= 100;

    canvas_title(c, 0, mib_name(v->of, v->node), "what it has to do with others", true);
    for (int y = 1; y < c->rows && list_own(&v->list, top + (size_t)y - 1, &own); y++) {
        bool at = top + (size_t)y - 1 == v->list.at;
        struct mib_info info;

        if (at) {
            canvas_ground(c, y, 0, -1, ROLE_SELECTION);
            canvas_text(c, y, 0, 1, ROLE_CURSOR, "▌");
        }
        mib_info(v->of, v->ref[own].node, &info);
        canvas_text(c, y, 2, 13, ROLE_DIM, v->ref[own].how);
        canvas_text(c, y, 16, wide ? 44 : 36, at ? ROLE_TITLE : ROLE_TEXT, info.name);
        canvas_text(c, y, wide ? 62 : 54, wide ? 30 : c->cols - 55, ROLE_DIM, info.module);
        if (wide && info.syntax != NULL)
            canvas_text(c, y, 94, c->cols - 95, ROLE_DIM, info.syntax->type);
    }
    if (v->list.n == 0)
        canvas_text(c, 2, 2, c->cols - 3, ROLE_DIM, "nothing mentions it");
}

static void
title(struct view *view, struct title *out)
{
    snprintf(out->crumbs, sizeof out->crumbs, "%s › %.100s › references", app_views[view->app->tab]->name,
             mib_name(self(view)->of, self(view)->node));
    snprintf(out->fact, sizeof out->fact, self(view)->list.n == 1 ? "%zu reference" : "%zu references",
             self(view)->list.n);
}

const struct view_class view_refs = {
    .name = "References", .about = "what an object has to do with others", .size = sizeof(struct refs),
    .commands = commands, .n_commands = sizeof commands / sizeof *commands, .close = close_view, .draw = draw,
    .title = title, .text = row_text,
};
