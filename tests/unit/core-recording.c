/* Lines of recordings, read and written. */
#include "core/recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* A line, and the line that is written of what was read; NULL: it makes no sense. */
static const char *const lines[][2] = {
    { "1.3.6.1.2.1.1.1.0|4|a text | with = and |", "1.3.6.1.2.1.1.1.0|4|a text | with = and |" },
    { ".1.3.6.1.2.1.1.1.0|4x|00ff10", "1.3.6.1.2.1.1.1.0|4x|00ff10" },
    { "1.3.6.1.2.1.1.1.0|4e|a\\x00\\n", "1.3.6.1.2.1.1.1.0|4x|61000a" },
    { "1.3.6.1.2.1.1.1.0|4|", "1.3.6.1.2.1.1.1.0|4x|" },
    { "1.3.6.1.2.1.1.7.0|2|-72\r", "1.3.6.1.2.1.1.7.0|2|-72" },
    { "1.3.6.1.2.1.1.7.0|2|4294967295", "1.3.6.1.2.1.1.7.0|2|-1" },
    { "1.3.6.1.2.1.1.7.0|65|", "1.3.6.1.2.1.1.7.0|65|0" },
    { "1.3.6.1.2.1.1.7.0|65|4294967298", "1.3.6.1.2.1.1.7.0|65|2" },
    { "1.3.6.1.2.1.1.7.0|70|18446744073709551615", "1.3.6.1.2.1.1.7.0|70|18446744073709551615" },
    { "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9", "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9" },
    { "1.3.6.1.2.1.4.20.1.1|64|10.0.0.1", "1.3.6.1.2.1.4.20.1.1|64|10.0.0.1" },
    { "1.3.6.1.2.1.4.20.1.1|64x|0a000001", "1.3.6.1.2.1.4.20.1.1|64|10.0.0.1" },
    { "1.3.6.1.2.1.1.3.0|67|123", "1.3.6.1.2.1.1.3.0|67|123" },
    { "1.3.6.1.2.1.1.3.0|68|Float: 1.5", "1.3.6.1.2.1.1.3.0|68x|9f78043fc00000" },
    { "1.3.6.1.2.1.1.3.0|68x|9f78043fc00000", "1.3.6.1.2.1.1.3.0|68x|9f78043fc00000" },
    { "1.3.6.1.2.1.1.3.0|71|7", "1.3.6.1.2.1.1.3.0|66|7" },
    { "1.3.6.1.2.1.1.3.0|5|", "1.3.6.1.2.1.1.3.0|5|" },
    { "1.3.6.1.2.1.2.2.1.10.1|65:numeric|initial=100,rate=5", "1.3.6.1.2.1.2.2.1.10.1|65|100" },
    { "1.3.6.1.2.1.2.2.1.10.1|2:numeric|initial=-1e99", "1.3.6.1.2.1.2.2.1.10.1|2|-2147483648" },
    { ".1.3.6.1.2.1.1.1.0 = STRING: \"say \\\"so\\\"\"", "1.3.6.1.2.1.1.1.0|4|say \"so\"" },
    { ".1.3.6.1.2.1.1.1.0 = Hex-STRING: 00 FF ", "1.3.6.1.2.1.1.1.0|4x|00ff" },
    { ".1.3.6.1.2.1.1.1.0 = INTEGER: up(1)", "1.3.6.1.2.1.1.1.0|2|1" },
    { ".1.3.6.1.2.1.1.3.0 = Timeticks: (123) 0:00:01.23", "1.3.6.1.2.1.1.3.0|67|123" },
    { ".1.3.6.1.2.1.1.1.0 = \"\"", "1.3.6.1.2.1.1.1.0|4x|" },
    { ".1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.9", "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9" },
    { "1.3.6.1.2.1.1.1.0|4x|0f0", NULL },
    { "1.3.6.1.2.1.1.1.0|99|x", NULL },
    { "1.3.6.1.2.1.1.1.0|4:numeric|x", NULL },
    { "1.3.6.1.2.1.1.1.0|2|x", NULL },
    { "1.3.6.1.2.1.1.1.0|64|10.0.0", NULL },
    { "sysDescr.0|4|x", NULL },
    { "9.3.6|4|x", NULL },
    { "1.3.6.1.2.1.1.1.0|4", NULL },
    { "1.3.6.1.2.1.1.1.0", NULL },
    { "|||", NULL },
    { "", NULL },
};

static void
test_lines(void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct arena *arena = arena_new();
        struct buf out = { 0 };
        const char *tag, *text;
        struct varbind vb;
        char line[200];
        bool good;

        strcpy(line, lines[i][0]);
        good = recording_split(line, &vb.name, &tag, &text) && recording_value(tag, text, arena, &vb.value);
        if (good) {
            assert_true(recording_write(&out, &vb));
            out.at[--out.n] = '\0';
        }
        if (good != (lines[i][1] != NULL) || (good && strcmp(out.at, lines[i][1]) != 0))
            fail_msg("%s: %s", lines[i][0], good ? out.at : "refused");
        buf_free(&out);
        arena_free(arena);
    }
}

static void
test_exception(void **state)
{
    struct varbind vb = { .value.type = VALUE_END_OF_MIB_VIEW };
    struct buf out = { 0 };

    (void) state;
    assert_true(oid_parse(&vb.name, "1.3"));
    assert_false(recording_write(&out, &vb));
    assert_int_equal(out.n, 0);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_lines), cmocka_unit_test(test_exception) };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
