/* What must hold for the console whatever is shown: cells, themes, keys, changes, refusals. */
#include "fake.h"
#include "stage.h"

#include "console/format.h"
#include "console/views.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* --- cells --- */

static void
row_is(struct canvas *c, const char *want)
{
    char *at = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&at, &n);

    canvas_print(c, out);
    fclose(out);
    *strchr(at, '\n') = '\0';
    assert_string_equal(at, want);
    free(at);
}

static void
cells_hold_only_what_can_be_printed(void **state)
{
    static const struct { const char *text, *cells; } cases[] = {
        {"plain", "plain"},
        {"\033[31mred", "\xef\xbf\xbd[31mred"},
        {"a\tb\nc", "a\xef\xbf\xbd" "b\xef\xbf\xbd" "c"},
        {"\xc2\x9b" "31m", "\xef\xbf\xbd" "31m"},
        {"\xe2\x80\xae" "abc", "\xef\xbf\xbd" "abc"},
        {"\xff\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd"},
        {"e\xcc\x81", "e\xcc\x81"},
        {"\xe4\xbd\xa0\xe5\xa5\xbd!", "\xe4\xbd\xa0\xe5\xa5\xbd!"},
        {"0123456789ABCDEFGHIJKLMNOPQRST", "0123456789ABCDEFGHI…"},
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct canvas *c = canvas_new(1, 20);
        canvas_text(c, 0, 0, -1, ROLE_TEXT, cases[i].text);
        row_is(c, cases[i].cells);
        canvas_free(c);
    }
}

static void
descriptions_are_broken_anew(void **state)
{
    static const struct { const char *text, *first; int lines; } cases[] = {
        {"A sentence that the module's line length broke\nin two.", "A sentence that the module's line length broke in two.", 1},
        {"A list follows here, and it stands on its lines:\n- one\n- two", "A list follows here, and it stands on its lines:", 3},
        {"A heading\nand its text", "A heading", 2},
        {"A paragraph, and then, after an empty line, another\n\none.", "A paragraph, and then, after an empty line, another", 3},
        {"What is indented keeps its line, for it is a table:\n  1 one", "What is indented keeps its line, for it is a table:", 2},
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct canvas *c = canvas_new(4, 60);
        char want[80];

        assert_int_equal(draw_prose(c, 0, 0, 60, 4, ROLE_TEXT, cases[i].text), cases[i].lines);
        snprintf(want, sizeof want, "%s", cases[i].first);
        row_is(c, want);
        canvas_free(c);
    }
}

static void
marks_are_bounded(void **state)
{
    struct canvas *c = canvas_new(1, 4);
    char text[500] = "a";

    (void) state;
    for (int i = 0; i < 100; i++)
        strcat(text, "\xcc\x81");
    canvas_text(c, 0, 0, -1, ROLE_TEXT, text);
    assert_true(strlen(c->cells[0].text) <= 1 + 4 * 2);
    canvas_free(c);
}

static void
wide_characters_are_never_halved(void **state)
{
    struct canvas *c = canvas_new(1, 5);

    (void) state;
    canvas_text(c, 0, 0, -1, ROLE_TEXT, "\xe4\xbd\xa0\xe5\xa5\xbd");
    canvas_text(c, 0, 1, 1, ROLE_TEXT, "x");
    row_is(c, " x\xe5\xa5\xbd");
    canvas_text(c, 0, 3, 1, ROLE_TEXT, "y");
    row_is(c, " x y");
    canvas_clear(c);
    canvas_text(c, 0, 0, 2, ROLE_TEXT, "a\xe4\xbd\xa0");
    row_is(c, "a…");
    canvas_text(c, 0, 4, -1, ROLE_TEXT, "\xe4\xbd\xa0");
    canvas_text(c, 0, -1, -1, ROLE_TEXT, "nowhere");
    canvas_text(c, 7, 0, -1, ROLE_TEXT, "nowhere");
    canvas_free(c);
}

/* --- themes --- */

static bool
theme_of(const char *text, struct failure *why)
{
    char path[] = "/tmp/trapline-theme-XXXXXX";
    int fd = mkstemp(path);
    struct theme theme;
    bool ok;

    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text));
    close(fd);
    ok = theme_read(&theme, path, why);
    unlink(path);
    return ok;
}

static void
themes_are_refused_with_file_and_line(void **state)
{
    static const struct { const char *text, *says; } cases[] = {
        {"text = default default -\nnope = - - -\n", ":2: there is no role \"nope\""},
        {"text = default\n", ":1: write: role = foreground background attributes"},
        {"# ok\n\ntext = purple - -\n", ":3: \"purple\" is no colour"},
        {"text = #12345 - -\n", ":1: \"#12345\" is no colour"},
        {"text = 16 - -\n", ":1: \"16\" is no colour"},
        {"text = - - x\n", ":1: \"x\": attributes are"},
        {"text = - - -\ntext = - - -\n", ":2: the role \"text\" is given twice"},
        {"text = - - -\n", "is missing"},
    };
    struct failure why;

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_false(theme_of(cases[i].text, &why));
        assert_non_null(strstr(why.text, cases[i].says));
    }
}

static void
themes_that_are_shipped_are_whole(void **state)
{
    static const char *const names[] = {"dark", "light", "high-contrast", "16", "mono"};
    char path[1024];
    struct theme theme;
    struct failure why;

    (void) state;
    for (size_t i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/themes/%s.theme", getenv("top_srcdir") != NULL ? getenv("top_srcdir") : ".", names[i]);
        assert_true(theme_read(&theme, path, &why));
        assert_int_equal(theme.plain, i == 4);
        /* Critical is never plain text, and the row under the cursor is seen, with however few colours. */
        for (int depth = DEPTH_MONO; depth <= DEPTH_RGB; depth++) {
            struct pen critical = theme_pen(&theme, ROLE_CRITICAL, ROLE_TEXT, (enum depth) depth);
            struct pen text = theme_pen(&theme, ROLE_TEXT, ROLE_TEXT, (enum depth) depth);
            struct pen row = theme_pen(&theme, ROLE_TEXT, ROLE_SELECTION, (enum depth) depth);
            assert_true(critical.foreground != text.foreground || critical.attributes != text.attributes);
            assert_true(row.background != text.background || row.attributes != text.attributes);
        }
    }
}

static void
colours_fall_back(void **state)
{
    struct theme theme;
    struct pen pen;

    (void) state;
    theme_plain(&theme);
    theme.style[ROLE_WARNING].foreground = (struct colour) {COLOUR_RGB, 0xe6c84f, 185};
    theme.style[ROLE_ERROR].foreground = (struct colour) {COLOUR_INDEX, 9, -1};
    theme.style[ROLE_DIM].foreground = (struct colour) {COLOUR_INDEX, 8, -1};
    assert_int_equal(theme_pen(&theme, ROLE_WARNING, ROLE_TEXT, DEPTH_RGB).foreground, 0xe6c84f | PEN_RGB);
    assert_int_equal(theme_pen(&theme, ROLE_WARNING, ROLE_TEXT, DEPTH_256).foreground, 185);
    assert_in_range(theme_pen(&theme, ROLE_WARNING, ROLE_TEXT, DEPTH_16).foreground, 0, 15);
    assert_int_equal(theme_pen(&theme, ROLE_WARNING, ROLE_TEXT, DEPTH_MONO).foreground, PEN_DEFAULT);
    pen = theme_pen(&theme, ROLE_ERROR, ROLE_TEXT, DEPTH_8);
    assert_int_equal(pen.foreground, 1);
    assert_true(pen.attributes & PEN_BOLD);
    pen = theme_pen(&theme, ROLE_DIM, ROLE_TEXT, DEPTH_8);
    assert_int_equal(pen.foreground, PEN_DEFAULT);
    assert_true(pen.attributes & PEN_DIM);
    assert_int_equal(theme_nearest_256(0x0000ff), 21);
    assert_int_equal(theme_nearest_256(0x808080), 244);
}

/* --- keys --- */

static bool
is_everywhere(const char *key)
{
    for (size_t i = 0; i < app_n_commands; i++)
        if (command_has_key(app_commands[i].keys, key))
            return true;
    return command_has_key(app_reserved_keys, key);
}

/* Panels that take text have nothing else to do with these two keys. */
static bool
is_allowed(const struct view_class *class, const char *key)
{
    return class == &view_compose && (strcmp(key, "Tab") == 0 || strcmp(key, "Esc") == 0);
}

static void
keys_of_everywhere_are_never_bound_again(void **state)
{
    (void) state;
    for (size_t v = 0; v < views_n_all; v++)
        for (size_t i = 0; i < views_all[v]->n_commands; i++) {
            const struct command *command = &views_all[v]->commands[i];
            char keys[100], *save = NULL;
            assert_non_null(command->help);
            assert_non_null(command->run);
            snprintf(keys, sizeof keys, "%s", command->keys != NULL ? command->keys : "");
            for (char *key = strtok_r(keys, " ", &save); key != NULL; key = strtok_r(NULL, " ", &save)) {
                if (is_everywhere(key) && !is_allowed(views_all[v], key))
                    fail_msg("%s binds %s, which is the same everywhere", views_all[v]->name, key);
                for (size_t j = 0; j < i; j++)
                    assert_false(command_has_key(views_all[v]->commands[j].keys, key));
            }
        }
}

static void
names_of_commands_are_unique(void **state)
{
    (void) state;
    for (size_t v = 0; v < views_n_all; v++)
        for (size_t i = 0; i < views_all[v]->n_commands; i++) {
            const char *name = views_all[v]->commands[i].name;
            assert_ptr_equal(command_by_name(views_all[v], name, strlen(name)), &views_all[v]->commands[i]);
        }
    for (size_t i = 0; i < app_n_commands; i++)
        assert_ptr_equal(command_by_name(&view_help, app_commands[i].name, strlen(app_commands[i].name)), &app_commands[i]);
}

/* --- what keys do --- */

static void
read_only_sends_nothing(void **state)
{
    struct app *app = stage_new(true);

    (void) state;
    stage_keys(app, "2 wait j j j j e");
    assert_true(stage_shows(app, "set: trapline was started with --read-only"));
    stage_keys(app, ": 'set_sysContact.0 Enter");
    assert_true(stage_shows(app, "--read-only"));
    assert_int_equal(fake_sets_sent, 0);
    stage_free(app);

    app = stage_new(false);
    stage_keys(app, "j Enter wait : 'set_sysContact.0 Enter wait");
    assert_true(stage_shows(app, "this device is read-only by its settings"));
    assert_int_equal(fake_sets_sent, 0);
    stage_free(app);
}

static void
what_is_not_valid_is_not_sent(void **state)
{
    struct app *app = stage_new(false);

    (void) state;
    stage_keys(app, "2 wait : 'set_ifMtu.1 Enter wait ^u '90000 ^s wait");
    assert_int_equal(fake_sets_sent, 0);
    stage_keys(app, "Esc Esc : 'set_ifIndex.1 Enter wait ^u '9 ^s wait");
    assert_int_equal(fake_sets_sent, 0);
    assert_true(stage_shows(app, "can only be read"));
    stage_free(app);
}

static void
a_busy_store_loses_no_change(void **state)
{
    struct app *app = stage_new(false);

    (void) state;
    fake_busy = 7;
    stage_keys(app, "2 wait : 'set_sysName.0 Enter wait ^u 'other ^s wait wait wait Esc 6 wait");
    assert_int_equal(fake_busy, 0);
    assert_true(stage_shows(app, "sysName.0"));
    stage_keys(app, "u wait ^s wait Esc wait");
    assert_true(stage_shows(app, "it put back change #1"));
    assert_int_equal(fake_sets_sent, 2);
    stage_free(app);
}

static void
a_busy_store_loses_no_mail(void **state)
{
    struct app *app = stage_new(false);

    (void) state;
    fake_busy = 5;
    stage_keys(app, "5 wait c 'Busy_day ^s wait wait");
    assert_int_equal(fake_busy, 0);
    assert_true(stage_shows(app, "Busy day"));
    assert_true(stage_shows(app, "Outbox"));
    stage_free(app);
}

static void
a_rejected_sender_is_let_in_by_one_key(void **state)
{
    struct app *app = stage_new(false);

    (void) state;
    fake_busy = 3;
    stage_keys(app, "4 wait L wait a wait");
    assert_int_equal(fake_busy, 0);
    assert_true(stage_shows(app, "sender-3 is let in by profile core-v3"));
    assert_true(stage_shows(app, "Admitted here 1"));
    stage_keys(app, "a");
    assert_true(stage_shows(app, "refused for its community"));
    assert_true(stage_shows(app, "there is none yet"));
    stage_keys(app, "j a wait");
    assert_true(stage_shows(app, "sender-2 is let in"));
    stage_keys(app, ": 'admit_nobody Enter");
    assert_true(stage_shows(app, "the settings have no profile \"nobody\""));
    stage_keys(app, "Tab a");
    assert_true(stage_shows(app, "choose one of the rejected senders first"));
    stage_keys(app, "BTab Tab Tab d wait");
    assert_true(stage_shows(app, "it is let in no longer"));
    assert_true(stage_shows(app, "nobody was let in by hand"));
    stage_free(app);
}

static void
leaving_asks_when_something_is_unsent(void **state)
{
    struct app *app = stage_new(false);

    (void) state;
    stage_keys(app, "5 wait c 'Unsent");
    app_show(app, &view_devices);
    stage_keys(app, "q");
    assert_false(app->quit);
    assert_true(stage_shows(app, "a mail is not finished"));
    stage_keys(app, ": 'quit_! Enter");
    assert_true(app->quit);
    stage_free(app);
}

static void
new_rows_come_by_themselves(void **state)
{
    struct app *app = stage_new(false);

    (void) state;
    stage_keys(app, "4 wait");
    fake_notify(SEVERITY_CRITICAL, "came later", true);
    stage_wait(app);
    assert_true(stage_shows(app, "came later"));
    stage_keys(app, "1");
    fake_notify(SEVERITY_MAJOR, "while away", true);
    for (int i = 0; i < 4; i++)
        stage_wait(app);
    assert_true(stage_shows(app, "1 new"));
    stage_keys(app, "4 wait");
    assert_true(stage_shows(app, "while away"));
    assert_true(stage_shows(app, "1 since you looked at"));
    stage_free(app);
}

static void
an_unfinished_pattern_narrows_nothing(void **state)
{
    struct app *app = stage_new(false);

    (void) state;
    stage_keys(app, "/ '/core( wait");
    assert_true(stage_shows(app, "access-sw-03"));
    stage_keys(app, "^u 'core");
    assert_int_equal(app_top(app)->list->n, 2);
    stage_keys(app, "Esc");
    assert_int_equal(app_top(app)->list->n, 5);
    stage_free(app);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_hold_only_what_can_be_printed), cmocka_unit_test(descriptions_are_broken_anew),
        cmocka_unit_test(marks_are_bounded),
        cmocka_unit_test(wide_characters_are_never_halved), cmocka_unit_test(themes_are_refused_with_file_and_line),
        cmocka_unit_test(themes_that_are_shipped_are_whole), cmocka_unit_test(colours_fall_back),
        cmocka_unit_test(keys_of_everywhere_are_never_bound_again), cmocka_unit_test(names_of_commands_are_unique),
        cmocka_unit_test(read_only_sends_nothing), cmocka_unit_test(what_is_not_valid_is_not_sent),
        cmocka_unit_test(a_busy_store_loses_no_change), cmocka_unit_test(a_busy_store_loses_no_mail),
        cmocka_unit_test(a_rejected_sender_is_let_in_by_one_key), cmocka_unit_test(leaving_asks_when_something_is_unsent), cmocka_unit_test(new_rows_come_by_themselves),
        cmocka_unit_test(an_unfinished_pattern_narrows_nothing),
    };

    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
