/* Polling: objects of a device again and again, with the rates of its counters.
 *
 * Rates are over the time that really passed. The 64-bit counter is taken where the agent has one. A wrap is told from
 * a restart by sysUpTime and the discontinuity times, which are read along. A round that does not fit its period
 * widens it, and says so; it goes back when rounds fit again. */
#ifndef API_POLL_H
#define API_POLL_H

#include "device.h"

struct poll;

enum poll_verdict {
    POLL_NO_COUNTER,    /* a gauge, a text: no rate */
    POLL_FIRST,         /* nothing to compare with yet */
    POLL_RATE,
    POLL_WRAPPED,       /* a rate over a wrap */
    POLL_RESTART,       /* the agent restarted */
    POLL_DISCONTINUITY, /* the counter was reset, as its discontinuity time tells */
    POLL_RESET,         /* it went back, and no wrap explains it */
};

struct poll_rate {
    enum poll_verdict verdict;
    double a_second; /* POLL_RATE, POLL_WRAPPED */
};

struct poll_round {
    const struct failure *failure;  /* NULL: answered */
    const struct varbind *varbinds; /* in the order asked for; where a 64-bit counter stands in, it is named */
    const struct poll_rate *rates;
    size_t n;
    int64_t took, period; /* nanoseconds; the period may be wider than was asked for */
    const char *note;     /* what changed: "needs 1.4 s a round: …"; or NULL */
};
typedef void poll_fn(void *arg, const struct poll_round *round); /* may stop the poll */

/* The first round begins at the next turn of the loop, the others up to a tenth of the period early, by chance, so
 * that many devices do not fall into step. Stop it before the device is freed. */
struct poll *poll_start(struct loop *loop, struct device *device, const struct oid *names, size_t n, int64_t period,
                        poll_fn *fn, void *arg);
void poll_stop(struct poll *poll); /* NULL is fine */

#endif
