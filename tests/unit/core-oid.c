/* Object identifiers: text both ways, order, prefixes, limits. */
#include "api/oid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
text_both_ways(void **state)
{
    static const struct {
        const char *in, *out;
    } good[] = {
        { "1.3.6.1", "1.3.6.1" }, { ".1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.1.0" }, { "0", "0" },
        { "1.4294967295.0", "1.4294967295.0" },
    };
    static const char *const bad[] = { "", ".", "1.", "1..3", "a", "1.3x", "1.4294967296", "-1", " 1" };
    char text[OID_TEXT_MAX];
    struct oid o;

    (void) state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(oid_parse(&o, good[i].in));
        assert_string_equal(oid_format(&o, text), good[i].out);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(oid_parse(&o, bad[i]));
}

static void
longest_fits_and_no_more(void **state)
{
    char text[OID_TEXT_MAX + 16] = "", again[OID_TEXT_MAX];
    struct oid o;

    (void) state;
    for (int i = 0; i < OID_MAX; i++)
        strcat(text, i == 0 ? "4294967295" : ".4294967295");
    assert_true(oid_parse(&o, text));
    assert_string_equal(oid_format(&o, again), text);
    assert_false(oid_append_arc(&o, 1));
    assert_int_equal(o.n, OID_MAX);
    strcat(text, ".1");
    assert_false(oid_parse(&o, text));
}

static void
order_is_lexicographic(void **state)
{
    static const char *const sorted[] = { "1.3", "1.3.6", "1.3.6.1", "1.3.6.1.0", "1.3.6.2", "1.3.10", "2" };
    struct oid a, b;

    (void) state;
    for (size_t i = 0; i + 1 < sizeof sorted / sizeof sorted[0]; i++) {
        oid_parse(&a, sorted[i]);
        oid_parse(&b, sorted[i + 1]);
        assert_true(oid_compare(&a, &b) < 0);
        assert_true(oid_compare(&b, &a) > 0);
        assert_int_equal(oid_compare(&a, &a), 0);
    }
    oid_parse(&a, "1.3.6");
    oid_parse(&b, "1.3.6.1.4");
    assert_true(oid_within(&a, &b));
    assert_true(oid_within(&a, &a));
    assert_false(oid_within(&b, &a));
    oid_parse(&b, "1.3.61");
    assert_false(oid_within(&a, &b));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_both_ways),
        cmocka_unit_test(longest_fits_and_no_more),
        cmocka_unit_test(order_is_lexicographic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
