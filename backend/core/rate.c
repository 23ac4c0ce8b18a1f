/* Rates: see rate.h. */
#include "core/rate.h"

#include <assert.h>
#include <string.h>

enum { TICKS_A_SECOND = 100, SLACK_S = 5 };

/* Did the agent start anew? Its up time then went back, or on by less than the time that passed. It also goes back once
 * in 497 days, when it wraps. */
static bool
is_restart(const struct rate_reading *before, const struct rate_reading *now)
{
    int64_t passed = (now->at - before->at) / (1000000000 / TICKS_A_SECOND);
    int64_t slack = passed / 10 + SLACK_S * TICKS_A_SECOND, expected = before->up_time + passed, up_time = now->up_time;

    if (before->up_time < 0 || up_time < 0)
        return false;
    if (up_time < before->up_time && expected + slack > UINT32_MAX)
        up_time += INT64_C(1) << 32;
    return up_time < before->up_time || up_time < expected - slack;
}

/* Without sysUpTime a counter that went back may have wrapped or been reset: it wrapped where what it then counted is
 * less than half its range. Nobody wraps 64 bits between two readings: only one that stood near its end did. */
static bool
is_wrap(const struct rate_reading *before, const struct rate_reading *now, uint64_t more)
{
    if (now->value->type == VALUE_COUNTER64)
        return before->value->u >= UINT64_MAX / 4 * 3 && more < UINT64_MAX / 4;
    return (before->up_time >= 0 && now->up_time >= 0) || more < UINT32_MAX / 2;
}

enum poll_verdict
rate_between(const struct rate_reading *before, const struct rate_reading *now, double *a_second)
{
    double seconds = (double) (now->at - before->at) / 1e9;
    uint64_t more;
    bool back;

    *a_second = 0;
    if (now->value->type != VALUE_COUNTER32 && now->value->type != VALUE_COUNTER64)
        return POLL_NO_COUNTER;
    if (before->value == NULL || before->value->type != now->value->type || seconds <= 0)
        return POLL_FIRST;
    if (is_restart(before, now))
        return POLL_RESTART;
    if (before->discontinuity >= 0 && now->discontinuity >= 0 && before->discontinuity != now->discontinuity)
        return POLL_DISCONTINUITY;
    back = now->value->u < before->value->u;
    more = now->value->u - before->value->u;
    if (now->value->type == VALUE_COUNTER32)
        more = (uint32_t) more;
    if (back && !is_wrap(before, now, more))
        return POLL_RESET;
    *a_second = (double) more / seconds;
    return back ? POLL_WRAPPED : POLL_RATE;
}

/* Columns of ifTable and ifXTable (RFC 2863) and of IP-MIB's system statistics (RFC 4293). */
static const struct relative {
    const char *narrow, *wide, *discontinuity;
} relatives[] = {
    { "1.3.6.1.2.1.2.2.1.10", "1.3.6.1.2.1.31.1.1.1.6", "1.3.6.1.2.1.31.1.1.1.19" },
    { "1.3.6.1.2.1.2.2.1.11", "1.3.6.1.2.1.31.1.1.1.7", "1.3.6.1.2.1.31.1.1.1.19" },
    { "1.3.6.1.2.1.2.2.1.16", "1.3.6.1.2.1.31.1.1.1.10", "1.3.6.1.2.1.31.1.1.1.19" },
    { "1.3.6.1.2.1.2.2.1.17", "1.3.6.1.2.1.31.1.1.1.11", "1.3.6.1.2.1.31.1.1.1.19" },
    { "1.3.6.1.2.1.31.1.1.1.2", "1.3.6.1.2.1.31.1.1.1.8", "1.3.6.1.2.1.31.1.1.1.19" },
    { "1.3.6.1.2.1.31.1.1.1.3", "1.3.6.1.2.1.31.1.1.1.9", "1.3.6.1.2.1.31.1.1.1.19" },
    { "1.3.6.1.2.1.31.1.1.1.4", "1.3.6.1.2.1.31.1.1.1.12", "1.3.6.1.2.1.31.1.1.1.19" },
    { "1.3.6.1.2.1.31.1.1.1.5", "1.3.6.1.2.1.31.1.1.1.13", "1.3.6.1.2.1.31.1.1.1.19" },
    { "1.3.6.1.2.1.4.31.1.1.3", "1.3.6.1.2.1.4.31.1.1.4", "1.3.6.1.2.1.4.31.1.1.46" },
    { "1.3.6.1.2.1.4.31.1.1.5", "1.3.6.1.2.1.4.31.1.1.6", "1.3.6.1.2.1.4.31.1.1.46" },
    { "1.3.6.1.2.1.2.2.1", NULL, "1.3.6.1.2.1.31.1.1.1.19" },
    { "1.3.6.1.2.1.31.1.1.1", NULL, "1.3.6.1.2.1.31.1.1.1.19" },
    { "1.3.6.1.2.1.4.31.1.1", NULL, "1.3.6.1.2.1.4.31.1.1.46" },
};

static void
with_instance(const char *column, const struct oid *name, size_t skip, struct oid *out)
{
    bool known = oid_parse(out, column) && name->n >= skip && oid_append(out, name->arc + skip, name->n - skip);

    if (!known)
        out->n = 0;
}

void
rate_relatives(const struct oid *name, struct oid *wide, struct oid *discontinuity)
{
    struct oid column;

    wide->n = discontinuity->n = 0;
    for (size_t i = 0; i < sizeof relatives / sizeof *relatives; i++) {
        const struct relative *r = &relatives[i];

        if (!oid_parse(&column, r->narrow) || !oid_within(&column, name) || name->n == column.n)
            continue;
        if (r->wide != NULL)
            with_instance(r->wide, name, column.n, wide);
        with_instance(r->discontinuity, name, column.n + (r->wide == NULL), discontinuity);
        return;
    }
}
