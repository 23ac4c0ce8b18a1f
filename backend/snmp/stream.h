/* One connection to one agent, over which whole messages go out and come in: a TCP socket, on which every message is cut
 * out by its own length (RFC 3430 §2.1), which is bounded; or a socket pair to a relay that speaks TLS (core/relay.h). */
#ifndef SNMP_STREAM_H
#define SNMP_STREAM_H

#include "snmp/transport.h"

struct stream;

enum { STREAM_MESSAGE_MAX = 1 << 20 };

/* Any of them may free the stream. After `closed` nothing more is called; it is still to be freed. */
struct stream_fns {
    void (*opened)(void *arg);
    void (*message)(void *arg, const uint8_t *octets, size_t n, int64_t at);
    void (*closed)(void *arg, const struct failure *why); /* FAILURE_PROTOCOL: by us, for what came */
};

/* NULL with *why for what is known to be impossible at once. `fns` is not copied. */
struct stream *stream_connect(struct loop *loop, const struct peer *peer, const struct stream_fns *fns, void *arg,
                              struct failure *why);
/* Takes the socket pair's end over. */
struct stream *stream_adopt(struct loop *loop, int fd, const struct stream_fns *fns, void *arg);
void stream_free(struct stream *stream); /* NULL is fine */
/* Queued while the connection takes no more; false when that would be too much. Never calls back. */
bool stream_send(struct stream *stream, const uint8_t *octets, size_t n, struct failure *why);

#endif
