/* Round trips and windows. The window follows delay before it follows loss: an agent that answers one request
 * after the other has a short queue before it, and what overflows there is lost. */
#include "core/pace.h"

#define MS INT64_C(1000000)

enum { DOUBLINGS_MAX = 6 };

void
pace_init(struct pace *pace, int64_t first, double window, double limit)
{
    *pace = (struct pace) { .first = first, .window = window, .limit = limit };
}

int64_t
pace_timeout(const struct pace *pace, int attempt)
{
    int64_t wait = pace->first;

    if (pace->smoothed > 0) {
        wait = pace->smoothed + 4 * pace->deviation + 10 * MS;
        if (wait < 20 * MS)
            wait = 20 * MS;
    }
    if (attempt > DOUBLINGS_MAX)
        attempt = DOUBLINGS_MAX;
    return wait << attempt;
}

static void
measure(struct pace *pace, int64_t round_trip, int64_t now)
{
    if (pace->smoothed == 0) {
        pace->smoothed = round_trip;
        pace->deviation = round_trip / 2;
    } else {
        int64_t off = round_trip - pace->smoothed;

        pace->smoothed += off / 8;
        pace->deviation += ((off < 0 ? -off : off) - pace->deviation) / 4;
    }
    if (pace->fastest == 0 || round_trip < pace->fastest || now - pace->fastest_at > 60000 * MS) {
        pace->fastest = round_trip;
        pace->fastest_at = now;
    }
}

void
pace_answered(struct pace *pace, int64_t round_trip, int64_t now)
{
    int64_t queued;

    if (round_trip < 1)
        round_trip = 1;
    measure(pace, round_trip, now);
    pace->answers++;
    queued = round_trip - pace->fastest;
    if (queued < 4 * MS + pace->fastest / 4)
        pace->window += 1;
    else if (queued > 20 * MS + pace->fastest && pace->window > 4)
        pace->window -= 0.25;
    if (pace->window > pace->limit)
        pace->window = pace->limit;
}

void
pace_lost(struct pace *pace, int64_t now)
{
    pace->losses++;
    if (pace->shrunk_at != 0 && now - pace->shrunk_at < pace->smoothed)
        return;
    pace->shrunk_at = now;
    pace->window *= 0.7;
    if (pace->window < 1)
        pace->window = 1;
}

int
pace_window(const struct pace *pace)
{
    return (int) pace->window;
}
