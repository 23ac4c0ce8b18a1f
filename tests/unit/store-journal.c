/* The journal, the ledger and the senders: written as the collector does, read as a console does. */
#include "api/settings.h"
#include "core/trap.h"
#include "store/db.h"
#include "store/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[64], path[128];
static struct store *writer, *reader;
static struct recorder *recorder;
static struct failure why;

#define GOOD(call) \
    do { \
        if (!(call)) \
            fail_msg("%s: %s", #call, why.text); \
    } while (0)

static int
set_up(void **state)
{
    (void) state;
    snprintf(directory, sizeof directory, "/tmp/trapline-journal-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/t.db", directory);
    GOOD(writer = store_open(path, STORE_WRITER, &why));
    GOOD(reader = store_open(path, STORE_READ, &why));
    GOOD(recorder = recorder_open(writer, 17, &why));
    return 0;
}

static int
tear_down(void **state)
{
    static const char *const names[] = { "t.db", "t.db-wal", "t.db-shm", "moved.db" };
    char name[256];

    (void) state;
    recorder_close(recorder);
    store_close(reader);
    store_close(writer);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(name, sizeof name, "%s/%s", directory, names[i]);
        unlink(name);
    }
    return rmdir(directory);
}

/* v2c, community "*", linkDown, uptime 5, ifIndex.3 = 3 */
static const uint8_t message[] = "\x30\x3b\2\1\1\4\1*\xa7\x33\2\1\7\2\1\0\2\1\0\x30\x28"
                                 "\x30\x0d\6\x08\x2b\6\1\2\1\1\3\0\x43\1\5"
                                 "\x30\x17\6\x0a\x2b\6\1\6\3\1\1\4\1\0\6\x09\x2b\6\1\6\3\1\1\5\3";

static void
add(int64_t received, int64_t *id)
{
    static const uint8_t name[] = "\x2b\6\1\6\3\1\1\5\3";
    struct record record = { .received = received, .version = 2, .severity = SEVERITY_CRITICAL,
                             .why = "standard: linkDown", .source = "10.0.0.1:1024", .name = name,
                             .n_name = 9, .uptime = 5, .raw = message, .n_raw = sizeof message - 1 };

    GOOD(record_add(recorder, &record, id, &why));
}

struct seen {
    int n;
    int64_t ids[8];
};

static bool
see(void *arg, const struct notification *row)
{
    struct seen *seen = arg;
    char text[OID_TEXT_MAX];

    assert_string_equal(row->origin, "10.0.0.1:1024");
    assert_string_equal(row->why, "standard: linkDown");
    assert_null(row->device);
    assert_null(row->security);
    assert_string_equal(oid_format(&row->name, text), "1.3.6.1.6.3.1.1.5.3");
    assert_int_equal(row->n_raw, sizeof message - 1);
    if (seen->n < 8)
        seen->ids[seen->n] = row->id;
    seen->n++;
    return true;
}

static void
rows_are_seen_only_when_committed(void **state)
{
    int64_t version = store_data_version(reader), id, oldest, newest;
    struct seen seen = { 0 };

    (void) state;
    GOOD(record_begin(recorder, &why));
    for (int i = 0; i < 3; i++)
        add(i, &id);
    GOOD(journal_bounds(reader, &oldest, &newest, &why));
    assert_int_equal(newest, 0);
    GOOD(record_commit(recorder, 3, &why));
    assert_int_not_equal(store_data_version(reader), version);
    GOOD(journal_bounds(reader, &oldest, &newest, &why));
    assert_int_equal(oldest, 1);
    assert_int_equal(newest, 3);
    GOOD(journal_after(reader, 1, 10, see, &seen, &why));
    assert_int_equal(seen.n, 2);
    assert_int_equal(seen.ids[1], 3);
    seen.n = 0;
    GOOD(journal_before(reader, 3, 1, see, &seen, &why));
    assert_int_equal(seen.n, 1);
    assert_int_equal(seen.ids[0], 2);
    seen.n = 0;
    GOOD(journal_one(reader, 2, see, &seen, &why));
    assert_int_equal(seen.n, 1);
    assert_false(journal_one(reader, 99, see, &seen, &why));
    assert_int_equal(why.kind, FAILURE_ABSENT);
    assert_int_equal(sqlite3_next_stmt(reader->db, NULL) != NULL, 1);
    for (sqlite3_stmt *s = NULL; (s = sqlite3_next_stmt(reader->db, s)) != NULL;)
        assert_false(sqlite3_stmt_busy(s)); /* no read transaction outlives a call */
}

static void
a_time_is_found_by_halving(void **state)
{
    static const struct {
        int64_t at, before;
    } cases[] = { { 0, 0 },  { 10, 0 },     { 11, 1 },     { 20, 1 },
                  { 25, 2 }, { 1000, 99 }, { 1001, 100 }, { INT64_MAX, 100 } };
    int64_t id, before;

    (void) state;
    GOOD(journal_since(reader, 5, 0, 0, &before, &why));
    assert_int_equal(before, 0);
    GOOD(record_begin(recorder, &why));
    for (int i = 1; i <= 100; i++)
        add((int64_t) i * 10, &id);
    GOOD(record_commit(recorder, 100, &why));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        GOOD(journal_since(reader, cases[i].at, 0, 100, &before, &why));
        assert_int_equal(before, cases[i].before);
    }
    GOOD(journal_since(reader, 15, 40, 100, &before, &why));
    assert_int_equal(before, 40);
}

static void
an_inform_is_new_once(void **state)
{
    static const uint8_t key[16] = "0123456789abcde", other[16] = "0123xxxxxxxxxxx";
    const int64_t second = 1000000000;
    bool fresh;

    (void) state;
    GOOD(record_begin(recorder, &why));
    GOOD(record_inform(recorder, key, 1000 * second, &fresh, &why));
    assert_true(fresh);
    GOOD(record_inform(recorder, other, 1000 * second, &fresh, &why));
    assert_true(fresh);
    GOOD(record_inform(recorder, key, 1010 * second, &fresh, &why));
    assert_false(fresh);
    GOOD(record_commit(recorder, 1, &why));
    /* Another process knows it too, ... */
    recorder_close(recorder);
    GOOD(recorder = recorder_open(writer, 17, &why));
    assert_int_equal(recorder_frame(recorder), 1);
    GOOD(record_begin(recorder, &why));
    GOOD(record_inform(recorder, key, 1020 * second, &fresh, &why));
    assert_false(fresh);
    /* ... and an hour later the same words are news: the agent started again. */
    GOOD(record_inform(recorder, key, 4600 * second, &fresh, &why));
    assert_true(fresh);
    GOOD(record_commit(recorder, 2, &why));
}

static void
what_was_rolled_back_did_not_happen(void **state)
{
    static const uint8_t key[16] = "0123456789abcde";
    int64_t id, oldest, newest;
    bool fresh;

    (void) state;
    GOOD(record_begin(recorder, &why));
    add(1, &id);
    GOOD(record_inform(recorder, key, 5, &fresh, &why));
    recorder_close(recorder);
    GOOD(recorder = recorder_open(writer, 17, &why));
    GOOD(journal_bounds(reader, &oldest, &newest, &why));
    assert_int_equal(newest, 0);
    GOOD(record_begin(recorder, &why));
    GOOD(record_inform(recorder, key, 5, &fresh, &why));
    assert_true(fresh);
    GOOD(record_commit(recorder, 1, &why));
}

static bool
one_listener(void *arg, const struct listener *listener)
{
    int *n = arg;

    assert_true(ledger_adds_up(&listener->ledger));
    if (strcmp(listener->name, "udp:162") == 0) {
        assert_string_equal(listener->address, "0.0.0.0:162");
        assert_int_equal(listener->granted, 2048);
        assert_int_equal(listener->ledger.received, 110);
    }
    ++*n;
    return true;
}

static void
the_ledger_adds_up_and_survives_runs(void **state)
{
    struct ledger_sums sums = { .received = 100, .framed = 60, .duplicate = 5, .malformed = 5, .protocol = 10,
                                .lost_overflow = 3, .lost_restart = 1, .kernel_drops = 9, .informs_answered = 2,
                                .rejected = { [REJECT_DIGEST] = 7, [REJECT_VERSION] = 9 } };
    struct listener listener = { .name = "udp:162", .address = "0.0.0.0:162", .asked = 4096, .granted = 2048 };
    struct ledger ledger;
    int n = 0;

    (void) state;
    GOOD(record_begin(recorder, &why));
    GOOD(record_listener(recorder, &listener, &why));
    GOOD(record_sums(recorder, "udp:162", &sums, &why));
    GOOD(record_outcome(recorder, "udp:162", 40, 2, 1, &why));
    GOOD(record_commit(recorder, 43, &why));
    GOOD(ledger_read(reader, &ledger, &why));
    assert_int_equal(ledger.waiting, 17);
    assert_int_equal(ledger.duplicate, 7);
    assert_int_equal(ledger.rejected, 16);
    assert_int_equal(ledger.by_cause[REJECT_VERSION], 9);
    assert_true(ledger_adds_up(&ledger));
    assert_true(ledger.since > 0);
    ledger.stored++;
    assert_false(ledger_adds_up(&ledger));
    /* The next run: what waited is lost, twice over nothing changes, and new sums come on top. */
    recorder_close(recorder);
    GOOD(recorder = recorder_open(writer, 18, &why));
    assert_int_equal(recorder_frame(recorder), 0);
    for (int again = 0; again < 2; again++) {
        GOOD(record_begin(recorder, &why));
        GOOD(record_fold(recorder, &why));
        GOOD(record_commit(recorder, 1, &why));
    }
    GOOD(ledger_read(reader, &ledger, &why));
    assert_int_equal(ledger.waiting, 0);
    assert_int_equal(ledger.lost_restart, 18);
    assert_int_equal(ledger.stored, 40);
    assert_int_equal(ledger.kernel_drops, 9);
    assert_true(ledger_adds_up(&ledger));
    sums = (struct ledger_sums) { .received = 10, .framed = 10 };
    GOOD(record_begin(recorder, &why));
    GOOD(record_sums(recorder, "udp:162", &sums, &why));
    GOOD(record_outcome(recorder, "udp:162", 10, 0, 0, &why));
    GOOD(record_sums(recorder, "udp6:162", &sums, &why));
    GOOD(record_commit(recorder, 2, &why));
    GOOD(ledger_read(reader, &ledger, &why));
    assert_int_equal(ledger.received, 120);
    assert_int_equal(ledger.waiting, 10);
    assert_true(ledger_adds_up(&ledger));
    GOOD(ledger_listeners(reader, one_listener, &n, &why));
    assert_int_equal(n, 2);
}

static bool
count_sender(void *arg, const struct sender_count *sender)
{
    int *n = arg;

    if (*n == 0) {
        assert_string_equal(sender->source, "10.0.7.1");
        assert_int_equal(sender->stored, 2000);
    }
    ++*n;
    return true;
}

static bool
count_rejected(void *arg, const struct rejected_sender *sender)
{
    int *n = arg;

    if (*n == 0) {
        assert_string_equal(sender->source, "192.0.2.9:5");
        assert_int_equal(sender->count, 3);
        assert_null(sender->engine_id);
        assert_string_equal(sender->security, "ops");
    }
    ++*n;
    return true;
}

static void
senders_are_bounded(void **state)
{
    struct sender_count more = { .stored = 1, .first = 1, .last = 1 };
    struct rejected_sender rejected = { .security = "ops", .cause = REJECT_DIGEST, .count = 1, .first = 1 };
    char source[32];
    int n = 0;

    (void) state;
    more.source = rejected.source = source;
    GOOD(record_begin(recorder, &why));
    for (int i = 0; i < 5000; i++) {
        snprintf(source, sizeof source, "10.%d.%d.1", i / 256, i % 256);
        GOOD(record_sender(recorder, &more, &why));
        if (i % 4 == 0) {
            rejected.last = i;
            GOOD(record_rejected(recorder, &rejected, &why));
        }
    }
    GOOD(record_sender(recorder, &(struct sender_count) { "10.0.7.1", 1999, 0, 0, 0, 5, 5 }, &why));
    snprintf(source, sizeof source, "192.0.2.9:5");
    rejected.last = 10000;
    for (int i = 0; i < 3; i++)
        GOOD(record_rejected(recorder, &rejected, &why));
    GOOD(record_commit(recorder, 1, &why));
    GOOD(ledger_senders(reader, 100000, count_sender, &n, &why));
    assert_int_equal(n, 4097);
    n = 0;
    GOOD(rejected_senders(reader, count_rejected, &n, &why));
    assert_int_equal(n, 1000);
}

static bool
one_admitted(void *arg, const struct admitted_sender *sender)
{
    assert_string_equal(sender->name, "ups");
    assert_string_equal(sender->engine_id, "0x80001f88");
    assert_null(sender->source);
    ++*(int *) arg;
    return true;
}

static bool
keep_admitted(void *arg, const struct admitted_sender *sender)
{
    snprintf(arg, 200, "%s %s %s %s%s%s", sender->name, sender->source, sender->profile != NULL ? sender->profile : "-",
             sender->engine_id != NULL ? sender->engine_id : "-", sender->fingerprint != NULL ? " " : "",
             sender->fingerprint != NULL ? sender->fingerprint : "");
    return true;
}

static void
a_rejected_one_is_let_in_by_what_fits(void **state)
{
    static const struct profile v2 = { .name = "v2", .version = 2 }, ops = { .name = "ops", .version = 3, .user = "ops" };
    static const struct {
        enum reject_cause cause;
        const char *source, *user, *engine;
        const struct profile *profile;
        const char *name, *says; /* says: the refusal; else what is admitted */
        bool refused;
    } cases[] = {
        { REJECT_SOURCE, "192.0.2.7:49152", NULL, NULL, NULL, NULL, "192.0.2.7 192.0.2.7 - -", false },
        { REJECT_COMMUNITY, "[2001:db8::1]:162", NULL, NULL, NULL, NULL, "for its community", true },
        { REJECT_COMMUNITY, "[2001:db8::1]:162", NULL, NULL, &ops, NULL, "is of SNMPv3", true },
        { REJECT_COMMUNITY, "[2001:db8::1]:162", NULL, NULL, &v2, "core", "core 2001:db8::1 v2 -", false },
        { REJECT_USER, "192.0.2.8:162", "ana", "0x8000", &ops, NULL, "is of user \"ops\"", true },
        { REJECT_USER, "192.0.2.8:162", "ops", "", NULL, NULL, "for its user", true },
        { REJECT_ENGINE, "192.0.2.8:162", "ops", "0x8000", &ops, NULL, "192.0.2.8 192.0.2.8 ops 0x8000", false },
        { REJECT_NOT_US, "192.0.2.9:162", NULL, NULL, &v2, NULL, "would not help", true },
        { REJECT_NO_CERTIFICATE, "192.0.2.9:162", NULL, NULL, NULL, NULL, "would not help", true },
        { REJECT_CERTIFICATE, "192.0.2.9:162", "1f09", NULL, &v2, NULL, "by its certificate", true },
        { REJECT_CERTIFICATE, "192.0.2.9:162", "1f09", NULL, NULL, "edge", "edge 192.0.2.9 - - 1f09", false },
    };
    char name[80];

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rejected_sender rejected = { .source = cases[i].source, .cause = cases[i].cause, .security = cases[i].user,
                                            .engine_id = cases[i].engine, .count = 1, .first = 1, .last = 1 };
        struct admission how = { .id = 1, .profile = cases[i].profile, .name = cases[i].name, .who = "ana" };
        char admitted[200] = "";
        int left = 0;

        GOOD(record_begin(recorder, &why));
        GOOD(record_rejected(recorder, &rejected, &why));
        GOOD(record_commit(recorder, i + 1, &why));
        if (cases[i].refused) {
            assert_false(rejected_admit(writer, &how, name, sizeof name, &why));
            assert_int_equal(why.kind, FAILURE_USAGE);
            assert_non_null(strstr(why.text, cases[i].says));
            GOOD(admitted_senders(reader, keep_admitted, admitted, &why));
            assert_string_equal(admitted, "");
            GOOD(rejected_forget(writer, 1, &why));
            continue;
        }
        GOOD(rejected_admit(writer, &how, name, sizeof name, &why));
        GOOD(admitted_senders(reader, keep_admitted, admitted, &why));
        assert_string_equal(admitted, cases[i].says);
        GOOD(rejected_senders(reader, count_rejected, &left, &why));
        assert_int_equal(left, 0);
        GOOD(admitted_remove(writer, name, &why));
    }
    assert_false(rejected_admit(writer, &(struct admission) { .id = 7 }, NULL, 0, &why));
    assert_non_null(strstr(why.text, "there is no rejected sender 7"));
}

static void
admitted_by_name(void **state)
{
    struct admitted_sender sender = { .name = "ups", .profile = "v3", .engine_id = "0x80001f88", .who = "ana" };
    int n = 0;

    (void) state;
    GOOD(admitted_add(writer, &sender, NULL, &why));
    assert_false(admitted_add(writer, &sender, NULL, &why));
    assert_int_equal(why.kind, FAILURE_USAGE);
    GOOD(admitted_senders(reader, one_admitted, &n, &why));
    assert_int_equal(n, 1);
    GOOD(admitted_remove(writer, "ups", &why));
    assert_false(admitted_remove(writer, "ups", &why));
}

static void
retention_goes_in_steps_and_keeps_the_newest(void **state)
{
    int64_t id, oldest, newest;
    bool more = true;
    int steps = 0;

    (void) state;
    GOOD(record_begin(recorder, &why));
    for (int i = 0; i < 3000; i++)
        add(i, &id);
    GOOD(record_commit(recorder, 1, &why));
    for (; more; steps++)
        GOOD(retention_step(writer, &(struct retention) { .rows = 1000 }, &more, &why));
    assert_int_equal(steps, 5);
    GOOD(journal_bounds(reader, &oldest, &newest, &why));
    assert_int_equal(oldest, 2001);
    for (more = true; more;)
        GOOD(retention_step(writer, &(struct retention) { .before = 2500, .now = 3000 }, &more, &why));
    GOOD(journal_bounds(reader, &oldest, &newest, &why));
    assert_int_equal(oldest, 2501);
    for (more = true; more;)
        GOOD(retention_step(writer, &(struct retention) { .before = INT64_MAX, .now = 1 }, &more, &why));
    GOOD(journal_bounds(reader, &oldest, &newest, &why));
    assert_int_equal(oldest, 3000);
    recorder_close(recorder);
    GOOD(recorder = recorder_open(writer, 17, &why));
    GOOD(record_begin(recorder, &why));
    add(5, &id);
    assert_int_equal(id, 3001); /* ids are never used again */
    GOOD(record_commit(recorder, 2, &why));
}

/* The clock was wrong for some rows: far back, far ahead. */
static void
retention_by_age_goes_by_the_order(void **state)
{
    struct retention bounds = { .before = 100, .now = 200 };
    static const int64_t received[] = { 110, 5, 7, 120, 9000, 130 };
    int64_t oldest, newest, id, first = 0;
    bool more = true;

    (void) state;
    GOOD(record_begin(recorder, &why));
    for (size_t i = 0; i < sizeof received / sizeof received[0]; i++) {
        add(received[i], &id);
        first = i == 0 ? id : first;
    }
    GOOD(record_commit(recorder, 1, &why));
    while (more)
        GOOD(retention_step(writer, &bounds, &more, &why));
    GOOD(journal_bounds(reader, &oldest, &newest, &why));
    assert_int_equal(oldest, first); /* the first is young, so none behind it goes */
    bounds.before = 121;
    for (more = true; more;)
        GOOD(retention_step(writer, &bounds, &more, &why));
    GOOD(journal_bounds(reader, &oldest, &newest, &why));
    assert_int_equal(oldest, first + 4); /* what comes from the future holds nobody back and stays for now */
    bounds.before = 131;
    for (more = true; more;)
        GOOD(retention_step(writer, &bounds, &more, &why));
    GOOD(journal_bounds(reader, &oldest, &newest, &why));
    assert_int_equal(oldest, first + 5);
}

static void
retention_by_size_stops_below_it(void **state)
{
    struct retention bounds = { .octets = 400000 };
    int64_t oldest, newest, id;
    bool more = true;

    (void) state;
    GOOD(record_begin(recorder, &why));
    for (int i = 0; i < 20000; i++)
        add(i, &id);
    GOOD(record_commit(recorder, 1, &why));
    while (more)
        GOOD(retention_step(writer, &bounds, &more, &why));
    GOOD(journal_bounds(reader, &oldest, &newest, &why));
    assert_int_equal(newest, id);
    assert_true(oldest > 1000 && oldest < id - 300);
    bounds.octets = 1; /* less than the tables take: the newest stays all the same */
    for (more = true; more;)
        GOOD(retention_step(writer, &bounds, &more, &why));
    GOOD(journal_bounds(reader, &oldest, &newest, &why));
    assert_int_equal(oldest, newest);
}

static void
a_store_that_was_moved_is_missed(void **state)
{
    char moved[160];

    (void) state;
    snprintf(moved, sizeof moved, "%s/moved.db", directory);
    GOOD(store_is_there(writer, &why));
    assert_int_equal(rename(path, moved), 0);
    assert_false(store_is_there(writer, &why));
    assert_non_null(strstr(why.text, "gone"));
    fclose(fopen(path, "w"));
    assert_false(store_is_there(writer, &why));
}

static void
checkpoints_empty_the_wal(void **state)
{
    int64_t id;
    bool done;

    (void) state;
    GOOD(record_begin(recorder, &why));
    for (int i = 0; i < 1000; i++)
        add(i, &id);
    GOOD(record_commit(recorder, 1, &why));
    assert_true(checkpoint_pages(writer) > 5);
    GOOD(checkpoint_step(writer, &done, &why));
    assert_true(done);
    assert_int_equal(checkpoint_pages(writer), 0);
}

int
main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(rows_are_seen_only_when_committed),
        CASE(a_time_is_found_by_halving), CASE(an_inform_is_new_once),
        CASE(what_was_rolled_back_did_not_happen),
        CASE(the_ledger_adds_up_and_survives_runs),
        CASE(senders_are_bounded),
        CASE(admitted_by_name), CASE(a_rejected_one_is_let_in_by_what_fits),
        CASE(retention_goes_in_steps_and_keeps_the_newest),
        CASE(retention_by_age_goes_by_the_order),
        CASE(retention_by_size_stops_below_it),
        CASE(a_store_that_was_moved_is_missed),
        CASE(checkpoints_empty_the_wal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
