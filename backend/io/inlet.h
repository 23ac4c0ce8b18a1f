/* Between intake and those who take connections for it: a SOCK_SEQPACKET pair a listener, on which every packet is a
 * head and, behind it, a whole message. */
#ifndef IO_INLET_H
#define IO_INLET_H

#include "core/fingerprint.h"

#include <sys/socket.h>

/* A taker's listener i is descriptor INLET_FD_SOCKETS + 2 i, its pair the one behind it. */
enum { INLET_FD_LOG = 8, INLET_FD_SOCKETS = 16, INLET_LISTENERS = 16, INLET_MESSAGE_MAX = 65535 };

enum inlet_what {
    INLET_MESSAGE,        /* both ways */
    INLET_SESSION,        /* of TLS, begun: is its certificate known? */
    INLET_NO_CERTIFICATE, /* one that was to begin: the other side shows no certificate */
    INLET_NO_SESSION,     /* or the handshake came to nothing, or what came is none: behind the head, if it is known */
    INLET_NEWS,           /* only the numbers */
    INLET_HANG_UP,        /* from intake: end that connection */
};

struct inlet_head {
    uint64_t connection;           /* never 0 */
    uint64_t kernel_drops;         /* datagrams that the kernel dropped at the listener, ever */
    uint32_t lost;                 /* messages and refusals for which intake had no room, since the head before */
    uint8_t what;
    uint8_t fingerprint[FINGERPRINT_OCTETS]; /* of the sender's certificate; zeros without TLS */
    struct sockaddr_storage from;
};

/* What intake says on a pair: the octets behind the head, of which there is room for INLET_MESSAGE_MAX + 1; -1 when it is
 * nothing whole. Does not block. */
ssize_t inlet_read(int fd, struct inlet_head *head, uint8_t *octets);

#endif
