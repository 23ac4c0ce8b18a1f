/* The ledger: what became of every datagram, by run and listener, and by sender.
 *
 * Intake's sums are absolute within a run, so writing them again is harmless; what became of frames is added in the
 * transaction that stores them. Waiting is what intake framed and the writer has not yet settled. */
#include "core/memory.h"
#include "store/ledger.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SENDERS_MAX 4096

static const char *const cause_words[REJECT_CAUSES] = {
    [REJECT_COMMUNITY] = "community not allowed",
    [REJECT_SOURCE] = "source not allowed",
    [REJECT_USER] = "user unknown",
    [REJECT_ENGINE] = "engine unknown",
    [REJECT_DIGEST] = "wrong digest: another password or protocol, or forged",
    [REJECT_LEVEL] = "below the user's security level",
    [REJECT_TIME_WINDOW] = "outside the time window: clock, reboot or replay",
    [REJECT_DECRYPTION] = "cannot be decrypted: another privacy password or protocol",
    [REJECT_NOT_US] = "not a notification",
    [REJECT_VERSION] = "SNMP version or security model not taken",
    [REJECT_NO_CERTIFICATE] = "no certificate shown",
    [REJECT_CERTIFICATE] = "certificate unknown",
    [REJECT_SESSION] = "no TLS session; the log says why",
};

const char *
reject_security_words(enum reject_cause cause)
{
    return cause == REJECT_CERTIFICATE ? "certificate" : "user";
}

const char *
reject_cause_words(enum reject_cause cause)
{
    return (unsigned) cause < REJECT_CAUSES ? cause_words[cause] : "unknown cause";
}

int64_t
ledger_wall(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool
ensure_row(struct store *store, int64_t run, const char *listener, struct failure *why)
{
    sqlite3_stmt *insert = db_prepare(store, "INSERT OR IGNORE INTO ledger(run, listener, since) VALUES(?,?,?)",
                                      why);

    if (insert == NULL)
        return false;
    sqlite3_bind_int64(insert, 1, run);
    db_bind_text(insert, 2, listener);
    sqlite3_bind_int64(insert, 3, ledger_wall());
    return db_done(store, insert, "the ledger", why);
}

bool
record_outcome(struct recorder *recorder, const char *listener, uint64_t stored, uint64_t repeated,
               uint64_t dropped, struct failure *why)
{
    struct store *store = recorder_store(recorder);
    sqlite3_stmt *update = db_prepare(store, "UPDATE ledger SET stored=stored+?, repeated=repeated+?,"
                                      " dropped=dropped+? WHERE run=? AND listener=?", why);

    if (update == NULL)
        return false;
    for (int tries = 0; tries < 2; tries++) {
        sqlite3_bind_int64(update, 1, (int64_t) stored);
        sqlite3_bind_int64(update, 2, (int64_t) repeated);
        sqlite3_bind_int64(update, 3, (int64_t) dropped);
        sqlite3_bind_int64(update, 4, recorder_run(recorder));
        db_bind_text(update, 5, listener);
        if (!db_done(store, update, "the ledger", why))
            return false;
        if (sqlite3_changes(store->db) == 1)
            return true;
        if (!ensure_row(store, recorder_run(recorder), listener, why))
            return false;
    }
    return failure_set(why, FAILURE_SYSTEM, "the ledger: no row for listener %s", listener);
}

bool
record_sums(struct recorder *recorder, const char *listener, const struct ledger_sums *sums, struct failure *why)
{
    struct store *store = recorder_store(recorder);
    const uint64_t in_order[] = { sums->received, sums->framed, sums->duplicate, sums->malformed, sums->protocol,
                                  sums->lost_overflow, sums->lost_restart, sums->kernel_drops,
                                  sums->informs_answered };
    sqlite3_stmt *update;
    int n = sizeof in_order / sizeof in_order[0];

    if (!ensure_row(store, recorder_run(recorder), listener, why))
        return false;
    update = db_prepare(store, "UPDATE ledger SET received=?, framed=?, duplicate=?, malformed=?, protocol=?,"
                        " lost_overflow=?, lost_restart=?, kernel_drops=?, informs_answered=?, rejected=?"
                        " WHERE run=? AND listener=?", why);
    if (update == NULL)
        return false;
    for (int i = 0; i < n; i++)
        sqlite3_bind_int64(update, i + 1, (int64_t) in_order[i]);
    db_bind_blob(update, n + 1, sums->rejected, sizeof sums->rejected);
    sqlite3_bind_int64(update, n + 2, recorder_run(recorder));
    db_bind_text(update, n + 3, listener);
    return db_done(store, update, "the ledger", why);
}

void
ledger_add_row(sqlite3_stmt *select, int at, struct ledger_row *to)
{
    struct ledger *sum = &to->ledger;
    uint64_t *const in_order[] = { &sum->received, &to->framed, &sum->stored, &sum->duplicate, &to->repeated,
                                   &sum->dropped, &sum->malformed, &sum->protocol, &sum->lost_overflow,
                                   &sum->lost_restart, &sum->kernel_drops, &sum->informs_answered };
    int64_t since = sqlite3_column_int64(select, at++);
    uint64_t causes[REJECT_CAUSES] = { 0 };
    const uint8_t *blob;
    size_t n;

    if (sum->since == 0 || since < sum->since)
        sum->since = since;
    for (size_t i = 0; i < sizeof in_order / sizeof in_order[0]; i++)
        *in_order[i] += (uint64_t) sqlite3_column_int64(select, at++);
    blob = db_blob(select, at, &n);
    if (n > 0)
        memcpy(causes, blob, n < sizeof causes ? n : sizeof causes);
    for (int i = 0; i < REJECT_CAUSES; i++) {
        sum->by_cause[i] += causes[i];
        sum->rejected += causes[i];
    }
}

void
ledger_settle(struct ledger_row *row)
{
    struct ledger *sum = &row->ledger;
    uint64_t settled = sum->stored + row->repeated + sum->dropped;

    sum->duplicate += row->repeated;
    sum->waiting = row->framed > settled ? row->framed - settled : 0;
}

bool
ledger_read(struct store *store, struct ledger *out, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT " LEDGER_COLUMNS " FROM ledger", why);
    struct ledger_row sum = { 0 };
    bool row = true;

    if (select == NULL)
        return false;
    while (row) {
        if (!db_row(store, select, "the ledger", &row, why))
            return false;
        if (row)
            ledger_add_row(select, 0, &sum);
    }
    ledger_settle(&sum);
    *out = sum.ledger;
    return true;
}

bool
ledger_adds_up(const struct ledger *l)
{
    uint64_t causes = 0;

    for (int i = 0; i < REJECT_CAUSES; i++)
        causes += l->by_cause[i];
    return causes == l->rejected &&
           l->received == l->stored + l->duplicate + l->dropped + l->rejected + l->malformed + l->protocol +
                              l->waiting + l->lost_overflow + l->lost_restart;
}

/* Rows arrive sorted by listener; a listener that is no longer configured keeps its sums and has no address. */
bool
ledger_listeners(struct store *store, listener_row_fn *fn, void *arg, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT l.listener, coalesce(n.address,''), coalesce(n.asked,0),"
                                      " coalesce(n.granted,0), " LEDGER_COLUMNS " FROM ledger l LEFT JOIN listener n"
                                      " ON n.name=l.listener ORDER BY l.listener", why);
    struct buf name = { 0 }, address = { 0 };
    struct listener listener = { 0 };
    struct ledger_row sum = { 0 };
    bool row = true, good = select != NULL, open = false;

    while (good && row) {
        good = db_row(store, select, "the ledger", &row, why);
        if (open && (!good || !row || strcmp(db_text(select, 0), name.at) != 0)) {
            ledger_settle(&sum);
            listener.ledger = sum.ledger;
            if (good && !fn(arg, &listener))
                break;
            open = false;
        }
        if (!good || !row)
            break;
        if (!open) {
            buf_clear(&name);
            buf_clear(&address);
            buf_text(&name, db_text_or(select, 0, ""));
            buf_text(&address, db_text_or(select, 1, ""));
            listener = (struct listener) { .name = name.at, .address = address.at,
                                           .asked = (uint64_t) sqlite3_column_int64(select, 2),
                                           .granted = (uint64_t) sqlite3_column_int64(select, 3) };
            sum = (struct ledger_row) { 0 };
            open = true;
        }
        ledger_add_row(select, 4, &sum);
    }
    if (select != NULL)
        sqlite3_reset(select);
    buf_free(&name);
    buf_free(&address);
    return good;
}

bool
record_listener(struct recorder *recorder, const struct listener *listener, struct failure *why)
{
    struct store *store = recorder_store(recorder);
    sqlite3_stmt *put = db_prepare(store, "INSERT OR REPLACE INTO listener(name, address, asked, granted)"
                                   " VALUES(?,?,?,?)", why);

    if (put == NULL)
        return false;
    db_bind_text(put, 1, listener->name);
    db_bind_text(put, 2, listener->address);
    sqlite3_bind_int64(put, 3, (int64_t) listener->asked);
    sqlite3_bind_int64(put, 4, (int64_t) listener->granted);
    return db_done(store, put, "the ledger", why);
}

bool
ledger_put(struct store *store, sqlite3_stmt *put, int64_t number, const char *listener, const struct ledger *l,
           struct failure *why)
{
    sqlite3_bind_int64(put, 1, number);
    db_bind_text(put, 2, listener);
    const uint64_t in_order[] = { (uint64_t) l->since, l->received, l->stored + l->dropped, l->stored, l->duplicate, 0,
                                  l->dropped, l->malformed, l->protocol, l->lost_overflow, l->lost_restart, l->kernel_drops,
                                  l->informs_answered };
    for (size_t i = 0; i < sizeof in_order / sizeof in_order[0]; i++)
        sqlite3_bind_int64(put, (int) i + 3, (int64_t) in_order[i]);
    db_bind_blob(put, 16, l->by_cause, sizeof l->by_cause);
    return db_done(store, put, "the ledger", why);
}

/* Add the row of a run that is over to run 0: what it left waiting has been lost. */
static bool
fold_row(struct store *store, const char *listener, struct ledger_row *row, struct failure *why)
{
    sqlite3_stmt *put = db_prepare(store, "INSERT OR REPLACE INTO ledger(run, listener, " LEDGER_COLUMNS ")"
                                   " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", why);

    ledger_settle(row);
    row->ledger.lost_restart += row->ledger.waiting;
    return put != NULL && ledger_put(store, put, 0, listener, &row->ledger, why);
}

bool
record_fold(struct recorder *recorder, struct failure *why)
{
    struct store *store = recorder_store(recorder);
    sqlite3_stmt *next, *rows, *remove;
    bool row;

    for (;;) {
        struct ledger_row sum = { 0 };
        struct buf name = { 0 };
        bool good = true;

        next = db_prepare(store, "SELECT listener FROM ledger WHERE run<>0 AND run<>? LIMIT 1", why);
        if (next == NULL)
            return false;
        sqlite3_bind_int64(next, 1, recorder_run(recorder));
        if (!db_row(store, next, "the ledger", &row, why))
            return false;
        if (!row)
            return db_run(store, "DELETE FROM progress WHERE run NOT IN (SELECT run FROM ledger)", "the ledger", why);
        buf_text(&name, db_text(next, 0));
        sqlite3_reset(next);
        rows = db_prepare(store, "SELECT " LEDGER_COLUMNS " FROM ledger WHERE listener=? AND run<>?", why);
        good = rows != NULL;
        if (good) {
            db_bind_text(rows, 1, name.at);
            sqlite3_bind_int64(rows, 2, recorder_run(recorder));
        }
        for (row = true; good && row;) {
            good = db_row(store, rows, "the ledger", &row, why);
            if (good && row)
                ledger_add_row(rows, 0, &sum);
        }
        remove = good ? db_prepare(store, "DELETE FROM ledger WHERE listener=? AND run<>?", why) : NULL;
        good = remove != NULL;
        if (good) {
            db_bind_text(remove, 1, name.at);
            sqlite3_bind_int64(remove, 2, recorder_run(recorder));
            good = db_done(store, remove, "the ledger", why) && fold_row(store, name.at, &sum, why);
        }
        buf_free(&name);
        if (!good)
            return false;
    }
}

bool
record_sender(struct recorder *recorder, const struct sender_count *more, struct failure *why)
{
    struct store *store = recorder_store(recorder);
    sqlite3_stmt *known = db_prepare(store, "SELECT (SELECT 1 FROM sender_count WHERE source=?),"
                                     " (SELECT count(*) FROM (SELECT 1 FROM sender_count LIMIT 4096))", why);
    sqlite3_stmt *put;
    const char *source = more->source;
    bool row;

    if (known == NULL)
        return false;
    db_bind_text(known, 1, source);
    if (!db_row(store, known, "the ledger", &row, why))
        return false;
    if (sqlite3_column_int(known, 0) == 0 && sqlite3_column_int(known, 1) >= SENDERS_MAX)
        source = "others";
    sqlite3_reset(known);
    if (!sample_sender(recorder, source, why))
        return false;
    put = db_prepare(store, "INSERT INTO sender_count(source, stored, duplicate, dropped, rejected, first, last)"
                     " VALUES(?1,?2,?3,?4,?5,?6,?7) ON CONFLICT(source) DO UPDATE SET stored=stored+?2,"
                     " duplicate=duplicate+?3, dropped=dropped+?4, rejected=rejected+?5, last=?7", why);
    if (put == NULL)
        return false;
    db_bind_text(put, 1, source);
    sqlite3_bind_int64(put, 2, (int64_t) more->stored);
    sqlite3_bind_int64(put, 3, (int64_t) more->duplicate);
    sqlite3_bind_int64(put, 4, (int64_t) more->dropped);
    sqlite3_bind_int64(put, 5, (int64_t) more->rejected);
    sqlite3_bind_int64(put, 6, more->first);
    sqlite3_bind_int64(put, 7, more->last);
    return db_done(store, put, "the ledger", why);
}

bool
ledger_senders(struct store *store, size_t limit, sender_row_fn *fn, void *arg, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT source, stored, duplicate, dropped, rejected, first, last FROM"
                                      " sender_count ORDER BY stored+duplicate+dropped+rejected DESC LIMIT ?", why);
    bool row = true;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, (int64_t) limit);
    for (;;) {
        struct sender_count sender;

        if (!db_row(store, select, "the ledger", &row, why))
            return false;
        if (!row)
            return true;
        sender = (struct sender_count) { db_text(select, 0), (uint64_t) sqlite3_column_int64(select, 1),
                                         (uint64_t) sqlite3_column_int64(select, 2),
                                         (uint64_t) sqlite3_column_int64(select, 3),
                                         (uint64_t) sqlite3_column_int64(select, 4),
                                         sqlite3_column_int64(select, 5), sqlite3_column_int64(select, 6) };
        if (!fn(arg, &sender))
            break;
    }
    sqlite3_reset(select);
    return true;
}
