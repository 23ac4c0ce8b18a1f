/* Nothing that obeys, hides or reorders comes out of text_sanitize, whatever goes in. */
#include "api/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>
#include <uniwidth.h>

#include <cmocka.h>

static void
table(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        { "", "" },
        { "plain ~ text", "plain ~ text" },
        { "caf\303\251 \346\227\245\346\234\254 \360\237\231\202", "caf\303\251 \346\227\245\346\234\254 \360\237\231\202" },
        { "a\033[31mb", "a\\x1b[31mb" },
        { "a\tb\nc\rd", "a\\x09b\\x0ac\\x0dd" },
        { "\177", "\\x7f" },
        { "\302\233" "31m", "<U+009B>31m" },                 /* CSI as one C1 character */
        { "\233" "31m", "\\x9b31m" },                        /* and as one octet */
        { "\033]0;title\007", "\\x1b]0;title\\x07" },
        { "a\342\200\256b", "a<U+202E>b" },                  /* right-to-left override */
        { "a\342\201\246b", "a<U+2066>b" },
        { "a\342\200\213b\357\273\277", "a<U+200B>b<U+FEFF>" },
        { "\330\234", "<U+061C>" },
        { "\363\240\201\201", "<U+E0041>" },                 /* a tag character */
        { "e\314\201", "e\314\201" },
        { "\314\201x", "<U+0301>x" },                        /* a mark with nothing under it */
        { "a\314\201\314\201\314\201\314\201\314\201b", "a\314\201\314\201\314\201\314\201<U+0301>b" },
        { "\300\200", "\\xc0\\x80" },                        /* overlong NUL */
        { "\355\240\200", "\\xed\\xa0\\x80" },               /* a surrogate */
        { "\364\220\200\200", "\\xf4\\x90\\x80\\x80" },      /* beyond U+10FFFF */
        { "\342\202", "\\xe2\\x82" },                        /* cut */
        { "\342\200\250", "<U+2028>" },
        { "\302\255", "<U+00AD>" },
        { "\357\277\276", "<U+FFFE>" },
    };
    char out[200];

    (void) state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = text_sanitize((const uint8_t *) rows[i].in, strlen(rows[i].in), out, sizeof out);

        assert_string_equal(out, rows[i].out);
        assert_int_equal(n, strlen(rows[i].out));
    }
    assert_int_equal(text_sanitize((const uint8_t *) "a\0b", 3, out, sizeof out), 6);
    assert_string_equal(out, "a\\x00b");
}

static void
cut_at_a_character(void **state)
{
    const uint8_t in[] = "ab\303\251\033c";
    char out[16];

    (void) state;
    memset(out, 'X', sizeof out);
    assert_int_equal(text_sanitize(in, sizeof in - 1, out, 0), 0);
    assert_int_equal(out[0], 'X');
    assert_int_equal(text_sanitize(in, sizeof in - 1, out, 1), 0);
    assert_int_equal(text_sanitize(in, sizeof in - 1, out, 4), 2);
    assert_string_equal(out, "ab");
    assert_int_equal(text_sanitize(in, sizeof in - 1, out, 5), 4);
    assert_int_equal(text_sanitize(in, sizeof in - 1, out, 8), 4); /* half an escape is no escape */
    assert_int_equal(text_sanitize(in, sizeof in - 1, out, 9), 8);
    assert_string_equal(out, "ab\303\251\\x1b");
}

static bool
is_dangerous(ucs4_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || uc_is_general_category(c, UC_FORMAT) ||
           uc_is_general_category(c, UC_CONTROL) || uc_is_general_category(c, UC_SURROGATE) ||
           uc_is_general_category(c, UC_LINE_SEPARATOR) || uc_is_general_category(c, UC_PARAGRAPH_SEPARATOR) ||
           uc_is_property_bidi_control(c) || uc_is_property_default_ignorable_code_point(c) ||
           uc_is_property_not_a_character(c);
}

/* libunistring's data is the oracle: every character there is, alone and behind a base. */
static void
every_character(void **state)
{
    (void) state;
    for (ucs4_t c = 1; c <= 0x10ffff; c++) {
        uint8_t in[8] = "x";
        char out[64];
        int n = u8_uctomb(in + 1, c, 6), marks = 0;

        if (n < 0)
            continue;
        text_sanitize(in, (size_t) n + 1, out, sizeof out);
        if (is_dangerous(c) && strchr(out, c < 0x80 ? '\\' : '<') == NULL)
            fail_msg("U+%04X comes out as it is", (unsigned) c);
        for (const uint8_t *at = (const uint8_t *) out; *at != 0;) {
            ucs4_t got;
            int length = u8_strmbtouc(&got, at);

            assert_true(length > 0);
            assert_false(is_dangerous(got));
            marks += text_width((const char *) at) == 0 && *at >= 0x80;
            at += length;
        }
        assert_true(marks <= 1);
    }
}

static void
assert_safe(const char *out, size_t n)
{
    int marks = 0;

    assert_int_equal(strlen(out), n);
    assert_null(u8_check((const uint8_t *) out, n));
    for (const uint8_t *at = (const uint8_t *) out; *at != 0;) {
        char one[8] = "";
        ucs4_t c;
        int length = u8_strmbtouc(&c, at);

        memcpy(one, at, (size_t) length);
        assert_false(is_dangerous(c));
        marks = text_width(one) == 0 ? marks + 1 : 0;
        assert_true(marks <= 4);
        at += length;
    }
}

/* Octets at random, and pieces that are known to hurt, in random order: safe, valid, within the room. */
static void
hostile_mixtures(void **state)
{
    static const char *const pieces[] = {
        "\033", "\033[2J", "\302\233", "\233", "\342\200\256", "\342\200\215", "\314\201", "\314\210", "\342", "\200",
        "\360\237\230", "\360\237\230\200", "\346\227\245", "A", " ", "\n", "\357\273\277", "\363\240\201\201", "\377",
        "\340\200\200", "\341\205\240", "\343\205\244", "\330\205", "\302\205", "\341\240\216", "\357\270\217",
    };
    unsigned seed = 4711;

    (void) state;
    for (int round = 0; round < 40000; round++) {
        uint8_t in[128];
        char out[300];
        size_t n = 0, room = 1 + (size_t) rand_r(&seed) % sizeof out, wrote;

        if (round % 2 == 0)
            for (n = 0; n < (size_t) (round / 2 % 100); n++)
                in[n] = (uint8_t) rand_r(&seed);
        else
            while (n < sizeof in - 8) {
                const char *piece = pieces[(size_t) rand_r(&seed) % (sizeof pieces / sizeof pieces[0])];

                memcpy(in + n, piece, strlen(piece));
                n += strlen(piece);
            }
        memset(out, 'Z', sizeof out);
        wrote = text_sanitize(in, n, out, room);
        assert_true(wrote < room);
        assert_safe(out, wrote);
        if (room < sizeof out)
            assert_int_equal(out[room], 'Z');
    }
}

static void
widths(void **state)
{
    int used;

    (void) state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("\346\227\245\346\234\254"), 4);
    assert_int_equal(text_width("e\314\201"), 1);
    assert_int_equal(text_width("\360\237\231\202"), 2);
    assert_int_equal(text_fit("\346\227\245\346\234\254", 3, &used), 3);
    assert_int_equal(used, 2);
    assert_int_equal(text_fit("ae\314\201b", 2, &used), 4); /* the mark stays with its base */
    assert_int_equal(used, 2);
    assert_int_equal(text_fit("abc", 0, NULL), 0);
    assert_int_equal(text_fit("abc", 10, &used), 3);
    assert_int_equal(used, 3);
}

static void
steps_of_the_cursor(void **state)
{
    /* a woman technologist (ZWJ sequence), a flag, an e with an accent: three steps */
    static const char text[] = "\360\237\221\251\342\200\215\360\237\222\273\360\237\207\251\360\237\207\252e\314\201";
    size_t at = 0;

    (void) state;
    at = text_next(text, at);
    assert_int_equal(at, 11);
    at = text_next(text, at);
    assert_int_equal(at, 19);
    at = text_next(text, at);
    assert_int_equal(at, 22);
    assert_int_equal(text_next(text, at), 22);
    assert_int_equal(text_previous(text, 22), 19);
    assert_int_equal(text_previous(text, 19), 11);
    assert_int_equal(text_previous(text, 11), 0);
    assert_int_equal(text_previous(text, 0), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),   cmocka_unit_test(cut_at_a_character), cmocka_unit_test(every_character),
        cmocka_unit_test(widths),  cmocka_unit_test(hostile_mixtures),   cmocka_unit_test(steps_of_the_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
