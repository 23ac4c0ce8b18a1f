/* The ledger by the hour, and a store of the previous version brought forward. An hour passes by turning back what the
 * store says of the last sample. */
#include "store/db.h"
#include "store/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[64], path[128];
static struct store *store;
static struct recorder *recorder;
static struct failure why;
static const int64_t hour = (int64_t) 3600 * 1000000000;

#define GOOD(call) \
    do { \
        if (!(call)) \
            fail_msg("%s: %s", #call, why.text); \
    } while (0)

static void
open_all(uint64_t run)
{
    GOOD(store = store_open(path, STORE_WRITER, &why));
    GOOD(recorder = recorder_open(store, run, &why));
}

static void
close_all(void)
{
    recorder_close(recorder);
    store_close(store);
    recorder = NULL;
    store = NULL;
}

static int
set_up(void **state)
{
    (void) state;
    snprintf(directory, sizeof directory, "/tmp/trapline-ledger-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/t.db", directory);
    return 0;
}

static int
tear_down(void **state)
{
    static const char *const names[] = { "t.db", "t.db-wal", "t.db-shm" };
    char name[256];

    (void) state;
    close_all();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(name, sizeof name, "%s/%s", directory, names[i]);
        unlink(name);
    }
    return rmdir(directory);
}

/* The first transaction of a run, as the writer's. */
static void
begin_run(const char *const *listeners, size_t n)
{
    GOOD(record_begin(recorder, &why));
    for (size_t i = 0; i < n; i++)
        GOOD(record_outcome(recorder, listeners[i], 0, 0, 0, &why));
    GOOD(record_sample(recorder, &why));
    GOOD(record_fold(recorder, &why));
    GOOD(record_commit(recorder, 1, &why));
}

/* Sums of the run so far, and of what was stored in this transaction. */
static void
receive(const char *listener, uint64_t received, uint64_t rejected, uint64_t stored)
{
    struct ledger_sums sums = { .received = received, .framed = received - rejected, .rejected = { [REJECT_SOURCE] = rejected } };

    GOOD(record_begin(recorder, &why));
    GOOD(record_sums(recorder, listener, &sums, &why));
    GOOD(record_outcome(recorder, listener, stored, 0, 0, &why));
    GOOD(record_commit(recorder, 1, &why));
}

static void
hear(const char *source, uint64_t stored, uint64_t rejected)
{
    GOOD(record_begin(recorder, &why));
    GOOD(record_sender(recorder, &(struct sender_count) { source, stored, 0, 0, rejected, 1, 1 }, &why));
    GOOD(record_commit(recorder, 1, &why));
}

static void
hours_pass(int n, uint64_t run, const char *const *listeners, size_t n_listeners)
{
    char sql[80];

    snprintf(sql, sizeof sql, "UPDATE sample SET hour = hour - %lld", (long long) n * hour);
    GOOD(db_run(store, sql, "test", &why));
    close_all();
    open_all(run);
    begin_run(listeners, n_listeners);
}

struct seen {
    int n;
    struct ledger_hour rows[16];
    char listeners[16][16];
};

static bool
see(void *arg, const struct ledger_hour *row)
{
    struct seen *seen = arg;

    assert_in_range(seen->n, 0, 15);
    snprintf(seen->listeners[seen->n], 16, "%s", row->listener);
    seen->rows[seen->n++] = *row;
    return true;
}

static const char *const both[] = { "a", "b" };

static void
what_came_in_an_hour_is_a_difference(void **state)
{
    struct seen seen = { 0 };
    struct ledger all;
    uint64_t received = 0, stored = 0, rejected = 0;

    (void) state;
    open_all(17);
    begin_run(both, 1);
    receive("a", 10, 3, 7);
    receive("a", 12, 3, 2);
    hours_pass(1, 17, both, 1); /* the same run goes on: its sums stay absolute */
    receive("a", 12, 3, 0);
    hours_pass(1, 17, both, 1);
    receive("a", 20, 5, 6);
    hours_pass(2, 18, both, 2); /* another run, with one more listener */
    receive("a", 5, 0, 5);
    receive("b", 9, 0, 9);
    GOOD(ledger_hours(store, 0, see, &seen, &why));
    assert_int_equal(seen.n, 4); /* the second hour is left out: nothing came */
    assert_string_equal(seen.listeners[2], "a");
    assert_string_equal(seen.listeners[3], "b");
    assert_int_equal(seen.rows[0].ledger.received, 12);
    assert_int_equal(seen.rows[0].ledger.stored, 9);
    assert_int_equal(seen.rows[0].ledger.by_cause[REJECT_SOURCE], 3);
    assert_int_equal(seen.rows[1].ledger.received, 8);
    assert_int_equal(seen.rows[1].ledger.rejected, 2);
    assert_int_equal(seen.rows[2].ledger.received, 5);
    assert_int_equal(seen.rows[3].ledger.received, 9);
    assert_int_equal(seen.rows[2].hour - seen.rows[0].hour, 4 * hour);
    assert_int_equal(seen.rows[2].hour - seen.rows[1].hour, 2 * hour);
    for (int i = 0; i < seen.n; i++) {
        assert_true(ledger_adds_up(&seen.rows[i].ledger));
        received += seen.rows[i].ledger.received;
        stored += seen.rows[i].ledger.stored;
        rejected += seen.rows[i].ledger.rejected;
    }
    GOOD(ledger_read(store, &all, &why));
    assert_int_equal(received, all.received);
    assert_int_equal(stored, all.stored);
    assert_int_equal(rejected, all.rejected);
    memset(&seen, 0, sizeof seen);
    GOOD(ledger_hours(store, (int64_t) time(NULL) * 1000000000, see, &seen, &why));
    assert_int_equal(seen.n, 2); /* this hour */
    assert_int_equal(seen.rows[0].ledger.received, 5);
    memset(&seen, 0, sizeof seen);
    GOOD(ledger_hours(store, (int64_t) time(NULL) * 1000000000 + 2 * hour, see, &seen, &why));
    assert_int_equal(seen.n, 0);
}

struct heard {
    int n;
    struct sender_count rows[16];
    char sources[16][32];
};

static bool
note(void *arg, const struct sender_count *row)
{
    struct heard *heard = arg;

    assert_in_range(heard->n, 0, 15);
    snprintf(heard->sources[heard->n], 32, "%s", row->source);
    heard->rows[heard->n++] = *row;
    return true;
}

static void
each_sender_by_the_hour(void **state)
{
    struct heard heard = { 0 };

    (void) state;
    open_all(17);
    begin_run(both, 1);
    hear("10.0.0.1", 5, 0);
    hear("10.0.0.1", 1, 2);
    hear("10.0.0.2", 7, 0);
    hours_pass(1, 17, both, 1);
    hear("10.0.0.2", 0, 4);
    hours_pass(1, 17, both, 1);
    hear("10.0.0.1", 3, 0);
    GOOD(ledger_sender_hours(store, 0, NULL, note, &heard, &why));
    assert_int_equal(heard.n, 4);
    assert_string_equal(heard.sources[0], "10.0.0.1");
    assert_int_equal(heard.rows[0].stored, 6);
    assert_int_equal(heard.rows[0].rejected, 2);
    assert_int_equal(heard.rows[1].stored, 3);
    assert_int_equal(heard.rows[1].first - heard.rows[0].first, 2 * hour);
    assert_int_equal(heard.rows[1].last - heard.rows[1].first, hour);
    assert_string_equal(heard.sources[3], "10.0.0.2");
    assert_int_equal(heard.rows[2].stored, 7);
    assert_int_equal(heard.rows[3].stored, 0);
    assert_int_equal(heard.rows[3].rejected, 4);
    memset(&heard, 0, sizeof heard);
    GOOD(ledger_sender_hours(store, (int64_t) time(NULL) * 1000000000, "10.0.0.1", note, &heard, &why));
    assert_int_equal(heard.n, 1);
    assert_int_equal(heard.rows[0].stored, 3);
}

static int64_t
number_of(const char *sql)
{
    sqlite3_stmt *select = db_prepare(store, sql, &why);
    int64_t number;

    assert_non_null(select);
    assert_int_equal(sqlite3_step(select), SQLITE_ROW);
    number = sqlite3_column_int64(select, 0);
    sqlite3_reset(select);
    return number;
}

static void
samples_are_bounded(void **state)
{
    (void) state;
    open_all(17);
    begin_run(both, 2);
    GOOD(db_run(store, "BEGIN; WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i+1 FROM n WHERE i<1000)"
                " INSERT INTO sample SELECT i, i FROM n;"
                " WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i+1 FROM n WHERE i<1000)"
                " INSERT INTO ledger_sample(sample, listener, since) SELECT i, 'a', 1 FROM n;"
                " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200000)"
                " INSERT INTO sender_sample SELECT 'sender '||i, 301+i/1000, 0, 0, 0, 0 FROM n; COMMIT", "test", &why));
    hours_pass(0, 17, both, 2);
    assert_int_equal(number_of("SELECT count(*) FROM sample"), 768);
    assert_in_range(number_of("SELECT count(*) FROM ledger_sample WHERE listener='a'"), 700, 768);
    assert_in_range(number_of("SELECT count(*) FROM sender_sample"), 90000, 100000);
    assert_int_equal(number_of("SELECT max(sample) FROM sender_sample"), 501); /* the oldest went */
}

static void
a_store_of_the_previous_version_comes_along(void **state)
{
    static const char *const listeners[] = { "udp:127.0.0.1:0" };
    char name[512], *sql;
    struct ledger before, after;
    struct seen seen = { 0 };
    FILE *file;
    sqlite3 *db;
    size_t n;

    (void) state;
    snprintf(name, sizeof name, "%s/tests/unit/store-2.sql", getenv("top_srcdir") != NULL ? getenv("top_srcdir") : "..");
    assert_non_null(file = fopen(name, "r"));
    assert_non_null(sql = calloc(1, 65536));
    n = fread(sql, 1, 65535, file);
    fclose(file);
    assert_in_range(n, 1000, 65534);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    free(sql);
    assert_null(store_open(path, STORE_READ, &why)); /* not yet: a reader does not change it */
    open_all(99);
    assert_int_equal(number_of("PRAGMA user_version"), schema_newest());
    assert_int_equal(number_of("SELECT count(*) FROM notification"), 4);
    GOOD(ledger_read(store, &before, &why));
    assert_int_equal(before.received, 5);
    assert_int_equal(before.stored, 4);
    assert_true(ledger_adds_up(&before));
    begin_run(listeners, 1);
    GOOD(ledger_hours(store, 0, see, &seen, &why));
    assert_int_equal(seen.n, 0); /* when it came, nobody knows any more */
    receive(listeners[0], 8, 0, 8);
    GOOD(ledger_hours(store, 0, see, &seen, &why));
    assert_int_equal(seen.n, 1);
    assert_int_equal(seen.rows[0].ledger.received, 8);
    GOOD(ledger_read(store, &after, &why));
    assert_int_equal(after.received, 13);
    assert_true(ledger_adds_up(&after));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_came_in_an_hour_is_a_difference), CASE(each_sender_by_the_hour), CASE(samples_are_bounded),
        CASE(a_store_of_the_previous_version_comes_along),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
