/* A digest as plain text of 72 columns: it must read well in a terminal's mail reader and on a pager. */
#include "core/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 72, DEVICES_SHOWN = 5, BAR = 26, DETAIL_LINES = 3 };

static const char *const tags[] = { "OK  ", "INFO", "WARN", "MINR", "MAJR", "CRIT" };

/* Characters, not cells: wide ones make a line a little longer, which a mail reader bears. */
static size_t
characters(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += ((unsigned char) *text & 0xc0) != 0x80;
    return n;
}

/* `text` cut at `width` characters and padded to it. */
static void
put_cell(struct buf *out, const char *text, size_t width)
{
    size_t n = 0;

    for (; *text != '\0'; text++) {
        bool begins = ((unsigned char) *text & 0xc0) != 0x80;

        if (begins && n == width)
            break;
        n += begins;
        buf_add(out, text, 1);
    }
    for (; n < width; n++)
        buf_text(out, " ");
}

static void
put_rule(struct buf *out, char c)
{
    for (int i = 0; i < COLUMNS; i++)
        buf_add(out, &c, 1);
    buf_text(out, "\n");
}

static void
put_heading(struct buf *out, const char *title, const char *right)
{
    size_t pad = COLUMNS - strlen(title) - characters(right);

    buf_format(out, "\n%s%*s%s\n", title, (int) (pad < COLUMNS ? pad : 1), "", right);
    put_rule(out, '-');
}

static void
put_counts(const struct digest *d, struct buf *out, const char *separator)
{
    bool any = false;

    for (int s = SEVERITY_CRITICAL; s >= SEVERITY_OK; s--) {
        if (d->counts[s] == 0)
            continue;
        buf_format(out, "%s%llu %s", any ? separator : "", (unsigned long long) d->counts[s],
                   severity_word((enum severity) s));
        any = true;
    }
    if (!any)
        buf_text(out, "nothing");
}

void
digest_subject(const struct digest *d, struct buf *out)
{
    buf_format(out, "[%s] ", d->name);
    if (digest_worst(d) >= SEVERITY_WARNING) {
        bool any = false;

        for (int s = SEVERITY_CRITICAL; s >= SEVERITY_WARNING; s--)
            if (d->counts[s] > 0) {
                buf_format(out, "%s%llu %s", any ? ", " : "", (unsigned long long) d->counts[s],
                           severity_word((enum severity) s));
                any = true;
            }
        buf_text(out, "; ");
    }
    buf_format(out, "%llu event%s, %zu device%s", (unsigned long long) d->events, d->events == 1 ? "" : "s",
               d->n_devices, d->n_devices == 1 ? "" : "s");
}

/* Wrapped at words, indented by six. */
static void
put_detail(struct buf *out, const char *text)
{
    size_t column = 0;
    unsigned lines = 0;

    while (*text != '\0' && lines < DETAIL_LINES) {
        size_t n = strcspn(text, " ");
        char word[DIGEST_DETAIL + 8];

        snprintf(word, sizeof word, "%.*s", (int) n, text);
        if (column > 0 && column + 1 + characters(word) > COLUMNS) {
            buf_text(out, "\n");
            column = 0;
            if (++lines == DETAIL_LINES) {
                buf_text(out, "      ...\n");
                return;
            }
        }
        buf_text(out, column == 0 ? "      " : " ");
        buf_text(out, word);
        column = (column == 0 ? 6 : column + 1) + characters(word);
        text += n;
        text += strspn(text, " ");
    }
    if (column > 0)
        buf_text(out, "\n");
}

static void
put_groups(const struct digest *d, struct buf *out)
{
    const struct digest_group **groups = digest_sorted_groups(d);
    size_t shown = d->n_groups < DIGEST_SHOWN ? d->n_groups : DIGEST_SHOWN;
    char right[48], time[32];

    if (shown < d->n_groups)
        snprintf(right, sizeof right, "%zu of %zu, worst first", shown, d->n_groups);
    put_heading(out, "WHAT HAPPENED", shown < d->n_groups ? right : "worst first");
    for (size_t i = 0; i < shown; i++) {
        const struct digest_group *g = groups[i];

        buf_format(out, "%s  ", tags[g->row->severity]);
        put_cell(out, g->row->device, 15);
        buf_text(out, " ");
        put_cell(out, g->row->what, 33);
        if (g->times > 1)
            snprintf(right, sizeof right, "%s x%llu", digest_time(g->last, DIGEST_SECOND, time, sizeof time),
                     (unsigned long long) g->times);
        else
            snprintf(right, sizeof right, "%s", digest_time(g->last, DIGEST_SECOND, time, sizeof time));
        buf_format(out, " %16s\n", right);
        put_detail(out, g->row->detail);
    }
    free(groups);
}

static void
put_devices(const struct digest *d, struct buf *out)
{
    const struct digest_device **devices = digest_sorted_devices(d);
    uint64_t others = 0;
    char right[48], time[32];

    snprintf(right, sizeof right, "events   trend since %s", digest_time(d->from, DIGEST_MINUTE, time, sizeof time));
    put_heading(out, "BY DEVICE", right);
    for (size_t i = 0; i < d->n_devices && i < DEVICES_SHOWN; i++) {
        uint32_t bins[DIGEST_BINS], most = 1;
        size_t bar = (size_t) (devices[i]->events * BAR / devices[0]->events);

        put_cell(out, devices[i]->name, 15);
        buf_text(out, " ");
        put_cell(out, &"=========================="[bar > 0 ? BAR - bar : BAR - 1], BAR);
        buf_format(out, " %7llu   ", (unsigned long long) devices[i]->events);
        digest_bins(d, devices[i]->name, bins);
        for (size_t k = 0; k < DIGEST_BINS; k++)
            most = bins[k] > most ? bins[k] : most;
        for (size_t k = 0; k < DIGEST_BINS; k++)
            buf_add(out, &"..:|#"[bins[k] == 0 ? 0 : 1 + (size_t) bins[k] * 3 / most], 1);
        buf_text(out, "\n");
    }
    for (size_t i = DEVICES_SHOWN; i < d->n_devices; i++)
        others += devices[i]->events;
    if (others > 0)
        buf_format(out, "%-43s%7llu\n", "others", (unsigned long long) others);
    free(devices);
}

static void
put_ledger(const struct digest *d, struct buf *out)
{
    const struct ledger *l = &d->ledger;
    uint64_t lost = l->lost_overflow + l->lost_restart;
    char time[64];

    put_heading(out, "THE LEDGER", "");
    buf_format(out, "received %llu = stored %llu + duplicate %llu\n", (unsigned long long) l->received,
               (unsigned long long) l->stored, (unsigned long long) l->duplicate);
    buf_format(out, "  + dropped by rule %llu + rejected %llu + malformed %llu\n", (unsigned long long) l->dropped,
               (unsigned long long) l->rejected, (unsigned long long) l->malformed);
    buf_format(out, "  + protocol %llu + waiting %llu + lost %llu\n", (unsigned long long) l->protocol,
               (unsigned long long) l->waiting, (unsigned long long) lost);
    buf_format(out, "since %s. The kernel dropped %llu.\n", digest_time(l->since, DIGEST_SINCE, time, sizeof time),
               (unsigned long long) l->kernel_drops);
}

void
digest_text(const struct digest *d, struct buf *out)
{
    char from[64], to[32], span[32], period[160], file[120];
    bool day = d->to - d->from >= 86400LL * 1000000000;

    digest_time(d->from, DIGEST_DATE, from, sizeof from);
    digest_time(d->to, day ? DIGEST_DAY : DIGEST_MINUTE, to, sizeof to);
    snprintf(period, sizeof period, "%s to %s (%s)", from, to, digest_span(d->to - d->from, span, sizeof span));
    put_cell(out, d->name, characters(period) < COLUMNS - 2 ? COLUMNS - 1 - characters(period) : 1);
    buf_format(out, " %s\n", d->events > 0 ? period : "");
    put_rule(out, '=');
    buf_text(out, "\n  ");
    put_counts(d, out, "   ");
    buf_text(out, "\n");
    if (d->note != NULL)
        buf_format(out, "  %s\n", d->note);
    if (d->events > 0) {
        put_groups(d, out);
        put_devices(d, out);
    }
    if (d->has_ledger)
        put_ledger(d, out);
    buf_text(out, "\n");
    if (d->events > 0)
        buf_format(out, "This digest covers events %lld to %lld.\n", (long long) d->first, (long long) d->last);
    digest_file(d, file, sizeof file);
    if (d->events > DIGEST_ROWS)
        buf_format(out, "The first %d rows are in %s, attached.\n", DIGEST_ROWS, file);
    else if (d->events > 0)
        buf_format(out, "All rows: %s, attached.\n", file);
    buf_text(out, "-- \ntrapline\n");
}
