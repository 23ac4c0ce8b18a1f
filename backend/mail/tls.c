/* TLS 1.2 or later, with the server's name or address checked; never weaker silently. */
#include "mail/guard.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

static const char *
queued_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    return reason != NULL ? reason : "unknown";
}

static SSL_CTX *
new_context(struct guard *guard)
{
    const struct job *job = guard->job;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    ERR_clear_error();
    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
        guard_fail(guard, CAUSE_ENGINE, "OpenSSL could not be started: %s", queued_reason());
    } else if ((job->ca_file != NULL ? SSL_CTX_load_verify_locations(context, job->ca_file, NULL)
                                     : SSL_CTX_set_default_verify_paths(context)) != 1) {
        guard_fail(guard, CAUSE_SETTINGS, "%s: no CA certificates could be read from it: %s",
                   job->ca_file != NULL ? job->ca_file : "the system's CA store", queued_reason());
    } else if (job->client_certificate != NULL &&
               (SSL_CTX_use_certificate_chain_file(context, job->client_certificate) != 1 ||
                SSL_CTX_use_PrivateKey_file(context,
                                            job->client_key != NULL ? job->client_key : job->client_certificate,
                                            SSL_FILETYPE_PEM) != 1)) {
        guard_fail(guard, CAUSE_SETTINGS, "%s: client certificate or its key cannot be used: %s",
                   job->client_certificate, queued_reason());
    } else {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
        SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        return context;
    }
    SSL_CTX_free(context);
    return NULL;
}

/* SNI. The macro of OpenSSL casts const away, which clang warns of. */
static bool
send_name(SSL *ssl, const char *name)
{
    return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *) (uintptr_t) name) == 1;
}

/* The name is an IP address (checked against the certificate's addresses), or a host name, sent as SNI too. */
static bool
expect_name(struct guard *guard)
{
    X509_VERIFY_PARAM *parameters = SSL_get0_param(guard->ssl);
    const char *name = guard->job->verify;

    X509_VERIFY_PARAM_set_hostflags(parameters,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1)
        return true;
    if (X509_VERIFY_PARAM_set1_host(parameters, name, 0) != 1 || !send_name(guard->ssl, name))
        return guard_fail(guard, CAUSE_SETTINGS, "%s is no name that a certificate can be checked against", name);
    return true;
}

/* "sha256//BASE64" or 64 hexadecimal digits of the SHA-256 of the server's public key (RFC 7469 §2.4). */
static bool
check_pin(struct guard *guard, X509 *certificate)
{
    unsigned char digest[32], key[8192], base64[64], *end = key;
    char hex[65];
    const char *pin = guard->job->pin;
    X509_PUBKEY *public = X509_get_X509_PUBKEY(certificate);
    int n = i2d_X509_PUBKEY(public, NULL);

    if (n <= 0 || (size_t) n > sizeof key || i2d_X509_PUBKEY(public, &end) != n ||
        EVP_Digest(key, (size_t) n, digest, NULL, EVP_sha256(), NULL) != 1)
        return guard_fail(guard, CAUSE_CERTIFICATE, "the server's public key cannot be read");
    EVP_EncodeBlock(base64, digest, sizeof digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    if (strncmp(pin, "sha256//", 8) == 0 ? strcmp(pin + 8, (const char *) base64) == 0 : strcasecmp(pin, hex) == 0)
        return true;
    return guard_fail(guard, CAUSE_CERTIFICATE, "the server's public key is not the pinned one: it is sha256//%s",
                      (const char *) base64);
}

static void
tell_chain(struct guard *guard, X509 *certificate)
{
    char subject[200], issuer[200], until[64] = "";
    BIO *bio = BIO_new(BIO_s_mem());
    int n = 0;

    X509_NAME_oneline(X509_get_subject_name(certificate), subject, sizeof subject);
    X509_NAME_oneline(X509_get_issuer_name(certificate), issuer, sizeof issuer);
    if (bio != NULL && ASN1_TIME_print(bio, X509_get0_notAfter(certificate)) == 1)
        n = BIO_read(bio, until, sizeof until - 1);
    until[n > 0 ? n : 0] = '\0';
    BIO_free(bio);
    report_step("tls", "%s, %s", SSL_get_version(guard->ssl), SSL_get_cipher_name(guard->ssl));
    report_step("chain", "%s, issued by %s, until %s, verified for %s", subject, issuer, until, guard->job->verify);
}

bool
tls_start(struct guard *guard)
{
    SSL_CTX *context;
    X509 *certificate;
    bool ok = true;
    int r;

    guard_step(guard, "TLS handshake");
    context = new_context(guard);
    if (context == NULL)
        return false;
    guard->ssl = SSL_new(context);
    SSL_CTX_free(context);
    if (guard->ssl == NULL || SSL_set_fd(guard->ssl, guard->net) != 1)
        return guard_fail(guard, CAUSE_ENGINE, "OpenSSL could not be started: %s", queued_reason());
    if (!expect_name(guard))
        return false;
    for (;;) {
        short want;

        ERR_clear_error();
        r = SSL_connect(guard->ssl);
        if (r == 1)
            break;
        want = guard_tls_wants(guard, r);
        if (want == 0 || !guard_wait(guard, guard->net, want))
            return false;
    }
    guard->protected = true;
    certificate = SSL_get1_peer_certificate(guard->ssl);
    if (certificate == NULL || SSL_get_verify_result(guard->ssl) != X509_V_OK)
        ok = guard_fail(guard, CAUSE_CERTIFICATE, "the certificate of %s is refused", guard->job->verify);
    if (ok && guard->job->pin != NULL)
        ok = check_pin(guard, certificate);
    if (ok)
        tell_chain(guard, certificate);
    X509_free(certificate);
    return ok;
}
