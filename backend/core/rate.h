/* Rates of counters between two readings, told from wraps, restarts and discontinuities. Pure. */
#ifndef CORE_RATE_H
#define CORE_RATE_H

#include "api/poll.h"

struct rate_reading {
    const struct value *value;
    int64_t at;             /* nanoseconds, monotonic: when it was read */
    int64_t up_time;        /* sysUpTime in hundredths of a second; negative: not known */
    int64_t discontinuity;  /* what the object's discontinuity time says; negative: not known */
};

enum poll_verdict rate_between(const struct rate_reading *before, const struct rate_reading *now, double *a_second);
/* The 64-bit counter that counts the same, and where the object's discontinuity time is; n of 0: there is none. */
void rate_relatives(const struct oid *name, struct oid *wide, struct oid *discontinuity);

#endif
