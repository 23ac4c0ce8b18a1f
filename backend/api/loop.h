/* One thread, one loop: descriptors, timers, signals, children, and one hook before it sleeps.
 *
 * Nothing here blocks. A callback may remove any watch or timer, its own included, and may add others. */
#ifndef API_LOOP_H
#define API_LOOP_H

#include "failure.h"

#include <stdint.h>

struct loop;
struct loop_watch;
struct loop_timer;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void loop_watch_fn(void *arg, int fd, unsigned events);
typedef void loop_fn(void *arg);
typedef void loop_signal_fn(void *arg, int signal);

struct loop *loop_new(struct failure *why);
void loop_free(struct loop *loop);
/* Turn until loop_stop. */
void loop_run(struct loop *loop);
/* One turn, sleeping at most `milliseconds` (negative: until something happens). */
void loop_turn(struct loop *loop, int milliseconds);
void loop_stop(struct loop *loop);

/* Errors and hang-ups arrive as the events that were asked for. The descriptor stays the caller's. */
struct loop_watch *loop_watch(struct loop *loop, int fd, unsigned events, loop_watch_fn *fn, void *arg);
void loop_watch_events(struct loop_watch *watch, unsigned events);
void loop_unwatch(struct loop_watch *watch); /* NULL is fine */

/* Fires once, `nanoseconds` from now by the monotonic clock. O(log n). */
struct loop_timer *loop_after(struct loop *loop, int64_t nanoseconds, loop_fn *fn, void *arg);
/* No callback after this; NULL is fine. A timer that has fired is gone already: forget it in its callback. */
void loop_cancel(struct loop_timer *timer);

bool loop_signal(struct loop *loop, int signal, loop_signal_fn *fn, void *arg, struct failure *why);
/* Called once a turn, after the events and before sleeping: the place to repaint or to flush. */
void loop_before_sleep(struct loop *loop, loop_fn *fn, void *arg);

/* Monotonic nanoseconds, read once a turn (loop_now) or now (loop_clock). */
int64_t loop_now(const struct loop *loop);
int64_t loop_clock(void);
/* Wall-clock nanoseconds since 1970. */
int64_t loop_wall(void);

#define LOOP_MS(n) ((int64_t) (n) * 1000000)
#define LOOP_S(n) ((int64_t) (n) * 1000000000)

#endif
