/* A digest as HTML: tables and inline styles, as mail readers need them; light and dark; nothing fetched. */
#include "core/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICES_SHOWN = 5 };

static const struct {
    const char *class, *tile, *mark, *background, *colour, *text;
} looks[] = {
    [SEVERITY_OK] = { "ok", "t-o", "○", "#edf1f4", "#44505c", "#1b7438" },
    [SEVERITY_INFO] = { "dm", "t-o", "·", "#edf1f4", "#44505c", "#5b6773" },
    [SEVERITY_WARNING] = { "warn", "t-w", "▲", "#faf1cf", "#6a4d00", "#7f5c00" },
    [SEVERITY_MINOR] = { "minr", "t-n", "◇", "#faecd9", "#7d3f00", "#944a00" },
    [SEVERITY_MAJOR] = { "majr", "t-m", "◆", "#fbe3d8", "#8f2a00", "#b23400" },
    [SEVERITY_CRITICAL] = { "crit", "t-c", "●", "#b00020", "#ffffff", "#b00020" },
};

static const char style[] =
    "<style>\n:root { color-scheme: light dark; }\n"
    "@media (max-width:480px) { .sv { width:auto !important; padding-right:8px !important; }"
    " .wide, .mk { display:none !important; } .tn { font-size:11px !important; } }\n"
    "@media (prefers-color-scheme: dark) {\n"
    " body, .pg { background:#0f1317 !important; color:#cdd6df !important; } .hd { color:#f3f6f9 !important; }"
    " .dm { color:#93a0ad !important; }\n"
    " .ln, .sv { border-color:#28323c !important; } .tb { border-color:#3a4652 !important; }\n"
    " .crit { color:#ff7a7d !important; } .majr { color:#ff9560 !important; } .minr { color:#eda65a !important; }"
    " .warn { color:#e6c84f !important; } .ok { color:#79c98a !important; }\n"
    " .t-c { background:#a3182b !important; color:#fff !important; }"
    " .t-m { background:#3a1f12 !important; color:#ff9560 !important; }"
    " .t-n { background:#33261a !important; color:#eda65a !important; }"
    " .t-w { background:#302b15 !important; color:#e6c84f !important; }"
    " .t-o { background:#1b232b !important; color:#a3b0bc !important; }\n"
    " .bar { background:#557693 !important; } .box { background:#161c23 !important; }\n}\n</style>\n";

static void
put_escaped(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            buf_text(out, "&amp;");
            break;
        case '<':
            buf_text(out, "&lt;");
            break;
        case '>':
            buf_text(out, "&gt;");
            break;
        case '"':
            buf_text(out, "&quot;");
            break;
        case '\'':
            buf_text(out, "&#39;");
            break;
        default:
            buf_add(out, text, 1);
        }
    }
}

#define TABLE "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" width=\"100%\""
#define TABLE_F "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" width=\"100%%\"" /* in a format */
/* A long name without a space must not make a phone scroll sideways. */
#define BREAK "word-wrap:break-word;word-break:break-word;overflow-wrap:anywhere"
#define DIM "style=\"color:#5b6773;font-size:13px\""

static void
put_head(const struct digest *d, struct buf *out)
{
    char from[64], to[64];

    buf_text(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\""
             " content=\"width=device-width,initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\n"
             "<title>");
    put_escaped(out, d->name);
    buf_text(out, "</title>\n");
    buf_text(out, style);
    buf_text(out, "</head>\n<body class=\"pg\" style=\"margin:0;padding:0;background:#ffffff;color:#232b35;font-family:"
             "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif\">\n"
             "<!--[if mso]><table role=\"presentation\" align=\"center\" width=\"720\"><tr><td><![endif]-->"
             TABLE " align=\"center\" class=\"pg\" style=\"max-width:720px;margin:0 auto;background:#ffffff\">\n"
             "<tr><td style=\"padding:20px 12px 12px\">" TABLE "><tr><td class=\"hd\" style=\"font-size:20px;"
             "font-weight:bold;color:#000;" BREAK "\">");
    put_escaped(out, d->name);
    buf_text(out, "</td><td class=\"dm\" align=\"right\" style=\"color:#5b6773;font-size:13px;line-height:1.4;"
             "white-space:nowrap\">");
    if (d->events > 0) {
        digest_time(d->from, DIGEST_DATE_HTML, from, sizeof from);
        digest_time(d->to, d->to - d->from >= 86400LL * 1000000000 ? DIGEST_DAY : DIGEST_MINUTE, to, sizeof to);
        buf_format(out, "%s to %s", from, to);
    }
    buf_text(out, "</td></tr></table></td></tr>\n");
}

static void
put_tiles(const struct digest *d, struct buf *out)
{
    buf_text(out, "<tr><td style=\"padding:0 12px\">" TABLE "><tr>");
    for (int s = SEVERITY_CRITICAL; s >= SEVERITY_OK; s--)
        if (d->counts[s] > 0 || s == SEVERITY_CRITICAL)
            buf_format(out, "<td class=\"tile %s\" align=\"center\" width=\"16%%\" style=\"padding:10px 2px 8px;"
                       "background:%s;color:%s\"><span style=\"font-size:22px;font-weight:bold;line-height:1\">%llu"
                       "</span><br><span class=\"tn\" style=\"font-size:12px;white-space:nowrap\"><span class=\"mk\">"
                       "%s </span>%s</span></td>"
                       "<td width=\"4\" style=\"font-size:0\">&nbsp;</td>",
                       d->counts[s] > 0 ? looks[s].tile : "t-o", d->counts[s] > 0 ? looks[s].background : "#edf1f4",
                       d->counts[s] > 0 ? looks[s].colour : "#44505c", (unsigned long long) d->counts[s],
                       looks[s].mark, severity_word((enum severity) s));
    buf_text(out, "<td style=\"font-size:0\">&nbsp;</td></tr></table></td></tr>\n");
}

static void
put_heading(struct buf *out, const char *title, const char *beside)
{
    buf_format(out, "<tr><td style=\"padding:26px 12px 6px\"><span class=\"hd\" style=\"font-size:15px;font-weight:bold;"
               "color:#000\">%s</span> <span class=\"dm\" " DIM ">&nbsp;%s</span></td></tr><tr><td>" TABLE_F
               " class=\"tb\" style=\"border-top:1px solid #c3ccd5;font-size:14px;line-height:1.4\">", title, beside);
}

static void
put_group(struct buf *out, const struct digest_group *g)
{
    enum severity s = g->row->severity;
    char time[32];

    buf_format(out, "<tr><td class=\"sv %s\" width=\"92\" valign=\"top\" style=\"padding:9px 10px 9px 12px;"
               "white-space:nowrap;font-weight:bold;font-size:13px;color:%s;border-bottom:1px solid #e3e8ed\">"
               "<span aria-hidden=\"true\">%s</span> %s</td>\n<td class=\"ln\" valign=\"top\" style=\"" BREAK ";padding:9px 0;"
               "border-bottom:1px solid #e3e8ed\"><b class=\"hd\">", looks[s].class, looks[s].text, looks[s].mark,
               severity_word(s));
    put_escaped(out, g->row->device);
    buf_text(out, "</b> &nbsp;");
    put_escaped(out, g->row->what);
    if (g->row->detail[0] != '\0') {
        buf_text(out, "<br><span class=\"dm\" " DIM ">");
        put_escaped(out, g->row->detail);
        buf_text(out, "</span>");
    }
    buf_format(out, "</td>\n<td class=\"ln dm\" valign=\"top\" align=\"right\" style=\"padding:9px 12px 9px 8px;"
               "white-space:nowrap;color:#5b6773;font-size:13px;border-bottom:1px solid #e3e8ed\">%s",
               digest_time(g->last, DIGEST_SECOND, time, sizeof time));
    if (g->times > 1)
        buf_format(out, "<br>&times; %llu", (unsigned long long) g->times);
    buf_text(out, "</td></tr>\n");
}

static void
put_groups(const struct digest *d, struct buf *out)
{
    const struct digest_group **groups = digest_sorted_groups(d);
    size_t shown = d->n_groups < DIGEST_SHOWN ? d->n_groups : DIGEST_SHOWN;
    char beside[64] = "worst first";

    if (shown < d->n_groups)
        snprintf(beside, sizeof beside, "%zu of %zu, worst first", shown, d->n_groups);
    put_heading(out, "What happened", beside);
    for (size_t i = 0; i < shown; i++)
        put_group(out, groups[i]);
    buf_text(out, "</table></td></tr>\n");
    free(groups);
}

static void
put_devices(const struct digest *d, struct buf *out)
{
    static const char *const blocks[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    const struct digest_device **devices = digest_sorted_devices(d);
    char beside[80], time[32];

    snprintf(beside, sizeof beside, "%llu events since %s", (unsigned long long) d->events,
             digest_time(d->from, DIGEST_MINUTE, time, sizeof time));
    put_heading(out, "By device", beside);
    for (size_t i = 0; i < d->n_devices && i < DEVICES_SHOWN; i++) {
        unsigned percent = (unsigned) (devices[i]->events * 100 / devices[0]->events);
        uint32_t bins[DIGEST_BINS], most = 1;

        buf_text(out, "<tr><td width=\"36%\" style=\"padding:4px 8px 4px 12px;" BREAK "\">");
        put_escaped(out, devices[i]->name);
        buf_format(out, "</td><td width=\"64%%\" style=\"padding:4px 0\">" TABLE_F "><tr><td class=\"bar\" width=\"%u%%\""
                   " style=\"background:#5f83a6;height:8px;line-height:8px;font-size:0\">&nbsp;</td><td style=\""
                   "height:8px;line-height:8px;font-size:0\">&nbsp;</td></tr></table></td><td align=\"right\""
                   " style=\"padding:4px 8px\">%llu</td><td class=\"dm wide\" style=\"padding:4px 12px 4px 4px;"
                   "color:#5f83a6;font-family:ui-monospace,Consolas,Menlo,monospace;font-size:12px;white-space:nowrap;"
                   "line-height:1\">", percent > 0 ? percent : 1, (unsigned long long) devices[i]->events);
        digest_bins(d, devices[i]->name, bins);
        for (size_t k = 0; k < DIGEST_BINS; k++)
            most = bins[k] > most ? bins[k] : most;
        for (size_t k = 0; k < DIGEST_BINS; k++)
            buf_text(out, blocks[(size_t) bins[k] * 7 / most]);
        buf_text(out, "</td></tr>\n");
    }
    if (d->n_devices > DEVICES_SHOWN)
        buf_format(out, "<tr><td class=\"dm\" colspan=\"4\" style=\"padding:4px 12px;color:#5b6773;font-size:13px\">and %zu"
                   " others</td></tr>\n", d->n_devices - DEVICES_SHOWN);
    buf_text(out, "</table></td></tr>\n");
    free(devices);
}

static void
put_ledger(const struct digest *d, struct buf *out)
{
    const struct ledger *l = &d->ledger;

    buf_format(out, "<tr><td style=\"padding:24px 12px 0\">" TABLE_F "><tr><td class=\"box\" style=\"background:#f3f6f9;"
               "padding:12px 14px;font-size:13px;line-height:1.55\"><b class=\"hd\">The ledger.</b> Received %llu = stored"
               " %llu + duplicate %llu + dropped by rule %llu + rejected %llu + malformed %llu + protocol %llu + waiting"
               " %llu + lost %llu. The kernel dropped %llu.</td></tr></table></td></tr>\n",
               (unsigned long long) l->received, (unsigned long long) l->stored, (unsigned long long) l->duplicate,
               (unsigned long long) l->dropped, (unsigned long long) l->rejected, (unsigned long long) l->malformed,
               (unsigned long long) l->protocol, (unsigned long long) l->waiting,
               (unsigned long long) (l->lost_overflow + l->lost_restart), (unsigned long long) l->kernel_drops);
}

void
digest_html(const struct digest *d, struct buf *out)
{
    char file[120];
    put_head(d, out);
    put_tiles(d, out);
    if (d->note != NULL) {
        buf_text(out, "<tr><td class=\"dm\" style=\"padding:10px 12px 0;color:#5b6773;font-size:13px\">");
        put_escaped(out, d->note);
        buf_text(out, "</td></tr>\n");
    }
    if (d->events > 0) {
        put_groups(d, out);
        put_devices(d, out);
    } else {
        buf_text(out, "<tr><td style=\"padding:20px 12px 0;font-size:14px\">Nothing happened.</td></tr>\n");
    }
    if (d->has_ledger)
        put_ledger(d, out);
    buf_text(out, "<tr><td class=\"dm\" style=\"padding:14px 12px 28px;color:#5b6773;font-size:12px;line-height:1.5\">");
    if (d->events > 0) {
        buf_format(out, "Events %lld to %lld. ", (long long) d->first,
                   (long long) d->last);
        buf_text(out, d->events > DIGEST_ROWS ? "The first rows: " : "All rows: ");
        digest_file(d, file, sizeof file);
        put_escaped(out, file);
        buf_text(out, ", attached.");
    }
    buf_text(out, "</td></tr>\n</table><!--[if mso]></td></tr></table><![endif]--></body></html>\n");
}
