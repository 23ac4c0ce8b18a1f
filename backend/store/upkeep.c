/* What the writer does when it has time: checkpoints and retention, in steps of a few milliseconds; and whether the
 * store is still there at all. */
#include "store/db.h"
#include "store/record.h"

#include <errno.h>
#include <sys/stat.h>

enum { ROWS_A_STEP = 500 };

static bool
number(struct store *store, sqlite3_stmt *select, int64_t *out, struct failure *why)
{
    bool row;

    if (select == NULL || !db_row(store, select, "retention", &row, why))
        return false;
    *out = row ? sqlite3_column_int64(select, 0) : 0;
    sqlite3_reset(select);
    return true;
}

/* Rows up to *id are too old: among the oldest, those before the first that is young. One that says it comes from the
 * future neither holds others back nor goes by itself. */
static bool
find_old(struct store *store, const struct retention *bounds, int64_t *id, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "WITH oldest AS MATERIALIZED (SELECT id, received FROM notification"
                                      " ORDER BY id LIMIT ?3) SELECT max(id) FROM oldest WHERE received < ?1 AND id <"
                                      " coalesce((SELECT min(id) FROM oldest WHERE received BETWEEN ?1 AND ?2),"
                                      " 9223372036854775807)", why);

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, bounds->before);
    sqlite3_bind_int64(select, 2, bounds->now);
    sqlite3_bind_int64(select, 3, ROWS_A_STEP);
    return number(store, select, id, why);
}

static bool
find_size(struct store *store, int64_t *octets, struct failure *why)
{
    int64_t pages, unused, size;

    if (!number(store, db_prepare(store, "PRAGMA page_count", why), &pages, why) ||
        !number(store, db_prepare(store, "PRAGMA freelist_count", why), &unused, why) ||
        !number(store, db_prepare(store, "PRAGMA page_size", why), &size, why))
        return false;
    *octets = (pages - unused) * size;
    return true;
}

static bool
remove_rows(struct store *store, int64_t upto, bool *more, struct failure *why)
{
    sqlite3_stmt *remove = db_prepare(store, "DELETE FROM notification WHERE id <= min(?1, (SELECT max(id) - 1 FROM"
                                      " notification), (SELECT min(id) + ?2 FROM notification))", why);

    if (remove == NULL)
        return false;
    sqlite3_bind_int64(remove, 1, upto);
    sqlite3_bind_int64(remove, 2, ROWS_A_STEP - 1);
    if (!db_done(store, remove, "retention", why))
        return false;
    *more = sqlite3_changes(store->db) > 0;
    return true;
}

bool
retention_step(struct store *store, const struct retention *bounds, bool *more, struct failure *why)
{
    int64_t upto = 0, old = 0, octets = 0, newest, oldest;

    *more = false;
    if (!number(store, db_prepare(store, "SELECT max(id) FROM notification", why), &newest, why) ||
        !number(store, db_prepare(store, "SELECT min(id) FROM notification", why), &oldest, why) ||
        (bounds->before > 0 && !find_old(store, bounds, &old, why)) ||
        (bounds->octets > 0 && !find_size(store, &octets, why)))
        return false;
    if (bounds->rows > 0 && newest > (int64_t) bounds->rows)
        upto = newest - (int64_t) bounds->rows;
    if (old > upto)
        upto = old;
    if (bounds->octets > 0 && octets > (int64_t) bounds->octets && upto < newest)
        upto = newest; /* one step's worth, then it is looked at again */
    return upto < oldest || remove_rows(store, upto, more, why);
}

bool
checkpoint_step(struct store *store, bool *done, struct failure *why)
{
    int all = 0, moved = 0;
    int code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &all, &moved);

    *done = code == SQLITE_OK && all == moved;
    if (*done)
        store->wal_pages = 0;
    return code == SQLITE_OK || code == SQLITE_BUSY || db_failure(store, "checkpoint", why);
}

int
checkpoint_pages(const struct store *store)
{
    return store->wal_pages;
}

bool
store_is_there(struct store *store, struct failure *why)
{
    struct stat file;

    if (stat(store->path, &file) != 0)
        return failure_errno(why, errno, "store %s is gone; put it back, or a new one is made", store->path);
    if (file.st_dev != store->device || file.st_ino != store->inode)
        return failure_set(why, FAILURE_ABSENT, "store %s was replaced by another file; it is opened again",
                           store->path);
    return true;
}
