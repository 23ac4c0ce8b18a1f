/* The schema as numbered steps. A step that has been released is never changed: a new one follows it.
 *
 * The version is SQLite's user_version; application_id says that the file is ours. */
#include "store/db.h"

#include <stdio.h>

enum { APPLICATION_ID = 0x54724c6e }; /* "TrLn" */

/* Sums of the ledger. */
#define LEDGER_SUMS \
    " listener TEXT NOT NULL, since INTEGER NOT NULL," \
    " received INTEGER NOT NULL DEFAULT 0, framed INTEGER NOT NULL DEFAULT 0, stored INTEGER NOT NULL DEFAULT 0," \
    " duplicate INTEGER NOT NULL DEFAULT 0, repeated INTEGER NOT NULL DEFAULT 0," \
    " dropped INTEGER NOT NULL DEFAULT 0, malformed INTEGER NOT NULL DEFAULT 0," \
    " protocol INTEGER NOT NULL DEFAULT 0, lost_overflow INTEGER NOT NULL DEFAULT 0," \
    " lost_restart INTEGER NOT NULL DEFAULT 0, kernel_drops INTEGER NOT NULL DEFAULT 0," \
    " informs_answered INTEGER NOT NULL DEFAULT 0, rejected BLOB"
/* One row a run of the collector and listener; `run` 0 holds the runs that are over. */
#define LEDGER_TABLE \
    "CREATE TABLE ledger(run INTEGER NOT NULL," LEDGER_SUMS ", PRIMARY KEY(run, listener)) WITHOUT ROWID;"
/* What the sums were when an hour began: what came in it is the difference to the next one. */
#define SAMPLE_TABLES \
    "CREATE TABLE sample(id INTEGER PRIMARY KEY, hour INTEGER NOT NULL);" \
    "CREATE TABLE ledger_sample(sample INTEGER NOT NULL," LEDGER_SUMS ", PRIMARY KEY(listener, sample)) WITHOUT ROWID;" \
    "CREATE TABLE sender_sample(source TEXT NOT NULL, sample INTEGER NOT NULL, stored INTEGER NOT NULL," \
    " duplicate INTEGER NOT NULL, dropped INTEGER NOT NULL, rejected INTEGER NOT NULL, PRIMARY KEY(source, sample))" \
    " WITHOUT ROWID;" \
    "CREATE INDEX sender_sample_sample ON sender_sample(sample);"

static const struct {
    const char *what, *sql;
} steps[] = {
    { "identity, journal, ledger, senders, changes",
      "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
      "INSERT INTO meta VALUES('uuid', lower(hex(randomblob(4))||'-'||hex(randomblob(2))||'-4'||"
      " substr(hex(randomblob(2)),2)||'-'||substr('89ab',1+(random()&3),1)||substr(hex(randomblob(2)),2)||'-'||"
      " hex(randomblob(6))));"
      "INSERT INTO meta VALUES('inform-secret', randomblob(16));"
      "CREATE TABLE notification(id INTEGER PRIMARY KEY, received INTEGER NOT NULL, version INTEGER NOT NULL,"
      " inform INTEGER NOT NULL, severity INTEGER NOT NULL, why TEXT, source TEXT NOT NULL, origin TEXT,"
      " device TEXT, security TEXT, context TEXT, name BLOB NOT NULL, uptime INTEGER NOT NULL, pdu BLOB, raw BLOB);"
      "CREATE TABLE inform_seen(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, key BLOB NOT NULL);"
      "CREATE TABLE progress(run INTEGER PRIMARY KEY, frame INTEGER NOT NULL);"
      LEDGER_TABLE
      "CREATE TABLE listener(name TEXT PRIMARY KEY, address TEXT NOT NULL, asked INTEGER NOT NULL,"
      " granted INTEGER NOT NULL) WITHOUT ROWID;"
      "CREATE TABLE sender_count(source TEXT PRIMARY KEY, stored INTEGER NOT NULL, duplicate INTEGER NOT NULL,"
      " dropped INTEGER NOT NULL, rejected INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL)"
      " WITHOUT ROWID;"
      "CREATE TABLE rejected_sender(id INTEGER PRIMARY KEY, source TEXT NOT NULL, cause INTEGER NOT NULL,"
      " security TEXT NOT NULL, engine TEXT NOT NULL, count INTEGER NOT NULL, first INTEGER NOT NULL,"
      " last INTEGER NOT NULL, raw BLOB, UNIQUE(source, cause, security, engine));"
      "CREATE TABLE admitted_sender(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, source TEXT, profile TEXT,"
      " engine TEXT, at INTEGER NOT NULL, who TEXT NOT NULL);"
      "CREATE TABLE change(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, device TEXT NOT NULL,"
      " name BLOB NOT NULL, old_value BLOB, new_value BLOB, read_back BLOB, verdict INTEGER NOT NULL,"
      " words TEXT NOT NULL, undoes INTEGER NOT NULL);" },
    { "outbox and digests",
      "CREATE TABLE mail(id INTEGER PRIMARY KEY, created INTEGER NOT NULL, due INTEGER NOT NULL,"
      " expires INTEGER NOT NULL, state INTEGER NOT NULL, relay TEXT NOT NULL, cause TEXT NOT NULL,"
      " sender TEXT NOT NULL, subject TEXT NOT NULL, text TEXT, html TEXT, message_id TEXT NOT NULL,"
      " attempts INTEGER NOT NULL DEFAULT 0, words TEXT NOT NULL DEFAULT '', lease_until INTEGER NOT NULL DEFAULT 0,"
      " lease_owner TEXT NOT NULL DEFAULT '', sent_at INTEGER NOT NULL DEFAULT 0);"
      "CREATE INDEX mail_due ON mail(state, due);"
      "CREATE INDEX mail_sent ON mail(sent_at) WHERE sent_at > 0;"
      "CREATE INDEX mail_message_id ON mail(message_id);"
      "CREATE TABLE mail_recipient(mail INTEGER NOT NULL, position INTEGER NOT NULL, address TEXT NOT NULL,"
      " state INTEGER NOT NULL, code INTEGER NOT NULL DEFAULT 0, enhanced TEXT NOT NULL DEFAULT '',"
      " words TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(mail, position))"
      " WITHOUT ROWID;"
      "CREATE TABLE mail_attachment(mail INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL,"
      " type TEXT NOT NULL, octets BLOB NOT NULL, PRIMARY KEY(mail, position));"
      "CREATE TABLE mail_attempt(id INTEGER PRIMARY KEY, mail INTEGER NOT NULL, started INTEGER NOT NULL,"
      " ended INTEGER NOT NULL, relay TEXT NOT NULL, cause TEXT NOT NULL, protection TEXT NOT NULL,"
      " words TEXT NOT NULL, talk TEXT NOT NULL);"
      "CREATE INDEX mail_attempt_mail ON mail_attempt(mail);"
      "CREATE TABLE mail_relay(name TEXT PRIMARY KEY, failures INTEGER NOT NULL, next_try INTEGER NOT NULL,"
      " cause TEXT NOT NULL, words TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;"
      "CREATE TABLE digest_cursor(name TEXT PRIMARY KEY, upto INTEGER NOT NULL, last_run INTEGER NOT NULL,"
      " mail INTEGER NOT NULL, first INTEGER NOT NULL) WITHOUT ROWID;" },
    { "the ledger by the hour", SAMPLE_TABLES },
    { "relays whose line is not safe", "ALTER TABLE mail_relay ADD COLUMN alarm TEXT NOT NULL DEFAULT '';" },
    { "what is known of relays", "ALTER TABLE mail_relay ADD COLUMN known TEXT NOT NULL DEFAULT '';" },
    { "senders known by their certificate", "ALTER TABLE admitted_sender ADD COLUMN certificate TEXT;" },
};

int
schema_newest(void)
{
    return (int) (sizeof steps / sizeof steps[0]);
}

static bool
read_number(struct store *store, const char *sql, int *out, struct failure *why)
{
    sqlite3_stmt *pragma = db_prepare(store, sql, why);
    bool row;

    if (pragma == NULL || !db_row(store, pragma, "open", &row, why))
        return false;
    *out = row ? sqlite3_column_int(pragma, 0) : 0;
    sqlite3_reset(pragma);
    return true;
}

static bool
read_version(struct store *store, int *version, struct failure *why)
{
    int id, tables;

    if (!read_number(store, "PRAGMA user_version", version, why) ||
        !read_number(store, "PRAGMA application_id", &id, why) ||
        !read_number(store, "SELECT count(*) FROM sqlite_schema", &tables, why))
        return false;
    if (id != APPLICATION_ID && (tables > 0 || *version != 0))
        return failure_set(why, FAILURE_PROTOCOL, "open: %s is a database of another program; name another store",
                           store->path);
    if (*version > schema_newest())
        return failure_set(why, FAILURE_REFUSED, "open: store %s has schema version %d and this program knows %d; "
                           "use the newer trapline that wrote it", store->path, *version, schema_newest());
    return true;
}

static bool
take_step(struct store *store, int number, struct failure *why)
{
    char mark[96], what[120];
    int now;

    snprintf(what, sizeof what, "schema step %d (%s)", number, steps[number - 1].what);
    snprintf(mark, sizeof mark, "PRAGMA application_id=%d; PRAGMA user_version=%d", (int) APPLICATION_ID, number);
    if (!db_begin(store, why))
        return false;
    if (!read_number(store, "PRAGMA user_version", &now, why)) {
        db_rollback(store);
        return false;
    }
    if (now >= number) { /* another process was faster */
        db_rollback(store);
        return true;
    }
    if (!db_run(store, steps[number - 1].sql, what, why) || !db_run(store, mark, what, why)) {
        db_rollback(store);
        return false;
    }
    return db_commit(store, why);
}

bool
schema_migrate(struct store *store, struct failure *why)
{
    int version;

    if (!read_version(store, &version, why))
        return false;
    while (version < schema_newest())
        if (!take_step(store, ++version, why))
            return false;
    return true;
}

bool
schema_check(struct store *store, struct failure *why)
{
    int version;

    if (!read_version(store, &version, why))
        return false;
    if (version < schema_newest())
        return failure_set(why, FAILURE_REFUSED, "open: store %s has schema version %d, this program reads %d; start "
                           "this version's traplined once, which brings it forward", store->path, version,
                           schema_newest());
    return true;
}
