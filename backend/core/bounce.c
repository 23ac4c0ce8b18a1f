/* Line by line, with a state for where the line stands. What is not understood is passed over: a bounce is written by
 * anything. */
#include "api/bounce.h"

#include "core/address.h"
#include "core/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum where { TOP, TEXT, PART_HEAD, STATUS, ORIGINAL };

struct reading {
    const char *at, *end;
    struct bounce *out;
    enum where where, next; /* next: behind the blank line that ends a part's head */
    bool open;              /* the last recipient still takes lines */
    bool late;              /* the text says that it is tried further */
    char envelope_id[256], failed[1000];
    char line[2000];
};

static bool
is_blank(const char *text)
{
    return text[strspn(text, " \t")] == '\0';
}

/* One line without its end; a long one is cut. */
static bool
physical_line(struct reading *r, char *out, size_t size)
{
    const char *end;
    size_t n;

    if (r->at >= r->end)
        return false;
    end = memchr(r->at, '\n', (size_t) (r->end - r->at));
    if (end == NULL)
        end = r->end;
    n = (size_t) (end - r->at);
    if (n > 0 && r->at[n - 1] == '\r')
        n--;
    if (n >= size)
        n = size - 1;
    for (size_t i = 0; i < n; i++)
        out[i] = r->at[i] != '\0' ? r->at[i] : '?';
    out[n] = '\0';
    r->at = end < r->end ? end + 1 : r->end;
    return true;
}

/* In a head a line that begins with a blank goes on with the one before. */
static bool
next_line(struct reading *r)
{
    size_t n;

    if (!physical_line(r, r->line, sizeof r->line))
        return false;
    while (r->where != TEXT && !is_blank(r->line) && r->at < r->end && (*r->at == ' ' || *r->at == '\t')) {
        n = strlen(r->line);
        if (!physical_line(r, r->line + n, sizeof r->line - n))
            break;
    }
    return true;
}

/* The value of a header field, or NULL. */
static const char *
field(const char *line, const char *name)
{
    size_t n = strlen(name);

    if (strncasecmp(line, name, n) != 0 || line[n] != ':')
        return NULL;
    line += n + 1;
    return line + strspn(line, " \t");
}

static void
keep(char *out, size_t size, const char *text, size_t n)
{
    snprintf(out, size, "%.*s", (int) (n < size ? n : size - 1), text);
}

/* "<id@host>" out of a field. */
static void
keep_id(struct bounce *out, const char *text)
{
    size_t n;

    text = strchr(text, '<');
    n = text != NULL ? strcspn(text, ">") : 0;
    if (out->message_id[0] == '\0' && n > 0 && text[n] == '>' && n + 1 < sizeof out->message_id)
        keep(out->message_id, sizeof out->message_id, text, n + 1);
}

/* The first d.d.d that is an enhanced code of class 4 or 5. */
static void
find_enhanced(struct bounce_recipient *to)
{
    for (const char *p = to->words; *p != '\0' && to->enhanced[0] == '\0'; p++) {
        size_t a, b;

        if ((p > to->words && (isalnum((unsigned char) p[-1]) || p[-1] == '.')) || (*p != '4' && *p != '5') || p[1] != '.')
            continue;
        a = strspn(p + 2, "0123456789");
        b = p[2 + a] == '.' ? strspn(p + 3 + a, "0123456789") : 0;
        if (a >= 1 && a <= 3 && b >= 1 && b <= 3 && p[3 + a + b] != '.')
            keep(to->enhanced, sizeof to->enhanced, p, 3 + a + b);
    }
}

static struct bounce_recipient *
add(struct bounce *out, const char *address, size_t n)
{
    char copy[ADDRESS_MAX + 1];
    struct failure why;

    if (n >= sizeof copy || out->n == BOUNCE_RECIPIENTS)
        return NULL;
    keep(copy, sizeof copy, address, n);
    if (!address_check(copy, &why))
        return NULL;
    for (size_t i = 0; i < out->n; i++)
        if (strcasecmp(out->recipients[i].address, copy) == 0)
            return &out->recipients[i];
    memset(&out->recipients[out->n], 0, sizeof out->recipients[0]);
    strcpy(out->recipients[out->n].address, copy);
    return &out->recipients[out->n++];
}

/* --- RFC 3464 --- */

struct group {
    char original[256], final[256], action[32], status[16], words[400];
};

/* "rfc822; a@b" */
static void
keep_typed(char *out, size_t size, const char *value)
{
    const char *semicolon = strchr(value, ';');

    value = semicolon != NULL ? semicolon + 1 : value;
    value += strspn(value, " \t<");
    keep(out, size, value, strcspn(value, "> \t"));
}

static void
end_group(struct bounce *out, struct group *g)
{
    bool failed = strcasecmp(g->action, "failed") == 0, late = strcasecmp(g->action, "delayed") == 0;
    const char *address = g->original[0] != '\0' ? g->original : g->final;
    struct bounce_recipient *to = NULL;

    if (address[0] != '\0' && (failed || late)) {
        if (!out->standard)
            out->n = 0; /* what the text was guessed to say */
        out->standard = true;
        to = add(out, address, strlen(address));
    }
    if (to != NULL) {
        to->final = failed;
        keep(to->words, sizeof to->words, g->words, strlen(g->words));
        keep(to->enhanced, sizeof to->enhanced, g->status, strlen(g->status));
    }
    memset(g, 0, sizeof *g);
}

static void
take_status(struct reading *r, struct group *g)
{
    const char *value, *line = r->line;

    if ((value = field(line, "Original-Envelope-Id")) != NULL)
        keep(r->envelope_id, sizeof r->envelope_id, value, strcspn(value, " \t"));
    else if ((value = field(line, "Original-Recipient")) != NULL)
        keep_typed(g->original, sizeof g->original, value);
    else if ((value = field(line, "Final-Recipient")) != NULL)
        keep_typed(g->final, sizeof g->final, value);
    else if ((value = field(line, "Action")) != NULL)
        keep(g->action, sizeof g->action, value, strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    else if ((value = field(line, "Status")) != NULL)
        keep(g->status, sizeof g->status, value, strspn(value, "0123456789."));
    else if ((value = field(line, "Diagnostic-Code")) != NULL) {
        const char *semicolon = strchr(value, ';');

        value = semicolon != NULL ? semicolon + 1 : value;
        value += strspn(value, " \t");
        keep(g->words, sizeof g->words, value, strlen(value));
    }
}

/* --- in words: qmail, Exim, old sendmail --- */

/* A line that is nothing but an address, perhaps in brackets, perhaps with a colon behind it; or one that begins so. */
static struct bounce_recipient *
take_address(struct reading *r)
{
    const char *p = r->line + strspn(r->line, " \t");
    size_t n;

    if (*p == '<') {
        n = strcspn(++p, ">");
        return p[n] == '>' && p[strcspn(p, " \t")] != '>' ? add(r->out, p, n) : NULL;
    }
    n = strcspn(p, " \t:");
    return is_blank(p + n + (p[n] == ':')) ? add(r->out, p, n) : NULL;
}

static void
take_text(struct reading *r)
{
    struct bounce_recipient *to;

    if (strcasestr(r->line, "still being") != NULL || strcasestr(r->line, "will be retried") != NULL ||
        strcasestr(r->line, "will continue to") != NULL || strcasestr(r->line, "keep trying") != NULL ||
        strcasestr(r->line, "has not yet been") != NULL)
        r->late = true;
    if (r->out->standard)
        return;
    to = take_address(r);
    if (to != NULL) {
        const char *rest = strchr(r->line, '>');

        r->open = to == &r->out->recipients[r->out->n - 1];
        if (rest != NULL)
            keep(to->words, sizeof to->words, rest + 1 + strspn(rest + 1, " :\t"), sizeof to->words);
    } else if (is_blank(r->line)) {
        r->open = r->open && r->out->recipients[r->out->n - 1].words[0] == '\0';
    } else if (r->open) {
        const char *words = r->line + strspn(r->line, " \t");
        size_t n;

        to = &r->out->recipients[r->out->n - 1];
        n = strlen(to->words);
        snprintf(to->words + n, sizeof to->words - n, "%s%s", n > 0 ? " " : "", words);
    }
}

/* Behind such a line stands the mail itself. */
static bool
begins_original(const char *line)
{
    return strncmp(line, "--- Below this line is a copy", 29) == 0 || field(line, "Received") != NULL ||
           field(line, "Return-Path") != NULL ||
           (strncmp(line, "---", 3) == 0 && (strcasestr(line, "copy of") != NULL || strcasestr(line, "original message") != NULL ||
                                             strcasestr(line, "message follows") != NULL ||
                                             strcasestr(line, "headers follow") != NULL));
}

/* --- all of it --- */

/* "Content-Type" of a head: what stands behind the blank line. */
static void
take_type(struct reading *r, const char *type)
{
    if (strncasecmp(type, "message/delivery-status", 23) == 0)
        r->next = STATUS;
    else if (strncasecmp(type, "message/rfc822", 14) == 0 || strncasecmp(type, "text/rfc822-headers", 19) == 0)
        r->next = ORIGINAL;
}

static void
take_head(struct reading *r)
{
    const char *value;

    if (is_blank(r->line)) {
        r->where = r->next;
        r->next = TEXT;
    } else if ((value = field(r->line, "Content-Type")) != NULL)
        take_type(r, value);
    else if (r->where == TOP && (value = field(r->line, "X-Failed-Recipients")) != NULL)
        keep(r->failed, sizeof r->failed, value, strlen(value));
}

static void
take_line(struct reading *r, struct group *group)
{
    const char *value;

    if (r->where != TOP && r->where != PART_HEAD && strncmp(r->line, "--", 2) == 0 && r->end - r->at > 8 &&
        strncasecmp(r->at, "Content-", 8) == 0) {
        end_group(r->out, group);
        r->where = PART_HEAD;
        r->next = TEXT;
        return;
    }
    switch (r->where) {
    case TOP:
    case PART_HEAD:
        take_head(r);
        break;
    case STATUS:
        if (is_blank(r->line))
            end_group(r->out, group);
        else
            take_status(r, group);
        break;
    case ORIGINAL:
        if ((value = field(r->line, "Message-ID")) != NULL)
            keep_id(r->out, value);
        break;
    case TEXT:
        if (begins_original(r->line))
            r->where = ORIGINAL;
        else
            take_text(r);
        break;
    }
}

/* Not said where it belongs: our envelope id is the Message-ID without its brackets; else one of ours anywhere. */
static void
find_id(struct reading *r, const char *octets, size_t n)
{
    static const char ours[] = "@trapline>";
    const char *found = octets, *begin;

    if (r->out->message_id[0] == '\0' && strchr(r->envelope_id, '@') != NULL && strlen(r->envelope_id) < 250)
        snprintf(r->out->message_id, sizeof r->out->message_id, "<%.250s>", r->envelope_id);
    while (r->out->message_id[0] == '\0' &&
           (found = memmem(found, n - (size_t) (found - octets), ours, sizeof ours - 1)) != NULL) {
        for (begin = found; begin > octets && found - begin < 200 && *begin != '<' && !isspace((unsigned char) *begin);)
            begin--;
        if (*begin == '<')
            keep(r->out->message_id, sizeof r->out->message_id, begin, (size_t) (found - begin) + sizeof ours - 1);
        found += sizeof ours - 1;
    }
}

static void
finish(struct reading *r)
{
    char *save = NULL;

    for (char *a = strtok_r(r->failed, ", \t", &save); a != NULL && !r->out->standard; a = strtok_r(NULL, ", \t", &save))
        add(r->out, a, strlen(a));
    for (size_t i = 0; i < r->out->n; i++) {
        struct bounce_recipient *to = &r->out->recipients[i];

        find_enhanced(to);
        if (!r->out->standard)
            to->final = !r->late && to->enhanced[0] != '4';
    }
}

bool
bounce_read(const char *octets, size_t n, struct bounce *out, struct failure *why)
{
    struct reading *r = memory_zero(1, sizeof *r);
    struct group group = { 0 };

    memset(out, 0, sizeof *out);
    *r = (struct reading) { .at = octets, .end = octets + n, .out = out, .where = TOP, .next = TEXT };
    while (next_line(r))
        take_line(r, &group);
    end_group(out, &group);
    find_id(r, octets, n);
    finish(r);
    free(r);
    if (out->n == 0)
        return failure_set(why, FAILURE_ABSENT, "this names nobody that a mail did not reach: it is no bounce");
    if (out->message_id[0] == '\0')
        return failure_set(why, FAILURE_ABSENT, "the bounce does not say which mail it is about");
    return true;
}
