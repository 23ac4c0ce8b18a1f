/* BER: values both ways at the edges of each type, and everything that must be refused. */
#include "core/ber.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
values_come_back(void **state)
{
    static const uint32_t arcs[] = { 1, 3, 6, 1, 4, 1, 4294967295u, 0 }, two[] = { 2, 999 };
    static const uint8_t octets[200] = { 1, 2, 3 };
    static const struct value values[] = {
        { VALUE_INTEGER, 0, { .i = 0 } }, { VALUE_INTEGER, 0, { .i = 127 } }, { VALUE_INTEGER, 0, { .i = 128 } },
        { VALUE_INTEGER, 0, { .i = -1 } }, { VALUE_INTEGER, 0, { .i = -128 } }, { VALUE_INTEGER, 0, { .i = -129 } },
        { VALUE_INTEGER, 0, { .i = INT32_MIN } }, { VALUE_INTEGER, 0, { .i = INT32_MAX } },
        { VALUE_INTEGER, 0, { .i = INT64_MIN } }, { VALUE_INTEGER, 0, { .i = INT64_MAX } },
        { VALUE_COUNTER32, 0, { .u = UINT32_MAX } }, { VALUE_GAUGE32, 0, { .u = 0 } },
        { VALUE_TIMETICKS, 0, { .u = 0x80 } }, { VALUE_COUNTER64, 0, { .u = UINT64_MAX } },
        { VALUE_OID, 8, { .arcs = arcs } }, { VALUE_OID, 2, { .arcs = two } },
        { VALUE_OCTETS, 200, { .octets = octets } }, { VALUE_OCTETS, 0, { .octets = octets } },
        { VALUE_IPADDRESS, 4, { .octets = octets } }, { VALUE_OPAQUE, 3, { .octets = octets } },
        { VALUE_NULL, 0, { .i = 0 } }, { VALUE_NO_SUCH_OBJECT, 0, { .i = 0 } },
        { VALUE_NO_SUCH_INSTANCE, 0, { .i = 0 } }, { VALUE_END_OF_MIB_VIEW, 0, { .i = 0 } },
    };

    (void) state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint8_t room[512];
        uint32_t back[OID_MAX];
        struct ber_out out = { .start = room, .at = room + sizeof room };
        struct value again;
        struct ber in;

        ber_put_value(&out, &values[i]);
        assert_false(out.full);
        in = (struct ber) { out.at, room + sizeof room };
        assert_true(ber_value(&in, back, &again));
        assert_ptr_equal(in.at, in.end);
        assert_true(value_equal(&again, &values[i]));
        /* Cut anywhere, it is refused and nothing behind the cut is read. */
        for (const uint8_t *end = out.at; end < room + sizeof room; end++) {
            size_t n = (size_t) (end - out.at);
            uint8_t *exact = malloc(n + 1);

            memcpy(exact, out.at, n);
            in = (struct ber) { exact, exact + n };
            assert_false(ber_value(&in, back, &again));
            free(exact);
        }
    }
}

static void
shortest_integers(void **state)
{
    static const struct {
        int64_t number;
        size_t n;
        uint8_t octets[6];
    } cases[] = {
        { 0, 3, { 2, 1, 0 } }, { 127, 3, { 2, 1, 127 } }, { 128, 4, { 2, 2, 0, 128 } }, { -1, 3, { 2, 1, 255 } },
        { -128, 3, { 2, 1, 128 } }, { -129, 4, { 2, 2, 255, 127 } }, { 256, 4, { 2, 2, 1, 0 } },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t room[16];
        struct ber_out out = { .start = room, .at = room + sizeof room };

        ber_put_integer(&out, BER_INTEGER, cases[i].number);
        assert_int_equal(room + sizeof room - out.at, cases[i].n);
        assert_memory_equal(out.at, cases[i].octets, cases[i].n);
    }
}

static void
refuses(void **state)
{
    static const struct {
        const char *what;
        size_t n;
        uint8_t octets[12];
    } cases[] = {
        { "nothing", 0, { 0 } },
        { "indefinite length", 4, { 4, 0x80, 0, 0 } },
        { "five octets of length", 8, { 4, 0x85, 0, 0, 0, 0, 1, 0 } },
        { "length beyond the end", 3, { 4, 0x7f, 0 } },
        { "huge length", 6, { 4, 0x84, 0xff, 0xff, 0xff, 0xff } },
        { "integer of nothing", 2, { 2, 0 } },
        { "integer of nine", 11, { 2, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
        { "counter of five with a one", 7, { 0x41, 5, 1, 0, 0, 0, 0 } },
        { "address of three", 5, { 0x40, 3, 1, 2, 3 } },
        { "OID of nothing", 2, { 6, 0 } },
        { "OID that does not end", 4, { 6, 2, 0x2b, 0x81 } },
        { "arc beyond 32 bits", 9, { 6, 7, 0x2b, 0x90, 0x80, 0x80, 0x80, 0x80, 0 } },
        { "unknown tag", 3, { 0x4f, 1, 0 } },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ber in = { cases[i].octets, cases[i].octets + cases[i].n };
        uint32_t arcs[OID_MAX];
        struct value value;

        if (ber_value(&in, arcs, &value))
            fail_msg("%s was taken", cases[i].what);
    }
}

static void
no_room_is_said_and_kept_to(void **state)
{
    static const uint8_t octets[100];
    struct value value = { VALUE_OCTETS, 100, { .octets = octets } };
    uint8_t room[50];
    struct ber_out out = { .start = room, .at = room + sizeof room };

    (void) state;
    ber_put_value(&out, &value);
    assert_true(out.full);
    assert_in_range((uintptr_t) out.at, (uintptr_t) room, (uintptr_t) (room + sizeof room));
}

static void
varbinds_both_ways(void **state)
{
    uint8_t room[4096];
    struct ber_out out = { .start = room, .at = room + sizeof room };
    struct arena *arena = arena_new();
    struct varbind one = { .value = { VALUE_INTEGER, 0, { .i = 7 } } }, *list;
    size_t n;

    (void) state;
    assert_true(oid_parse(&one.name, "1.3.6.1.2.1.1.3.0"));
    for (int i = 0; i < 20; i++)
        ber_put_varbind(&out, &one);
    assert_true(ber_varbinds((struct ber) { out.at, room + sizeof room }, arena, &list, &n));
    assert_int_equal(n, 20);
    assert_int_equal(oid_compare(&list[19].name, &one.name), 0);
    assert_false(ber_varbinds((struct ber) { out.at, room + sizeof room - 1 }, arena, &list, &n));
    arena_free(arena);
}

static void
message_sizes(void **state)
{
    static const struct {
        const char *octets;
        size_t n, size;
    } cases[] = {
        { "", 0, 0 },
        { "\x30", 1, 0 },
        { "\x30\x05", 2, 7 },
        { "\x30\x82", 2, 0 },
        { "\x30\x82\x01", 3, 0 },
        { "\x30\x82\x01\x00", 4, 260 },
        { "\x30\x84\x00\x00\x03\xe2", 6, 1000 },
        { "\x30\x84\x00\x00\x03\xe3", 6, SIZE_MAX }, /* one more than is allowed */
        { "\x30\x84\xff\xff\xff\xff", 6, SIZE_MAX },
        { "\x30\x80", 2, SIZE_MAX }, /* indefinite */
        { "\x30\x85", 2, SIZE_MAX },
        { "\x31\x05", 2, SIZE_MAX },
        { "G", 1, SIZE_MAX },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(ber_message_size((const uint8_t *) cases[i].octets, cases[i].n, 1000), cases[i].size);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_sizes),
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(shortest_integers),
        cmocka_unit_test(refuses),
        cmocka_unit_test(no_room_is_said_and_kept_to),
        cmocka_unit_test(varbinds_both_ways),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
