/* The connection: opening with care, statements that are kept, and SQLite's errors as sentences. */
#include "store/db.h"

#include "core/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A damaged file of up to this size is found out when it is opened; larger ones when the damage is met. */
enum { CHECKED_WHOLE = 32 * 1024 * 1024 };

bool
db_failure(struct store *store, const char *what, struct failure *why)
{
    int code = sqlite3_extended_errcode(store->db), error = sqlite3_system_errno(store->db), kind = code & 0xff;
    const char *words = sqlite3_errmsg(store->db);

    if (kind == SQLITE_IOERR && (error == ENOSPC || error == EDQUOT)) { /* so it calls that for its -shm */
        kind = SQLITE_FULL;
        words = strerror(error);
    }
    switch (kind) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return failure_set(why, FAILURE_BUSY, "%s: store %s is locked by another process; try again", what,
                           store->path);
    case SQLITE_FULL:
        return failure_set(why, FAILURE_LIMIT, "%s: no room for store %s (%s); make room on its disk", what,
                           store->path, words);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return failure_set(why, FAILURE_REFUSED, "%s: store %s cannot be written (%s); mend its permissions or "
                           "its disk", what, store->path, words);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return failure_set(why, FAILURE_PROTOCOL, "%s: store %s is damaged (%s); nothing was changed; traplined "
                           "--recover reads out what is left", what, store->path, words);
    case SQLITE_CANTOPEN:
        return failure_set(why, FAILURE_ABSENT, "%s: store %s cannot be opened; its directory must exist and be "
                           "writable", what, store->path);
    default:
        return failure_set(why, FAILURE_SYSTEM, "%s: store %s: %s (SQLite %d)", what, store->path, words, code);
    }
}

sqlite3_stmt *
db_prepare(struct store *store, const char *sql, struct failure *why)
{
    sqlite3_stmt *statement = NULL;

    for (size_t i = 0; i < store->n_kept; i++) /* nearly always the same literal */
        if (store->kept[i].sql == sql) {
            sqlite3_reset(store->kept[i].statement);
            return store->kept[i].statement;
        }
    for (size_t i = 0; i < store->n_kept; i++)
        if (strcmp(store->kept[i].sql, sql) == 0) {
            sqlite3_reset(store->kept[i].statement);
            return store->kept[i].statement;
        }
    if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
        db_failure(store, "prepare", why);
        return NULL;
    }
    if (store->n_kept == STORE_STATEMENTS)
        sqlite3_finalize(store->kept[--store->n_kept].statement);
    store->kept[store->n_kept].sql = sql;
    store->kept[store->n_kept++].statement = statement;
    return statement;
}

bool
db_row(struct store *store, sqlite3_stmt *statement, const char *what, bool *row, struct failure *why)
{
    int code = sqlite3_step(statement);

    *row = code == SQLITE_ROW;
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        db_failure(store, what, why);
    sqlite3_reset(statement);
    return code == SQLITE_DONE;
}

bool
db_done(struct store *store, sqlite3_stmt *statement, const char *what, struct failure *why)
{
    bool row;

    if (!db_row(store, statement, what, &row, why))
        return false;
    if (row)
        sqlite3_reset(statement);
    return true;
}

bool
db_run(struct store *store, const char *sql, const char *what, struct failure *why)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK || db_failure(store, what, why);
}

bool
db_begin(struct store *store, struct failure *why)
{
    sqlite3_stmt *begin = db_prepare(store, "BEGIN IMMEDIATE", why);

    return begin != NULL && db_done(store, begin, "begin", why);
}

bool
db_commit(struct store *store, struct failure *why)
{
    sqlite3_stmt *commit = db_prepare(store, "COMMIT", why);

    if (commit != NULL && db_done(store, commit, "commit", why))
        return true;
    db_rollback(store);
    return false;
}

void
db_rollback(struct store *store)
{
    for (size_t i = 0; i < store->n_kept; i++)
        sqlite3_reset(store->kept[i].statement);
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

void
db_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC); /* NULL binds NULL */
}

void
db_bind_blob(sqlite3_stmt *statement, int at, const void *octets, size_t n)
{
    if (octets == NULL)
        sqlite3_bind_null(statement, at);
    else
        sqlite3_bind_blob64(statement, at, octets, n, SQLITE_STATIC);
}

const char *
db_text(sqlite3_stmt *statement, int column)
{
    return (const char *) sqlite3_column_text(statement, column);
}

const char *
db_text_or(sqlite3_stmt *statement, int column, const char *other)
{
    const char *text = db_text(statement, column);

    return text != NULL ? text : other;
}

const uint8_t *
db_blob(sqlite3_stmt *statement, int column, size_t *n)
{
    const uint8_t *octets = sqlite3_column_blob(statement, column);

    *n = (size_t) sqlite3_column_bytes(statement, column);
    return octets;
}

static int
note_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct store *store = arg;

    (void) db;
    (void) name;
    store->wal_pages = pages;
    return SQLITE_OK;
}

static bool
pragma_number(struct store *store, const char *sql, int64_t *out, struct failure *why)
{
    sqlite3_stmt *pragma = db_prepare(store, sql, why);
    bool row;

    if (pragma == NULL || !db_row(store, pragma, "open", &row, why))
        return false;
    *out = row ? sqlite3_column_int64(pragma, 0) : 0;
    sqlite3_reset(pragma);
    return true;
}

static bool
configure(struct store *store, struct failure *why)
{
    const char *sql = store->mode == STORE_READ ?
                          "PRAGMA query_only=1; PRAGMA trusted_schema=0" :
                          "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                          "PRAGMA trusted_schema=0; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-16384";

    /* The writer checkpoints when it has time; nobody else ever does, not even when closing. */
    sqlite3_wal_autocheckpoint(store->db, 0);
    sqlite3_wal_hook(store->db, note_wal, store);
    if (store->mode != STORE_WRITER)
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *) NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *) NULL);
    return db_run(store, sql, "open", why);
}

/* A file shorter than the pages it counts has lost its end; with a WAL, the end may be there. */
static bool
check_length(struct store *store, struct failure *why)
{
    struct buf wal = { 0 };
    struct stat file, log = { 0 };
    int64_t pages, size;

    buf_format(&wal, "%s-wal", store->path);
    if (stat(wal.at, &log) != 0)
        log.st_size = 0;
    buf_free(&wal);
    if (stat(store->path, &file) != 0)
        return failure_errno(why, errno, "open: store %s", store->path);
    store->device = file.st_dev;
    store->inode = file.st_ino;
    if (!pragma_number(store, "PRAGMA page_count", &pages, why) ||
        !pragma_number(store, "PRAGMA page_size", &size, why))
        return false;
    if (log.st_size == 0 && file.st_size < pages * size)
        return failure_set(why, FAILURE_PROTOCOL, "open: store %s is torn: %lld octets where %lld should be; "
                           "nothing was changed; traplined --recover reads out what is left", store->path,
                           (long long) file.st_size, (long long) (pages * size));
    return true;
}

static bool
check_whole(struct store *store, struct failure *why)
{
    sqlite3_stmt *check;
    int64_t pages, size;
    bool row;

    if (!pragma_number(store, "PRAGMA page_count", &pages, why) ||
        !pragma_number(store, "PRAGMA page_size", &size, why))
        return false;
    if (pages * size > CHECKED_WHOLE)
        return true;
    check = db_prepare(store, "PRAGMA quick_check(1)", why);
    if (check == NULL || !db_row(store, check, "open", &row, why))
        return false;
    if (row && strcmp(db_text_or(check, 0, ""), "ok") != 0) {
        failure_set(why, FAILURE_PROTOCOL, "open: store %s is damaged (%.120s); nothing was changed; traplined "
                    "--recover reads out what is left", store->path, db_text_or(check, 0, ""));
        sqlite3_reset(check);
        return false;
    }
    sqlite3_reset(check);
    return true;
}

static bool
read_uuid(struct store *store, struct failure *why)
{
    sqlite3_stmt *find = db_prepare(store, "SELECT value FROM meta WHERE key='uuid'", why);
    bool row;

    if (find == NULL || !db_row(store, find, "open", &row, why))
        return false;
    if (!row || sqlite3_column_bytes(find, 0) != (int) sizeof store->uuid - 1) {
        sqlite3_reset(find);
        return failure_set(why, FAILURE_PROTOCOL, "open: store %s has no identity; it was not made by trapline",
                           store->path);
    }
    memcpy(store->uuid, db_text(find, 0), sizeof store->uuid);
    sqlite3_reset(find);
    return true;
}

static const char *
path_of(const char *url, struct failure *why)
{
    if (strncmp(url, "postgresql:", 11) == 0 || strncmp(url, "postgres:", 9) == 0) {
        failure_set(why, FAILURE_USAGE, "store: %.40s: this build has no PostgreSQL; use sqlite:PATH", url);
        return NULL;
    }
    return strncmp(url, "sqlite:", 7) == 0 ? url + 7 : url;
}

/* SQLITE_OPEN_NOFOLLOW refuses a link anywhere in the path; the directory may be one, the file may not dangle. */
static char *
resolve_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *whole = realpath(path, NULL), *parent, *at;
    struct buf joined = { 0 };

    if (whole != NULL)
        return whole;
    parent = memory_text(slash == NULL ? "." : path);
    if (slash != NULL)
        parent[slash == path ? 1 : slash - path] = '\0';
    at = realpath(parent, NULL);
    buf_format(&joined, "%s/%s", at != NULL ? at : parent, slash == NULL ? path : slash + 1);
    free(at);
    free(parent);
    return buf_take(&joined);
}

static bool
open_file(struct store *store, struct failure *why)
{
    int flags = store->mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    mode_t mask;
    int code;

    if (store->mode == STORE_READ && access(store->path, F_OK) != 0)
        return failure_set(why, FAILURE_ABSENT, "open: there is no store %s yet; start traplined, which makes it",
                           store->path);
    mask = umask(077);
    code = sqlite3_open_v2(store->path, &store->db, flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK) {
        /* Others may be making or recovering it just now; afterwards nothing waits. */
        sqlite3_busy_timeout(store->db, 2000);
        code = configure(store, why) && (store->mode == STORE_READ || schema_migrate(store, why)) &&
               schema_check(store, why) && read_uuid(store, why) && check_length(store, why) &&
               (store->mode != STORE_WRITER || check_whole(store, why)) ? SQLITE_OK : SQLITE_ERROR;
        sqlite3_busy_timeout(store->db, 0);
    } else {
        db_failure(store, "open", why);
    }
    umask(mask);
    return code == SQLITE_OK;
}

struct store *
store_open(const char *url, enum store_mode mode, struct failure *why)
{
    const char *path = path_of(url, why);
    struct store *store;

    if (path == NULL)
        return NULL;
    store = memory_zero(1, sizeof *store);
    store->mode = mode;
    store->path = resolve_path(path);
    if (open_file(store, why))
        return store;
    if (store->db != NULL) /* or closing would write the WAL into a file that is damaged */
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *) NULL);
    store_close(store);
    return NULL;
}

void
store_close(struct store *store)
{
    if (store == NULL)
        return;
    /* sqlite3_close refuses while statements live, and would leave the WAL behind. */
    for (size_t i = 0; i < store->n_kept; i++)
        sqlite3_finalize(store->kept[i].statement);
    sqlite3_close(store->db);
    free(store->path);
    free(store);
}

int64_t
store_data_version(struct store *store)
{
    int64_t version = 0;

    pragma_number(store, "PRAGMA data_version", &version, NULL);
    return version;
}

const char *
store_uuid(const struct store *store)
{
    return store->uuid;
}
