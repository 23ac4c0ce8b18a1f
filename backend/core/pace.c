/* Round trips and windows. The window follows delay before it follows loss: an agent that answers one request
 * after the other has a short queue before it, and what overflows there is lost. How many requests stand in that
 * queue follows from the window and from how much longer answers take than on an idle path (as in TCP Vegas). */
#include "core/pace.h"

#define MS INT64_C(1000000)

#define LOSS_HEAVY 0.15
#define NEAR (3 * MS)
#define TRAIN_SHORT (1 * MS)

enum { DOUBLINGS_MAX = 6, WINDOW_LEAST = 4, QUEUE_MAX = 6, LOST_IN_A_ROW = 8 };

void
pace_init(struct pace *pace, int64_t first, double window, double limit)
{
    *pace = (struct pace) { .first = first, .window = window, .limit = limit, .gentle = limit };
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

/* Requests that stand before one that took so long. */
static double
in_queue(const struct pace *pace, int64_t round_trip)
{
    return pace->window * (double) (round_trip - pace->fastest) / (double) round_trip;
}

/* From afar a few milliseconds more are the path's; near, where a large window gains nothing, they are the agent's. */
static bool
is_queue(const struct pace *pace, int64_t round_trip)
{
    return round_trip - pace->fastest > 4 * MS + pace->fastest / 4 ||
           (pace->fastest < NEAR && in_queue(pace, round_trip) > QUEUE_MAX);
}

bool
pace_queues(const struct pace *pace)
{
    return pace->fastest > 0 && is_queue(pace, pace->smoothed);
}

static void
grow(struct pace *pace, double by)
{
    pace->window += by;
    if (pace->window > pace->limit)
        pace->window = pace->limit;
}

/* What was sent in a shorter time than its answers took, which came in order, tells how many the agent does one after
 * the other in one round trip. More would wait before it. */
static void
learn_rate(struct pace *pace, int64_t took)
{
    const struct pace_turn *turn = &pace->turn;
    double fits = (double) (pace->fastest * (turn->n - 1)) / (double) took + QUEUE_MAX / 2;

    if (turn->n > 2 && 2 * took > 3 * (turn->last_sent - turn->first_sent) && pace->gentle > fits)
        pace->gentle = fits;
}

static void
begin_turn(struct pace *pace, int64_t sent, int in_flight, int64_t now)
{
    struct pace_turn *turn = &pace->turn;

    if (turn->left == 0)
        *turn = (struct pace_turn) { .first = now, .first_sent = sent, .last_sent = sent, .left = in_flight };
    turn->n++;
    turn->left--;
    turn->disordered = turn->disordered || sent < turn->last_sent;
    turn->last_sent = sent;
}

/* A window that was sent in one burst shows only at its end whether the agent took it at once: growing meanwhile would
 * overrun a short queue. What was answered drop by drop is asked for so, too. */
static void
end_turn(struct pace *pace, int64_t sent, int64_t now)
{
    struct pace_turn *turn = &pace->turn;

    if (turn->left > 0 && sent < turn->first)
        return;
    turn->left = 0;
    pace->granted = turn->fast >= turn->slow ? turn->earned : 0;
    if (!turn->disordered && now - turn->first >= TRAIN_SHORT + pace->fastest / 8) {
        learn_rate(pace, now - turn->first);
        if (pace->granted > QUEUE_MAX)
            pace->granted = QUEUE_MAX;
        return;
    }
    grow(pace, pace->granted);
    pace->granted = 0;
}

void
pace_answered(struct pace *pace, int64_t round_trip, int in_flight, int64_t now)
{
    if (round_trip < 1)
        round_trip = 1;
    measure(pace, round_trip, now);
    pace->answers++;
    pace->in_a_row = 0;
    pace->loss -= pace->loss / 64;
    pace->waiting += ((in_flight > 1 && is_queue(pace, round_trip)) - pace->waiting) / 16;
    begin_turn(pace, now - round_trip, in_flight, now);
    if (is_queue(pace, round_trip)) {
        pace->turn.slow++;
        if (in_queue(pace, round_trip) > QUEUE_MAX && pace->window > WINDOW_LEAST)
            pace->window -= 0.125;
        if (pace->gentle > pace->window)
            pace->gentle = pace->window;
    } else {
        double more = pace->granted < 1 ? pace->granted : 1;

        pace->turn.fast++;
        pace->granted -= more;
        grow(pace, more);
        if (2 * in_flight >= (int) pace->window) /* only what was used may grow */
            pace->turn.earned += pace->window < pace->gentle ? 1 : 1 / pace->window;
    }
    end_turn(pace, now - round_trip, now);
}

void
pace_lost(struct pace *pace, int64_t now)
{
    pace->losses++;
    pace->in_a_row++;
    pace->loss += (1 - pace->loss) / 64;
    if (pace->shrunk_at != 0 && now - pace->shrunk_at < pace->smoothed)
        return;
    if (!pace_queues(pace) && pace->loss < LOSS_HEAVY && pace->in_a_row < LOST_IN_A_ROW && pace->smoothed > 0)
        return;
    pace->shrunk_at = now;
    pace->window *= 0.7;
    if (pace->window < 1)
        pace->window = 1;
    pace->gentle = pace->window;
}

int64_t
pace_overtaken(const struct pace *pace)
{
    int64_t slack = pace->smoothed / 4;

    if (slack < 2 * pace->deviation)
        slack = 2 * pace->deviation;
    if (slack < 2 * MS)
        slack = 2 * MS;
    return pace->smoothed + (slack << pace->patience);
}

void
pace_was_late(struct pace *pace)
{
    if (pace->patience < DOUBLINGS_MAX)
        pace->patience++;
}

bool
pace_is_serial(const struct pace *pace)
{
    return pace->waiting > 0.5 && pace->answers >= 32;
}

int
pace_window(const struct pace *pace)
{
    return (int) pace->window;
}
