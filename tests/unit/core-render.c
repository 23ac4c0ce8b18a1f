/* Values to text and back: tables, round trips over generated values, and hostile input. */
#include "api/render.h"
#include "core/hint.h"
#include "core/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct syntax_name states[] = { { 1, "up" }, { 2, "down" }, { 3, "testing" }, { -1, "lost" } };
static const struct syntax_name flags[] = { { 0, "sensor" }, { 3, "alarm" }, { 12, "fan" } };
static const struct syntax_range one_to_ten[] = { { 1, 10 }, { 20, 20 } };
static const struct syntax_range four[] = { { 0, 4 } };

#define TEXT(base_, type_, hint_) { .base = base_, .type = type_, .hint = hint_ }
static const struct syntax
    enumeration = {.base = SYNTAX_ENUMERATION, .type = "S", .names = states, .n_names = 4},
    bits = {.base = SYNTAX_BITS, .type = "B", .names = flags, .n_names = 3},
    tenths = TEXT(SYNTAX_INTEGER32, "Tenths", "d-1"),
    thousandths = TEXT(SYNTAX_INTEGER32, "Thousandths", "d-3"), hexes = TEXT(SYNTAX_INTEGER32, "Hexes", "x"),
    ranged = {.base = SYNTAX_INTEGER32, .type = "R", .ranges = one_to_ten, .n_ranges = 2},
    unsigned32 = TEXT(SYNTAX_UNSIGNED32, "Unsigned32", NULL),
    integer32 = TEXT(SYNTAX_INTEGER32, "Integer32", NULL), ticks = TEXT(SYNTAX_TIMETICKS, "TimeTicks", NULL),
    display = TEXT(SYNTAX_OCTETS, "DisplayString", "255a"),
    admin = TEXT(SYNTAX_OCTETS, "SnmpAdminString", "255t"), mac = TEXT(SYNTAX_OCTETS, "MacAddress", "1x:"),
    date = TEXT(SYNTAX_OCTETS, "DateAndTime", "2d-1d-1d,1d:1d:1d.1d,1a1d:1d"),
    inet = TEXT(SYNTAX_OCTETS, "InetAddress", NULL),
    ipv6 = TEXT(SYNTAX_OCTETS, "InetAddressIPv6", "2x:2x:2x:2x:2x:2x:2x:2x"),
    plain = TEXT(SYNTAX_OCTETS, "OCTET STRING", NULL),
    small = {.base = SYNTAX_OCTETS, .type = "O", .ranges = four, .n_ranges = 1},
    object = TEXT(SYNTAX_OID, "OBJECT IDENTIFIER", NULL), address = TEXT(SYNTAX_IPADDRESS, "IpAddress", NULL),
    opaque = TEXT(SYNTAX_OPAQUE, "Opaque", NULL), counter64 = TEXT(SYNTAX_COUNTER64, "Counter64", NULL);

#define NUMBER(t, number) { .type = t, .u = (uint64_t) (number) }
#define OCTETS(text) { .type = VALUE_OCTETS, .n = sizeof(text) - 1, .octets = (const uint8_t *) (text) }
#define OPAQUE(text) { .type = VALUE_OPAQUE, .n = sizeof(text) - 1, .octets = (const uint8_t *) (text) }

static const uint32_t some_arcs[] = { 1, 3, 6, 4294967295u };
static const struct {
    struct value value;
    const struct syntax *syntax;
    enum render_style style;
    const char *text;
} printed[] = {
    { NUMBER(VALUE_INTEGER, 1), &enumeration, RENDER_PLAIN, "up(1)" },
    { NUMBER(VALUE_INTEGER, 2), &enumeration, RENDER_BARE, "down" },
    { NUMBER(VALUE_INTEGER, 2), &enumeration, RENDER_CELL, "down" },
    { NUMBER(VALUE_INTEGER, -1), &enumeration, RENDER_SCREEN, "lost(-1)" },
    { NUMBER(VALUE_INTEGER, 9), &enumeration, RENDER_PLAIN, "9" },
    { NUMBER(VALUE_INTEGER, 1), &enumeration, RENDER_RAW, "1" },
    { NUMBER(VALUE_INTEGER, 1284), NULL, RENDER_PLAIN, "1284" },
    { NUMBER(VALUE_INTEGER, 1284), NULL, RENDER_SCREEN, "1 284" },
    { NUMBER(VALUE_INTEGER, -128400), NULL, RENDER_CELL, "-128 400" },
    { NUMBER(VALUE_INTEGER, INT64_MIN), NULL, RENDER_CELL, "-9 223 372 036 854 775 808" },
    { NUMBER(VALUE_COUNTER64, UINT64_MAX), &counter64, RENDER_PLAIN, "18446744073709551615" },
    { NUMBER(VALUE_COUNTER64, 84421099310331), &counter64, RENDER_SCREEN, "84 421 099 310 331" },
    { NUMBER(VALUE_INTEGER, 42), NULL, RENDER_HEX, "0x2a" },
    { NUMBER(VALUE_INTEGER, -42), NULL, RENDER_HEX, "-0x2a" },
    { NUMBER(VALUE_INTEGER, 235), &tenths, RENDER_PLAIN, "23.5" },
    { NUMBER(VALUE_INTEGER, -5), &tenths, RENDER_PLAIN, "-0.5" },
    { NUMBER(VALUE_INTEGER, 7), &thousandths, RENDER_PLAIN, "0.007" },
    { NUMBER(VALUE_INTEGER, 255), &hexes, RENDER_PLAIN, "ff" },
    { NUMBER(VALUE_TIMETICKS, 0), &ticks, RENDER_PLAIN, "00:00:00" },
    { NUMBER(VALUE_TIMETICKS, 1841790600), NULL, RENDER_PLAIN, "213 d 04:05:06" },
    { NUMBER(VALUE_TIMETICKS, 4294967295), &ticks, RENDER_SCREEN, "497 d 02:27:52" },
    { NUMBER(VALUE_TIMETICKS, 93784000), &ticks, RENDER_RAW, "93784000" },
    { OCTETS("\0\x1bT\xaa\x01\0"), &mac, RENDER_PLAIN, "00:1b:54:aa:01:00" },
    { OCTETS("\0\x1bT\xaa\x01\0"), &mac, RENDER_RAW, "00 1b 54 aa 01 00" },
    { OCTETS("\0\x1bT\xaa\x01\0"), &mac, RENDER_HEX, "0x001b54aa0100" },
    { OCTETS("\0\x1bT\xaa\x01\0"), NULL, RENDER_PLAIN, "00 1b 54 aa 01 00" },
    { OCTETS("uplink \"a\""), &display, RENDER_PLAIN, "uplink \"a\"" },
    { OCTETS("uplink \"a\\b\""), &display, RENDER_QUOTED, "\"uplink \\\"a\\\\b\\\"\"" },
    { OCTETS(""), &display, RENDER_PLAIN, "" },
    { OCTETS(""), NULL, RENDER_SCREEN, "\"\"" },
    { OCTETS("Gr\xc3\xbc\xc3\x9f"), &admin, RENDER_PLAIN, "Gr\xc3\xbc\xc3\x9f" },
    { OCTETS("Gr\xfc\xdf"), &admin, RENDER_PLAIN, "Gr\\xfc\\xdf" },
    { OCTETS("IOS\r\nv1"), NULL, RENDER_PLAIN, "IOS\\x0d\\x0av1" },
    { OCTETS("name\0"), NULL, RENDER_PLAIN, "name\\x00" },
    { OCTETS("\x1b[31m"), &display, RENDER_PLAIN, "\\x1b[31m" },
    { OCTETS("a\xe2\x80\xae" "b"), &admin, RENDER_PLAIN, "a<U+202E>b" },
    { OCTETS("\x07\xea\x0b\x18\x03\x05\x09\x00"), &date, RENDER_PLAIN, "2026-11-24 03:05:09" },
    { OCTETS("\x07\xea\x0b\x18\x03\x05\x09\x05-\x03\x1e"), &date, RENDER_PLAIN,
      "2026-11-24 03:05:09.5 -03:30" },
    { OCTETS("\x07\xea\x0d\x18\x03\x05\x09\x00"), &date, RENDER_PLAIN, "07 ea 0d 18 03 05 09 00" },
    { OCTETS("\x0a\0\0\x01"), &inet, RENDER_PLAIN, "10.0.0.1" },
    { OCTETS("\x0a\0\0\x01\0\0\0\x05"), &inet, RENDER_PLAIN, "10.0.0.1%5" },
    { OCTETS("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x12"), &ipv6, RENDER_PLAIN, "2001:db8::12" },
    { OCTETS("noc.example"), &inet, RENDER_QUOTED, "\"noc.example\"" },
    { OCTETS("\x90\x00"), &bits, RENDER_PLAIN, "sensor(0) alarm(3)" },
    { OCTETS("\x80\x0a"), &bits, RENDER_BARE, "sensor fan 14" },
    { OCTETS("\0"), &bits, RENDER_PLAIN, "{}" },
    { { .type = VALUE_OID, .n = 4, .arcs = some_arcs }, &object, RENDER_PLAIN, "1.3.6.4294967295" },
    { { .type = VALUE_IPADDRESS, .n = 4, .octets = (const uint8_t *) "\xc0\0\x02\x01" }, &address,
      RENDER_PLAIN, "192.0.2.1" },
    { OPAQUE("\x9f\x78\x04\x3f\x1e\xb8\x52"), &opaque, RENDER_PLAIN, "0.62" },
    { OPAQUE("\x9f\x79\x08\x40\x09\x21\xfb\x54\x44\x2d\x18"), NULL, RENDER_PLAIN, "3.141592653589793" },
    { OPAQUE("\x9f\x7a\x01\xfe"), NULL, RENDER_PLAIN, "-2" },
    { OPAQUE("\x9f\x78\x05\x3f\x1e\xb8\x52"), NULL, RENDER_PLAIN, "9f 78 05 3f 1e b8 52" },
    { { .type = VALUE_NO_SUCH_INSTANCE }, &display, RENDER_QUOTED, "noSuchInstance" },
    { { .type = VALUE_NULL }, NULL, RENDER_RAW, "NULL" },
    /* Not of the type its MIB says: shown as what it is. */
    { NUMBER(VALUE_INTEGER, 5), &display, RENDER_PLAIN, "5" },
    { OCTETS("five"), &integer32, RENDER_PLAIN, "five" },
};

static void
values_look_as_people_write_them(void **state)
{
    char text[200];

    (void) state;
    for (size_t i = 0; i < COUNT(printed); i++)
        assert_string_equal(render_value(&printed[i].value, printed[i].syntax, printed[i].style, text, sizeof text),
                            printed[i].text);
}

static const struct {
    const char *text;
    const struct syntax *syntax;
    const char *raw;   /* what comes out, or */
    const char *wrong; /* a part of the sentence */
} written[] = {
    { "up", &enumeration, "1", NULL },
    { "DOWN", &enumeration, "2", NULL },
    { "testing(3)", &enumeration, "3", NULL },
    { "-1", &enumeration, "-1", NULL },
    { "testing(2)", &enumeration, NULL, "none of up(1), down(2), testing(3), lost(-1)" },
    { "4", &enumeration, NULL, "none of up(1)" },
    { "", &enumeration, NULL, "none of" },
    { "10", &ranged, "10", NULL },
    { "0x14", &ranged, "20", NULL },
    { "11", &ranged, NULL, "11 is outside 1..10, 20" },
    { "ten", &ranged, NULL, "1..10, 20" },
    { "1 ", &ranged, NULL, "no whole number" },
    { "010", &integer32, "10", NULL },
    { "2147483648", &integer32, NULL, "outside -2147483648..2147483647" },
    { "99999999999999999999", &integer32, NULL, "no whole number" },
    { "-2147483648", &integer32, "-2147483648", NULL },
    { "-1", &unsigned32, NULL, "0..4294967295" },
    { "4294967295", &unsigned32, "4294967295", NULL },
    { "4294967296", &unsigned32, NULL, "outside 0..4294967295" },
    { "18446744073709551615", &counter64, "18446744073709551615", NULL },
    { "23.5", &tenths, "235", NULL },
    { "-0.5", &tenths, "-5", NULL },
    { "23", &tenths, "230", NULL },
    { "23.55", &tenths, NULL, "at most 1 decimals" },
    { ".", &tenths, NULL, "no number" },
    { "999999999.9", &tenths, NULL, "outside" },
    { "FF", &hexes, "255", NULL },
    { "0xff", &hexes, "255", NULL },
    { "213 d 04:05:06", &ticks, "1841790600", NULL },
    { "04:05:06.25", &ticks, "1470625", NULL },
    { "1841790600", &ticks, "1841790600", NULL },
    { "24:00:00", &ticks, NULL, "213 d 04:05:06" },
    { "uplink", &display, "75 70 6c 69 6e 6b", NULL },
    { "\"0x41\"", &display, "30 78 34 31", NULL },
    { "\"a\\\"\\\\\\x0d\"", &display, "61 22 5c 0d", NULL },
    { "\"\\q\"", &display, NULL, "must be followed by" },
    { "0x4142", &display, "41 42", NULL },
    { "x:00 1b:54-aa", &plain, "00 1b 54 aa", NULL },
    { "0x4", &display, NULL, "no pair" },
    { "", &display, "", NULL },
    { "Gr\xc3\xbc\xc3\x9f", &display, NULL, "ASCII" },
    { "Gr\xc3\xbc\xc3\x9f", &admin, "47 72 c3 bc c3 9f", NULL },
    { "\xff", &admin, NULL, "not UTF-8" },
    { "12345", &small, NULL, "5 octets do not fit: its size is 0..4" },
    { "00:1b:54:aa:01:00", &mac, "00 1b 54 aa 01 00", NULL },
    { "0:1B:54:aa:1:0", &mac, "00 1b 54 aa 01 00", NULL },
    { "001b.54aa.0100", &mac, "00 1b 54 aa 01 00", NULL },
    { "001b54aa0100", &mac, "00 1b 54 aa 01 00", NULL },
    { "00-1b-54-aa-01-00", &mac, "00 1b 54 aa 01 00", NULL },
    { "00:1b:54:aa:01:", &mac, NULL, "no hardware address" },
    { "00:1b:5g", &mac, NULL, "no hardware address" },
    { "2026-11-24 03:05:09", &date, "07 ea 0b 18 03 05 09 00", NULL },
    { "2026-11-24T03:05Z", &date, "07 ea 0b 18 03 05 00 00 2b 00 00", NULL },
    { "2026-11-4,3:5:9.5,-3:30", &date, "07 ea 0b 04 03 05 09 05 2d 03 1e", NULL },
    { "2026-13-24 03:05:09", &date, NULL, "no date and time" },
    { "yesterday", &date, NULL, "no date and time" },
    { "10.0.0.1", &inet, "0a 00 00 01", NULL },
    { "2001:db8::12", &ipv6, "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 12", NULL },
    { "10.0.0.1", &ipv6, NULL, "2001:db8::1" },
    { "fe80::1%4294967296", &inet, NULL, "no address" },
    { "192.0.2.1", &address, "c0 00 02 01", NULL },
    { "192.0.2", &address, NULL, "no IPv4 address" },
    { "sensor, fan", &bits, "80 08", NULL },
    { "{alarm(3) 0}", &bits, "90 00", NULL },
    { "", &bits, "00 00", NULL },
    { "sensor door", &bits, NULL, "none of the bits sensor(0), alarm(3), fan(12)" },
    { ".1.3.6.1", &object, "1.3.6.1", NULL },
    { "1.40", &object, NULL, "no object identifier" },
    { "ifIndex", &object, NULL, "no object identifier" },
    { "0x9f7804", &opaque, "9f 78 04", NULL },
    { "1.5", &opaque, NULL, "octets" },
    { "i:-5", NULL, "-5", NULL },
    { "x:0aff", NULL, "0a ff", NULL },
    { "a:192.0.2.1", NULL, "c0 00 02 01", NULL },
    { "5", NULL, NULL, "i:5" },
};

static void
text_is_checked_by_its_syntax(void **state)
{
    static struct render_room room;

    (void) state;
    for (size_t i = 0; i < COUNT(written); i++) {
        struct failure why = { 0 };
        struct value value;
        char text[300];

        if (written[i].raw == NULL) {
            assert_false(render_parse(written[i].text, written[i].syntax, &value, &room, &why));
            if (strstr(why.text, written[i].wrong) == NULL)
                fail_msg("\"%s\": %s", written[i].text, why.text);
            continue;
        }
        if (!render_parse(written[i].text, written[i].syntax, &value, &room, &why))
            fail_msg("\"%s\": %s", written[i].text, why.text);
        assert_string_equal(render_value(&value, written[i].syntax, RENDER_RAW, text, sizeof text),
                            written[i].raw);
    }
}

static uint32_t
next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* What render_value writes, render_parse reads: by syntax, over generated values. */
static void
round_trips(void **state)
{
    static const struct {
        const struct syntax *syntax;
        enum value_type type;
        enum render_style style;
        uint32_t least, most; /* octets, or the numbers' bounds */
    } cases[] = {
        { &enumeration, VALUE_INTEGER, RENDER_PLAIN, 1, 3 },
        { &enumeration, VALUE_INTEGER, RENDER_BARE, 1, 3 },
        { &integer32, VALUE_INTEGER, RENDER_HEX, 0, 0x7fffffff },
        { &tenths, VALUE_INTEGER, RENDER_PLAIN, 0, 0x7fffffff },
        { &thousandths, VALUE_INTEGER, RENDER_SCREEN, 0, 99999 },
        { &hexes, VALUE_INTEGER, RENDER_PLAIN, 0, 0x7fffffff },
        { &unsigned32, VALUE_GAUGE32, RENDER_PLAIN, 0, 0xffffffff },
        { &ticks, VALUE_TIMETICKS, RENDER_RAW, 0, 0xffffffff },
        { &mac, VALUE_OCTETS, RENDER_PLAIN, 0, 20 },
        { &ipv6, VALUE_OCTETS, RENDER_PLAIN, 16, 16 },
        { &display, VALUE_OCTETS, RENDER_HEX, 0, 200 },
        { &bits, VALUE_OCTETS, RENDER_HEX, 0, 4 },
        { &plain, VALUE_OCTETS, RENDER_HEX, 0, 300 },
    };
    static struct render_room room;
    uint32_t seed = 7;

    (void) state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int turn = 0; turn < 300; turn++) {
            uint64_t span = (uint64_t) cases[i].most - cases[i].least + 1;
            uint64_t pick =
                cases[i].least + (((uint64_t)next_random(&seed) << 16) ^ next_random(&seed)) % span;
            struct value value = { .type = cases[i].type, .u = pick }, again;
            struct failure why;
            uint8_t octets[320];
            char text[1024];

            if (value.type == VALUE_OCTETS) {
                for (size_t at = 0; at < pick; at++)
                    octets[at] = (uint8_t) next_random(&seed);
                value.n = (uint32_t) pick;
                value.octets = octets;
            }
            render_value(&value, cases[i].syntax, cases[i].style, text, sizeof text);
            if (!render_parse(text, cases[i].syntax, &again, &room, &why))
                fail_msg("%s: %s", text, why.text);
            if (!value_equal(&value, &again))
                fail_msg("%s came back as another value", text);
        }
}

/* Any octets under any hint: what comes out is printable, in its bounds, and in time. */
static void
hostile_hints_and_octets(void **state)
{
    static const char *const hints[] = {
        "d-300", "s",     "n",        "99999999x:", "99999999d", "*",
        "*1",    "1",     "0a",       "*0a",        "*0x,;",     "0d1x:",
        "255a",  "255t",  "1d",       "8d",         "9d",        "%n%n%s",
        "",      "1x:2x", "*1x:/1x:", "1a\x1b",     "1x\xff",    "d-",
        "d-21",  "-1d",   "3t",       "2t,",        "*2t,;1x",   "99999999999999999999999999999999x",
        "255x",  "1o-",   "d-20",
    };
    static uint8_t octets[65535];
    static char text[300000];
    uint32_t seed = 11;

    (void) state;
    for (size_t h = 0; h < COUNT(hints); h++)
        for (int turn = 0; turn < 40; turn++) {
            size_t n = turn == 0 ? sizeof octets : next_random(&seed) % 200, length, used;
            size_t room = turn == 0 ? sizeof text : 1 + next_random(&seed) % 300;
            struct syntax s = {
                .base = turn & 1 ? SYNTAX_OCTETS : SYNTAX_INTEGER32, .type = "T", .hint = hints[h]};
            struct value string = { .type = VALUE_OCTETS, .n = (uint32_t) n, .octets = octets };
            struct value number = { .type = VALUE_INTEGER, .i = (int32_t) (next_random(&seed) << 8) };

            for (size_t i = 0; i < n; i++)
                octets[i] = (uint8_t) (turn % 3 == 0 ? 0xff : next_random(&seed));
            for (int style = RENDER_PLAIN; style <= RENDER_CELL; style++) {
                const struct value *v = turn & 2 ? &number : &string;

                memset(text, 1, room + 1 < sizeof text ? room + 1 : room);
                render_value(v, &s, (enum render_style) style, text, room);
                length = strlen(text);
                assert_true(length < room);
                for (size_t i = 0; i < length; i += used) {
                    uint32_t c;

                    used = utf8_decode((uint8_t *) text + i, length - i, &c);
                    assert_true(used > 0 && !utf8_is_hidden(c));
                }
            }
        }
}

static void
hostile_hints_and_texts(void **state)
{
    static const char *const hints[] = {"d-300", "s",   "99999999x:", "*0a",    "0d",   "*1x:/1d",
                                        "1a",    "3t,", "255x",       "2d1d",   "*1d.", "1x",
                                        "255x:", "8d,", "0a1x",       "*255x:;"};
    static struct render_room room;
    uint32_t seed = 3;

    (void) state;
    for (size_t h = 0; h < COUNT(hints); h++)
        for (int turn = 0; turn < 500; turn++) {
            struct syntax s = {
                .base = turn & 1 ? SYNTAX_OCTETS : SYNTAX_INTEGER32, .type = "T", .hint = hints[h]};
            char text[120];
            struct failure why;
            struct value value;
            size_t n = next_random(&seed) % (sizeof text - 1);

            for (size_t i = 0; i < n; i++)
                text[i] = "0123456789abcdef:.,;/-x\xc3\xbc"[next_random(&seed) % 25];
            text[n] = '\0';
            if (render_parse(text, &s, &value, &room, &why) && value.type == VALUE_OCTETS)
                assert_true(value.n <= 65535);
        }
}

static void
hints_both_ways(void **state)
{
    static const struct {
        const char *hint, *octets;
        size_t n;
        const char *text;
    } cases[] = {
        { "1d.1d.1d.1d", "\x0a\x01\0\xff", 4, "10.1.0.255" },
        { "1d.1d.1d.1d:2d", "\x0a\x01\0\xff\0\xa1", 6, "10.1.0.255:161" },
        { "2x:", "\xfe\x80\0\x01", 4, "fe80:0001" },
        { "1x-", "\x01\xab\0", 3, "01-ab-00" },
        { "*1x:/1d", "\x02\x01\x02\x05", 4, "01:02/5" },
        { "1o", "\x01", 1, "1" },
        { "1d:4d", "\x01\0\0\x01\0", 5, "1:256" },
        { "3a-1d", "abc\x07", 4, "abc-7" },
        { "2t|", "\xc3\xbc\xc3\x9f", 4, "\xc3\xbc|\xc3\x9f" },
        { "8d", "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "18446744073709551615" },
    };
    uint8_t octets[64];
    struct failure why;
    char text[100];
    size_t n;

    (void) state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(
            hint_octets(cases[i].hint, (const uint8_t *)cases[i].octets, cases[i].n, text, sizeof text));
        assert_string_equal(text, cases[i].text);
        if (!hint_parse_octets(cases[i].hint, text, octets, sizeof octets, &n, &why))
            fail_msg("%s: %s", cases[i].hint, why.text);
        assert_int_equal(n, cases[i].n);
        assert_memory_equal(octets, cases[i].octets, n);
    }
    assert_false(hint_parse_octets("1d.1d", "256.1", octets, sizeof octets, &n, &why));
    assert_false(hint_parse_octets("1d.1d", "1.", octets, sizeof octets, &n, &why));
    assert_false(hint_parse_octets("1x:", "1:zz", octets, sizeof octets, &n, &why));
    assert_false(hint_parse_octets("8d", "18446744073709551616", octets, sizeof octets, &n, &why) && n == 8);
}

static void
clean_text_is_printable(void **state)
{
    static const struct {
        const char *octets, *text;
    } cases[] = {
        { "a\tb\nc", "a\\x09b\\x0ac" },
        { "\x7f\xc2\x80", "\\x7f<U+0080>" },
        { "\xef\xbb\xbfx", "<U+FEFF>x" },
        { "\xc0\xaf\xed\xa0\x80", "\\xc0\\xaf\\xed\\xa0\\x80" },
        { "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
        { "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81", "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81<U+0301>" },
        { "\xe2\x80\x8bz", "<U+200B>z" },
        { "\xf0\x9f\x90\xba", "\xf0\x9f\x90\xba" },
    };
    char text[64];

    (void) state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        utf8_clean((const uint8_t *) cases[i].octets, strlen(cases[i].octets), 0, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
    assert_int_equal(utf8_clean((const uint8_t *) "ab\xc3\xbc", 4, 0, text, 4), 2);
    assert_string_equal(text, "ab");
    assert_int_equal(utf8_clean((const uint8_t *) "ab", 2, 0, text, 0), 0);
}

static void
sensors_by_their_scale(void **state)
{
    static const struct {
        int64_t value, type, scale, precision;
        const char *text;
    } cases[] = {
        { 238, 8, 9, 1, "23.8 °C" },      { -5, 8, 9, 1, "-0.5 °C" },       { 12043, 4, 8, 0, "12043 mV" },
        { 4860, 10, 9, 0, "4860 rpm" },   { 1005, 6, 10, 3, "1.005 kW" },   { 47, 1, 9, 0, "47" },
        { 47, 2, 8, 0, "47 m" },          { 1, 12, 9, 0, "true" },          { 2, 12, 9, 0, "false" },
        { 3, 12, 9, 0, "neither true nor false" },                          { 7, 99, -1, 0, "7" },
        { 123, 7, 11, -2, "123 MHz" },    { 1, 3, 9, 9, "0.000000001 V~" }, { 1, 3, 9, 10, "1 V~" },
        { INT64_MIN, 5, 9, 2, "-92233720368547758.08 A" },
    };
    char text[64], five[5];

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(render_sensor(cases[i].value, cases[i].type, cases[i].scale, cases[i].precision, text, sizeof text),
                            cases[i].text);
    assert_string_equal(render_sensor(238, 10, 9, 1, five, sizeof five), "23.8");
}

static void
numbers_with_their_units(void **state)
{
    static const struct syntax_name up = { 1, "up" };
    const struct syntax in_tenths = { .base = SYNTAX_INTEGER32, .type = "NonNegativeInteger", .hint = "d", .units = "0.1 Hertz" },
                        pointed = { .base = SYNTAX_INTEGER32, .type = "Tenths", .hint = "d-1", .units = "Hertz" },
                        hex = { .base = SYNTAX_INTEGER32, .type = "Mask", .hint = "x", .units = "bits" },
                        in_octets = { .base = SYNTAX_COUNTER32, .type = "Counter32", .units = "octets" },
                        word = { .base = SYNTAX_ENUMERATION, .type = "INTEGER", .units = "things", .names = &up, .n_names = 1 },
                        none = { .base = SYNTAX_INTEGER32, .type = "Integer32" };
    const struct {
        struct value value;
        const struct syntax *syntax;
        const char *before, *after;
    } cases[] = {
        { { .type = VALUE_INTEGER, .i = 500 }, &in_tenths, "500", "50.0 Hertz" },
        { { .type = VALUE_INTEGER, .i = -4 }, &in_tenths, "-4", "-0.4 Hertz" },
        { { .type = VALUE_COUNTER32, .u = 7 }, &in_octets, "7", "7 octets" },
        { { .type = VALUE_INTEGER, .i = 500 }, &pointed, "50.0", "50.0 Hertz" },
        { { .type = VALUE_INTEGER, .i = 500 }, &hex, "1f4", "1f4" },
        { { .type = VALUE_NO_SUCH_INSTANCE }, &in_octets, "noSuchInstance", "noSuchInstance" },
        { { .type = VALUE_INTEGER, .i = 1 }, &word, "up(1)", "up(1)" },
        { { .type = VALUE_INTEGER, .i = 1 }, &none, "1", "1" },
        { { .type = VALUE_INTEGER, .i = 1 }, NULL, "1", "1" },
    };
    char text[32];

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "%s", cases[i].before);
        assert_string_equal(render_units(&cases[i].value, cases[i].syntax, text, sizeof text), cases[i].after);
    }
    assert_string_equal(render_size(0, text, sizeof text), "0 B");
    assert_string_equal(render_size(1023, text, sizeof text), "1023 B");
    assert_string_equal(render_size(8160437862, text, sizeof text), "7.6 GiB");
    assert_string_equal(render_size(UINT64_MAX, text, sizeof text), "16.0 EiB");
    snprintf(text, sizeof text, "-4");
    assert_string_equal(render_scaled(&cases[1].value, &in_tenths, text, sizeof text), "-0.4");
    snprintf(text, sizeof text, "7");
    assert_string_equal(render_scaled(&cases[2].value, &in_octets, text, sizeof text), "7");
    snprintf(text, 8, "7");
    assert_string_equal(render_units(&cases[2].value, &in_octets, text, 8), "7 octet");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_look_as_people_write_them),
        cmocka_unit_test(text_is_checked_by_its_syntax),
        cmocka_unit_test(round_trips),
        cmocka_unit_test(hostile_hints_and_octets),
        cmocka_unit_test(hostile_hints_and_texts),
        cmocka_unit_test(hints_both_ways),
        cmocka_unit_test(clean_text_is_printable),
        cmocka_unit_test(sensors_by_their_scale),
        cmocka_unit_test(numbers_with_their_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
