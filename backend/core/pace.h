/* How fast one device may be asked: the round trip measured (RFC 6298's estimator), and a window of requests in
 * flight that grows while answers come at the pace of an idle path, gives way when a queue builds up before the
 * agent, and shrinks on loss that comes with a queue or is heavy: a lossy radio link alone is no reason to slow
 * down. Pure: times come in, numbers come out. */
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
    double gentle;   /* from here on the window grows by one a round trip, below it by one an answer */
    struct pace_turn { /* as many answers as requests were in flight when its first one came */
        int64_t first, first_sent, last_sent;
        int n, left, fast, slow; /* fast: as on an idle path; slow: that stood in a queue */
        bool disordered;
        double earned; /* by which the window may grow when the turn is over */
    } turn;
    double granted;  /* by which it still may, one an answer */
    double waiting;  /* share of answers lately that stood in a queue */
    double loss;     /* share of requests lost lately */
    int patience;    /* doublings of the time in which a request may be overtaken: answers came after all */
    uint64_t in_a_row; /* losses since the last answer */
    uint64_t answers, losses;
};

void pace_init(struct pace *pace, int64_t first, double window, double limit);
/* How long to wait for the answer to try number `attempt`, counted from 0; doubles with each. */
int64_t pace_timeout(const struct pace *pace, int attempt);
/* `in_flight`: requests under way when it came, itself included. */
void pace_answered(struct pace *pace, int64_t round_trip, int in_flight, int64_t now);
/* How long after its sending a request is lost when one sent later has been answered. */
int64_t pace_overtaken(const struct pace *pace);
/* What was taken for lost was not. */
void pace_was_late(struct pace *pace);
/* Does a queue stand before the agent? */
bool pace_queues(const struct pace *pace);
/* An answer did not come in time. A burst of losses within one round trip counts once. */
void pace_lost(struct pace *pace, int64_t now);
/* Most answers wait for the one before them. */
bool pace_is_serial(const struct pace *pace);
int pace_window(const struct pace *pace);

#endif
