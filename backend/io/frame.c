/* Frames over stream sockets: a header of eight octets (magic, type, length), then the octets. */
#include "io/frame.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 8, MAGIC = 0x54, READS_A_TURN = 8, READ_ROOM = 64 * 1024 };

struct frame_link {
    struct loop *loop;
    int fd;
    size_t limit, queue;
    frame_fn *fn;
    frame_end_fn *end;
    loop_fn *drain;
    void *arg, *drain_arg;
    struct loop_watch *watch;
    struct loop_timer *resuming;
    uint8_t *in; /* what has been read and not yet handed out */
    size_t n_in, room_in;
    uint8_t *out;
    size_t at_out, n_out, room_out;
    bool ended, paused, refused, inside, closed;
};

static void
watch_what_is_needed(struct frame_link *l)
{
    if (l->watch != NULL)
        loop_watch_events(l->watch, (l->paused ? 0u : (unsigned) LOOP_READ) |
                                        (l->n_out > l->at_out ? (unsigned) LOOP_WRITE : 0u));
}

static void
finish(struct frame_link *l, const struct failure *failure)
{
    if (l->ended)
        return;
    l->ended = true;
    loop_unwatch(l->watch);
    l->watch = NULL;
    l->at_out = l->n_out = 0;
    if (l->end != NULL)
        l->end(l->arg, failure);
}

static void
flush(struct frame_link *l)
{
    while (l->at_out < l->n_out && !l->ended) {
        ssize_t n = send(l->fd, l->out + l->at_out, l->n_out - l->at_out, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0) /* what it still sent us is read to its end first, and tells the end too */
            l->at_out = l->n_out;
        else
            l->at_out += (size_t) n;
    }
    if (l->at_out == l->n_out)
        l->at_out = l->n_out = 0;
}

bool
frame_send(struct frame_link *l, unsigned type, const void *octets, size_t n)
{
    uint8_t header[HEADER] = { MAGIC, 'L', (uint8_t) type, 0 };
    uint32_t length = htobe32((uint32_t) n);
    size_t waiting = l->n_out - l->at_out;

    assert(type >= 1 && type <= 255 && n <= l->limit);
    if (l->ended)
        return true;
    /* An empty queue takes any frame, however small the bound is. */
    if (waiting > 0 && waiting + HEADER + n > l->queue) {
        l->refused = true;
        return false;
    }
    if (l->at_out > 0) {
        memmove(l->out, l->out + l->at_out, waiting);
        l->at_out = 0;
        l->n_out = waiting;
    }
    if (l->n_out + HEADER + n > l->room_out) {
        l->room_out = 2 * (l->n_out + HEADER + n);
        l->out = memory_grow(l->out, l->room_out, 1);
    }
    memcpy(header + 4, &length, sizeof length);
    memcpy(l->out + l->n_out, header, HEADER);
    if (n > 0)
        memcpy(l->out + l->n_out + HEADER, octets, n);
    l->n_out += HEADER + n;
    if (waiting == 0)
        flush(l);
    watch_what_is_needed(l);
    return true;
}

/* Hands out the whole frames that are in. False: the peer broke the rules, or the link was closed or paused. */
static bool
hand_out(struct frame_link *l)
{
    size_t at = 0;
    bool sound = true;

    while (!l->closed && !l->paused && l->n_in - at >= HEADER) {
        const uint8_t *header = l->in + at;
        uint32_t n;

        memcpy(&n, header + 4, sizeof n);
        n = be32toh(n);
        sound = header[0] == MAGIC && header[1] == 'L' && header[2] != 0 && header[3] == 0 && n <= l->limit;
        if (!sound || l->n_in - at - HEADER < n)
            break;
        at += HEADER + n;
        l->fn(l->arg, header[2], header + HEADER, n);
    }
    if (at > 0 && !l->closed) {
        memmove(l->in, l->in + at, l->n_in - at);
        l->n_in -= at;
    }
    return sound;
}

static void
protocol_error(struct frame_link *l)
{
    struct failure why;

    failure_set(&why, FAILURE_PROTOCOL, "another of our processes sent a frame that makes no sense");
    finish(l, &why);
}

static void
read_frames(struct frame_link *l)
{
    for (int i = 0; i < READS_A_TURN && !l->closed && !l->ended && !l->paused; i++) {
        struct failure why;
        ssize_t n;

        if (l->room_in - l->n_in < READ_ROOM && l->room_in < l->limit + HEADER + READ_ROOM) {
            l->room_in = l->room_in < READ_ROOM ? 2 * READ_ROOM : 2 * l->room_in;
            l->in = memory_grow(l->in, l->room_in, 1);
        }
        n = recv(l->fd, l->in + l->n_in, l->room_in - l->n_in, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n < 0 && errno != ECONNRESET) {
            failure_errno(&why, errno, "cannot read from another of our processes");
            finish(l, &why);
        } else if (n <= 0 && l->n_in > 0) {
            failure_set(&why, FAILURE_PROTOCOL, "another of our processes ended in the middle of a frame");
            finish(l, &why);
        } else if (n <= 0) {
            finish(l, NULL);
        } else {
            l->n_in += (size_t) n;
            if (!hand_out(l))
                protocol_error(l);
        }
    }
}

static void
link_free(struct frame_link *l)
{
    free(l->in);
    free(l->out);
    free(l);
}

static void
enter(struct frame_link *l)
{
    assert(!l->inside);
    l->inside = true;
}

static void
leave(struct frame_link *l)
{
    l->inside = false;
    if (l->closed)
        link_free(l);
    else
        watch_what_is_needed(l);
}

static void
on_events(void *arg, int fd, unsigned events)
{
    struct frame_link *l = arg;

    (void) fd;
    enter(l);
    if ((events & LOOP_WRITE) != 0)
        flush(l);
    if (l->refused && l->n_out == 0) {
        l->refused = false;
        if (l->drain != NULL)
            l->drain(l->drain_arg);
    }
    if ((events & LOOP_READ) != 0)
        read_frames(l);
    leave(l);
}

/* Frames that were read before a pause are in no socket: they are handed out from here. */
static void
on_resume(void *arg)
{
    struct frame_link *l = arg;

    l->resuming = NULL;
    enter(l);
    if (!hand_out(l))
        protocol_error(l);
    leave(l);
}

struct frame_link *
frame_open(struct loop *loop, int fd, size_t limit, size_t queue, frame_fn *fn, frame_end_fn *end, void *arg)
{
    struct frame_link *l = memory_zero(1, sizeof *l);

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    l->loop = loop;
    l->fd = fd;
    l->limit = limit;
    l->queue = queue;
    l->fn = fn;
    l->end = end;
    l->arg = arg;
    l->watch = loop_watch(loop, fd, LOOP_READ, on_events, l);
    return l;
}

void
frame_close(struct frame_link *l)
{
    if (l == NULL)
        return;
    loop_unwatch(l->watch);
    loop_cancel(l->resuming);
    l->watch = NULL;
    l->resuming = NULL;
    close(l->fd);
    if (l->inside)
        l->closed = true;
    else
        link_free(l);
}

size_t
frame_waiting(const struct frame_link *l)
{
    return l->n_out - l->at_out;
}

void
frame_on_drain(struct frame_link *l, loop_fn *fn, void *arg)
{
    l->drain = fn;
    l->drain_arg = arg;
}

void
frame_pause(struct frame_link *l, bool paused)
{
    if (l->paused == paused || l->ended)
        return;
    l->paused = paused;
    watch_what_is_needed(l);
    if (!paused && l->n_in > 0 && l->resuming == NULL)
        l->resuming = loop_after(l->loop, 0, on_resume, l);
}

/* Payloads. */

void
frame_put_u32(struct buf *buf, uint32_t number)
{
    uint32_t wire = htobe32(number);

    buf_add(buf, &wire, sizeof wire);
}

void
frame_put_u64(struct buf *buf, uint64_t number)
{
    uint64_t wire = htobe64(number);

    buf_add(buf, &wire, sizeof wire);
}

void
frame_put_octets(struct buf *buf, const void *octets, size_t n)
{
    assert(n <= UINT32_MAX);
    frame_put_u32(buf, (uint32_t) n);
    buf_add(buf, octets, n);
}

void
frame_put_text(struct buf *buf, const char *text)
{
    frame_put_octets(buf, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

static const uint8_t *
take(struct frame_reader *r, size_t n)
{
    const uint8_t *at = r->at;

    if (n > r->left) {
        r->bad = true;
        r->left = 0;
        return NULL;
    }
    r->at += n;
    r->left -= n;
    return at;
}

uint32_t
frame_get_u32(struct frame_reader *r)
{
    const uint8_t *at = take(r, 4);
    uint32_t wire = 0;

    if (at != NULL)
        memcpy(&wire, at, sizeof wire);
    return be32toh(wire);
}

uint64_t
frame_get_u64(struct frame_reader *r)
{
    const uint8_t *at = take(r, 8);
    uint64_t wire = 0;

    if (at != NULL)
        memcpy(&wire, at, sizeof wire);
    return be64toh(wire);
}

const uint8_t *
frame_get_octets(struct frame_reader *r, size_t *n)
{
    const uint8_t *at;

    *n = frame_get_u32(r);
    at = take(r, *n);
    if (at == NULL)
        *n = 0;
    return at != NULL ? at : (const uint8_t *) "";
}

char *
frame_get_text(struct frame_reader *r, struct arena *arena)
{
    size_t n;
    const uint8_t *at = frame_get_octets(r, &n);
    char *text = arena_text(arena, (const char *) at, n), *to = text;

    for (size_t i = 0; i < n; i++)
        if (at[i] != '\0')
            *to++ = (char) at[i];
    *to = '\0';
    return text;
}

bool
frame_whole(const struct frame_reader *r)
{
    return !r->bad && r->left == 0;
}
