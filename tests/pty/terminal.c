/* The console in a terminal of ours (libvterm): start, keys, resize, suspend, colours, what libraries print, hostile
 * texts, and the terminal as it was before after every kind of end. */
#include "tty.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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
