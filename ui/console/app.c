/* The stack of views, the messages, and the way of an event to its command. */
#include "console/app.h"

#include "console/frame.h"

#include "api/memory.h"
#include "console/prompt.h"
#include "console/views.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct view_class *const app_views[] = {
    &view_devices, &view_browse, &view_table, &view_traps, &view_mail, &view_changes,
};
const size_t app_n_views = sizeof app_views / sizeof *app_views;

const struct view_class *const views_all[] = {
    &view_devices, &view_browse, &view_table, &view_traps, &view_trap,   &view_ledger, &view_mail,
    &view_compose, &view_set,    &view_changes, &view_modules, &view_refs, &view_log, &view_help, &view_prompt,
};
const size_t views_n_all = sizeof views_all / sizeof *views_all;

struct view *
app_top(const struct app *app)
{
    return app->stack[app->tab][app->depth[app->tab] - 1];
}

static struct view *
view_new(struct app *app, const struct view_class *class)
{
    struct view *view = memory_zero(1, class->size);

    view->class = class;
    view->app = app;
    view->revision = app->revision;
    if (class->open != NULL)
        class->open(view);
    return view;
}

static void
view_free(struct view *view)
{
    if (view->class->close != NULL)
        view->class->close(view);
    free(view);
}

struct view *
app_push(struct app *app, const struct view_class *class)
{
    int depth = app->depth[app->tab];
    struct view *view;

    if (depth == APP_DEPTH)
        return NULL;
    if (depth > 0 && app_top(app)->class == class && class->overlay)
        return app_top(app);
    view = view_new(app, class);
    app->stack[app->tab][depth] = view;
    app->depth[app->tab]++;
    app->dirty = true;
    return view;
}

void
app_pop(struct app *app, struct view *view)
{
    for (int tab = 0; tab < APP_TABS; tab++)
        for (int i = 1; i < app->depth[tab]; i++)
            if (app->stack[tab][i] == view) {
                while (app->depth[tab] > i)
                    view_free(app->stack[tab][--app->depth[tab]]);
                app->dirty = true;
                return;
            }
}

void
app_wrote(struct app *app)
{
    app->revision++;
}

static void
tick_views(struct app *app)
{
    for (int i = 0; i < app->depth[app->tab]; i++) {
        struct view *view = app->stack[app->tab][i];
        bool changed = view->revision != app->revision;

        view->revision = app->revision;
        if (view->class->tick != NULL)
            view->class->tick(view, changed);
    }
}

static void
go_to_tab(struct app *app, int tab)
{
    app->tab = tab;
    if (app->depth[tab] == 0)
        app_push(app, app_views[tab]);
    tick_views(app);
    app->dirty = true;
}

static void
tread(struct app *app)
{
    if (app->n_trail > 0 && app->trail[app->trail_at] == app->tab)
        return;
    if (app->n_trail > 0)
        app->n_trail = app->trail_at + 1;
    if (app->n_trail == APP_TRAIL) {
        memmove(app->trail, app->trail + 1, sizeof app->trail - sizeof *app->trail);
        app->n_trail--;
    }
    app->trail[app->n_trail] = app->tab;
    app->trail_at = app->n_trail++;
}

struct view *
app_show(struct app *app, const struct view_class *class)
{
    for (int i = 0; i < (int) app_n_views; i++)
        if (app_views[i] == class)
            go_to_tab(app, i);
    tread(app);
    return app->stack[app->tab][0];
}

void
app_trail(struct app *app, int by)
{
    int to = app->trail_at + by;

    if (to < 0 || to >= app->n_trail) {
        app_message(app, ROLE_DIM, "there is nothing further %s", by < 0 ? "back" : "on");
        return;
    }
    app->trail_at = to;
    go_to_tab(app, app->trail[to]);
}

void
app_open(struct app *app)
{
    app->n_tabs = (int) app_n_views;
    app->dirty = true;
    app_show(app, &view_devices);
}

void
app_close(struct app *app)
{
    for (int tab = 0; tab < APP_TABS; tab++)
        while (app->depth[tab] > 0)
            view_free(app->stack[tab][--app->depth[tab]]);
    free(app->filtering);
    changeset_forget_unwritten(app);
    hosts_close(&app->hosts);
}

void
app_use_host(struct app *app, struct host *host)
{
    app->host = host;
    app->dirty = true;
}

void
app_busy(struct app *app, int by)
{
    app->outstanding += by;
    app->dirty = true;
}

static void
message(struct app *app, enum role role, const char *text)
{
    struct app_line line = {.at = app->wall, .role = role};

    snprintf(line.text, sizeof line.text, "%s", text);
    app->message = line;
    app->message_until = app->now + LOOP_S(6);
    app->log[app->n_log++ % APP_LOG] = line;
    app->dirty = true;
}

void
app_message(struct app *app, enum role role, const char *format, ...)
{
    char text[400];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    message(app, role, text);
}

void
app_failure(struct app *app, const struct failure *why)
{
    message(app, ROLE_ERROR, why->text);
}

bool
app_theme(struct app *app, const char *name)
{
    struct theme theme;
    struct failure why;

    if (!theme_find(&theme, name, app->paths.config, app->paths.themes, &why)) {
        app_failure(app, &why);
        return false;
    }
    app->theme = theme;
    if (term_is_open())
        term_redraw();
    app_message(app, ROLE_TEXT, "theme %s", theme.name);
    return true;
}

void
app_quit(struct app *app, bool force)
{
    struct view *asked = NULL;

    for (int tab = 0; tab < APP_TABS; tab++)
        for (int i = 0; i < app->depth[tab]; i++)
            if (app->stack[tab][i]->class == &view_compose || app->stack[tab][i]->class == &view_set)
                asked = app->stack[tab][i];
    if (asked == NULL || force)
        app->quit = true;
    else
        app_message(app, ROLE_WARNING, "%s is not finished; :quit ! leaves all the same",
                    asked->class == &view_compose ? "a mail" : "a change set");
}

void
app_filter_begin(struct app *app, struct view *view)
{
    free(app->filtering);
    app->filtering = memory_zero(1, sizeof *app->filtering);
    snprintf(app->filter_before, sizeof app->filter_before, "%s", view->list->expression);
    prompt_set(app->filtering, view->list->expression);
}

static void
filter_end(struct app *app)
{
    free(app->filtering);
    app->filtering = NULL;
    app->message_until = 0;
}

static bool
narrow(struct view *view, const char *expression, bool done, struct failure *why)
{
    if (view->class->narrow != NULL)
        return view->class->narrow(view, expression, done, why);
    if (view->class->search == NULL && !done && list_pattern_is_open(expression))
        return true;
    if (view->class->search == NULL)
        return list_narrow(view->list, expression, view->class->text, view, why);
    view->class->search(view, expression, done);
    return true;
}

/* Half a regular expression is no error while it is being typed: the rows stay as they were. */
static void
filter_event(struct app *app, struct view *view, const struct term_event *event)
{
    enum prompt_result result = prompt_event(app->filtering, event);
    struct failure why;

    if (result == PROMPT_ESCAPE) {
        narrow(view, app->filter_before, false, NULL);
        filter_end(app);
    } else if (result == PROMPT_ENTER) {
        if (!narrow(view, app->filtering->text, true, &why))
            app_failure(app, &why);
        else
            filter_end(app);
    } else if (result == PROMPT_CHANGED) {
        narrow(view, app->filtering->text, false, NULL);
    } else if (result == PROMPT_NOT_MINE && event->kind == TERM_KEY) {
        const struct command *command = command_by_key(view->class, event->key);
        if (command != NULL && (strcmp(event->key, "Up") == 0 || strcmp(event->key, "Down") == 0))
            command_run(app, view, command, "");
    }
    if (view->class->moved != NULL)
        view->class->moved(view);
}

static void
click(struct app *app, struct view *view, const struct term_event *event)
{
    int tab = frame_tab_at(app, event->y, event->x);

    if (strncmp(event->key, "Wheel", 5) == 0 && view->list != NULL) {
        for (int i = 0; i < 3; i++)
            list_move(view->list, event->key[5] == 'U' ? LIST_UP : LIST_DOWN);
        if (view->class->moved != NULL)
            view->class->moved(view);
    } else if (tab >= 0) {
        app_show(app, app_views[tab]);
    }
}

static void
key(struct app *app, struct view *view, const char *name)
{
    const struct command *command = command_by_key(view->class, name);

    if (command != NULL)
        command_run(app, view, command, "");
    else if (name[0] >= '1' && name[0] <= '9' && name[1] == '\0') {
        if (name[0] - '1' < app->n_tabs)
            app_show(app, app_views[name[0] - '1']);
    } else {
        app_message(app, ROLE_DIM, "%s does nothing here; ? shows the keys", name);
    }
}

void
app_event(void *arg, const struct term_event *event)
{
    struct app *app = arg;
    struct view *view = app_top(app);

    app->dirty = true;
    if (event->kind == TERM_KEY && strcmp(event->key, "^z") == 0)
        app->suspend = true;
    else if (app->filtering != NULL)
        filter_event(app, view, event);
    else if (view->class->typed != NULL && view->class->typed(view, event))
        return;
    else if (event->kind == TERM_MOUSE)
        click(app, view, event);
    else if (event->kind == TERM_KEY)
        key(app, view, event->key);
}

static void
read_counts(struct app *app)
{
    ledger_read(app->store, &app->ledger, NULL);
    outbox_counts(app->store, &app->outbox, NULL);
    journal_bounds(app->store, &app->oldest, &app->newest, NULL);
    if (app->seen == 0)
        app->seen = app->newest;
}

void
app_look_at_store(struct app *app)
{
    int64_t version;

    if (app->store == NULL)
        return;
    version = store_data_version(app->store);
    if (version != app->data_version)
        app->revision++;
    app->data_version = version;
    if (app->counted != app->revision)
        read_counts(app);
    app->counted = app->revision;
}

void
app_tick(struct app *app)
{
    hosts_tick(&app->hosts);
    changeset_write_again(app);
    app_look_at_store(app);
    tick_views(app);
    app->dirty = true;
}
