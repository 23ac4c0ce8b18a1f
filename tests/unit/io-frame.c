/* Frames: whole or not at all, bounded, in order, with backpressure both ways. */
#include "io/frame.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIMIT = 1 << 20 };

static struct loop *loop;
static int ends[2];

static struct seen {
    struct frame_link *link;
    unsigned count, drains;
    size_t octets;
    uint32_t sum;
    bool ended, failed, close_at_frame, pause_at_frame;
    struct failure failure;
} seen;

static int
open_all(void **state)
{
    struct failure why;

    (void) state;
    memset(&seen, 0, sizeof seen);
    loop = loop_new(&why);
    return loop == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0;
}

static int
close_all(void **state)
{
    (void) state;
    frame_close(seen.link);
    loop_free(loop);
    return 0;
}

static uint32_t
checksum(const uint8_t *octets, size_t n, uint32_t sum)
{
    for (size_t i = 0; i < n; i++)
        sum = sum * 31 + octets[i];
    return sum;
}

static void
on_frame(void *arg, unsigned type, const uint8_t *octets, size_t n)
{
    struct seen *s = arg;

    s->count++;
    s->octets += n;
    s->sum = checksum(octets, n, s->sum) + type;
    if (s->close_at_frame) {
        frame_close(s->link);
        s->link = NULL;
    } else if (s->pause_at_frame) {
        frame_pause(s->link, true);
    }
}

static void
on_end(void *arg, const struct failure *failure)
{
    struct seen *s = arg;

    assert_false(s->ended);
    s->ended = true;
    s->failed = failure != NULL;
    if (failure != NULL)
        s->failure = *failure;
}

static void
on_drain(void *arg)
{
    ((struct seen *) arg)->drains++;
}

static void
turn_until(const bool *done)
{
    for (int64_t end = loop_clock() + LOOP_S(20); !*done && loop_clock() < end;)
        loop_turn(loop, 100);
    assert_true(*done);
}

/* Sizes around every boundary, through a socket with a small buffer, checked by sum. */
static void
many_sizes(void **state)
{
    static const size_t sizes[] = { 0, 1, 7, 8, 9, 4095, 65536, 65537, LIMIT, 0, 300000, 1 };
    static uint8_t octets[LIMIT];
    struct frame_link *sender;
    uint32_t sum = 0;
    int small = 4096;
    size_t n = sizeof sizes / sizeof sizes[0];

    (void) state;
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    sender = frame_open(loop, ends[0], LIMIT, SIZE_MAX / 2, on_frame, NULL, NULL);
    seen.link = frame_open(loop, ends[1], LIMIT, LIMIT, on_frame, on_end, &seen);
    for (size_t i = 0; i < LIMIT; i++)
        octets[i] = (uint8_t) (i * 7 + i / 251);
    for (size_t i = 0; i < n; i++) {
        assert_true(frame_send(sender, (unsigned) i + 1, octets, sizes[i]));
        sum = checksum(octets, sizes[i], sum) + (unsigned) i + 1;
    }
    while (seen.count < n)
        loop_turn(loop, 1000);
    assert_int_equal(seen.sum, sum);
    assert_int_equal(frame_waiting(sender), 0);
    frame_close(sender);
    turn_until(&seen.ended);
    assert_false(seen.failed);
}

static void
backpressure(void **state)
{
    static const uint8_t octets[1000];
    struct frame_link *sender = frame_open(loop, ends[0], LIMIT, 50000, on_frame, NULL, NULL);
    unsigned sent = 0;

    (void) state;
    frame_on_drain(sender, on_drain, &seen);
    seen.link = frame_open(loop, ends[1], LIMIT, LIMIT, on_frame, on_end, &seen);
    frame_pause(seen.link, true);
    while (frame_send(sender, 1, octets, sizeof octets)) {
        sent++;
        assert_true(sent < 100000);
    }
    assert_true(frame_waiting(sender) > 40000 && frame_waiting(sender) <= 50000);
    loop_turn(loop, 20);
    assert_int_equal(seen.count, 0);
    assert_int_equal(seen.drains, 0);
    frame_pause(seen.link, false);
    for (int64_t end = loop_clock() + LOOP_S(10); seen.count < sent && loop_clock() < end;)
        loop_turn(loop, 100);
    assert_int_equal(seen.count, sent);
    assert_int_equal(seen.drains, 1);
    assert_true(frame_send(sender, 1, octets, sizeof octets));
    frame_close(sender);
}

/* Frames that were read before the pause come after it, one by one. */
static void
pause_inside_a_callback(void **state)
{
    static const uint8_t three[] = { 'T', 'L', 1, 0, 0, 0, 0, 0, 'T', 'L', 2, 0, 0, 0, 0, 0, 'T', 'L', 3, 0, 0, 0, 0, 0 };

    (void) state;
    seen.pause_at_frame = true;
    seen.link = frame_open(loop, ends[1], LIMIT, LIMIT, on_frame, on_end, &seen);
    assert_int_equal(write(ends[0], three, sizeof three), sizeof three);
    for (unsigned i = 1; i <= 3; i++) {
        loop_turn(loop, 100);
        loop_turn(loop, 0);
        assert_int_equal(seen.count, i);
        frame_pause(seen.link, false);
    }
    close(ends[0]);
    turn_until(&seen.ended);
    assert_false(seen.failed);
}

static void
close_inside_a_callback(void **state)
{
    static const uint8_t two[] = { 'T', 'L', 1, 0, 0, 0, 0, 0, 'T', 'L', 2, 0, 0, 0, 0, 0 };

    (void) state;
    seen.close_at_frame = true;
    seen.link = frame_open(loop, ends[1], LIMIT, LIMIT, on_frame, on_end, &seen);
    assert_int_equal(write(ends[0], two, sizeof two), sizeof two);
    loop_turn(loop, 1000);
    loop_turn(loop, 0);
    assert_int_equal(seen.count, 1);
    assert_false(seen.ended);
    close(ends[0]);
}

static void
peer_that_breaks_the_rules(void **state)
{
    static const struct {
        uint8_t octets[12];
        size_t n;
    } rows[] = {
        { { 'X', 'L', 1, 0, 0, 0, 0, 0 }, 8 },    { { 'T', 'X', 1, 0, 0, 0, 0, 0 }, 8 },
        { { 'T', 'L', 0, 0, 0, 0, 0, 0 }, 8 },    { { 'T', 'L', 1, 1, 0, 0, 0, 0 }, 8 },
        { { 'T', 'L', 1, 0, 0, 16, 0, 1 }, 8 },   { { 'T', 'L', 1, 0, 255, 255, 255, 255 }, 8 },
        { { 'T', 'L', 1, 0, 0, 0, 0, 9, 1 }, 9 }, { { 'T', 'L', 1 }, 3 },
    };

    (void) state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (i > 0)
            assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        memset(&seen, 0, sizeof seen);
        seen.link = frame_open(loop, ends[1], LIMIT, LIMIT, on_frame, on_end, &seen);
        assert_int_equal(write(ends[0], rows[i].octets, rows[i].n), (ssize_t) rows[i].n);
        close(ends[0]);
        turn_until(&seen.ended);
        assert_true(seen.failed);
        assert_int_equal(seen.failure.kind, FAILURE_PROTOCOL);
        assert_int_equal(seen.count, 0);
        if (i + 1 < sizeof rows / sizeof rows[0])
            frame_close(seen.link);
    }
}

static void
sending_to_one_that_is_gone(void **state)
{
    static const uint8_t octets[100];

    (void) state;
    seen.link = frame_open(loop, ends[1], LIMIT, LIMIT, on_frame, on_end, &seen);
    close(ends[0]);
    for (int i = 0; i < 10; i++)
        assert_true(frame_send(seen.link, 1, octets, sizeof octets)); /* no SIGPIPE */
    turn_until(&seen.ended);
    assert_true(frame_send(seen.link, 1, octets, sizeof octets));
}

static void
payloads(void **state)
{
    struct buf buf = { 0 };
    struct frame_reader r;
    struct arena *arena = arena_new();
    const uint8_t *octets;
    size_t n;

    (void) state;
    frame_put_u32(&buf, 0xdeadbeef);
    frame_put_u64(&buf, UINT64_MAX - 1);
    frame_put_octets(&buf, "a\0b", 3);
    frame_put_text(&buf, NULL);
    frame_put_octets(&buf, "c\0d", 3);
    r = (struct frame_reader) { (const uint8_t *) buf.at, buf.n, false };
    assert_int_equal(frame_get_u32(&r), 0xdeadbeef);
    assert_true(frame_get_u64(&r) == UINT64_MAX - 1);
    octets = frame_get_octets(&r, &n);
    assert_int_equal(n, 3);
    assert_memory_equal(octets, "a\0b", 3);
    assert_string_equal(frame_get_text(&r, arena), "");
    assert_string_equal(frame_get_text(&r, arena), "cd");
    assert_true(frame_whole(&r));
    assert_int_equal(frame_get_u32(&r), 0);
    assert_true(r.bad && !frame_whole(&r));
    for (size_t cut = 0; cut < buf.n; cut++) { /* cut anywhere: never whole, never past the end */
        uint8_t *exact = memory_copy(buf.at, cut);

        r = (struct frame_reader) { exact, cut, false };
        frame_get_u32(&r);
        frame_get_u64(&r);
        frame_get_octets(&r, &n);
        frame_get_text(&r, arena);
        frame_get_text(&r, arena);
        assert_false(frame_whole(&r));
        free(exact);
    }
    arena_free(arena);
    buf_free(&buf);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
    const struct CMUnitTest tests[] = {
        T(many_sizes),
        T(backpressure),
        T(pause_inside_a_callback),
        T(close_inside_a_callback),
        T(peer_that_breaks_the_rules),
        T(sending_to_one_that_is_gone),
        cmocka_unit_test(payloads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
