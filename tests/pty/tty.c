#include "tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

static int
property(VTermProp prop, VTermValue *value, void *arg)
{
    struct terminal *t = arg;

    if (prop == VTERM_PROP_ALTSCREEN)
        t->alternate = value->boolean;
    if (prop == VTERM_PROP_CURSORVISIBLE)
        t->cursor = value->boolean;
    return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = property};

static const char *
program(void)
{
    static char path[1024];

    snprintf(path, sizeof path, "%s/tests/pty/console", getenv("top_builddir") != NULL ? getenv("top_builddir") : ".");
    return path;
}

static void
in_child(struct terminal *t, const char *term, const char *locale, const char *argument)
{
    char themes[1024];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(themes, sizeof themes, "%s/themes", getenv("top_srcdir") != NULL ? getenv("top_srcdir") : ".");
    setenv("TERM", term, 1);
    setenv("LC_ALL", locale, 1);
    setenv("TRAPLINE_THEMES", themes, 1);
    setenv("TRAPLINE_STATE", t->state, 1);
    setenv("TRAPLINE_CACHE", t->state, 1);
    setenv("TRAPLINE_CONFIG", t->state, 1);
    setenv("ASAN_OPTIONS", "handle_segv=0:detect_leaks=0", 0);
    unsetenv("NO_COLOR");
    unsetenv("COLUMNS");
    unsetenv("LINES");
    execl(program(), program(), argument, (char *) NULL);
    _exit(127);
}

struct terminal *
start(const char *term, const char *locale, const char *argument)
{
    struct terminal *t = calloc(1, sizeof *t);
    struct winsize size = {ROWS, COLS, 0, 0};
    int slave;

    strcpy(t->state, "/tmp/trapline-pty-XXXXXX");
    assert_non_null(mkdtemp(t->state));
    t->rows = ROWS;
    t->cols = COLS;
    t->cursor = true;
    t->vt = vterm_new(ROWS, COLS);
    vterm_set_utf8(t->vt, 1);
    t->screen = vterm_obtain_screen(t->vt);
    vterm_screen_set_callbacks(t->screen, &callbacks, t);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_reset(t->screen, 1);
    assert_int_equal(openpty(&t->fd, &slave, NULL, NULL, &size), 0);
    assert_int_equal(tcgetattr(slave, &t->before), 0);
    t->pid = fork();
    if (t->pid == 0) {
        close(t->fd);
        login_tty(slave);
        in_child(t, term, locale, argument);
    }
    close(slave);
    fcntl(t->fd, F_SETFL, O_NONBLOCK);
    return t;
}

void
pump(struct terminal *t, int milliseconds)
{
    struct pollfd p = {t->fd, POLLIN, 0};
    char part[65536];
    ssize_t n;

    if (t->fd < 0 || poll(&p, 1, milliseconds) <= 0)
        return;
    n = read(t->fd, part, sizeof part);
    if (n <= 0) {
        if (n == 0 || errno == EIO) { /* the slave is closed: nothing more comes */
            struct timespec pause = {0, 5000000};
            nanosleep(&pause, NULL);
        }
        return;
    }
    vterm_input_write(t->vt, part, (size_t) n);
    t->stream = realloc(t->stream, t->n + (size_t) n + 1);
    memcpy(t->stream + t->n, part, (size_t) n);
    t->n += (size_t) n;
    t->stream[t->n] = '\0';
    n = (ssize_t) vterm_output_read(t->vt, part, sizeof part);
    if (n > 0 && write(t->fd, part, (size_t) n) < 0)
        return;
}

static void
row_text(const struct terminal *t, int row, char *out, size_t size)
{
    VTermRect rect = {row, row + 1, 0, t->cols};
    size_t n = vterm_screen_get_text(t->screen, out, size - 1, rect);

    out[n] = '\0';
}

static bool
shows(const struct terminal *t, const char *text)
{
    char row[2000];

    for (int y = 0; y < t->rows; y++) {
        row_text(t, y, row, sizeof row);
        if (strstr(row, text) != NULL)
            return true;
    }
    return false;
}

int64_t
now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
dump(const struct terminal *t)
{
    char row[2000];

    for (int y = 0; y < t->rows; y++) {
        row_text(t, y, row, sizeof row);
        print_message("# |%s\n", row);
    }
}

void
wait_for(struct terminal *t, const char *text)
{
    int64_t end = now_ms() + WAIT_MS;

    while (!shows(t, text) && now_ms() < end)
        pump(t, 50);
    if (!shows(t, text)) {
        dump(t);
        fail_msg("never on the screen: %s", text);
    }
}

void
wait_until_gone(struct terminal *t, const char *text)
{
    int64_t end = now_ms() + WAIT_MS;

    while (shows(t, text) && now_ms() < end)
        pump(t, 50);
    assert_false(shows(t, text));
}

void
wait_end(struct terminal *t)
{
    int64_t end = now_ms() + WAIT_MS;

    while (!t->ended && now_ms() < end) {
        pump(t, 20);
        t->ended = waitpid(t->pid, &t->status, WNOHANG) == t->pid;
    }
    if (!t->ended)
        dump(t);
    assert_true(t->ended);
    for (int i = 0; i < 5; i++)
        pump(t, 10);
}

void
press(struct terminal *t, const char *keys)
{
    assert_int_equal(write(t->fd, keys, strlen(keys)), (ssize_t) strlen(keys));
}

void
resize(struct terminal *t, int rows, int cols)
{
    struct winsize size = {(unsigned short) rows, (unsigned short) cols, 0, 0};

    t->rows = rows;
    t->cols = cols;
    vterm_set_size(t->vt, rows, cols);
    assert_int_equal(ioctl(t->fd, TIOCSWINSZ, &size), 0);
}

void
assert_restored(struct terminal *t)
{
    struct termios after;
    const char *paste = NULL;

    assert_false(t->alternate);
    assert_true(t->cursor);
    assert_int_equal(tcgetattr(t->fd, &after), 0);
    assert_int_equal(after.c_lflag & (ICANON | ECHO | ISIG), t->before.c_lflag & (ICANON | ECHO | ISIG));
    assert_int_equal(after.c_iflag & ICRNL, t->before.c_iflag & ICRNL);
    for (char *at = t->stream; at != NULL && (at = strstr(at, "\033[?2004")) != NULL; at += 7)
        paste = at + 7;
    if (paste != NULL)
        assert_int_equal(*paste, 'l');
}

void
stop(struct terminal *t)
{
    char command[200];

    if (!t->ended) {
        kill(t->pid, SIGKILL);
        waitpid(t->pid, NULL, 0);
    }
    if (t->fd >= 0)
        close(t->fd);
    vterm_free(t->vt);
    free(t->stream);
    snprintf(command, sizeof command, "rm -rf '%s'", t->state);
    assert_int_equal(system(command), 0);
    free(t);
}

static uint32_t
colour_at(const struct terminal *t, int row, int col, bool background)
{
    VTermScreenCell cell;
    VTermPos pos = {row, col};
    VTermColor colour;

    vterm_screen_get_cell(t->screen, pos, &cell);
    colour = background ? cell.bg : cell.fg;
    if (VTERM_COLOR_IS_DEFAULT_FG(&colour) || VTERM_COLOR_IS_DEFAULT_BG(&colour))
        return 0xffffffff;
    if (VTERM_COLOR_IS_INDEXED(&colour))
        return colour.indexed.idx;
    return 0x1000000;
}

void
wait_colour(struct terminal *t, int row, int col, bool background, uint32_t want)
{
    int64_t end = now_ms() + WAIT_MS;

    while (colour_at(t, row, col, background) != want && now_ms() < end)
        pump(t, 50);
    if (colour_at(t, row, col, background) != want)
        dump(t);
    assert_int_equal(colour_at(t, row, col, background), want);
}
