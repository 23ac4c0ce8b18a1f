#include "tls/terms.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

bool
tls_terms_read(char **words, struct tls_terms *out, struct failure *why)
{
    static const struct {
        const char *name;
        size_t at;
    } known[] = {
        { "certificate=", offsetof(struct tls_terms, certificate) },
        { "key=", offsetof(struct tls_terms, key) },
        { "ca=", offsetof(struct tls_terms, ca) },
        { "name=", offsetof(struct tls_terms, name) },
        { "fingerprint=", offsetof(struct tls_terms, fingerprint) },
        { "oldest=", offsetof(struct tls_terms, oldest) },
    };

    for (; *words != NULL; words++) {
        size_t i = 0;

        while (i < sizeof known / sizeof *known && strncmp(*words, known[i].name, strlen(known[i].name)) != 0)
            i++;
        if (i == sizeof known / sizeof *known)
            return failure_set(why, FAILURE_USAGE, "trapline-tls: \"%s\" is not understood", *words);
        *(const char **) (void *) ((char *) out + known[i].at) = *words + strlen(known[i].name);
    }
    return true;
}

static const char *
queued_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    return reason != NULL ? reason : strerror(errno);
}

static int
accept_all(int ok, X509_STORE_CTX *chain)
{
    (void) ok;
    (void) chain;
    return 1; /* the fingerprint decides, after the handshake */
}

static int
no_password(char *room, int size, int writing, void *arg)
{
    (void) room;
    (void) size;
    (void) writing;
    (void) arg;
    return -1; /* nobody is here to be asked */
}

static bool
set_oldest(SSL_CTX *context, const struct tls_terms *terms)
{
    static const struct {
        const char *name;
        int tls, dtls;
    } versions[] = { { "1.0", TLS1_VERSION, DTLS1_VERSION },
                     { "1.2", TLS1_2_VERSION, DTLS1_2_VERSION },
                     { "1.3", TLS1_3_VERSION, 0 } };
    const char *oldest = terms->oldest != NULL ? terms->oldest : "1.2";

    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (strcmp(versions[i].name, oldest) == 0)
            return (terms->datagrams ? versions[i].dtls : versions[i].tls) != 0 &&
                   SSL_CTX_set_min_proto_version(context, terms->datagrams ? versions[i].dtls : versions[i].tls) == 1 &&
                   (i > 0 || SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0") == 1); /* its digests are too weak else */
    return false;
}

static bool
take_certificate(SSL_CTX *context, const struct tls_terms *terms, struct failure *why)
{
    const char *key = terms->key != NULL ? terms->key : terms->certificate;

    if (SSL_CTX_use_certificate_chain_file(context, terms->certificate) != 1)
        return failure_set(why, FAILURE_USAGE, "%s: no certificate can be read from it: %s", terms->certificate, queued_reason());
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return failure_set(why, FAILURE_USAGE, "%s: no private key of that certificate, in PEM and without a password, can be "
                           "read from it: %s", key, queued_reason());
    return true;
}

SSL_CTX *
tls_context(const struct tls_terms *terms, struct failure *why)
{
    SSL_CTX *context = SSL_CTX_new(terms->datagrams ? DTLS_method() : TLS_method());
    int must = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;

    ERR_clear_error();
    if (context == NULL || !set_oldest(context, terms)) {
        failure_set(why, FAILURE_SYSTEM, "OpenSSL has no %s %s", terms->datagrams ? "DTLS" : "TLS", terms->oldest);
    } else if (SSL_CTX_set_default_passwd_cb(context, no_password), !take_certificate(context, terms, why)) {
        /* said */
    } else if (terms->ca != NULL && SSL_CTX_load_verify_locations(context, terms->ca, NULL) != 1) {
        failure_set(why, FAILURE_USAGE, "%s: no certificates can be read from it: %s", terms->ca, queued_reason());
    } else {
        SSL_CTX_set_verify(context, must, terms->server || terms->fingerprint != NULL ? accept_all : NULL);
        SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
        SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_num_tickets(context, 0);
        SSL_CTX_set_read_ahead(context, terms->datagrams);
        return context;
    }
    SSL_CTX_free(context);
    return NULL;
}

SSL *
tls_expect(SSL_CTX *context, const struct tls_terms *terms, struct failure *why)
{
    SSL *ssl = SSL_new(context);
    X509_VERIFY_PARAM *parameters = ssl != NULL ? SSL_get0_param(ssl) : NULL;
    const char *name = terms->name;

    if (ssl == NULL) {
        failure_set(why, FAILURE_SYSTEM, "OpenSSL could not be started: %s", queued_reason());
    } else if (terms->server) {
        SSL_set_accept_state(ssl);
        return ssl;
    } else if (SSL_set_connect_state(ssl), terms->fingerprint == NULL) {
        X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1)
            return ssl;
        /* SNI; the macro of OpenSSL casts const away */
        if (X509_VERIFY_PARAM_set1_host(parameters, name, 0) == 1 &&
            SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *) (uintptr_t) name) == 1)
            return ssl;
        failure_set(why, FAILURE_USAGE, "\"%s\" is no name that a certificate can be checked against", name);
    } else {
        return ssl;
    }
    SSL_free(ssl);
    return NULL;
}

bool
tls_fingerprint(const SSL *ssl, uint8_t out[FINGERPRINT_OCTETS])
{
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    unsigned n = FINGERPRINT_OCTETS;

    return certificate != NULL && X509_digest(certificate, EVP_sha256(), out, &n) == 1 && n == FINGERPRINT_OCTETS;
}

bool
tls_check_peer(const SSL *ssl, const struct tls_terms *terms, struct failure *why)
{
    uint8_t want[FINGERPRINT_OCTETS], got[FINGERPRINT_OCTETS];
    char text[FINGERPRINT_TEXT];

    if (!tls_fingerprint(ssl, got))
        return failure_set(why, FAILURE_REFUSED, "the other side shows no certificate");
    fingerprint_format(got, text);
    if (terms->fingerprint != NULL &&
        (!fingerprint_parse(terms->fingerprint, want) || memcmp(want, got, sizeof want) != 0))
        return failure_set(why, FAILURE_REFUSED, "the agent's certificate is not the one that is expected: its fingerprint is "
                           "%s", text);
    if (terms->fingerprint == NULL && !terms->server && SSL_get_verify_result(ssl) != X509_V_OK)
        return failure_set(why, FAILURE_REFUSED, "the agent's certificate is refused: %s",
                           X509_verify_cert_error_string(SSL_get_verify_result(ssl)));
    return true;
}

bool
tls_shows_nothing(void)
{
    return ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
}

void
tls_explain(const SSL *ssl, int result, int error, const struct tls_terms *terms, struct failure *why)
{
    int kind = SSL_get_error(ssl, result), reason = ERR_GET_REASON(ERR_peek_last_error());
    const char *during = SSL_is_init_finished(ssl) ? "" : " during the TLS handshake";
    long verified = SSL_get_verify_result(ssl);

    if (kind == SSL_ERROR_ZERO_RETURN || (kind == SSL_ERROR_SYSCALL && error == 0) ||
        (kind == SSL_ERROR_SSL && reason == SSL_R_UNEXPECTED_EOF_WHILE_READING))
        failure_set(why, FAILURE_UNREACHABLE, "hung up%s", during);
    else if (kind == SSL_ERROR_SYSCALL)
        failure_set(why, error == ECONNREFUSED ? FAILURE_ABSENT : FAILURE_UNREACHABLE, "%s", strerror(error));
    else if (tls_shows_nothing())
        failure_set(why, FAILURE_REFUSED, "shows no certificate");
    else if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK)
        failure_set(why, FAILURE_REFUSED, "the agent's certificate is refused: %s%s%s", X509_verify_cert_error_string(verified),
                    terms->name != NULL ? "; it is expected to name " : "", terms->name != NULL ? terms->name : "");
    else if (reason == SSL_AD_REASON_OFFSET + SSL_AD_PROTOCOL_VERSION || reason == SSL_R_UNSUPPORTED_PROTOCOL ||
             reason == SSL_R_WRONG_VERSION_NUMBER)
        failure_set(why, FAILURE_REFUSED, "no common version of TLS%s: %s; it may be older than tls-oldest allows", during,
                    queued_reason());
    else if (reason >= SSL_AD_REASON_OFFSET)
        failure_set(why, FAILURE_REFUSED, "refuses the connection: %s; does it know our certificate, and speak TLS %s?",
                    queued_reason(), terms->oldest != NULL ? terms->oldest : "1.2");
    else
        failure_set(why, FAILURE_PROTOCOL, "TLS failed%s: %s", during, queued_reason());
}
