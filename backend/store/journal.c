/* Reading the journal. Varbinds are decoded when a row is read: from the datagram for v1 and v2c, from the decrypted
 * PDU for v3. */
#include "api/journal.h"
#include "core/memory.h"
#include "core/trap.h"
#include "store/db.h"

#define COLUMNS \
    "id, received, version, inform, severity, why, source, coalesce(origin, source), device, security, context," \
    " name, uptime, pdu, raw"

/* Rows before the arena is emptied: few allocations, little memory. */
enum { ROWS_AN_ARENA = 32 };

static void
read_varbinds(sqlite3_stmt *select, struct arena *arena, struct notification *out)
{
    struct trap *trap = arena_alloc(arena, sizeof *trap);
    struct varbind *list = NULL;
    const uint8_t *pdu;
    size_t n_pdu;
    enum trap_verdict verdict;

    pdu = db_blob(select, 13, &n_pdu);
    out->raw = db_blob(select, 14, &out->n_raw);
    verdict = n_pdu > 0 ? trap_read_pdu(pdu, n_pdu, trap) : trap_read(out->raw, out->n_raw, trap);
    if (verdict != TRAP_GOOD || !trap_varbinds(trap, arena, &list, &out->n_varbinds))
        out->n_varbinds = 0;
    out->varbinds = list;
}

static bool
give_row(sqlite3_stmt *select, struct arena *arena, journal_row_fn *fn, void *arg)
{
    struct notification row = { 0 };
    struct ber name;
    size_t n;

    row.id = sqlite3_column_int64(select, 0);
    row.received = sqlite3_column_int64(select, 1);
    row.version = sqlite3_column_int(select, 2);
    row.inform = sqlite3_column_int(select, 3) != 0;
    row.severity = (enum severity) sqlite3_column_int(select, 4);
    row.why = db_text_or(select, 5, "");
    row.source = db_text_or(select, 6, "");
    row.origin = db_text_or(select, 7, "");
    row.device = db_text(select, 8);
    row.security = db_text(select, 9);
    row.context = db_text_or(select, 10, "");
    name.at = db_blob(select, 11, &n);
    name.end = name.at + n;
    if (n == 0 || !ber_oid(name, &row.name))
        row.name.n = 0;
    row.uptime = (uint64_t) sqlite3_column_int64(select, 12);
    read_varbinds(select, arena, &row);
    return fn(arg, &row);
}

static bool
give_rows(struct store *store, sqlite3_stmt *select, journal_row_fn *fn, void *arg, size_t *given,
          struct failure *why)
{
    struct arena *arena = arena_new();
    bool row, good, more = true;

    *given = 0;
    while ((good = db_row(store, select, "the journal", &row, why)) && row) {
        more = give_row(select, arena, fn, arg);
        if (++*given % ROWS_AN_ARENA == 0)
            arena_clear(arena);
        if (!more)
            break;
    }
    if (!more)
        sqlite3_reset(select);
    arena_free(arena);
    return good;
}

static bool
range(struct store *store, const char *sql, int64_t bound, size_t limit, journal_row_fn *fn, void *arg,
      struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, sql, why);
    size_t given;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, bound);
    sqlite3_bind_int64(select, 2, (int64_t) limit);
    return give_rows(store, select, fn, arg, &given, why);
}

bool
journal_after(struct store *store, int64_t after, size_t limit, journal_row_fn *fn, void *arg, struct failure *why)
{
    return range(store, "SELECT " COLUMNS " FROM notification WHERE id > ? ORDER BY id LIMIT ?", after, limit, fn,
                 arg, why);
}

bool
journal_before(struct store *store, int64_t before, size_t limit, journal_row_fn *fn, void *arg,
               struct failure *why)
{
    return range(store, "SELECT " COLUMNS " FROM notification WHERE id < ? ORDER BY id DESC LIMIT ?", before, limit,
                 fn, arg, why);
}

bool
journal_one(struct store *store, int64_t id, journal_row_fn *fn, void *arg, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT " COLUMNS " FROM notification WHERE id=?", why);
    size_t given;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, id);
    if (!give_rows(store, select, fn, arg, &given, why))
        return false;
    return given > 0 || failure_set(why, FAILURE_ABSENT, "the journal: there is no row %lld; it may have been "
                                    "removed by retention", (long long) id);
}

bool
journal_bounds(struct store *store, int64_t *oldest, int64_t *newest, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT (SELECT min(id) FROM notification),"
                                      " (SELECT max(id) FROM notification)", why);
    bool row;

    if (select == NULL || !db_row(store, select, "the journal", &row, why))
        return false;
    *oldest = sqlite3_column_int64(select, 0);
    *newest = sqlite3_column_int64(select, 1);
    sqlite3_reset(select);
    return true;
}

bool
journal_since(struct store *store, int64_t at, int64_t low, int64_t high, int64_t *before, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT received FROM notification WHERE id >= ? ORDER BY id LIMIT 1", why);
    bool row;

    if (select == NULL)
        return false;
    while (low < high) {
        int64_t middle = low + (high - low) / 2 + 1;

        sqlite3_bind_int64(select, 1, middle);
        if (!db_row(store, select, "the journal", &row, why))
            return false;
        if (row && sqlite3_column_int64(select, 0) < at)
            low = middle;
        else
            high = middle - 1;
        sqlite3_reset(select);
    }
    *before = low;
    return true;
}
