/* The frame: five rows that tell where one is, how the device is, and what a key would do. */
#include "console/frame.h"

#include "console/format.h"
#include "console/prompt.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const spinner[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};

static int
lamp(struct canvas *c, int x, enum role role, const char *text)
{
    canvas_role(c, 0, x, canvas_width(text) + 2, role);
    canvas_text(c, 0, x + 1, -1, role, text);
    return x + canvas_width(text) + 2;
}

static void
header_left(const struct app *app, struct canvas *c)
{
    const struct host *host = app->host;
    int x = 1 + canvas_text(c, 0, 1, -1, ROLE_TITLE, "trapline") + 3;
    char text[FORMAT_MAX];

    if (app->tab == 0 || host == NULL) {
        x += canvas_format(c, 0, x, -1, ROLE_STRONG, "%zu", app->hosts.n);
        x += canvas_format(c, 0, x, -1, ROLE_DIM, app->hosts.n == 1 ? " device · " : " devices · ");
        x += canvas_format(c, 0, x, -1, ROLE_STRONG, "%zu", hosts_answering(&app->hosts));
        x += canvas_text(c, 0, x, -1, ROLE_DIM, " answering");
        if (app->read_only)
            canvas_text(c, 0, x + 2, -1, ROLE_DIM, "RO");
        return;
    }
    x += canvas_text(c, 0, x, 32, ROLE_TITLE, host_name(host)) + 2;
    if (c->cols >= 100)
        x += canvas_text(c, 0, x, -1, ROLE_DIM, host_spoken(host)) + 2;
    if (host->status.state == DEVICE_SILENT || host->status.state == DEVICE_REFUSES)
        x += canvas_text(c, 0, x, -1, ROLE_ERROR, host->status.state == DEVICE_SILENT ? "no answer" : "refuses") + 2;
    else if (host->status.latency > 0)
        x += canvas_format(c, 0, x, -1, ROLE_DIM, "%s ms",
                           format_number((uint64_t) (host->status.latency + 999999) / 1000000, text)) + 2;
    if (host_read_only(host))
        canvas_text(c, 0, x + 1, -1, ROLE_DIM, "RO");
    else if (host_production(host))
        lamp(c, x, ROLE_PRODUCTION, "RW prod");
    else
        canvas_text(c, 0, x + 1, -1, ROLE_DIM, "RW");
}

/* From the right: only what is wrong or waiting appears. */
static void
header_right(const struct app *app, struct canvas *c)
{
    int x = c->cols - 1;
    char text[FORMAT_MAX], clock[16];
    uint64_t lost = app->ledger.lost_overflow + app->ledger.lost_restart + app->ledger.kernel_drops;
    time_t now = (time_t) (app->wall / 1000000000);
    struct tm tm;

    strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&now, &tm));
    x -= canvas_right(c, 0, x, -1, ROLE_STRONG, clock) + (c->cols >= 100 ? 3 : 2);
    if (app->outbox.dead > 0) {
        snprintf(text, sizeof text, "✗%u", (unsigned) app->outbox.dead);
        x -= canvas_right(c, 0, x, -1, ROLE_ERROR, text) + 1;
    }
    if (app->outbox.waiting + app->outbox.sending + app->outbox.held + app->outbox.unknown > 0) {
        snprintf(text, sizeof text, "✉ %u",
                 (unsigned) (app->outbox.waiting + app->outbox.sending + app->outbox.held + app->outbox.unknown));
        x -= canvas_right(c, 0, x, -1, ROLE_STRONG, text) + 2;
    } else if (app->outbox.dead > 0) {
        x -= canvas_right(c, 0, x, -1, ROLE_DIM, "✉") + 2;
    }
    if (app->newest > app->seen) {
        x -= canvas_right(c, 0, x, -1, ROLE_DIM, " new");
        x -= canvas_right(c, 0, x, -1, ROLE_STRONG, format_number((uint64_t) (app->newest - app->seen), text)) + 3;
    }
    if (lost > 0) {
        char words[FORMAT_MAX + 8];
        snprintf(words, sizeof words, "lost %s", format_number(lost, text));
        lamp(c, x - canvas_width(words) - 2, ROLE_LAMP, words);
        x -= canvas_width(words) + 3;
    }
    if (app->outbox.security) /* a certificate, TLS, STARTTLS gone, octets put into the line */
        lamp(c, x - canvas_width("mail not safe") - 2, ROLE_LAMP, "mail not safe");
}

static int
tab_width(const struct app *app, int tab, int cols)
{
    (void) app;
    return canvas_width(app_views[tab]->name) + (cols >= 100 ? 5 : 2);
}

int
frame_tab_at(const struct app *app, int y, int x)
{
    int cols = app->cols, at = 1;

    for (int i = 0; y == 1 && i < app->n_tabs; i++) {
        int width = tab_width(app, i, cols);
        if (x >= at && x < at + width)
            return i;
        at += width;
    }
    return -1;
}

static void
tabs(const struct app *app, struct canvas *c)
{
    bool wide = c->cols >= 100;
    int x = 1;

    canvas_run(c, 2, 0, c->cols, ROLE_FRAME, "─");
    for (int i = 0; i < app->n_tabs; i++) {
        const char *name = app_views[i]->name;
        int number = wide ? 2 : 0, width = canvas_width(name);

        if (wide)
            canvas_format(c, 1, x, -1, i == app->tab ? ROLE_FOCUS : ROLE_FAINT, "%d", i + 1);
        canvas_text(c, 1, x + number, -1, i == app->tab ? ROLE_FOCUS : ROLE_LABEL, name);
        if (i == app->tab)
            canvas_run(c, 2, x, number + width, ROLE_FOCUS, "━");
        x += tab_width(app, i, c->cols);
    }
    x = c->cols - 1;
    if (wide) {
        x -= canvas_right(c, 1, x, -1, ROLE_LABEL, " command");
        x -= canvas_right(c, 1, x, -1, ROLE_KEY, ":") + 3;
    }
    x -= canvas_right(c, 1, x, -1, ROLE_LABEL, " help");
    canvas_right(c, 1, x, -1, ROLE_KEY, "?");
}

static void
crumbs(struct canvas *c, int y, const char *text, int max)
{
    const char *last = text;
    int x = 2;

    for (const char *at = strstr(text, " › "); at != NULL; at = strstr(at + 1, " › "))
        last = at + strlen(" › ");
    if (last != text) {
        char front[256];
        int room = max - canvas_width(last);
        snprintf(front, sizeof front, "%.*s", (int) (last - text), text);
        if (room > 6)
            x += canvas_text(c, y, x, room, ROLE_DIM, front);
    }
    x += canvas_text(c, y, x, max - (x - 2), ROLE_TITLE, last);
    canvas_run(c, y, 1, 1, ROLE_FRAME, " ");
    canvas_run(c, y, x, 1, ROLE_FRAME, " ");
}

static void
breadcrumb(const struct app *app, struct canvas *c, struct view *view)
{
    struct title title = {"", ""};
    int y = c->rows - 2, end = c->cols - 2, room;

    canvas_run(c, y, 0, c->cols, ROLE_FRAME, "─");
    if (view->class->title != NULL)
        view->class->title(view, &title);
    if (app->outstanding > 0) {
        canvas_run(c, y, end - 1, 1, ROLE_FOCUS, spinner[app->now / LOOP_MS(100) % 10]);
        canvas_run(c, y, end, 1, ROLE_FRAME, " ");
        canvas_run(c, y, end - 2, 1, ROLE_FRAME, " ");
        end -= 3;
    }
    room = end - 4;
    if (app->now < app->message_until && app->filtering == NULL) {
        int used = canvas_text(c, y, 2, room, app->message.role, app->message.text);
        canvas_run(c, y, 1, 1, ROLE_FRAME, " ");
        canvas_run(c, y, 2 + used, 1, ROLE_FRAME, " ");
        room -= used + 3;
        if (canvas_width(title.fact) > room)
            return;
    }
    if (title.fact[0] != '\0') {
        int width = canvas_width(title.fact);
        width = width > end / 2 + 20 ? end / 2 + 20 : width;
        canvas_right(c, y, end, width, ROLE_DIM, title.fact);
        canvas_run(c, y, end, 1, ROLE_FRAME, " ");
        canvas_run(c, y, end - width - 1, 1, ROLE_FRAME, " ");
        room = end - width - 5;
    }
    if (app->filtering != NULL) {
        canvas_run(c, y, 1, 1, ROLE_FRAME, " ");
        canvas_text(c, y, 2, 2, ROLE_KEY, "/ ");
        prompt_draw(app->filtering, c, y, 4, room > 44 ? 40 : room - 4);
    } else if (app->now >= app->message_until) {
        char text[600];
        snprintf(text, sizeof text, "%s", title.crumbs);
        if (view->list != NULL && view->list->expression[0] != '\0')
            snprintf(text, sizeof text, "%s › /%s", title.crumbs, view->list->expression);
        crumbs(c, y, text, room);
    }
}

static int
hint(struct canvas *c, int x, const char *key, const char *label, bool enabled)
{
    int y = c->rows - 1, need = canvas_width(key) + canvas_width(label) + 1;

    if (x + need > c->cols - 1)
        return c->cols;
    x += canvas_text(c, y, x, -1, enabled ? ROLE_KEY : ROLE_DISABLED, key) + 1;
    return x + canvas_text(c, y, x, -1, enabled ? ROLE_LABEL : ROLE_DISABLED, label) + (c->cols >= 100 ? 3 : 2);
}

static const struct command *
command_by_own_key(const struct view_class *class, const char *key)
{
    for (size_t i = 0; i < class->n_commands; i++)
        if (command_has_key(class->commands[i].keys, key))
            return &class->commands[i];
    return NULL;
}

static void
hints(const struct app *app, struct canvas *c, const struct view *view)
{
    int x = 1;

    if (app->filtering != NULL) {
        x = hint(c, x, "Enter", "keep", true);
        x = hint(c, x, "Esc", "as before", true);
        canvas_text(c, c->rows - 1, x, c->cols - 1 - x, ROLE_DIM,
                    "text  !text  ~fuzzy  /regex/  column=value  column>10");
        return;
    }
    for (size_t i = 0; i < view->class->n_commands; i++) {
        const struct command *command = &view->class->commands[i];
        char key[24];

        if (command->label == NULL || command->keys == NULL)
            continue;
        snprintf(key, sizeof key, "%.*s", (int) strcspn(command->keys, " "), command->keys);
        x = hint(c, x, key, command->label, command_lacks(app, view, command) == NULL);
    }
    if (view->class->search != NULL)
        hint(c, x, "/", "search", true);
    else if (view->class->text != NULL && view->list != NULL && !view->class->overlay)
        hint(c, x, "/", "filter", true);
    else if (view->class->overlay && command_by_own_key(view->class, "Esc") == NULL)
        hint(c, x, "Esc", "leave", true);
}

struct canvas
frame_panel(struct canvas *canvas, int rows, int cols, const char *title, const char *fact)
{
    int margin = canvas->cols >= 100 ? (canvas->cols - cols) / 2 : 1, height = rows;
    struct canvas panel;

    if (cols > canvas->cols - 2 || canvas->cols < 100)
        cols = canvas->cols - 2;
    if (height > canvas->rows - 1)
        height = canvas->rows - 1;
    canvas_backdrop(canvas);
    panel = canvas_part(canvas, canvas->rows - height > 8 ? (canvas->rows - height) / 3 : (canvas->rows - height) / 2,
                        margin < 1 ? 1 : margin, height, cols);
    canvas_blank(&panel, ROLE_PANEL);
    canvas_title(&panel, 0, title, fact, true);
    canvas_run(&panel, panel.rows - 1, 0, panel.cols, ROLE_FRAME, "─");
    return canvas_part(&panel, 1, 2, panel.rows - 2, panel.cols - 4);
}

static void
too_small(struct canvas *c)
{
    char text[80];

    snprintf(text, sizeof text, "trapline needs %d columns and %d rows; this is %dx%d.", FRAME_COLS, FRAME_ROWS, c->cols,
             c->rows);
    if (c->cols < 4)
        return;
    canvas_wrap(c, c->rows > 4 ? c->rows / 2 - 1 : 0, 0, c->cols, c->rows, ROLE_TEXT, text);
}

void
app_draw(struct app *app, struct canvas *canvas)
{
    struct canvas inside;
    int depth = app->depth[app->tab], from = depth - 1;

    canvas_clear(canvas);
    app->cols = canvas->cols;
    if (canvas->cols < FRAME_COLS || canvas->rows < FRAME_ROWS) {
        too_small(canvas);
        return;
    }
    inside = canvas_part(canvas, FRAME_TOP, 0, canvas->rows - FRAME_TOP - FRAME_BOTTOM, canvas->cols);
    while (from > 0 && app->stack[app->tab][from]->class->overlay)
        from--;
    for (int i = from; i < depth; i++)
        app->stack[app->tab][i]->class->draw(app->stack[app->tab][i], &inside);
    canvas_ground(canvas, 0, 0, canvas->cols, ROLE_HEADER);
    header_right(app, canvas);
    header_left(app, canvas);
    tabs(app, canvas);
    breadcrumb(app, canvas, app_top(app));
    hints(app, canvas, app_top(app));
}
