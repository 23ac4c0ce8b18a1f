/* Writing a mail: to whom, about what, and the text; sent by putting it into the outbox. */
#include "console/app.h"
#include "console/frame.h"
#include "console/prompt.h"
#include "console/views.h"

#include "api/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELD_TO, FIELD_SUBJECT, FIELD_TEXT, FIELDS };

struct compose {
    struct view view;
    struct prompt field[FIELDS];
    int at;
    char *html, *csv;       /* a digest's, or NULL */
    char *long_text;        /* a digest's, when it is longer than the editor takes */
    char cause[80], file[80];
    bool edited;            /* the text is no longer the one that the HTML says */
    bool waiting;           /* the store was locked: again at the next tick */
    int64_t until;
};

static struct compose *
self(struct view *view)
{
    return (struct compose *) view;
}

static void
open_view(struct view *view)
{
    self(view)->field[FIELD_TEXT].lines = true;
}

static void
close_view(struct view *view)
{
    free(self(view)->html);
    free(self(view)->csv);
    free(self(view)->long_text);
}

static const struct mail_setting *
relay(const struct app *app)
{
    const struct mail_setting *mails;

    return app->settings != NULL && settings_mails(app->settings, &mails) > 0 ? &mails[0] : NULL;
}

/* Those who get the first digest are the likely readers. */
static void
likely(const struct app *app, char *out, size_t size)
{
    const struct digest_setting *digests;
    size_t n = app->settings != NULL ? settings_digests(app->settings, &digests) : 0, used = 0;

    out[0] = '\0';
    for (size_t i = 0; n > 0 && i < digests[0].to.n && used < size; i++)
        used += (size_t) snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", digests[0].to.items[i]);
}

void
view_compose_start(struct app *app, const struct draft *draft)
{
    const char *text = draft->text != NULL ? draft->text : "";
    struct view *view = app_push(app, &view_compose);
    struct compose *m;
    char to[1000];

    if (view == NULL)
        return;
    m = self(view);
    likely(app, to, sizeof to);
    prompt_set(&m->field[FIELD_TO], to);
    prompt_set(&m->field[FIELD_SUBJECT], draft->subject != NULL ? draft->subject : "");
    if (strlen(text) >= PROMPT_MAX)
        m->long_text = memory_text(text);
    prompt_set(&m->field[FIELD_TEXT], text);
    m->field[FIELD_TEXT].at = 0;
    m->html = memory_text(draft->html);
    m->csv = memory_text(draft->csv);
    snprintf(m->file, sizeof m->file, "%s.csv", draft->name != NULL ? draft->name : "rows");
    snprintf(m->cause, sizeof m->cause, "%s", draft->cause);
    m->at = to[0] == '\0' ? FIELD_TO : draft->subject == NULL ? FIELD_SUBJECT : FIELD_TO;
}

static size_t
split(char *text, struct mail_recipient *out)
{
    char *save = NULL;
    size_t n = 0;

    for (char *word = strtok_r(text, ",; \n", &save); word != NULL; word = strtok_r(NULL, ",; \n", &save), n++)
        if (n < MAIL_RECIPIENTS_MAX)
            out[n] = (struct mail_recipient) {.address = word};
    return n; /* the outbox refuses more */
}

static void
try_send(struct compose *m)
{
    struct app *app = m->view.app;
    struct mail_recipient recipients[MAIL_RECIPIENTS_MAX];
    char to[PROMPT_MAX];
    struct mail mail = {0}; /* by the first relay that works, in its name */
    struct mail_attachment csv;
    struct failure why;
    int64_t id;

    memcpy(to, m->field[FIELD_TO].text, m->field[FIELD_TO].n + 1);
    mail.recipients = recipients;
    mail.n_recipients = split(to, recipients);
    mail.cause = m->cause;
    mail.subject = m->field[FIELD_SUBJECT].text;
    mail.text = m->long_text != NULL && !m->edited ? m->long_text : m->field[FIELD_TEXT].text;
    mail.html = m->edited ? NULL : m->html;
    if (m->csv != NULL && !m->edited) {
        csv = (struct mail_attachment) {.name = m->file, .type = "text/csv", .octets = (const uint8_t *) m->csv,
                                        .n = strlen(m->csv)};
        mail.attachments = &csv;
        mail.n_attachments = 1;
    }
    m->waiting = false;
    if (outbox_add(app->store, &mail, &id, &why)) {
        app_message(app, ROLE_OK, "in the outbox: %.200s", mail.subject[0] != '\0' ? mail.subject : "(no subject)");
        app_wrote(app);
        app_pop(app, &m->view);
    } else if (why.kind == FAILURE_BUSY && app->now < m->until) {
        m->waiting = true;
    } else {
        app_failure(app, &why);
    }
}

static void
send_it(struct app *app, struct view *view, const char *argument)
{
    struct compose *m = self(view);

    (void) argument;
    if (relay(app) == NULL) {
        app_message(app, ROLE_WARNING, "no mail server is set; write mail \"relay\" { server = … } in trapline.conf");
        return;
    }
    if (m->field[FIELD_TO].text[strspn(m->field[FIELD_TO].text, " ,;")] == '\0') {
        app_message(app, ROLE_WARNING, "to whom? write an address");
        m->at = FIELD_TO;
        return;
    }
    m->until = app->now + LOOP_S(10);
    try_send(m);
}

static void
drop(struct app *app, struct view *view, const char *argument)
{
    (void) argument;
    app_pop(app, view);
}

static void
next_field(struct app *app, struct view *view, const char *argument)
{
    (void) app, (void) argument;
    self(view)->at = (self(view)->at + 1) % FIELDS;
}

static const struct command commands[] = {
    {"send", "^s", NULL, "put it into the outbox", send_it, NEEDS_STORE, "send"},
    {"next-field", "Tab", NULL, "next field", next_field, 0, "next field"},
    {"discard", "Esc", NULL, "do not send it", drop, 0, "discard"},
};

static void
tick(struct view *view, bool changed)
{
    (void) changed;
    if (self(view)->waiting)
        try_send(self(view));
}

static bool
typed(struct view *view, const struct term_event *event)
{
    struct compose *m = self(view);
    struct prompt *p = &m->field[m->at];
    const char *key = event->kind == TERM_KEY ? event->key : "";

    if (strcmp(key, "^s") == 0 || strcmp(key, "Esc") == 0) {
        command_run(view->app, view, command_by_key(&view_compose, key), "");
        return true;
    }
    if (strcmp(key, "Tab") == 0 || strcmp(key, "BTab") == 0) {
        m->at = (m->at + (key[0] == 'B' ? FIELDS - 1 : 1)) % FIELDS;
        return true;
    }
    switch (prompt_event(p, event)) {
    case PROMPT_CHANGED: m->edited = m->edited || m->at == FIELD_TEXT; break;
    case PROMPT_ENTER: m->at++; break;
    case PROMPT_NOT_MINE:
        if (strcmp(key, "Up") == 0 && m->at > 0)
            m->at--;
        else if (strcmp(key, "Down") == 0 && m->at + 1 < FIELDS)
            m->at++;
        break;
    case PROMPT_ESCAPE: case PROMPT_MOVED: break;
    }
    return true;
}

static void
draw(struct view *view, struct canvas *canvas)
{
    static const char *const names[] = {"To", "Subject"};
    struct compose *m = self(view);
    const struct mail_setting *from = relay(view->app);
    struct canvas c = frame_panel(canvas, canvas->rows - 2, 100, "Write a mail", from != NULL ? from->name : "no server is set");
    struct canvas text = canvas_part(&c, 6, 0, c.rows - 7, c.cols);

    canvas_text(&c, 1, 0, 9, ROLE_DIM, "From");
    canvas_text(&c, 1, 10, c.cols - 10, ROLE_TEXT, from != NULL && from->from != NULL ? from->from : "—");
    for (int i = 0; i < FIELD_TEXT; i++) {
        canvas_text(&c, 2 + i, 0, 9, m->at == i ? ROLE_KEY : ROLE_DIM, names[i]);
        prompt_draw(&m->field[i], &c, 2 + i, 10, c.cols - 10);
    }
    {
        struct canvas rule = canvas_part(&c, 5, 0, 1, c.cols);
        canvas_title(&rule, 0, "Text", m->html != NULL && !m->edited ? "the same as HTML; the rows as CSV" : NULL, m->at == FIELD_TEXT);
    }
    prompt_draw_lines(&m->field[FIELD_TEXT], &text, m->at == FIELD_TEXT);
    if (m->at != FIELD_TEXT) {
        /* The caret is where one types, whichever field was drawn last. */
        prompt_draw(&m->field[m->at], &c, 2 + m->at, 10, c.cols - 10);
    }
}

static void
title(struct view *view, struct title *out)
{
    struct compose *m = self(view);

    snprintf(out->crumbs, sizeof out->crumbs, "Mail › write › %.150s", m->field[FIELD_SUBJECT].text);
    snprintf(out->fact, sizeof out->fact, "%s", m->waiting ? "the store is busy; trying again" : "^s sends");
}

const struct view_class view_compose = {
    .name = "Compose", .about = "a mail to write", .size = sizeof(struct compose), .overlay = true,
    .commands = commands, .n_commands = sizeof commands / sizeof *commands,
    .open = open_view, .close = close_view, .draw = draw, .title = title, .tick = tick, .typed = typed,
};
