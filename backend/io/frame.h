/* Length-checked frames over a stream socket between our own processes.
 *
 * A frame is a type (1..255), a length and that many octets, at most the limit agreed when the link is opened. A peer
 * that breaks this is cut off: it is one of ours, so it is broken. Sending never blocks: what the socket does not take
 * waits here, up to a bound, and then frame_send says no until it has drained. */
#ifndef IO_FRAME_H
#define IO_FRAME_H

#include "api/loop.h"

#include "core/memory.h"

#include <stddef.h>

struct frame_link;

typedef void frame_fn(void *arg, unsigned type, const uint8_t *octets, size_t n);
/* The peer is gone, orderly (`failure` is NULL) or not. Called once, the link's last callback; frame_close it. */
typedef void frame_end_fn(void *arg, const struct failure *failure);

/* Takes the descriptor. `limit`: octets of one frame, either way; `queue`: octets that may wait to be sent. */
struct frame_link *frame_open(struct loop *loop, int fd, size_t limit, size_t queue, frame_fn *fn, frame_end_fn *end,
                              void *arg);
void frame_close(struct frame_link *link); /* NULL is fine; also from inside a callback */

/* False: the queue is full and nothing of this frame was taken. A link that has ended takes and forgets. */
bool frame_send(struct frame_link *link, unsigned type, const void *octets, size_t n);
size_t frame_waiting(const struct frame_link *link); /* octets not yet taken by the socket */
/* Called when the queue has emptied after a refused frame_send. */
void frame_on_drain(struct frame_link *link, loop_fn *fn, void *arg);
/* While paused nothing is read, and the peer's queue fills. */
void frame_pause(struct frame_link *link, bool paused);

/* What is inside frames: numbers in network order, octets behind their length. */
void frame_put_u32(struct buf *buf, uint32_t number);
void frame_put_u64(struct buf *buf, uint64_t number);
void frame_put_octets(struct buf *buf, const void *octets, size_t n);
void frame_put_text(struct buf *buf, const char *text); /* NULL becomes "" */

/* Reading past the end gives zeros and empty texts and sets `bad`: check it once, at the end. */
struct frame_reader {
    const uint8_t *at;
    size_t left;
    bool bad;
};
uint32_t frame_get_u32(struct frame_reader *reader);
uint64_t frame_get_u64(struct frame_reader *reader);
const uint8_t *frame_get_octets(struct frame_reader *reader, size_t *n); /* borrowed from the frame */
/* A copy on the arena, without its NULs. */
char *frame_get_text(struct frame_reader *reader, struct arena *arena);
bool frame_whole(const struct frame_reader *reader); /* all read, nothing bad */

#endif
