/* Numbers, ages, times and symbols as they are written everywhere. Buffers are the caller's; all return `text`. */
#ifndef CONSOLE_FORMAT_H
#define CONSOLE_FORMAT_H

#include "api/journal.h"
#include "api/mib.h"
#include "console/canvas.h"

#include <stddef.h>

enum { FORMAT_MAX = 48 };

/* Groups of three: "1 284". */
char *format_number(uint64_t number, char text[FORMAT_MAX]);
/* One unit while small, two when it helps: "9 s", "41 m", "3 h 12", "213 d". Seconds. */
char *format_age(int64_t seconds, char text[FORMAT_MAX]);
/* "14:32:07" today, "Nov 22" on another day. Wall-clock nanoseconds. */
char *format_time(int64_t at, int64_t now, char text[FORMAT_MAX]);
/* "Mon 2026-11-23 14:31:58.204" */
char *format_instant(int64_t at, char text[FORMAT_MAX]);
const char *severity_symbol(enum severity severity);
enum role severity_role(enum severity severity);
/* "cr ma mi wa in ok" for narrow screens. */
const char *severity_two(enum severity severity);

/* Eight heights, from sample/most; a negative sample is a gap. */
void draw_spark(struct canvas *canvas, int y, int x, const int64_t *sample, int n, int width);
/* A histogram `rows` high; the lowest row is drawn for every bin. */
void draw_histogram(struct canvas *canvas, int y, int x, int rows, const unsigned *bin, int n);
/* "label  value" with the values at a common column. Returns y + 1. */
int draw_fact(struct canvas *canvas, int y, int x, int label_width, const char *label, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* A description: lines that a module broke in the middle of a sentence are joined and broken anew to the width; what is
 * indented, or begins a list, keeps its line. Returns the lines drawn. */
int draw_prose(struct canvas *canvas, int y, int x, int width, int lines, enum role role, const char *text);

const char *mib_access_word(enum mib_access access);
const char *mib_status_word(enum mib_status status);
const char *mib_kind_word(enum mib_kind kind);

#endif
