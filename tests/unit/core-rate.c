/* Rates over wraps, restarts and discontinuities: never negative, never absurd. */
#include "core/rate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const struct {
    const char *what;
    enum value_type type;
    uint64_t before, now;
    int64_t seconds, up_before, up_now, discontinuity_before, discontinuity_now;
    enum poll_verdict verdict;
    double rate;
} cases[] = {
    { "plain", VALUE_COUNTER32, 1000, 3000, 10, 100, 1100, -1, -1, POLL_RATE, 200 },
    { "real time, not the period", VALUE_COUNTER64, 0, 3000, 15, 100, 1600, -1, -1, POLL_RATE, 200 },
    { "32 bits wrap", VALUE_COUNTER32, 4294967000u, 704, 10, 100, 1100, -1, -1, POLL_WRAPPED, 100 },
    { "32 bits wrap, up time unknown", VALUE_COUNTER32, 4294967000u, 704, 10, -1, -1, -1, -1, POLL_WRAPPED, 100 },
    { "32 bits reset, up time unknown", VALUE_COUNTER32, 3000000, 5, 10, -1, -1, -1, -1, POLL_RESET, 0 },
    { "a restart", VALUE_COUNTER32, 4294967000u, 704, 10, 50000, 300, -1, -1, POLL_RESTART, 0 },
    { "a restart, the counter already higher", VALUE_COUNTER64, 10, 5000, 600, 100000, 59000, -1, -1, POLL_RESTART, 0 },
    { "two restarts within seconds", VALUE_COUNTER64, 1477, 1514, 1, 205, 14, -1, -1, POLL_RESTART, 0 },
    { "a restart long ago", VALUE_COUNTER32, 4000000000u, 10, 300, 6000, 20000, -1, -1, POLL_RESTART, 0 },
    { "a restart after more than half of 497 days", VALUE_COUNTER64, 10, 500, 10, 3000000000, 300, -1, -1, POLL_RESTART, 0 },
    { "an up time that runs ahead", VALUE_COUNTER64, 1000, 2000, 10, 100, 9100, -1, -1, POLL_RATE, 100 },
    { "up time wraps after 497 days", VALUE_COUNTER64, 1000, 2000, 10, 4294967000, 704, -1, -1, POLL_RATE, 100 },
    { "a discontinuity", VALUE_COUNTER64, 1000, 2000, 10, 100, 1100, 5, 900, POLL_DISCONTINUITY, 0 },
    { "64 bits wrap", VALUE_COUNTER64, UINT64_MAX - 499, 500, 10, 100, 1100, -1, -1, POLL_WRAPPED, 100 },
    { "64 bits reset", VALUE_COUNTER64, 123456789, 500, 10, 100, 1100, -1, -1, POLL_RESET, 0 },
    { "a gauge", VALUE_GAUGE32, 10, 5, 10, 100, 1100, -1, -1, POLL_NO_COUNTER, 0 },
    { "no time passed", VALUE_COUNTER32, 10, 50, 0, 100, 100, -1, -1, POLL_FIRST, 0 },
};

static void
test_rates(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct value a = { .type = cases[i].type, .u = cases[i].before }, b = { .type = cases[i].type, .u = cases[i].now };
        struct rate_reading before = { &a, 1000, cases[i].up_before, cases[i].discontinuity_before };
        struct rate_reading now = { &b, 1000 + cases[i].seconds * 1000000000, cases[i].up_now,
                                    cases[i].discontinuity_now };
        double rate;
        enum poll_verdict verdict = rate_between(&before, &now, &rate);

        if (verdict != cases[i].verdict || fabs(rate - cases[i].rate) > 0.001)
            fail_msg("%s: verdict %d, rate %g", cases[i].what, (int) verdict, rate);
    }
}

static void
test_relatives(void **state)
{
    struct oid name, wide, discontinuity, want;

    (void) state;
    assert_true(oid_parse(&name, "1.3.6.1.2.1.2.2.1.10.17"));
    rate_relatives(&name, &wide, &discontinuity);
    assert_true(oid_parse(&want, "1.3.6.1.2.1.31.1.1.1.6.17"));
    assert_int_equal(oid_compare(&wide, &want), 0);
    assert_true(oid_parse(&want, "1.3.6.1.2.1.31.1.1.1.19.17"));
    assert_int_equal(oid_compare(&discontinuity, &want), 0);
    assert_true(oid_parse(&name, "1.3.6.1.2.1.2.2.1.14.3")); /* ifInErrors has no 64-bit form */
    rate_relatives(&name, &wide, &discontinuity);
    assert_int_equal(wide.n, 0);
    assert_true(oid_parse(&want, "1.3.6.1.2.1.31.1.1.1.19.3"));
    assert_int_equal(oid_compare(&discontinuity, &want), 0);
    assert_true(oid_parse(&name, "1.3.6.1.2.1.1.3.0"));
    rate_relatives(&name, &wide, &discontinuity);
    assert_int_equal(wide.n, 0);
    assert_int_equal(discontinuity.n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_rates), cmocka_unit_test(test_relatives) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
