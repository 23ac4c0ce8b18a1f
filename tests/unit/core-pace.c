/* The window before agents of every kind, played: one that answers one request after the other and drops what its queue
 * of sixteen does not hold must never drop one; one that answers at once must be asked with all the window there is. */
#include "core/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define US INT64_C(1000)
#define MS (1000 * US)

enum { QUEUE = 16, LIMIT = 128, REQUESTS = 2000 };

struct play {
    int64_t path, jitter, service; /* service 0: at once */
    double start;                  /* the window */
    struct pace pace;
    uint64_t random;
    int64_t now, busy; /* busy: when the agent will have done what it has */
    int64_t served[QUEUE]; /* when each of the last was or will be done, in a ring */
    size_t n_served;
    int64_t sent[LIMIT], back[LIMIT];
    int in_flight, drops;
};

static int64_t
jitter(struct play *p)
{
    p->random = p->random * 6364136223846793005u + 1442695040888963407u;
    return p->jitter > 0 ? (int64_t) (p->random >> 33) % p->jitter : 0;
}

static bool
is_full(const struct play *p, int64_t at)
{
    return p->n_served >= QUEUE && p->served[p->n_served % QUEUE] > at;
}

static void
send_one(struct play *p)
{
    int64_t at = p->now + p->path / 2, done = at;

    if (p->service > 0) {
        if (is_full(p, at)) {
            p->drops++;
            return;
        }
        done = (p->busy > at ? p->busy : at) + p->service;
        p->busy = p->served[p->n_served++ % QUEUE] = done;
    }
    p->sent[p->in_flight] = p->now;
    p->back[p->in_flight++] = done + p->path / 2 + jitter(p) + 100 * US;
}

static void
take_one(struct play *p)
{
    int first = 0;
    int64_t took;

    for (int i = 1; i < p->in_flight; i++)
        if (p->back[i] < p->back[first])
            first = i;
    p->now = p->back[first];
    took = p->now - p->sent[first];
    pace_answered(&p->pace, took, p->in_flight--, p->now);
    p->sent[first] = p->sent[p->in_flight];
    p->back[first] = p->back[p->in_flight];
}

/* Returns how long it took. */
static int64_t
play(struct play *p)
{
    p->random = (uint64_t) (p->path + 7 * p->service + 13 * p->jitter);
    pace_init(&p->pace, 1000 * MS, p->start, LIMIT);
    for (int asked = 0; asked < REQUESTS && p->drops == 0; take_one(p))
        for (; p->in_flight < pace_window(&p->pace) && asked < REQUESTS; asked++)
            send_one(p);
    return p->now;
}

static const int64_t paths[] = { 0, 1 * MS, 5 * MS, 20 * MS, 80 * MS };

/* Without a drop, and in not much more time than the agent needs. */
static bool
serves(struct play *p)
{
    int64_t took = play(p);

    if (p->drops == 0 && took < 13 * REQUESTS * p->service / 10 + 20 * (p->path + p->jitter))
        return true;
    print_message("path %.1f ms, shaken by %.1f, %.1f ms a request, window %.0f: %s, %.2f of the time it must take\n",
                  (double) p->path / MS, (double) p->jitter / MS, (double) p->service / MS, p->start,
                  p->drops > 0 ? "dropped" : "slow", (double) took / (double) (REQUESTS * p->service));
    return false;
}

static void
test_serial(void **state)
{
    static const int64_t services[] = { 2 * MS, 4200 * US, 9 * MS, 25 * MS };
    int bad = 0;

    (void) state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        for (size_t k = 0; k < sizeof services / sizeof *services; k++)
            for (int64_t shake = 0; shake <= paths[i] / 16; shake += paths[i] / 16 + 1)
                for (double start = 10; start <= 12; start += 2) {
                    struct play p = { .path = paths[i], .service = services[k], .jitter = shake, .start = start };

                    bad += !serves(&p);
                }
    assert_int_equal(bad, 0);
}

static void
test_concurrent(void **state)
{
    (void) state;
    for (size_t i = 2; i < sizeof paths / sizeof *paths; i++)
        for (int64_t shake = 0; shake <= paths[i] / 8; shake += paths[i] / 8) {
            struct play p = { .path = paths[i], .jitter = shake, .start = 10 };
            int64_t took = play(&p);

            if (took > 22 * (p.path + p.jitter)) /* 2000 requests: 5 turns to get there, 16 of 128 */
                fail_msg("path %.0f ms, shaken by %.1f: %.1f round trips", (double) p.path / MS, (double) p.jitter / MS,
                         (double) took / (double) p.path);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_serial), cmocka_unit_test(test_concurrent) };

    return cmocka_run_group_tests_name("core pace", tests, NULL, NULL);
}
