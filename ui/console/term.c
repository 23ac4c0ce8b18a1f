/* The terminal, by ncurses.
 *
 * ncurses is not asked to handle WINCH or TSTP: the loop gets those signals, and one that arrives just before a
 * wait would otherwise go unnoticed until the next key. */
#define NCURSES_WIDECHAR 1
#include "console/term.h"

#include "api/memory.h"

#include <curses.h>
#include <term.h>

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

enum { KEY_PASTE_BEGIN = KEY_MAX + 1, KEY_PASTE_END, PAIRS_MAX = 1024, PASTE_MAX = 1 << 20 };

static struct {
    SCREEN *screen;
    bool open, utf8, mouse, has_pairs;
    enum depth depth;
    struct termios saved;
    FILE *out;      /* the terminal; descriptors 1 and 2 go to the log meanwhile, for what libraries print */
    int out_fd, error_fd;
    char restore[512]; /* what puts the terminal back, ready for a signal handler */
    size_t n_restore;
    struct pair { int fg, bg; } pairs[PAIRS_MAX];
    int n_pairs;
    struct cell *shown; /* the last paint */
    int rows, cols;
    bool whole;
    char theme[64];
    struct buf paste;
    bool pasting;
    int click_y, click_x;
} term;

static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

/* Only what a signal handler may do. */
static void
put_back(void)
{
    if (!term.open)
        return;
    term.open = false;
    if (write(term.out_fd, term.restore, term.n_restore) < 0)
        (void) tcsetattr(STDIN_FILENO, TCSANOW, &term.saved);
    tcsetattr(STDIN_FILENO, TCSANOW, &term.saved);
    dup2(term.out_fd, STDOUT_FILENO);
    dup2(term.error_fd, STDERR_FILENO);
}

static void
crashed(int signal_number)
{
    static const char words[] = "trapline: it crashed; the terminal is restored. What was sent and stored is safe.\n";

    put_back();
    if (write(STDERR_FILENO, words, sizeof words - 1) < 0)
        _exit(128 + signal_number);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void
catch_crashes(bool on)
{
    static char stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on ? crashed : SIG_DFL;
    action.sa_flags = on ? SA_ONSTACK | SA_NODEFER : 0;
    if (on)
        sigaltstack(&alternate, NULL);
    for (size_t i = 0; i < sizeof crash_signals / sizeof *crash_signals; i++)
        sigaction(crash_signals[i], &action, NULL);
}

static void
add_restore(const char *text)
{
    size_t n;

    if (text == NULL || text == (char *) -1)
        return;
    n = strlen(text);
    /* Padding ("$<5>") is for terminals of metal. */
    if (strstr(text, "$<") != NULL || term.n_restore + n > sizeof term.restore)
        return;
    memcpy(term.restore + term.n_restore, text, n);
    term.n_restore += n;
}

static void
make_restore(void)
{
    term.n_restore = 0;
    add_restore("\033[?2004l\033[?1000l\033[?1002l\033[?1006l");
    add_restore(exit_attribute_mode);
    add_restore(orig_pair);
    add_restore(keypad_local);
    add_restore(cursor_normal);
    add_restore(exit_ca_mode != NULL ? exit_ca_mode : "\r\n");
}

static void
define_keys(void)
{
    static const struct { const char *sequence; int key; } keys[] = {
        {"\033[A", KEY_UP}, {"\033[B", KEY_DOWN}, {"\033[C", KEY_RIGHT}, {"\033[D", KEY_LEFT}, {"\033[H", KEY_HOME},
        {"\033[F", KEY_END}, {"\033OA", KEY_UP}, {"\033OB", KEY_DOWN}, {"\033OC", KEY_RIGHT}, {"\033OD", KEY_LEFT},
        {"\033[5~", KEY_PPAGE}, {"\033[6~", KEY_NPAGE}, {"\033[3~", KEY_DC}, {"\033[Z", KEY_BTAB},
        {"\033[200~", KEY_PASTE_BEGIN}, {"\033[201~", KEY_PASTE_END},
    };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        define_key(keys[i].sequence, keys[i].key);
}

static enum depth
find_depth(void)
{
    const char *no_colour = getenv("NO_COLOR");

    if ((no_colour != NULL && no_colour[0] != '\0') || !has_colors() || start_color() == ERR || COLORS < 8)
        return DEPTH_MONO;
    use_default_colors();
    if (COLORS > 256 && tigetflag("RGB") > 0)
        return DEPTH_RGB;
    return COLORS >= 256 ? DEPTH_256 : COLORS >= 16 ? DEPTH_16 : DEPTH_8;
}

static void
say(const char *sequence)
{
    fputs(sequence, term.out);
    fflush(term.out);
}

static void
set_modes(void)
{
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    meta(stdscr, TRUE);
    set_escdelay(25);
    typeahead(-1);
    leaveok(stdscr, FALSE);
    curs_set(0);
    define_keys();
    if (exit_ca_mode != NULL)
        say("\033[?2004h");
}

/* Until term_close, nothing but us writes to the terminal. */
static bool
divert(int log, struct failure *why)
{
    term.out_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    term.error_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    term.out = term.out_fd < 0 || term.error_fd < 0 ? NULL : fdopen(term.out_fd, "w");
    if (term.out == NULL || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
        return failure_errno(why, errno, "the terminal's descriptors cannot be kept aside");
    return true;
}

static bool
is_known(const char *name)
{
    int error;

    if (name == NULL || name[0] == '\0' || setupterm(name, STDOUT_FILENO, &error) != OK)
        return false;
    del_curterm(cur_term); /* newterm reads it again for itself */
    return true;
}

bool
term_open(int log, char *warning, size_t size, struct failure *why)
{
    const char *name = getenv("TERM");

    warning[0] = '\0';
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return failure_set(why, FAILURE_USAGE, "the console needs a terminal; for a script use a command: trapline help");
    if (tcgetattr(STDIN_FILENO, &term.saved) != 0)
        return failure_errno(why, errno, "the terminal does not tell its settings");
    term.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    /* Widths are measured by libc, so they need a locale that knows characters, whatever is shown of them. */
    if (!term.utf8)
        setlocale(LC_CTYPE, "C.UTF-8");
    if (!is_known(name)) {
        snprintf(warning, size, "TERM=%.40s is not known here; taken for xterm-256color (Debian: ncurses-term)",
                 name == NULL ? "" : name);
        name = "xterm-256color";
    }
    if (!divert(log, why))
        return false;
    use_tioctl(TRUE);
    term.screen = newterm(name, term.out, stdin);
    if (term.screen == NULL) {
        dup2(term.out_fd, STDOUT_FILENO);
        dup2(term.error_fd, STDERR_FILENO);
        return failure_set(why, FAILURE_SYSTEM, "no terminal description for %s; install ncurses-base", name);
    }
    set_term(term.screen);
    make_restore();
    term.open = true;
    memory_on_end(put_back);
    catch_crashes(true);
    term.depth = find_depth();
    set_modes();
    term.whole = true;
    term_size(&term.rows, &term.cols);
    return true;
}

void
term_close(void)
{
    if (!term.open)
        return;
    term_mouse(false);
    say("\033[?2004l");
    endwin();
    put_back();
    catch_crashes(false);
    delscreen(term.screen);
    fclose(term.out);
    close(term.error_fd);
    free(term.shown);
    buf_free(&term.paste);
    memset(&term, 0, sizeof term);
}

bool
term_is_open(void)
{
    return term.open;
}

enum depth
term_depth(void)
{
    return term.depth;
}

bool
term_utf8(void)
{
    return term.utf8;
}

void
term_size(int *rows, int *cols)
{
    getmaxyx(stdscr, *rows, *cols);
}

void
term_resize(void)
{
    struct winsize size;

    if (ioctl(term.out_fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    term.whole = true;
}

static const struct { int code; const char *name; } key_names[] = {
    {KEY_UP, "Up"}, {KEY_DOWN, "Down"}, {KEY_LEFT, "Left"}, {KEY_RIGHT, "Right"}, {KEY_PPAGE, "PgUp"},
    {KEY_NPAGE, "PgDn"}, {KEY_HOME, "Home"}, {KEY_END, "End"}, {KEY_BACKSPACE, "Backspace"}, {KEY_DC, "Delete"},
    {KEY_ENTER, "Enter"}, {KEY_BTAB, "BTab"}, {KEY_IC, "Insert"},
};

static void
name_character(wint_t c, char *out, size_t size)
{
    if (c == '\r' || c == '\n')
        snprintf(out, size, "Enter");
    else if (c == '\t')
        snprintf(out, size, "Tab");
    else if (c == 27)
        snprintf(out, size, "Esc");
    else if (c == ' ')
        snprintf(out, size, "Space");
    else if (c == 127 || c == 8)
        snprintf(out, size, "Backspace");
    else if (c < 32)
        snprintf(out, size, "^%c", c == 0 ? '@' : (int) c + (c < 27 ? 'a' - 1 : '@'));
    else if (c < 0x80)
        snprintf(out, size, "%c", (int) c);
    else if (c < 0x800)
        snprintf(out, size, "%c%c", (int) (0xc0 | c >> 6), (int) (0x80 | (c & 63)));
    else if (c < 0x10000)
        snprintf(out, size, "%c%c%c", (int) (0xe0 | c >> 12), (int) (0x80 | (c >> 6 & 63)), (int) (0x80 | (c & 63)));
    else
        snprintf(out, size, "%c%c%c%c", (int) (0xf0 | c >> 18), (int) (0x80 | (c >> 12 & 63)),
                 (int) (0x80 | (c >> 6 & 63)), (int) (0x80 | (c & 63)));
}

static bool
name_key(wint_t code, char *out, size_t size)
{
    for (size_t i = 0; i < sizeof key_names / sizeof *key_names; i++)
        if (key_names[i].code == (int) code) {
            snprintf(out, size, "%s", key_names[i].name);
            return true;
        }
    if (code >= KEY_F(1) && code <= KEY_F(12)) {
        snprintf(out, size, "F%d", (int) (code - KEY_F(0)));
        return true;
    }
    return false;
}

static bool
mouse_event(struct term_event *event)
{
    MEVENT m;

    if (getmouse(&m) != OK)
        return false;
    event->kind = TERM_MOUSE;
    event->y = m.y;
    event->x = m.x;
    if (m.bstate & BUTTON4_PRESSED)
        snprintf(event->key, sizeof event->key, "WheelUp");
    else if (m.bstate & BUTTON5_PRESSED)
        snprintf(event->key, sizeof event->key, "WheelDown");
    else if (m.bstate & BUTTON1_DOUBLE_CLICKED)
        snprintf(event->key, sizeof event->key, "Double");
    else if (m.bstate & (BUTTON1_CLICKED | BUTTON1_PRESSED))
        snprintf(event->key, sizeof event->key, "Click");
    else
        return false;
    return true;
}

/* Between the brackets of a paste everything is text. */
static void
paste_character(wint_t c)
{
    char text[8];

    if (term.paste.n > PASTE_MAX)
        return;
    if (c == '\r' || c == '\n')
        buf_text(&term.paste, "\n");
    else if (c == ' ')
        buf_text(&term.paste, " ");
    else if (c == '\t')
        buf_text(&term.paste, "    ");
    else if (c >= 32 && c != 127) {
        name_character(c, text, sizeof text);
        buf_text(&term.paste, text);
    }
}

static void
one_key(int kind, wint_t code, term_event_fn *fn, void *arg)
{
    struct term_event event = {.kind = TERM_KEY};

    if (kind == KEY_CODE_YES && code == KEY_PASTE_BEGIN) {
        term.pasting = true;
        buf_clear(&term.paste);
    } else if (kind == KEY_CODE_YES && code == KEY_PASTE_END) {
        term.pasting = false;
        event.kind = TERM_PASTE;
        event.text = term.paste.at != NULL ? term.paste.at : "";
        fn(arg, &event);
    } else if (term.pasting) {
        if (kind == OK)
            paste_character(code);
    } else if (kind == KEY_CODE_YES && code == KEY_MOUSE) {
        if (mouse_event(&event))
            fn(arg, &event);
    } else if (kind == KEY_CODE_YES) {
        if (name_key(code, event.key, sizeof event.key))
            fn(arg, &event);
    } else {
        name_character(code, event.key, sizeof event.key);
        fn(arg, &event);
    }
}

bool
term_read(term_event_fn *fn, void *arg)
{
    struct pollfd gone = {.fd = STDIN_FILENO, .events = POLLIN};
    wint_t code;
    int kind, n = 0;

    while (term.open && n < 4096 && (kind = get_wch(&code)) != ERR) {
        if (kind == KEY_CODE_YES && code == KEY_RESIZE)
            continue;
        one_key(kind, code, fn, arg);
        n++;
    }
    /* Readable with nothing to read: the other end was closed. */
    return n > 0 || poll(&gone, 1, 0) <= 0 || !(gone.revents & (POLLHUP | POLLERR | POLLIN | POLLNVAL));
}

static int
pair_for(const struct pen *pen)
{
    int i;

    if (term.depth == DEPTH_MONO)
        return 0;
    for (i = 0; i < term.n_pairs; i++)
        if (term.pairs[i].fg == pen->foreground && term.pairs[i].bg == pen->background)
            return i + 1;
    if (i == PAIRS_MAX || i + 1 >= COLOR_PAIRS)
        return 0;
    term.pairs[i].fg = pen->foreground;
    term.pairs[i].bg = pen->background;
    init_extended_pair(i + 1, pen->foreground < 0 ? -1 : pen->foreground & 0xffffff,
                       pen->background < 0 ? -1 : pen->background & 0xffffff);
    term.n_pairs++;
    return i + 1;
}

static void
put_cell(int y, int x, const struct cell *cell, const struct theme *theme)
{
    struct pen pen = theme_pen(theme, (enum role) cell->role, (enum role) cell->ground, term.depth);
    int pair = pair_for(&pen);
    wchar_t wide[CCHARW_MAX + 1] = { 0 };
    attr_t attributes = 0;
    cchar_t character;
    const char *text = cell->text;
    mbstate_t state;
    size_t n;

    memset(&state, 0, sizeof state);
    n = mbsrtowcs(wide, &text, CCHARW_MAX, &state);
    if (n == (size_t) -1 || n == 0)
        return;
    wide[n] = L'\0';
    attributes |= pen.attributes & PEN_BOLD ? A_BOLD : 0;
    attributes |= pen.attributes & PEN_ITALIC ? A_ITALIC : 0;
    attributes |= pen.attributes & PEN_UNDERLINE ? A_UNDERLINE : 0;
    attributes |= pen.attributes & PEN_REVERSE ? A_REVERSE : 0;
    attributes |= pen.attributes & PEN_DIM ? A_DIM : 0;
    if (setcchar(&character, wide, attributes, 0, &pair) == OK)
        mvadd_wch(y, x, &character);
}

static bool
cell_equal(const struct cell *a, const struct cell *b)
{
    return a->role == b->role && a->ground == b->ground && strcmp(a->text, b->text) == 0;
}

/* A row is put whole when any of it differs: half a wide character is never left behind. */
static void
put_row(struct canvas *canvas, int y, const struct theme *theme)
{
    struct cell *row = canvas->cells + (size_t) y * (size_t) canvas->stride;
    struct cell *shown = term.shown + (size_t) y * (size_t) canvas->cols;
    bool same = !term.whole;

    for (int x = 0; same && x < canvas->cols; x++)
        same = cell_equal(&row[x], &shown[x]);
    if (same)
        return;
    for (int x = 0; x < canvas->cols; x++)
        put_cell(y, x, &row[x], theme);
    memcpy(shown, row, (size_t) canvas->cols * sizeof *row);
}

void
term_paint(struct canvas *canvas, const struct theme *theme)
{
    int rows, cols;

    term_size(&rows, &cols);
    if (canvas->rows != rows || canvas->cols != cols)
        return;
    if (term.shown == NULL || rows != term.rows || cols != term.cols) {
        term.shown = memory_grow(term.shown, (size_t) rows * (size_t) cols, sizeof *term.shown);
        term.rows = rows;
        term.cols = cols;
        term.whole = true;
    }
    if (!term.utf8)
        canvas_ascii(canvas);
    else if (theme->plain)
        canvas_plain_cursor(canvas);
    if (term.whole)
        clearok(stdscr, TRUE);
    for (int y = 0; y < rows; y++)
        put_row(canvas, y, theme);
    term.whole = false;
    curs_set(canvas->caret->y >= 0);
    move(canvas->caret->y >= 0 ? canvas->caret->y : rows - 1, canvas->caret->y >= 0 ? canvas->caret->x : cols - 1);
    refresh();
}

void
term_redraw(void)
{
    term.whole = true;
    term.n_pairs = 0;
}

void
term_suspend(void)
{
    bool mouse = term.mouse;
    sigset_t stop, before;
    void (*handler)(int);

    term_mouse(false);
    say("\033[?2004l");
    endwin();
    tcsetattr(STDIN_FILENO, TCSANOW, &term.saved);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    handler = signal(SIGTSTP, SIG_DFL);
    /* The whole job stops, a script that started us included, as it would by ^z at any other program. */
    kill(0, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &stop, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    signal(SIGTSTP, handler);
    set_modes();
    term_resize();
    term_mouse(mouse);
}

bool
term_run(const char *const *argv)
{
    bool mouse = term.mouse;
    int status = -1;
    pid_t pid;

    term_mouse(false);
    say("\033[?2004l");
    endwin();
    tcsetattr(STDIN_FILENO, TCSANOW, &term.saved);
    pid = fork();
    if (pid == 0) {
        sigset_t none;

        for (int i = 1; i < 32; i++)
            if (i != SIGKILL && i != SIGSTOP)
                signal(i, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execvp(argv[0], (char *const *) (uintptr_t) argv);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    set_modes();
    term_resize();
    term_mouse(mouse);
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) != 127;
}

void
term_mouse(bool on)
{
    term.mouse = on;
    mousemask(on ? BUTTON1_CLICKED | BUTTON1_PRESSED | BUTTON1_DOUBLE_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0,
              NULL);
    mouseinterval(0);
}

bool
term_copy(const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *s = (const unsigned char *) text;
    size_t n = strlen(text);
    struct buf out = {0};

    if (n > 74994)
        return false;
    buf_text(&out, "\033]52;c;");
    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned) s[i] << 16 | (i + 1 < n ? (unsigned) s[i + 1] << 8 : 0) | (i + 2 < n ? s[i + 2] : 0);
        char four[5] = {digits[v >> 18], digits[v >> 12 & 63], i + 1 < n ? digits[v >> 6 & 63] : '=',
                        i + 2 < n ? digits[v & 63] : '=', '\0'};
        buf_text(&out, four);
    }
    buf_text(&out, "\a");
    say(out.at);
    buf_free(&out);
    return true;
}
