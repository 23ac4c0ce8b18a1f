/* Table: rows and columns as the MIB means them, read again every few seconds, with what changed lit up. */
#include "console/app.h"
#include "console/format.h"
#include "console/frame.h"
#include "console/table.h"
#include "console/views.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct table_view {
    struct view view;
    struct list rows, fields; /* fields: the columns of one row, when it is shown as a list */
    struct table table;
    struct host *host;
    struct request *reading;
    bool counted;             /* the reading is one that somebody waits for */
    bool as_list;
    size_t column, first;     /* under the cursor; the first that scrolls */
    int64_t read_at, took, begun, every;
    struct failure why;
    char note[200];
    char text[4096];
};

static struct table_view *
self(struct view *view)
{
    return (struct table_view *) view;
}

static const char *
row_text(void *arg, size_t own, const char *column)
{
    struct table_view *v = arg;
    const struct table *t = &v->table;
    size_t used = 0;

    if (own >= t->n)
        return NULL;
    if (column != NULL && strcmp(column, "value") == 0)
        return t->row[own].cell[v->column];
    for (size_t i = 0; i < t->n_columns; i++) {
        const char *cell = t->row[own].cell[i];
        if (column != NULL && (strcasecmp(t->column[i].title, column) == 0 || strcasecmp(t->column[i].label, column) == 0))
            return cell != NULL ? cell : "";
        if (column == NULL && used < sizeof v->text - 1)
            used += (size_t) snprintf(v->text + used, sizeof v->text - used, "%s%s", i > 0 ? "\t" : "",
                                      cell != NULL ? cell : "");
    }
    return column == NULL ? v->text : NULL;
}

static void
stop_reading(struct table_view *v)
{
    request_cancel(v->reading);
    v->reading = NULL;
    if (v->counted)
        app_busy(v->view.app, -1);
    v->counted = false;
}

static void
row_came(void *arg, const uint32_t *index, size_t n_index, const struct value *const *cells, size_t n_cells)
{
    struct table_view *v = arg;

    table_add(&v->table, index, n_index, cells, n_cells);
    v->view.app->dirty = true;
}

static void
ended(void *arg, const struct walk_end *end)
{
    struct table_view *v = arg;
    struct app *app = v->view.app;

    v->reading = NULL;
    stop_reading(v);
    v->read_at = app->now = loop_now(app->loop);
    v->took = v->read_at - v->begun;
    v->why.kind = FAILURE_NONE;
    v->note[0] = '\0';
    if (end->note != NULL)
        snprintf(v->note, sizeof v->note, "%s", end->note);
    if (end->failure != NULL) {
        v->why = *end->failure;
        app_failure(app, end->failure);
    }
    table_swap(&v->table, end->failure == NULL);
    list_set(&v->rows, v->table.n, row_text, v);
}

static void
read_table(struct table_view *v, bool counted)
{
    struct app *app = v->view.app;
    static struct oid names[TABLE_COLUMNS_MAX];

    if (app->host == NULL || app->host->device == NULL || v->table.n_columns == 0 || v->reading != NULL)
        return;
    v->host = app->host;
    v->begun = loop_now(app->loop);
    table_read(&v->table);
    v->reading = device_table(app->host->device, names, table_ask(&v->table, names), row_came, ended, v);
    v->counted = counted && v->reading != NULL;
    if (v->counted)
        app_busy(app, 1);
}

static void
look(struct table_view *v, mib_node node)
{
    struct app *app = v->view.app;

    stop_reading(v);
    if (!table_begin(&v->table, app->mib, node))
        return;
    list_free(&v->rows);
    v->rows.expression[0] = '\0';
    v->column = v->table.n_index;
    v->first = v->table.n_index;
    v->as_list = false;
    v->view.list = &v->rows;
    v->read_at = 0;
    v->why.kind = FAILURE_NONE;
    read_table(v, true);
}

void
view_table_look(struct app *app, mib_node table)
{
    look(self(app_show(app, &view_table)), table);
}

/* The columns anew, by the new names. */
static void
renamed(struct view *view, struct mib *old)
{
    struct table_view *v = self(view);
    struct oid name;

    if (v->table.n_columns == 0)
        return;
    name = mib_oid(old, v->table.node);
    look(v, mib_lookup(view->app->mib, &name, NULL));
}

/* Without being told, it is the interfaces. */
static void
settle(struct table_view *v)
{
    struct app *app = v->view.app;

    if (app->mib == NULL || app->host == NULL || app->host->device == NULL)
        return;
    if (v->table.n_columns == 0) {
        mib_node node = mib_find(app->mib, "ifTable");
        if (node != MIB_NONE)
            look(v, node);
    } else if (v->host != app->host) {
        look(v, v->table.node);
    }
}

static void
open_view(struct view *view)
{
    self(view)->every = LOOP_S(5);
    view->list = &self(view)->rows;
    settle(self(view));
}

static void
close_view(struct view *view)
{
    struct table_view *v = self(view);

    stop_reading(v);
    table_free(&v->table);
    list_free(&v->rows);
    list_free(&v->fields);
}

static void
tick(struct view *view, bool changed)
{
    struct table_view *v = self(view);

    (void) changed;
    settle(v);
    if (v->reading != NULL && table_show(&v->table))
        list_set(&v->rows, v->table.n, row_text, v);
    if (v->every > 0 && v->reading == NULL && v->read_at > 0 && view->app->now - v->read_at >= v->every + v->took)
        read_table(v, false);
}

static void
again(struct view *view)
{
    struct table_view *v = self(view);

    if (v->reading != NULL && !v->counted)
        stop_reading(v);
    read_table(v, true);
}

static bool
stop(struct view *view)
{
    struct table_view *v = self(view);
    bool ran = v->reading != NULL;

    if (ran) {
        stop_reading(v);
        table_swap(&v->table, false);
        list_set(&v->rows, v->table.n, row_text, v);
        v->read_at = view->app->now;
        v->every = 0;
        app_message(view->app, ROLE_WARNING, "stopped; what came stays, and it is not read again by itself (^r does)");
    }
    return ran;
}

static void
sideways(struct view *view, int by)
{
    struct table_view *v = self(view);

    if (by < 0 && v->column > 0)
        v->column--;
    else if (by > 0 && v->column + 1 < v->table.n_columns)
        v->column++;
}

static void
moved(struct view *view)
{
    struct table_view *v = self(view);

    if (v->as_list)
        v->column = v->fields.at;
}

/* --- commands --- */

static void
command_row(struct app *app, struct view *view, const char *argument)
{
    struct table_view *v = self(view);

    (void) app, (void) argument;
    v->as_list = !v->as_list;
    v->fields.total = v->fields.n = v->table.n_columns;
    list_go(&v->fields, v->column);
    view->list = v->as_list ? &v->fields : &v->rows;
}

static void
command_set(struct app *app, struct view *view, const char *argument)
{
    struct table_view *v = self(view);
    struct oid name;
    size_t own;

    (void) argument;
    if (!list_current(&v->rows, &own) || !table_instance(&v->table, own, v->column, &name))
        app_message(app, ROLE_WARNING, "move to a column that can be set (→)");
    else
        view_set_add(app, &name, NULL);
}

static void
command_table(struct app *app, struct view *view, const char *argument)
{
    mib_node node = mib_find(app->mib, argument);

    if (node == MIB_NONE || mib_row(app->mib, node) == MIB_NONE)
        app_message(app, ROLE_WARNING, "%.60s is no table that is known", argument);
    else
        look(self(view), node);
}

static void
command_every(struct app *app, struct view *view, const char *argument)
{
    char *end;
    long seconds = strtol(argument, &end, 10);

    if (*argument == '\0' || *end != '\0' || seconds < 0 || seconds > 86400) {
        app_message(app, ROLE_WARNING, "write a number of seconds; 0 is only when asked");
        return;
    }
    self(view)->every = LOOP_S(seconds);
}

static void
command_browse(struct app *app, struct view *view, const char *argument)
{
    const struct table_view *v = self(view);

    (void) argument;
    if (v->column >= v->table.n_index && v->column < v->table.n_columns)
        view_browse_look(app, &v->table.column[v->column].name);
}

static const struct command commands[] = {
    {"row", "Enter", NULL, "the row as a list, and back", command_row, NEEDS_ROW, "row"},
    {"set", "e", NULL, "edit this cell", command_set, NEEDS_ROW | NEEDS_DEVICE | NEEDS_WRITE, "set"},
    {"browse", "b", NULL, "what this column means", command_browse, NEEDS_MIB, "browse"},
    {"table", NULL, "OBJECT", "another table", command_table, NEEDS_MIB | NEEDS_DEVICE, NULL},
    {"every", NULL, "SECONDS", "how often it is read", command_every, 0, NULL},
};

/* --- drawing --- */

/* Where columns stand: the index is frozen, the others scroll so that the cursor's is whole. */
static int
index_width(const struct table *t)
{
    int width = 3;

    for (size_t i = 0; i < t->n_index; i++)
        width += t->column[i].width + 2;
    return width;
}

static void
scroll_to(struct table_view *v, int cols)
{
    const struct table *t = &v->table;
    int room = cols - index_width(t) - 1;

    if (v->first < t->n_index)
        v->first = t->n_index;
    if (v->column < t->n_index)
        v->first = t->n_index;
    else if (v->column < v->first)
        v->first = v->column;
    for (;;) {
        int used = 0;
        for (size_t i = v->first; i <= v->column && i < t->n_columns; i++)
            used += t->column[i].width + 2;
        if (used <= room || v->first >= v->column)
            return;
        v->first++;
    }
}

static enum role
cell_role(const char *cell, const struct table_column *column, int changed)
{
    enum syntax_base base = column->syntax == NULL ? SYNTAX_UNKNOWN : column->syntax->base;

    if (cell == NULL)
        return ROLE_DIM;
    if (changed == 2)
        return ROLE_CHANGED;
    if (changed == 1)
        return ROLE_WAS_CHANGED;
    if (base == SYNTAX_ENUMERATION && strcmp(cell, "up") != 0 &&
        (strstr(cell, "down") == cell || strstr(cell, "fail") != NULL || strstr(cell, "dormant") == cell))
        return strstr(cell, "fail") != NULL ? ROLE_ERROR : ROLE_WARNING;
    if (strstr(column->title, "Err") != NULL || strstr(column->title, "Discards") != NULL)
        return strcmp(cell, "0") == 0 ? ROLE_FAINT : ROLE_MINOR;
    return ROLE_TEXT;
}

static void
draw_cell(struct table_view *v, struct canvas *c, int y, int x, size_t own, size_t i, bool at)
{
    const struct table_column *column = &v->table.column[i];
    const struct table_row *row = &v->table.row[own];
    const char *cell = row->cell[i];
    enum role role = cell_role(cell, column, row->changed[i]);
    int width = column->width;

    if (x + width > c->cols - 1)
        width = c->cols - 1 - x;
    if (width < 2)
        return;
    if (at && i == v->column) {
        role = ROLE_CELL;
        canvas_ground(c, y, x - 1, width + 2, ROLE_CELL);
    } else if (row->changed[i] == 2) {
        canvas_ground(c, y, x - 1, width + 2, ROLE_CHANGED);
    } else if (i < v->table.n_index && role == ROLE_TEXT) {
        role = at ? ROLE_TITLE : ROLE_DIM;
    }
    if (column->right)
        canvas_right(c, y, x + width, width, role, cell != NULL ? cell : "·");
    else
        canvas_text(c, y, x, width, role, cell != NULL ? cell : "·");
}

/* Calls out every visible column with its place. */
static void
draw_line(struct table_view *v, struct canvas *c, int y, size_t own, bool at, bool head)
{
    const struct table *t = &v->table;
    int x = 3;

    for (size_t i = 0; i < t->n_columns && x < c->cols - 3; i++) {
        const struct table_column *column = &t->column[i];
        if (i == t->n_index) {
            i = v->first;
            column = &t->column[i];
            if (head || !at)
                canvas_text(c, y, x - 2, 1, ROLE_FRAME, "┊");
        }
        if (!head) {
            draw_cell(v, c, y, x, own, i, at);
        } else {
            int width = x + column->width > c->cols - 1 ? c->cols - 1 - x : column->width;
            enum role role = i == v->column ? ROLE_FOCUS : ROLE_DIM;
            if (column->right)
                canvas_right(c, y, x + width, width, role, column->label);
            else
                canvas_text(c, y, x, width, role, column->label);
        }
        x += column->width + 2;
    }
}

/* What this cell is and may be. */
static void
draw_cell_line(struct table_view *v, struct canvas *c, int y)
{
    const struct table_column *column = &v->table.column[v->column];
    const struct syntax *s = column->syntax;
    struct mib_info info;
    struct oid name;
    char text[600], object[200];
    const char *units;
    size_t own, used;
    int x = 1, decimals;

    if (!list_current(&v->rows, &own))
        return;
    if (table_instance(&v->table, own, v->column, &name))
        mib_format_object(v->table.mib, &name, object, sizeof object);
    else
        snprintf(object, sizeof object, "%s", column->title);
    x += canvas_text(c, y, x, c->cols / 3, ROLE_STRONG, object) + 2;
    x += canvas_text(c, y, x, c->cols / 3, ROLE_TEXT,
                     v->table.row[own].cell[v->column] != NULL ? v->table.row[own].cell[v->column] : "there is none") + 3;
    if (s == NULL)
        return;
    units = render_tenths(s, &decimals);
    used = (size_t) snprintf(text, sizeof text, "%s%s%s", s->type, *units != '\0' ? " · " : "", units);
    for (uint32_t i = 0; i < s->n_names && used < sizeof text - 80; i++)
        used += (size_t) snprintf(text + used, sizeof text - used, " %s(%lld)", s->names[i].label,
                                  (long long) s->names[i].number);
    if (v->column >= v->table.n_index && mib_info(v->table.mib, mib_lookup(v->table.mib, &column->name, NULL), &info))
        snprintf(text + used, sizeof text - used, " · %s", mib_access_word(info.access));
    canvas_text(c, y, x, c->cols - x - 1, ROLE_DIM, text);
}

static void
draw_fields(struct table_view *v, struct canvas *c)
{
    const struct table *t = &v->table;
    size_t top = list_view(&v->fields, c->rows - 2), own;

    if (!list_current(&v->rows, &own))
        return;
    for (int y = 0; y < c->rows - 2 && top + (size_t) y < t->n_columns; y++) {
        size_t i = top + (size_t) y;
        const char *cell = t->row[own].cell[i];
        if (i == v->fields.at) {
            canvas_ground(c, y, 0, -1, ROLE_SELECTION);
            canvas_text(c, y, 0, 1, ROLE_CURSOR, "▌");
        }
        canvas_text(c, y, 2, 32, i == v->fields.at ? ROLE_TITLE : ROLE_DIM, t->column[i].title);
        canvas_text(c, y, 36, c->cols - 37, cell_role(cell, &t->column[i], t->row[own].changed[i]),
                    cell != NULL ? cell : "·");
    }
}

static void
draw_rows(struct table_view *v, struct canvas *c)
{
    int height = c->rows - 3;
    size_t top = list_view(&v->rows, height), own;

    scroll_to(v, c->cols);
    draw_line(v, c, 0, 0, false, true);
    for (int y = 0; y < height && list_own(&v->rows, top + (size_t) y, &own); y++) {
        bool at = top + (size_t) y == v->rows.at;
        if (at) {
            canvas_ground(c, y + 1, 0, -1, ROLE_SELECTION);
            canvas_text(c, y + 1, 0, 1, ROLE_CURSOR, "▌");
        }
        draw_line(v, c, y + 1, own, at, false);
    }
    if (v->rows.n == 0)
        canvas_text(c, 2, 3, -1, ROLE_DIM, v->reading != NULL ? "reading …" : v->rows.total > 0
                    ? "no row passes the filter; Esc shows all again" : "the device has no rows there");
}

static void
draw(struct view *view, struct canvas *c)
{
    struct table_view *v = self(view);
    const struct app *app = view->app;
    const char *lacks = app->mib == NULL ? app->mib_why.text : app->host == NULL ? "Choose a device in view 1." : NULL;

    if (lacks == NULL && app->host->device == NULL)
        lacks = app->host->why.kind != FAILURE_NONE ? app->host->why.text : "the device is being opened …";
    if (lacks == NULL && v->table.n_columns == 0)
        lacks = "No table yet: t on an object in Browse, or :table NAME.";
    if (lacks == NULL && v->why.kind != FAILURE_NONE && v->table.n == 0)
        lacks = v->why.text;
    if (lacks != NULL) {
        canvas_wrap(c, c->rows / 3, 4, c->cols - 8, 4, v->why.kind != FAILURE_NONE ? ROLE_ERROR : ROLE_DIM, lacks);
        return;
    }
    if (v->as_list)
        draw_fields(v, c);
    else
        draw_rows(v, c);
    draw_cell_line(v, c, c->rows - 1);
}

static void
title(struct view *view, struct title *out)
{
    struct table_view *v = self(view);
    const struct app *app = view->app;
    const char *host = app->host != NULL ? host_name(app->host) : "no device";
    struct mib_info info;
    char age[FORMAT_MAX], rows[64], every[64] = "";
    size_t own;

    snprintf(out->crumbs, sizeof out->crumbs, "%s", host);
    if (app->mib == NULL || v->table.n_columns == 0 || !mib_info(app->mib, v->table.node, &info))
        return;
    if (list_current(&v->rows, &own))
        snprintf(out->crumbs, sizeof out->crumbs, "%s › %s › %s › %s", host, info.module, info.name,
                 v->table.column[v->column].title);
    else
        snprintf(out->crumbs, sizeof out->crumbs, "%s › %s › %s", host, info.module, info.name);
    if (v->rows.n != v->rows.total)
        snprintf(rows, sizeof rows, "%zu of %zu rows", v->rows.n, v->rows.total);
    else
        snprintf(rows, sizeof rows, "%zu of %zu", v->rows.n > 0 ? v->rows.at + 1 : 0, v->rows.n);
    if (v->every > 0)
        snprintf(every, sizeof every, " · every %d s", (int) (v->every / LOOP_S(1)));
    if (v->note[0] != '\0')
        snprintf(out->fact, sizeof out->fact, "%s · %.90s", rows, v->note);
    else if (v->why.kind != FAILURE_NONE && v->why.kind != FAILURE_UNREACHABLE)
        snprintf(out->fact, sizeof out->fact, "%s · a part: %.60s", rows, v->why.text);
    else if (v->why.kind != FAILURE_NONE)
        snprintf(out->fact, sizeof out->fact, "%s · not answered, read %s ago", rows,
                 format_age((app->now - v->read_at) / LOOP_S(1), age));
    else if (v->reading != NULL && v->counted)
        snprintf(out->fact, sizeof out->fact, "%zu rows read · ^c stops",
                 v->table.n_fresh + (v->table.first ? v->table.n : 0));
    else
        snprintf(out->fact, sizeof out->fact, "%s · read %s ago%s", rows,
                 format_age((app->now - v->read_at) / LOOP_S(1), age), every);
}

const struct view_class view_table = {
    .name = "Table", .about = "rows and columns of a device", .size = sizeof(struct table_view),
    .commands = commands, .n_commands = sizeof commands / sizeof *commands,
    .open = open_view, .close = close_view, .renamed = renamed, .draw = draw, .title = title, .moved = moved, .sideways = sideways,
    .tick = tick, .again = again, .stop = stop, .text = row_text,
};
