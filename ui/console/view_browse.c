/* Browse: the tree with live values on the left, what the object under the cursor means and its instances right. */
#include "console/app.h"
#include "console/format.h"
#include "console/frame.h"
#include "console/readings.h"
#include "console/tree.h"
#include "console/views.h"

#include "api/memory.h"
#include "api/mib_module.h"
#include "api/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BACK_MAX = 32, HITS_MAX = 200, FETCH_MAX = 40, VALUE_TEXT = 512 };

struct browse {
    struct view view;
    struct list rows;      /* of the tree, or of the hits while searching */
    struct list instances; /* of the object under the cursor */
    struct tree tree;
    struct readings readings;
    struct host *host;     /* whose readings these are */
    struct oid asked_for;  /* to look at as soon as the names are there */
    struct mib_hit hit[HITS_MAX];
    size_t n_hits;
    bool searching;
    struct request *walk, *get, *fetch;
    uint64_t walked;
    struct oid walk_root;
    int64_t fetch_after;   /* not before, after a failure */
    struct failure why;    /* of the last read */
    bool partial;
    struct oid back[BACK_MAX]; /* where references were followed from */
    size_t n_back;
    char text[2048];
};

static struct browse *
self(struct view *view)
{
    return (struct browse *) view;
}

static struct mib *
mib_of(const struct browse *b)
{
    return b->view.app->mib;
}

static mib_node
node_at(const struct browse *b, size_t row)
{
    if (b->searching)
        return row < b->n_hits ? b->hit[row].node : MIB_NONE;
    return row < b->tree.n ? b->tree.row[row].node : MIB_NONE;
}

static bool
current(const struct browse *b, struct mib_info *info)
{
    return mib_of(b) != NULL && b->rows.at < b->rows.n && mib_info(mib_of(b), node_at(b, b->rows.at), info);
}

/* The instances of the object: how many were read, and the first. */
static size_t
instances(const struct browse *b, size_t *n)
{
    struct mib_info info;
    struct oid name;

    *n = 0;
    if (!current(b, &info))
        return 0;
    name = mib_oid(mib_of(b), info.node);
    return readings_below(&b->readings, &name, n);
}

static const struct reading *
instance_at(const struct browse *b, size_t row)
{
    size_t n, first = instances(b, &n);

    return row < n ? &b->readings.at[first + row] : NULL;
}

static void
count_instances(struct browse *b)
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
    count_instances(b);
}

static void
cancel(struct browse *b)
{
    if (b->walk != NULL || b->get != NULL)
        app_busy(b->view.app, -(b->walk != NULL) - (b->get != NULL));
    request_cancel(b->walk);
    request_cancel(b->get);
    request_cancel(b->fetch);
    b->walk = b->get = b->fetch = NULL;
}

static void
go_to(struct browse *b, mib_node node)
{
    if (mib_of(b) == NULL || node == MIB_NONE)
        return;
    b->searching = false;
    b->rows.expression[0] = '\0';
    b->rows.at = tree_reveal(&b->tree, mib_of(b), node);
    b->instances.at = 0;
    set_rows(b);
}

/* The names may come, and the device may change, after the view was opened. */
static void
settle(struct browse *b)
{
    struct app *app = b->view.app;

    if (b->host != app->host) {
        cancel(b);
        readings_clear(&b->readings);
        b->host = app->host;
        b->fetch_after = 0;
        b->why.kind = FAILURE_NONE;
        count_instances(b);
    }
    if (app->mib == NULL)
        return;
    if (b->tree.n == 0) {
        tree_fold(&b->tree, mib_find(app->mib, "system"), true);
        tree_build(&b->tree, app->mib);
        set_rows(b);
        go_to(b, mib_find(app->mib, "system"));
    }
    if (b->asked_for.n > 0) {
        struct oid name = b->asked_for;
        b->asked_for.n = 0;
        go_to(b, mib_lookup(app->mib, &name, NULL));
    }
}

static bool
keep(struct browse *b, const struct varbind *varbind)
{
    return readings_put(&b->readings, varbind, b->view.app->now);
}

/* --- live values beside the leaves that can be seen --- */

static void
fetched(void *arg, const struct device_reply *reply)
{
    struct browse *b = arg;

    b->fetch = NULL;
    if (reply->failure != NULL && reply->n == 0)
        b->fetch_after = b->view.app->now + LOOP_S(10);
    for (size_t i = 0; i < reply->n; i++)
        keep(b, &reply->varbinds[i]);
    count_instances(b);
    b->view.app->dirty = true;
}

static void
fetch(struct browse *b)
{
    struct app *app = b->view.app;
    struct oid name[FETCH_MAX];
    size_t n = 0;

    if (b->fetch != NULL || app->mib == NULL || app->host == NULL || app->host->device == NULL ||
        app->now < b->fetch_after || app->host->status.state != DEVICE_ANSWERS)
        return;
    for (size_t i = b->rows.top; i < b->rows.n && i < b->rows.top + (size_t) b->rows.height && n < FETCH_MAX; i++) {
        struct mib_info info;
        const struct reading *reading;

        if (!mib_info(app->mib, node_at(b, i), &info) || info.kind != MIB_KIND_SCALAR)
            continue;
        name[n] = mib_oid(app->mib, info.node);
        oid_append_arc(&name[n], 0);
        reading = readings_get(&b->readings, &name[n]);
        if (reading == NULL || app->now - reading->at > LOOP_S(10))
            n++;
    }
    if (n > 0)
        b->fetch = device_get(app->host->device, name, n, fetched, b);
}

/* --- get, next, walk --- */

static void
got(void *arg, const struct device_reply *reply)
{
    struct browse *b = arg;
    struct app *app = b->view.app;
    char name[256];

    b->get = NULL;
    app_busy(app, -1);
    b->why.kind = FAILURE_NONE;
    if (reply->failure != NULL) {
        b->why = *reply->failure;
        app_failure(app, reply->failure);
        return;
    }
    for (size_t i = 0; i < reply->n; i++)
        keep(b, &reply->varbinds[i]);
    if (reply->n == 1 && app->mib != NULL) {
        const struct oid *o = &reply->varbinds[0].name;
        go_to(b, mib_lookup(app->mib, o, NULL));
        for (size_t i = 0; i < b->instances.n; i++)
            if (oid_compare(&instance_at(b, i)->varbind->name, o) == 0)
                list_go(&b->instances, i);
        app_message(app, ROLE_TEXT, "%s read", mib_format_object(app->mib, o, name, sizeof name));
    }
    count_instances(b);
}

static void
ask(struct browse *b, const struct oid *name, bool next)
{
    struct app *app = b->view.app;

    if (b->get != NULL) {
        request_cancel(b->get);
        app_busy(app, -1);
    }
    b->get = next ? device_get_next(app->host->device, name, 1, got, b) : device_get(app->host->device, name, 1, got, b);
    if (b->get != NULL)
        app_busy(app, 1);
}

static void
walked_rows(void *arg, const struct varbind *varbinds, size_t n)
{
    struct browse *b = arg;

    for (size_t i = 0; i < n; i++)
        if (!keep(b, &varbinds[i])) {
            app_message(b->view.app, ROLE_WARNING, "no more than %d values are kept here", READINGS_MAX);
            b->partial = true;
            request_cancel(b->walk);
            b->walk = NULL;
            app_busy(b->view.app, -1);
            break;
        }
    b->walked += n;
    count_instances(b);
    b->view.app->dirty = true;
}

static void
walk_ended(void *arg, const struct walk_end *end)
{
    struct browse *b = arg;
    struct app *app = b->view.app;
    char number[FORMAT_MAX];

    b->walk = NULL;
    app_busy(app, -1);
    b->partial = end->failure != NULL || end->note != NULL;
    b->why.kind = FAILURE_NONE;
    if (end->failure != NULL)
        b->why = *end->failure;
    if (end->failure != NULL)
        app_message(app, ROLE_ERROR, "partial, %s values: %s", format_number(b->walked, number), end->failure->text);
    else if (end->note != NULL)
        app_message(app, ROLE_WARNING, "%s values; %s", format_number(b->walked, number), end->note);
    else if (b->walked == 0)
        app_message(app, ROLE_WARNING, "the device has nothing there");
    else
        app_message(app, ROLE_TEXT, "%s values read", format_number(b->walked, number));
    count_instances(b);
}

static void
walk_from(struct browse *b, const struct oid *root)
{
    struct app *app = b->view.app;

    if (b->walk != NULL) {
        request_cancel(b->walk);
        app_busy(app, -1);
    }
    b->walked = 0;
    b->partial = false;
    b->walk_root = *root;
    b->walk = device_walk(app->host->device, root, walked_rows, walk_ended, b);
    if (b->walk != NULL)
        app_busy(app, 1);
}

/* The instance that a command acts on: in the right pane the row, else the object's own or first read. */
static bool
acted_on(struct browse *b, struct oid *name)
{
    const struct reading *reading = instance_at(b, b->instances.at);
    struct mib_info info;

    if (reading != NULL) {
        *name = reading->varbind->name;
        return true;
    }
    if (!current(b, &info))
        return false;
    *name = mib_oid(mib_of(b), info.node);
    if (info.kind == MIB_KIND_SCALAR)
        oid_append_arc(name, 0);
    return true;
}

/* --- commands --- */

static void
unfold(struct browse *b, bool open)
{
    tree_fold(&b->tree, node_at(b, b->rows.at), open);
    tree_build(&b->tree, mib_of(b));
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
        go_to(b, mib_lookup(app->mib, &name, NULL));
        ask(b, &name, false);
        return;
    }
    if (!current(b, &info))
        return;
    if (b->searching)
        go_to(b, info.node);
    if (view->list == &b->instances && acted_on(b, &name))
        ask(b, &name, false);
    else if (info.kind == MIB_KIND_COLUMN)
        name = mib_oid(app->mib, info.node), walk_from(b, &name);
    else if (info.kind == MIB_KIND_SCALAR && acted_on(b, &name))
        ask(b, &name, false);
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
        ask(b, &name, true);
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
        go_to(b, mib_lookup(app->mib, &name, NULL));
    } else if (!current(b, &info)) {
        return;
    } else {
        name = mib_oid(app->mib, info.node);
    }
    walk_from(b, &name);
}

static void
command_table(struct app *app, struct view *view, const char *argument)
{
    mib_node node;
    struct mib_info info;

    if (argument[0] != '\0')
        node = mib_find(app->mib, argument);
    else
        node = current(self(view), &info) ? info.node : MIB_NONE;
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
        go_to(self(view), mib_lookup(app->mib, &name, NULL));
}

static void
command_references(struct app *app, struct view *view, const char *argument)
{
    struct mib_info info;

    (void) argument;
    if (current(self(view), &info))
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
        go_to(b, mib_lookup(app->mib, &b->back[--b->n_back], NULL));
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

    cancel(b);
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
        count_instances(b);
    }
}

static void
sideways(struct view *view, int by)
{
    struct browse *b = self(view);

    if (b->searching || mib_of(b) == NULL || view->list != &b->rows || b->rows.at >= b->tree.n)
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
    mib_node chosen = b->searching ? node_at(b, b->rows.at) : MIB_NONE;

    if (mib_of(b) == NULL)
        return;
    view->list = &b->rows;
    if (done && b->searching && b->n_hits > 0) {
        go_to(b, chosen);
        return;
    }
    snprintf(b->rows.expression, sizeof b->rows.expression, "%s", expression);
    if (expression[0] == '\0') {
        go_to(b, chosen != MIB_NONE ? chosen : node_at(b, b->rows.at));
        b->searching = false;
        set_rows(b);
        return;
    }
    b->searching = true;
    b->n_hits = mib_search(mib_of(b), expression, b->hit, HITS_MAX);
    b->rows.at = b->rows.top = 0;
    set_rows(b);
    if (done && b->n_hits > 0)
        go_to(b, b->hit[0].node);
}

static void
tick(struct view *view, bool changed)
{
    (void) changed;
    settle(self(view));
    fetch(self(view));
}

static bool
stop(struct view *view)
{
    struct browse *b = self(view);
    bool ran = b->walk != NULL || b->get != NULL;

    if (ran)
        app_message(view->app, ROLE_WARNING, "stopped; what came stays%s", b->walk != NULL ? ", and is partial" : "");
    b->partial = b->partial || b->walk != NULL;
    cancel(b);
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
    if (view->app->host != NULL && view->app->host->device != NULL && current(b, &info) && n > 0) {
        struct oid name = mib_oid(mib_of(b), info.node);
        walk_from(b, &name);
    }
}

/* --- drawing --- */

static const char *
value_text(struct browse *b, const struct reading *reading, const struct syntax *syntax, enum render_style style)
{
    mib_render(mib_of(b), &reading->varbind->value, syntax, style, b->text, VALUE_TEXT);
    return style == RENDER_QUOTED ? render_units(&reading->varbind->value, syntax, b->text, VALUE_TEXT) : b->text;
}

static enum role
value_role(const struct browse *b, const struct reading *reading)
{
    if (value_is_exception(&reading->varbind->value))
        return ROLE_WARNING;
    if (reading->changed && b->view.app->now - reading->at < LOOP_S(10))
        return ROLE_WAS_CHANGED;
    return ROLE_TEXT;
}

/* What stands at the right of a branch: a live value, how many were read, or its number, quietly. */
static void
draw_branch_value(struct browse *b, struct canvas *c, int y, const struct mib_info *info, int room)
{
    struct oid name = mib_oid(mib_of(b), info->node);
    char number[FORMAT_MAX], text[OID_TEXT_MAX];
    const struct reading *reading = NULL;
    size_t n, first = readings_below(&b->readings, &name, &n);

    if (info->kind == MIB_KIND_SCALAR && n > 0)
        reading = &b->readings.at[first];
    if (reading != NULL) {
        canvas_right(c, y, c->cols - 1, room, value_role(b, reading),
                     value_text(b, reading, info->syntax, RENDER_QUOTED));
    } else if (n > 0) {
        char words[FORMAT_MAX + 8];
        snprintf(words, sizeof words, "%s read", format_number(n, number));
        canvas_right(c, y, c->cols - 1, room, ROLE_DIM, words);
    } else if (info->kind == MIB_KIND_NODE) {
        canvas_right(c, y, c->cols - 1, room, ROLE_FAINT, oid_format(&name, text));
    }
}

static void
draw_branch(struct browse *b, struct canvas *c, int y, size_t row, bool focus)
{
    bool at = row == b->rows.at;
    struct branch flat = {node_at(b, row), 0, false, true}, *branch = b->searching ? &flat : &b->tree.row[row];
    struct mib_info info;
    int x = 2, used;
    bool writable;

    if (!mib_info(mib_of(b), branch->node, &info))
        return;
    if (at) {
        canvas_ground(c, y, 0, c->cols, focus ? ROLE_SELECTION : ROLE_SELECTION_OTHER);
        canvas_text(c, y, 0, 1, focus ? ROLE_CURSOR : ROLE_DIM, focus ? "▌" : "▏");
    }
    for (int i = 0; i < branch->depth && x < c->cols / 2; i++, x += 2)
        canvas_text(c, y, x, 1, ROLE_FRAME, "┊");
    writable = info.access == MIB_READ_WRITE || info.access == MIB_READ_CREATE || info.access == MIB_WRITE_ONLY;
    canvas_text(c, y, x, 1, writable ? ROLE_MARKED : ROLE_DIM,
                writable ? "✎" : branch->leaf ? "·" : branch->open ? "▾" : "▸");
    x += 2;
    used = canvas_text(c, y, x, c->cols - x - 1, at ? ROLE_TITLE : branch->leaf ? ROLE_TEXT : ROLE_STRONG,
                       info.name[0] != '\0' ? info.name : "?");
    draw_branch_value(b, c, y, &info, c->cols - 1 - (x + used + 2));
}

static void
draw_tree(struct browse *b, struct canvas *c)
{
    bool focus = b->view.list == &b->rows;
    size_t top = list_view(&b->rows, c->rows - 1);
    char fact[80] = "live values";

    if (b->searching)
        snprintf(fact, sizeof fact, "%zu hit%s, best first", b->n_hits, b->n_hits == 1 ? "" : "s");
    canvas_title(c, 0, b->searching ? "Found" : "Objects", fact, focus);
    for (int y = 1; y < c->rows && top + (size_t) y - 1 < b->rows.n; y++)
        draw_branch(b, c, y, top + (size_t) y - 1, focus);
    if (b->searching && b->n_hits == 0)
        canvas_text(c, 2, 4, c->cols - 5, ROLE_DIM, "nothing of that name or meaning is loaded");
}

static int
draw_syntax(struct browse *b, struct canvas *c, int y, const struct mib_info *info)
{
    const struct syntax *s = info->syntax;
    char text[400] = "";
    size_t used = 0;

    (void) b;
    if (s == NULL)
        return y;
    for (uint32_t i = 0; i < s->n_ranges && used < 100; i++)
        used += (size_t) snprintf(text + used, sizeof text - used, syntax_is_unsigned(s->base) ? "%s%llu..%llu" : "%s%lld..%lld",
                                  i > 0 ? " | " : s->base == SYNTAX_OCTETS ? "SIZE " : "", (long long) s->ranges[i].low,
                                  (long long) s->ranges[i].high);
    y = draw_fact(c, y, 2, 9, "syntax", "%s  %s", s->type, text);
    if (s->n_names > 0) {
        used = 0;
        for (uint32_t i = 0; i < s->n_names && used < sizeof text - 80; i++)
            used += (size_t) snprintf(text + used, sizeof text - used, "%s%s(%lld)", i > 0 ? "  " : "", s->names[i].label,
                                      (long long) s->names[i].number);
        canvas_text(c, y, 2, 9, ROLE_DIM, s->base == SYNTAX_BITS ? "bits" : "one of");
        y += canvas_wrap(c, y, 12, c->cols - 13, c->rows > 28 ? 4 : 2, ROLE_TEXT, text);
    }
    if (info->units[0] != '\0')
        y = draw_fact(c, y, 2, 9, "units", "%s", info->units);
    return y;
}

/* A user's own copy of a module wins over the one that trapline brings, and with it its words. */
static int
draw_whose(struct browse *b, struct canvas *c, int y, const struct mib_info *info)
{
    struct mib_module module;

    if (info->description[0] == '\0' || !mib_module(mib_of(b), info->module_number, &module))
        return y;
    return draw_fact(c, y, 2, 9, "words", module.ours ? "trapline's" : "the module's own");
}

static int
draw_index(struct browse *b, struct canvas *c, int y, const struct mib_info *info)
{
    const struct index_part *part;
    size_t n = mib_index(mib_of(b), info->node, &part), used = 0;
    char text[300] = "";

    for (size_t i = 0; i < n && used < sizeof text - 100; i++)
        used += (size_t) snprintf(text + used, sizeof text - used, "%s%s %s", i > 0 ? ", " : "", part[i].name,
                                  part[i].syntax != NULL ? part[i].syntax->type : "");
    return n > 0 ? draw_fact(c, y, 2, 9, "index", "%s", text) : y;
}

static int
draw_object(struct browse *b, struct canvas *c, const struct mib_info *info)
{
    struct oid name = mib_oid(mib_of(b), info->node);
    char text[OID_TEXT_MAX];
    int y = 1, lines;

    canvas_title(c, 0, info->name, oid_format(&name, text), false);
    y = draw_syntax(b, c, y, info);
    if (info->access != MIB_ACCESS_NONE)
        y = draw_fact(c, y, 2, 9, "access", "%s", mib_access_word(info->access));
    y = draw_index(b, c, y, info);
    if (info->default_value[0] != '\0')
        y = draw_fact(c, y, 2, 9, "default", "%s", info->default_value);
    y = draw_fact(c, y, 2, 9, "module", "%s  %s  %s", info->module, mib_kind_word(info->kind),
                  mib_status_word(info->status));
    y = draw_whose(b, c, y, info);
    lines = c->rows - y - (c->rows > 24 ? 14 : 7);
    if (info->description[0] != '\0' && lines > 0)
        y += 1 + draw_prose(c, y + 1, 2, c->cols - 3, lines, ROLE_TEXT, info->description);
    return y + 1;
}

static void
draw_instance(struct browse *b, struct canvas *c, int y, size_t row, const struct oid *root)
{
    const struct reading *reading = instance_at(b, row);
    const struct oid *name = &reading->varbind->name;
    bool focus = b->view.list == &b->instances, at = row == b->instances.at, wide = c->cols > 50;
    struct mib_info info = {.syntax = NULL};
    char label[200], age[FORMAT_MAX];
    int value = c->cols / 3;
    mib_node node = mib_lookup(mib_of(b), name, NULL);

    if (at) {
        canvas_ground(c, y, 0, c->cols, focus ? ROLE_SELECTION : ROLE_SELECTION_OTHER);
        canvas_text(c, y, 0, 1, focus ? ROLE_CURSOR : ROLE_DIM, focus ? "▌" : "▏");
    }
    mib_info(mib_of(b), node, &info);
    mib_format_object(mib_of(b), name, label, sizeof label);
    if (mib_oid(mib_of(b), node).n == root->n) {
        const char *dot = strchr(label, '.');
        canvas_text(c, y, 2, value - 3, at ? ROLE_TITLE : ROLE_TEXT, dot != NULL ? dot : label);
    } else {
        canvas_text(c, y, 2, value - 3, at ? ROLE_TITLE : ROLE_TEXT, label);
    }
    canvas_text(c, y, value, c->cols - value - (wide ? 8 : 6), value_role(b, reading),
                value_text(b, reading, info.syntax, RENDER_QUOTED));
    canvas_right(c, y, c->cols - 1, 7, ROLE_DIM, format_age((b->view.app->now - reading->at) / LOOP_S(1), age));
}

static void
draw_instances(struct browse *b, struct canvas *c, const struct mib_info *info)
{
    struct oid root = mib_oid(mib_of(b), info->node);
    size_t top = list_view(&b->instances, c->rows - 1);
    char fact[100], number[FORMAT_MAX];

    snprintf(fact, sizeof fact, "%s%s", format_number(b->instances.n, number),
             b->walk != NULL ? " · reading …" : b->partial ? " · partial" : "");
    canvas_title(c, 0, "Instances", fact, b->view.list == &b->instances);
    for (int y = 1; y < c->rows && top + (size_t) y - 1 < b->instances.n; y++)
        draw_instance(b, c, y, top + (size_t) y - 1, &root);
    if (b->instances.n == 0 && b->why.kind != FAILURE_NONE)
        canvas_wrap(c, 1, 2, c->cols - 3, c->rows - 1, ROLE_ERROR, b->why.text);
    else if (b->instances.n == 0)
        canvas_text(c, 1, 2, c->cols - 3, ROLE_DIM,
                    info->kind == MIB_KIND_NOTIFICATION ? "a notification is received, not read"
                    : b->view.app->host == NULL ? "choose a device in view 1"
                                                : "nothing read yet: Enter reads, w walks all below");
}

static void
draw(struct view *view, struct canvas *c)
{
    struct browse *b = self(view);
    int split = c->cols >= 100 ? 58 : c->cols * 45 / 100;
    struct canvas left = canvas_part(c, 0, 0, c->rows, split), right = canvas_part(c, 0, split + 2, c->rows, c->cols);
    struct mib_info info;
    int y;

    if (view->app->mib == NULL) {
        canvas_wrap(c, c->rows / 3, 4, c->cols - 8, 4,
                    view->app->mib_why.kind == FAILURE_BUSY ? ROLE_DIM : ROLE_ERROR,
                    view->app->mib_why.kind != FAILURE_NONE ? view->app->mib_why.text : "opening the names …");
        return;
    }
    draw_tree(b, &left);
    for (y = 0; y < c->rows; y++)
        canvas_text(c, y, split + 1, 1, ROLE_FRAME, "│");
    if (!current(b, &info))
        return;
    y = draw_object(b, &right, &info);
    if (y < right.rows - 2) {
        struct canvas below = canvas_part(&right, y, 0, right.rows - y, right.cols);
        draw_instances(b, &below, &info);
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
    if (current(b, &info))
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
    char name[300], value[VALUE_TEXT];

    if (mib_of(b) == NULL || !current(b, &info))
        return NULL;
    (void) own;
    reading = instance_at(b, b->instances.at);
    if (reading == NULL)
        return info.name;
    snprintf(value, sizeof value, "%.*s", VALUE_TEXT - 1, value_text(b, reading, info.syntax, RENDER_PLAIN));
    if (column != NULL)
        snprintf(b->text, sizeof b->text, "%s", value);
    else
        snprintf(b->text, sizeof b->text, "%s = %s",
                 mib_format_object(mib_of(b), &reading->varbind->name, name, sizeof name), value);
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

    if (current(b, &info)) {
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
    bool somewhere = b->rows.at < b->rows.n && mib_info(old, node_at(b, b->rows.at), &info);

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
        go_to(b, mib_lookup(view->app->mib, &name, NULL));
}

const struct view_class view_browse = {
    .name = "Browse", .about = "the tree of objects, with the device's values", .size = sizeof(struct browse),
    .commands = commands, .n_commands = sizeof commands / sizeof *commands,
    .open = open_view, .close = close_view, .draw = draw, .title = title, .moved = moved, .sideways = sideways,
    .tick = tick, .again = again, .stop = stop, .part = other_part, .text = text, .search = search,
    .renamed = renamed,
};
