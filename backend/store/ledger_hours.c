/* The ledger by the hour. When an hour begins, the sums are kept as they are: one sample of all listeners, and of each
 * sender when it is first heard in that hour. What came in an hour is the difference between two samples, so nothing is
 * counted twice, and a commit costs no more. Samples stand in the order in which they were taken, whatever the clock
 * said. */
#include "core/memory.h"
#include "store/ledger.h"

#include <stdlib.h>
#include <string.h>

enum { SAMPLES_MAX = 768, SENDER_SAMPLES_MAX = 100000 };

static bool
numbers(struct store *store, sqlite3_stmt *select, int64_t *first, int64_t *second, struct failure *why)
{
    bool row;

    *first = *second = 0;
    if (select == NULL || !db_row(store, select, "the ledger", &row, why))
        return false;
    if (!row)
        return true;
    *first = sqlite3_column_int64(select, 0);
    *second = sqlite3_column_int64(select, 1);
    sqlite3_reset(select);
    return true;
}

static bool
run_with(struct store *store, sqlite3_stmt *statement, int64_t number, struct failure *why)
{
    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 1, number);
    return db_done(store, statement, "the ledger", why);
}

struct taking {
    struct store *store;
    int64_t sample;
    struct failure *why;
    bool good;
};

static bool
take_listener(void *arg, const struct listener *listener)
{
    struct taking *taking = arg;
    sqlite3_stmt *put = db_prepare(taking->store, "INSERT OR IGNORE INTO ledger_sample(sample, listener, " LEDGER_COLUMNS
                                   ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", taking->why);

    taking->good = put != NULL && ledger_put(taking->store, put, taking->sample, listener->name, &listener->ledger,
                                             taking->why);
    return taking->good;
}

/* The oldest go: beyond a month of hours, and where there are too many senders. */
static bool
prune(struct store *store, int64_t newest, struct failure *why)
{
    int64_t senders, oldest;

    if (!run_with(store, db_prepare(store, "DELETE FROM ledger_sample WHERE sample <= ?1", why), newest - SAMPLES_MAX, why) ||
        !run_with(store, db_prepare(store, "DELETE FROM sender_sample WHERE sample <= ?1", why), newest - SAMPLES_MAX, why) ||
        !run_with(store, db_prepare(store, "DELETE FROM sample WHERE id <= ?1", why), newest - SAMPLES_MAX, why))
        return false;
    for (;;) {
        if (!numbers(store, db_prepare(store, "SELECT count(*), min(sample) FROM sender_sample", why), &senders, &oldest, why))
            return false;
        if (senders <= SENDER_SAMPLES_MAX)
            return true;
        if (!run_with(store, db_prepare(store, "DELETE FROM sender_sample WHERE sample = ?1", why), oldest, why))
            return false;
    }
}

bool
record_sample(struct recorder *recorder, struct failure *why)
{
    struct store *store = recorder_store(recorder);
    int64_t hour = ledger_hour_of(ledger_wall()), last, last_hour;
    struct taking taking = { .store = store, .why = why, .good = true };
    sqlite3_stmt *add;

    if (!numbers(store, db_prepare(store, "SELECT id, hour FROM sample ORDER BY id DESC LIMIT 1", why), &last, &last_hour, why))
        return false;
    taking.sample = last;
    if (last == 0 || last_hour != hour) {
        add = db_prepare(store, "INSERT INTO sample(id, hour) VALUES(?,?)", why);
        if (add == NULL)
            return false;
        taking.sample = last + 1;
        sqlite3_bind_int64(add, 1, taking.sample);
        sqlite3_bind_int64(add, 2, hour);
        if (!db_done(store, add, "the ledger", why) || !prune(store, taking.sample, why))
            return false;
    }
    recorder_set_sample(recorder, taking.sample, hour);
    return ledger_listeners(store, take_listener, &taking, why) && taking.good;
}

bool
sample_sender(struct recorder *recorder, const char *source, struct failure *why)
{
    struct store *store = recorder_store(recorder);
    sqlite3_stmt *take;

    if (recorder_has_sampled(recorder, source))
        return true;
    take = db_prepare(store, "INSERT OR IGNORE INTO sender_sample(source, sample, stored, duplicate, dropped, rejected)"
                      " SELECT ?1, ?2, coalesce(max(stored), 0), coalesce(max(duplicate), 0), coalesce(max(dropped), 0),"
                      " coalesce(max(rejected), 0) FROM sender_count WHERE source=?1", why);
    if (take == NULL)
        return false;
    db_bind_text(take, 1, source);
    sqlite3_bind_int64(take, 2, recorder_sample(recorder));
    return db_done(store, take, "the ledger", why);
}

/* Reading. */

static bool
first_sample(struct store *store, int64_t since, int64_t *out, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT min(id), 0 FROM sample WHERE hour > ?", why);
    int64_t unused;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, since > 0 ? since - LEDGER_HOUR : -1);
    if (!numbers(store, select, out, &unused, why))
        return false;
    if (*out == 0)
        *out = INT64_MAX; /* none */
    return true;
}

static void
subtract(struct ledger *from, const struct ledger *what)
{
    uint64_t *const out[] = { &from->received, &from->stored, &from->duplicate, &from->dropped, &from->rejected,
                              &from->malformed, &from->protocol, &from->lost_overflow, &from->lost_restart,
                              &from->kernel_drops, &from->informs_answered };
    const uint64_t in[] = { what->received, what->stored, what->duplicate, what->dropped, what->rejected,
                            what->malformed, what->protocol, what->lost_overflow, what->lost_restart,
                            what->kernel_drops, what->informs_answered };

    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++)
        *out[i] -= in[i] < *out[i] ? in[i] : *out[i];
    for (int i = 0; i < REJECT_CAUSES; i++)
        from->by_cause[i] -= what->by_cause[i] < from->by_cause[i] ? what->by_cause[i] : from->by_cause[i];
}

static bool
is_empty(const struct ledger *l)
{
    return l->received + l->stored + l->duplicate + l->dropped + l->lost_restart + l->kernel_drops == 0;
}

struct hours {
    struct store *store;
    int64_t first;
    ledger_hour_fn *fn;
    void *arg;
    struct failure *why;
    bool good, stop;
};

static void
give(struct hours *hours, const char *listener, int64_t hour, const struct ledger *begin, const struct ledger *end)
{
    struct ledger_hour row = { listener, hour, *end };

    subtract(&row.ledger, begin);
    row.ledger.waiting = 0;
    row.ledger.since = hour;
    if (!is_empty(&row.ledger))
        hours->stop = !hours->fn(hours->arg, &row);
}

/* Its samples in order, each the end of the one before; its sums as they are now end the last. */
static bool
one_listener(void *arg, const struct listener *listener)
{
    struct hours *hours = arg;
    sqlite3_stmt *select = db_prepare(hours->store, "SELECT m.hour, " LEDGER_COLUMNS " FROM ledger_sample l JOIN sample m"
                                      " ON m.id=l.sample WHERE l.listener=? AND l.sample>=? ORDER BY l.sample", hours->why);
    struct ledger begin;
    int64_t hour = -1;
    bool row;

    hours->good = select != NULL;
    if (!hours->good)
        return false;
    db_bind_text(select, 1, listener->name);
    sqlite3_bind_int64(select, 2, hours->first);
    while (!hours->stop && (hours->good = db_row(hours->store, select, "the ledger", &row, hours->why)) && row) {
        struct ledger_row now = { 0 };

        ledger_add_row(select, 1, &now);
        ledger_settle(&now);
        if (hour >= 0)
            give(hours, listener->name, hour, &begin, &now.ledger);
        begin = now.ledger;
        hour = sqlite3_column_int64(select, 0);
    }
    if (hours->stop)
        sqlite3_reset(select);
    else if (hours->good && hour >= 0)
        give(hours, listener->name, hour, &begin, &listener->ledger);
    return hours->good && !hours->stop;
}

bool
ledger_hours(struct store *store, int64_t since, ledger_hour_fn *fn, void *arg, struct failure *why)
{
    struct hours hours = { .store = store, .fn = fn, .arg = arg, .why = why, .good = true };

    return first_sample(store, since, &hours.first, why) && ledger_listeners(store, one_listener, &hours, why) && hours.good;
}

static uint64_t
grown(uint64_t now, uint64_t before)
{
    return now > before ? now - before : 0;
}

bool
ledger_sender_hours(struct store *store, int64_t since, const char *source, sender_row_fn *fn, void *arg, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT source, hour, stored, duplicate, dropped, rejected FROM (SELECT"
                                      " s.source, s.sample, m.hour, s.stored, s.duplicate, s.dropped, s.rejected FROM"
                                      " sender_sample s JOIN sample m ON m.id=s.sample WHERE s.sample>=?1 UNION ALL SELECT"
                                      " source, 9223372036854775807, 0, stored, duplicate, dropped, rejected FROM"
                                      " sender_count) WHERE ?2 IS NULL OR source=?2 ORDER BY source, sample", why);
    struct sender_count before = { 0 };
    struct buf name = { 0 };
    int64_t first;
    bool row, good = select != NULL && first_sample(store, since, &first, why), go_on = good;

    if (!good)
        return false;
    sqlite3_bind_int64(select, 1, first);
    db_bind_text(select, 2, source);
    while (go_on && (good = db_row(store, select, "the ledger", &row, why)) && row) {
        struct sender_count now = { db_text_or(select, 0, ""), (uint64_t) sqlite3_column_int64(select, 2),
                                    (uint64_t) sqlite3_column_int64(select, 3), (uint64_t) sqlite3_column_int64(select, 4),
                                    (uint64_t) sqlite3_column_int64(select, 5), sqlite3_column_int64(select, 1), 0 };
        struct sender_count hour = { name.at, grown(now.stored, before.stored), grown(now.duplicate, before.duplicate),
                                     grown(now.dropped, before.dropped), grown(now.rejected, before.rejected),
                                     before.first, before.first + LEDGER_HOUR };

        if (name.n > 0 && strcmp(name.at, now.source) == 0 && hour.stored + hour.duplicate + hour.dropped + hour.rejected > 0)
            go_on = fn(arg, &hour);
        buf_clear(&name);
        buf_text(&name, now.source);
        before = now;
    }
    if (!go_on)
        sqlite3_reset(select);
    buf_free(&name);
    return good;
}
