/* Children and what they write: ends in words, deadlines, descriptors, limits, no leftovers. */
#include "io/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop *loop;

static struct {
    bool done, failed;
    int calls;
    struct child_end end;
    struct failure failure;
    char out[8192], err[8192];
} got;

static int
open_loop(void **state)
{
    struct failure why;

    (void) state;
    loop = loop_new(&why);
    memset(&got, 0, sizeof got);
    return loop == NULL;
}

static int
close_loop(void **state)
{
    (void) state;
    loop_free(loop);
    return waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD; /* none is left */
}

static void
turn_until(const bool *done)
{
    for (int64_t end = loop_clock() + LOOP_S(20); !*done && loop_clock() < end;)
        loop_turn(loop, 100);
    assert_true(*done);
}

static void
on_end(void *arg, const struct child_end *end)
{
    (void) arg;
    got.end = *end;
    got.done = true;
    got.calls++;
}

static void
on_capture(void *arg, const struct capture_reply *reply)
{
    (void) arg;
    got.done = true;
    got.calls++;
    got.failed = reply->failure != NULL;
    if (reply->failure != NULL)
        got.failure = *reply->failure;
    if (reply->end != NULL)
        got.end = *reply->end;
    snprintf(got.out, sizeof got.out, "%s", reply->out);
    snprintf(got.err, sizeof got.err, "%s", reply->err);
}

static void
ends_in_words(void **state)
{
    static const struct {
        const char *script, *words;
        bool success;
    } rows[] = {
        { "exit 0", "exit status 0", true },
        { "exit 3", "exit status 3", false },
        { "kill -SEGV $$", "killed by signal 11 (Segmentation fault)", false },
    };

    (void) state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *argv[] = { "sh", "-c", rows[i].script, NULL };
        struct failure why;

        got.done = false;
        assert_non_null(child_start(loop, &(struct child_options) { .argv = argv }, on_end, NULL, &why));
        assert_false(got.done);
        turn_until(&got.done);
        assert_int_equal(got.end.success, rows[i].success);
        assert_string_equal(got.end.words, rows[i].words);
    }
}

static void
program_that_is_not_there(void **state)
{
    const char *argv[] = { "/nonexistent/program", NULL };
    struct failure why;

    (void) state;
    assert_null(child_start(loop, &(struct child_options) { .argv = argv }, on_end, NULL, &why));
    assert_string_equal(why.text, "cannot start /nonexistent/program: No such file or directory");
    assert_int_equal(why.kind, FAILURE_ABSENT);
    capture_start(loop, "the test", &(struct child_options) { .argv = argv }, NULL, 0, 10, on_capture, NULL);
    assert_false(got.done);
    turn_until(&got.done);
    assert_true(got.failed);
    assert_non_null(strstr(got.failure.text, "the test: cannot start /nonexistent/program"));
}

/* The deadline ends what the child started, too. */
static void
deadline(void **state)
{
    const char *argv[] = { "sh", "-c", "sleep 600 & echo $!; wait", NULL };
    int64_t start = loop_clock();
    pid_t grandchild;

    (void) state;
    capture_start(loop, "slow", &(struct child_options) { .argv = argv, .deadline = LOOP_MS(300) }, NULL, 0, 100,
                  on_capture, NULL);
    turn_until(&got.done);
    assert_true(got.failed && got.end.late);
    assert_string_equal(got.failure.text, "slow: not done in 0.3 s");
    assert_int_equal(got.failure.kind, FAILURE_UNREACHABLE);
    assert_true(loop_clock() - start < LOOP_S(10));
    grandchild = atoi(got.out);
    assert_true(grandchild > 1);
    for (int64_t end = loop_clock() + LOOP_S(10); kill(grandchild, 0) == 0 && loop_clock() < end;) {
        char path[64], stat[256] = "";
        FILE *file;

        snprintf(path, sizeof path, "/proc/%d/stat", (int) grandchild); /* a zombie of another's is as good as gone */
        file = fopen(path, "r");
        if (file == NULL || fgets(stat, sizeof stat, file) == NULL || strstr(stat, ") Z ") != NULL) {
            if (file != NULL)
                fclose(file);
            return;
        }
        fclose(file);
        loop_turn(loop, 10);
    }
    assert_true(kill(grandchild, 0) < 0);
}

static void
killed_and_cancelled(void **state)
{
    const char *argv[] = { "sleep", "600", NULL };
    struct failure why;
    struct child *child = child_start(loop, &(struct child_options) { .argv = argv }, on_end, NULL, &why);

    (void) state;
    assert_non_null(child);
    child_kill(child);
    request_cancel(capture_start(loop, "x", &(struct child_options) { .argv = argv }, NULL, 0, 10, on_capture, NULL));
    request_cancel(NULL);
    loop_turn(loop, 50);
    assert_int_equal(got.calls, 0);
}

static void
input_goes_through(void **state)
{
    static char input[300000];
    const char *argv[] = { "sh", "-c", "wc -c; echo oops >&2", NULL };

    (void) state;
    memset(input, 'x', sizeof input);
    capture_start(loop, "wc", &(struct child_options) { .argv = argv }, input, sizeof input, 100, on_capture, NULL);
    turn_until(&got.done);
    assert_false(got.failed);
    assert_int_equal(atoi(got.out), (int) sizeof input);
    assert_string_equal(got.err, "oops\n");
}

static void
too_much_output(void **state)
{
    const char *endless[] = { "yes", NULL }, *exact[] = { "printf", "0123456789", NULL };

    (void) state;
    capture_start(loop, "yes", &(struct child_options) { .argv = endless }, NULL, 0, 1000, on_capture, NULL);
    turn_until(&got.done);
    assert_true(got.failed);
    assert_int_equal(got.failure.kind, FAILURE_LIMIT);
    assert_int_equal(strlen(got.out), 1000);
    got.done = false;
    capture_start(loop, "printf", &(struct child_options) { .argv = exact }, NULL, 0, 10, on_capture, NULL);
    turn_until(&got.done);
    assert_false(got.failed);
    assert_string_equal(got.out, "0123456789");
}

/* Nothing leaks in but what is given, wherever its number was; signals are as new. */
static void
descriptors_and_signals(void **state)
{
    const char *argv[] = { "sh", "-c", "ls /proc/self/fd | tr '\\n' ' '; cat <&5; grep -E 'SigBlk|SigIgn' /proc/self/status", NULL };
    int pair[2], leak = open("/dev/null", O_RDONLY);
    struct child_descriptor give = { .theirs = 5 };
    sigset_t block;

    (void) state;
    assert_true(leak >= 0);
    assert_int_equal(pipe(pair), 0);
    assert_int_equal(write(pair[1], "through 5\n", 10), 10);
    close(pair[1]);
    give.ours = pair[0];
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigprocmask(SIG_BLOCK, &block, NULL);
    signal(SIGPIPE, SIG_IGN);
    capture_start(loop, "ls", &(struct child_options) { .argv = argv, .give = &give, .n_give = 1 }, NULL, 0, 1000,
                  on_capture, NULL);
    turn_until(&got.done);
    sigprocmask(SIG_UNBLOCK, &block, NULL);
    signal(SIGPIPE, SIG_DFL);
    close(leak);
    close(pair[0]);
    assert_false(got.failed);
    assert_non_null(strstr(got.out, "0 1 2 3 5 ")); /* 3 is ls's own, reading /proc */
    assert_non_null(strstr(got.out, "through 5\n"));
    assert_non_null(strstr(got.out, "SigBlk:\t0000000000000000"));
    assert_non_null(strstr(got.out, "SigIgn:\t"));
    assert_int_equal(strtoull(strstr(got.out, "SigIgn:\t") + 8, NULL, 16) & 1ull << (SIGPIPE - 1), 0);
}

/* "theirs" of one is "ours" of the other. */
static void
descriptors_that_cross(void **state)
{
    const char *argv[] = { "sh", "-c", NULL, NULL };
    char script[100];
    int a[2], b[2];
    struct child_descriptor give[2];

    (void) state;
    assert_int_equal(pipe(a) + pipe(b), 0);
    assert_int_equal(write(a[1], "A", 1) + write(b[1], "B", 1), 2);
    close(a[1]);
    close(b[1]);
    give[0] = (struct child_descriptor) { a[0], b[0] };
    give[1] = (struct child_descriptor) { b[0], a[0] };
    snprintf(script, sizeof script, "cat /proc/self/fd/%d /proc/self/fd/%d", a[0], b[0]);
    argv[2] = script;
    capture_start(loop, "cat", &(struct child_options) { .argv = argv, .give = give, .n_give = 2 }, NULL, 0, 10,
                  on_capture, NULL);
    turn_until(&got.done);
    close(a[0]);
    close(b[0]);
    assert_string_equal(got.out, "BA");
}

static int
answer(void *arg)
{
    dprintf(1, "%s from %s", (const char *) arg, getsid(0) == getpid() ? "its own session" : "ours");
    return 7;
}

static void
function_instead_of_program(void **state)
{
    char word[] = "hello";

    (void) state;
    capture_start(loop, "helper", &(struct child_options) { .run = answer, .run_arg = word }, NULL, 0, 100, on_capture,
                  NULL);
    turn_until(&got.done);
    assert_string_equal(got.out, "hello from its own session");
    assert_string_equal(got.failure.text, "helper: exit status 7");
}

/* A child does not outlive us, also when we are killed. */
static void
dies_with_us(void **state)
{
    int tell[2];
    char octet;
    pid_t pid;

    (void) state;
    assert_int_equal(pipe(tell), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const char *argv[] = { "sleep", "600", NULL };
        struct child_descriptor give = { tell[1], 9 };
        struct failure why;
        struct loop *own = loop_new(&why);

        if (own == NULL ||
            child_start(own, &(struct child_options) { .argv = argv, .give = &give, .n_give = 1 }, on_end, NULL, &why) ==
                NULL)
            _exit(1);
        kill(getpid(), SIGKILL);
    }
    close(tell[1]);
    waitpid(pid, NULL, 0);
    alarm(20);
    assert_int_equal(read(tell[0], &octet, 1), 0); /* end of file: the last holder, the sleeper, is gone */
    alarm(0);
    close(tell[0]);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_loop, close_loop)
    const struct CMUnitTest tests[] = {
        T(ends_in_words),      T(program_that_is_not_there), T(deadline),
        T(killed_and_cancelled), T(input_goes_through),      T(too_much_output),
        T(descriptors_and_signals), T(descriptors_that_cross), T(function_instead_of_program),
        T(dies_with_us),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
