/* What holds for TLS and DTLS here: our certificate, whom we believe, and nothing older than it says (RFC 6353, RFC 9456). */
#ifndef TLS_TERMS_H
#define TLS_TERMS_H

#include "api/failure.h"
#include "core/fingerprint.h"

#include <openssl/ssl.h>

struct tls_terms {
    bool datagrams, server;
    const char *certificate, *key; /* PEM; key NULL: in the certificate's file */
    const char *ca, *name;         /* the peer's chain ends there, and its certificate names this */
    const char *fingerprint;       /* SHA-256 of the peer's certificate, in hexadecimal: instead of ca and name */
    const char *oldest;            /* "1.0" "1.2" "1.3"; NULL: 1.2 */
};

/* The words behind the verb, "certificate=/a/b" and so on. */
bool tls_terms_read(char **words, struct tls_terms *out, struct failure *why);
SSL_CTX *tls_context(const struct tls_terms *terms, struct failure *why);
/* A session that believes what the terms say. */
SSL *tls_expect(SSL_CTX *context, const struct tls_terms *terms, struct failure *why);
/* After the handshake: is it who it should be? */
bool tls_check_peer(const SSL *ssl, const struct tls_terms *terms, struct failure *why);
bool tls_fingerprint(const SSL *ssl, uint8_t out[FINGERPRINT_OCTETS]);
/* Did the handshake that just failed do so for want of a certificate? */
bool tls_shows_nothing(void);
/* Why a handshake or a read failed, by OpenSSL's queue and errno. */
void tls_explain(const SSL *ssl, int result, int error, const struct tls_terms *terms, struct failure *why);

#endif
