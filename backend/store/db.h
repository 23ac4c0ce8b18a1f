/* What every file of backend/store does with SQLite, and the only header that shows it.
 *
 * One connection a store, no busy wait: a lock that is held gives FAILURE_BUSY and the caller tries again at its next
 * turn. Statements are prepared once and kept; they are reset before they are handed out again. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "api/store.h"

#include <sqlite3.h>
#include <stddef.h>

enum { STORE_STATEMENTS = 96 };

struct store {
    sqlite3 *db;
    enum store_mode mode;
    char *path;
    char uuid[37];
    uint64_t device, inode; /* of the file when it was opened */
    int wal_pages;          /* pages in the WAL after the last commit of ours */
    size_t n_kept;
    struct {
        const char *sql;
        sqlite3_stmt *statement;
    } kept[STORE_STATEMENTS];
};

/* `sql` must be a literal: it is the key. NULL with *why on failure. */
sqlite3_stmt *db_prepare(struct store *store, const char *sql, struct failure *why);
/* Run it to its end, expecting no row, and reset it. `what` begins the sentence: "the journal". */
bool db_done(struct store *store, sqlite3_stmt *statement, const char *what, struct failure *why);
/* True and *row says whether there is one. When there is none, or on failure, the statement is reset. */
bool db_row(struct store *store, sqlite3_stmt *statement, const char *what, bool *row, struct failure *why);
bool db_run(struct store *store, const char *sql, const char *what, struct failure *why);
/* The sentence for SQLite's last error: locked, full, read-only, damaged, or its own words. Returns false. */
bool db_failure(struct store *store, const char *what, struct failure *why);

bool db_begin(struct store *store, struct failure *why); /* BEGIN IMMEDIATE */
bool db_commit(struct store *store, struct failure *why); /* rolled back when it fails */
void db_rollback(struct store *store);

/* Text and blobs are borrowed until the statement is reset; NULL binds NULL. */
void db_bind_text(sqlite3_stmt *statement, int at, const char *text);
void db_bind_blob(sqlite3_stmt *statement, int at, const void *octets, size_t n);
const char *db_text(sqlite3_stmt *statement, int column);      /* NULL for NULL */
const char *db_text_or(sqlite3_stmt *statement, int column, const char *other);
const uint8_t *db_blob(sqlite3_stmt *statement, int column, size_t *n);

/* schema.c: bring a store to this program's version, inside transactions of its own. */
bool schema_migrate(struct store *store, struct failure *why);
/* Refuse a store that this program cannot read. */
bool schema_check(struct store *store, struct failure *why);
int schema_newest(void);

#endif
