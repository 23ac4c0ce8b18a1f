/* Traps: the feed, newest at the bottom and following; the last hour; the ledger. */
#include "console/app.h"
#include "console/feed_row.h"
#include "console/format.h"
#include "console/frame.h"
#include "console/views.h"

#include "api/digest.h"
#include "api/memory.h"
#include "api/render.h"
#include "api/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 500, ROWS_MAX = 20000, ROWS_KEPT = 15000, BINS_MAX = 240, DIGEST_MOST = 1000 };

struct traps {
    struct view view;
    struct list list;
    struct feed_row *row;
    size_t n, room;
    bool loaded, older_done;
    const struct mib *named_by; /* the names that the rows were made with */
    int64_t mark, mark_at;      /* where one left off: the last row seen, and when */
    int64_t ticked;
    struct failure why;
    char text[1200];
};

static struct traps *
self(struct view *view)
{
    return (struct traps *) view;
}

static const char *
row_text(void *arg, size_t own, const char *column)
{
    struct traps *t = arg;
    const struct feed_row *r = &t->row[own];

    if (column == NULL) {
        char time[FORMAT_MAX];
        snprintf(t->text, sizeof t->text, "%s %s %s %s %s", format_instant(r->received, time), severity_word(r->severity),
                 r->device, r->name, r->says);
        return t->text;
    }
    if (strcmp(column, "device") == 0)
        return r->device;
    if (strcmp(column, "severity") == 0)
        return severity_word(r->severity);
    if (strcmp(column, "notification") == 0 || strcmp(column, "name") == 0)
        return r->name;
    if (strcmp(column, "says") == 0 || strcmp(column, "value") == 0)
        return r->says;
    if (strcmp(column, "id") == 0) {
        snprintf(t->text, sizeof t->text, "%lld", (long long) r->id);
        return t->text;
    }
    return NULL;
}

static void
row_free(struct feed_row *r)
{
    free(r->device);
    free(r->name);
    free(r->says);
}

static void
forget(struct traps *t)
{
    for (size_t i = 0; i < t->n; i++)
        row_free(&t->row[i]);
    t->n = 0;
    t->loaded = t->older_done = false;
    t->list.at = t->list.top = t->list.n = t->list.total = 0;
}

static bool
add_row(void *arg, const struct notification *n)
{
    struct traps *t = arg;

    if (t->n == t->room) {
        t->room = t->room * 2 + BATCH;
        t->row = memory_grow(t->row, t->room, sizeof *t->row);
    }
    feed_row_make(&t->row[t->n++], t->view.app->mib, n);
    return true;
}

/* Rows before the first one: they come newest first, so they are turned round and put in front. */
static size_t
load_older(struct traps *t)
{
    size_t before = t->n, got;
    struct feed_row *fresh;

    if (t->older_done || t->n >= ROWS_MAX)
        return 0;
    if (!journal_before(t->view.app->store, t->n > 0 ? t->row[0].id : INT64_MAX, BATCH, add_row, t, &t->why))
        return 0;
    got = t->n - before;
    t->older_done = got < BATCH;
    if (got == 0)
        return 0;
    fresh = memory_copy(t->row + before, got * sizeof *fresh);
    memmove(t->row + got, t->row, before * sizeof *t->row);
    for (size_t i = 0; i < got; i++)
        t->row[i] = fresh[got - 1 - i];
    free(fresh);
    return got;
}

static void
drop_oldest(struct traps *t)
{
    size_t drop = t->n - ROWS_KEPT;

    for (size_t i = 0; i < drop; i++)
        row_free(&t->row[i]);
    memmove(t->row, t->row + drop, ROWS_KEPT * sizeof *t->row);
    t->n = ROWS_KEPT;
    t->older_done = false;
    list_dropped(&t->list, drop);
}

static void
load_newer(struct traps *t)
{
    size_t before = t->n;

    if (!journal_after(t->view.app->store, t->n > 0 ? t->row[t->n - 1].id : 0, BATCH, add_row, t, &t->why))
        return;
    if (t->n > ROWS_MAX && t->list.follow)
        drop_oldest(t);
    if (t->n != before)
        list_set(&t->list, t->n, row_text, t);
}

static void
load(struct traps *t)
{
    struct app *app = t->view.app;

    t->why.kind = FAILURE_NONE;
    if (app->store == NULL)
        return;
    if (t->loaded && t->named_by != app->mib)
        forget(t);
    if (!t->loaded) {
        t->named_by = app->mib;
        load_older(t);
        t->loaded = t->why.kind == FAILURE_NONE;
        list_set(&t->list, t->n, row_text, t);
        if (t->list.follow)
            list_go(&t->list, t->list.n);
    } else {
        load_newer(t);
    }
}

static void
tick(struct view *view, bool changed)
{
    struct traps *t = self(view);
    struct app *app = view->app;

    if (t->ticked > 0 && app->now - t->ticked > LOOP_S(2) && t->n > 0) {
        t->mark = app->seen;
        t->mark_at = app->wall - (app->now - t->ticked);
    }
    t->ticked = app->now;
    if (changed || !t->loaded || t->named_by != app->mib || (t->n > 0 && t->row[t->n - 1].id < app->newest))
        load(t);
    if (t->n > 0 && t->row[t->n - 1].id > app->seen)
        app->seen = t->row[t->n - 1].id;
}

static void
moved(struct view *view)
{
    struct traps *t = self(view);

    if (t->list.at == 0 && t->list.expression[0] == '\0' && view->app->store != NULL && t->n > 0) {
        size_t got = load_older(t);
        if (got > 0) {
            t->list.follow = false;
            list_set(&t->list, t->n, row_text, t);
            list_go(&t->list, got);
        }
    }
}

static void
open_view(struct view *view)
{
    struct traps *t = self(view);

    view->list = &t->list;
    t->list.follow = true;
    load(t);
}

static void
close_view(struct view *view)
{
    struct traps *t = self(view);

    forget(t);
    free(t->row);
    list_free(&t->list);
}

/* --- commands --- */

static void
command_detail(struct app *app, struct view *view, const char *argument)
{
    size_t own;

    (void) argument;
    if (list_current(&self(view)->list, &own))
        view_trap_look(app, self(view)->row[own].id);
}

static void
hop(struct view *view, int by, enum severity least, enum severity most)
{
    struct traps *t = self(view);
    size_t own;

    for (size_t i = t->list.at + (size_t) by; list_own(&t->list, i, &own); i += (size_t) by)
        if (t->row[own].severity >= least && t->row[own].severity <= most) {
            t->list.follow = false;
            list_go(&t->list, i);
            return;
        }
    app_message(view->app, ROLE_DIM, "there is none %s", by > 0 ? "below" : "above");
}

static void
next_error(struct app *app, struct view *view, const char *argument)
{
    (void) app, (void) argument;
    hop(view, 1, SEVERITY_MAJOR, SEVERITY_CRITICAL);
}

static void
previous_error(struct app *app, struct view *view, const char *argument)
{
    (void) app, (void) argument;
    hop(view, -1, SEVERITY_MAJOR, SEVERITY_CRITICAL);
}

static void
next_warning(struct app *app, struct view *view, const char *argument)
{
    (void) app, (void) argument;
    hop(view, 1, SEVERITY_WARNING, SEVERITY_MINOR);
}

static void
previous_warning(struct app *app, struct view *view, const char *argument)
{
    (void) app, (void) argument;
    hop(view, -1, SEVERITY_WARNING, SEVERITY_MINOR);
}

static void
follow(struct app *app, struct view *view, const char *argument)
{
    struct traps *t = self(view);

    (void) argument;
    t->list.follow = !t->list.follow;
    if (t->list.follow)
        list_go(&t->list, t->list.n);
    app_message(app, ROLE_TEXT, t->list.follow ? "following the newest" : "paused here; what comes is counted below");
}

static void
ledger(struct app *app, struct view *view, const char *argument)
{
    (void) view, (void) argument;
    app_push(app, &view_ledger);
}

struct gathering {
    struct digest *digest;
    struct mib *mib;
};

static bool
add_to_digest(void *arg, const struct notification *n)
{
    struct gathering *g = arg;
    struct digest_names names = digest_names_of(g->mib);

    digest_add(g->digest, n, &names);
    return false;
}

/* The rows in view are read again, whole: the feed keeps only what it shows of them. */
static void
digest(struct app *app, struct view *view, const char *argument)
{
    struct traps *t = self(view);
    struct gathering g = {digest_new("in view", app->wall), app->mib};
    struct buf subject = {0}, text = {0}, html = {0}, csv = {0};
    struct failure why = {0};
    size_t own;

    (void) argument;
    for (size_t i = t->list.n > DIGEST_MOST ? t->list.n - DIGEST_MOST : 0; list_own(&t->list, i, &own); i++)
        if (!journal_one(app->store, t->row[own].id, add_to_digest, &g, &why))
            break;
    if (why.kind != FAILURE_NONE)
        app_message(app, ROLE_ERROR, "%s", why.text);
    else {
        digest_set_ledger(g.digest, &app->ledger);
        digest_subject(g.digest, &subject);
        digest_text(g.digest, &text);
        digest_html(g.digest, &html);
        digest_csv(g.digest, &csv);
        view_compose_start(app, &(struct draft) {subject.at, text.at, html.at, csv.at, "in view",
                                                 "person, digest of what was in view"});
    }
    buf_free(&subject);
    buf_free(&text);
    buf_free(&html);
    buf_free(&csv);
    digest_free(g.digest);
}

static const struct command commands[] = {
    {"detail", "Enter", NULL, "everything about the row", command_detail, NEEDS_ROW | NEEDS_STORE, "detail"},
    {"digest", "X", NULL, "mail a digest of what is in view", digest, NEEDS_ROW | NEEDS_STORE, "mail digest"},
    {"ledger", "L", NULL, "ledger, cause by cause; who was rejected", ledger, NEEDS_STORE, "ledger"},
    {"follow", "F", NULL, "follow the newest, or pause", follow, 0, "follow"},
    {"next-error", "e", NULL, "next major or worse", next_error, NEEDS_ROW, "next error"},
    {"previous-error", "E", NULL, "previous major or worse", previous_error, NEEDS_ROW, NULL},
    {"next-warning", "w", NULL, "next warning", next_warning, NEEDS_ROW, "next warning"},
    {"previous-warning", "W", NULL, "previous warning", previous_warning, NEEDS_ROW, NULL},
};

/* --- drawing --- */

struct columns {
    int severity, device, name, says;
};

static void
draw_row(struct traps *t, struct canvas *c, int y, const struct columns *k, size_t own, bool at)
{
    const struct feed_row *r = &t->row[own];
    bool loud = r->severity >= SEVERITY_MAJOR, quiet = r->severity == SEVERITY_INFO;
    enum role role = severity_role(r->severity);
    char time[FORMAT_MAX];

    if (at) {
        canvas_ground(c, y, 0, -1, ROLE_SELECTION);
        canvas_text(c, y, 0, 1, ROLE_CURSOR, "▌");
    }
    canvas_text(c, y, 2, 8, ROLE_DIM, format_time(r->received, t->view.app->wall, time));
    canvas_text(c, y, k->severity, 1, role, severity_symbol(r->severity));
    canvas_text(c, y, k->severity + 2, 4, role, c->cols >= 100 ? severity_short(r->severity) : severity_two(r->severity));
    canvas_text(c, y, k->device, k->name - k->device - 1, quiet ? ROLE_DIM : ROLE_TEXT, r->device);
    canvas_text(c, y, k->name, k->says - k->name - 1, loud ? ROLE_TITLE : quiet ? ROLE_DIM : ROLE_TEXT, r->name);
    canvas_text(c, y, k->says, c->cols - k->says - (r->inform ? 9 : 1), quiet ? ROLE_DIM : ROLE_TEXT, r->says);
    if (r->inform)
        canvas_right(c, y, c->cols - 1, 6, ROLE_DIM, "inform");
}

static void
draw_divider(struct traps *t, struct canvas *c, int y)
{
    char time[FORMAT_MAX], text[100];
    size_t n = 0;
    int width;

    for (size_t i = t->n; i-- > 0 && t->row[i].id > t->mark;)
        n++;
    snprintf(text, sizeof text, " %zu since you looked at %.5s ", n, format_time(t->mark_at, t->view.app->wall, time));
    canvas_run(c, y, 0, c->cols, ROLE_FRAME, "─");
    canvas_run(c, y, 1, 1, ROLE_FRAME, " ");
    canvas_ground(c, y, 2, canvas_width(text), ROLE_CHANGED);
    width = canvas_text(c, y, 2, c->cols - 4, ROLE_CHANGED, text);
    canvas_run(c, y, 2 + width, 1, ROLE_FRAME, " ");
}

static bool
divides(const struct traps *t, size_t shown)
{
    size_t own, before;

    return t->mark > 0 && shown > 0 && list_own(&t->list, shown, &own) && list_own(&t->list, shown - 1, &before) &&
           t->row[own].id > t->mark && t->row[before].id <= t->mark;
}

static void
draw_rows(struct traps *t, struct canvas *c)
{
    struct columns k = c->cols >= 100 ? (struct columns) {12, 21, 36, 66} : (struct columns) {12, 18, 32, 52};
    size_t top = list_view(&t->list, c->rows - 1), own;
    bool divided = false;
    int y = 1;

    for (size_t i = top; i < top + (size_t) c->rows; i++)
        divided = divided || divides(t, i);
    if (divided)
        top = list_view(&t->list, c->rows - 2);
    canvas_text(c, 0, 2, -1, ROLE_DIM, "time");
    canvas_text(c, 0, k.severity, -1, ROLE_DIM, c->cols >= 100 ? "severity" : "sev");
    canvas_text(c, 0, k.device, -1, ROLE_DIM, "device");
    canvas_text(c, 0, k.name, -1, ROLE_DIM, "notification");
    canvas_text(c, 0, k.says, -1, ROLE_DIM, "what it says");
    for (size_t i = top; y < c->rows && list_own(&t->list, i, &own); i++) {
        if (divides(t, i) && i > top)
            draw_divider(t, c, y++);
        if (y < c->rows)
            draw_row(t, c, y++, &k, own, i == t->list.at);
    }
}

static void
draw_hour(struct traps *t, struct canvas *c)
{
    int rows = c->rows - 2, n = c->cols - 6 < BINS_MAX ? c->cols - 6 : BINS_MAX;
    int64_t now = t->view.app->wall, hour = LOOP_S(3600);
    unsigned bin[BINS_MAX] = {0}, peak = 0, minute = 0;
    char fact[80], from[FORMAT_MAX];

    for (size_t i = t->n; i-- > 0 && t->row[i].received > now - hour;) {
        int64_t at = (t->row[i].received - (now - hour)) * n / hour;
        if (at >= 0 && at < n)
            bin[at]++;
        minute += t->row[i].received > now - LOOP_S(60);
    }
    for (int i = 0; i < n; i++)
        peak = bin[i] > peak ? bin[i] : peak;
    snprintf(fact, sizeof fact, "peak %u in %d s · now %u/min", peak, 3600 / n, minute);
    canvas_title(c, 0, "last hour", fact, false);
    draw_histogram(c, 1, 2, rows, bin, n);
    canvas_run(c, c->rows - 1, 2, n, ROLE_FRAME, "·");
    canvas_format(c, c->rows - 1, 2, 5, ROLE_FAINT, "%.5s", format_time(now - hour, now, from));
    canvas_right(c, c->rows - 1, 2 + n, 4, ROLE_FAINT, " now");
}

static void
draw_ledger(const struct app *app, struct canvas *c, int y)
{
    const struct ledger *l = &app->ledger;
    uint64_t lost = l->lost_overflow + l->lost_restart;
    const struct { const char *words; uint64_t n; bool always; enum role role; } part[] = {
        {"stored", l->stored, true, ROLE_TEXT}, {"duplicate", l->duplicate, false, ROLE_TEXT},
        {"dropped by rule", l->dropped, c->cols >= 100, ROLE_TEXT}, {"rejected", l->rejected, true, ROLE_WARNING},
        {"malformed", l->malformed, c->cols >= 100, ROLE_WARNING}, {"protocol", l->protocol, false, ROLE_TEXT},
        {"waiting", l->waiting, false, ROLE_TEXT}, {"lost", lost, false, ROLE_LAMP},
    };
    char number[FORMAT_MAX];
    bool first = true;
    int x = 2;

    x += canvas_text(c, y, x, -1, ROLE_DIM, "received ");
    x += canvas_text(c, y, x, -1, ROLE_STRONG, format_number(l->received, number));
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        if (!part[i].always && part[i].n == 0)
            continue;
        x += canvas_text(c, y, x, -1, ROLE_FAINT, first ? " = " : " + ");
        x += canvas_format(c, y, x, -1, ROLE_DIM, "%s ", part[i].words);
        x += canvas_text(c, y, x, -1, part[i].n > 0 ? part[i].role : ROLE_TEXT, format_number(part[i].n, number));
        first = false;
    }
    x += canvas_text(c, y, x + 2, -1, ledger_adds_up(l) ? ROLE_OK : ROLE_ERROR, ledger_adds_up(l) ? "✓" : "✗") + 3;
    if (c->cols < 100)
        return;
    x += canvas_text(c, y, x, -1, ROLE_DIM, ledger_adds_up(l) ? "adds up" : "does not add up") + 2;
    x += canvas_format(c, y, x, -1, l->kernel_drops > 0 ? ROLE_ERROR : ROLE_DIM, "kernel dropped %s",
                       format_number(l->kernel_drops, number)) + 2;
    canvas_format(c, y, x, -1, ROLE_DIM, "informs answered %s", format_number(l->informs_answered, number));
}

static void
draw(struct view *view, struct canvas *c)
{
    struct traps *t = self(view);
    const struct app *app = view->app;
    int hour = c->rows >= 30 ? 4 : 3;
    struct canvas rows = canvas_part(c, 0, 0, c->rows - hour - 1, c->cols);
    struct canvas below = canvas_part(c, c->rows - hour - 1, 0, hour, c->cols);

    if (app->store == NULL) {
        canvas_wrap(c, c->rows / 3, 4, c->cols - 8, 4, app->store_why.kind == FAILURE_NONE ? ROLE_DIM : ROLE_ERROR,
                    app->store_why.kind == FAILURE_NONE ? "opening the store …" : app->store_why.text);
        return;
    }
    draw_rows(t, &rows);
    if (t->why.kind != FAILURE_NONE)
        canvas_wrap(&rows, 2, 2, c->cols - 4, 3, ROLE_ERROR, t->why.text);
    else if (t->list.n == 0)
        canvas_wrap(&rows, 2, 2, c->cols - 4, 3, app->collector_why.kind != FAILURE_NONE ? ROLE_ERROR : ROLE_DIM,
                    t->n > 0 ? "nothing passes the filter; Esc shows all again"
                    : app->collector_why.kind != FAILURE_NONE ? app->collector_why.text
                                                              : "No notification has come yet; what comes is shown at once.");
    draw_hour(t, &below);
    draw_ledger(app, c, c->rows - 1);
}

static void
title(struct view *view, struct title *out)
{
    struct traps *t = self(view);
    char number[FORMAT_MAX], n1[FORMAT_MAX];
    size_t own;

    snprintf(out->crumbs, sizeof out->crumbs, "all devices");
    if (list_current(&t->list, &own))
        snprintf(out->crumbs, sizeof out->crumbs, "all devices › %.100s › #%s", t->row[own].name,
                 format_number((uint64_t) t->row[own].id, n1));
    if (t->list.follow)
        snprintf(out->fact, sizeof out->fact, "following · %s stored", format_number(view->app->ledger.stored, number));
    else
        snprintf(out->fact, sizeof out->fact, "paused · %s below, G follows",
                 format_number(t->list.n > 0 ? t->list.n - 1 - t->list.at : 0, number));
}

const struct view_class view_traps = {
    .name = "Traps", .about = "what happens, as it happens", .size = sizeof(struct traps),
    .commands = commands, .n_commands = sizeof commands / sizeof *commands,
    .open = open_view, .close = close_view, .draw = draw, .title = title, .moved = moved, .tick = tick,
    .text = row_text,
};
