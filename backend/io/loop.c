/* The loop: epoll for descriptors, a binary heap for timers, one signalfd for signals.
 *
 * What a callback removes may still be named by events that were fetched in the same turn, so watches are only
 * marked dead when removed and freed when no turn is under way. */
#include "api/loop.h"

#include "core/memory.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_A_TURN = 64 };

struct loop_watch {
    struct loop *loop;
    struct loop_watch *next, **link; /* in watches, or in dead */
    int fd;
    unsigned events;
    bool polled; /* known to epoll */
    bool always; /* a regular file, which epoll refuses: always ready */
    bool dead;
    loop_watch_fn *fn;
    void *arg;
};

struct loop_timer {
    struct loop *loop;
    size_t at; /* place in the heap */
    int64_t when;
    uint64_t serial; /* timers of one instant fire in the order they were made */
    loop_fn *fn;
    void *arg;
};

struct signal_handler {
    int signal;
    loop_signal_fn *fn;
    void *arg;
};

struct hook {
    loop_fn *fn;
    void *arg;
};

struct loop {
    int epoll;
    int depth; /* turns under way: a callback may turn the loop again */
    bool stop;
    int64_t now;
    struct loop_watch *watches, *dead;
    size_t n_always;
    struct loop_timer **timers;
    size_t n_timers, room_timers;
    uint64_t serial;
    int signals; /* signalfd, or -1 */
    sigset_t caught, before;
    struct loop_watch *signal_watch;
    struct signal_handler *handlers;
    size_t n_handlers;
    struct hook *hooks;
    size_t n_hooks;
};

static int64_t
clock_read(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return LOOP_S(t.tv_sec) + t.tv_nsec;
}

int64_t
loop_clock(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

int64_t
loop_wall(void)
{
    return clock_read(CLOCK_REALTIME);
}

int64_t
loop_now(const struct loop *loop)
{
    return loop->now;
}

struct loop *
loop_new(struct failure *why)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct loop *loop;

    if (epoll < 0) {
        failure_errno(why, errno, "cannot make an event loop");
        return NULL;
    }
    loop = memory_zero(1, sizeof *loop);
    loop->epoll = epoll;
    loop->signals = -1;
    loop->now = loop_clock();
    sigemptyset(&loop->caught);
    return loop;
}

static void
bury(struct loop *loop)
{
    for (struct loop_watch *w = loop->dead, *next; w != NULL; w = next) {
        next = w->next;
        free(w);
    }
    loop->dead = NULL;
}

void
loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    assert(loop->depth == 0);
    while (loop->watches != NULL)
        loop_unwatch(loop->watches);
    bury(loop);
    for (size_t i = 0; i < loop->n_timers; i++)
        free(loop->timers[i]);
    if (loop->signals >= 0) {
        close(loop->signals);
        sigprocmask(SIG_SETMASK, &loop->before, NULL);
    }
    close(loop->epoll);
    free(loop->timers);
    free(loop->handlers);
    free(loop->hooks);
    free(loop);
}

void
loop_stop(struct loop *loop)
{
    loop->stop = true;
}

/* Watches. */

static unsigned
to_epoll(unsigned events)
{
    return ((events & LOOP_READ) != 0 ? EPOLLIN : 0u) | ((events & LOOP_WRITE) != 0 ? EPOLLOUT : 0u);
}

void
loop_watch_events(struct loop_watch *w, unsigned events)
{
    struct epoll_event e = { .events = to_epoll(events), .data.ptr = w };
    int result;

    assert(!w->dead);
    if (w->events == events)
        return;
    if (w->always)
        w->loop->n_always += (size_t) (events != 0) - (size_t) (w->events != 0);
    w->events = events;
    if (w->always)
        return;
    /* epoll tells hang-ups of a descriptor whose events are 0, and would not let the loop sleep. */
    if (events == 0) {
        if (w->polled)
            epoll_ctl(w->loop->epoll, EPOLL_CTL_DEL, w->fd, NULL);
        w->polled = false;
        return;
    }
    result = epoll_ctl(w->loop->epoll, w->polled ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, w->fd, &e);
    if (result < 0 && errno == EPERM) {
        w->always = true;
        w->loop->n_always++;
        return;
    }
    assert(result == 0); /* a descriptor that is not open, or is watched already */
    w->polled = true;
}

struct loop_watch *
loop_watch(struct loop *loop, int fd, unsigned events, loop_watch_fn *fn, void *arg)
{
    struct loop_watch *w = memory_zero(1, sizeof *w);

    w->loop = loop;
    w->fd = fd;
    w->fn = fn;
    w->arg = arg;
    w->next = loop->watches;
    w->link = &loop->watches;
    if (w->next != NULL)
        w->next->link = &w->next;
    loop->watches = w;
    loop_watch_events(w, events);
    return w;
}

void
loop_unwatch(struct loop_watch *w)
{
    struct loop *loop;

    if (w == NULL)
        return;
    loop_watch_events(w, 0);
    loop = w->loop;
    *w->link = w->next;
    if (w->next != NULL)
        w->next->link = w->link;
    w->dead = true;
    w->next = loop->dead;
    loop->dead = w;
    if (loop->depth == 0)
        bury(loop);
}

/* Timers. */

static bool
earlier(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->when != b->when ? a->when < b->when : a->serial < b->serial;
}

static void
put(struct loop *loop, size_t at, struct loop_timer *t)
{
    loop->timers[at] = t;
    t->at = at;
}

static void
rise(struct loop *loop, struct loop_timer *t, size_t at)
{
    for (size_t parent; at > 0; at = parent) {
        parent = (at - 1) / 2;
        if (!earlier(t, loop->timers[parent]))
            break;
        put(loop, at, loop->timers[parent]);
    }
    put(loop, at, t);
}

static void
sink(struct loop *loop, struct loop_timer *t, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < loop->n_timers; at = child) {
        if (child + 1 < loop->n_timers && earlier(loop->timers[child + 1], loop->timers[child]))
            child++;
        if (!earlier(loop->timers[child], t))
            break;
        put(loop, at, loop->timers[child]);
    }
    put(loop, at, t);
}

struct loop_timer *
loop_after(struct loop *loop, int64_t nanoseconds, loop_fn *fn, void *arg)
{
    struct loop_timer *t = memory_zero(1, sizeof *t);
    int64_t now = loop_clock();

    t->loop = loop;
    t->when = nanoseconds <= 0 ? now : nanoseconds > INT64_MAX - now ? INT64_MAX : now + nanoseconds;
    t->serial = loop->serial++;
    t->fn = fn;
    t->arg = arg;
    if (loop->n_timers == loop->room_timers) {
        loop->room_timers = loop->room_timers > 0 ? 2 * loop->room_timers : 16;
        loop->timers = memory_grow(loop->timers, loop->room_timers, sizeof(struct loop_timer *));
    }
    rise(loop, t, loop->n_timers++);
    return t;
}

void
loop_cancel(struct loop_timer *t)
{
    struct loop *loop;
    struct loop_timer *last;

    if (t == NULL)
        return;
    loop = t->loop;
    assert(t->at < loop->n_timers && loop->timers[t->at] == t);
    last = loop->timers[--loop->n_timers];
    if (last != t) {
        if (earlier(last, t))
            rise(loop, last, t->at);
        else
            sink(loop, last, t->at);
    }
    free(t);
}

/* Those due at the turn's time; what their callbacks add waits for the next turn. */
static void
fire_timers(struct loop *loop)
{
    int64_t now = loop->now;
    uint64_t made = loop->serial;

    while (loop->n_timers > 0 && loop->timers[0]->when <= now && loop->timers[0]->serial < made) {
        struct loop_timer *t = loop->timers[0];
        loop_fn *fn = t->fn;
        void *arg = t->arg;

        loop_cancel(t);
        fn(arg);
    }
}

/* Signals. */

static void
read_signals(void *arg, int fd, unsigned events)
{
    struct loop *loop = arg;
    struct signalfd_siginfo info;

    (void) events;
    while (read(fd, &info, sizeof info) == (ssize_t) sizeof info)
        for (size_t i = 0; i < loop->n_handlers; i++) {
            struct signal_handler h = loop->handlers[i];

            if (h.signal == (int) info.ssi_signo)
                h.fn(h.arg, h.signal);
        }
}

bool
loop_signal(struct loop *loop, int signal, loop_signal_fn *fn, void *arg, struct failure *why)
{
    sigset_t caught = loop->caught;
    bool first = loop->signals < 0;
    int fd;

    if (sigaddset(&caught, signal) < 0)
        return failure_errno(why, errno, "cannot catch signal %d", signal);
    fd = signalfd(loop->signals, &caught, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return failure_errno(why, errno, "cannot catch signal %d", signal);
    loop->caught = caught;
    sigprocmask(SIG_BLOCK, &caught, first ? &loop->before : NULL);
    if (first) {
        loop->signals = fd;
        loop->signal_watch = loop_watch(loop, fd, LOOP_READ, read_signals, loop);
    }
    loop->handlers = memory_grow(loop->handlers, loop->n_handlers + 1, sizeof *loop->handlers);
    loop->handlers[loop->n_handlers++] = (struct signal_handler) { signal, fn, arg };
    return true;
}

/* Turns. */

void
loop_before_sleep(struct loop *loop, loop_fn *fn, void *arg)
{
    loop->hooks = memory_grow(loop->hooks, loop->n_hooks + 1, sizeof *loop->hooks);
    loop->hooks[loop->n_hooks++] = (struct hook) { fn, arg };
}

static void
run_hooks(struct loop *loop)
{
    for (size_t i = 0; i < loop->n_hooks; i++) {
        struct hook h = loop->hooks[i];

        h.fn(h.arg);
    }
}

/* Milliseconds to sleep: not past the next timer, rounded up so that it is due when we wake. */
static int
sleep_time(const struct loop *loop, int limit)
{
    int64_t left;

    if (loop->stop || loop->n_always > 0)
        return 0;
    if (loop->n_timers == 0)
        return limit;
    left = loop->timers[0]->when - loop_clock();
    left = left <= 0 ? 0 : (left - 1) / LOOP_MS(1) + 1;
    if (limit >= 0 && left > limit)
        return limit;
    return left > INT_MAX ? INT_MAX : (int) left;
}

static void
call_always(struct loop *loop)
{
    /* A watch that removed itself has left the list: the rest is as ready at the next turn. */
    for (struct loop_watch *w = loop->watches; w != NULL && !w->dead; w = w->next)
        if (w->always && w->events != 0)
            w->fn(w->arg, w->fd, w->events);
}

static void
call_watches(const struct epoll_event *events, int n)
{
    for (int i = 0; i < n; i++) {
        struct loop_watch *w = events[i].data.ptr;
        unsigned got = ((events[i].events & EPOLLIN) != 0 ? (unsigned) LOOP_READ : 0u) |
                       ((events[i].events & EPOLLOUT) != 0 ? (unsigned) LOOP_WRITE : 0u);

        if (w->dead)
            continue;
        if ((events[i].events & (EPOLLERR | EPOLLHUP)) != 0)
            got = LOOP_READ | LOOP_WRITE;
        got &= w->events;
        if (got != 0)
            w->fn(w->arg, w->fd, got);
    }
}

void
loop_turn(struct loop *loop, int milliseconds)
{
    struct epoll_event events[EVENTS_A_TURN];
    int n;

    loop->depth++;
    run_hooks(loop);
    n = epoll_wait(loop->epoll, events, EVENTS_A_TURN, sleep_time(loop, milliseconds));
    assert(n >= 0 || errno == EINTR);
    loop->now = loop_clock();
    /* Events before timers: an answer that has arrived beats its own timeout. */
    call_watches(events, n);
    if (loop->n_always > 0)
        call_always(loop);
    fire_timers(loop);
    if (--loop->depth == 0)
        bury(loop);
}

void
loop_run(struct loop *loop)
{
    while (!loop->stop)
        loop_turn(loop, -1);
    run_hooks(loop); /* what the last events left to be flushed */
    loop->stop = false;
}
