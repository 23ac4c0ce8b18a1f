/* Two connections, for after damage was met in one, SQLite does not even let it write elsewhere. Rows are read in the order
 * of their row ids. Where reading fails, ids are passed over in steps that double until a row
 * can be read again, and the first such row is found by halving: what lies in a broken page is lost, and no more. */
#include "store/recover.h"

#include "core/memory.h"
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const ends[] = { "", "-wal" }; /* the -shm is made anew from the -wal */
enum { ENDS = sizeof ends / sizeof ends[0] };

static const char *
plain_path(const char *url)
{
    return strncmp(url, "sqlite:", 7) == 0 ? url + 7 : url;
}

/* Named after the file's own time, so that a service that is started again and again keeps one copy. */
static bool
name_aside(const char *path, char *out, size_t size, struct failure *why)
{
    struct stat file;
    struct tm at;
    char when[32];

    if (stat(path, &file) != 0)
        return failure_errno(why, errno, "store %s", path);
    gmtime_r(&file.st_mtime, &at);
    strftime(when, sizeof when, "%Y%m%d-%H%M%S", &at);
    return snprintf(out, size, "%s.damaged-%s", path, when) < (int) size ||
           failure_set(why, FAILURE_LIMIT, "store %s: its path is too long", path);
}

static bool
copy_file(const char *from, const char *to, struct failure *why)
{
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), out;
    ssize_t n = 0;

    if (in < 0)
        return errno == ENOENT || failure_errno(why, errno, "%s", from);
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out >= 0)
        while ((n = copy_file_range(in, NULL, out, NULL, 1 << 24, 0)) > 0)
            ;
    if (out < 0 || n < 0 || fsync(out) < 0) {
        failure_errno(why, errno, "%s", to);
        if (out >= 0)
            unlink(to); /* half a copy of ours */
        n = -1;
    }
    close(in);
    if (out >= 0)
        close(out);
    return n >= 0;
}

static bool
keep_copy(const char *path, char *aside, size_t size, struct failure *why)
{
    struct buf from = { 0 }, to = { 0 };
    bool good = name_aside(path, aside, size, why);

    for (int i = 0; good && i < ENDS; i++) {
        buf_clear(&from);
        buf_clear(&to);
        buf_format(&from, "%s%s", path, ends[i]);
        buf_format(&to, "%s%s", aside, ends[i]);
        good = access(to.at, F_OK) == 0 || copy_file(from.at, to.at, why);
    }
    buf_free(&from);
    buf_free(&to);
    return good;
}

static bool
is_newer(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *version = NULL;
    bool newer = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
                 sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &version, NULL) == SQLITE_OK &&
                 sqlite3_step(version) == SQLITE_ROW && sqlite3_column_int(version, 0) > schema_newest();

    sqlite3_finalize(version);
    sqlite3_close(db);
    return newer;
}

bool
store_examine(const char *url, struct failure *why)
{
    const char *path = plain_path(url);
    struct store *store = store_open(url, STORE_WRITER, why);
    struct failure found = *why, copying;
    char aside[1100];

    store_close(store);
    if (store != NULL)
        return true;
    if (found.kind == FAILURE_USAGE || (found.kind == FAILURE_REFUSED && is_newer(path)))
        return false;
    if (found.kind != FAILURE_PROTOCOL || access(path, F_OK) != 0)
        return true;
    if (keep_copy(path, aside, sizeof aside, &copying))
        return failure_set(why, FAILURE_PROTOCOL, "%.300s; a copy is kept as %.150s", found.text, aside);
    return failure_set(why, FAILURE_PROTOCOL, "%.300s; no copy could be made: %.140s", found.text, copying.text);
}

/* Reading out. */

struct copying {
    sqlite3 *old;
    struct store *store; /* the new one */
    sqlite3_stmt *select, *insert;
    int columns;
    int64_t last; /* row id that was copied last */
    uint64_t rows, holes;
};

static sqlite3_stmt *
prepare_insert(struct copying *c, const char *table, struct failure *why)
{
    struct buf sql = { 0 };
    sqlite3_stmt *insert = NULL;

    buf_format(&sql, "INSERT OR REPLACE INTO \"%s\" VALUES(", table);
    for (int i = 0; i < c->columns; i++)
        buf_text(&sql, i == 0 ? "?" : ",?");
    buf_text(&sql, ")");
    if (sqlite3_prepare_v2(c->store->db, sql.at, -1, &insert, NULL) != SQLITE_OK)
        db_failure(c->store, "recover", why);
    buf_free(&sql);
    return insert;
}

/* Rows from `from` on, until there are no more (true in *end) or reading fails. False: writing failed. */
static bool
copy_run(struct copying *c, int64_t from, int first, bool *end, struct failure *why)
{
    int code;

    sqlite3_reset(c->select);
    if (first > 0)
        sqlite3_bind_int64(c->select, 1, from);
    while ((code = sqlite3_step(c->select)) == SQLITE_ROW) {
        for (int i = 0; i < c->columns; i++)
            sqlite3_bind_value(c->insert, i + 1, sqlite3_column_value(c->select, i + first));
        code = sqlite3_step(c->insert);
        sqlite3_reset(c->insert);
        if (code != SQLITE_DONE && code != SQLITE_CONSTRAINT)
            return db_failure(c->store, "recover", why);
        c->last = first > 0 ? sqlite3_column_int64(c->select, 0) : 0;
        c->rows++;
    }
    *end = code == SQLITE_DONE;
    sqlite3_reset(c->select);
    return true;
}

static bool
can_read(struct copying *c, int64_t from)
{
    int code;

    sqlite3_reset(c->select);
    sqlite3_bind_int64(c->select, 1, from);
    code = sqlite3_step(c->select);
    sqlite3_reset(c->select);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

/* The first row id behind `from` at which reading works again. */
static int64_t
behind_hole(struct copying *c, int64_t from)
{
    int64_t bad = from, good = from, step = 1;

    while (!can_read(c, good)) {
        bad = good;
        if (step > INT64_MAX / 4 || good > INT64_MAX - step)
            return INT64_MAX;
        good += step;
        step *= 2;
    }
    while (good - bad > 1) {
        int64_t middle = bad + (good - bad) / 2;

        if (can_read(c, middle))
            good = middle;
        else
            bad = middle;
    }
    return good;
}

static bool
copy_rows(struct copying *c, bool by_id, struct failure *why)
{
    int64_t from = 0; /* ids are positive */
    bool end = false;

    c->last = 0;
    while (from < INT64_MAX) {
        if (!copy_run(c, from, by_id ? 1 : 0, &end, why))
            return false;
        if (end)
            return true;
        c->holes++;
        if (!by_id)
            return true;
        from = behind_hole(c, c->last + 1);
    }
    return true;
}

static bool
copy_table(struct copying *c, const char *table, bool by_id, struct failure *why)
{
    struct buf sql = { 0 };
    bool good = true;

    if (by_id)
        buf_format(&sql, "SELECT rowid, * FROM \"%s\" WHERE rowid >= ? ORDER BY rowid", table);
    else
        buf_format(&sql, "SELECT * FROM \"%s\"", table);
    /* A table that the old store does not have, or of which nothing is left, stays empty. */
    if (sqlite3_prepare_v2(c->old, sql.at, -1, &c->select, NULL) == SQLITE_OK) {
        c->columns = sqlite3_column_count(c->select) - (by_id ? 1 : 0);
        c->insert = prepare_insert(c, table, why);
        good = c->insert != NULL && copy_rows(c, by_id, why);
    }
    sqlite3_finalize(c->select);
    sqlite3_finalize(c->insert);
    c->select = c->insert = NULL;
    buf_free(&sql);
    return good;
}

/* The WAL of the old store stays as it is. A file that is too short is read only when the schema may be written. */
static sqlite3 *
open_old(const char *path, struct failure *why)
{
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *) NULL) == SQLITE_OK &&
        sqlite3_exec(db, "PRAGMA query_only=1; PRAGMA writable_schema=1; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) == SQLITE_OK)
        return db;
    failure_set(why, FAILURE_PROTOCOL, "store %s: its first page cannot be read; nothing was changed: try sqlite3 %s "
                ".recover | sqlite3 new.db, or move it away to begin anew", path, path);
    sqlite3_close(db);
    return NULL;
}

static bool
copy_all(sqlite3 *old, struct store *store, struct recovered *out, struct failure *why)
{
    struct copying c = { .old = old, .store = store };
    sqlite3_stmt *tables = db_prepare(store, "SELECT name, sql LIKE '%WITHOUT ROWID%' FROM sqlite_schema WHERE"
                                      " type='table' AND name NOT LIKE 'sqlite_%' ORDER BY name", why);
    bool row = true, good = tables != NULL;

    while (good && (good = db_row(store, tables, "recover", &row, why)) && row) {
        const char *name = db_text(tables, 0);
        uint64_t before = c.rows;

        good = copy_table(&c, name, sqlite3_column_int(tables, 1) == 0, why);
        if (strcmp(name, "notification") == 0)
            out->notifications = c.rows - before;
    }
    out->rows = c.rows;
    out->holes = c.holes;
    return good;
}

static bool
read_out(const char *path, const char *fresh, struct recovered *out, struct failure *why)
{
    sqlite3 *old = open_old(path, why);
    struct store *store = old != NULL ? store_open(fresh, STORE_WRITER, why) : NULL;
    bool good = store != NULL && db_begin(store, why);

    good = good && copy_all(old, store, out, why);
    if (good)
        good = db_commit(store, why);
    else if (store != NULL)
        db_rollback(store);
    store_close(store);
    sqlite3_close(old);
    return good;
}

static bool
take_place(const char *path, const char *fresh, const char *kept, struct failure *why)
{
    struct buf from = { 0 }, to = { 0 };
    bool good = true;

    for (int i = ENDS - 1; good && i >= 0; i--) {
        buf_clear(&from);
        buf_clear(&to);
        buf_format(&from, "%s%s", path, ends[i]);
        buf_format(&to, "%s%s", kept, ends[i]);
        good = rename(from.at, to.at) == 0 || errno == ENOENT || failure_errno(why, errno, "%s", to.at);
    }
    buf_clear(&from);
    buf_format(&from, "%s-shm", path);
    if (good)
        unlink(from.at);
    good = good && (rename(fresh, path) == 0 || failure_errno(why, errno, "%s", path));
    buf_free(&from);
    buf_free(&to);
    return good;
}

bool
store_recover(const char *url, struct recovered *out, struct failure *why)
{
    const char *path = plain_path(url);
    struct buf fresh = { 0 };
    bool good;

    memset(out, 0, sizeof *out);
    if (!name_aside(path, out->kept, sizeof out->kept, why))
        return false;
    buf_format(&fresh, "%s.fresh", path);
    unlink(fresh.at); /* of an attempt that did not end */
    good = read_out(path, fresh.at, out, why) && take_place(path, fresh.at, out->kept, why);
    buf_free(&fresh);
    return good;
}
