/* The change set: a panel over any view, with an editor that fits the type. */
#include "console/app.h"
#include "console/changeset.h"
#include "console/format.h"
#include "console/frame.h"
#include "console/views.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct set_view {
    struct view view;
    struct list list;
    struct changeset set;
    bool editing;
};

static struct set_view *
self(struct view *view)
{
    return (struct set_view *) view;
}

static struct staged *
item_at(const struct set_view *v)
{
    return v->list.at < v->set.n ? v->set.item[v->list.at] : NULL;
}

static void
count(struct set_view *v)
{
    v->list.total = v->list.n = v->set.n;
    list_go(&v->list, v->list.at);
}

static void
open_view(struct view *view)
{
    struct set_view *v = self(view);

    view->list = &v->list;
    v->set.app = view->app;
    v->set.host = view->app->host;
}

static void
close_view(struct view *view)
{
    changeset_free(&self(view)->set);
    list_free(&self(view)->list);
}

static struct set_view *
panel(struct app *app)
{
    struct view *view = app_top(app);

    if (view->class != &view_set)
        view = app_push(app, &view_set);
    if (view == NULL)
        return NULL;
    if (self(view)->set.n > 0 && self(view)->set.host != app->host) {
        app_message(app, ROLE_WARNING, "a change set is for one device; finish that of %s first",
                    host_name(self(view)->set.host));
        return NULL;
    }
    self(view)->set.host = app->host;
    return self(view);
}

void
view_set_add(struct app *app, const struct oid *name, const struct value *now)
{
    struct set_view *v;

    if (app->host == NULL || app->host->device == NULL || app->mib == NULL)
        return;
    v = panel(app);
    if (v == NULL)
        return;
    if (changeset_add(&v->set, name, now) == NULL)
        app_message(app, ROLE_WARNING, "a change set holds at most %d values", CHANGESET_MAX);
    count(v);
    list_go(&v->list, v->set.n);
    v->editing = true;
}

void
view_set_undo(struct app *app, const struct change *change, const char *text)
{
    struct set_view *v;
    struct staged *item;

    if (app->host == NULL || app->host->device == NULL || app->mib == NULL)
        return;
    v = panel(app);
    item = v != NULL ? changeset_add(&v->set, &change->name, &change->read_back) : NULL;
    if (item == NULL)
        return;
    item->typed = true;
    item->undoes = change->id;
    prompt_set(&item->prompt, text);
    changeset_check(item);
    count(v);
    list_go(&v->list, v->set.n);
}

static void
typed_value(struct staged *item, const char *text)
{
    item->typed = true;
    item->verdict[0] = '\0';
    if (text != NULL)
        prompt_set(&item->prompt, text);
    changeset_check(item);
}

/* The next label of an enumeration; with a beginning typed, the next that begins so. */
static void
choose(struct staged *item, int by, bool begins)
{
    const struct syntax *s = item->info.syntax;
    char typed[80];
    int at = -1, n;

    if (s == NULL || s->n_names == 0 || s->base == SYNTAX_BITS)
        return;
    n = (int) s->n_names;
    snprintf(typed, sizeof typed, "%.*s", (int) strcspn(item->prompt.text, "("), item->prompt.text);
    for (int i = 0; i < n; i++)
        if (strcmp(s->names[i].label, typed) == 0)
            at = i;
    if (at < 0 && begins) {
        for (int i = 0; i < n; i++)
            if (strncasecmp(s->names[i].label, typed, strlen(typed)) == 0) {
                typed_value(item, s->names[i].label);
                return;
            }
    }
    at = at < 0 ? (by > 0 ? 0 : n - 1) : (at + by + n) % n;
    typed_value(item, s->names[at].label);
}

static void
apply(struct app *app, struct view *view, const char *argument)
{
    (void) app, (void) argument;
    self(view)->editing = false;
    changeset_apply(&self(view)->set);
}

static void
edit(struct app *app, struct view *view, const char *argument)
{
    struct set_view *v = self(view);
    struct staged *item = item_at(v);

    (void) app;
    if (item == NULL || changeset_busy(&v->set))
        return;
    v->set.state = CHANGESET_EDITED;
    if (argument[0] != '\0')
        typed_value(item, argument);
    else
        v->editing = true;
}

static void
add(struct app *app, struct view *view, const char *argument)
{
    struct failure why;
    struct oid name;

    if (argument[0] == '\0') {
        app_message(app, ROLE_TEXT, "type :add OBJECT, or press e on another value");
        return;
    }
    (void) view;
    if (!mib_parse_object(app->mib, argument, &name, &why))
        app_failure(app, &why);
    else
        view_set_add(app, &name, NULL);
}

static void
drop(struct app *app, struct view *view, const char *argument)
{
    struct set_view *v = self(view);

    (void) argument;
    changeset_drop(&v->set, v->list.at);
    count(v);
    if (v->set.n == 0)
        app_pop(app, view);
}

static const struct command commands[] = {
    {"edit", "Enter", "[VALUE]", "edit the new value", edit, NEEDS_ROW, "edit"},
    {"apply", "^s", NULL, "send all in one PDU, read back", apply, NEEDS_ROW | NEEDS_DEVICE | NEEDS_WRITE, "apply"},
    {"add", "a", "[OBJECT]", "one more value", add, NEEDS_MIB, "add"},
    {"drop", "d", NULL, "take this one out", drop, NEEDS_ROW, "drop"},
};

static bool
typed(struct view *view, const struct term_event *event)
{
    struct set_view *v = self(view);
    struct staged *item = item_at(v);

    if (!v->editing || item == NULL)
        return false;
    if (event->kind == TERM_KEY && strcmp(event->key, "^s") == 0) {
        command_run(view->app, view, command_by_key(&view_set, "^s"), "");
        return true;
    }
    if (event->kind == TERM_KEY && strcmp(event->key, "Tab") == 0) {
        choose(item, 1, true);
        return true;
    }
    switch (prompt_event(&item->prompt, event)) {
    case PROMPT_CHANGED: typed_value(item, NULL); break;
    case PROMPT_ENTER:
        if (!item->typed)
            typed_value(item, NULL);
        v->editing = false;
        break;
    case PROMPT_ESCAPE: v->editing = false; break;
    case PROMPT_MOVED: break;
    case PROMPT_NOT_MINE:
        if (event->kind == TERM_KEY && (strcmp(event->key, "Up") == 0 || strcmp(event->key, "Down") == 0))
            choose(item, event->key[0] == 'D' ? 1 : -1, false);
        break;
    }
    return true;
}

/* --- drawing --- */

static void
draw_item(struct set_view *v, struct canvas *c, int y, size_t i)
{
    struct staged *item = v->set.item[i];
    bool at = i == v->list.at, edited = at && v->editing;
    bool wide = c->cols > 90;
    int now = wide ? 30 : 22, new = wide ? 52 : 38, check = wide ? 76 : 54;
    char text[300] = "…";

    if (at) {
        canvas_ground(c, y, 0, -1, ROLE_SELECTION);
        canvas_text(c, y, 0, 1, ROLE_CURSOR, "▌");
    }
    canvas_text(c, y, 2, now - 3, at ? ROLE_TITLE : ROLE_TEXT, item->object);
    if (item->now != NULL)
        mib_render(item->mib, &item->now->value, item->info.syntax, RENDER_QUOTED, text, sizeof text);
    canvas_text(c, y, now, new - now - 3, item->now == NULL ? ROLE_DIM : ROLE_TEXT, text);
    canvas_text(c, y, new - 2, 1, ROLE_DIM, "→");
    if (edited)
        prompt_draw(&item->prompt, c, y, new, check - new - 1);
    else
        canvas_text(c, y, new, check - new - 1, item->typed ? ROLE_MARKED : ROLE_DIM, item->prompt.text);
    if (item->verdict[0] != '\0') {
        canvas_text(c, y, check, c->cols - check, item->verdict_role, item->verdict);
        return;
    }
    canvas_text(c, y, check, 1, item->valid ? ROLE_OK : item->typed ? ROLE_ERROR : ROLE_DIM,
                item->valid ? "✓" : item->typed ? "✗" : "·");
    canvas_text(c, y, check + 2, c->cols - check - 2, item->valid ? ROLE_TEXT : item->typed ? ROLE_ERROR : ROLE_DIM,
                item->check);
}

static int
draw_choices(struct canvas *c, int y, const struct staged *item)
{
    const struct syntax *s = item->info.syntax;
    char text[600] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < s->n_names && used < sizeof text - 80; i++)
        used += (size_t) snprintf(text + used, sizeof text - used, "%s%s(%lld)", i > 0 ? "   " : "", s->names[i].label,
                                  (long long) s->names[i].number);
    if (s->n_names > 0) {
        canvas_text(c, y, 2, 8, ROLE_DIM, s->base == SYNTAX_BITS ? "bits" : "one of");
        return y + canvas_wrap(c, y, 11, c->cols - 12, 3, ROLE_TEXT, text);
    }
    for (uint32_t i = 0; i < s->n_ranges && used < 200; i++)
        used += (size_t) snprintf(text + used, sizeof text - used, syntax_is_unsigned(s->base) ? "%s%llu to %llu" : "%s%lld to %lld",
                                  i > 0 ? " or " : "", (long long) s->ranges[i].low, (long long) s->ranges[i].high);
    if (s->n_ranges == 0)
        return y;
    canvas_text(c, y, 2, 8, ROLE_DIM, s->base == SYNTAX_OCTETS ? "octets" : "range");
    canvas_text(c, y, 11, c->cols - 12, ROLE_TEXT, text);
    return y + 1;
}

static void
draw_object(struct set_view *v, struct canvas *c, int y)
{
    const struct staged *item = item_at(v);
    char fact[200];

    if (item == NULL || item->info.syntax == NULL)
        return;
    snprintf(fact, sizeof fact, "%s · %s%s%s · %s", item->info.module, item->info.syntax->type,
             item->info.units[0] != '\0' ? " · " : "", item->info.units,
             item->info.access == MIB_READ_CREATE ? "read-create" : item->info.access == MIB_READ_WRITE ? "read-write"
             : item->info.access == MIB_WRITE_ONLY ? "write-only" : "read-only");
    canvas_title(c, y++, item->info.name, fact, false);
    y = draw_choices(c, y, item);
    if (item->info.description[0] != '\0') {
        canvas_text(c, y, 2, 8, ROLE_DIM, "means");
        y += draw_prose(c, y, 11, c->cols - 12, c->rows > 18 ? 4 : 2, ROLE_TEXT, item->info.description);
    }
    if (c->rows - y < 4)
        return;
    canvas_title(c, y + 1, "before you press it", NULL, false);
    canvas_text(c, y + 2, 2, 1, ROLE_OK, "✓");
    canvas_text(c, y + 2, 4, c->cols - 5, ROLE_TEXT,
                "one PDU: all or nothing; every value is read back and journalled with the old one");
}

static void
draw(struct view *view, struct canvas *canvas)
{
    struct set_view *v = self(view);
    char name[200], fact[100];
    struct canvas c;
    size_t top;
    int height;

    snprintf(name, sizeof name, "Change set · %s", host_name(v->set.host));
    snprintf(fact, sizeof fact, "%zu value%s · one PDU · %zu valid", v->set.n, v->set.n == 1 ? "" : "s",
             changeset_valid(&v->set));
    c = frame_panel(canvas, canvas->rows >= 30 ? 22 : canvas->rows - 2, 114, name, fact);
    height = (int) v->set.n < c.rows / 3 ? (int) v->set.n : c.rows / 3;
    canvas_text(&c, 1, 2, -1, ROLE_DIM, "object");
    canvas_text(&c, 1, c.cols > 90 ? 30 : 22, -1, ROLE_DIM, "now");
    canvas_text(&c, 1, c.cols > 90 ? 52 : 38, -1, ROLE_DIM, "new");
    canvas_text(&c, 1, c.cols > 90 ? 76 : 54, -1, ROLE_DIM, v->set.state == CHANGESET_DONE ? "what became of it" : "check");
    top = list_view(&v->list, height);
    for (int i = 0; i < height && top + (size_t) i < v->set.n; i++)
        draw_item(v, &c, 2 + i, top + (size_t) i);
    draw_object(v, &c, 3 + height);
    if (item_at(v) != NULL && item_at(v)->verdict[0] != '\0')
        canvas_wrap(&c, c.rows - 2, 2, c.cols - 4, 2, item_at(v)->verdict_role, item_at(v)->verdict);
}

static void
title(struct view *view, struct title *out)
{
    static const char *const states[] = {"", "reading what is there …", "setting …", "reading back …", "done · Esc leaves"};
    struct set_view *v = self(view);
    size_t valid = changeset_valid(&v->set);

    snprintf(out->crumbs, sizeof out->crumbs, "%s › change set › %s", host_name(v->set.host),
             item_at(v) != NULL ? item_at(v)->object : "");
    if (v->editing && item_at(v) != NULL && item_at(v)->info.syntax != NULL && item_at(v)->info.syntax->n_names > 0)
        snprintf(out->fact, sizeof out->fact, "↑ ↓ choose · Enter takes · ^s applies");
    else if (v->editing)
        snprintf(out->fact, sizeof out->fact, "Enter takes · ^s applies");
    else if (v->set.state != CHANGESET_EDITED)
        snprintf(out->fact, sizeof out->fact, "%s", states[v->set.state]);
    else if (valid < v->set.n)
        snprintf(out->fact, sizeof out->fact, "^s waits: %zu of %zu %s not valid", v->set.n - valid, v->set.n,
                 v->set.n - valid == 1 ? "is" : "are");
    else
        snprintf(out->fact, sizeof out->fact, "^s applies");
}

const struct view_class view_set = {
    .name = "Set", .about = "values to be set together", .size = sizeof(struct set_view), .overlay = true,
    .commands = commands, .n_commands = sizeof commands / sizeof *commands,
    .open = open_view, .close = close_view, .draw = draw, .title = title, .typed = typed,
};
