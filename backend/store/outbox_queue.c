/* Claiming with a lease and recording verdicts: each one transaction. */
#include "store/outbox.h"

#include "api/loop.h"
#include "store/db.h"

#include <stdio.h>
#include <string.h>

enum { ATTEMPTS_KEPT = 10, LOOKED_AT = 2000 };

static const char what[] = "the outbox";

/* Run an UPDATE, INSERT or DELETE whose parameters are numbers. */
static bool
run_numbers(struct store *store, const char *sql, const int64_t *numbers, int n, struct failure *why)
{
    sqlite3_stmt *statement = db_prepare(store, sql, why);

    if (statement == NULL)
        return false;
    for (int i = 0; i < n; i++)
        sqlite3_bind_int64(statement, i + 1, numbers[i]);
    return db_done(store, statement, what, why);
}

#define NUMBERS(...) (const int64_t[]) { __VA_ARGS__ }, (int) (sizeof((int64_t[]) { __VA_ARGS__ }) / sizeof(int64_t))

/* One number from a query of one row. */
static bool
count_by(struct store *store, const char *sql, int64_t id, int64_t number, int64_t *out, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, sql, why);
    bool row;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, id);
    sqlite3_bind_int64(select, 2, number);
    if (!db_row(store, select, what, &row, why))
        return false;
    *out = row ? sqlite3_column_int64(select, 0) : 0;
    sqlite3_reset(select);
    return true;
}

/* May it go by the budgets? Always when it is a person's, or the first of its cause: when no other of that cause went
 * within the hour, or is being sent. */
static bool
is_allowed(struct store *store, const struct outbox_claim *claim, int64_t id, bool *allowed, struct failure *why)
{
    int64_t hour_ago = claim->now - LOOP_S(3600), n = 0;

    *allowed = true;
    if (!claim->first_only && claim->each > 0 &&
        !count_by(store, "SELECT max((SELECT count(*) FROM mail m JOIN mail_recipient q ON q.mail = m.id AND q.address = r.address"
                  "  WHERE m.sent_at > ?2 AND q.state = 3) +"
                  " (SELECT count(*) FROM mail m JOIN mail_recipient q ON q.mail = m.id AND q.address = r.address"
                  "  WHERE m.state = 2)) FROM mail_recipient r WHERE r.mail = ?1 AND r.state IN (0, 5)", id, hour_ago, &n, why))
        return false;
    if (!claim->first_only && (claim->each == 0 || (uint64_t) n < claim->each))
        return true;
    if (!count_by(store, "SELECT cause NOT LIKE 'person%' AND (EXISTS(SELECT 1 FROM mail m WHERE m.sent_at > ?2 AND m.cause ="
                  " mail.cause AND m.id <> ?1) OR EXISTS(SELECT 1 FROM mail m WHERE m.state = 2 AND m.cause = mail.cause))"
                  " FROM mail WHERE id = ?1", id, hour_ago, &n, why))
        return false;
    *allowed = n == 0;
    return true;
}

static bool
lease(struct store *store, const struct outbox_claim *claim, int64_t id, struct failure *why)
{
    sqlite3_stmt *update = db_prepare(store, "UPDATE mail SET state=2, lease_until=?, lease_owner=? WHERE id=?", why);

    if (update == NULL)
        return false;
    sqlite3_bind_int64(update, 1, claim->lease_until);
    db_bind_text(update, 2, claim->owner);
    sqlite3_bind_int64(update, 3, id);
    return db_done(store, update, what, why);
}

/* What waits says why, once. */
static bool
hold_back(struct store *store, int64_t id, bool *noted, struct failure *why)
{
    if (!run_numbers(store, "UPDATE mail SET words='over the budget of this hour; it goes when there is room' WHERE id=?"
                     " AND words=''", NUMBERS(id), why))
        return false;
    *noted = *noted || sqlite3_changes(store->db) > 0;
    return true;
}

/* What is due, in order; the budgets are looked at one by one, for each that is leased counts for the next. */
static bool
lease_due(struct store *store, const struct outbox_claim *claim, int64_t *ids, size_t *n, bool *noted,
          struct failure *why)
{
    sqlite3_stmt *select = db_prepare(
        store,
        "SELECT id, ifnull(length(text),0) + ifnull(length(html),0) +"
        " (SELECT ifnull(sum(length(octets)),0) FROM mail_attachment a WHERE a.mail = mail.id) FROM mail"
        " WHERE state IN (0, 5) AND due <= ?1 AND (relay = ?2 OR (?3 AND relay = '')) ORDER BY due, id LIMIT ?4",
        why);
    size_t octets = 0;
    bool row, allowed;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, claim->now);
    db_bind_text(select, 2, claim->relay);
    sqlite3_bind_int(select, 3, claim->any);
    sqlite3_bind_int(select, 4, LOOKED_AT);
    while (*n < claim->limit) {
        int64_t id;

        if (!db_row(store, select, what, &row, why))
            return false;
        if (!row)
            return true;
        id = sqlite3_column_int64(select, 0);
        if (*n > 0 && octets + (size_t) sqlite3_column_int64(select, 1) > claim->octets)
            break;
        if (!is_allowed(store, claim, id, &allowed, why) ||
            !(allowed ? lease(store, claim, id, why) : hold_back(store, id, noted, why))) {
            sqlite3_reset(select);
            return false;
        }
        if (!allowed)
            continue;
        octets += (size_t) sqlite3_column_int64(select, 1);
        ids[(*n)++] = id;
    }
    sqlite3_reset(select);
    return true;
}

bool
outbox_claim(struct store *store, const struct outbox_claim *claim, int64_t *ids, size_t *n, struct failure *why)
{
    bool noted = false;

    *n = 0;
    if (!db_begin(store, why))
        return false;
    if (!lease_due(store, claim, ids, n, &noted, why)) {
        db_rollback(store);
        *n = 0;
        return false;
    }
    if (*n > 0 || noted)
        return db_commit(store, why);
    db_rollback(store);
    return true;
}

static bool
record_verdict(struct store *store, int64_t id, const struct outbox_verdict *v, struct failure *why)
{
    sqlite3_stmt *update = db_prepare(store, "UPDATE mail_recipient SET state=?, code=?, enhanced=?, words=?,"
                                      " attempts=attempts+? WHERE mail=? AND address=? AND state IN (0, 5)", why);

    if (update == NULL)
        return false;
    sqlite3_bind_int(update, 1, (int) v->state);
    sqlite3_bind_int(update, 2, v->code);
    db_bind_text(update, 3, v->enhanced);
    db_bind_text(update, 4, v->words);
    sqlite3_bind_int(update, 5, v->counts);
    sqlite3_bind_int64(update, 6, id);
    db_bind_text(update, 7, v->address);
    return db_done(store, update, what, why);
}

/* The mail's state follows from its recipients'. */
static bool
settle(struct store *store, int64_t id, int64_t due, int64_t now, const char *words, struct failure *why)
{
    sqlite3_stmt *update = db_prepare(
        store,
        "UPDATE mail SET lease_owner='', lease_until=0, attempts=attempts+1, words=?4,"
        " due=CASE WHEN ?2 > 0 THEN ?2 ELSE due END,"
        " sent_at=CASE WHEN sent_at = 0 AND n.sent > 0 THEN ?3 ELSE sent_at END,"
        " state=CASE WHEN n.unknown > 0 THEN 5 WHEN n.waiting > 0 THEN 0 WHEN n.sent > 0 AND n.dead > 0 THEN 4"
        " WHEN n.sent > 0 THEN 3 WHEN n.dead > 0 THEN 6 ELSE 7 END"
        " FROM (SELECT sum(state=0) waiting, sum(state=5) unknown, sum(state=3) sent, sum(state=6) dead"
        "  FROM mail_recipient WHERE mail=?1) n WHERE mail.id=?1",
        why);

    if (update == NULL)
        return false;
    sqlite3_bind_int64(update, 1, id);
    sqlite3_bind_int64(update, 2, due);
    sqlite3_bind_int64(update, 3, now);
    db_bind_text(update, 4, words);
    return db_done(store, update, what, why);
}

static bool
record_attempt(struct store *store, const struct outbox_result *r, struct failure *why)
{
    sqlite3_stmt *insert = db_prepare(store, "INSERT INTO mail_attempt(mail, started, ended, relay, cause, protection,"
                                      " words, talk) VALUES(?,?,?,?,?,?,?,?)", why);

    if (insert == NULL)
        return false;
    sqlite3_bind_int64(insert, 1, r->id);
    sqlite3_bind_int64(insert, 2, r->started);
    sqlite3_bind_int64(insert, 3, r->now);
    db_bind_text(insert, 4, r->relay);
    db_bind_text(insert, 5, r->cause);
    db_bind_text(insert, 6, r->protection);
    db_bind_text(insert, 7, r->words);
    db_bind_text(insert, 8, r->talk);
    return db_done(store, insert, what, why) &&
           run_numbers(store, "DELETE FROM mail_attempt WHERE mail=?1 AND id <= (SELECT id FROM mail_attempt WHERE"
                       " mail=?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)", NUMBERS(r->id, ATTEMPTS_KEPT), why);
}

/* Is the lease still ours? Another collector may have taken the work over. */
static bool
is_ours(struct store *store, const char *owner, int64_t id, bool *ours, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT 1 FROM mail WHERE id=? AND state=2 AND lease_owner=?", why);

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, id);
    db_bind_text(select, 2, owner);
    if (!db_row(store, select, what, ours, why))
        return false;
    sqlite3_reset(select);
    return true;
}

bool
outbox_record(struct store *store, const char *owner, const struct outbox_result *result, struct failure *why)
{
    bool ours;

    if (!db_begin(store, why))
        return false;
    if (!is_ours(store, owner, result->id, &ours, why))
        goto failed;
    if (!ours) {
        db_rollback(store);
        return true;
    }
    for (size_t i = 0; i < result->n_verdicts; i++)
        if (!record_verdict(store, result->id, &result->verdicts[i], why))
            goto failed;
    if (!settle(store, result->id, result->due, result->now, result->words, why) ||
        !record_attempt(store, result, why))
        goto failed;
    return db_commit(store, why);
failed:
    db_rollback(store);
    return false;
}

bool
outbox_recover(struct store *store, const char *owner, int64_t now, struct failure *why)
{
    sqlite3_stmt *update =
        db_prepare(store, "UPDATE mail SET state=5, lease_owner='', lease_until=0, due=?, words='the collector ended"
                   " while this was being sent; it is sent again with the same Message-ID' WHERE state=2 AND"
                   " lease_owner<>?", why);

    if (update == NULL)
        return false;
    sqlite3_bind_int64(update, 1, now);
    db_bind_text(update, 2, owner);
    return db_done(store, update, what, why);
}

bool
outbox_expire(struct store *store, int64_t now, size_t *n, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT 1 FROM mail WHERE state IN (0, 5) AND expires < ? LIMIT 1", why);
    bool row;

    *n = 0;
    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, now);
    if (!db_row(store, select, what, &row, why))
        return false;
    sqlite3_reset(select);
    if (!row)
        return true;
    if (!db_begin(store, why))
        return false;
    if (!run_numbers(store, "UPDATE mail_recipient SET state=6, words='not delivered within its lifetime; last: '||words"
                     " WHERE state IN (0, 5) AND mail IN (SELECT id FROM mail WHERE state IN (0, 5) AND expires < ?)",
                     NUMBERS(now), why) ||
        !run_numbers(store, "UPDATE mail SET words='not delivered within its lifetime; last: '||words, state=CASE WHEN"
                     " EXISTS(SELECT 1 FROM mail_recipient r WHERE r.mail=mail.id AND r.state=3) THEN 4 ELSE 6 END"
                     " WHERE state IN (0, 5) AND expires < ?", NUMBERS(now), why)) {
        db_rollback(store);
        return false;
    }
    *n = (size_t) sqlite3_changes(store->db);
    return db_commit(store, why);
}

bool
outbox_next_due(struct store *store, int64_t *due, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT min(due) FROM mail WHERE state IN (0, 5)", why);
    bool row;

    *due = INT64_MAX;
    if (select == NULL || !db_row(store, select, what, &row, why))
        return false;
    if (row && sqlite3_column_type(select, 0) != SQLITE_NULL)
        *due = sqlite3_column_int64(select, 0);
    sqlite3_reset(select);
    return true;
}

bool
outbox_sent_since(struct store *store, int64_t since, uint64_t *n, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT count(*) FROM mail WHERE sent_at > 0 AND sent_at > ?", why);
    bool row;

    *n = 0;
    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, since);
    if (!db_row(store, select, what, &row, why))
        return false;
    *n = row ? (uint64_t) sqlite3_column_int64(select, 0) : 0;
    sqlite3_reset(select);
    return true;
}

bool
outbox_relay_read(struct store *store, const char *name, struct outbox_relay *out, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT failures, next_try, cause, words, at, alarm, known FROM mail_relay"
                                      " WHERE name=?", why);
    bool row;

    memset(out, 0, sizeof *out);
    snprintf(out->name, sizeof out->name, "%s", name);
    if (select == NULL)
        return false;
    db_bind_text(select, 1, name);
    if (!db_row(store, select, what, &row, why))
        return false;
    if (row) {
        out->failures = sqlite3_column_int(select, 0);
        out->next_try = sqlite3_column_int64(select, 1);
        snprintf(out->cause, sizeof out->cause, "%s", db_text_or(select, 2, ""));
        snprintf(out->words, sizeof out->words, "%s", db_text_or(select, 3, ""));
        out->at = sqlite3_column_int64(select, 4);
        snprintf(out->alarm, sizeof out->alarm, "%s", db_text_or(select, 5, ""));
        snprintf(out->known, sizeof out->known, "%s", db_text_or(select, 6, ""));
    }
    sqlite3_reset(select);
    return true;
}

bool
outbox_relay_write(struct store *store, const struct outbox_relay *relay, struct failure *why)
{
    sqlite3_stmt *insert = db_prepare(store, "INSERT OR REPLACE INTO mail_relay(name, failures, next_try, cause, words,"
                                      " at, alarm, known) VALUES(?,?,?,?,?,?,?,?)", why);

    if (insert == NULL)
        return false;
    db_bind_text(insert, 1, relay->name);
    sqlite3_bind_int(insert, 2, relay->failures);
    sqlite3_bind_int64(insert, 3, relay->next_try);
    db_bind_text(insert, 4, relay->cause);
    db_bind_text(insert, 5, relay->words);
    sqlite3_bind_int64(insert, 6, relay->at);
    db_bind_text(insert, 7, relay->alarm);
    db_bind_text(insert, 8, relay->known);
    return db_done(store, insert, what, why);
}

bool
outbox_relay_keep(struct store *store, const char *names, struct failure *why)
{
    static const char *const statements[] = {
        "DELETE FROM mail_relay WHERE instr(?, char(10)||name||char(10)) = 0",
        "UPDATE mail SET words='no mail section is called '||relay||' any more; name one so, or cancel this' WHERE"
        " state IN (0, 5) AND relay <> '' AND instr(?, char(10)||relay||char(10)) = 0",
    };

    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        sqlite3_stmt *gone = db_prepare(store, statements[i], why);

        if (gone == NULL)
            return false;
        db_bind_text(gone, 1, names);
        if (!db_done(store, gone, what, why))
            return false;
    }
    return true;
}

bool
outbox_relay_known(struct store *store, const char *name, char *out, size_t size, struct failure *why)
{
    struct outbox_relay relay;
    bool ok = outbox_relay_read(store, name, &relay, why);

    snprintf(out, size, "%s", relay.known);
    return ok;
}

bool
outbox_troubles(struct store *store, relay_trouble_fn *fn, void *arg, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT name, cause, words, failures, next_try, alarm <> '' FROM mail_relay"
                                      " WHERE failures > 0 ORDER BY name", why);
    bool row, go = true;

    if (select == NULL)
        return false;
    while (go) {
        struct relay_trouble trouble;

        if (!db_row(store, select, what, &row, why))
            return false;
        if (!row)
            break;
        trouble = (struct relay_trouble) {
            .name = db_text_or(select, 0, ""), .cause = db_text_or(select, 1, ""), .words = db_text_or(select, 2, ""),
            .failures = sqlite3_column_int(select, 3), .next_try = sqlite3_column_int64(select, 4),
            .unsafe = sqlite3_column_int(select, 5) != 0,
        };
        go = fn(arg, &trouble);
    }
    sqlite3_reset(select);
    return true;
}
