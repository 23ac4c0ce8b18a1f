/* A peer of DTLS at a socket that all of them share: a BIO that sends to one address and reads what it is given, and
 * the cookie by which an address proves itself before anything is kept for it (RFC 6347 §4.2.1). */
#ifndef TLS_WIRE_H
#define TLS_WIRE_H

#include "io/datagram.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire {
    int fd; /* shared */
    struct sockaddr_storage peer;
    struct datagram_local local;
    const uint8_t *in; /* the datagram that can be read once, or NULL */
    size_t n_in;
    bool peek;
};

/* Sessions of this context ask for cookies. */
void wire_use_cookies(SSL_CTX *context);
/* The wire outlives the session. */
bool wire_attach(SSL *ssl, struct wire *wire);

bool wire_same_peer(const struct sockaddr_storage *a, const struct sockaddr_storage *b);
/* Where a ClientHello's random begins; NULL: the datagram does not begin with one. */
enum { WIRE_RANDOM = 32 };
const uint8_t *wire_hello_random(const uint8_t *octets, size_t n);
/* Is it a record that a session leaves behind when it ends or fails: of a handshake, an alert? */
bool wire_is_remnant(const uint8_t *octets, size_t n);

#endif
