/* What the writer does when it has time: checkpoints and retention, in steps of a few milliseconds; and whether the
 * store is still there at all. */
#include "store/db.h"
#include "store/record.h"

#include <errno.h>
#include <sys/stat.h>

enum { ROWS_A_STEP = 500 };

bool
retention_step(struct store *store, uint64_t rows, int64_t before, bool *more, struct failure *why)
{
    /* Only the oldest rows are looked at, and the newest of all stays: the next id follows from it. */
    sqlite3_stmt *remove = db_prepare(store, "DELETE FROM notification WHERE id IN (SELECT id FROM (SELECT id,"
                                      " received FROM notification ORDER BY id LIMIT ?3) WHERE id <"
                                      " (SELECT max(id) FROM notification) AND (received < ?1 OR"
                                      " (?2 > 0 AND id <= (SELECT max(id) FROM notification) - ?2)))", why);

    *more = false;
    if (remove == NULL)
        return false;
    sqlite3_bind_int64(remove, 1, before);
    sqlite3_bind_int64(remove, 2, (int64_t) rows);
    sqlite3_bind_int64(remove, 3, ROWS_A_STEP);
    if (!db_done(store, remove, "retention", why))
        return false;
    *more = sqlite3_changes(store->db) > 0;
    return true;
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
