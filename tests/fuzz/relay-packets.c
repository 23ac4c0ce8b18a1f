/* A relay that says what it likes. The input is packets, each behind its length in two octets, put on the socket pair that
 * the engine reads. Whatever comes: it is open once, a packet is a message that comes whole and alone or it is the end, and
 * the end is the last. */
#include "core/ber.h"
#include "core/relay.h"
#include "snmp/stream.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { TURNS = 3 };

static struct seen {
    const uint8_t *packet;
    size_t n;
    unsigned opened, messages, closed;
} seen;

static void
on_opened(void *arg)
{
    (void) arg;
    assert(seen.closed == 0 && seen.opened++ == 0 && seen.packet[0] == RELAY_OPEN);
}

static void
on_message(void *arg, const uint8_t *octets, size_t n, int64_t at)
{
    (void) arg;
    (void) at;
    assert(seen.closed == 0 && seen.opened == 1 && seen.messages++ == 0);
    assert(n == seen.n && memcmp(octets, seen.packet, n) == 0);
}

static void
on_closed(void *arg, const struct failure *why)
{
    (void) arg;
    assert(seen.closed++ == 0 && seen.messages == 0);
    assert(why->kind != FAILURE_NONE && why->text[0] != '\0' && memchr(why->text, '\0', sizeof why->text) != NULL);
}

/* Each packet is dealt with before the next one is sent. */
static void
give(struct loop *loop, int fd, const uint8_t *packet, size_t n)
{
    seen.packet = packet;
    seen.n = n;
    seen.messages = 0;
    if (send(fd, packet, n, MSG_NOSIGNAL) < 0)
        return;
    for (int i = 0; i < TURNS; i++)
        loop_turn(loop, 0);
    assert(seen.closed == 1 || seen.messages == 1 || seen.packet[0] == RELAY_OPEN);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct stream_fns fns = { .opened = on_opened, .message = on_message, .closed = on_closed };
    static struct loop *loop;
    struct failure why;
    struct stream *stream;
    int pair[2];

    if (loop == NULL && (loop = loop_new(&why)) == NULL)
        return 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
        return 0;
    seen = (struct seen) { 0 };
    stream = stream_adopt(loop, pair[0], &fns, NULL);
    for (const uint8_t *at = data; at + 2 < data + n && seen.closed == 0;) {
        size_t size = (size_t) at[0] << 8 | at[1], left = (size_t) (data + n - at) - 2;

        if (size == 0 || size > left)
            size = left;
        give(loop, pair[1], at + 2, size);
        at += 2 + size;
    }
    seen.messages = 0;
    close(pair[1]);
    for (int i = 0; i < TURNS; i++)
        loop_turn(loop, 0);
    assert(seen.closed == 1);
    stream_free(stream);
    return 0;
}
