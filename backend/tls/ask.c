/* trapline-tls ask: one session to one agent for whoever started us, who holds the other end of descriptor 0. It ends with
 * either side. */
#include "tls/programs.h"

#include "core/ber.h"
#include "core/relay.h"
#include "io/sandbox.h"
#include "tls/session.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAIR = 0, HANDSHAKE_S = 60 /* whoever waits for us is less patient */ };

static struct {
    struct loop *loop;
    struct session *session;
    struct tls_terms terms;
    bool failed;
} ask;

static void
say_ended(const struct failure *why)
{
    char words[2 + sizeof why->text];
    int n = snprintf(words, sizeof words, "%c%d%s", RELAY_ENDED, (int) why->kind, why->text);

    ask.failed = true;
    send(PAIR, words, (size_t) n, MSG_NOSIGNAL);
}

static void
on_opened(void *arg)
{
    static const char open = RELAY_OPEN;

    (void) arg;
    send(PAIR, &open, 1, MSG_NOSIGNAL);
}

static bool
on_message(void *arg, const uint8_t *octets, size_t n)
{
    (void) arg;
    return send(PAIR, octets, n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || (errno != EAGAIN && errno != ENOBUFS);
}

static void
on_closed(void *arg, const struct failure *why)
{
    (void) arg;
    say_ended(why);
    loop_stop(ask.loop);
}

static void
on_pair(void *arg, int fd, unsigned events)
{
    static uint8_t octets[RELAY_MESSAGE_MAX + 1];
    ssize_t n = recv(fd, octets, sizeof octets, MSG_DONTWAIT);
    struct failure why;

    (void) arg;
    (void) events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0 && session_send(ask.session, octets, (size_t) n, &why))
        return;
    if (n > 0)
        say_ended(&why);
    loop_stop(ask.loop);
}

/* A socket on its way to be connected. */
static int
open_socket(const char *host, const char *port, struct failure *why)
{
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                              .ai_socktype = ask.terms.datagrams ? SOCK_DGRAM : SOCK_STREAM }, *found;
    int on = 1, fd;

    if (getaddrinfo(host, port, &hints, &found) != 0) {
        failure_set(why, FAILURE_USAGE, "trapline-tls: \"%s\" is no numeric address", host);
        return -1;
    }
    fd = socket(found->ai_family, found->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) < 0 && errno != EINPROGRESS) {
        failure_set(why, errno == ECONNREFUSED ? FAILURE_ABSENT : FAILURE_UNREACHABLE, "%s", strerror(errno));
        close(fd);
        fd = -1;
    } else if (fd < 0) {
        failure_errno(why, errno, "cannot open a socket");
    }
    freeaddrinfo(found);
    if (fd >= 0 && !ask.terms.datagrams) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    return fd;
}

static bool
attach(SSL *ssl, int fd)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    BIO *bio;

    if (!ask.terms.datagrams)
        return SSL_set_fd(ssl, fd) == 1;
    bio = BIO_new_dgram(fd, BIO_NOCLOSE);
    if (bio == NULL || getpeername(fd, (struct sockaddr *) &peer, &size) < 0)
        return false;
    BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &peer); /* a BIO_ADDR is a sockaddr; what matters is that there is one */
    SSL_set_bio(ssl, bio, bio);
    return true;
}

static bool
start(char **words, struct failure *why)
{
    static const struct session_fns fns = { .opened = on_opened, .message = on_message, .closed = on_closed };
    struct sandbox_rules rules = { .allow = SANDBOX_SOCKETS };
    struct sandbox_report report;
    SSL_CTX *context;
    SSL *ssl;
    int fd;

    context = tls_context(&ask.terms, why);
    if (context == NULL)
        return false;
    ssl = tls_expect(context, &ask.terms, why);
    SSL_CTX_free(context);
    if (ssl == NULL)
        return false;
    fd = open_socket(words[0], words[1], why);
    if (fd < 0 || !attach(ssl, fd) || !sandbox_close(&rules, &report, why)) {
        SSL_free(ssl);
        return false;
    }
    ask.session = session_new(ask.loop, ssl, fd, &ask.terms, LOOP_S(HANDSHAKE_S), &fns, NULL);
    loop_watch(ask.loop, PAIR, LOOP_READ, on_pair, NULL);
    return true;
}

int
ask_run(int n, char **words)
{
    struct failure why = { 0 };

    if (n < 3)
        return 2;
    ask.terms.datagrams = strcmp(words[0], "dtls") == 0;
    ask.loop = loop_new(&why);
    if (ask.loop == NULL || !tls_terms_read(words + 3, &ask.terms, &why) || !start(words + 1, &why)) {
        say_ended(&why);
        return 1;
    }
    loop_run(ask.loop);
    session_free(ask.session);
    loop_free(ask.loop);
    return ask.failed;
}
