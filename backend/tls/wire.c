#include "tls/wire.h"

#include "api/loop.h"
#include "core/siphash.h"

#include <string.h>
#include <sys/random.h>

enum { MTU = 1232 /* of any path of IPv6 (RFC 8200 §5), without IP and UDP */, COOKIE = 16 };
enum { RECORD = 13, HANDSHAKE = 12 }; /* RFC 6347 §4.1, §4.2.2 */

static int
wire_write(BIO *bio, const char *octets, int n)
{
    struct wire *wire = BIO_get_data(bio);
    struct iovec part = { (void *) (uintptr_t) octets, (size_t) n };
    union datagram_control control;
    struct msghdr message = { .msg_name = &wire->peer, .msg_iov = &part, .msg_iovlen = 1,
                              .msg_namelen = wire->peer.ss_family == AF_INET ? sizeof(struct sockaddr_in) :
                                                                               sizeof(struct sockaddr_in6) };

    memset(&control, 0, sizeof control);
    datagram_put_local(&message, &control, &wire->local);
    sendmsg(wire->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL); /* lost when it cannot be sent, as datagrams are */
    return n;
}

static int
wire_read(BIO *bio, char *room, int size)
{
    struct wire *wire = BIO_get_data(bio);
    size_t n = wire->n_in < (size_t) size ? wire->n_in : (size_t) size;

    BIO_clear_retry_flags(bio);
    if (wire->in == NULL || n == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(room, wire->in, n);
    if (!wire->peek)
        wire->in = NULL;
    return (int) n;
}

static long
wire_control(BIO *bio, int command, long number, void *pointer)
{
    struct wire *wire = BIO_get_data(bio);

    (void) pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
        return 1;
    case BIO_CTRL_DGRAM_SET_PEEK_MODE:
        wire->peek = number != 0;
        return 1;
    default:
        return 0;
    }
}

static BIO_METHOD *
method(void)
{
    static BIO_METHOD *made;

    if (made == NULL) {
        made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams of one peer");
        if (made == NULL)
            return NULL;
        BIO_meth_set_write(made, wire_write);
        BIO_meth_set_read(made, wire_read);
        BIO_meth_set_ctrl(made, wire_control);
    }
    return made;
}

bool
wire_attach(SSL *ssl, struct wire *wire)
{
    BIO *bio = method() != NULL ? BIO_new(method()) : NULL;

    if (bio == NULL)
        return false;
    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
    SSL_set_mtu(ssl, MTU);
    return true;
}

bool
wire_same_peer(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    const struct sockaddr_in *a4 = (const struct sockaddr_in *) a, *b4 = (const struct sockaddr_in *) b;
    const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *) a, *b6 = (const struct sockaddr_in6 *) b;

    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET)
        return a4->sin_port == b4->sin_port && a4->sin_addr.s_addr == b4->sin_addr.s_addr;
    return a6->sin6_port == b6->sin6_port && a6->sin6_scope_id == b6->sin6_scope_id &&
           memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof a6->sin6_addr) == 0;
}

const uint8_t *
wire_hello_random(const uint8_t *octets, size_t n)
{
    bool hello = n >= RECORD + HANDSHAKE + 2 + WIRE_RANDOM && octets[0] == SSL3_RT_HANDSHAKE &&
                 octets[1] == DTLS1_VERSION_MAJOR && octets[3] == 0 && octets[4] == 0 &&
                 octets[RECORD] == SSL3_MT_CLIENT_HELLO;

    return hello ? octets + RECORD + HANDSHAKE + 2 : NULL;
}

bool
wire_is_remnant(const uint8_t *octets, size_t n)
{
    return n >= RECORD && octets[0] >= SSL3_RT_CHANGE_CIPHER_SPEC && octets[0] <= SSL3_RT_HANDSHAKE &&
           octets[1] == DTLS1_VERSION_MAJOR;
}

/* What an address is told in this minute, or was in the last one. */
static void
make_cookie(const SSL *ssl, int64_t minute, uint8_t out[COOKIE])
{
    static uint8_t secret[16];
    static bool made;
    const struct wire *wire = BIO_get_data(SSL_get_rbio(ssl));
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *) &wire->peer;
    struct {
        int64_t minute;
        struct sockaddr_in6 peer; /* the longer of the two */
    } of;

    while (!made)
        made = getrandom(secret, sizeof secret, 0) == sizeof secret;
    memset(&of, 0, sizeof of);
    of.minute = minute;
    memcpy(&of.peer, six, wire->peer.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof *six);
    siphash(secret, (const uint8_t *) &of, sizeof of, out);
}

static int64_t
this_minute(void)
{
    return loop_clock() / LOOP_S(60);
}

static int
give_cookie(SSL *ssl, unsigned char *cookie, unsigned *n)
{
    make_cookie(ssl, this_minute(), cookie);
    *n = COOKIE;
    return 1;
}

static int
check_cookie(SSL *ssl, const unsigned char *cookie, unsigned n)
{
    uint8_t ours[COOKIE];

    for (int64_t ago = 0; n == COOKIE && ago < 2; ago++) {
        make_cookie(ssl, this_minute() - ago, ours);
        if (CRYPTO_memcmp(ours, cookie, COOKIE) == 0)
            return 1;
    }
    return 0;
}

void
wire_use_cookies(SSL_CTX *context)
{
    SSL_CTX_set_cookie_generate_cb(context, give_cookie);
    SSL_CTX_set_cookie_verify_cb(context, check_cookie);
}
