/* Filters as people type them. */
#include "api/text.h"

#include "api/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *
column(void *arg, const char *name)
{
    static const struct {
        const char *name, *text;
    } cells[] = {
        { "ifDescr", "GigabitEthernet1/0/24" }, { "ifOperStatus", "down(2)" }, { "ifMtu", "1500" },
        { "temperature", "-4.25 C" },           { "empty", "" },                { "octets", "18446744073709551615" },
    };

    if (name == NULL)
        return arg != NULL ? arg : "24 GigabitEthernet1/0/24 \"to lab\" down(2) Z\303\234RICH 1500 x=y";
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        if (strcmp(name, cells[i].name) == 0)
            return cells[i].text;
    return NULL;
}

static void
table(void **state)
{
    static const struct {
        const char *expression;
        bool matches;
    } rows[] = {
        { "", true }, { "   ", true }, { "gigabit", true }, { "GIGABIT", true }, { "gigabyte", false },
        { "z\303\274rich", true }, { "!gigabit", false }, { "!gigabyte", true }, { "lab down", true },
        { "lab up", false }, { "\"to lab\"", true }, { "\"lab to\"", false }, { "\"to la", true },
        { "!\"to lab\"", false }, { "~gbe24", true }, { "~42ebg", false }, { "!~gbe24", false },
        { "/gig.*24/", true }, { "/^gig/", false }, { "/to lab/", true }, { "/1\\/0\\/24/", true }, { "/1/0/24", true },
        { "!/gig/", false }, { "/", true }, { "/down\\(2", true }, { "ifOperStatus=down", true },
        { "ifOperStatus=down(2)", true }, { "ifOperStatus=2", true }, { "ifOperStatus=DOWN", true },
        { "ifOperStatus=dow", false }, { "ifOperStatus!=down", false }, { "ifOperStatus!=up", true },
        { "!ifOperStatus=up", true }, { "ifOperStatus>1", true }, { "ifOperStatus<2", false },
        { "ifMtu>1499", true }, { "ifMtu>1500", false }, { "ifMtu>=1500", true }, { "ifMtu<=1500", true },
        { "ifMtu<1500.5", true }, { "temperature<-4", true }, { "temperature>-4.5", true }, { "empty=", true },
        { "empty>0", false }, { "!empty>0", false }, { "ifDescr>0", false }, { "nosuch=1", false },
        { "nosuch!=1", false }, { "ifMtu=1500 down ~lab", true }, { "ifDescr=\"GigabitEthernet1/0/24\"", true },
        { "octets>18446744073709551614", true }, { "octets>18446744073709551615", false }, { "\"x=y\"", true },
        { "down(2)", true }, { ".*", false }, { "!", false }, { "~", false },
    };

    (void) state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct failure why = { 0 };
        struct filter *f = filter_new(rows[i].expression, &why);

        if (f == NULL)
            fail_msg("%s: %s", rows[i].expression, why.text);
        if (filter_matches(f, column, NULL) != rows[i].matches)
            fail_msg("%s: should%s match", rows[i].expression, rows[i].matches ? "" : " not");
        filter_free(f);
    }
    filter_free(NULL);
}

static void
refused(void **state)
{
    static const char *const bad[] = { "/(/", "/[a/", "ifMtu>abc", "ifMtu<", "/\\p{Nonsense}/" };
    char many[200] = "", huge[1100];
    struct failure why;

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        why.text[0] = '\0';
        assert_null(filter_new(bad[i], &why));
        assert_int_equal(why.kind, FAILURE_USAGE);
        assert_true(strlen(why.text) > 10);
    }
    for (int i = 0; i < 33; i++)
        strcat(many, "a ");
    assert_null(filter_new(many, &why));
    assert_int_equal(why.kind, FAILURE_LIMIT);
    memset(huge, 'a', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    assert_null(filter_new(huge, &why));
}

/* Patterns that explode do not hold up the screen, and match nothing, negated or not. */
static void
exploding_patterns_end(void **state)
{
    static const char *const patterns[] = { "/(a+)+$/", "/(a|aa)+$/", "/(.*)*b/", "!/(a+)+$/", "/(?R)?a+(?R)?$/" };
    static char row[40001];
    int64_t start = loop_clock();

    (void) state;
    memset(row, 'a', sizeof row - 2);
    row[sizeof row - 2] = '!';
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct failure why;
        struct filter *f = filter_new(patterns[i], &why);

        assert_non_null(f);
        assert_false(filter_matches(f, column, row));
        filter_free(f);
    }
    assert_true(loop_clock() - start < LOOP_S(5));
}

/* Anything typed is taken or refused, and anything shown is matched or not: no crash, and no octet read past. */
static void
random_expressions(void **state)
{
    static const char letters[] = "ab/\\!~\"=<>()[]{}*+?.|^$ \303\274\200\377 1-";
    unsigned seed = 7;

    (void) state;
    for (int round = 0; round < 20000; round++) {
        char expression[24], row[24];
        struct failure why;
        struct filter *f;

        for (size_t i = 0; i < sizeof row; i++) {
            expression[i] = letters[(size_t) rand_r(&seed) % (sizeof letters - 1)];
            row[i] = letters[(size_t) rand_r(&seed) % (sizeof letters - 1)];
        }
        expression[(size_t) rand_r(&seed) % sizeof row] = row[(size_t) rand_r(&seed) % sizeof row] = '\0';
        expression[sizeof row - 1] = row[sizeof row - 1] = '\0';
        why.text[0] = '\0';
        f = filter_new(expression, &why);
        if (f == NULL)
            assert_true(why.text[0] != '\0');
        else
            filter_matches(f, column, row);
        filter_free(f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(refused),
        cmocka_unit_test(exploding_patterns_end),
        cmocka_unit_test(random_expressions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
