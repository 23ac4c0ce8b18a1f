/* Browse: the tree with live values on the left, what the object under the cursor means and its instances right. */
#include "console/browse.h"
#include "console/app.h"
#include "console/format.h"
#include "console/frame.h"
#include "console/views.h"

#include "api/memory.h"
#include "api/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct browse *
self(struct view *view)
{
    return (struct browse *) view;
}

struct mib *
browse_mib(const struct browse *b)
{
    return b->view.app->mib;
}

mib_node
browse_node_at(const struct browse *b, size_t row)
{
    if (b->searching)
        return row < b->n_hits ? b->hit[row].node : MIB_NONE;
    return row < b->tree.n ? b->tree.row[row].node : MIB_NONE;
}

bool
browse_current(const struct browse *b, struct mib_info *info)
{
    return browse_mib(b) != NULL && b->rows.at < b->rows.n && mib_info(browse_mib(b), browse_node_at(b, b->rows.at), info);
}

/* The instances of the object: how many were read, and the first. */
static size_t
instances(const struct browse *b, size_t *n)
{
    struct mib_info info;
    struct oid name;

    *n = 0;
    if (!browse_current(b, &info))
        return 0;
    name = mib_oid(browse_mib(b), info.node);
    return readings_below(&b->readings, &name, n);
}

const struct reading *
browse_instance_at(const struct browse *b, size_t row)
{
    size_t n, first = instances(b, &n);

    return row < n ? &b->readings.at[first + row] : NULL;
}

void
browse_count_instances(struct browse *b)
{
    size_t n;

    instances(b, &n);
    b->instances.total = b->instances.n = n;
    list_go(&b->instances, b->instances.at);
}

static void
set_rows(struct browse *b)
{
    b->rows.total = b->rows.n = b->searching ? b->n_hits : b->tree.n;
    list_go(&b->rows, b->rows.at);
    browse_count_instances(b);
}

void
browse_go_to(struct browse *b, mib_node node)
{
    if (browse_mib(b) == NULL || node == MIB_NONE)
        return;
    b->searching = false;
    b->rows.expression[0] = '\0';
    b->rows.at = tree_reveal(&b->tree, browse_mib(b), node);
    b->instances.at = 0;
    set_rows(b);
}

/* The names may come, and the device may change, after the view was opened. */
static void
settle(struct browse *b)
{
    struct app *app = b->view.app;

    if (b->host != app->host) {
        browse_cancel(b);
        readings_clear(&b->readings);
        b->host = app->host;
        b->fetch_after = 0;
        b->why.kind = FAILURE_NONE;
        browse_count_instances(b);
    }
    if (app->mib == NULL)
        return;
    if (b->tree.n == 0) {
        tree_fold(&b->tree, mib_find(app->mib, "system"), true);
        tree_build(&b->tree, app->mib);
        set_rows(b);
        browse_go_to(b, mib_find(app->mib, "system"));
    }
    if (b->asked_for.n > 0) {
        struct oid name = b->asked_for;
        b->asked_for.n = 0;
        browse_go_to(b, mib_lookup(app->mib, &name, NULL));
    }
}

/* The instance that a command acts on: in the right pane the row, else the object's own or first read. */
static bool
acted_on(struct browse *b, struct oid *name)
{
    const struct reading *reading = browse_instance_at(b, b->instances.at);
    struct mib_info info;

    if (reading != NULL) {
        *name = reading->varbind->name;
        return true;
    }
    if (!browse_current(b, &info))
        return false;
    *name = mib_oid(browse_mib(b), info.node);
    if (info.kind == MIB_KIND_SCALAR)
        oid_append_arc(name, 0);
    return true;
}

/* --- commands --- */

static void
unfold(struct browse *b, bool open)
{
    tree_fold(&b->tree, browse_node_at(b, b->rows.at), open);
    tree_build(&b->tree, browse_mib(b));
    set_rows(b);
}

static void
command_get(struct app *app, struct view *view, const char *argument)
{
    struct browse *b = self(view);
    struct mib_info info;
    struct failure why;
    struct oid name;

    if (argument[0] != '\0' && app->mib != NULL) {
        if (!mib_parse_object(app->mib, argument, &name, &why)) {
            app_failure(app, &why);
            return;
        }
        browse_go_to(b, mib_lookup(app->mib, &name, NULL));
        browse_ask(b, &name, false);
        return;
    }
    if (!browse_current(b, &info))
        return;
    if (b->searching)
        browse_go_to(b, info.node);
    if (view->list == &b->instances && acted_on(b, &name))
        browse_ask(b, &name, false);
    else if (info.kind == MIB_KIND_COLUMN)
        name = mib_oid(app->mib, info.node), browse_walk_from(b, &name);
    else if (info.kind == MIB_KIND_SCALAR && acted_on(b, &name))
        browse_ask(b, &name, false);
    else if (!b->tree.row[b->rows.at].leaf)
        unfold(b, !b->tree.row[b->rows.at].open);
}

static void
command_next(struct app *app, struct view *view, const char *argument)
{
    struct browse *b = self(view);
    struct oid name;

    (void) app, (void) argument;
    if (acted_on(b, &name))
        browse_ask(b, &name, true);
}

static void
command_walk(struct app *app, struct view *view, const char *argument)
{
    struct browse *b = self(view);
    struct mib_info info;
    struct failure why;
    struct oid name;

    if (argument[0] != '\0' && app->mib != NULL) {
        if (!mib_parse_object(app->mib, argument, &name, &why)) {
            app_failure(app, &why);
            return;
        }
        browse_go_to(b, mib_lookup(app->mib, &name, NULL));
    } else if (!browse_current(b, &info)) {
        return;
    } else {
        name = mib_oid(app->mib, info.node);
    }
    browse_walk_from(b, &name);
}

static void
command_table(struct app *app, struct view *view, const char *argument)
{
    mib_node node;
    struct mib_info info;

    if (argument[0] != '\0')
        node = mib_find(app->mib, argument);
    else
        node = browse_current(self(view), &info) ? info.node : MIB_NONE;
    if (node == MIB_NONE || mib_row(app->mib, node) == MIB_NONE)
        app_message(app, ROLE_WARNING, "%s is not in a table", argument[0] != '\0' ? argument : "this");
    else
        view_table_look(app, node);
}

static void
command_set(struct app *app, struct view *view, const char *argument)
{
    struct browse *b = self(view);
    const struct reading *reading;
    struct failure why;
    struct oid name;

    if (argument[0] != '\0') {
        if (!mib_parse_object(app->mib, argument, &name, &why))
            app_failure(app, &why);
        else
            view_set_add(app, &name, NULL);
    } else if (acted_on(b, &name)) {
        reading = readings_get(&b->readings, &name);
        view_set_add(app, &name, reading != NULL ? &reading->varbind->value : NULL);
    }
}

static void
command_go(struct app *app, struct view *view, const char *argument)
{
    struct failure why;
    struct oid name;

    if (!mib_parse_object(app->mib, argument, &name, &why))
        app_failure(app, &why);
    else
        browse_go_to(self(view), mib_lookup(app->mib, &name, NULL));
}

static void
command_references(struct app *app, struct view *view, const char *argument)
{
    struct mib_info info;

    (void) argument;
    if (browse_current(self(view), &info))
        view_refs_look(app, info.node);
}

static void
command_return(struct app *app, struct view *view, const char *argument)
{
    struct browse *b = self(view);

    (void) argument;
    if (b->n_back == 0)
        app_message(app, ROLE_WARNING, "no reference was followed");
    else
        browse_go_to(b, mib_lookup(app->mib, &b->back[--b->n_back], NULL));
}

static const struct command commands[] = {
    {"get", "Enter", "[OBJECT]", "read it; unfold a node", command_get, NEEDS_MIB | NEEDS_DEVICE, "get"},
    {"next", ">", NULL, "read the next instance", command_next, NEEDS_MIB | NEEDS_DEVICE, "next"},
    {"walk", "w", "[OBJECT]", "read all below; rows stream in", command_walk, NEEDS_MIB | NEEDS_DEVICE, "walk"},
    {"table", "t", "[OBJECT]", "as rows and columns", command_table, NEEDS_MIB | NEEDS_DEVICE, "table"},
    {"set", "e", "[OBJECT]", "edit the value", command_set, NEEDS_MIB | NEEDS_DEVICE | NEEDS_WRITE, "set"},
    {"references", "R", NULL, "what it has to do with others", command_references, NEEDS_MIB, "references"},
    {"return", "Backspace", NULL, "back from where a reference led", command_return, NEEDS_MIB, NULL},
    {"go", NULL, "OBJECT", "go to an object", command_go, NEEDS_MIB, NULL},
};

static void
open_view(struct view *view)
{
    struct browse *b = self(view);

    view->list = &b->rows;
    settle(b);
}

static void
close_view(struct view *view)
{
    struct browse *b = self(view);

    browse_cancel(b);
    tree_free(&b->tree);
    readings_clear(&b->readings);
    list_free(&b->rows);
    list_free(&b->instances);
}

static void
moved(struct view *view)
{
    struct browse *b = self(view);

    if (view->list == &b->rows) {
        b->instances.at = 0;
        browse_count_instances(b);
    }
}

static void
sideways(struct view *view, int by)
{
    struct browse *b = self(view);

    if (b->searching || browse_mib(b) == NULL || view->list != &b->rows || b->rows.at >= b->tree.n)
        return;
    if (by > 0 && !b->tree.row[b->rows.at].leaf && !b->tree.row[b->rows.at].open)
        unfold(b, true);
    else if (by > 0)
        list_move(&b->rows, LIST_DOWN);
    else if (b->tree.row[b->rows.at].open && !b->tree.row[b->rows.at].leaf)
        unfold(b, false);
    else
        list_go(&b->rows, tree_above(&b->tree, b->rows.at));
    moved(view);
}

static void
other_part(struct view *view, int by)
{
    struct browse *b = self(view);

    (void) by;
    view->list = view->list == &b->rows ? &b->instances : &b->rows;
}

static void
search(struct view *view, const char *expression, bool done)
{
    struct browse *b = self(view);
    mib_node chosen = b->searching ? browse_node_at(b, b->rows.at) : MIB_NONE;

    if (browse_mib(b) == NULL)
        return;
    view->list = &b->rows;
    if (done && b->searching && b->n_hits > 0) {
        browse_go_to(b, chosen);
        return;
    }
    snprintf(b->rows.expression, sizeof b->rows.expression, "%s", expression);
    if (expression[0] == '\0') {
        browse_go_to(b, chosen != MIB_NONE ? chosen : browse_node_at(b, b->rows.at));
        b->searching = false;
        set_rows(b);
        return;
    }
    b->searching = true;
    b->n_hits = mib_search(browse_mib(b), expression, b->hit, HITS_MAX);
    b->rows.at = b->rows.top = 0;
    set_rows(b);
    if (done && b->n_hits > 0)
        browse_go_to(b, b->hit[0].node);
}

static void
tick(struct view *view, bool changed)
{
    (void) changed;
    settle(self(view));
    browse_fetch(self(view));
}

static bool
stop(struct view *view)
{
    struct browse *b = self(view);
    bool ran = b->walk != NULL || b->get != NULL;

    if (ran)
        app_message(view->app, ROLE_WARNING, "stopped; what came stays%s", b->walk != NULL ? ", and is partial" : "");
    b->partial = b->partial || b->walk != NULL;
    browse_cancel(b);
    return ran;
}

static void
again(struct view *view)
{
    struct browse *b = self(view);
    struct mib_info info;
    size_t n;

    b->fetch_after = 0;
    instances(b, &n);
    if (view->app->host != NULL && view->app->host->device != NULL && browse_current(b, &info) && n > 0) {
        struct oid name = mib_oid(browse_mib(b), info.node);
        browse_walk_from(b, &name);
    }
}

static void
title(struct view *view, struct title *out)
{
    struct browse *b = self(view);
    const struct app *app = view->app;
    struct mib_info info;
    char number[FORMAT_MAX];

    snprintf(out->crumbs, sizeof out->crumbs, "%s", app->host != NULL ? host_name(app->host) : "no device");
    if (browse_current(b, &info))
        snprintf(out->crumbs, sizeof out->crumbs, "%s › %s › %s", app->host != NULL ? host_name(app->host) : "no device",
                 info.module, info.name);
    if (b->walk != NULL)
        snprintf(out->fact, sizeof out->fact, "%s read · ^c stops", format_number(b->walked, number));
    else if (app->mib != NULL)
        snprintf(out->fact, sizeof out->fact, "%s objects known", format_number(mib_count(app->mib), number));
}

static const char *
text(void *arg, size_t own, const char *column)
{
    struct browse *b = arg;
    const struct reading *reading;
    struct mib_info info;
    char name[300], value[512];

    if (browse_mib(b) == NULL || !browse_current(b, &info))
        return NULL;
    (void) own;
    reading = browse_instance_at(b, b->instances.at);
    if (reading == NULL)
        return info.name;
    mib_render(browse_mib(b), &reading->varbind->value, info.syntax, RENDER_PLAIN, value, sizeof value);
    if (column != NULL)
        snprintf(b->text, sizeof b->text, "%s", value);
    else
        snprintf(b->text, sizeof b->text, "%s = %s",
                 mib_format_object(browse_mib(b), &reading->varbind->name, name, sizeof name), value);
    return b->text;
}

void
view_browse_look(struct app *app, const struct oid *name)
{
    struct browse *b = self(app_show(app, &view_browse));

    b->asked_for = *name;
    settle(b);
}

void
view_browse_follow(struct app *app, const struct oid *name)
{
    struct browse *b = self(app_show(app, &view_browse));
    struct mib_info info;

    if (browse_current(b, &info)) {
        if (b->n_back == BACK_MAX)
            memmove(b->back, b->back + 1, --b->n_back * sizeof b->back[0]);
        b->back[b->n_back++] = mib_oid(app->mib, info.node);
    }
    view_browse_look(app, name);
}

/* The tree anew, with the cursor where it was. */
static void
renamed(struct view *view, struct mib *old)
{
    struct browse *b = self(view);
    struct mib_info info;
    struct oid name;
    bool somewhere = b->rows.at < b->rows.n && mib_info(old, browse_node_at(b, b->rows.at), &info);

    if (somewhere)
        name = mib_oid(old, info.node);
    b->searching = false;
    b->n_hits = 0;
    b->rows.expression[0] = '\0';
    tree_free(&b->tree);
    memset(&b->tree, 0, sizeof b->tree);
    b->rows.at = b->rows.total = b->rows.n = 0;
    settle(b);
    if (somewhere)
        browse_go_to(b, mib_lookup(view->app->mib, &name, NULL));
}

const struct view_class view_browse = {
    .name = "Browse", .about = "the tree of objects, with the device's values", .size = sizeof(struct browse),
    .commands = commands, .n_commands = sizeof commands / sizeof *commands,
    .open = open_view, .close = close_view, .draw = browse_draw, .title = title, .moved = moved, .sideways = sideways,
    .tick = tick, .again = again, .stop = stop, .part = other_part, .text = text, .search = search,
    .renamed = renamed,
};
