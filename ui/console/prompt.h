/* One line (or several) being typed: movement, deletion, history. */
#ifndef CONSOLE_PROMPT_H
#define CONSOLE_PROMPT_H

#include "console/canvas.h"
#include "console/term.h"

#include <stddef.h>

enum { PROMPT_MAX = 8192, PROMPT_HISTORY = 50 };

struct prompt {
    char text[PROMPT_MAX];
    size_t n, at;   /* octets; the cursor stands before text[at] */
    bool lines;     /* Enter makes a line; else it is PROMPT_ENTER */
    int left;       /* first column shown, noted when drawn */
};

enum prompt_result { PROMPT_NOT_MINE, PROMPT_MOVED, PROMPT_CHANGED, PROMPT_ENTER, PROMPT_ESCAPE };

void prompt_set(struct prompt *prompt, const char *text);
enum prompt_result prompt_event(struct prompt *prompt, const struct term_event *event);
/* Draw in `width` cells with the caret where it stands. */
void prompt_draw(struct prompt *prompt, struct canvas *canvas, int y, int x, int width);
/* Several lines in a canvas of their own, scrolled so that the caret shows. */
void prompt_draw_lines(struct prompt *prompt, struct canvas *canvas, bool focus);

#endif
