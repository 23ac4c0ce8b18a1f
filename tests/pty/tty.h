/* A terminal of ours (libvterm) with the console in it: what a test does with it. A wait fails the test at its deadline. */
#ifndef TEST_TTY_H
#define TEST_TTY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

#include <cmocka.h>
#include <vterm.h>

enum { ROWS = 24, COLS = 80, WAIT_MS = 10000 };

struct terminal {
    VTerm *vt;
    VTermScreen *screen;
    int fd, rows, cols;
    pid_t pid;
    int status;
    bool ended, alternate, cursor;
    struct termios before;
    char *stream; /* every octet that came */
    size_t n;
    char state[64];
};

struct terminal *start(const char *term, const char *locale, const char *argument);
void pump(struct terminal *t, int milliseconds);
int64_t now_ms(void);
void wait_for(struct terminal *t, const char *text);
void wait_until_gone(struct terminal *t, const char *text);
void wait_end(struct terminal *t);
void press(struct terminal *t, const char *keys);
void resize(struct terminal *t, int rows, int cols);
void assert_restored(struct terminal *t);
void stop(struct terminal *t);
void wait_colour(struct terminal *t, int row, int col, bool background, uint32_t want);

#endif
