/* The loop: descriptors, timers and signals, and removing them at the worst moment. */
#include "api/loop.h"

#include "core/memory.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop *loop;

static int
open_loop(void **state)
{
    struct failure why;

    (void) state;
    loop = loop_new(&why);
    return loop == NULL;
}

static int
close_loop(void **state)
{
    (void) state;
    loop_free(loop);
    return 0;
}

struct end {
    int fd;
    struct loop_watch *watch;
    struct end *other; /* removed by the first of the two that is called */
    int reads, writes;
};

static void
count(void *arg, int fd, unsigned events)
{
    struct end *end = arg;
    char octet;

    assert_int_equal(fd, end->fd);
    if ((events & LOOP_READ) != 0) {
        end->reads++;
        assert_true(read(fd, &octet, 1) >= 0);
    }
    if ((events & LOOP_WRITE) != 0)
        end->writes++;
    if (end->other != NULL) {
        loop_unwatch(end->other->watch);
        loop_unwatch(end->watch);
        end->other->watch = end->watch = NULL;
    }
}

static void
pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

static void
descriptor_events(void **state)
{
    struct end a = { 0 };
    int fds[2];

    (void) state;
    pair(fds);
    a.fd = fds[0];
    a.watch = loop_watch(loop, a.fd, LOOP_READ, count, &a);
    loop_turn(loop, 0);
    assert_int_equal(a.reads, 0);
    assert_int_equal(write(fds[1], "xy", 2), 2);
    loop_turn(loop, 1000);
    assert_int_equal(a.reads, 1);
    loop_watch_events(a.watch, 0);
    loop_turn(loop, 0);
    assert_int_equal(a.reads, 1);
    loop_watch_events(a.watch, LOOP_READ | LOOP_WRITE);
    loop_turn(loop, 1000);
    assert_int_equal(a.reads, 2);
    assert_int_equal(a.writes, 1);
    loop_unwatch(a.watch);
    loop_unwatch(NULL);
    close(fds[0]);
    close(fds[1]);
}

/* A hang-up comes as the event asked for; a watch with no events lets the loop sleep all the same. */
static void
hang_up(void **state)
{
    struct end a = { 0 };
    int fds[2];
    int64_t before;

    (void) state;
    pair(fds);
    a.fd = fds[0];
    a.watch = loop_watch(loop, a.fd, 0, count, &a);
    close(fds[1]);
    before = loop_clock();
    loop_turn(loop, 20);
    assert_true(loop_clock() - before >= LOOP_MS(19));
    assert_int_equal(a.reads + a.writes, 0);
    loop_watch_events(a.watch, LOOP_READ);
    loop_turn(loop, 1000);
    assert_int_equal(a.reads, 1);
    loop_unwatch(a.watch);
    close(fds[0]);
}

static void
removal_inside_a_callback(void **state)
{
    struct end a = { 0 }, b = { 0 };
    int one[2], two[2];

    (void) state;
    pair(one);
    pair(two);
    a.fd = one[0];
    b.fd = two[0];
    a.other = &b;
    b.other = &a;
    a.watch = loop_watch(loop, a.fd, LOOP_READ, count, &a);
    b.watch = loop_watch(loop, b.fd, LOOP_READ, count, &b);
    assert_int_equal(write(one[1], "x", 1) + write(two[1], "x", 1), 2);
    loop_turn(loop, 1000);
    loop_turn(loop, 0);
    assert_int_equal(a.reads + b.reads, 1); /* both were ready; the first removed the second */
    close(one[0]), close(one[1]), close(two[0]), close(two[1]);
}

/* epoll refuses regular files; a command that reads one as its input must work. */
static void
regular_file(void **state)
{
    struct end a = { 0 };
    FILE *file = tmpfile();

    (void) state;
    assert_non_null(file);
    a.fd = fileno(file);
    a.watch = loop_watch(loop, a.fd, LOOP_READ, count, &a);
    loop_turn(loop, -1);
    loop_turn(loop, -1);
    assert_int_equal(a.reads, 2);
    loop_watch_events(a.watch, 0);
    loop_turn(loop, 0);
    assert_int_equal(a.reads, 2);
    loop_unwatch(a.watch);
    fclose(file);
}

static char order[32];

static void
note(void *arg)
{
    strcat(order, arg);
}

static void
note_and_add(void *arg)
{
    static char plus[] = "+";

    strcat(order, arg);
    loop_after(loop, 0, note, plus);
}

static void
timers_in_order(void **state)
{
    static char one[] = "1", two[] = "2", three[] = "3", four[] = "4";
    struct loop_timer *gone;

    (void) state;
    order[0] = '\0';
    loop_after(loop, LOOP_MS(180), note, three);
    loop_after(loop, LOOP_MS(20), note, one);
    gone = loop_after(loop, LOOP_MS(40), note, four);
    loop_after(loop, LOOP_MS(100), note, two);
    loop_cancel(gone);
    loop_cancel(NULL);
    for (int64_t end = loop_clock() + LOOP_S(10); strlen(order) < 3 && loop_clock() < end;)
        loop_turn(loop, -1);
    assert_string_equal(order, "123");
}

/* A timer of no time that makes another must not keep a turn from ending. */
static void
timers_made_by_timers_wait_a_turn(void **state)
{
    static char a[] = "a", b[] = "b";

    (void) state;
    order[0] = '\0';
    loop_after(loop, 0, note_and_add, a);
    loop_after(loop, -5, note, b);
    loop_turn(loop, -1);
    assert_string_equal(order, "ab");
    loop_turn(loop, -1);
    assert_string_equal(order, "ab+");
    loop_cancel(loop_after(loop, INT64_MAX, note, a));
}

static struct loop_timer *victim;

static void
cancel_victim(void *arg)
{
    (void) arg;
    loop_cancel(victim);
    victim = NULL;
}

static void
cancelled_in_the_turn_it_is_due(void **state)
{
    static char v[] = "v";

    (void) state;
    order[0] = '\0';
    loop_after(loop, 0, cancel_victim, NULL);
    victim = loop_after(loop, 0, note, v);
    loop_turn(loop, -1);
    loop_turn(loop, 0);
    assert_string_equal(order, "");
}

static int64_t last_fired;
static int n_fired;

static void
must_increase(void *arg)
{
    int64_t when = *(const int64_t *) arg;

    assert_true(when >= last_fired);
    last_fired = when;
    n_fired++;
}

/* A heap of many, a third of them cancelled at random: the rest fire, in order. */
static void
many_timers(void **state)
{
    enum { MANY = 3000 };
    static struct loop_timer *timers[MANY];
    static int64_t when[MANY];
    unsigned seed = 1;
    int left = 0;

    (void) state;
    last_fired = n_fired = 0;
    for (int i = 0; i < MANY; i++) {
        when[i] = LOOP_MS(rand_r(&seed) % 200);
        timers[i] = loop_after(loop, LOOP_MS(50) + when[i], must_increase, &when[i]);
        when[i] = (loop_clock() + when[i]) / LOOP_MS(1);
    }
    for (int i = 0; i < MANY; i++)
        if (rand_r(&seed) % 3 == 0)
            loop_cancel(timers[i]);
        else
            left++;
    for (int64_t end = loop_clock() + LOOP_S(10); n_fired < left && loop_clock() < end;)
        loop_turn(loop, 100);
    assert_int_equal(n_fired, left);
}

static int caught, hooks;

static void
catch_signal(void *arg, int signal)
{
    (void) arg;
    caught += signal;
    loop_stop(loop);
}

static void
count_hook(void *arg)
{
    (void) arg;
    hooks++;
}

static void
signals_stop_and_hooks(void **state)
{
    struct failure why;
    sigset_t after;

    (void) state;
    assert_true(loop_signal(loop, SIGUSR1, catch_signal, NULL, &why));
    assert_true(loop_signal(loop, SIGUSR2, catch_signal, NULL, &why));
    loop_before_sleep(loop, count_hook, NULL);
    kill(getpid(), SIGUSR2);
    loop_run(loop);
    assert_int_equal(caught, SIGUSR2);
    assert_int_equal(hooks, 2); /* before the sleep, and before leaving */
    assert_false(loop_signal(loop, 4711, catch_signal, NULL, &why));
    assert_int_equal(why.kind, FAILURE_SYSTEM);
    loop_free(loop);
    loop = loop_new(&why);
    sigprocmask(SIG_BLOCK, NULL, &after);
    assert_false(sigismember(&after, SIGUSR1) || sigismember(&after, SIGUSR2));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_loop, close_loop)
    const struct CMUnitTest tests[] = {
        T(descriptor_events),
        T(hang_up),
        T(removal_inside_a_callback),
        T(regular_file),
        T(timers_in_order),
        T(timers_made_by_timers_wait_a_turn),
        T(cancelled_in_the_turn_it_is_due),
        T(many_timers),
        T(signals_stop_and_hooks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
