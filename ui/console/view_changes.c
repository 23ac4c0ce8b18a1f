/* Changes: what was set, by whom, what it was, what it read back as; and the way back. */
#include "console/app.h"
#include "console/format.h"
#include "console/frame.h"
#include "console/views.h"

#include "api/changes.h"
#include "api/memory.h"
#include "api/render.h"
#include "api/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGES_MAX = 500 };

struct change_row {
    struct change change; /* its values are those of the copies */
    struct varbind *was, *set, *back;
    char who[60], device[100], words[240];
};

struct changes_view {
    struct view view;
    struct list list;
    struct change_row *row;
    size_t n;
    struct failure why;
    char text[900];
};

static struct changes_view *
self(struct view *view)
{
    return (struct changes_view *) view;
}

static void
keep(char *out, size_t size, const char *text)
{
    out[0] = '\0';
    if (text != NULL)
        text_sanitize((const uint8_t *) text, strlen(text), out, size);
}

static struct varbind *
copy(const struct oid *name, const struct value *value)
{
    struct varbind v = {*name, *value};

    return varbind_copy(&v);
}

static void
forget(struct changes_view *v)
{
    for (size_t i = 0; i < v->n; i++) {
        free(v->row[i].was);
        free(v->row[i].set);
        free(v->row[i].back);
    }
    v->n = 0;
}

static bool
came(void *arg, const struct change *change)
{
    struct changes_view *v = arg;
    struct change_row *r = &v->row[v->n++];

    r->change = *change;
    r->was = copy(&change->name, &change->old_value);
    r->set = copy(&change->name, &change->new_value);
    r->back = copy(&change->name, &change->read_back);
    r->change.old_value = r->was->value;
    r->change.new_value = r->set->value;
    r->change.read_back = r->back->value;
    keep(r->who, sizeof r->who, change->who);
    keep(r->device, sizeof r->device, change->device);
    keep(r->words, sizeof r->words, change->words);
    return v->n < CHANGES_MAX;
}

static char *
value(const struct changes_view *v, const struct change_row *r, const struct value *value_of, char *text, size_t size)
{
    struct mib *mib = v->view.app->mib;

    if (value_of->type == VALUE_NULL) {
        snprintf(text, size, "—");
        return text;
    }
    return mib_render(mib, value_of, mib_syntax(mib, &r->change.name), RENDER_QUOTED, text, size);
}

static char *
object(const struct changes_view *v, const struct change_row *r, char *text, size_t size)
{
    return mib_format_object(v->view.app->mib, &r->change.name, text, size);
}

static const char *
row_text(void *arg, size_t own, const char *column)
{
    struct changes_view *v = arg;
    const struct change_row *r = &v->row[own];
    char name[200], was[150], set[150];

    if (column != NULL && strcmp(column, "device") == 0)
        return r->device;
    if (column != NULL && strcmp(column, "who") == 0)
        return r->who;
    if (column != NULL && strcmp(column, "value") == 0)
        return value(v, r, &r->change.new_value, v->text, sizeof v->text);
    if (column != NULL && strcmp(column, "object") == 0)
        return object(v, r, v->text, sizeof v->text);
    if (column != NULL)
        return NULL;
    snprintf(v->text, sizeof v->text, "%s %s %s %s > %s %s", r->who, r->device, object(v, r, name, sizeof name),
             value(v, r, &r->change.old_value, was, sizeof was), value(v, r, &r->change.new_value, set, sizeof set), r->words);
    return v->text;
}

static void
load(struct changes_view *v)
{
    if (v->view.app->store == NULL)
        return;
    forget(v);
    if (v->row == NULL)
        v->row = memory_zero(CHANGES_MAX, sizeof *v->row);
    v->why.kind = FAILURE_NONE;
    changes_before(v->view.app->store, 0, CHANGES_MAX, came, v, &v->why);
    list_set(&v->list, v->n, row_text, v);
}

static void
tick(struct view *view, bool changed)
{
    if (changed)
        load(self(view));
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
    forget(self(view));
    free(self(view)->row);
    list_free(&self(view)->list);
}

static void
undo(struct app *app, struct view *view, const char *argument)
{
    struct changes_view *v = self(view);
    struct change_row *r;
    const struct syntax *syntax;
    char text[4096];
    size_t own;

    (void) argument;
    if (!list_current(&v->list, &own))
        return;
    r = &v->row[own];
    if (r->change.verdict != CHANGE_DONE || r->change.old_value.type == VALUE_NULL) {
        app_message(app, ROLE_WARNING, r->change.verdict == CHANGE_REFUSED ? "it was refused, so there is nothing to undo"
                                                                          : "what it was before is not known");
        return;
    }
    for (size_t i = 0; i < app->hosts.n; i++)
        if (strcmp(host_name(app->hosts.at[i]), r->device) == 0)
            app_use_host(app, app->hosts.at[i]);
    if (app->host == NULL || strcmp(host_name(app->host), r->device) != 0) {
        app_message(app, ROLE_WARNING, "%s is not among the devices any more", r->device);
        return;
    }
    if (host_read_only(app->host)) {
        app_message(app, ROLE_WARNING, "%s is read-only", r->device);
        return;
    }
    syntax = mib_syntax(app->mib, &r->change.name);
    mib_render(app->mib, &r->change.old_value, syntax,
               syntax != NULL && syntax->base == SYNTAX_ENUMERATION ? RENDER_BARE : RENDER_PLAIN, text, sizeof text);
    view_set_undo(app, &r->change, text);
}

static void
look(struct app *app, struct view *view, const char *argument)
{
    struct changes_view *v = self(view);
    size_t own;

    (void) argument;
    if (list_current(&v->list, &own))
        view_browse_look(app, &v->row[own].change.name);
}

static const struct command commands[] = {
    {"object", "Enter", NULL, "what this object means", look, NEEDS_ROW | NEEDS_MIB, "object"},
    {"undo", "u", NULL, "put the old value back", undo, NEEDS_ROW | NEEDS_MIB | NEEDS_STORE, "undo"},
};

static void
draw_row(struct changes_view *v, struct canvas *c, int y, const struct change_row *r, bool at)
{
    bool wide = c->cols >= 100;
    int device = wide ? 20 : 12, name = wide ? 36 : 24, was = wide ? 62 : 44, set = wide ? 84 : 60;
    char text[300], time[FORMAT_MAX];
    enum role role = r->change.verdict == CHANGE_DONE ? ROLE_OK : r->change.verdict == CHANGE_REFUSED ? ROLE_ERROR : ROLE_WARNING;

    if (at) {
        canvas_ground(c, y, 0, -1, ROLE_SELECTION);
        canvas_text(c, y, 0, 1, ROLE_CURSOR, "▌");
    }
    canvas_text(c, y, 2, 8, ROLE_DIM, format_time(r->change.at, v->view.app->wall, time));
    if (wide)
        canvas_text(c, y, 11, 8, ROLE_DIM, r->who);
    canvas_text(c, y, device, name - device - 1, ROLE_TEXT, r->device);
    canvas_text(c, y, name, was - name - 1, at ? ROLE_TITLE : ROLE_TEXT, object(v, r, text, sizeof text));
    canvas_text(c, y, was, set - was - 3, ROLE_TEXT, value(v, r, &r->change.old_value, text, sizeof text));
    canvas_text(c, y, set - 2, 1, ROLE_DIM, "→");
    canvas_text(c, y, set, wide ? 20 : c->cols - set - 3, ROLE_MARKED, value(v, r, &r->change.new_value, text, sizeof text));
    canvas_text(c, y, wide ? 106 : c->cols - 2, 1, role,
                r->change.verdict == CHANGE_DONE ? "✓" : r->change.verdict == CHANGE_REFUSED ? "✗" : "?");
    if (!wide)
        return;
    if (r->change.verdict != CHANGE_DONE)
        canvas_text(c, y, 108, c->cols - 109, role, r->words);
    else
        canvas_text(c, y, 108, c->cols - 109, ROLE_DIM, value(v, r, &r->change.read_back, text, sizeof text));
}

static void
draw(struct view *view, struct canvas *c)
{
    struct changes_view *v = self(view);
    size_t top = list_view(&v->list, c->rows - 3), own;
    bool wide = c->cols >= 100;
    const struct app *app = view->app;

    if (app->store == NULL || v->why.kind != FAILURE_NONE) {
        canvas_wrap(c, c->rows / 3, 4, c->cols - 8, 4, ROLE_ERROR, v->why.kind != FAILURE_NONE ? v->why.text
                    : app->store_why.kind != FAILURE_NONE ? app->store_why.text : "opening the store …");
        return;
    }
    canvas_text(c, 0, 2, -1, ROLE_DIM, wide ? "when     who" : "when");
    canvas_text(c, 0, wide ? 20 : 12, -1, ROLE_DIM, "device");
    canvas_text(c, 0, wide ? 36 : 24, -1, ROLE_DIM, "object");
    canvas_text(c, 0, wide ? 62 : 44, -1, ROLE_DIM, "was");
    canvas_text(c, 0, wide ? 84 : 60, -1, ROLE_DIM, "set");
    if (wide)
        canvas_text(c, 0, 108, -1, ROLE_DIM, "read back");
    for (int y = 1; y < c->rows - 2 && list_own(&v->list, top + (size_t) y - 1, &own); y++)
        draw_row(v, c, y, &v->row[own], top + (size_t) y - 1 == v->list.at);
    if (v->list.n == 0)
        canvas_text(c, 2, 2, c->cols - 3, ROLE_DIM,
                    v->n > 0 ? "nothing passes the filter; Esc shows all again" : "nothing was set yet; e on a value sets it");
    if (list_current(&v->list, &own) && v->row[own].words[0] != '\0')
        canvas_text(c, c->rows - 1, 2, c->cols - 3, v->row[own].change.verdict == CHANGE_REFUSED ? ROLE_ERROR : ROLE_WARNING,
                    v->row[own].words);
    else if (list_current(&v->list, &own) && v->row[own].change.undoes > 0)
        canvas_format(c, c->rows - 1, 2, c->cols - 3, ROLE_DIM, "it put back change #%lld", (long long) v->row[own].change.undoes);
}

static void
title(struct view *view, struct title *out)
{
    struct changes_view *v = self(view);
    char name[200];
    size_t own;

    snprintf(out->crumbs, sizeof out->crumbs, "Changes");
    if (list_current(&v->list, &own))
        snprintf(out->crumbs, sizeof out->crumbs, "Changes › %.80s › %.120s", v->row[own].device,
                 object(v, &v->row[own], name, sizeof name));
    snprintf(out->fact, sizeof out->fact, v->list.n == 1 ? "%zu change" : "%zu changes", v->list.n);
}

const struct view_class view_changes = {
    .name = "Changes", .about = "what was set, and the way back", .size = sizeof(struct changes_view),
    .commands = commands, .n_commands = sizeof commands / sizeof *commands,
    .open = open_view, .close = close_view, .draw = draw, .title = title, .tick = tick, .text = row_text,
};
