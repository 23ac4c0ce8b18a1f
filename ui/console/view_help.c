/* Help: written from the tables of commands, never by hand. And the log of messages. */
#include "console/app.h"
#include "console/format.h"
#include "console/frame.h"
#include "console/views.h"

#include <stdio.h>
#include <string.h>

struct help {
    struct view view;
    struct list list; /* scrolls */
    const struct view_class *about;
    bool all;
};

static struct help *
self(struct view *view)
{
    return (struct help *) view;
}

static void
open_help(struct view *view)
{
    struct help *h = self(view);

    h->about = app_top(view->app)->class;
    view->list = &h->list;
    list_set(&h->list, 1, NULL, NULL);
}

static int
key_line(struct canvas *c, int y, int x, int width, const char *keys, const char *help)
{
    if (y >= c->rows || y < 0)
        return y + 1;
    canvas_text(c, y, x, 10, ROLE_KEY, keys);
    canvas_text(c, y, x + 11, width - 12, ROLE_TEXT, help);
    return y + 1;
}

static int
table(struct canvas *c, int y, int x, int width, const char *name, const struct command *commands, size_t n)
{
    canvas_text(c, y, x, width, ROLE_TITLE, name);
    y++;
    for (size_t i = 0; i < n; i++)
        if (commands[i].keys != NULL)
            y = key_line(c, y, x, width, commands[i].keys, commands[i].help);
    return y + 1;
}

static const struct { const char *write, *means; } filters[] = {
    {"text", "contains"}, {"!text", "does not"}, {"~lnkdn", "fuzzy"}, {"/re/", "regular expression"},
    {"name=x", "by column"}, {"ms>20", "by number"},
};

static int
legend(struct canvas *c, int y, int x, int width)
{
    canvas_text(c, y++, x, width, ROLE_TITLE, "Find: / and");
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        y = key_line(c, y, x, width, filters[i].write, filters[i].means);
    y++;
    canvas_text(c, y++, x, width, ROLE_TITLE, "Severity");
    for (int s = SEVERITY_CRITICAL; s >= SEVERITY_OK; s--, y++) {
        canvas_text(c, y, x, 1, severity_role((enum severity) s), severity_symbol((enum severity) s));
        canvas_text(c, y, x + 3, 3, severity_role((enum severity) s), severity_two((enum severity) s));
        canvas_text(c, y, x + 11, -1, ROLE_TEXT, severity_word((enum severity) s));
    }
    return y + 1;
}

static int
all_views(struct canvas *c, int y, int x, int width)
{
    for (size_t i = 0; i < views_n_all; i++)
        if (views_all[i]->n_commands > 0)
            y = table(c, y, x, width, views_all[i]->name, views_all[i]->commands, views_all[i]->n_commands);
    return y;
}

static void
draw_help(struct view *view, struct canvas *canvas)
{
    struct help *h = self(view);
    char name[120];
    bool wide = canvas->cols >= 100;
    struct canvas c;
    int width, y, rows = 0;

    snprintf(name, sizeof name, "%s  %s", h->all ? "all views" : h->about->name, h->all ? "" : h->about->about);
    c = frame_panel(canvas, canvas->rows - 2, 116, name, h->all ? "? this view" : "? all views");
    width = c.cols / (wide ? 3 : 2);
    y = 1 - (int) h->list.at;
    if (h->all) {
        rows = all_views(&c, y, 1, c.cols - 2) + (int) h->list.at;
    } else {
        int left = table(&c, y, 1, width, "This view", h->about->commands, h->about->n_commands);
        int middle = table(&c, y, 1 + width, width, "Everywhere", app_commands, app_n_commands);
        int right = wide ? legend(&c, y, 1 + 2 * width, width) : 0;
        if (!wide)
            left = legend(&c, left, 1, width);
        rows = (left > middle ? left : middle) + (int) h->list.at;
        rows = right > rows ? right : rows;
    }
    h->list.height = c.rows;
    h->list.n = h->list.total = rows > c.rows ? (size_t) (rows - c.rows) + 1 : 1;
}

static void
title_help(struct view *view, struct title *out)
{
    size_t n = app_n_commands;

    for (size_t i = 0; i < views_n_all; i++)
        n += views_all[i]->n_commands;
    snprintf(out->crumbs, sizeof out->crumbs, "help for %s", self(view)->about->name);
    snprintf(out->fact, sizeof out->fact, "%s%zu commands", self(view)->list.n > 1 ? "j k scroll · " : "", n);
}

static bool
typed_help(struct view *view, const struct term_event *event)
{
    struct help *h = self(view);

    if (event->kind != TERM_KEY || strcmp(event->key, "?") != 0)
        return false;
    h->all = !h->all;
    h->list.at = 0;
    return true;
}

const struct view_class view_help = {
    .name = "Help", .about = "written from the key tables", .size = sizeof(struct help), .overlay = true,
    .open = open_help, .draw = draw_help, .title = title_help, .typed = typed_help,
};

struct log {
    struct view view;
    struct list list;
};

static size_t
log_first(const struct app *app)
{
    return app->n_log > APP_LOG ? app->n_log - APP_LOG : 0;
}

static const char *
text_log(void *arg, size_t own, const char *column)
{
    struct app *app = ((struct view *) arg)->app;

    (void) column;
    return app->log[(log_first(app) + own) % APP_LOG].text;
}

static void
tick_log(struct view *view, bool changed)
{
    struct log *log = (struct log *) view;
    size_t n = view->app->n_log - log_first(view->app);

    (void) changed;
    if (n != log->list.total)
        list_set(&log->list, n, text_log, view);
}

static void
open_log(struct view *view)
{
    struct log *log = (struct log *) view;

    view->list = &log->list;
    log->list.follow = true;
    tick_log(view, true);
}

static void
close_log(struct view *view)
{
    list_free(&((struct log *) view)->list);
}

static void
draw_log(struct view *view, struct canvas *c)
{
    struct log *log = (struct log *) view;
    const struct app *app = view->app;
    size_t top = list_view(&log->list, c->rows - 1), own;
    char time[FORMAT_MAX];

    canvas_title(c, 0, "Messages", "newest at the bottom", true);
    for (int y = 1; y < c->rows && list_own(&log->list, top + (size_t) y - 1, &own); y++) {
        const struct app_line *line = &app->log[(log_first(app) + own) % APP_LOG];
        if (top + (size_t) y - 1 == log->list.at) {
            canvas_ground(c, y, 0, -1, ROLE_SELECTION);
            canvas_text(c, y, 0, 1, ROLE_CURSOR, "▌");
        }
        canvas_text(c, y, 2, 10, ROLE_DIM, format_time(line->at, app->wall, time));
        canvas_text(c, y, 13, c->cols - 14, line->role, line->text);
    }
}

static void
title_log(struct view *view, struct title *out)
{
    snprintf(out->crumbs, sizeof out->crumbs, "%s › log", app_views[view->app->tab]->name);
    snprintf(out->fact, sizeof out->fact, "%zu messages", view->app->n_log);
}

const struct view_class view_log = {
    .name = "Log", .about = "what was said", .size = sizeof(struct log), .open = open_log, .close = close_log,
    .draw = draw_log, .title = title_log, .tick = tick_log, .text = text_log,
};
