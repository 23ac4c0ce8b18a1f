/* Mail: what waits, what was sent, what failed and in which words; the mail under the cursor as it is. */
#include "console/app.h"
#include "console/format.h"
#include "console/frame.h"
#include "console/mail_page.h"
#include "console/views.h"

#include "api/memory.h"
#include "api/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAILS_MAX = 300, SAID = 3 };

struct mail_row {
    int64_t id, created, due;
    enum mail_state state;
    int attempts;
    char subject[160], words[240], to[160], cause[80];
    size_t n_said;
    struct { enum mail_state state; char text[300]; } said[SAID]; /* of recipients that have not got it */
};

struct mail_view {
    struct view view;
    struct list list, lines; /* lines: of the preview, to scroll */
    struct mail_row row[MAILS_MAX];
    size_t n;
    int64_t shown;           /* id of the mail in the preview, 0 none */
    enum mail_page page;
    struct buf preview;
    size_t head;             /* its lines that are labels */
    int64_t marked[MAILS_MAX];
    size_t n_marked;
    struct failure why;
    char text[700];
};

static struct mail_view *
self(struct view *view)
{
    return (struct mail_view *) view;
}

static void
keep(char *out, size_t size, const char *text)
{
    out[0] = '\0';
    if (text != NULL)
        text_sanitize((const uint8_t *) text, strlen(text), out, size);
}

/* "550 5.1.1 ana@x.test: no such user; the mailbox does not exist" */
static void
note_said(struct mail_row *row, const struct mail_recipient *r)
{
    const char *meaning = mail_code_words(r->code, r->enhanced), *words = r->words != NULL ? r->words : "";
    char text[700], code[16] = "";

    if (r->state == MAIL_SENT || row->n_said == SAID || words[0] == '\0')
        return;
    if (r->code > 0)
        snprintf(code, sizeof code, "%d ", r->code);
    snprintf(text, sizeof text, "%s%s%s%s: %s%s%s", code, r->enhanced != NULL ? r->enhanced : "",
             r->enhanced != NULL && r->enhanced[0] != '\0' ? " " : "", r->address, words, meaning[0] != '\0' ? "; " : "", meaning);
    row->said[row->n_said].state = r->state;
    keep(row->said[row->n_said].text, sizeof row->said->text, text);
    row->n_said++;
}

static bool
came(void *arg, const struct mail *m)
{
    struct mail_view *v = arg;
    struct mail_row *r = &v->row[v->n++];
    size_t used = 0;

    memset(r, 0, sizeof *r);
    r->id = m->id;
    r->created = m->created;
    r->due = m->due;
    r->state = m->state;
    r->attempts = m->attempts;
    keep(r->subject, sizeof r->subject, m->subject);
    keep(r->words, sizeof r->words, m->words);
    keep(r->cause, sizeof r->cause, m->cause);
    for (size_t i = 0; i < m->n_recipients && used < sizeof r->to - 2; i++) {
        char one[160];
        int more;
        keep(one, sizeof one, m->recipients[i].address);
        more = snprintf(r->to + used, sizeof r->to - used, "%s%s", i > 0 ? ", " : "", one);
        used = used + (size_t) more < sizeof r->to ? used + (size_t) more : sizeof r->to - 1;
        note_said(r, &m->recipients[i]);
    }
    return v->n < MAILS_MAX;
}

static const char *
row_text(void *arg, size_t own, const char *column)
{
    struct mail_view *v = arg;
    const struct mail_row *r = &v->row[own];

    if (column == NULL) {
        snprintf(v->text, sizeof v->text, "%s %s %s %s", mail_state_word(r->state), r->subject, r->to, r->words);
        return v->text;
    }
    if (strcmp(column, "state") == 0)
        return mail_state_word(r->state);
    if (strcmp(column, "subject") == 0 || strcmp(column, "value") == 0)
        return r->subject;
    return strcmp(column, "to") == 0 ? r->to : strcmp(column, "cause") == 0 ? r->cause : NULL;
}

static void
preview(struct mail_view *v, bool anew)
{
    size_t own;
    int64_t id = list_current(&v->list, &own) ? v->row[own].id : 0;

    if (id == v->shown && !anew)
        return;
    if (id != v->shown)
        v->lines.at = v->lines.top = 0;
    v->shown = id;
    buf_clear(&v->preview);
    if (id != 0)
        mail_page_write(v->view.app->store, id, v->page, v->view.app->wall, &v->preview, &v->head, &v->why);
    v->lines.n = 1;
    for (size_t i = 0; i < v->preview.n; i++)
        v->lines.n += v->preview.at[i] == '\n';
    v->lines.total = v->lines.n;
}

static void
load(struct mail_view *v)
{
    if (v->view.app->store == NULL)
        return;
    v->n = 0;
    v->why.kind = FAILURE_NONE;
    outbox_list(v->view.app->store, MAILS_MAX, came, v, &v->why);
    list_set(&v->list, v->n, row_text, v);
    preview(v, true);
}

static void
tick(struct view *view, bool changed)
{
    if (changed || (self(view)->n == 0 && view->app->outbox.sent + view->app->outbox.waiting > 0))
        load(self(view));
}

static void
open_view(struct view *view)
{
    view->list = &self(view)->list;
    load(self(view));
}

static void
close_view(struct view *view)
{
    list_free(&self(view)->list);
    list_free(&self(view)->lines);
    buf_free(&self(view)->preview);
}

static void
moved(struct view *view)
{
    preview(self(view), false);
}

static void
other_part(struct view *view, int by)
{
    struct mail_view *v = self(view);

    (void) by;
    view->list = view->list == &v->list ? &v->lines : &v->list;
}

/* --- marks: a command acts on them, else on the row --- */

static size_t
mark_of(const struct mail_view *v, int64_t id)
{
    for (size_t i = 0; i < v->n_marked; i++)
        if (v->marked[i] == id)
            return i;
    return v->n_marked;
}

static void
toggle(struct mail_view *v, int64_t id)
{
    size_t at = mark_of(v, id);

    if (at < v->n_marked)
        v->marked[at] = v->marked[--v->n_marked];
    else if (v->n_marked < MAILS_MAX)
        v->marked[v->n_marked++] = id;
}

static void
mark(struct app *app, struct view *view, const char *argument)
{
    struct mail_view *v = self(view);
    size_t own;

    (void) app, (void) argument;
    if (list_current(&v->list, &own))
        toggle(v, v->row[own].id);
    list_move(&v->list, LIST_DOWN);
    preview(v, false);
}

/* All that the filter shows, or none when all are marked. */
static void
mark_shown(struct app *app, struct view *view, const char *argument)
{
    struct mail_view *v = self(view);
    bool all = true;
    size_t own;

    (void) app, (void) argument;
    for (size_t i = 0; list_own(&v->list, i, &own); i++)
        all = all && mark_of(v, v->row[own].id) < v->n_marked;
    for (size_t i = 0; list_own(&v->list, i, &own); i++)
        if (all || mark_of(v, v->row[own].id) == v->n_marked)
            toggle(v, v->row[own].id);
}

typedef bool change_fn(struct store *store, int64_t id, struct failure *why);

static void
act_on_marks(struct mail_view *v, change_fn *what, const char *done)
{
    struct app *app = v->view.app;
    size_t good = 0, all = v->n_marked, kept = 0;
    struct failure why, last = { 0 };

    for (size_t i = 0; i < all; i++)
        if (what(app->store, v->marked[i], &why))
            good++;
        else {
            last = why;
            v->marked[kept++] = v->marked[i];
        }
    v->n_marked = kept;
    if (kept > 0)
        app_message(app, ROLE_WARNING, "%zu of %zu: %s; %.200s", good, all, done, last.text);
    else
        app_message(app, ROLE_TEXT, "%zu mails: %s", good, done);
}

/* On all with the argument "all", else on the marks, else on the row. */
static void
act(struct app *app, struct view *view, const char *argument, change_fn *what, const char *done)
{
    struct mail_view *v = self(view);
    bool all = strcmp(argument, "all") == 0;
    struct failure why;
    size_t own;

    if (!all && v->n_marked > 0)
        act_on_marks(v, what, done);
    else if (all || list_current(&v->list, &own)) {
        if (!what(app->store, all ? 0 : v->row[own].id, &why))
            app_failure(app, &why);
        else
            app_message(app, ROLE_TEXT, "%.100s: %s", all ? "all" : v->row[own].subject, done);
    }
    app_wrote(app);
    load(v);
}

static void
hold(struct app *app, struct view *view, const char *argument)
{
    act(app, view, argument, outbox_hold, "held; R lets it go");
}

static void
retry(struct app *app, struct view *view, const char *argument)
{
    act(app, view, argument, outbox_retry, "will be tried now");
}

static void
cancel(struct app *app, struct view *view, const char *argument)
{
    act(app, view, argument, outbox_cancel, "cancelled");
}

static void
turn_page(struct app *app, struct view *view, const char *argument)
{
    struct mail_view *v = self(view);

    (void) app;
    v->page = (v->page + 1) % MAIL_PAGES;
    for (enum mail_page p = 0; p < MAIL_PAGES; p++)
        if (strcmp(argument, mail_page_name(p)) == 0)
            v->page = p;
    v->lines.at = v->lines.top = 0;
    preview(v, true);
}

/* The recipient that a person will want to correct: a dead one, else the first that has not got it. */
static bool
find_wrong(void *arg, const struct mail *m)
{
    char *out = arg;
    const struct mail_recipient *found = NULL;

    for (size_t i = 0; i < m->n_recipients; i++)
        if (m->recipients[i].state != MAIL_SENT && (found == NULL || (m->recipients[i].state == MAIL_DEAD && found->state != MAIL_DEAD)))
            found = &m->recipients[i];
    snprintf(out, 256, "%.255s", found != NULL ? found->address : "");
    return false;
}

/* "OLD NEW"; without, the prompt opens with the old one in it. */
static void
readdress(struct app *app, struct view *view, const char *argument)
{
    struct mail_view *v = self(view);
    char old[256] = "", new[256] = "", text[300];
    struct failure why;
    size_t own;

    if (!list_current(&v->list, &own))
        return;
    if (sscanf(argument, "%255s %255s", old, new) == 2) {
        if (!outbox_readdress(app->store, v->row[own].id, old, new, &why))
            app_failure(app, &why);
        else
            app_message(app, ROLE_TEXT, "to %.100s instead of %.100s; %s", new, old,
                        v->row[own].state == MAIL_HELD ? "it is held" : "will be tried now");
        app_wrote(app);
        load(v);
        return;
    }
    if (!outbox_one(app->store, v->row[own].id, find_wrong, old, &why))
        app_failure(app, &why);
    else if (old[0] == '\0')
        app_message(app, ROLE_WARNING, "every recipient of it has it");
    else {
        snprintf(text, sizeof text, "recipient %s ", old);
        view_prompt_start(app, text);
    }
}

static void
compose(struct app *app, struct view *view, const char *argument)
{
    (void) view, (void) argument;
    view_compose_start(app, &(struct draft) {.cause = "person"});
}

static const struct command commands[] = {
    {"compose", "c", NULL, "write a mail", compose, NEEDS_STORE, "compose"},
    {"page", "t", "[text|headers|html|attempts]", "text, headers, HTML, attempts", turn_page, NEEDS_ROW | NEEDS_STORE, "page"},
    {"hold", "H", "[all]", "do not send it yet", hold, NEEDS_ROW | NEEDS_STORE, "hold"},
    {"retry", "R", "[all]", "try it now; a dead one lives again", retry, NEEDS_ROW | NEEDS_STORE, "retry"},
    {"cancel", "K", "[all]", "never send it", cancel, NEEDS_ROW | NEEDS_STORE, "cancel"},
    {"recipient", "e", "[OLD NEW]", "another address for one", readdress, NEEDS_ROW | NEEDS_STORE, "recipient"},
    {"mark", "Space", NULL, "mark; H R K act on the marks", mark, NEEDS_ROW, "mark"},
    {"mark-shown", "*", NULL, "mark all that is shown, or none", mark_shown, NEEDS_ROW, NULL},
};

/* --- drawing --- */

static const char *
state_symbol(enum mail_state state, enum role *role)
{
    static const struct { const char *symbol; enum role role; } states[] = {
        [MAIL_WAITING] = {"↻", ROLE_WARNING}, [MAIL_HELD] = {"▪", ROLE_MARKED}, [MAIL_SENDING] = {"→", ROLE_FOCUS},
        [MAIL_SENT] = {"✓", ROLE_OK}, [MAIL_PARTLY_SENT] = {"◇", ROLE_MINOR}, [MAIL_UNKNOWN] = {"?", ROLE_WARNING},
        [MAIL_DEAD] = {"✗", ROLE_ERROR}, [MAIL_CANCELLED] = {"·", ROLE_DIM},
    };

    *role = (size_t) state < sizeof states / sizeof *states ? states[state].role : ROLE_DIM;
    return (size_t) state < sizeof states / sizeof *states ? states[state].symbol : "?";
}

static void
draw_mail(struct mail_view *v, struct canvas *c, int y, size_t own, bool at)
{
    const struct mail_row *r = &v->row[own];
    bool focus = v->view.list == &v->list;
    char time[FORMAT_MAX], word[40];
    enum role role;
    const char *symbol = state_symbol(r->state, &role);

    if (at) {
        canvas_ground(c, y, 0, -1, focus ? ROLE_SELECTION : ROLE_SELECTION_OTHER);
        canvas_text(c, y, 0, 1, ROLE_CURSOR, "▌");
    }
    snprintf(word, sizeof word, "%s", mail_state_word(r->state));
    if (r->state == MAIL_WAITING && r->attempts > 0 && r->due > v->view.app->wall)
        snprintf(word, sizeof word, "in %s", format_age((r->due - v->view.app->wall) / LOOP_S(1), time));
    if (mark_of(v, r->id) < v->n_marked)
        canvas_text(c, y, 1, 1, ROLE_MARKED, "▪");
    canvas_text(c, y, 2, 1, role, symbol);
    canvas_text(c, y, 4, 9, role, word);
    canvas_text(c, y, 14, c->cols - 14 - 10, at ? ROLE_TITLE : ROLE_TEXT, r->subject[0] != '\0' ? r->subject : "(no subject)");
    canvas_right(c, y, c->cols - 1, 8, ROLE_DIM, format_time(r->created, v->view.app->wall, time));
}

static int
draw_words(struct mail_view *v, struct canvas *c, int y)
{
    const struct mail_row *r;
    enum role role;
    size_t own;

    if (!list_current(&v->list, &own))
        return y;
    r = &v->row[own];
    state_symbol(r->state, &role);
    for (size_t i = 0; i < r->n_said; i++) {
        canvas_text(c, y, 2, 1, role, state_symbol(r->said[i].state, &role));
        canvas_role(c, y, 2, 1, role);
        y += canvas_wrap(c, y, 4, c->cols - 5, r->n_said > 1 ? 2 : 4, role, r->said[i].text);
    }
    if (r->n_said == 0 && r->words[0] != '\0' && r->state != MAIL_SENT)
        y += canvas_wrap(c, y, 2, c->cols - 3, 4, role, r->words);
    canvas_format(c, y, 2, c->cols - 3, ROLE_DIM, "to %s · %d %s · %s", r->to, r->attempts, r->attempts == 1 ? "try" : "tries",
                  r->cause);
    return y + 1;
}

static void
draw_outbox(struct mail_view *v, struct canvas *c)
{
    const struct outbox_counts *n = &v->view.app->outbox;
    int below = c->rows >= 20 ? 8 : 4, height = c->rows - 1 - below, y = 1;
    size_t top = list_view(&v->list, height), own;
    char fact[100];

    snprintf(fact, sizeof fact, "%u waiting · %u dead", (unsigned) (n->waiting + n->sending + n->unknown), (unsigned) n->dead);
    if (v->n_marked > 0)
        snprintf(fact + strlen(fact), sizeof fact - strlen(fact), " · %zu marked", v->n_marked);
    canvas_title(c, 0, "Outbox", fact, v->view.list == &v->list);
    for (size_t i = top; y <= height && list_own(&v->list, i, &own); i++)
        draw_mail(v, c, y++, own, i == v->list.at);
    if (v->list.n == 0)
        canvas_text(c, 1, 2, c->cols - 3, ROLE_DIM, "nothing yet; c writes a mail, X in Traps a digest");
    draw_words(v, c, c->rows - below + (below > 4));
}

static void
draw_preview(struct mail_view *v, struct canvas *c)
{
    const char *at = v->preview.at != NULL ? v->preview.at : "";
    size_t top = list_view(&v->lines, c->rows - 1);
    char name[40];

    snprintf(name, sizeof name, "The mail · %s", mail_page_name(v->page));
    canvas_title(c, 0, name, v->lines.n > (size_t) c->rows ? "t turns · Tab, then j k scroll" : "t turns", v->view.list == &v->lines);
    for (size_t line = 0; *at != '\0' && line < top + (size_t) c->rows - 1; line++) {
        size_t n = strcspn(at, "\n");
        char text[2100];
        int y = (int) (line - top) + 1;

        snprintf(text, sizeof text, "%.*s", (int) n, at);
        if (line >= top) {
            canvas_text(c, y, 1, c->cols - 2, ROLE_TEXT, text);
            if (line < v->head)
                canvas_role(c, y, 1, (int) strcspn(text, " "), ROLE_DIM);
        }
        at += n + (at[n] == '\n');
    }
}

static void
draw(struct view *view, struct canvas *c)
{
    struct mail_view *v = self(view);
    const struct app *app = view->app;
    bool wide = c->cols >= 100;
    struct canvas left = canvas_part(c, 0, 0, wide ? c->rows : c->rows * 11 / 20, wide ? 57 : c->cols), right;

    if (app->store == NULL || v->why.kind != FAILURE_NONE) {
        canvas_wrap(c, c->rows / 3, 4, c->cols - 8, 4, ROLE_ERROR, v->why.kind != FAILURE_NONE ? v->why.text
                    : app->store_why.kind != FAILURE_NONE ? app->store_why.text : "opening the store …");
        return;
    }
    right = wide ? canvas_part(c, 0, 60, c->rows, c->cols) : canvas_part(c, left.rows, 0, c->rows - left.rows, c->cols);
    for (int y = 0; wide && y < c->rows; y++)
        canvas_text(c, y, 58, 1, ROLE_FRAME, "│");
    draw_outbox(v, &left);
    draw_preview(v, &right);
}

static void
title(struct view *view, struct title *out)
{
    struct mail_view *v = self(view);
    const struct outbox_counts *n = &view->app->outbox;
    size_t own;

    snprintf(out->crumbs, sizeof out->crumbs, "Outbox");
    if (list_current(&v->list, &own))
        snprintf(out->crumbs, sizeof out->crumbs, "Outbox › %.150s", v->row[own].subject);
    snprintf(out->fact, sizeof out->fact, "%u waiting · %u sent · %u dead",
             (unsigned) (n->waiting + n->sending + n->unknown + n->held), (unsigned) n->sent, (unsigned) n->dead);
}

const struct view_class view_mail = {
    .name = "Mail", .about = "what waits, what was sent, what failed", .size = sizeof(struct mail_view),
    .commands = commands, .n_commands = sizeof commands / sizeof *commands,
    .open = open_view, .close = close_view, .draw = draw, .title = title, .moved = moved, .tick = tick,
    .part = other_part, .text = row_text,
};
