/* Commands: the table of those that are the same everywhere, and how a key or a line finds one. */
#include "console/app.h"
#include "console/prompt.h"
#include "console/views.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static void
move(struct app *app, struct view *view, enum list_move how)
{
    (void) app;
    if (view->list == NULL)
        return;
    list_move(view->list, how);
    if (view->class->moved != NULL)
        view->class->moved(view);
}

#define MOVE(name, how) \
    static void name(struct app *app, struct view *view, const char *argument) { (void) argument; move(app, view, how); }
MOVE(move_up, LIST_UP)
MOVE(move_down, LIST_DOWN)
MOVE(move_page_up, LIST_PAGE_UP)
MOVE(move_page_down, LIST_PAGE_DOWN)
MOVE(move_half_up, LIST_HALF_UP)
MOVE(move_half_down, LIST_HALF_DOWN)
MOVE(move_first, LIST_FIRST)
MOVE(move_last, LIST_LAST)

static void
sideways(struct view *view, int by)
{
    if (view->class->sideways != NULL)
        view->class->sideways(view, by);
}

static void
move_left(struct app *app, struct view *view, const char *argument)
{
    (void) app, (void) argument;
    sideways(view, -1);
}

static void
move_right(struct app *app, struct view *view, const char *argument)
{
    (void) app, (void) argument;
    sideways(view, 1);
}

static void
part(struct app *app, struct view *view, const char *argument)
{
    (void) app, (void) argument;
    if (view->class->part != NULL)
        view->class->part(view, 1);
}

static void
help(struct app *app, struct view *view, const char *argument)
{
    (void) view, (void) argument;
    app_push(app, &view_help);
}

static void
prompt(struct app *app, struct view *view, const char *argument)
{
    (void) view, (void) argument;
    app_push(app, &view_prompt);
}

static void
filter(struct app *app, struct view *view, const char *argument)
{
    struct failure why;

    if (view->list == NULL || (view->class->text == NULL && view->class->search == NULL))
        app_message(app, ROLE_WARNING, "there are no rows to narrow here");
    else if (argument[0] != '\0' && view->class->search != NULL)
        view->class->search(view, argument, true);
    else if (argument[0] == '\0')
        app_filter_begin(app, view);
    else if (view->class->narrow != NULL ? !view->class->narrow(view, argument, true, &why)
                                         : !list_narrow(view->list, argument, view->class->text, view, &why))
        app_failure(app, &why);
}

static void
back(struct app *app, struct view *view, const char *argument)
{
    (void) argument;
    if (view->list != NULL && view->list->expression[0] != '\0' && view->class->search != NULL)
        view->class->search(view, "", false);
    else if (view->list != NULL && view->list->expression[0] != '\0' && view->class->narrow != NULL)
        view->class->narrow(view, "", false, NULL);
    else if (view->list != NULL && view->list->filter != NULL && view->class->text != NULL)
        list_narrow(view->list, "", view->class->text, view, NULL);
    else if (app->depth[app->tab] > 1)
        app_pop(app, view);
}

static void
back_or_quit(struct app *app, struct view *view, const char *argument)
{
    if (app->depth[app->tab] > 1) {
        app_pop(app, view);
        return;
    }
    (void) argument;
    app_quit(app, false);
}

static void
quit(struct app *app, struct view *view, const char *argument)
{
    (void) view;
    app_quit(app, argument[0] == '!');
}

static void
trail_back(struct app *app, struct view *view, const char *argument)
{
    (void) view, (void) argument;
    app_trail(app, -1);
}

static void
trail_on(struct app *app, struct view *view, const char *argument)
{
    (void) view, (void) argument;
    app_trail(app, 1);
}

static void
again(struct app *app, struct view *view, const char *argument)
{
    (void) argument;
    if (view->class->again != NULL)
        view->class->again(view);
    else
        app_message(app, ROLE_DIM, "there is nothing to read again here");
}

static void
repaint(struct app *app, struct view *view, const char *argument)
{
    (void) view, (void) argument;
    if (term_is_open())
        term_redraw();
    app->dirty = true;
}

static void
stop(struct app *app, struct view *view, const char *argument)
{
    (void) argument;
    if (view->class->stop == NULL || !view->class->stop(view))
        app_message(app, ROLE_DIM, "nothing is running here; q leaves");
}

static void
suspend(struct app *app, struct view *view, const char *argument)
{
    (void) view, (void) argument;
    app->suspend = true;
}

static void
theme(struct app *app, struct view *view, const char *argument)
{
    static const char *const shipped[] = {"dark", "light", "high-contrast", "16", "mono"};
    size_t at = 0;

    (void) view;
    if (argument[0] != '\0') {
        app_theme(app, argument);
        return;
    }
    while (at < 5 && strcmp(shipped[at], app->theme.name) != 0)
        at++;
    app_theme(app, shipped[(at + 1) % 5]);
}

static void
mouse(struct app *app, struct view *view, const char *argument)
{
    (void) view, (void) argument;
    app->mouse = !app->mouse;
    if (term_is_open())
        term_mouse(app->mouse);
    app_message(app, ROLE_TEXT, app->mouse ? "the mouse works here now; hold Shift to select text"
                                           : "the mouse is the terminal's again");
}

static void
copy(struct app *app, struct view *view, const char *column)
{
    const char *text = NULL;
    size_t own;

    if (view->list != NULL && view->class->text != NULL && list_current(view->list, &own))
        text = view->class->text(view, own, column);
    if (text == NULL || text[0] == '\0')
        app_message(app, ROLE_WARNING, "there is nothing to copy here");
    else if (!term_is_open() || !term_copy(text))
        app_message(app, ROLE_WARNING, "the clipboard cannot take that");
    else
        app_message(app, ROLE_TEXT, "copied: %.200s", text);
}

static void
copy_value(struct app *app, struct view *view, const char *argument)
{
    (void) argument;
    copy(app, view, "value");
}

static void
copy_row(struct app *app, struct view *view, const char *argument)
{
    (void) argument;
    copy(app, view, NULL);
}

static void
show_log(struct app *app, struct view *view, const char *argument)
{
    (void) view, (void) argument;
    app_push(app, &view_log);
}

static void
show_modules(struct app *app, struct view *view, const char *argument)
{
    (void) view, (void) argument;
    app_push(app, &view_modules);
}

static void
show_tab(struct app *app, struct view *view, const char *argument)
{
    (void) view;
    for (size_t i = 0; i < app_n_views; i++)
        if (argument[0] != '\0' && strncasecmp(app_views[i]->name, argument, strlen(argument)) == 0) {
            app_show(app, app_views[i]);
            return;
        }
    app_message(app, ROLE_WARNING, "there is no view \"%.40s\"", argument);
}

/* What no view may re-bind. "1" to "9" are the views' tabs, in app_event. */
const struct command app_commands[] = {
    {"up", "k Up", NULL, "row up", move_up, 0, NULL},
    {"down", "j Down", NULL, "row down", move_down, 0, NULL},
    {"left", "h Left", NULL, "column left, or fold", move_left, 0, NULL},
    {"right", "l Right", NULL, "column right, or open", move_right, 0, NULL},
    {"page-up", "PgUp", NULL, "a screen up", move_page_up, 0, NULL},
    {"page-down", "PgDn", NULL, "a screen down", move_page_down, 0, NULL},
    {"half-up", "^u", NULL, "half a screen up", move_half_up, 0, NULL},
    {"half-down", "^d", NULL, "half a screen down", move_half_down, 0, NULL},
    {"first", "g Home", NULL, "first row", move_first, 0, NULL},
    {"last", "G End", NULL, "last row", move_last, 0, NULL},
    {"part", "Tab", NULL, "next part of the view", part, 0, NULL},
    {"filter", "/", "[EXPRESSION]", "narrow as you type", filter, 0, NULL},
    {"command", ":", NULL, "any command, by name", prompt, 0, NULL},
    {"help", "?", NULL, "the keys of this view", help, 0, NULL},
    {"view", NULL, "NAME", "go to a view", show_tab, 0, NULL},
    {"back", "Esc", NULL, "back; clears a filter", back, 0, NULL},
    {"close", "q", NULL, "back, or leave at the top", back_or_quit, 0, NULL},
    {"trail-back", "[", NULL, "where you were before", trail_back, 0, NULL},
    {"trail-on", "]", NULL, "and forward again", trail_on, 0, NULL},
    {"copy", "y", NULL, "copy the value", copy_value, 0, NULL},
    {"copy-row", "Y", NULL, "copy the row", copy_row, 0, NULL},
    {"again", "^r", NULL, "read again", again, 0, NULL},
    {"repaint", "^l", NULL, "draw the screen again", repaint, 0, NULL},
    {"stop", "^c", NULL, "stop what runs here", stop, 0, NULL},
    {"suspend", "^z", NULL, "to the shell; fg comes back", suspend, 0, NULL},
    {"theme", "T", "[NAME]", "next theme", theme, 0, NULL},
    {"mouse", "M", NULL, "mouse on, off", mouse, 0, NULL},
    {"log", NULL, NULL, "the messages so far", show_log, 0, NULL},
    {"modules", NULL, NULL, "the MIB modules, and what is wrong", show_modules, 0, NULL},
    {"quit", NULL, "[!]", "leave trapline", quit, 0, NULL},
};
const size_t app_n_commands = sizeof app_commands / sizeof *app_commands;
const char app_reserved_keys[] = "n N v s S C x | r A 1 2 3 4 5 6 7 8 9";

bool
command_has_key(const char *keys, const char *key)
{
    size_t n = strlen(key);

    while (keys != NULL && *keys != '\0') {
        size_t word = strcspn(keys, " ");
        if (word == n && strncmp(keys, key, n) == 0)
            return true;
        keys += word;
        keys += *keys == ' ';
    }
    return false;
}

const struct command *
command_by_key(const struct view_class *class, const char *key)
{
    for (size_t i = 0; i < class->n_commands; i++)
        if (command_has_key(class->commands[i].keys, key))
            return &class->commands[i];
    for (size_t i = 0; i < app_n_commands; i++)
        if (command_has_key(app_commands[i].keys, key))
            return &app_commands[i];
    return NULL;
}

const struct command *
command_by_name(const struct view_class *class, const char *name, size_t n)
{
    for (size_t i = 0; i < class->n_commands; i++)
        if (strlen(class->commands[i].name) == n && strncmp(class->commands[i].name, name, n) == 0)
            return &class->commands[i];
    for (size_t i = 0; i < app_n_commands; i++)
        if (strlen(app_commands[i].name) == n && strncmp(app_commands[i].name, name, n) == 0)
            return &app_commands[i];
    return NULL;
}

const char *
command_lacks(const struct app *app, const struct view *view, const struct command *command)
{
    size_t own;

    if ((command->needs & NEEDS_ROW) && (view->list == NULL || !list_current(view->list, &own)))
        return "there is no row to act on";
    if ((command->needs & NEEDS_DEVICE) && (app->host == NULL || app->host->device == NULL))
        return app->host == NULL ? "choose a device first (view 1, Enter)"
               : app->host->why.kind != FAILURE_NONE ? app->host->why.text : "the device is not open yet";
    if ((command->needs & NEEDS_WRITE) && app->host != NULL && host_read_only(app->host))
        return app->read_only ? "trapline was started with --read-only" : "this device is read-only by its settings";
    if ((command->needs & NEEDS_STORE) && app->store == NULL)
        return app->store_why.kind != FAILURE_NONE ? app->store_why.text : "the store is not open yet";
    if ((command->needs & NEEDS_MIB) && app->mib == NULL)
        return app->mib_why.kind != FAILURE_NONE ? app->mib_why.text : "the names are not loaded yet";
    return NULL;
}

void
command_run(struct app *app, struct view *view, const struct command *command, const char *argument)
{
    const char *lacks = command_lacks(app, view, command);

    if (lacks != NULL)
        app_message(app, ROLE_WARNING, "%s: %s", command->name, lacks);
    else
        command->run(app, view, argument == NULL ? "" : argument);
}

bool
command_line(struct app *app, struct view *view, const char *line, struct failure *why)
{
    const struct command *command, *only = NULL;
    size_t n;
    int matches = 0;

    line += strspn(line, " ");
    n = strcspn(line, " ");
    if (n == 0)
        return true;
    command = command_by_name(view->class, line, n);
    for (int pass = 0; command == NULL && pass < 2; pass++) {
        const struct command *table = pass == 0 ? view->class->commands : app_commands;
        size_t size = pass == 0 ? view->class->n_commands : app_n_commands;
        for (size_t i = 0; i < size; i++)
            if (strncmp(table[i].name, line, n) == 0) {
                only = &table[i];
                matches++;
            }
    }
    if (command == NULL && matches == 1)
        command = only;
    if (command == NULL)
        return failure_set(why, FAILURE_USAGE, matches == 0 ? "there is no command \"%.*s\" here; ? lists them"
                                                            : "\"%.*s\" is short for several commands", (int) n, line);
    line += n;
    line += strspn(line, " ");
    command_run(app, view, command, line);
    return true;
}

static void
print_table(FILE *out, const char *name, const struct command *table, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (table[i].keys != NULL)
            fprintf(out, "%-10s %-14s %-12s %s\n", name, table[i].keys, table[i].name, table[i].help);
}

void
command_print_keys(FILE *out)
{
    print_table(out, "everywhere", app_commands, app_n_commands);
    for (size_t i = 0; i < views_n_all; i++)
        print_table(out, views_all[i]->name, views_all[i]->commands, views_all[i]->n_commands);
}
