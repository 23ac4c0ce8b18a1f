/* The ledger in one line. */
#include "console/ledger_line.h"

#include "console/format.h"

#include <stdio.h>

void
ledger_line_draw(const struct ledger *l, struct canvas *c, int y)
{
    uint64_t lost = l->lost_overflow + l->lost_restart;
    const struct { const char *words; uint64_t n; bool always; enum role role; } part[] = {
        {"stored", l->stored, true, ROLE_TEXT}, {"duplicate", l->duplicate, false, ROLE_TEXT},
        {"dropped by rule", l->dropped, c->cols >= 100, ROLE_TEXT}, {"rejected", l->rejected, true, ROLE_WARNING},
        {"malformed", l->malformed, c->cols >= 100, ROLE_WARNING}, {"protocol", l->protocol, false, ROLE_TEXT},
        {"waiting", l->waiting, false, ROLE_TEXT}, {"lost", lost, false, ROLE_LAMP},
    };
    char number[FORMAT_MAX], text[80];
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
    snprintf(text, sizeof text, "kernel dropped %s", format_number(l->kernel_drops, number));
    x += canvas_text(c, y, x, -1, ROLE_DIM, ledger_adds_up(l) ? "adds up" : "does not add up") + 2;
    if (x + canvas_width(text) < c->cols)
        x += canvas_text(c, y, x, -1, l->kernel_drops > 0 ? ROLE_ERROR : ROLE_DIM, text) + 2;
    snprintf(text, sizeof text, "informs answered %s", format_number(l->informs_answered, number));
    if (x + canvas_width(text) < c->cols)
        canvas_text(c, y, x, -1, ROLE_DIM, text);
}
