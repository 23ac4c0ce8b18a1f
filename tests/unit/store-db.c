/* The store as a file: made, opened again, refused when newer, foreign, torn or damaged; nothing ever deleted. */
#include "api/changes.h"
#include "core/memory.h"
#include "store/db.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[64], path[128];

static int
make_directory(void **state)
{
    (void) state;
    snprintf(directory, sizeof directory, "/tmp/trapline-store-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/t.db", directory);
    return 0;
}

static int
remove_directory(void **state)
{
    static const char *const names[] = { "t.db", "t.db-wal", "t.db-shm", "link.db" };
    char name[256];

    (void) state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(name, sizeof name, "%s/%s", directory, names[i]);
        unlink(name);
    }
    return rmdir(directory);
}

static void
refused(enum store_mode mode, enum failure_kind kind, const char *words)
{
    struct failure why = { 0 };
    struct store *store = store_open(path, mode, &why);

    assert_null(store);
    assert_int_equal(why.kind, kind);
    if (strstr(why.text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", why.text, words);
    assert_non_null(strstr(why.text, path));
}

static struct store *
opened(enum store_mode mode)
{
    struct failure why = { 0 };
    struct store *store = store_open(path, mode, &why);

    if (store == NULL)
        fail_msg("%s", why.text);
    return store;
}

static void
made_once_and_found_again(void **state)
{
    char uuid[40], url[160];
    struct store *store;
    struct stat st;
    struct failure why;

    (void) state;
    refused(STORE_READ, FAILURE_ABSENT, "no store");
    assert_int_equal(access(path, F_OK), -1);
    store = opened(STORE_WRITER);
    assert_int_equal(strlen(store_uuid(store)), 36);
    assert_int_equal(store_uuid(store)[14], '4');
    snprintf(uuid, sizeof uuid, "%s", store_uuid(store));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    store_close(store);
    snprintf(url, sizeof url, "sqlite:%s", path);
    store = store_open(url, STORE_READ, &why);
    assert_non_null(store);
    assert_string_equal(store_uuid(store), uuid);
    store_close(store);
    assert_null(store_open("postgresql://x/y", STORE_READ, &why));
    assert_int_equal(why.kind, FAILURE_USAGE);
}

static int64_t
number_of(struct store *store, const char *sql)
{
    sqlite3_stmt *pragma = db_prepare(store, sql, NULL);
    int64_t number;

    assert_int_equal(sqlite3_step(pragma), SQLITE_ROW);
    number = sqlite3_column_int64(pragma, 0);
    sqlite3_reset(pragma);
    return number;
}

static void
durable_by_default(void **state)
{
    struct store *store = opened(STORE_WRITER);

    (void) state;
    assert_int_equal(number_of(store, "PRAGMA synchronous"), 2);
    assert_int_equal(number_of(store, "SELECT (SELECT * FROM pragma_journal_mode) = 'wal'"), 1);
    assert_int_equal(number_of(store, "PRAGMA busy_timeout"), 0);
    assert_int_equal(number_of(store, "PRAGMA user_version"), schema_newest());
    store_close(store);
}

static bool
keep_change(void *arg, const struct change *change)
{
    struct change *kept = arg;

    kept->id = change->id;
    assert_string_equal(change->who, "ana");
    assert_string_equal(change->words, "wrongValue");
    assert_int_equal(change->new_value.type, VALUE_OCTETS);
    assert_memory_equal(change->new_value.octets, "noc", 3);
    assert_int_equal(change->read_back.type, VALUE_NULL);
    return true;
}

static void
changes_are_kept_and_seen_by_others(void **state)
{
    struct store *writer = opened(STORE_WRITER), *console = opened(STORE_WRITE), *reader = opened(STORE_READ);
    struct change change = { .at = 5, .who = "ana", .device = "sw", .verdict = CHANGE_REFUSED,
                             .words = "wrongValue" }, seen = { 0 };
    int64_t version = store_data_version(reader), id = 0;
    struct failure why;

    (void) state;
    oid_parse(&change.name, "1.3.6.1.2.1.1.4.0");
    change.new_value = (struct value) { VALUE_OCTETS, 3, { .octets = (const uint8_t *) "noc" } };
    change.old_value = (struct value) { VALUE_INTEGER, 0, { .i = -4 } };
    assert_true(changes_add(console, &change, &id, &why));
    assert_true(id > 0);
    assert_int_not_equal(store_data_version(reader), version);
    assert_true(changes_before(reader, 0, 10, keep_change, &seen, &why));
    assert_int_equal(seen.id, id);
    assert_false(changes_add(reader, &change, NULL, &why)); /* a reader cannot write */
    store_close(reader);
    store_close(console);
    store_close(writer);
}

static void
a_lock_is_busy_at_once(void **state)
{
    struct store *writer = opened(STORE_WRITER), *console = opened(STORE_WRITE);
    struct change change = { .who = "ana" };
    struct failure why;

    (void) state;
    oid_parse(&change.name, "1.3");
    assert_true(db_begin(writer, &why));
    assert_false(changes_add(console, &change, NULL, &why));
    assert_int_equal(why.kind, FAILURE_BUSY);
    assert_true(db_commit(writer, &why));
    assert_true(changes_add(console, &change, NULL, &why));
    store_close(console);
    store_close(writer);
}

static void
newer_and_foreign_are_refused(void **state)
{
    struct store *store = opened(STORE_WRITER);

    (void) state;
    assert_true(db_run(store, "PRAGMA user_version=999", "test", NULL));
    store_close(store);
    refused(STORE_WRITER, FAILURE_REFUSED, "version 999");
    refused(STORE_READ, FAILURE_REFUSED, "newer");
    unlink(path);
    assert_int_equal(access(path, F_OK), -1);
    store = memory_zero(1, sizeof *store);
    assert_int_equal(sqlite3_open(path, &store->db), SQLITE_OK);
    sqlite3_exec(store->db, "CREATE TABLE cats(name)", NULL, NULL, NULL);
    sqlite3_close(store->db);
    free(store);
    refused(STORE_WRITER, FAILURE_PROTOCOL, "another program");
}

static void
older_is_brought_forward(void **state)
{
    struct store *store = NULL;

    (void) state;
    /* An empty file is version 0: what a crash during the first step leaves behind. */
    close(open(path, O_WRONLY | O_CREAT, 0600));
    store = opened(STORE_WRITER);
    assert_int_equal(number_of(store, "PRAGMA user_version"), schema_newest());
    store_close(store);
}

static off_t
size_of(const char *name)
{
    struct stat st;

    return stat(name, &st) == 0 ? st.st_size : -1;
}

static void
torn_and_damaged_are_refused_and_left_alone(void **state)
{
    struct store *store = opened(STORE_WRITER);
    char noise[8192];
    off_t size;
    int fd;

    (void) state;
    store_close(store);
    size = size_of(path);
    assert_true(size >= 5 * 8192);
    fd = open(path, O_WRONLY);
    assert_int_equal(ftruncate(fd, size - 4096), 0);
    refused(STORE_WRITER, FAILURE_PROTOCOL, "torn");
    assert_int_equal(size_of(path), size - 4096);
    assert_int_equal(ftruncate(fd, size), 0);
    memset(noise, 'x', sizeof noise);
    for (off_t at = 8192; at < size; at += 8192)
        assert_int_equal(pwrite(fd, noise, sizeof noise, at), sizeof noise);
    close(fd);
    refused(STORE_WRITER, FAILURE_PROTOCOL, "--recover");
    assert_int_equal(size_of(path), size);
    fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, noise, 100, 0), 100);
    close(fd);
    refused(STORE_WRITER, FAILURE_PROTOCOL, "damaged");
    refused(STORE_READ, FAILURE_PROTOCOL, "damaged");
    assert_int_equal(size_of(path), size);
}

static void
a_dangling_link_is_not_followed(void **state)
{
    char link[128], target[160];
    struct failure why;

    (void) state;
    snprintf(link, sizeof link, "%s/link.db", directory);
    snprintf(target, sizeof target, "%s/elsewhere.db", directory);
    assert_int_equal(symlink(target, link), 0);
    assert_null(store_open(link, STORE_WRITER, &why));
    assert_int_equal(access(target, F_OK), -1);
}

int
main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, make_directory, remove_directory)
    const struct CMUnitTest tests[] = {
        CASE(made_once_and_found_again),
        CASE(durable_by_default),
        CASE(changes_are_kept_and_seen_by_others),
        CASE(a_lock_is_busy_at_once),
        CASE(newer_and_foreign_are_refused),
        CASE(older_is_brought_forward),
        CASE(torn_and_damaged_are_refused_and_left_alone),
        CASE(a_dangling_link_is_not_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
