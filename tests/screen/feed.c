/* The feed over a journal that is larger than what it holds: narrowing, storms, retention, names that come later. */
#include "fake-loop.h"
#include "fake.h"
#include "stage.h"

#include "console/feed.h"
#include "console/views.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 200000, A_TURN = 10 * FEED_BATCH };

/* A needle or two at the beginning, and a storm behind them. */
static struct app *
open_feed(int64_t storm)
{
    struct app *app;

    fake_forget();
    fake_notify(SEVERITY_INFO, "first of all", false);
    fake_notify(SEVERITY_MAJOR, "needle one", false);
    fake_notify(SEVERITY_INFO, "between", false);
    fake_notify(SEVERITY_CRITICAL, "needle two", true);
    fake_notify(SEVERITY_WARNING, "after them", false);
    if (storm > 0)
        fake_storm(storm);
    app = stage_new(false);
    canvas_free(stage_draw(app, 24, 80));
    stage_keys(app, "4");
    canvas_free(stage_draw(app, 24, 80));
    fake_rows_read = fake_rows_most = 0;
    return app;
}

static size_t
held(const struct app *app)
{
    return app_top(app)->list->n;
}

static void
a_filter_that_matches_nothing_shows_progress_at_once(void **state)
{
    struct app *app = open_feed(MANY);

    (void) state;
    stage_press(app, "/ 'xyzzy");
    assert_true(fake_rows_read <= 5 * A_TURN);
    assert_true(fake_rows_most <= FEED_BATCH);
    assert_true(stage_shows(app, "0 found · 2 % of 200 005 · ^c stops"));
    assert_true(stage_shows(app, "nothing that passes the filter so far"));
    stage_press(app, "Enter");
    for (size_t before = fake_rows_read, turns = 0; app->outstanding > 0; before = fake_rows_read) {
        fake_rows_most = 0;
        stage_press(app, "k");
        fake_loop_run(LOOP_MS(1));
        assert_true(fake_rows_read - before <= A_TURN);
        assert_true(fake_rows_most <= FEED_BATCH);
        assert_true(turns++ < 3 * MANY / A_TURN);
    }
    assert_true(stage_shows(app, "0 found in 200 005"));
    assert_true(stage_shows(app, "nothing passes the filter; Esc shows all again"));
    stage_keys(app, "Esc");
    assert_true(stage_shows(app, "storm 200005"));
    stage_free(app);
}

static void
a_filter_finds_what_is_not_loaded_and_escape_stays_there(void **state)
{
    struct app *app = open_feed(MANY);

    (void) state;
    stage_keys(app, "/ 'needle Enter");
    assert_int_equal(held(app), 2);
    assert_true(stage_shows(app, "2 found in 200 005"));
    assert_true(stage_shows(app, "needle one"));
    stage_keys(app, "k Esc");
    assert_true(stage_shows(app, "#2"));
    assert_true(stage_shows(app, "first of all"));
    assert_true(stage_shows(app, "after them"));
    assert_true(stage_shows(app, "storm 19"));
    assert_true(stage_shows(app, "paused · 200 003 below, G follows"));
    assert_true(held(app) <= 3 * FEED_BATCH);
    stage_keys(app, "G");
    assert_true(stage_shows(app, "storm 200005"));
    assert_true(stage_shows(app, "following · 200 005 in the journal"));
    stage_free(app);
}

static void
a_filter_asks_for_any_part(void **state)
{
    static const struct { const char *expression; size_t rows; } cases[] = {
        {"severity=critical", 1}, {"needle", 2}, {"ifOperStatus=down", 5}, {"ifDescr=between", 1}, {"device=core-sw-01", 3},
        {"security=ops", 1}, {"version=3", 1}, {"why=standard:_linkDown", 0}, {"inform=true", 1}, {"id=4", 1},
        {"notification=linkDown", 3}, {"source=192.0.2.7:52144", 5}, {"time=2026-11-23", 0}, {"/needle\\_(one|two)/", 2},
        {"!needle", 3}, {"2026-11-23", 5},
    };
    struct app *app = open_feed(0);
    char keys[100];

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(keys, sizeof keys, "/ ^u '%s Enter", cases[i].expression);
        stage_keys(app, keys);
        if (held(app) != cases[i].rows)
            fail_msg("%s: %zu rows", cases[i].expression, held(app));
    }
    stage_free(app);
}

static void
a_filter_that_changes_in_mid_search_begins_anew(void **state)
{
    struct app *app = open_feed(MANY);

    (void) state;
    stage_press(app, "/ 'storm");
    assert_true(held(app) > 0);
    stage_press(app, "^u 'first_of");
    assert_int_equal(held(app), 0);
    stage_keys(app, "Enter");
    assert_true(stage_shows(app, "1 found in 200 005"));
    assert_true(stage_shows(app, "first of all"));
    stage_keys(app, "/ Esc");
    assert_true(stage_shows(app, "first of all"));
    stage_free(app);
}

static void
a_search_is_stopped_and_resumed(void **state)
{
    struct app *app = open_feed(MANY);
    size_t read;

    (void) state;
    stage_press(app, "/ 'needle Enter ^c");
    read = fake_rows_read;
    stage_wait(app);
    stage_wait(app);
    assert_int_equal(fake_rows_read, read);
    assert_true(stage_shows(app, "^r goes on"));
    stage_keys(app, "^r");
    assert_int_equal(held(app), 2);
    assert_true(stage_shows(app, "2 found in 200 005"));
    stage_free(app);
}

static void
many_found_rest_until_more_are_wanted(void **state)
{
    struct app *app = open_feed(MANY);
    size_t before;

    (void) state;
    stage_keys(app, "/ 'storm Enter");
    assert_true(held(app) < 3 * FEED_BATCH);
    assert_true(stage_shows(app, "more above"));
    before = held(app);
    stage_keys(app, "g");
    assert_true(held(app) > before);
    for (int i = 0; i < 100; i++)
        stage_press(app, "g");
    assert_true(held(app) <= FEED_MOST);
    stage_free(app);
}

static void
a_bad_filter_is_refused_and_the_old_one_stays(void **state)
{
    struct app *app = open_feed(0);

    (void) state;
    stage_keys(app, "/ 'needle Enter / '_/one(/ Enter");
    assert_int_equal(held(app), 2);
    assert_true(stage_shows(app, "needle one"));
    stage_free(app);
}

static void
new_rows_pass_the_filter_too(void **state)
{
    struct app *app = open_feed(0);

    (void) state;
    stage_keys(app, "/ 'needle Enter");
    fake_notify(SEVERITY_MAJOR, "needle three", false);
    fake_notify(SEVERITY_MAJOR, "hay", false);
    stage_wait(app);
    assert_int_equal(held(app), 3);
    assert_true(stage_shows(app, "needle three"));
    fake_storm(50000);
    stage_wait(app);
    assert_int_equal(held(app), 3);
    assert_true(stage_shows(app, "3 found in 50 007"));
    stage_free(app);
}

static void
a_paused_feed_in_a_storm_is_bounded_and_counts(void **state)
{
    struct app *app = open_feed(100);

    (void) state;
    stage_keys(app, "k");
    fake_storm(50000);
    stage_wait(app);
    stage_wait(app);
    assert_true(stage_shows(app, "paused · 50 001 below"));
    assert_true(stage_shows(app, "#104"));
    assert_true(held(app) <= 3 * FEED_BATCH);
    for (int i = 0; i < 2000; i++)
        stage_press(app, "PgDn");
    assert_true(held(app) <= FEED_MOST);
    stage_keys(app, "g");
    assert_true(stage_shows(app, "first of all"));
    stage_keys(app, "G");
    assert_true(stage_shows(app, "storm 50105"));
    stage_keys(app, "/ 'storm Enter k");
    fake_storm(50000);
    for (int i = 0; i < 10; i++)
        stage_wait(app);
    assert_true(held(app) > FEED_MOST / 2 && held(app) <= FEED_MOST);
    stage_free(app);
}

static void
a_following_feed_is_at_the_newest_row_in_a_storm(void **state)
{
    struct app *app = open_feed(100);

    (void) state;
    for (int i = 1; i <= 5; i++) {
        char newest[40];

        fake_storm(50000);
        stage_wait(app);
        snprintf(newest, sizeof newest, "storm %d", 105 + i * 50000);
        assert_true(stage_shows(app, newest));
    }
    assert_true(held(app) <= FEED_MOST);
    assert_true(fake_rows_read < 20 * A_TURN);
    stage_free(app);
}

static void
the_histogram_adds_up_whatever_is_held_or_filtered(void **state)
{
    struct app *app = open_feed(0);

    (void) state;
    assert_true(stage_shows(app, "5 in all"));
    fake_storm(50000);
    stage_wait(app);
    assert_true(stage_shows(app, "50 005 in all"));
    assert_true(stage_shows(app, "now 50 00"));
    stage_keys(app, "/ 'needle Enter");
    assert_true(stage_shows(app, "50 005 in all"));
    stage_free(app);
}

static void
retention_runs_under_an_open_feed(void **state)
{
    struct app *app = open_feed(MANY);

    (void) state;
    stage_keys(app, "g");
    assert_true(stage_shows(app, "first of all"));
    fake_retain(100);
    stage_wait(app);
    assert_true(stage_shows(app, "storm 100"));
    assert_true(stage_shows(app, "#100"));
    stage_keys(app, "Enter");
    assert_true(stage_shows(app, "storm 100"));
    stage_keys(app, "Esc");
    fake_retain(150000);
    stage_wait(app);
    assert_true(stage_shows(app, "storm 150000"));
    stage_keys(app, "/ 'xyzzy");
    fake_retain(160000);
    stage_keys(app, "Enter");
    assert_true(stage_shows(app, "0 found in 40 006"));
    stage_keys(app, "Esc G");
    assert_true(stage_shows(app, "following · 40 006 in the journal"));
    stage_free(app);
}

static void
the_next_error_is_found_wherever_it_is(void **state)
{
    struct app *app = open_feed(MANY);

    (void) state;
    stage_press(app, "E");
    assert_true(stage_shows(app, "looking back"));
    stage_wait(app);
    assert_true(stage_shows(app, "#4 "));
    stage_keys(app, "E");
    assert_true(stage_shows(app, "#2 "));
    stage_keys(app, "E");
    assert_true(stage_shows(app, "there is none above"));
    stage_keys(app, "w");
    app->message_until = 0;
    assert_true(stage_shows(app, "#5 "));
    assert_true(held(app) <= FEED_MOST);
    stage_press(app, "w");
    assert_true(stage_shows(app, "looking on"));
    stage_wait(app);
    app->message_until = 0;
    assert_true(stage_shows(app, "#5 "));
    stage_press(app, "w ^c");
    stage_wait(app);
    assert_true(stage_shows(app, "#5 "));
    stage_press(app, "w j");
    assert_true(stage_shows(app, "paused"));
    stage_free(app);
}

static void
what_came_while_away_is_counted_whole(void **state)
{
    struct app *app = open_feed(100);

    (void) state;
    stage_keys(app, "1");
    for (int i = 0; i < 3; i++)
        stage_wait(app);
    fake_storm(3000);
    stage_keys(app, "4");
    assert_true(stage_shows(app, "storm 3105"));
    stage_keys(app, "g PgDn PgDn PgDn PgDn");
    assert_true(stage_shows(app, "storm 106"));
    assert_true(stage_shows(app, "3 000 since you looked at"));
    stage_free(app);
}

static void
names_that_come_later_are_given_to_what_is_shown(void **state)
{
    struct app *app = open_feed(MANY);
    struct mib *mib = app->mib;

    (void) state;
    app->mib = NULL;
    stage_wait(app);
    stage_keys(app, "g j j j");
    assert_true(stage_shows(app, "1.3.6.1.2.1.2.2.1.8.24 2"));
    app->mib = mib;
    stage_wait(app);
    assert_true(stage_shows(app, "oper down"));
    assert_true(stage_shows(app, "#4 "));
    stage_free(app);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter_that_matches_nothing_shows_progress_at_once),
        cmocka_unit_test(a_filter_finds_what_is_not_loaded_and_escape_stays_there),
        cmocka_unit_test(a_filter_asks_for_any_part),
        cmocka_unit_test(a_filter_that_changes_in_mid_search_begins_anew),
        cmocka_unit_test(a_search_is_stopped_and_resumed),
        cmocka_unit_test(many_found_rest_until_more_are_wanted),
        cmocka_unit_test(a_bad_filter_is_refused_and_the_old_one_stays),
        cmocka_unit_test(new_rows_pass_the_filter_too),
        cmocka_unit_test(a_paused_feed_in_a_storm_is_bounded_and_counts),
        cmocka_unit_test(a_following_feed_is_at_the_newest_row_in_a_storm),
        cmocka_unit_test(the_histogram_adds_up_whatever_is_held_or_filtered),
        cmocka_unit_test(retention_runs_under_an_open_feed),
        cmocka_unit_test(the_next_error_is_found_wherever_it_is),
        cmocka_unit_test(what_came_while_away_is_counted_whole),
        cmocka_unit_test(names_that_come_later_are_given_to_what_is_shown),
    };

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
