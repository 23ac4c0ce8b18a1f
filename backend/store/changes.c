/* The journal of SETs. Values are kept as the BER that SNMP would carry. */
#include "api/changes.h"
#include "core/ber.h"
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_ROOM = 70 * 1024 };

/* Five names and values at most in one row, each behind the other in one buffer. */
struct encoded {
    uint8_t *room;
    struct ber_out out;
};

static void
bind_value(sqlite3_stmt *insert, int at, struct encoded *to, const struct value *value)
{
    const uint8_t *end = to->out.at;

    ber_put_value(&to->out, value);
    db_bind_blob(insert, at, to->out.at, (size_t) (end - to->out.at));
}

static bool
bind_change(sqlite3_stmt *insert, struct encoded *to, const struct change *change)
{
    const uint8_t *end = to->out.at;

    sqlite3_bind_int64(insert, 1, change->at);
    db_bind_text(insert, 2, change->who != NULL ? change->who : "");
    db_bind_text(insert, 3, change->device != NULL ? change->device : "");
    ber_put_oid(&to->out, change->name.arc, change->name.n);
    db_bind_blob(insert, 4, to->out.at, (size_t) (end - to->out.at));
    bind_value(insert, 5, to, &change->old_value);
    bind_value(insert, 6, to, &change->new_value);
    bind_value(insert, 7, to, &change->read_back);
    sqlite3_bind_int(insert, 8, (int) change->verdict);
    db_bind_text(insert, 9, change->words != NULL ? change->words : "");
    sqlite3_bind_int64(insert, 10, change->undoes);
    return !to->out.full;
}

bool
changes_add(struct store *store, const struct change *change, int64_t *id, struct failure *why)
{
    sqlite3_stmt *insert = db_prepare(store, "INSERT INTO change(at, who, device, name, old_value, new_value,"
                                      " read_back, verdict, words, undoes) VALUES(?,?,?,?,?,?,?,?,?,?)", why);
    struct encoded to;
    bool done;

    if (insert == NULL)
        return false;
    to.room = memory_alloc(4 * VALUE_ROOM);
    to.out = (struct ber_out) { .start = to.room, .at = to.room + 4 * VALUE_ROOM };
    done = bind_change(insert, &to, change) ? db_done(store, insert, "the journal of changes", why) :
           failure_set(why, FAILURE_LIMIT, "the journal of changes: a value of more than %d octets is not kept",
                       (int) VALUE_ROOM);
    if (done && id != NULL)
        *id = sqlite3_last_insert_rowid(store->db);
    sqlite3_reset(insert);
    sqlite3_clear_bindings(insert);
    free(to.room);
    return done;
}

static void
read_value(sqlite3_stmt *select, int column, uint32_t arcs[OID_MAX], struct value *out)
{
    struct ber in;
    size_t n;

    memset(out, 0, sizeof *out);
    in.at = db_blob(select, column, &n);
    in.end = in.at + n;
    if (n > 0 && !ber_value(&in, arcs, out))
        memset(out, 0, sizeof *out);
}

static bool
give_row(sqlite3_stmt *select, change_row_fn *fn, void *arg)
{
    uint32_t arcs[3][OID_MAX];
    struct change change = { 0 };
    struct ber name, content;
    size_t n;

    change.id = sqlite3_column_int64(select, 0);
    change.at = sqlite3_column_int64(select, 1);
    change.who = db_text_or(select, 2, "");
    change.device = db_text_or(select, 3, "");
    name.at = db_blob(select, 4, &n);
    name.end = name.at + n;
    if (n > 0 && ber_expect(&name, BER_OID, &content))
        ber_oid(content, &change.name);
    read_value(select, 5, arcs[0], &change.old_value);
    read_value(select, 6, arcs[1], &change.new_value);
    read_value(select, 7, arcs[2], &change.read_back);
    change.verdict = (enum change_verdict) sqlite3_column_int(select, 8);
    change.words = db_text_or(select, 9, "");
    change.undoes = sqlite3_column_int64(select, 10);
    return fn(arg, &change);
}

bool
changes_before(struct store *store, int64_t before, size_t limit, change_row_fn *fn, void *arg,
               struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT id, at, who, device, name, old_value, new_value, read_back,"
                                      " verdict, words, undoes FROM change WHERE id < ? ORDER BY id DESC LIMIT ?",
                                      why);
    bool row;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, before > 0 ? before : INT64_MAX);
    sqlite3_bind_int64(select, 2, (int64_t) limit);
    for (;;) {
        if (!db_row(store, select, "the journal of changes", &row, why))
            return false;
        if (!row)
            return true;
        if (!give_row(select, fn, arg)) {
            sqlite3_reset(select);
            return true;
        }
    }
}
