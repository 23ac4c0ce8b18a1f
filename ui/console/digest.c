/* What a notification says in a line, and many of them in a mail: 72 columns, and the same as HTML. */
#include "console/digest.h"

#include "api/render.h"
#include "api/text.h"
#include "console/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 200 };

/* "ifIndex 2  ifAdminStatus up": the column's name and the bare value, instance left out where there is a name. */
static size_t
says_one(char *text, size_t size, struct mib *mib, const struct varbind *v)
{
    uint32_t used = 0;
    mib_node node = mib != NULL ? mib_lookup(mib, &v->name, &used) : MIB_NONE;
    struct mib_info info = {.syntax = NULL};
    char name[OID_TEXT_MAX], value[300];
    int n;

    if (node != MIB_NONE && mib_info(mib, node, &info) && info.syntax != NULL)
        snprintf(name, sizeof name, "%s", info.name);
    else if (mib != NULL)
        mib_format_object(mib, &v->name, name, sizeof name);
    else
        oid_format(&v->name, name);
    render_value(&v->value, info.syntax, v->value.type == VALUE_OCTETS ? RENDER_QUOTED : RENDER_BARE, value, sizeof value);
    n = snprintf(text, size, "%s %s", name, value);
    return n < 0 ? 0 : (size_t) n >= size ? size - 1 : (size_t) n;
}

void
digest_row_make(struct digest_row *row, struct mib *mib, const struct notification *n)
{
    char name[OID_TEXT_MAX], says[512] = "", device[128];
    const char *origin = n->device != NULL ? n->device : n->origin != NULL ? n->origin : n->source;
    size_t used = 0;

    for (size_t i = 0; i < n->n_varbinds && used < sizeof says - 40; i++) {
        if (i > 0)
            used += (size_t) snprintf(says + used, sizeof says - used, "  ");
        used += says_one(says + used, sizeof says - used, mib, &n->varbinds[i]);
    }
    if (mib != NULL)
        mib_format_object(mib, &n->name, name, sizeof name);
    else
        oid_format(&n->name, name);
    text_sanitize((const uint8_t *) (origin != NULL ? origin : "?"), strlen(origin != NULL ? origin : "?"), device,
                  sizeof device);
    *row = (struct digest_row) {
        .id = n->id, .received = n->received, .severity = n->severity, .inform = n->inform,
        .device = memory_text(device), .name = memory_text(name), .says = memory_text(says),
    };
}

static void
html_text(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '&')
            buf_text(out, "&amp;");
        else if (*text == '<')
            buf_text(out, "&lt;");
        else if (*text == '>')
            buf_text(out, "&gt;");
        else if (*text == '"')
            buf_text(out, "&quot;");
        else
            buf_add(out, text, 1);
    }
}

static int
worse(const void *a, const void *b)
{
    const struct digest_row *x = *(const struct digest_row *const *) a, *y = *(const struct digest_row *const *) b;

    if (x->severity != y->severity)
        return x->severity < y->severity ? 1 : -1;
    return x->id < y->id ? 1 : x->id > y->id ? -1 : 0;
}

static void
one_row(struct digest_text *out, const struct digest_row *r)
{
    static const char *const colour[] = {"#1b7438", "#41566b", "#7f5c00", "#944a00", "#b23400", "#b00020"};
    char when[FORMAT_MAX];

    format_instant(r->received, when);
    buf_format(&out->text, "%-8s  %.19s  %s  %s\n", severity_word(r->severity), when + 4, r->device, r->name);
    if (r->says[0] != '\0')
        buf_format(&out->text, "          %s\n", r->says);
    buf_format(&out->html, "<tr><td style=\"color:%s;padding:4px 8px;font-weight:bold\">%s</td><td style=\"padding:4px 8px\">",
               colour[r->severity], severity_word(r->severity));
    html_text(&out->html, r->device);
    buf_text(&out->html, "</td><td style=\"padding:4px 8px\"><b>");
    html_text(&out->html, r->name);
    buf_text(&out->html, "</b><br>");
    html_text(&out->html, r->says);
    buf_format(&out->html, "</td><td style=\"padding:4px 8px;color:#5b6773\">%.19s</td></tr>\n", when + 4);
}

static void
subject(struct digest_text *out, const struct digest_row *const *rows, size_t n)
{
    size_t count[SEVERITY_CRITICAL + 1] = {0}, used = 0;

    for (size_t i = 0; i < n; i++)
        count[rows[i]->severity]++;
    used = (size_t) snprintf(out->subject, sizeof out->subject, "[trapline] ");
    for (int s = SEVERITY_CRITICAL; s >= SEVERITY_WARNING; s--)
        if (count[s] > 0)
            used += (size_t) snprintf(out->subject + used, sizeof out->subject - used, "%zu %s, ", count[s],
                                      severity_word((enum severity) s));
    snprintf(out->subject + used, sizeof out->subject - used, "%zu notification%s", n, n == 1 ? "" : "s");
}

void
digest_write(struct digest_text *out, const struct digest_row *const *rows, size_t n, const struct ledger *ledger,
             int64_t now)
{
    const struct digest_row **sorted = memory_zero(n + 1, sizeof *sorted);
    char when[FORMAT_MAX];

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < n; i++)
        sorted[i] = rows[i];
    qsort(sorted, n, sizeof *sorted, worse);
    subject(out, sorted, n);
    buf_format(&out->text, "What was in view%43.19s\n%s\n\n", format_instant(now, when) + 4,
               "------------------------------------------------------------------------");
    buf_text(&out->html, "<!DOCTYPE html><html><body style=\"font-family:sans-serif\">\n<h2>What was in view</h2>\n<table>\n");
    for (size_t i = 0; i < n && i < LINES_MAX; i++)
        one_row(out, sorted[i]);
    buf_text(&out->html, "</table>\n");
    if (n > LINES_MAX) {
        buf_format(&out->text, "… and %zu more, less severe or older\n", n - LINES_MAX);
        buf_format(&out->html, "<p>… and %zu more, less severe or older</p>\n", n - LINES_MAX);
    }
    buf_format(&out->text, "\nreceived %llu, stored %llu, rejected %llu, lost %llu\n", (unsigned long long) ledger->received,
               (unsigned long long) ledger->stored, (unsigned long long) ledger->rejected,
               (unsigned long long) (ledger->lost_overflow + ledger->lost_restart));
    buf_format(&out->html, "<p style=\"color:#5b6773\">received %llu, stored %llu, rejected %llu, lost %llu</p></body></html>\n",
               (unsigned long long) ledger->received, (unsigned long long) ledger->stored,
               (unsigned long long) ledger->rejected,
               (unsigned long long) (ledger->lost_overflow + ledger->lost_restart));
    free(sorted);
}

void
digest_text_free(struct digest_text *text)
{
    buf_free(&text->text);
    buf_free(&text->html);
}
