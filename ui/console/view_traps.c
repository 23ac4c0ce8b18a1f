/* Traps: the feed, newest at the bottom and following; the last hour; the ledger. */
#include "console/app.h"
#include "console/feed.h"
#include "console/feed_digest.h"
#include "console/feed_hour.h"
#include "console/format.h"
#include "console/frame.h"
#include "console/ledger_line.h"
#include "console/views.h"

#include <stdio.h>
#include <string.h>

enum { BATCHES_A_TURN = 10 };
/* So long the loop is held; a key waits no longer. */
#define TURN LOOP_MS(12)

struct hunt { /* for the next row of a severity, beyond what is held */
    int by;   /* 0: there is none */
    enum severity least, most;
    int64_t from, seen; /* where it began; rows up to here are looked at */
};

struct traps {
    struct view view;
    struct list list;
    struct feed feed;
    struct feed_hour hour;
    struct loop_timer *turn;
    struct hunt hunt;
    bool opened, stopped, busy;
    int64_t at_id;              /* the row under the cursor, or where it was */
    int64_t mark, mark_at;      /* where one left off: the last row seen, and when */
    int64_t ticked;
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
    const struct feed_row *r = &t->feed.row[own];
    char time[FORMAT_MAX];

    if (column != NULL)
        return r->says;
    snprintf(t->text, sizeof t->text, "%s %s %s %s %s", format_instant(r->received, time), severity_word(r->severity),
             r->device, r->name, r->says);
    return t->text;
}

/* --- what is held, and the turns in which it is widened --- */

/* After rows came or went: the cursor stays on its row, and that row where it is on the screen. */
static void
settle(struct traps *t)
{
    size_t below_top = t->list.at - t->list.top;

    t->list.n = t->list.total = t->feed.n;
    if (t->list.follow) {
        list_go(&t->list, t->list.n);
    } else {
        list_go(&t->list, feed_find(&t->feed, t->at_id));
        t->list.top = t->list.at > below_top ? t->list.at - below_top : 0;
    }
    if (t->list.follow && t->feed.n > 0)
        t->at_id = t->feed.row[t->list.at].id;
    t->view.app->dirty = true;
}

/* The next time, its row is put in the middle. */
static void
centre(struct traps *t)
{
    t->list.top = 0;
    t->list.at = (size_t) t->list.height / 2;
}

static size_t
two_screens(const struct traps *t)
{
    return t->list.height > 0 ? (size_t) t->list.height * 2 : 60;
}

static bool
wants_newer(const struct traps *t)
{
    bool near_end = t->list.at + two_screens(t) >= t->feed.n;

    return feed_lacks_newer(&t->feed) && (t->list.follow || near_end || t->hunt.by > 0 ||
                                          (t->feed.filter != NULL && t->feed.n + FEED_BATCH < FEED_MOST));
}

static bool
wants_older(const struct traps *t)
{
    return t->hunt.by < 0 ? feed_has_older(&t->feed) : t->hunt.by == 0 && feed_lacks_older(&t->feed);
}

static bool
wants_more(const struct traps *t)
{
    return !t->stopped && t->feed.why.kind == FAILURE_NONE && (wants_newer(t) || wants_older(t));
}

/* Shown as work while a person waits for it: not for the page that is there in a moment. */
static void
show_busy(struct traps *t, bool busy)
{
    busy = busy && (t->feed.filter != NULL || t->hunt.by != 0);
    if (busy != t->busy)
        app_busy(t->view.app, busy ? 1 : -1);
    t->busy = busy;
}

static void
begin_at(struct traps *t, int64_t id)
{
    t->hunt.by = 0;
    t->stopped = false;
    feed_start(&t->feed, id);
}

static bool
is_hunted(const struct traps *t, const struct feed_row *row)
{
    return row->severity >= t->hunt.least && row->severity <= t->hunt.most;
}

static void
end_hunt(struct traps *t, int64_t id)
{
    t->hunt.by = 0;
    t->list.follow = false;
    t->at_id = id;
    centre(t);
}

/* The rows that came in the last step: is the one we hunt among them? */
static void
look_for_hunted(struct traps *t)
{
    const struct feed *f = &t->feed;
    int by = t->hunt.by;
    bool found = false;

    if (f->n > 0 && (by < 0 ? f->row[0].id < t->hunt.seen : f->row[f->n - 1].id > t->hunt.seen)) {
        size_t i = feed_find(f, t->hunt.seen);

        for (i += (size_t) by * (f->row[i].id == t->hunt.seen || by < 0); i < f->n && !found; i += (size_t) by)
            if ((found = is_hunted(t, &f->row[i])))
                end_hunt(t, f->row[i].id);
        t->hunt.seen = by < 0 ? f->row[0].id : f->row[f->n - 1].id;
    }
    if (found || (by < 0 ? feed_has_older(f) : feed_lacks_newer(f)))
        return;
    app_message(t->view.app, ROLE_DIM, "there is none %s", by > 0 ? "below" : "above");
    t->at_id = t->hunt.from;
    begin_at(t, t->at_id);
}

static void
step(struct traps *t)
{
    struct feed *f = &t->feed;

    if (t->list.follow && f->filter == NULL && f->newest - f->high > FEED_BATCH)
        feed_start(f, f->newest); /* a storm: what is far above the screen is read again when it is wanted */
    if (wants_older(t) && (t->hunt.by < 0 || (f->n == 0 && !t->list.follow) || !wants_newer(t)))
        feed_older(f);
    else if (wants_newer(t))
        feed_newer(f);
    if (t->hunt.by != 0)
        look_for_hunted(t);
    settle(t);
}

static void turn(void *arg);

/* As much as fits into one turn; the rest in the next ones. */
static void
go_on(struct traps *t)
{
    int64_t end = loop_clock() + TURN;

    if (t->feed.store == NULL)
        return;
    for (int i = 0; i < BATCHES_A_TURN && wants_more(t) && (i == 0 || loop_clock() < end); i++)
        step(t);
    show_busy(t, wants_more(t));
    if (t->turn == NULL && wants_more(t))
        t->turn = loop_after(t->view.app->loop, LOOP_MS(1), turn, t);
}

static void
turn(void *arg)
{
    struct traps *t = arg;

    t->turn = NULL;
    go_on(t);
}

static void
load(struct traps *t)
{
    struct app *app = t->view.app;

    t->feed.store = app->store;
    if (app->store == NULL)
        return;
    t->feed.why.kind = FAILURE_NONE;
    feed_bounds(&t->feed, app->oldest, app->newest);
    feed_hour_read(&t->hour, app->store, app->wall, app->oldest, app->newest);
    if (!t->opened || t->feed.mib != app->mib) {
        t->feed.mib = app->mib;
        feed_start(&t->feed, t->list.follow || !t->opened ? app->newest : t->at_id);
        t->opened = true;
    }
    go_on(t);
}

static void
tick(struct view *view, bool changed)
{
    struct traps *t = self(view);
    struct app *app = view->app;

    if (t->ticked > 0 && app->now - t->ticked > LOOP_S(2) && t->feed.n > 0) {
        t->mark = app->seen;
        t->mark_at = app->wall - (app->now - t->ticked);
    }
    t->ticked = app->now;
    if (changed || !t->opened || t->feed.mib != app->mib || t->feed.newest != app->newest ||
        t->feed.why.kind != FAILURE_NONE || t->hour.bin != app->wall / LOOP_S(HOUR_BIN_S))
        load(t);
    if (t->feed.n > 0)
        app->seen = app->newest;
}

static void
moved(struct view *view)
{
    struct traps *t = self(view);
    struct feed *f = &t->feed;

    t->hunt.by = 0;
    if (f->n == 0)
        return;
    if (t->list.at == 0 && f->filter == NULL && feed_has_older(f) && !feed_lacks_older(f))
        feed_start(f, f->oldest - 1); /* g: the beginning, however far it is */
    else if (t->list.at < two_screens(t) && !feed_lacks_older(f))
        f->wanted = f->older + FEED_BATCH;
    t->at_id = f->n > 0 ? f->row[t->list.at].id : f->oldest;
    go_on(t);
}

/* "/" looks through the whole journal, from here to both sides. */
static bool
narrow(struct view *view, const char *expression, bool done, struct failure *why)
{
    struct traps *t = self(view);
    struct filter *filter = NULL;

    if (strcmp(expression, t->list.expression) == 0 || (!done && list_pattern_is_open(expression)))
        return true;
    if (expression[0] != '\0' && (filter = filter_new(expression, why)) == NULL)
        return false;
    if (filter == NULL && t->feed.n > 0)
        t->at_id = t->feed.row[t->list.at].id;
    filter_free(t->feed.filter);
    t->feed.filter = filter;
    snprintf(t->list.expression, sizeof t->list.expression, "%s", expression);
    begin_at(t, t->list.follow ? t->feed.newest : t->at_id);
    centre(t);
    go_on(t);
    return true;
}

static void
again(struct view *view)
{
    struct traps *t = self(view);

    if (!t->stopped)
        begin_at(t, t->list.follow ? t->feed.newest : t->at_id);
    t->stopped = false;
    go_on(t);
}

static bool
stop(struct view *view)
{
    struct traps *t = self(view);
    bool ran = t->busy;

    if (t->hunt.by != 0) {
        t->at_id = t->hunt.from;
        begin_at(t, t->at_id);
        go_on(t);
    } else if (ran) {
        t->stopped = true;
        show_busy(t, false);
    }
    return ran;
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

    loop_cancel(t->turn);
    show_busy(t, false);
    feed_close(&t->feed);
    list_free(&t->list);
}

/* --- commands --- */

static void
command_detail(struct app *app, struct view *view, const char *argument)
{
    size_t own;

    (void) argument;
    if (list_current(&self(view)->list, &own))
        view_trap_look(app, self(view)->feed.row[own].id);
}

static void
hop(struct view *view, int by, enum severity least, enum severity most)
{
    struct traps *t = self(view);
    const struct feed *f = &t->feed;

    t->hunt = (struct hunt) {0, least, most, t->at_id, 0};
    for (size_t i = t->list.at + (size_t) by; i < f->n; i += (size_t) by)
        if (is_hunted(t, &f->row[i])) {
            t->list.follow = false;
            list_go(&t->list, i);
            moved(view);
            return;
        }
    if (by < 0 ? !feed_has_older(f) : !feed_lacks_newer(f)) {
        app_message(view->app, ROLE_DIM, "there is none %s", by > 0 ? "below" : "above");
        return;
    }
    t->hunt.by = by;
    t->hunt.seen = by < 0 ? f->row[0].id : f->row[f->n - 1].id;
    t->list.follow = t->stopped = false;
    go_on(t);
}

#define HOP(name, by, least, most) \
    static void name(struct app *app, struct view *view, const char *argument) \
    { \
        (void) app, (void) argument; \
        hop(view, by, least, most); \
    }
HOP(next_error, 1, SEVERITY_MAJOR, SEVERITY_CRITICAL)
HOP(previous_error, -1, SEVERITY_MAJOR, SEVERITY_CRITICAL)
HOP(next_warning, 1, SEVERITY_WARNING, SEVERITY_MINOR)
HOP(previous_warning, -1, SEVERITY_WARNING, SEVERITY_MINOR)

static void
follow(struct app *app, struct view *view, const char *argument)
{
    struct traps *t = self(view);

    (void) argument;
    t->list.follow = !t->list.follow;
    t->hunt.by = 0;
    app_message(app, ROLE_TEXT, t->list.follow ? "following the newest" : "paused here; what comes is counted below");
    go_on(t);
}

static void
ledger(struct app *app, struct view *view, const char *argument)
{
    (void) view, (void) argument;
    app_push(app, &view_ledger);
}

static void
digest(struct app *app, struct view *view, const char *argument)
{
    (void) argument;
    feed_digest(app, &self(view)->feed);
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
    const struct feed_row *r = &t->feed.row[own];
    bool loud = r->severity >= SEVERITY_MAJOR, quiet = r->severity == SEVERITY_INFO, inform = r->inform && c->cols >= 100;
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
    canvas_text(c, y, k->says, c->cols - k->says - (inform ? 9 : 1), quiet ? ROLE_DIM : ROLE_TEXT, r->says);
    if (inform)
        canvas_right(c, y, c->cols - 1, 6, ROLE_DIM, "inform");
}

static void
draw_divider(struct traps *t, struct canvas *c, int y)
{
    char time[FORMAT_MAX], text[120], number[FORMAT_MAX];
    uint64_t n = t->feed.filter == NULL ? (uint64_t) (t->feed.newest - t->mark) : 0;
    int width;

    for (size_t i = t->feed.n; t->feed.filter != NULL && i-- > 0 && t->feed.row[i].id > t->mark;)
        n++;
    snprintf(text, sizeof text, " %s since you looked at %.5s ", format_number(n, number),
             format_time(t->mark_at, t->view.app->wall, time));
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
           t->feed.row[own].id > t->mark && t->feed.row[before].id <= t->mark;
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
draw_nothing(const struct traps *t, struct canvas *c)
{
    const struct app *app = t->view.app;
    const struct failure *why = t->feed.why.kind != FAILURE_NONE ? &t->feed.why : &app->collector_why;
    bool bad = why->kind != FAILURE_NONE && t->feed.filter == NULL;

    canvas_wrap(c, 2, 2, c->cols - 4, 3, bad ? ROLE_ERROR : ROLE_DIM,
                t->feed.why.kind != FAILURE_NONE ? t->feed.why.text
                : t->feed.filter != NULL ? wants_more(t)    ? "nothing that passes the filter so far; ^c stops looking"
                                           : t->stopped     ? "stopped looking; ^r goes on, Esc shows all again"
                                                            : "nothing passes the filter; Esc shows all again"
                : bad ? app->collector_why.text : "No notification has come yet; what comes is shown at once.");
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
    if (t->list.n == 0 || t->feed.why.kind != FAILURE_NONE)
        draw_nothing(t, &rows);
    feed_hour_draw(&t->hour, &below, app->wall);
    ledger_line_draw(&app->ledger, c, c->rows - 1);
}

/* How far a search is: rows found, and how much of the journal was looked at. */
static void
title_search(const struct traps *t, char *out, size_t size)
{
    const struct feed *f = &t->feed;
    char found[FORMAT_MAX], all[FORMAT_MAX];
    int64_t total = f->oldest > 0 ? f->newest - f->oldest + 1 : 0, looked = f->high - f->low + 1;
    int percent = total > 0 ? (int) (looked * 100 / total) : 100;

    format_number(f->n, found);
    format_number((uint64_t) total, all);
    if (wants_more(t) && feed_lacks_older(f))
        snprintf(out, size, "%s found · %d %% of %s · ^c stops", found, percent, all);
    else if (t->stopped)
        snprintf(out, size, "%s found · stopped at %d %% of %s · ^r goes on", found, percent, all);
    else if (feed_has_older(f))
        snprintf(out, size, "%s found in %d %% of %s · more above", found, percent, all);
    else
        snprintf(out, size, "%s found in %s", found, all);
}

static void
title(struct view *view, struct title *out)
{
    struct traps *t = self(view);
    const struct feed *f = &t->feed;
    const struct feed_row *r = NULL;
    char n[FORMAT_MAX], text[160];
    size_t own;

    snprintf(out->crumbs, sizeof out->crumbs, "all devices");
    if (list_current(&t->list, &own))
        r = &f->row[own];
    if (r != NULL)
        snprintf(out->crumbs, sizeof out->crumbs, "%.100s #%s › %s: %.80s", r->name,
                 format_number((uint64_t) r->id, n), severity_word(r->severity), r->why);
    if (t->hunt.by != 0)
        snprintf(out->fact, sizeof out->fact, "looking %s · %s rows to go · ^c stops", t->hunt.by < 0 ? "back" : "on",
                 format_number((uint64_t) (t->hunt.by < 0 ? f->low - f->oldest : f->newest - f->high), n));
    else if (f->filter != NULL) {
        title_search(t, text, sizeof text);
        if (t->list.follow || r == NULL)
            snprintf(out->fact, sizeof out->fact, "%s", text);
        else
            snprintf(out->fact, sizeof out->fact, "%.100s · %s below", text, format_number(t->list.n - 1 - t->list.at, n));
    } else if (t->list.follow)
        snprintf(out->fact, sizeof out->fact, "following · %s in the journal",
                 format_number(f->oldest > 0 ? (uint64_t) (f->newest - f->oldest + 1) : 0, n));
    else
        snprintf(out->fact, sizeof out->fact, "paused · %s below, G follows",
                 format_number(r != NULL ? (uint64_t) (f->newest - r->id) : 0, n));
}

const struct view_class view_traps = {
    .name = "Traps", .about = "what happens, as it happens", .size = sizeof(struct traps),
    .commands = commands, .n_commands = sizeof commands / sizeof *commands,
    .open = open_view, .close = close_view, .draw = draw, .title = title, .moved = moved, .tick = tick,
    .again = again, .stop = stop, .narrow = narrow, .text = row_text,
};
