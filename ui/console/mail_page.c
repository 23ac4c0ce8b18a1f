#include "console/mail_page.h"

#include "console/format.h"

#include "api/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PAGE_MAX = 120000 };

struct writing {
    enum mail_page page;
    int64_t wall;
    struct buf *out;
    size_t head;
};

const char *
mail_page_name(enum mail_page page)
{
    static const char *const names[] = { "text", "headers", "html", "attempts" };

    return names[page];
}

/* A text of several lines: each line is made safe by itself. */
static void
add_lines(struct buf *out, const char *text)
{
    while (text != NULL && *text != '\0' && out->n < PAGE_MAX) {
        size_t n = strcspn(text, "\n");
        char line[2000];

        text_sanitize((const uint8_t *) text, n > 0 && text[n - 1] == '\r' ? n - 1 : n, line, sizeof line);
        buf_format(out, "%s\n", line);
        text += n + (text[n] == '\n');
    }
}

static void
label(struct writing *w, const char *name, const char *value)
{
    char text[600];

    if (value == NULL || *value == '\0')
        return;
    text_sanitize((const uint8_t *) value, strlen(value), text, sizeof text);
    buf_format(w->out, "%s: %s\n", name, text);
    w->head++;
}

static void
label_time(struct writing *w, const char *name, int64_t at)
{
    char text[FORMAT_MAX];

    if (at > 0)
        label(w, name, format_time(at, w->wall, text));
}

/* "To: a@b  (dead 550 5.1.1, user unknown: the mailbox does not exist)" */
static void
label_recipients(struct writing *w, const struct mail *m)
{
    for (size_t i = 0; i < m->n_recipients; i++) {
        const struct mail_recipient *r = &m->recipients[i];
        const char *meaning = r->state != MAIL_SENT ? mail_code_words(r->code, r->enhanced) : "";
        char line[900], code[24] = "";

        if (r->code > 0)
            snprintf(code, sizeof code, " %d", r->code);
        snprintf(line, sizeof line, "%s  (%s%s%s%s%s%s%s%s)", r->address, mail_state_word(r->state), code,
                 r->enhanced != NULL && r->enhanced[0] != '\0' ? " " : "", r->enhanced != NULL ? r->enhanced : "",
                 r->words != NULL && r->words[0] != '\0' ? ", " : "", r->words != NULL ? r->words : "",
                 meaning[0] != '\0' ? ": " : "", meaning);
        label(w, "To", line);
    }
}

static void
write_attachments(struct writing *w, const struct mail *m)
{
    for (size_t i = 0; i < m->n_attachments; i++) {
        char name[300];

        text_sanitize((const uint8_t *) m->attachments[i].name, strlen(m->attachments[i].name), name, sizeof name);
        buf_format(w->out, "(attached: %s, %zu octets)\n", name, m->attachments[i].n);
    }
}

/* --- HTML as text: what a reader without it would want to see --- */

static const struct {
    const char *name, *text;
} entities[] = { { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" }, { "&quot;", "\"" }, { "&#39;", "'" }, { "&nbsp;", " " } };

static bool
is_tag(const char *at, const char *names)
{
    size_t n;

    at += *at == '/';
    for (n = 0; isalnum((unsigned char) at[n]);)
        n++;
    for (const char *p = names; *p != '\0'; p += strcspn(p, " "), p += *p == ' ')
        if (strcspn(p, " ") == n && strncasecmp(p, at, n) == 0)
            return true;
    return false;
}

static void
end_line(struct buf *text)
{
    while (text->n > 0 && text->at[text->n - 1] == ' ')
        text->at[--text->n] = '\0';
    if (text->n > 0 && !(text->n > 1 && text->at[text->n - 1] == '\n' && text->at[text->n - 2] == '\n'))
        buf_text(text, "\n");
}

/* Behind the tag, or behind all of an element that is not to be read. */
static const char *
pass_tag(const char *at, struct buf *text)
{
    const char *end = strchr(at, '>'), *close = NULL;

    if (end == NULL)
        return at + strlen(at);
    if (is_tag(at + 1, "style") && at[1] != '/')
        close = strcasestr(end, "</style");
    else if (is_tag(at + 1, "script") && at[1] != '/')
        close = strcasestr(end, "</script");
    else if (is_tag(at + 1, "title") && at[1] != '/')
        close = strcasestr(end, "</title");
    if (close != NULL)
        return pass_tag(close, text);
    if (is_tag(at + 1, "br tr p div li table h1 h2 h3 h4 ul ol pre hr"))
        end_line(text);
    else if (is_tag(at + 1, "td th") && at[1] == '/')
        buf_text(text, "  ");
    return end + 1;
}

static void
write_html(struct writing *w, const char *html)
{
    struct buf text = { 0 };
    const char *at = html;

    if (html == NULL || *html == '\0') {
        buf_text(w->out, "\n(there is no HTML in it)\n");
        return;
    }
    while (*at != '\0' && text.n < PAGE_MAX) {
        size_t n = 0;

        for (size_t i = 0; i < sizeof entities / sizeof *entities && n == 0; i++)
            if (strncmp(at, entities[i].name, strlen(entities[i].name)) == 0) {
                buf_text(&text, entities[i].text);
                n = strlen(entities[i].name);
            }
        if (*at == '<')
            at = pass_tag(at, &text);
        else if (n > 0)
            at += n;
        else if (isspace((unsigned char) *at)) {
            if (text.n > 0 && text.at[text.n - 1] != ' ' && text.at[text.n - 1] != '\n')
                buf_text(&text, " ");
            at++;
        } else
            buf_add(&text, at++, 1);
    }
    buf_text(w->out, "\n");
    add_lines(w->out, text.at);
    buf_free(&text);
}

/* --- the pages --- */

static bool
one_came(void *arg, const struct mail *m)
{
    struct writing *w = arg;
    char text[64];

    label(w, "From", m->from);
    label_recipients(w, m);
    label(w, "Subject", m->subject);
    if (w->page != MAIL_PAGE_TEXT)
        label(w, "Message-ID", m->message_id);
    if (w->page == MAIL_PAGE_HEADERS) {
        label_time(w, "Date", m->created);
        label(w, "Cause", m->cause);
        label(w, "Relay", m->relay != NULL && m->relay[0] != '\0' ? m->relay : "the first that works");
        label(w, "State", mail_state_word(m->state));
        label(w, "Words", m->words);
        snprintf(text, sizeof text, "%d", m->attempts);
        label(w, "Attempts", text);
        if (m->state == MAIL_WAITING || m->state == MAIL_UNKNOWN || m->state == MAIL_HELD) {
            label_time(w, "Due", m->due);
            label_time(w, "Given up", m->expires);
        }
        buf_text(w->out, "\n");
        write_attachments(w, m);
    } else if (w->page == MAIL_PAGE_HTML)
        write_html(w, m->html);
    else if (w->page == MAIL_PAGE_TEXT) {
        buf_text(w->out, "\n");
        add_lines(w->out, m->text);
        if (m->html != NULL && m->html[0] != '\0')
            buf_text(w->out, "\n(and the same as HTML)\n");
        write_attachments(w, m);
    }
    return false;
}

static bool
attempt_came(void *arg, const struct mail_attempt *a)
{
    struct writing *w = arg;
    char started[FORMAT_MAX], line[900];

    snprintf(line, sizeof line, "%s by %s, %s: %s%s%s", format_time(a->started, w->wall, started), a->relay, a->protection,
             strcmp(a->cause, "none") == 0 ? "" : a->cause, strcmp(a->cause, "none") == 0 ? "" : ": ", a->words);
    buf_text(w->out, "\n");
    add_lines(w->out, line);
    add_lines(w->out, a->talk);
    return w->out->n < PAGE_MAX;
}

bool
mail_page_write(struct store *store, int64_t id, enum mail_page page, int64_t wall, struct buf *out, size_t *head,
                struct failure *why)
{
    struct writing w = { .page = page, .wall = wall, .out = out };
    size_t before;
    bool good = outbox_one(store, id, one_came, &w, why);

    *head = w.head;
    before = out->n;
    if (good && page == MAIL_PAGE_ATTEMPTS) {
        good = outbox_attempts(store, id, attempt_came, &w, why);
        if (out->n == before)
            buf_text(out, "\n(not tried yet)\n");
    }
    return good;
}
