/* One session of TLS or DTLS, whole SNMP messages in and out: over a socket that is connected or on its way to be, or over
 * a BIO that somebody else feeds. */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include "api/loop.h"
#include "tls/terms.h"

#include <stddef.h>

struct session;

/* Any of them may free the session. After `closed` nothing more is called; it is still to be freed. */
struct session_fns {
    void (*opened)(void *arg);
    bool (*message)(void *arg, const uint8_t *octets, size_t n); /* false: not now; it is offered again */
    void (*garbage)(void *arg, const uint8_t *octets, size_t n); /* no message; may be NULL, may not free the session */
    void (*closed)(void *arg, const struct failure *why);
};

/* Takes ssl and fd. Without one, -1, session_readable says when there is something to read, and `message` always takes
 * it. A handshake that is not done after `deadline` nanoseconds ends it. */
struct session *session_new(struct loop *loop, SSL *ssl, int fd, const struct tls_terms *terms, int64_t deadline,
                            const struct session_fns *fns, void *arg);
void session_readable(struct session *session);
void session_free(struct session *session); /* says goodbye; NULL is fine */
/* False with *why when it cannot be sent. */
bool session_send(struct session *session, const uint8_t *octets, size_t n, struct failure *why);
const SSL *session_ssl(const struct session *session);

#endif
