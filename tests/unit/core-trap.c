/* Notifications from octets: fields as sent, v1 as v2 by RFC 3584, cuts and mutants refused without harm; SipHash
 * by its published vectors; severities. */
#include "core/severity.h"
#include "core/siphash.h"
#include "core/trap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t room[4096];

struct spec {
    int version; /* 1 or 2 */
    uint8_t tag;
    const char *trap_oid, *enterprise;
    int generic, specific;
    bool with_address;
};

static void
put_oid(struct ber_out *out, const char *text)
{
    struct oid oid;

    assert_true(oid_parse(&oid, text));
    ber_put_oid(out, oid.arc, oid.n);
}

static void
put_named(struct ber_out *out, const char *name, struct value value)
{
    struct varbind vb = { .value = value };

    assert_true(oid_parse(&vb.name, name));
    ber_put_varbind(out, &vb);
}

static size_t
make(const struct spec *spec)
{
    static const uint8_t address[] = { 10, 1, 2, 3 };
    const uint8_t *end = room + sizeof room;
    struct ber_out out = { .start = room, .at = room + sizeof room };
    struct oid oid;

    if (spec->with_address)
        put_named(&out, "1.3.6.1.6.3.18.1.3.0", (struct value) { VALUE_IPADDRESS, 4, { .octets = address } });
    put_named(&out, "1.3.6.1.2.1.2.2.1.8.7", (struct value) { VALUE_INTEGER, 0, { .i = 2 } });
    put_named(&out, "1.3.6.1.2.1.2.2.1.2.7",
              (struct value) { VALUE_OCTETS, 4, { .octets = (const uint8_t *) "eth7" } });
    if (spec->version == 2) {
        oid_parse(&oid, spec->trap_oid);
        put_named(&out, "1.3.6.1.6.3.1.1.4.1.0", (struct value) { VALUE_OID, oid.n, { .arcs = oid.arc } });
        put_named(&out, "1.3.6.1.2.1.1.3.0", (struct value) { VALUE_TIMETICKS, 0, { .u = 4711 } });
    }
    ber_put_head(&out, BER_SEQUENCE, end);
    if (spec->version == 2) {
        ber_put_integer(&out, BER_INTEGER, 0);
        ber_put_integer(&out, BER_INTEGER, 0);
        ber_put_integer(&out, BER_INTEGER, -99);
    } else {
        ber_put_unsigned(&out, BER_TIMETICKS, 4711);
        ber_put_integer(&out, BER_INTEGER, spec->specific);
        ber_put_integer(&out, BER_INTEGER, spec->generic);
        ber_put(&out, address, 4);
        ber_put_head(&out, BER_IPADDRESS, out.at + 4);
        put_oid(&out, spec->enterprise);
    }
    ber_put_head(&out, spec->tag, end);
    ber_put(&out, "public", 6);
    ber_put_head(&out, BER_OCTETS, out.at + 6);
    ber_put_integer(&out, BER_INTEGER, spec->version - 1);
    ber_put_head(&out, BER_SEQUENCE, end);
    assert_false(out.full);
    memmove(room, out.at, (size_t) (end - out.at));
    return (size_t) (end - out.at);
}

static const char *
name_of(const struct trap *trap)
{
    static char text[OID_TEXT_MAX];
    struct oid oid;

    assert_true(ber_oid(trap->name, &oid));
    return oid_format(&oid, text);
}

static void
v2_as_sent(void **state)
{
    static const struct spec spec = { 2, TRAP_TAG_INFORM, "1.3.6.1.6.3.1.1.5.3", NULL, 0, 0, true };
    size_t n = make(&spec), found;
    struct arena *arena = arena_new();
    struct varbind *list;
    struct trap trap;

    (void) state;
    assert_int_equal(trap_read(room, n, &trap), TRAP_GOOD);
    assert_true(trap.inform);
    assert_int_equal(trap.version, 2);
    assert_int_equal(trap.request_id, -99);
    assert_int_equal(trap.uptime, 4711);
    assert_string_equal(name_of(&trap), spec.trap_oid);
    assert_int_equal(room[trap.tag_at], TRAP_TAG_INFORM);
    assert_memory_equal(trap.community.at, "public", 6);
    assert_true(trap.has_address);
    assert_int_equal(trap.address[3], 3);
    assert_true(trap_varbinds(&trap, arena, &list, &found));
    assert_int_equal(found, 3);
    assert_memory_equal(list[0].value.octets, "eth7", 4);
    trap_mask(room, &trap);
    assert_null(memmem(room, n, "public", 6));
    assert_int_equal(trap_read(room, n, &trap), TRAP_GOOD);
    arena_free(arena);
}

static void
v1_by_rfc_3584(void **state)
{
    static const struct {
        struct spec spec;
        const char *name;
    } cases[] = {
        { { 1, TRAP_TAG_V1, NULL, "1.3.6.1.4.1.9", 2, 0, false }, "1.3.6.1.6.3.1.1.5.3" },
        { { 1, TRAP_TAG_V1, NULL, "1.3.6.1.4.1.9", 0, 5, false }, "1.3.6.1.6.3.1.1.5.1" },
        { { 1, TRAP_TAG_V1, NULL, "1.3.6.1.4.1.9", 1, 0, false }, "1.3.6.1.6.3.1.1.5.2" },
        { { 1, TRAP_TAG_V1, NULL, "1.3.6.1.4.1.9", 3, 0, false }, "1.3.6.1.6.3.1.1.5.4" },
        { { 1, TRAP_TAG_V1, NULL, "1.3.6.1.4.1.9", 4, 7, false }, "1.3.6.1.6.3.1.1.5.5" },
        { { 1, TRAP_TAG_V1, NULL, "1.3.6.1.4.1.9", 5, 0, false }, "1.3.6.1.6.3.1.1.5.6" },
        { { 1, TRAP_TAG_V1, NULL, "1.3.6.1.4.1.9", 2, 0, true }, "1.3.6.1.6.3.1.1.5.3" },
        { { 1, TRAP_TAG_V1, NULL, "1.3.6.1.4.1.9", 6, 0, false }, "1.3.6.1.4.1.9.0.0" },
        { { 1, TRAP_TAG_V1, NULL, "1.3.6.1.4.1.9.9", 6, 300, false }, "1.3.6.1.4.1.9.9.0.300" },
        { { 1, TRAP_TAG_V1, NULL, "1.3.6.1.4.1.9", 6, INT32_MAX, false }, "1.3.6.1.4.1.9.0.2147483647" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n = make(&cases[i].spec), found;
        struct arena *arena = arena_new();
        char text[OID_TEXT_MAX];
        struct varbind *list;
        struct trap trap;

        assert_int_equal(trap_read(room, n, &trap), TRAP_GOOD);
        assert_string_equal(name_of(&trap), cases[i].name);
        assert_int_equal(trap.uptime, 4711);
        assert_true(trap.has_address);
        assert_true(trap_varbinds(&trap, arena, &list, &found));
        assert_int_equal(found, 4);
        assert_string_equal(oid_format(&list[2].name, text), "1.3.6.1.6.3.18.1.3.0");
        assert_int_equal(list[2].value.octets[0], 10);
        assert_string_equal(oid_format(&list[3].name, text), "1.3.6.1.6.3.1.1.4.3.0");
        assert_int_equal(list[3].value.type, VALUE_OID);
        arena_free(arena);
    }
}

static void
verdicts(void **state)
{
    static const struct spec get = { 2, 0xa0, "1.3.6", NULL, 0, 0, false },
                             v1_in_v2 = { 2, TRAP_TAG_V1, "1.3.6", NULL, 0, 0, false },
                             generic_7 = { 1, TRAP_TAG_V1, NULL, "1.3.6", 7, 0, false };
    struct trap trap;
    size_t n;

    (void) state;
    assert_int_equal(trap_read(room, make(&get), &trap), TRAP_NOT_US);
    assert_int_equal(trap_read(room, make(&v1_in_v2), &trap), TRAP_NOT_US);
    assert_int_equal(trap_read(room, make(&generic_7), &trap), TRAP_MALFORMED);
    n = make(&get);
    room[4] = room[2] == 2 ? 3 : room[4]; /* version 3: of no further interest here */
    assert_int_equal(trap_read(room, n, &trap), room[4] == 3 ? TRAP_V3 : TRAP_NOT_US);
    assert_int_equal(trap_read((const uint8_t *) "", 0, &trap), TRAP_MALFORMED);
}

/* Every cut and a hundred thousand mutants of a good message, each in a block of its exact size: AddressSanitizer
 * sees any step outside. What is still good can be shown. */
static void
cuts_and_mutants(void **state)
{
    static const struct spec specs[] = {
        { 2, TRAP_TAG_V2, "1.3.6.1.6.3.1.1.5.3", NULL, 0, 0, true },
        { 1, TRAP_TAG_V1, NULL, "1.3.6.1.4.1.9.9", 6, 300, false },
    };
    unsigned seed = 4711, good = 0;

    (void) state;
    for (int round = 0; round < 100000; round++) {
        size_t n = make(&specs[round & 1]), keep = n;
        struct trap trap;
        uint8_t *exact;

        if (round < (int) n)
            keep = (size_t) round;
        else
            for (int i = 0; i <= round % 3; i++)
                room[(size_t) rand_r(&seed) % n] = (uint8_t) rand_r(&seed);
        exact = malloc(keep + 1);
        memcpy(exact, room, keep);
        exact = realloc(exact, keep > 0 ? keep : 1);
        if (trap_read(exact, keep, &trap) == TRAP_GOOD) {
            struct arena *arena = arena_new();
            struct varbind *list;
            size_t found;

            assert_true(trap_varbinds(&trap, arena, &list, &found));
            trap_mask(exact, &trap);
            good++;
            arena_free(arena);
        }
        free(exact);
    }
    assert_in_range(good, 1000, 99000);
}

static void
siphash_as_published(void **state)
{
    /* The first, second and last of the reference implementation's vectors for 128 bits. */
    static const uint8_t none[] = { 0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6,
                                    0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93 },
                         one[] = { 0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44,
                                   0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45 };
    uint8_t secret[16], in[64], out[16];

    (void) state;
    for (int i = 0; i < 16; i++)
        secret[i] = (uint8_t) i;
    for (int i = 0; i < 64; i++)
        in[i] = (uint8_t) i;
    siphash(secret, in, 0, out);
    assert_memory_equal(out, none, 16);
    siphash(secret, in, 1, out);
    assert_memory_equal(out, one, 16);
}

static void
severities(void **state)
{
    static const struct {
        const char *text;
        bool found;
        enum severity severity;
    } cases[] = {
        { "Power supply 2 FAILED, fan normal", true, SEVERITY_MAJOR }, { "all normal", true, SEVERITY_OK },
        { "critical temperature warning", true, SEVERITY_CRITICAL }, { "downstream", false, SEVERITY_OK },
        { "", false, SEVERITY_OK },
    };
    enum severity severity;
    const char *why;
    struct oid oid;

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool found = severity_words((const uint8_t *) cases[i].text, strlen(cases[i].text), &severity, &why);

        assert_int_equal(found, cases[i].found);
        if (found)
            assert_int_equal(severity, cases[i].severity);
    }
    oid_parse(&oid, "1.3.6.1.6.3.1.1.5.3");
    assert_true(severity_standard(&oid, &severity, &why));
    assert_string_equal(why, "standard: linkDown");
    oid_parse(&oid, "1.3.6.1.4.1.1");
    assert_false(severity_standard(&oid, &severity, &why));
    for (int i = SEVERITY_OK; i <= SEVERITY_CRITICAL; i++) {
        assert_true(severity_parse(severity_word((enum severity) i), &severity));
        assert_int_equal(severity, i);
        assert_true(severity_parse(severity_short((enum severity) i), &severity));
        assert_int_equal(severity, i);
    }
    assert_false(severity_parse("bad", &severity));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(v2_as_sent),       cmocka_unit_test(v1_by_rfc_3584),
        cmocka_unit_test(verdicts),         cmocka_unit_test(cuts_and_mutants),
        cmocka_unit_test(siphash_as_published), cmocka_unit_test(severities),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
