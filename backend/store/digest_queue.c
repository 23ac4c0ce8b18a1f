/* Digest cursors. */
#include "store/digest_queue.h"

#include "api/loop.h"
#include "store/db.h"
#include "store/outbox.h"

#include <string.h>

static const char what[] = "the digests";

bool
digest_cursor_read(struct store *store, const char *name, struct digest_cursor *out, struct failure *why)
{
    sqlite3_stmt *select =
        db_prepare(store, "SELECT upto, last_run, mail, first FROM digest_cursor WHERE name=?", why);

    memset(out, 0, sizeof *out);
    if (select == NULL)
        return false;
    db_bind_text(select, 1, name);
    if (!db_row(store, select, what, &out->exists, why))
        return false;
    if (out->exists) {
        out->upto = sqlite3_column_int64(select, 0);
        out->last_run = sqlite3_column_int64(select, 1);
        out->mail = sqlite3_column_int64(select, 2);
        out->first = sqlite3_column_int64(select, 3);
    }
    sqlite3_reset(select);
    return true;
}

bool
digest_cursor_begin(struct store *store, const char *name, int64_t upto, int64_t now, struct failure *why)
{
    sqlite3_stmt *insert =
        db_prepare(store, "INSERT OR IGNORE INTO digest_cursor(name, upto, last_run, mail, first) VALUES(?,?,?,0,0)", why);

    if (insert == NULL)
        return false;
    db_bind_text(insert, 1, name);
    sqlite3_bind_int64(insert, 2, upto);
    sqlite3_bind_int64(insert, 3, now);
    return db_done(store, insert, what, why);
}

bool
digest_look(struct store *store, int64_t after, int64_t end, int severity, int64_t *id, int64_t *received,
            struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT id, received FROM notification WHERE id > ? AND id <= ? AND"
                                      " severity >= ? ORDER BY id LIMIT 1", why);
    bool row;

    *id = *received = 0;
    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, after);
    sqlite3_bind_int64(select, 2, end);
    sqlite3_bind_int(select, 3, severity);
    if (!db_row(store, select, what, &row, why))
        return false;
    if (row) {
        *id = sqlite3_column_int64(select, 0);
        *received = sqlite3_column_int64(select, 1);
    }
    sqlite3_reset(select);
    return true;
}

bool
digest_untouched(struct store *store, int64_t mail, bool *out, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT 1 FROM mail WHERE id=? AND state=0 AND attempts=0", why);

    *out = false;
    if (mail == 0)
        return true;
    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, mail);
    if (!db_row(store, select, what, out, why))
        return false;
    sqlite3_reset(select);
    return true;
}

static bool
cancel_untouched(struct store *store, int64_t mail, struct failure *why)
{
    sqlite3_stmt *update = db_prepare(store, "UPDATE mail SET state=7, words='folded into the next' WHERE id=? AND"
                                      " state=0 AND attempts=0", why);

    if (mail == 0)
        return true;
    if (update == NULL)
        return false;
    sqlite3_bind_int64(update, 1, mail);
    if (!db_done(store, update, what, why))
        return false;
    return sqlite3_changes(store->db) == 1 ||
           failure_set(why, FAILURE_BUSY, "%s: the mail before is just being sent", what);
}

/* What is folded keeps its place in the queue: else one that grows faster than the queue moves would never go. */
static bool
place_of(struct store *store, int64_t mail, int64_t *due, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT due FROM mail WHERE id=?", why);
    bool row;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, mail);
    if (!db_row(store, select, what, &row, why))
        return false;
    if (row)
        *due = sqlite3_column_int64(select, 0);
    sqlite3_reset(select);
    return true;
}

static bool
move(struct store *store, const char *name, int64_t first, int64_t upto, int64_t mail, struct failure *why)
{
    sqlite3_stmt *insert = db_prepare(store, "INSERT OR REPLACE INTO digest_cursor(name, upto, last_run, mail, first)"
                                      " VALUES(?,?,?,?,?)", why);

    if (insert == NULL)
        return false;
    db_bind_text(insert, 1, name);
    sqlite3_bind_int64(insert, 2, upto);
    sqlite3_bind_int64(insert, 3, loop_wall());
    sqlite3_bind_int64(insert, 4, mail);
    sqlite3_bind_int64(insert, 5, first);
    return db_done(store, insert, what, why);
}

bool
digest_commit(struct store *store, const char *name, const struct mail *mail, int64_t first, int64_t upto,
              int64_t replaces, int64_t *id, struct failure *why)
{
    struct mail placed = *mail;

    if (!db_begin(store, why))
        return false;
    if ((replaces != 0 && !place_of(store, replaces, &placed.due, why)) ||
        !cancel_untouched(store, replaces, why) || !outbox_insert(store, &placed, id, why) ||
        !move(store, name, first, upto, *id, why)) {
        db_rollback(store);
        return false;
    }
    return db_commit(store, why);
}
