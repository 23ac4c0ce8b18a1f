/* UDP for all devices: one socket for IPv4 and one for IPv6, opened when first needed. Datagrams go out and come in
 * many at a call. */
#ifndef SNMP_TRANSPORT_H
#define SNMP_TRANSPORT_H

#include "api/loop.h"

#include <stddef.h>
#include <sys/socket.h>

struct transport;

struct peer {
    struct sockaddr_storage address;
    socklen_t n;
    const void *via; /* the device whose connection a message came over; NULL: a datagram */
};

/* `octets` live until the callback returns; `at` is loop time. */
typedef void transport_fn(void *arg, const struct peer *from, const uint8_t *octets, size_t n, int64_t at);
/* A datagram to `to` that starts with `octets` was turned back by the network or the host. */
typedef void transport_error_fn(void *arg, const struct peer *to, const uint8_t *octets, size_t n, int error);

struct transport *transport_new(struct loop *loop, transport_fn *fn, transport_error_fn *failed, void *arg);
void transport_free(struct transport *transport);
/* Leaves with the next flush, or before. */
bool transport_send(struct transport *transport, const struct peer *to, const uint8_t *octets, size_t n,
                    struct failure *why);
void transport_flush(struct transport *transport);
/* How many answers the receive buffers hold that the system has granted: more asked for at once may be lost in the host. */
int transport_holds(const struct transport *transport);

/* Numeric only, never blocks: "127.0.0.1:161", "[fe80::1%eth0]:161", "::1". *family gets AF_INET or AF_INET6. */
bool peer_parse(const char *host, int port, struct peer *out);
bool peer_equal(const struct peer *a, const struct peer *b);
/* "10.0.0.7:161" or "[::1]:161". Returns `text`. */
char *peer_format(const struct peer *peer, char *text, size_t size);

#endif
