/* The ledger in one line: under the feed. */
#ifndef CONSOLE_LEDGER_LINE_H
#define CONSOLE_LEDGER_LINE_H

#include "console/canvas.h"

#include "api/journal.h"

void ledger_line_draw(const struct ledger *ledger, struct canvas *canvas, int y);

#endif
