/* The console in a terminal of ours (libvterm): start, keys, resize, suspend, colours, what libraries print, hostile
 * texts, and the terminal as it was before after every kind of end. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <utmp.h>
#include <unistd.h>

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

static struct terminal *
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

static void
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

static int64_t
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

static void
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

static void
wait_until_gone(struct terminal *t, const char *text)
{
    int64_t end = now_ms() + WAIT_MS;

    while (shows(t, text) && now_ms() < end)
        pump(t, 50);
    assert_false(shows(t, text));
}

static void
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

static void
press(struct terminal *t, const char *keys)
{
    assert_int_equal(write(t->fd, keys, strlen(keys)), (ssize_t) strlen(keys));
}

static void
resize(struct terminal *t, int rows, int cols)
{
    struct winsize size = {(unsigned short) rows, (unsigned short) cols, 0, 0};

    t->rows = rows;
    t->cols = cols;
    vterm_set_size(t->vt, rows, cols);
    assert_int_equal(ioctl(t->fd, TIOCSWINSZ, &size), 0);
}

static void
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

static void
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

static void
wait_colour(struct terminal *t, int row, int col, bool background, uint32_t want)
{
    int64_t end = now_ms() + WAIT_MS;

    while (colour_at(t, row, col, background) != want && now_ms() < end)
        pump(t, 50);
    if (colour_at(t, row, col, background) != want)
        dump(t);
    assert_int_equal(colour_at(t, row, col, background), want);
}

static void
starts_and_leaves(void **state)
{
    struct terminal *t = start("xterm-256color", "C.UTF-8", NULL);

    (void) state;
    wait_for(t, "core-sw-01");
    assert_true(t->alternate);
    wait_for(t, "3 answering");
    press(t, "q");
    wait_end(t);
    assert_true(WIFEXITED(t->status));
    assert_int_equal(WEXITSTATUS(t->status), 0);
    assert_restored(t);
    stop(t);
}

static void
answers_keys(void **state)
{
    struct terminal *t = start("xterm-256color", "C.UTF-8", NULL);

    (void) state;
    wait_for(t, "3 answering");
    press(t, "\033[B");
    wait_for(t, "Devices › core-rt-01");
    press(t, "k2");
    wait_for(t, "system");
    press(t, "\033OB");
    wait_for(t, "sysDescr");
    press(t, "?");
    wait_for(t, "help for Browse");
    press(t, "\033");
    wait_until_gone(t, "help for Browse");
    press(t, ":view traps\r");
    wait_for(t, "received 7");
    press(t, "/12_");
    press(t, "\x7f\r");
    wait_for(t, "linkDown #2 ›");
    press(t, "\033");
    press(t, "5c");
    wait_for(t, "Write a mail");
    press(t, "\033[200~pasted q\nand more\033[201~");
    wait_for(t, "pasted q and more");
    press(t, "\033");
    wait_until_gone(t, "Write a mail");
    stop(t);
}

static void
takes_every_size(void **state)
{
    static const int sizes[][2] = {{40, 132}, {16, 60}, {15, 59}, {5, 20}, {2, 2}, {1, 1}, {1, 200}, {100, 1}, {24, 80}};
    struct terminal *t = start("xterm-256color", "C.UTF-8", NULL);

    (void) state;
    wait_for(t, "3 answering");
    for (int view = 1; view <= 6; view++) {
        char key[2] = {(char) ('0' + view), '\0'};
        press(t, key);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            resize(t, sizes[i][0], sizes[i][1]);
            for (int n = 0; n < 3; n++)
                pump(t, 15);
            press(t, "j");
        }
        wait_for(t, "trapline");
    }
    resize(t, 40, 132);
    wait_for(t, ": command");
    resize(t, 15, 59);
    wait_for(t, "needs 60 columns and 16 rows");
    resize(t, 24, 80);
    wait_for(t, "? help");
    assert_int_equal(waitpid(t->pid, NULL, WNOHANG), 0);
    stop(t);
}

static void
stops_and_comes_back(void **state)
{
    struct terminal *t = start("xterm-256color", "C.UTF-8", NULL);
    int64_t end = now_ms() + WAIT_MS;
    int status = 0;

    (void) state;
    wait_for(t, "3 answering");
    kill(t->pid, SIGTSTP);
    /* It leads an orphaned group, which the kernel does not stop: it must have left the screen and come back. */
    while (now_ms() < end && (t->stream == NULL || strstr(t->stream, "\033[?1049l") == NULL))
        pump(t, 20);
    assert_non_null(strstr(t->stream, "\033[?1049l"));
    while (waitpid(t->pid, &status, WNOHANG | WUNTRACED) == t->pid && WIFSTOPPED(status))
        kill(t->pid, SIGCONT);
    press(t, "2");
    wait_for(t, "sysDescr");
    assert_true(t->alternate);
    press(t, "\032");
    pump(t, 100);
    press(t, "1");
    wait_for(t, "answering");
    stop(t);
}

static void
has_colours(void **state)
{
    struct terminal *t = start("xterm-256color", "C.UTF-8", NULL);

    (void) state;
    wait_for(t, "3 answering");
    wait_colour(t, 5, 0, true, 24);  /* the row under the cursor */
    wait_colour(t, 1, 1, false, 75); /* the view's name */
    press(t, ":theme mono\r");
    wait_for(t, "theme mono");
    wait_colour(t, 1, 1, false, 0xffffffff);
    press(t, ":theme light\r");
    wait_for(t, "theme light");
    wait_colour(t, 10, 40, true, 231);
    stop(t);

    t = start("xterm-16color", "C.UTF-8", NULL);
    wait_for(t, "3 answering");
    wait_colour(t, 5, 0, true, 4);
    stop(t);
    t = start("linux", "C.UTF-8", NULL);
    wait_for(t, "3 answering");
    stop(t);
    t = start("vt100", "C.UTF-8", NULL);
    wait_for(t, "3 answering");
    wait_colour(t, 1, 1, false, 0xffffffff);
    stop(t);
}

static void
goes_on_without_description(void **state)
{
    struct terminal *t = start("no-such-terminal", "C.UTF-8", NULL);

    (void) state;
    wait_for(t, "is not known here");
    wait_for(t, "core-sw-01");
    stop(t);
}

static void
is_ascii_without_utf8(void **state)
{
    struct terminal *t = start("xterm-256color", "C", "hostile");

    (void) state;
    wait_for(t, "3 answering");
    press(t, "4");
    wait_for(t, "received 7");
    for (size_t i = 0; i < t->n; i++)
        assert_true((unsigned char) t->stream[i] < 0x80);
    wait_for(t, "* cr");
    stop(t);
}

static void
keeps_libraries_quiet(void **state)
{
    struct terminal *t = start("xterm-256color", "C.UTF-8", "noise");
    char path[200], log[400] = "";
    FILE *file;

    (void) state;
    wait_for(t, "3 answering");
    press(t, "2");
    wait_for(t, "noc@example.net");
    assert_null(strstr(t->stream, "library says"));
    assert_null(strstr(t->stream, "standard output"));
    snprintf(path, sizeof path, "%s/trapline.log", t->state);
    file = fopen(path, "re");
    assert_non_null(file);
    assert_true(fread(log, 1, sizeof log - 1, file) > 0);
    fclose(file);
    assert_non_null(strstr(log, "a library says something"));
    stop(t);
}

/* Every escape sequence in the stream must be one that ncurses or we send: what a device says never is one. */
static void
shows_hostile_text_as_text(void **state)
{
    struct terminal *t = start("xterm-256color", "C.UTF-8", "hostile");

    (void) state;
    wait_for(t, "3 answering");
    for (int view = 1; view <= 6; view++) {
        char key[2] = {(char) ('0' + view), '\0'};
        press(t, key);
        for (int i = 0; i < 10; i++)
            pump(t, 40);
    }
    press(t, "4\r");
    wait_for(t, "Varbinds");
    resize(t, 40, 132);
    wait_for(t, ": command");
    assert_null(strstr(t->stream, "\033]"));             /* OSC */
    assert_null(strstr(t->stream, "\xc2\x9b"));          /* C1 CSI */
    assert_null(strstr(t->stream, "\xe2\x80\xae"));      /* right-to-left override */
    assert_null(strstr(t->stream, "\xe2\x81\xa6"));
    assert_null(strstr(t->stream, "\xe2\x80\x8b"));      /* zero width space */
    assert_null(strchr(t->stream, '\a'));
    assert_non_null(strstr(t->stream, "\\x1b]0;owned"));
    for (const char *at = t->stream; (at = strchr(at, '\033')) != NULL; at++)
        assert_true(at + 1 == t->stream + t->n || memchr("[()=>78MH", at[1], 9) != NULL); /* or cut at the end */
    stop(t);
}

/* A person types ahead; what is typed right after the first picture finds the rows of the store. */
static void
takes_keys_at_once(void **state)
{
    struct terminal *t = start("xterm-256color", "C.UTF-8", NULL);

    (void) state;
    wait_for(t, "3 answering");
    press(t, "4\r");
    wait_for(t, "Varbinds");
    stop(t);
}

static void
restores_after_signals(void **state)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGSEGV, SIGABRT, SIGBUS, SIGFPE};

    (void) state;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct terminal *t = start("xterm-256color", "C.UTF-8", NULL);
        wait_for(t, "core-sw-01");
        kill(t->pid, signals[i]);
        wait_end(t);
        assert_restored(t);
        if (signals[i] != SIGTERM && signals[i] != SIGHUP)
            assert_true(WIFSIGNALED(t->status) && WTERMSIG(t->status) == signals[i]);
        else
            assert_true(WIFEXITED(t->status));
        stop(t);
    }
}

static void
restores_after_a_crash_of_its_own(void **state)
{
    struct terminal *t = start("xterm-256color", "C.UTF-8", "crash");

    (void) state;
    wait_for(t, "3 answering");
    press(t, "2");
    wait_for(t, "sysDescr");
    press(t, "w");
    wait_end(t);
    assert_true(WIFSIGNALED(t->status));
    assert_restored(t);
    assert_non_null(strstr(t->stream, "the terminal is restored"));
    stop(t);
}

static void
ends_when_the_terminal_goes(void **state)
{
    struct terminal *t = start("xterm-256color", "C.UTF-8", NULL);
    int64_t end = now_ms() + WAIT_MS;

    (void) state;
    wait_for(t, "3 answering");
    close(t->fd);
    t->fd = -1;
    while (!t->ended && now_ms() < end) {
        struct timespec pause = {0, 10000000};
        nanosleep(&pause, NULL);
        t->ended = waitpid(t->pid, &t->status, WNOHANG) == t->pid;
    }
    assert_true(t->ended);
    assert_true(WIFEXITED(t->status));
    stop(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_and_leaves), cmocka_unit_test(answers_keys), cmocka_unit_test(takes_every_size),
        cmocka_unit_test(stops_and_comes_back), cmocka_unit_test(has_colours),
        cmocka_unit_test(goes_on_without_description), cmocka_unit_test(is_ascii_without_utf8),
        cmocka_unit_test(keeps_libraries_quiet), cmocka_unit_test(shows_hostile_text_as_text),
        cmocka_unit_test(takes_keys_at_once),
        cmocka_unit_test(restores_after_signals), cmocka_unit_test(restores_after_a_crash_of_its_own),
        cmocka_unit_test(ends_when_the_terminal_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
