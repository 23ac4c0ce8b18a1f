/* The command prompt: what can be typed stands below it with its help, and what was typed before. */
#include "console/app.h"
#include "console/frame.h"
#include "console/prompt.h"
#include "console/views.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { CANDIDATES_MAX = 100 };

struct candidate {
    const struct command *command;
    char argument[64];   /* completed */
    const char *help;
};

struct line {
    struct view view;
    struct list list; /* of candidates */
    struct prompt prompt;
    struct view *below;
    struct candidate candidate[CANDIDATES_MAX];
    size_t n;
};

static struct line *
self(struct view *view)
{
    return (struct line *) view;
}

static void
add(struct line *l, const struct command *command, const char *argument, const char *help)
{
    struct candidate *c = &l->candidate[l->n];

    if (l->n == CANDIDATES_MAX)
        return;
    memset(c, 0, sizeof *c);
    c->command = command;
    snprintf(c->argument, sizeof c->argument, "%s", argument);
    c->help = help;
    l->n++;
}

static void
add_names(struct line *l, const struct command *table, size_t n, const char *word, size_t length)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(table[i].name, word, length) == 0)
            add(l, &table[i], "", table[i].help);
}

/* Objects of the MIB, views or themes, by what the argument is. */
static void
add_arguments(struct line *l, const struct command *command, const char *word)
{
    static const char *const themes[] = {"dark", "light", "high-contrast", "16", "mono"};
    struct app *app = l->view.app;

    if (command->argument == NULL)
        return;
    if (strstr(command->argument, "OBJECT") != NULL && app->mib != NULL && word[0] != '\0') {
        struct mib_hit hits[12];
        size_t n = mib_search(app->mib, word, hits, 12);
        for (size_t i = 0; i < n; i++) {
            struct mib_info info;
            if (mib_info(app->mib, hits[i].node, &info))
                add(l, command, info.name, info.description);
        }
    } else if (strcmp(command->name, "view") == 0) {
        for (size_t i = 0; i < app_n_views; i++)
            if (strncasecmp(app_views[i]->name, word, strlen(word)) == 0)
                add(l, command, app_views[i]->name, app_views[i]->about);
    } else if (strcmp(command->name, "admit") == 0) {
        const struct profile *profiles;
        size_t n = app->settings != NULL ? settings_profiles(app->settings, &profiles) : 0;
        for (size_t i = 0; i < n; i++)
            if (strncasecmp(profiles[i].name, word, strlen(word)) == 0)
                add(l, command, profiles[i].name, profiles[i].version == 3 ? "SNMPv3, a user" : "a community");
    } else if (strcmp(command->name, "theme") == 0) {
        for (size_t i = 0; i < 5; i++)
            if (strncmp(themes[i], word, strlen(word)) == 0)
                add(l, command, themes[i], "a theme");
    }
}

static void
complete(struct line *l)
{
    const char *text = l->prompt.text + strspn(l->prompt.text, " ");
    size_t n = strcspn(text, " ");
    const struct view_class *class = l->below->class;
    const struct command *command;

    l->n = 0;
    if (text[n] == '\0') {
        add_names(l, class->commands, class->n_commands, text, n);
        add_names(l, app_commands, app_n_commands, text, n);
    } else if ((command = command_by_name(class, text, n)) != NULL) {
        add_arguments(l, command, text + n + strspn(text + n, " "));
        if (l->n == 0)
            add(l, command, text + n + strspn(text + n, " "), command->help);
    }
    l->list.total = l->list.n = l->n;
    list_go(&l->list, 0);
}

void
view_prompt_start(struct app *app, const char *text)
{
    struct line *l = self(app_push(app, &view_prompt));

    prompt_set(&l->prompt, text);
    complete(l);
}

static void
open_view(struct view *view)
{
    struct line *l = self(view);

    view->list = &l->list;
    l->below = app_top(view->app);
    complete(l);
}

static void
remember(struct app *app, const char *text)
{
    if (text[0] == '\0' || (app->n_history > 0 && strcmp(app->history[app->n_history - 1], text) == 0))
        return;
    if (app->n_history == APP_HISTORY) {
        memmove(app->history, app->history + 1, sizeof app->history - sizeof *app->history);
        app->n_history--;
    }
    snprintf(app->history[app->n_history++], sizeof *app->history, "%.255s", text);
}

static void
take(struct line *l)
{
    struct candidate *c = l->n > 0 ? &l->candidate[l->list.at] : NULL;
    char text[512];

    if (c == NULL || c->command == NULL)
        return;
    snprintf(text, sizeof text, "%s%s%s", c->command->name, c->command->argument != NULL ? " " : "", c->argument);
    prompt_set(&l->prompt, text);
    complete(l);
}

/* Enter runs what is typed; when that is only the beginning of the chosen candidate, the candidate. */
static void
enter(struct line *l)
{
    struct app *app = l->view.app;
    struct view *below = l->below;
    struct failure why;
    char text[512];

    snprintf(text, sizeof text, "%.500s", l->prompt.text);
    if (l->n > 0 && strchr(text, ' ') == NULL && command_by_name(below->class, text, strlen(text)) == NULL)
        snprintf(text, sizeof text, "%s", l->candidate[l->list.at].command->name);
    else if (l->n > 0 && l->list.at > 0 && l->candidate[l->list.at].argument[0] != '\0')
        snprintf(text, sizeof text, "%s %s", l->candidate[l->list.at].command->name, l->candidate[l->list.at].argument);
    remember(app, text);
    app_pop(app, &l->view);
    if (!command_line(app, below, text, &why))
        app_failure(app, &why);
}

static void
older(struct line *l, int by)
{
    struct app *app = l->view.app;
    int at = app->n_history;

    for (int i = 0; i < app->n_history; i++)
        if (strcmp(app->history[i], l->prompt.text) == 0)
            at = i;
    at += by;
    if (at < 0 || at > app->n_history)
        return;
    prompt_set(&l->prompt, at == app->n_history ? "" : app->history[at]);
    complete(l);
}

static bool
typed(struct view *view, const struct term_event *event)
{
    struct line *l = self(view);

    if (event->kind == TERM_KEY && strcmp(event->key, "Tab") == 0) {
        take(l);
        return true;
    }
    if (event->kind == TERM_KEY && (strcmp(event->key, "^p") == 0 || strcmp(event->key, "^r") == 0)) {
        older(l, -1);
        return true;
    }
    if (event->kind == TERM_KEY && strcmp(event->key, "^n") == 0) {
        older(l, 1);
        return true;
    }
    switch (prompt_event(&l->prompt, event)) {
    case PROMPT_ENTER: enter(l); return true;
    case PROMPT_ESCAPE: app_pop(view->app, view); return true;
    case PROMPT_CHANGED: complete(l); return true;
    case PROMPT_MOVED: return true;
    case PROMPT_NOT_MINE: break;
    }
    if (event->kind == TERM_KEY && strcmp(event->key, "Up") == 0)
        list_move(&l->list, LIST_UP);
    if (event->kind == TERM_KEY && strcmp(event->key, "Down") == 0)
        list_move(&l->list, LIST_DOWN);
    return true;
}

static void
draw_candidate(struct canvas *c, int y, const struct candidate *k, bool at)
{
    int x = 3;

    if (at) {
        canvas_ground(c, y, 0, -1, ROLE_SELECTION);
        canvas_text(c, y, 0, 1, ROLE_CURSOR, "▌");
    }
    x += canvas_text(c, y, x, 16, ROLE_STRONG, k->command->name);
    canvas_text(c, y, x + 1, 30 - x, ROLE_TEXT,
                k->argument[0] != '\0' ? k->argument : k->command->argument != NULL ? k->command->argument : "");
    canvas_text(c, y, 32, c->cols - 42, at ? ROLE_LABEL : ROLE_DIM, k->help);
    if (k->command->keys != NULL)
        canvas_right(c, y, c->cols - 1, 10, ROLE_KEY, k->command->keys);
}

static void
draw(struct view *view, struct canvas *canvas)
{
    struct line *l = self(view);
    const struct app *app = view->app;
    bool before = canvas->rows >= 24 && app->n_history > 0;
    struct canvas c = frame_panel(canvas, canvas->rows >= 30 ? 26 : canvas->rows - 1, 112, "Command",
                                  "Tab takes · ↑ ↓ choose · ^p older");
    int height = c.rows - 3 - (before ? 5 : 0), y = c.rows - 4;
    size_t top;

    canvas_text(&c, 1, 0, 1, ROLE_KEY, ":");
    prompt_draw(&l->prompt, &c, 1, 2, c.cols - 3);
    top = list_view(&l->list, height);
    for (int i = 0; i < height && top + (size_t) i < l->n; i++)
        draw_candidate(&c, 3 + i, &l->candidate[top + (size_t) i], top + (size_t) i == l->list.at);
    if (l->n == 0)
        canvas_text(&c, 3, 3, -1, ROLE_DIM, "no such command here");
    if (!before)
        return;
    {
        struct canvas rule = canvas_part(&c, y - 1, 0, 1, c.cols);
        canvas_title(&rule, 0, "before", "^p older", false);
    }
    for (int i = 0; i < 4 && i < app->n_history; i++)
        canvas_text(&c, y + i, 3, c.cols - 4, ROLE_TEXT, app->history[app->n_history - 1 - i]);
}

static void
title(struct view *view, struct title *out)
{
    size_t n = self(view)->below->class->n_commands + app_n_commands;

    snprintf(out->crumbs, sizeof out->crumbs, "%s › command", self(view)->below->class->name);
    snprintf(out->fact, sizeof out->fact, "%zu of %zu commands", self(view)->n, n);
}

const struct view_class view_prompt = {
    .name = "Command", .about = "any command, by name", .size = sizeof(struct line), .overlay = true,
    .open = open_view, .draw = draw, .title = title, .typed = typed,
};
