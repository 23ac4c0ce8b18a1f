/* Instances decoded by their INDEX, every form of RFC 2578 §7.7 and RFC 4001, and made again from the values.
 */
#include "api/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
enum { PARTS_MAX = 4 };

static const struct syntax_name kinds[] = { { 0, "unknown" }, { 1, "ipv4" }, { 2, "ipv6" }, { 3, "ipv4z" }, { 4, "ipv6z" }, { 16, "dns" } };
static const struct syntax_range six[] = { { 6, 6 } }, some[] = { { 0, 32 } };
static const struct syntax_range sixteen[] = { { 16, 16 } }, none_or_six[] = { { 0, 0 }, { 6, 6 } };

static const struct syntax
    integer = {.base = SYNTAX_INTEGER32, .type = "Integer32"},
    gauge = {.base = SYNTAX_UNSIGNED32, .type = "Unsigned32"},
    ticks = {.base = SYNTAX_TIMETICKS, .type = "TimeStamp"},
    mac = {.base = SYNTAX_OCTETS, .type = "MacAddress", .hint = "1x:", .ranges = six, .n_ranges = 1},
    string = {.base = SYNTAX_OCTETS,
              .type = "SnmpAdminString",
              .hint = "255t",
              .ranges = some,
              .n_ranges = 1},
    object = {.base = SYNTAX_OID, .type = "OBJECT IDENTIFIER"},
    ip = {.base = SYNTAX_IPADDRESS, .type = "IpAddress"},
    network = {.base = SYNTAX_IPADDRESS, .type = "NetworkAddress"},
    bits = {.base = SYNTAX_BITS, .type = "B", .names = kinds, .n_names = 2},
    kind = {.base = SYNTAX_ENUMERATION, .type = "InetAddressType", .names = kinds, .n_names = 6},
    inet = {.base = SYNTAX_OCTETS, .type = "InetAddress"},
    inet6 = {.base = SYNTAX_OCTETS,
             .type = "InetAddressIPv6",
             .hint = "2x:2x:2x:2x:2x:2x:2x:2x",
             .ranges = sixteen,
             .n_ranges = 1},
    some_or_six = {.base = SYNTAX_OCTETS, .type = "Mac", .hint = "1x:", .ranges = none_or_six, .n_ranges = 2},
    counter = {.base = SYNTAX_COUNTER32, .type = "Counter32"},
    unknown = {.base = SYNTAX_UNKNOWN, .type = "Missing"};

#define P(s) { #s, &s, false }
#define IMPLIED(s) { #s, &s, true }

static const struct {
    struct index_part parts[PARTS_MAX];
    const char *instance;
    const char *decoded; /* RENDER_QUOTED joined by " | ", what is left over as ?arcs */
    bool canonical;      /* the same arcs come out of the values */
} cases[] = {
    {{P(integer)}, "24", "24", true},
    {{P(integer), P(gauge)}, "24.4294967295", "24 | 4294967295", true},
    {{P(ticks)}, "8640000", "1 d 00:00:00", true},
    {{P(mac)}, "0.27.84.170.1.0", "00:1b:54:aa:01:00", true},
    {{P(mac), P(integer)}, "0.27.84.170.1.0.9", "00:1b:54:aa:01:00 | 9", true},
    {{P(string), P(integer)}, "3.97.98.99.7", "\"abc\" | 7", true},
    {{P(string)}, "0", "\"\"", true},
    {{P(integer), IMPLIED(string)}, "7.97.98.99", "7 | \"abc\"", true},
    {{IMPLIED(string)}, "195.188", "\"\xc3\xbc\"", true},
    {{P(object), P(integer)}, "3.1.3.6.5", "1.3.6 | 5", true},
    {{IMPLIED(object)}, "1.3.6.1", "1.3.6.1", true},
    {{P(ip), P(integer)}, "192.0.2.1.9", "192.0.2.1 | 9", true},
    {{P(integer), P(network)}, "1.1.172.22.1.1", "1 | 172.22.1.1", true},
    {{P(bits)}, "1.128", "unknown(0)", true},
    {{P(kind), P(inet)}, "1.4.10.0.0.1", "ipv4(1) | 10.0.0.1", true},
    {{P(kind), P(inet), P(integer)},
     "2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1.5",
     "ipv6(2) | 2001:db8::1 | 5",
     true},
    {{P(kind), P(inet), P(kind), P(inet)},
     "1.4.10.0.0.1.16.4.97.46.98.99",
     "ipv4(1) | 10.0.0.1 | dns(16) | \"a.bc\"",
     true},
    {{P(kind), P(inet)}, "0.0", "unknown(0) | \"\"", true},
    {{P(kind), P(inet)}, "1.10.0.0.1", "ipv4(1) | 10.0.0.1", false},
    {{P(kind), P(inet)}, "1.4.10.0.1", "ipv4(1) | 4.10.0.1", false}, /* no length, though it looks like one */
    {{P(kind), P(inet), P(gauge)}, "3.8.169.254.0.1.0.0.0.2.161", "ipv4z(3) | 169.254.0.1%2 | 161", true},
    {{P(kind), P(inet)}, "4.20.254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.7", "ipv6z(4) | fe80::1%7", true},
    {{P(kind), P(integer), P(inet)}, "1.5.4.10.0.0.1", "ipv4(1) | 5 | 10.0.0.1", true},
    {{P(kind), P(inet6)}, "2.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1", "ipv6(2) | 2001:db8::1", true}, /* fixed: no length */
    {{P(kind), P(inet)}, "16.0", "dns(16) | \"\"", true},
    {{P(some_or_six)}, "6.0.27.84.170.1.0", "00:1b:54:aa:01:00", true}, /* two sizes are no fixed size */
    {{IMPLIED(mac)}, "0.27.84.170.1.0", "00:1b:54:aa:01:00", true},
    {{P(bits), IMPLIED(bits)}, "1.64.192", "ipv4(1) | unknown(0) ipv4(1)", true},
    {{P(counter)}, "4294967295", "4294967295", true},
    /* Left over, too short, not octets, unknown. */
    {{P(integer)}, "24.5.6", "24 | ?5.6", false},
    {{P(string)}, "5.97.98", "?5.97.98", false},
    {{P(integer), P(mac)}, "1.0.27.84", "1 | ?0.27.84", false},
    {{IMPLIED(string)}, "97.256", "?97.256", false},
    {{P(ip)}, "1.2.3.400", "?1.2.3.400", false},
    {{P(integer), P(unknown)}, "1.2", "1 | ?2", false},
    {{P(kind), P(inet)}, "1.5.10.0.0.1.1", "ipv4(1) | ?5.10.0.0.1.1", false},
    {{P(object)}, "4294967295.1", "?4294967295.1", false},
    {{P(integer), P(integer)}, "1", "1", false},
};

static size_t
count_parts(const struct index_part *parts)
{
    size_t n = 0;

    while (n < PARTS_MAX && parts[n].name != NULL)
        n++;
    return n;
}

static void
every_form(void **state)
{
    (void) state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct index_value out[PARTS_MAX + 1];
        struct oid instance, again = { 0 };
        static struct index_room room;
        char joined[300] = "", one[200];
        size_t n;

        assert_true(oid_parse(&instance, cases[i].instance));
        n = render_index(instance.arc, instance.n, cases[i].parts, count_parts(cases[i].parts), out, &room);
        assert_true(n <= count_parts(cases[i].parts) + 1);
        for (size_t j = 0; j < n; j++) {
            const struct syntax *s = out[j].part == NULL ? NULL : out[j].part->syntax;

            render_value(&out[j].value, s, RENDER_QUOTED, one, sizeof one);
            sprintf(joined + strlen(joined), "%s%s%s", j > 0 ? " | " : "", s == NULL ? "?" : "", one);
            if (out[j].part != NULL)
                assert_true(render_index_append(&cases[i].parts[j], &out[j].value, &again));
        }
        assert_string_equal(joined, cases[i].decoded);
        if (cases[i].canonical)
            assert_int_equal(oid_compare(&instance, &again), 0);
    }
}

/* Any arcs: nothing read or written out of bounds (the sanitizers look), nothing lost. */
static void
any_arcs(void **state)
{
    uint32_t seed = 5;

    (void) state;
    for (int turn = 0; turn < 20000; turn++) {
        struct index_value out[PARTS_MAX + 1];
        static struct index_room room;
        const struct index_part *parts = cases[(size_t) turn % COUNT(cases)].parts;
        uint32_t arcs[OID_MAX];
        size_t n, n_arcs = (seed >> 9) % (OID_MAX + 1);

        for (size_t i = 0; i < n_arcs; i++) {
            seed = seed * 1664525 + 1013904223;
            arcs[i] = seed >> (seed >> 28 & 3 ? 26 : 0);
        }
        seed = seed * 1664525 + 1013904223;
        n = render_index(arcs, n_arcs, parts, count_parts(parts), out, &room);
        assert_true(n <= count_parts(parts) + 1);
        for (size_t i = 0; i < n; i++)
            if (out[i].part == NULL)
                assert_memory_equal(out[i].value.arcs, arcs + n_arcs - out[i].value.n,
                                    out[i].value.n * sizeof *arcs);
    }
}

static void
too_long_is_refused(void **state)
{
    static const uint8_t octets[200];
    struct index_part part = P(string);
    struct value value = { .type = VALUE_OCTETS, .n = 200, .octets = octets };
    struct oid o = { .n = 1, .arc = { 1 } };

    (void) state;
    assert_false(render_index_append(&part, &value, &o));
    assert_int_equal(o.n, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form),
        cmocka_unit_test(any_arcs),
        cmocka_unit_test(too_long_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
