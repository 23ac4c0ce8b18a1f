/* The channel from intake to the writer: a ring of frames and the counters of the ledger, in memory that the supervisor
 * made and that outlives both of them.
 *
 * A frame leaves the ring only when the writer has committed it, so the writer may die at any time: the next one goes on
 * behind the last committed frame. Intake may die too: the next one finds the ring and its counters as they were. Two
 * eventfds are the doorbells. The reader copies a frame before it believes anything in it, for intake holds hostile
 * bytes. (Frames over a socket pair cost a copy more, and need new descriptors passed about after every death.) */
#ifndef COLLECTOR_CHANNEL_H
#define COLLECTOR_CHANNEL_H

#include "io/inlet.h"
#include "store/record.h"

#include <stdatomic.h>

enum { CHANNEL_LISTENERS = INLET_LISTENERS, FRAME_MAX = 256 * 1024 };
/* Descriptors of the children, by number. */
enum {
    FD_CHANNEL = 3, FD_TO_WRITER, FD_TO_INTAKE, FD_CONFIG, FD_LOCK, FD_LOG = INLET_FD_LOG, FD_SOCKETS = INLET_FD_SOCKETS,
};
/* How a child ends when the channel makes no sense: a new one is made. */
enum { EXIT_CHANNEL = 64 };

enum frame_kind { FRAME_NOTIFICATION = 1, FRAME_REJECTED };

struct frame { /* followed by security, context, engine, pdu, raw; padded to 8 */
    uint32_t magic, size;
    uint64_t number;    /* 1, 2, … within the run */
    uint64_t framed;    /* notifications framed for the listener, this one included */
    int64_t at;         /* wall clock */
    uint64_t community; /* a hash, to tell informs apart */
    uint64_t count;     /* rejected: how many since the last such frame */
    int32_t request_id;
    uint8_t kind, listener, version, inform;
    uint8_t family, cause; /* 4 or 6 */
    uint16_t port;
    uint16_t n_security, n_context, n_engine, unused;
    uint32_t n_pdu, n_raw;
    uint8_t address[16];
};

/* Whose messages intake reads itself; those that come through the process of streams; through that of TLS. */
enum listener_kind { LISTENER_DATAGRAMS, LISTENER_STREAMS, LISTENER_TLS };

struct channel_listener {
    char name[64], address[64];
    uint64_t asked, granted;
    bool stream; /* the socket is TCP's */
    uint8_t kind; /* enum listener_kind */
};

struct channel_head {
    uint64_t magic, run, ring_size;
    uint32_t n_listeners;
    struct channel_listener listeners[CHANNEL_LISTENERS];
    _Atomic uint64_t written;         /* octets ever; by intake */
    _Atomic uint64_t committed;       /* octets ever; by the writer */
    _Atomic uint64_t written_frame;   /* number of the last frame written */
    _Atomic uint64_t committed_frame; /* number of the last frame committed */
    char trouble[256];                /* the writer's: why nothing can be committed */
    _Atomic uint64_t shot;
    _Atomic uint64_t told;            /* octets that the latest shot counts: the writer reads no further */
    struct ledger_sums live[CHANNEL_LISTENERS];     /* intake's, at work */
    struct ledger_sums shots[2][CHANNEL_LISTENERS]; /* consistent copies, in turn */
    _Atomic uint32_t restarts[4];     /* of intake, of the writer, of streams, of TLS */
};

struct channel {
    struct channel_head *head;
    uint8_t *ring; /* mapped twice in a row: a frame is always in one piece */
    size_t size;
    uint64_t number; /* intake: the last frame written */
};

/* A new channel; its descriptor, or -1. `ring_size`: a power of two of at least 1 MiB. */
int channel_make(size_t ring_size, struct failure *why);
bool channel_map(int fd, struct channel *out, struct failure *why);
void channel_unmap(struct channel *channel);

/* Intake. channel_resume: after a death, what had been received and came to nothing is counted as lost. */
void channel_resume(struct channel *channel);
uint8_t *channel_reserve(struct channel *channel, size_t size); /* NULL when full */
void channel_publish(struct channel *channel, size_t size);
void channel_take_shot(struct channel *channel); /* between two batches; only then are their frames to be read */
size_t channel_waiting(const struct channel *channel); /* octets not committed */

/* The writer. The frame at *at, copied to `copy` of FRAME_MAX octets: 1, 0 when there is none, -1 when it is broken. */
int channel_read(const struct channel *channel, uint64_t *at, uint8_t *copy);
void channel_commit(struct channel *channel, uint64_t at, uint64_t number);
void channel_sums(const struct channel *channel, struct ledger_sums sums[CHANNEL_LISTENERS]);

static inline size_t
frame_size(const struct frame *f)
{
    return (sizeof *f + (size_t) f->n_security + f->n_context + f->n_engine + (size_t) f->n_pdu + f->n_raw + 7) / 8 * 8;
}

#endif
