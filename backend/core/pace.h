/* How fast one device may be asked: the round trip measured (RFC 6298's estimator), and a window of requests in
 * flight that grows while answers come at the pace of an idle path, holds when a queue builds up before the agent
 * and shrinks on loss. Pure: times come in, numbers come out. */
#ifndef CORE_PACE_H
#define CORE_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
    int64_t first;   /* nanoseconds to wait for an answer before anything is measured */
    int64_t smoothed, deviation; /* of the round trip; 0 until measured */
    int64_t fastest; /* the path without a queue; forgotten slowly */
    int64_t fastest_at;
    int64_t shrunk_at;
    double window;   /* requests allowed in flight */
    double limit;
    uint64_t answers, losses;
};

void pace_init(struct pace *pace, int64_t first, double window, double limit);
/* How long to wait for the answer to try number `attempt`, counted from 0; doubles with each. */
int64_t pace_timeout(const struct pace *pace, int attempt);
void pace_answered(struct pace *pace, int64_t round_trip, int64_t now);
/* An answer did not come in time. A burst of losses within one round trip counts once. */
void pace_lost(struct pace *pace, int64_t now);
int pace_window(const struct pace *pace);

#endif
