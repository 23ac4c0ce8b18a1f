/* The snapshot kept up to date: compiled at once, a file dropped in is noticed while the old snapshot serves, and a
 * compiler that dies is a sentence. */
#include "api/mib.h"
#include "api/mib_compile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { DEADLINE_S = 120 };

static char scratch[64], directory[80], snapshot[80];
static struct loop *loop;
static unsigned n_done, n_progress;
static size_t last_all;
static struct failure last;

static void
progress(void *arg, size_t done, size_t all)
{
    (void)arg;
    assert_true(done <= all);
    n_progress++;
    last_all = all;
}

static void
done(void *arg, const struct failure *failure)
{
    (void)arg;
    n_done++;
    last = failure != NULL ? *failure : (struct failure){0};
}

static struct mib_refresh *
start(void)
{
    const char *directories[] = {directory};
    struct mib_refresh_options options = {.directories = directories, .n_directories = 1, .events = {progress, done}};
    struct failure why;
    struct mib_refresh *refresh = mib_refresh_new(loop, &options, &why);

    assert_non_null(refresh);
    return refresh;
}

static void
wait_for(unsigned n)
{
    int64_t end = loop_clock() + LOOP_S(DEADLINE_S);

    while (n_done < n && loop_clock() < end)
        loop_turn(loop, 100);
    assert_true(n_done >= n);
}

static void
write_module(const char *name, unsigned enterprise)
{
    char path[200];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%s-MIB DEFINITIONS ::= BEGIN IMPORTS enterprises FROM SNMPv2-SMI;\n%s OBJECT IDENTIFIER ::= { enterprises %u }\nEND\n",
            name, name, enterprise);
    fclose(file);
}

static bool
knows(const char *name)
{
    struct mib *mib = mib_open(snapshot, NULL);
    bool found = mib != NULL && mib_find(mib, name) != MIB_NONE;

    mib_close(mib);
    return found;
}

static void
a_file_dropped_in_is_noticed(void **state)
{
    struct mib_refresh *refresh;
    struct mib *old;

    (void)state;
    write_module("first", 99991);
    refresh = start();
    wait_for(1);
    assert_int_equal(last.kind, FAILURE_NONE);
    assert_true(n_progress > 0);
    assert_true(last_all > 10);
    assert_true(knows("first"));
    old = mib_open(snapshot, NULL);
    assert_non_null(old);
    assert_true(mib_is_current(old, snapshot));
    write_module("second", 99992);
    wait_for(2);
    assert_true(knows("second"));
    assert_false(mib_is_current(old, snapshot));
    assert_true(mib_find(old, "first") != MIB_NONE); /* the old one serves on */
    assert_true(mib_find(old, "second") == MIB_NONE);
    mib_close(old);
    mib_refresh_free(refresh);
}

static void
fake_compiler(const char *text)
{
    char path[200];
    FILE *file;

    snprintf(path, sizeof path, "%s/trapline", scratch);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, 0755), 0);
    setenv("TRAPLINE_PROGRAMS", scratch, 1);
}

static void
a_compiler_that_dies_is_a_sentence(void **state)
{
    struct mib_refresh *refresh;

    (void)state;
    n_done = 0;
    fake_compiler("#!/bin/sh\nkill -SEGV $$\n");
    refresh = start();
    wait_for(1);
    assert_int_equal(last.kind, FAILURE_SYSTEM);
    assert_non_null(strstr(last.text, "the MIB compiler ended early"));
    assert_non_null(strstr(last.text, "signal 11"));
    assert_true(knows("first")); /* the names stay as they were */
    fake_compiler("#!/bin/sh\necho 'trapline: mib: no room on the disk' >&2\nexit 5\n");
    mib_refresh_now(refresh);
    wait_for(2);
    assert_non_null(strstr(last.text, "no room on the disk"));
    mib_refresh_free(refresh);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_dropped_in_is_noticed),
        cmocka_unit_test(a_compiler_that_dies_is_a_sentence),
    };
    const char *top = getenv("top_srcdir"), *build = getenv("top_builddir");
    char command[300], mibs[2048];
    struct failure why;
    int failed;

    snprintf(scratch, sizeof scratch, "/tmp/refresh-XXXXXX");
    if (mkdtemp(scratch) == NULL || (loop = loop_new(&why)) == NULL)
        return 1;
    snprintf(directory, sizeof directory, "%s/.snmp", scratch);
    mkdir(directory, 0700);
    snprintf(directory, sizeof directory, "%s/.snmp/mibs", scratch);
    mkdir(directory, 0700);
    snprintf(snapshot, sizeof snapshot, "%s/mib.snapshot", scratch);
    snprintf(mibs, sizeof mibs, "%s/mibs", top != NULL ? top : "..");
    setenv("HOME", scratch, 1);
    setenv("TRAPLINE_CACHE", scratch, 1);
    setenv("TRAPLINE_STATE", scratch, 1);
    setenv("TRAPLINE_CONFIG", scratch, 1);
    setenv("TRAPLINE_MIBS", mibs, 1);
    setenv("TRAPLINE_PROGRAMS", build != NULL ? build : ".", 1);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    loop_free(loop);
    snprintf(command, sizeof command, "rm -rf '%s'", scratch);
    return system(command) != 0 || failed;
}
