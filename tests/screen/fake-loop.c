/* A loop whose time stands still until it is told to go on: goldens hold ages and clocks. */
#include "fake-loop.h"

#include "api/memory.h"

#include <stdlib.h>

struct loop_timer {
    struct loop_timer *next;
    int64_t at;
    loop_fn *fn;
    void *arg;
};

static struct loop_timer *timers;
static int64_t now = 1000000000000;

struct loop_timer *
loop_after(struct loop *loop, int64_t nanoseconds, loop_fn *fn, void *arg)
{
    struct loop_timer *t = memory_zero(1, sizeof *t), **at = &timers;

    (void) loop;
    t->at = now + nanoseconds;
    t->fn = fn;
    t->arg = arg;
    while (*at != NULL && (*at)->at <= t->at)
        at = &(*at)->next;
    t->next = *at;
    *at = t;
    return t;
}

void
loop_cancel(struct loop_timer *timer)
{
    for (struct loop_timer **at = &timers; timer != NULL && *at != NULL; at = &(*at)->next)
        if (*at == timer) {
            *at = timer->next;
            free(timer);
            return;
        }
}

void
fake_loop_run(int64_t nanoseconds)
{
    int64_t end = now + nanoseconds;

    while (timers != NULL && timers->at <= end) {
        struct loop_timer *t = timers;
        timers = t->next;
        now = t->at;
        t->fn(t->arg);
        free(t);
    }
    now = end;
}

int64_t
loop_now(const struct loop *loop)
{
    (void) loop;
    return now;
}

int64_t
loop_clock(void)
{
    return now;
}

int64_t
loop_wall(void)
{
    return 1795444327LL * 1000000000 + (now - 1000000000000);
}
