/* The ledger: where every datagram went, by cause, by listener, by sender and by the hour; who was turned away, and
 * letting one in. */
#include "console/app.h"
#include "console/format.h"
#include "console/frame.h"
#include "console/views.h"

#include "api/memory.h"
#include "api/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 7, USER = 5, ENGINE = 6, /* of a rejected sender; they have no column */
        LINES_MAX = 1000, OCTETS_KEPT = 96 };
/* So long it is tried again when the collector is just writing. */
#define TRY_FOR LOOP_S(5)

enum part { REJECTED, LISTENERS, SENDERS, ADMITTED, HOURS, PARTS };

struct line {
    int64_t id;
    char cell[CELLS][100]; /* printable */
    bool bad;
    /* of a rejected sender */
    enum reject_cause cause;
    uint8_t octets[OCTETS_KEPT];
    size_t n_octets, n_raw;
};

/* All that came in an hour, or what came by one listener or from one sender. */
struct hour {
    int64_t at;
    struct ledger sum;
};

struct ledger_view {
    struct view view;
    struct list list; /* of the part that is shown */
    enum part part;
    struct line *line[PARTS];
    size_t n[PARTS];
    struct hour *hour;
    size_t n_hours;
    enum part whose_part; /* LISTENERS or SENDERS: the hours are of `whose`; else of all */
    char whose[100];
    struct failure why;
    struct admission wanted; /* id 0: none */
    char profile[100];
    int64_t until;
    char text[800];
};

/* Widths in cells at 80 and at 132 columns; 0 is left out; negative stands right. */
static const struct {
    const char *name, *nothing;
    struct { const char *head; int narrow, wide; } column[CELLS];
} parts[PARTS] = {
    [REJECTED] = {"Rejected senders", "nobody was turned away",
                  {{"source", 24, 36}, {"cause", 32, 60}, {"count", -9, -9}, {"last", -9, -9}}},
    [LISTENERS] = {"Listeners", "nobody listens; is the collector running?",
                   {{"name", 0, 20}, {"address", 20, 32}, {"received", -10, -12}, {"stored", -10, -12}, {"rejected", -9, -10},
                    {"lost", -7, -9}, {"kernel dropped", -14, -14}}},
    [SENDERS] = {"Senders", "nobody has sent anything yet",
                 {{"source", 26, 40}, {"stored", -11, -13}, {"duplicate", -10, -11}, {"dropped", 0, -10}, {"rejected", -9, -10},
                  {"first", 0, -9}, {"last", -9, -9}}},
    [ADMITTED] = {"Admitted here", "nobody was let in by hand; a on a rejected sender does it",
                  {{"name", 22, 26}, {"source", 20, 26}, {"profile", 16, 20}, {"engine", 0, 28}, {"by", 8, 12}, {"at", -8, -9}}},
    [HOURS] = {"Hours", "nothing came in the last month",
               {{"hour", 20, 24}, {"received", -12, -13}, {"stored", -12, -13}, {"duplicate", 0, -11}, {"rejected", -9, -10},
                {"lost", -9, -9}, {"kernel dropped", 0, -14}}},
};

static struct ledger_view *
self(struct view *view)
{
    return (struct ledger_view *) view;
}

static struct line *
add_line(struct ledger_view *l, enum part part, int64_t id)
{
    struct line *line = &l->line[part][l->n[part]++];

    *line = (struct line) {.id = id};
    return line;
}

static void
put(struct line *line, int cell, const char *text)
{
    if (text != NULL)
        text_sanitize((const uint8_t *) text, strlen(text), line->cell[cell], sizeof line->cell[cell]);
}

static void
put_number(struct line *line, int cell, uint64_t number)
{
    char text[FORMAT_MAX];

    put(line, cell, format_number(number, text));
}

static void
put_time(const struct ledger_view *l, struct line *line, int cell, int64_t at)
{
    char text[FORMAT_MAX];

    put(line, cell, format_time(at, l->view.app->wall, text));
}

static bool
rejected_came(void *arg, const struct rejected_sender *s)
{
    struct ledger_view *l = arg;
    struct line *line = add_line(l, REJECTED, s->id);
    char cause[200];

    line->cause = s->cause;
    line->n_raw = s->n_raw;
    line->n_octets = s->n_raw < OCTETS_KEPT ? s->n_raw : OCTETS_KEPT;
    if (line->n_octets > 0)
        memcpy(line->octets, s->raw, line->n_octets);
    put(line, 0, s->source);
    if (s->security != NULL)
        snprintf(cause, sizeof cause, "%s, %s %.64s", reject_cause_words(s->cause), reject_security_words(s->cause),
                 s->security);
    else
        snprintf(cause, sizeof cause, "%s", reject_cause_words(s->cause));
    put(line, 1, cause);
    put_number(line, 2, s->count);
    put_time(l, line, 3, s->last);
    put(line, USER, s->security);
    put(line, ENGINE, s->engine_id);
    return l->n[REJECTED] < LINES_MAX;
}

static bool
listener_came(void *arg, const struct listener *s)
{
    struct ledger_view *l = arg;
    struct line *line = add_line(l, LISTENERS, 0);
    char gone[100];
    uint64_t lost = s->ledger.lost_overflow + s->ledger.lost_restart;

    line->bad = lost + s->ledger.kernel_drops > 0;
    put(line, 0, s->name);
    snprintf(gone, sizeof gone, "gone: %.80s", s->name);
    put(line, 1, s->address[0] != '\0' ? s->address : gone);
    put_number(line, 2, s->ledger.received);
    put_number(line, 3, s->ledger.stored);
    put_number(line, 4, s->ledger.rejected);
    put_number(line, 5, lost);
    put_number(line, 6, s->ledger.kernel_drops);
    return l->n[LISTENERS] < LINES_MAX;
}

static bool
sender_came(void *arg, const struct sender_count *s)
{
    struct ledger_view *l = arg;
    struct line *line = add_line(l, SENDERS, 0);

    put(line, 0, s->source);
    put_number(line, 1, s->stored);
    put_number(line, 2, s->duplicate);
    put_number(line, 3, s->dropped);
    put_number(line, 4, s->rejected);
    put_time(l, line, 5, s->first);
    put_time(l, line, 6, s->last);
    return l->n[SENDERS] < LINES_MAX;
}

static bool
admitted_came(void *arg, const struct admitted_sender *s)
{
    struct ledger_view *l = arg;
    struct line *line = add_line(l, ADMITTED, s->id);

    put(line, 0, s->name);
    put(line, 1, s->source);
    put(line, 2, s->profile);
    put(line, 3, s->engine_id != NULL ? s->engine_id : s->fingerprint);
    put(line, 4, s->who);
    put_time(l, line, 5, s->at);
    return l->n[ADMITTED] < LINES_MAX;
}

static struct hour *
hour_at(struct ledger_view *l, int64_t at)
{
    for (size_t i = 0; i < l->n_hours; i++)
        if (l->hour[i].at == at)
            return &l->hour[i];
    if (l->n_hours == LINES_MAX)
        return NULL;
    l->hour[l->n_hours] = (struct hour) {.at = at};
    return &l->hour[l->n_hours++];
}

static bool
hour_came(void *arg, const struct ledger_hour *h)
{
    struct ledger_view *l = arg;
    struct hour *hour = l->whose_part != LISTENERS || strcmp(h->listener, l->whose) == 0 ? hour_at(l, h->hour) : NULL;

    if (hour == NULL)
        return true;
    hour->sum.received += h->ledger.received;
    hour->sum.stored += h->ledger.stored;
    hour->sum.duplicate += h->ledger.duplicate;
    hour->sum.rejected += h->ledger.rejected;
    hour->sum.lost_overflow += h->ledger.lost_overflow + h->ledger.lost_restart;
    hour->sum.kernel_drops += h->ledger.kernel_drops;
    return true;
}

static bool
sender_hour_came(void *arg, const struct sender_count *s)
{
    struct hour *hour = hour_at(arg, s->first);

    if (hour != NULL)
        hour->sum = (struct ledger) {.received = s->stored + s->duplicate + s->dropped + s->rejected, .stored = s->stored,
                                     .duplicate = s->duplicate, .rejected = s->rejected};
    return hour != NULL;
}

static int
later_first(const void *a, const void *b)
{
    const struct hour *x = a, *y = b;

    return x->at < y->at ? 1 : x->at > y->at ? -1 : 0;
}

static bool
read_hours(struct ledger_view *l)
{
    struct store *store = l->view.app->store;

    l->n_hours = 0;
    if (!(l->whose_part == SENDERS ? ledger_sender_hours(store, 0, l->whose, sender_hour_came, l, &l->why)
                                   : ledger_hours(store, 0, hour_came, l, &l->why)))
        return false;
    qsort(l->hour, l->n_hours, sizeof *l->hour, later_first);
    for (size_t i = 0; i < l->n_hours; i++) {
        const struct hour *h = &l->hour[i];
        struct line *line = add_line(l, HOURS, 0);
        char at[FORMAT_MAX];

        line->bad = h->sum.lost_overflow + h->sum.kernel_drops > 0;
        snprintf(line->cell[0], sizeof line->cell[0], "%.20s", format_instant(h->at, at));
        put_number(line, 1, h->sum.received);
        put_number(line, 2, h->sum.stored);
        put_number(line, 3, h->sum.duplicate);
        put_number(line, 4, h->sum.rejected);
        put_number(line, 5, h->sum.lost_overflow);
        put_number(line, 6, h->sum.kernel_drops);
    }
    return true;
}

static const char *
text(void *arg, size_t own, const char *column)
{
    struct ledger_view *l = arg;
    const struct line *line = &l->line[l->part][own];
    size_t used = 0;

    for (int i = 0; i < CELLS && parts[l->part].column[i].head != NULL; i++) {
        if (column != NULL && strcmp(column, parts[l->part].column[i].head) == 0)
            return line->cell[i];
        used += (size_t) snprintf(l->text + used, sizeof l->text - used, "%s%s", i > 0 ? " " : "", line->cell[i]);
    }
    return column == NULL ? l->text : strcmp(column, "value") == 0 ? line->cell[0] : NULL;
}

static void
read_all(struct ledger_view *l)
{
    struct store *store = l->view.app->store;

    memset(l->n, 0, sizeof l->n);
    l->why.kind = FAILURE_NONE;
    if (store != NULL && rejected_senders(store, rejected_came, l, &l->why) &&
        ledger_listeners(store, listener_came, l, &l->why) &&
        ledger_senders(store, LINES_MAX, sender_came, l, &l->why) && (l->part != HOURS || read_hours(l)))
        admitted_senders(store, admitted_came, l, &l->why);
    list_set(&l->list, l->n[l->part], text, l);
}

/* --- letting in, and taking it back --- */

static void
admit_now(struct ledger_view *l)
{
    struct app *app = l->view.app;
    struct failure why;
    char name[100];

    l->wanted.profile = l->profile[0] != '\0' ? settings_profile(app->settings, l->profile) : NULL;
    if (rejected_admit(app->store, &l->wanted, name, sizeof name, &why)) {
        app_message(app, ROLE_OK, "%s is let in%s%s", name,
                    l->profile[0] != '\0' ? " by profile " : "", l->profile);
        app_wrote(app);
    } else if (why.kind == FAILURE_BUSY && app->now < l->until) {
        return;
    } else {
        app_failure(app, &why);
    }
    l->wanted.id = 0;
}

/* The profile that has what was refused, when only one does. */
static const struct profile *
only_profile(const struct app *app, const struct rejected_sender *sender, size_t *fitting)
{
    const struct profile *all, *found = NULL;
    size_t n = app->settings != NULL ? settings_profiles(app->settings, &all) : 0;

    *fitting = 0;
    for (size_t i = 0; i < n; i++)
        if (rejected_fits(sender, &all[i], NULL)) {
            found = &all[i];
            ++*fitting;
        }
    return *fitting == 1 ? found : NULL;
}

static void
admit(struct app *app, struct view *view, const char *argument)
{
    struct ledger_view *l = self(view);
    struct rejected_sender sender = {.id = 0};
    const struct profile *profile = NULL;
    struct failure why;
    size_t own, fitting = 0;

    if (l->part != REJECTED || !list_current(&l->list, &own)) {
        app_message(app, ROLE_WARNING, "choose one of the rejected senders first (Tab)");
        return;
    }
    sender = (struct rejected_sender) {.id = l->line[REJECTED][own].id, .cause = l->line[REJECTED][own].cause,
                                       .source = l->line[REJECTED][own].cell[0], .security = l->line[REJECTED][own].cell[USER]};
    if (argument[0] != '\0') {
        profile = app->settings != NULL ? settings_profile(app->settings, argument) : NULL;
        if (profile == NULL) {
            app_message(app, ROLE_ERROR, "the settings have no profile \"%.60s\"", argument);
            return;
        }
    } else if (!rejected_fits(&sender, NULL, &why)) {
        profile = only_profile(app, &sender, &fitting);
        if (fitting > 1) {
            view_prompt_start(app, "admit ");
            return;
        }
        if (profile == NULL) {
            app_message(app, ROLE_ERROR, "%.250s%s", why.text, strstr(why.text, "profile") != NULL ? "; there is none yet" : "");
            return;
        }
    }
    l->wanted = (struct admission) {.id = sender.id, .who = app->who};
    snprintf(l->profile, sizeof l->profile, "%s", profile != NULL ? profile->name : "");
    l->until = app->now + TRY_FOR;
    admit_now(l);
}

static void
forget(struct app *app, struct view *view, const char *argument)
{
    struct ledger_view *l = self(view);
    struct failure why = {0};
    size_t own;
    bool done;

    (void) argument;
    if ((l->part != REJECTED && l->part != ADMITTED) || !list_current(&l->list, &own)) {
        app_message(app, ROLE_WARNING, "only rejected and admitted senders can be forgotten");
        return;
    }
    done = l->part == REJECTED ? rejected_forget(app->store, l->line[REJECTED][own].id, &why)
                               : admitted_remove(app->store, l->line[ADMITTED][own].cell[0], &why);
    if (!done)
        app_failure(app, &why);
    else
        app_message(app, ROLE_TEXT, l->part == REJECTED ? "forgotten; it comes back when it sends again"
                                                        : "it is let in no longer");
    app_wrote(app);
}

static void
show_part(struct ledger_view *l, enum part part)
{
    l->part = part;
    l->list.at = l->list.top = 0;
    read_all(l);
}

static void
hours(struct app *app, struct view *view, const char *argument)
{
    struct ledger_view *l = self(view);
    size_t own;

    (void) argument;
    if ((l->part != LISTENERS && l->part != SENDERS) || !list_current(&l->list, &own)) {
        app_message(app, ROLE_WARNING, "choose a listener or a sender first (Tab)");
        return;
    }
    l->whose_part = l->part;
    snprintf(l->whose, sizeof l->whose, "%s", l->line[l->part][own].cell[0]);
    show_part(l, HOURS);
}

static const struct command commands[] = {
    {"hours", "Enter", NULL, "what came by the listener or from the sender, hour by hour", hours, NEEDS_ROW | NEEDS_STORE, "by the hour"},
    {"admit", "a", "[PROFILE]", "let the rejected sender in", admit, NEEDS_ROW | NEEDS_STORE, "let in"},
    {"forget", "d", NULL, "forget the rejected or admitted sender", forget, NEEDS_ROW | NEEDS_STORE, "forget"},
};

/* --- the view --- */

static void
tick(struct view *view, bool changed)
{
    struct ledger_view *l = self(view);

    if (l->wanted.id != 0)
        admit_now(l);
    if (changed)
        read_all(l);
}

static void
open_view(struct view *view)
{
    struct ledger_view *l = self(view);

    view->list = &l->list;
    l->whose_part = PARTS;
    for (int i = 0; i < PARTS; i++)
        l->line[i] = memory_zero(LINES_MAX, sizeof *l->line[i]);
    l->hour = memory_zero(LINES_MAX, sizeof *l->hour);
    read_all(l);
}

static void
close_view(struct view *view)
{
    struct ledger_view *l = self(view);

    for (int i = 0; i < PARTS; i++)
        free(l->line[i]);
    free(l->hour);
    list_free(&l->list);
}

static void
next_part(struct view *view, int by)
{
    struct ledger_view *l = self(view);

    l->whose_part = PARTS;
    show_part(l, (enum part) (((int) l->part + by + PARTS) % PARTS));
}

static int
draw_counts(const struct ledger *l, struct canvas *c, bool all)
{
    const struct { const char *sign, *words; uint64_t n; const char *means; enum role role; bool always; } count[] = {
        {"", "received", l->received, "datagrams that reached trapline", ROLE_STRONG, true},
        {"=", "stored", l->stored, "in the journal", ROLE_STRONG, true},
        {"+", "duplicate", l->duplicate, "sent again: one event", ROLE_TEXT, all},
        {"+", "dropped by rule", l->dropped, "your rules said so", ROLE_TEXT, all},
        {"+", "rejected", l->rejected, "see below", ROLE_WARNING, true},
        {"+", "malformed", l->malformed, "bytes that make no sense", ROLE_WARNING, all},
        {"+", "protocol", l->protocol, "SNMPv3 discovery and the like", ROLE_TEXT, all},
        {"+", "waiting", l->waiting, "on their way into the store", ROLE_TEXT, all},
        {"+", "lost in overflow", l->lost_overflow, "more came than could be held", ROLE_LAMP, all},
        {"+", "lost in a restart", l->lost_restart, "held when a process died", ROLE_LAMP, all},
        {"", "kernel dropped", l->kernel_drops, "never reached trapline: a larger buffer helps", ROLE_LAMP, true},
        {"", "informs answered", l->informs_answered, "each after it was stored", ROLE_TEXT, all},
    };
    char since[FORMAT_MAX], fact[80], number[FORMAT_MAX];
    int y = 1;

    snprintf(fact, sizeof fact, "%s since %.19s", ledger_adds_up(l) ? "✓ adds up," : "✗ does not add up,",
             l->since > 0 ? format_instant(l->since, since) + 4 : "the beginning");
    canvas_title(c, 0, "Ledger", fact, false);
    for (size_t i = 0; i < sizeof count / sizeof *count; i++) {
        if (!count[i].always && count[i].n == 0)
            continue;
        canvas_text(c, y, 4, 1, ROLE_FAINT, count[i].sign);
        canvas_text(c, y, 6, 20, ROLE_TEXT, count[i].words);
        canvas_right(c, y, 40, 13, count[i].n > 0 ? count[i].role : ROLE_FAINT, format_number(count[i].n, number));
        canvas_text(c, y++, 44, c->cols - 45, ROLE_DIM, count[i].means);
    }
    return y;
}

static void
draw_cells(const struct ledger_view *l, struct canvas *c, int y, const struct line *line)
{
    bool wide = c->cols >= 120;
    int x = 2;

    for (int i = 0; i < CELLS && parts[l->part].column[i].head != NULL; i++) {
        int width = wide ? parts[l->part].column[i].wide : parts[l->part].column[i].narrow, cells = width < 0 ? -width : width;
        const char *cell = line != NULL ? line->cell[i] : parts[l->part].column[i].head;
        enum role role = line == NULL ? ROLE_DIM : l->part == REJECTED && i == 1 ? ROLE_WARNING : line->bad && i >= 5 ? ROLE_LAMP : ROLE_TEXT;

        if (width > 0)
            canvas_text(c, y, x, cells, role, cell);
        else if (width < 0)
            canvas_right(c, y, x + cells, cells, role, cell);
        x += cells > 0 ? cells + 1 : 0;
    }
}

static void
draw_octets(const struct line *line, struct canvas *c)
{
    size_t per = c->cols >= 120 ? 32 : 16;
    char fact[120];

    snprintf(fact, sizeof fact, "%zu octets%s%s", line->n_raw, line->cell[ENGINE][0] != '\0' ? " · engine " : "", line->cell[ENGINE]);
    canvas_title(c, 0, "The last that came, community masked", fact, false);
    for (size_t i = 0; i < line->n_octets && (int) (i / per) + 1 < c->rows; i++)
        canvas_format(c, (int) (i / per) + 1, 2 + (int) (i % per) * 3, 2, ROLE_DIM, "%02x", line->octets[i]);
}

static void
draw(struct view *view, struct canvas *c)
{
    struct ledger_view *l = self(view);
    int y = draw_counts(&view->app->ledger, c, c->rows >= 30) + 1, octets = l->part == REJECTED && c->rows - y >= 10 ? 5 : 0;
    struct canvas part = canvas_part(c, y, 0, c->rows - y - octets, c->cols);
    size_t top = list_view(&l->list, part.rows - 2), own;
    bool of_one = l->part == HOURS && l->whose_part != PARTS;
    char fact[160];
    int used = 0;

    for (int i = 1; i < PARTS; i++) {
        int other = ((int) l->part + i) % PARTS;
        char number[24] = ""; /* hours are summed when they are looked at */

        if (other != HOURS)
            snprintf(number, sizeof number, " %zu", l->n[other]);
        used += snprintf(fact + used, sizeof fact - (size_t) used, "%s%s%s", i > 1 ? " · " : "Tab ", parts[other].name, number);
    }
    snprintf(l->text, sizeof l->text, "%s%s%s", parts[l->part].name, of_one ? " of " : "", of_one ? l->whose : "");
    canvas_title(&part, 0, l->text, fact, true);
    if (l->why.kind != FAILURE_NONE) {
        canvas_wrap(&part, 1, 2, c->cols - 4, 2, ROLE_ERROR, l->why.text);
    } else if (l->list.n == 0) {
        canvas_text(&part, 1, 2, c->cols - 4, ROLE_DIM, l->n[l->part] > 0 ? "nothing passes the filter" : parts[l->part].nothing);
    } else {
        draw_cells(l, &part, 1, NULL);
    }
    for (int row = 2; row < part.rows && list_own(&l->list, top + (size_t) row - 2, &own); row++) {
        if (top + (size_t) row - 2 == l->list.at) {
            canvas_ground(&part, row, 0, -1, ROLE_SELECTION);
            canvas_text(&part, row, 0, 1, ROLE_CURSOR, "▌");
        }
        draw_cells(l, &part, row, &l->line[l->part][own]);
    }
    if (octets > 0 && list_current(&l->list, &own)) {
        part = canvas_part(c, c->rows - octets, 0, octets, c->cols);
        draw_octets(&l->line[REJECTED][own], &part);
    }
}

static void
title(struct view *view, struct title *out)
{
    struct ledger_view *l = self(view);
    char number[FORMAT_MAX];

    snprintf(out->crumbs, sizeof out->crumbs, "Traps › ledger › %s", parts[l->part].name);
    snprintf(out->fact, sizeof out->fact, "%s received", format_number(view->app->ledger.received, number));
}

const struct view_class view_ledger = {
    .name = "Ledger", .about = "where every datagram went", .size = sizeof(struct ledger_view),
    .commands = commands, .n_commands = sizeof commands / sizeof *commands,
    .open = open_view, .close = close_view, .draw = draw, .title = title, .tick = tick, .part = next_part, .text = text,
};
