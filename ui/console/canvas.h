/* A screen as cells: what is drawn, before any terminal is involved.
 *
 * Views draw into a canvas and nothing else, so every screen can be compared with a golden text. A cell has a
 * character with its combining marks, a role (its meaning: who did it, how bad it is) and a ground (what lies under
 * it: the row, the panel). Colours come from the theme, later.
 *
 * A canvas is also a window into a larger one: canvas_part. Everything is clipped to it, and nothing that is not
 * printable gets into a cell, whatever the text holds. */
#ifndef CONSOLE_CANVAS_H
#define CONSOLE_CANVAS_H

#include "console/role.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct cell {
    char text[23];  /* UTF-8, a base and its marks; "" is the right half of a wide one */
    uint8_t role, ground;
};

struct canvas {
    struct cell *cells;
    int stride, rows, cols;
    struct { int y, x; } *caret; /* where the terminal's cursor goes, in the whole canvas; y < 0: hidden */
    int y0, x0;                  /* of this window in the whole */
};

struct canvas *canvas_new(int rows, int cols);
void canvas_free(struct canvas *canvas);
void canvas_clear(struct canvas *canvas);
struct canvas canvas_part(const struct canvas *canvas, int y, int x, int rows, int cols);

/* Text at (y, x) in at most `max` cells (negative: to the edge), cut with "…". Returns the cells used. */
int canvas_text(struct canvas *canvas, int y, int x, int max, enum role role, const char *text);
int canvas_format(struct canvas *canvas, int y, int x, int max, enum role role, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* The same, ending at the cell before `end`. */
int canvas_right(struct canvas *canvas, int y, int end, int max, enum role role, const char *text);
/* `text` over several lines, cut at spaces. Returns the lines used. */
int canvas_wrap(struct canvas *canvas, int y, int x, int width, int lines, enum role role, const char *text);
/* A repeated one-cell character. */
void canvas_run(struct canvas *canvas, int y, int x, int n, enum role role, const char *character);
/* What lies under the cells; their text stays. Negative n: to the edge. */
void canvas_ground(struct canvas *canvas, int y, int x, int n, enum role ground);
void canvas_role(struct canvas *canvas, int y, int x, int n, enum role role);
/* Blank, on this ground. */
void canvas_blank(struct canvas *canvas, enum role ground);
/* Everything drawn so far steps back behind an overlay. */
void canvas_backdrop(struct canvas *canvas);
void canvas_caret(struct canvas *canvas, int y, int x);

/* ─ title ──────── fact ─ over the whole width; heavy when it has the focus. `fact` may be NULL. */
void canvas_title(struct canvas *canvas, int y, const char *title, const char *fact, bool focus);

/* Cells that canvas_text would use without a limit. */
int canvas_width(const char *text);

/* Stand-ins for a terminal without UTF-8 (every character), or without colour (the cursor bar). */
void canvas_ascii(struct canvas *canvas);
void canvas_plain_cursor(struct canvas *canvas);

/* Text, roles and grounds as lines, for goldens. */
void canvas_print(const struct canvas *canvas, FILE *out);

#endif
