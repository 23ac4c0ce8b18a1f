/* Senders that were turned away, in a bounded table, and those that people let in. */
#include "store/db.h"
#include "store/record.h"

#include <string.h>
#include <time.h>

bool
record_rejected(struct recorder *recorder, const struct rejected_sender *sender, struct failure *why)
{
    struct store *store = recorder_store(recorder);
    sqlite3_stmt *put = db_prepare(store, "INSERT INTO rejected_sender(source, cause, security, engine, count, first,"
                                   " last, raw) VALUES(?1,?2,?3,?4,?5,?6,?7,?8) ON CONFLICT(source, cause, security,"
                                   " engine) DO UPDATE SET count=count+?5, last=?7, raw=?8", why);
    sqlite3_stmt *bound;

    if (put == NULL)
        return false;
    db_bind_text(put, 1, sender->source);
    sqlite3_bind_int(put, 2, (int) sender->cause);
    db_bind_text(put, 3, sender->security != NULL ? sender->security : "");
    db_bind_text(put, 4, sender->engine_id != NULL ? sender->engine_id : "");
    sqlite3_bind_int64(put, 5, (int64_t) sender->count);
    sqlite3_bind_int64(put, 6, sender->first);
    sqlite3_bind_int64(put, 7, sender->last);
    db_bind_blob(put, 8, sender->raw, sender->n_raw);
    if (!db_done(store, put, "rejected senders", why))
        return false;
    /* Addresses can be forged: the thousand latest are kept, the ledger's sums know the rest. */
    bound = db_prepare(store, "DELETE FROM rejected_sender WHERE id IN (SELECT id FROM rejected_sender"
                       " ORDER BY last DESC LIMIT -1 OFFSET 1000)", why);
    return bound != NULL && db_done(store, bound, "rejected senders", why);
}

bool
rejected_senders(struct store *store, rejected_row_fn *fn, void *arg, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT id, source, cause, security, engine, count, first, last, raw"
                                      " FROM rejected_sender ORDER BY last DESC, id DESC", why);
    bool row;

    if (select == NULL)
        return false;
    for (;;) {
        struct rejected_sender sender = { 0 };

        if (!db_row(store, select, "rejected senders", &row, why))
            return false;
        if (!row)
            return true;
        sender.id = sqlite3_column_int64(select, 0);
        sender.source = db_text_or(select, 1, "");
        sender.cause = (enum reject_cause) sqlite3_column_int(select, 2);
        sender.security = db_text_or(select, 3, "")[0] != '\0' ? db_text(select, 3) : NULL;
        sender.engine_id = db_text_or(select, 4, "")[0] != '\0' ? db_text(select, 4) : NULL;
        sender.count = (uint64_t) sqlite3_column_int64(select, 5);
        sender.first = sqlite3_column_int64(select, 6);
        sender.last = sqlite3_column_int64(select, 7);
        sender.raw = db_blob(select, 8, &sender.n_raw);
        if (!fn(arg, &sender)) {
            sqlite3_reset(select);
            return true;
        }
    }
}

static bool
remove_one(struct store *store, sqlite3_stmt *statement, const char *what, struct failure *why)
{
    if (!db_done(store, statement, what, why))
        return false;
    return sqlite3_changes(store->db) > 0 ||
           failure_set(why, FAILURE_ABSENT, "%s: there is none of that name or number", what);
}

bool
rejected_forget(struct store *store, int64_t id, struct failure *why)
{
    sqlite3_stmt *remove = db_prepare(store, "DELETE FROM rejected_sender WHERE id=?", why);

    if (remove == NULL)
        return false;
    sqlite3_bind_int64(remove, 1, id);
    return remove_one(store, remove, "rejected senders", why);
}

bool
admitted_senders(struct store *store, admitted_row_fn *fn, void *arg, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT id, at, name, source, profile, engine, who,"
                                      " certificate FROM admitted_sender"
                                      " ORDER BY id", why);
    bool row;

    if (select == NULL)
        return false;
    for (;;) {
        struct admitted_sender sender;

        if (!db_row(store, select, "admitted senders", &row, why))
            return false;
        if (!row)
            return true;
        sender = (struct admitted_sender) { sqlite3_column_int64(select, 0), sqlite3_column_int64(select, 1),
                                            db_text(select, 2), db_text(select, 3), db_text(select, 4),
                                            db_text(select, 5), db_text(select, 6), db_text(select, 7) };
        if (!fn(arg, &sender)) {
            sqlite3_reset(select);
            return true;
        }
    }
}

bool
admitted_add(struct store *store, const struct admitted_sender *sender, int64_t *id, struct failure *why)
{
    sqlite3_stmt *insert = db_prepare(store, "INSERT INTO admitted_sender(name, source, profile, engine, at, who,"
                                      " certificate) VALUES(?,?,?,?,?,?,?)", why);
    struct timespec now;

    if (insert == NULL)
        return false;
    clock_gettime(CLOCK_REALTIME, &now);
    db_bind_text(insert, 1, sender->name);
    db_bind_text(insert, 2, sender->source);
    db_bind_text(insert, 3, sender->profile);
    db_bind_text(insert, 4, sender->engine_id);
    sqlite3_bind_int64(insert, 5, (int64_t) now.tv_sec * 1000000000 + now.tv_nsec);
    db_bind_text(insert, 6, sender->who != NULL ? sender->who : "");
    db_bind_text(insert, 7, sender->fingerprint);
    if (!db_done(store, insert, "admitted senders", why)) {
        if (sqlite3_extended_errcode(store->db) == SQLITE_CONSTRAINT_UNIQUE)
            failure_set(why, FAILURE_USAGE, "admitted senders: %s is there already; forget it first", sender->name);
        return false;
    }
    if (id != NULL)
        *id = sqlite3_last_insert_rowid(store->db);
    return true;
}

bool
admitted_remove(struct store *store, const char *name, struct failure *why)
{
    sqlite3_stmt *remove = db_prepare(store, "DELETE FROM admitted_sender WHERE name=?", why);

    if (remove == NULL)
        return false;
    db_bind_text(remove, 1, name);
    return remove_one(store, remove, "admitted senders", why);
}
