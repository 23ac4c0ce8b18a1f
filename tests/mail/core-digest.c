/* A digest: grouped, counted, neutral to HTML and spreadsheets, and the same every time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/digest.h"

#include <stdio.h>
#include <string.h>

static const int64_t start = 1795435200LL * 1000000000;

static void
add(struct digest *d, int64_t id, enum severity severity, const char *device, const char *value)
{
    struct varbind varbind = { .value = { .type = VALUE_OCTETS, .n = (uint32_t) strlen(value),
                                          .octets = (const uint8_t *) value } };
    struct notification n = { .id = id, .received = start + id * 1000000000, .severity = severity, .device = device,
                              .source = "192.0.2.1:162", .why = "words", .varbinds = &varbind, .n_varbinds = 1 };
    const uint32_t linkdown[] = { 1, 3, 6, 1, 6, 3, 1, 1, 5, 3 };

    n.name.n = varbind.name.n = 10;
    memcpy(n.name.arc, linkdown, sizeof linkdown);
    memcpy(varbind.name.arc, linkdown, sizeof linkdown);
    digest_add(d, &n, NULL);
}

static struct digest *
sample(void)
{
    struct digest *d = digest_new("now", start);
    struct ledger ledger = { .received = 5, .stored = 5, .since = start };

    add(d, 101, SEVERITY_CRITICAL, "core-sw-01", "<script>alert(1)</script>");
    add(d, 102, SEVERITY_MAJOR, "=cmd|' /C calc'!A0", "a\x1b[31mred\r\nBcc: evil");
    add(d, 103, SEVERITY_CRITICAL, "core-sw-01", "<script>alert(1)</script>");
    add(d, 104, SEVERITY_INFO, "edge", "fine");
    digest_set_ledger(d, &ledger);
    return d;
}

static void
test_counts(void **state)
{
    struct digest *d = sample();
    struct buf out = { 0 };
    char id[160];

    (void) state;
    assert_int_equal(digest_events(d), 4);
    assert_int_equal(digest_worst(d), SEVERITY_CRITICAL);
    digest_subject(d, &out);
    assert_string_equal(out.at, "[now] 2 critical, 1 major; 4 events, 3 devices");
    digest_message_id(d, "uuid", id, sizeof id);
    assert_string_equal(id, "<now.101-104.uuid@trapline>");
    buf_free(&out);
    digest_free(d);
}

static void
test_text(void **state)
{
    struct digest *d = sample();
    struct buf out = { 0 }, again = { 0 };

    (void) state;
    digest_text(d, &out);
    digest_text(d, &again);
    assert_string_equal(out.at, again.at);
    assert_non_null(strstr(out.at, "x2")); /* what is alike is one line */
    assert_non_null(strstr(out.at, "events 101 to 104"));
    assert_non_null(strstr(out.at, "received 5 = stored 5"));
    assert_true(strstr(out.at, "CRIT") < strstr(out.at, "MAJR"));
    assert_null(strchr(out.at, '\x1b'));
    assert_null(strchr(out.at, '\r'));
    for (char *line = strtok(out.at, "\n"); line != NULL; line = strtok(NULL, "\n"))
        if (strlen(line) > 72)
            fail_msg("%zu columns: %s", strlen(line), line);
    buf_free(&out);
    buf_free(&again);
    digest_free(d);
}

static void
test_neutral(void **state)
{
    struct digest *d = sample();
    struct buf out = { 0 };

    (void) state;
    digest_html(d, &out);
    assert_null(strstr(out.at, "<script"));
    assert_non_null(strstr(out.at, "&lt;script&gt;"));
    assert_null(strchr(out.at, '\x1b'));
    buf_clear(&out);
    digest_csv(d, &out);
    assert_non_null(strstr(out.at, "\"'=cmd|' /C calc'!A0\""));
    assert_null(strchr(out.at, '\x1b'));
    buf_free(&out);
    digest_free(d);
}

static void
test_many(void **state)
{
    struct digest *d = digest_new("flood", start);
    struct buf text = { 0 }, html = { 0 }, csv = { 0 };
    size_t lines = 0;
    char value[32], device[32];

    (void) state;
    for (int i = 0; i < 20000; i++) {
        snprintf(value, sizeof value, "value %d", i);
        snprintf(device, sizeof device, "device-%d", i % 3000);
        add(d, i + 1, (enum severity) (i % 6), device, value);
    }
    digest_text(d, &text);
    digest_html(d, &html);
    digest_csv(d, &csv);
    assert_int_equal(digest_events(d), 20000);
    assert_true(text.n < 20000 && html.n < 80000); /* bounded, whatever came */
    for (const char *p = csv.at; *p != '\0'; p++)
        lines += *p == '\n';
    assert_int_equal(lines, DIGEST_ROWS + 1);
    buf_free(&text);
    buf_free(&html);
    buf_free(&csv);
    digest_free(d);
}

static void
test_empty(void **state)
{
    struct digest *d = digest_new("now", start);
    struct buf out = { 0 };

    (void) state;
    digest_text(d, &out);
    assert_non_null(strstr(out.at, "nothing"));
    digest_html(d, &out);
    assert_non_null(strstr(out.at, "Nothing happened."));
    digest_subject(d, &out);
    buf_free(&out);
    digest_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_counts), cmocka_unit_test(test_text),
                                        cmocka_unit_test(test_neutral), cmocka_unit_test(test_many),
                                        cmocka_unit_test(test_empty) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
