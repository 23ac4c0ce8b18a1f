/* The terminal: the only file that knows ncurses.
 *
 * Everything that happens to the terminal is undone by term_close, and also when the program crashes. The size is
 * asked of the kernel when told to (term_resize); keys come as names: "a", "^d", "Enter", "Esc", "Up", "PgDn",
 * "Space", "F2". */
#ifndef CONSOLE_TERM_H
#define CONSOLE_TERM_H

#include "api/failure.h"
#include "console/canvas.h"
#include "console/theme.h"

enum term_event_kind { TERM_KEY, TERM_PASTE, TERM_MOUSE };
struct term_event {
    enum term_event_kind kind;
    char key[24];     /* name; for what types a character, that character */
    const char *text; /* TERM_PASTE: all of it, printable or not; lives until the callback returns */
    int y, x;         /* TERM_MOUSE: cell; key is "Click", "Double", "WheelUp" or "WheelDown" */
};
typedef void term_event_fn(void *arg, const struct term_event *event);

/* One line of warning may be left in *warning ("" when all is well): an unknown TERM, a terminal without UTF-8. */
/* What libraries print goes to the descriptor `log` until term_close. */
bool term_open(int log, char *warning, size_t size, struct failure *why);
void term_close(void);     /* harmless when it is not open */
bool term_is_open(void);
enum depth term_depth(void);
bool term_utf8(void);
void term_size(int *rows, int *cols);
/* Ask the kernel for the size and take it on. */
void term_resize(void);
/* Deliver what was typed. False when the terminal has gone away. */
bool term_read(term_event_fn *fn, void *arg);
/* The canvas is changed for terminals without UTF-8. */
void term_paint(struct canvas *canvas, const struct theme *theme);
/* The next paint draws every cell. */
void term_redraw(void);
/* Stop like any program (^z), and come back with the screen as it was. */
void term_suspend(void);
/* Give the terminal to a program until it ends, like ^z and fg. False when it could not be started. */
bool term_run(const char *const *argv);
void term_mouse(bool on);
/* Into the clipboard of the terminal, over ssh too (OSC 52). False when it is too long for that. */
bool term_copy(const char *text);

#endif
