/* trapline-tls listen: whoever sends notifications over TLS or DTLS is heard here, and intake is told what he says and
 * which certificate he showed (io/inlet.h). Which certificates are known, intake knows, and has strangers hung up on.
 *
 * One loop. Half-open sessions have places of their own, so that who shows nothing cannot crowd out who has; nothing is
 * kept for an address that has not sent its cookie back. While intake takes no more, a connection is not read and its
 * sender waits; a datagram is lost then, and counted. Of more sessions than fit, the quietest goes. */
#include "tls/programs.h"

#include "core/memory.h"
#include "io/datagram.h"
#include "io/inlet.h"
#include "io/log.h"
#include "io/sandbox.h"
#include "tls/session.h"
#include "tls/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SESSIONS = 1024, HALF_OPEN = 256, DESCRIPTORS = 2048, DATAGRAM_MAX = 65536, DATAGRAMS_AT_ONCE = 64 };
#define HANDSHAKE LOOP_S(10)
#define QUIET_MAX LOOP_S(24 * 3600) /* who does not speak DTLS any more cannot be told from who has nothing to say */
#define MEMORY_MAX ((uint64_t) 512 << 20)

struct listener {
    int fd, pair;
    bool datagrams;
    uint32_t lost;
    uint64_t kernel_drops;
    SSL *greeter;           /* of DTLS: answers hellos; becomes a session when one brings its cookie back */
    struct wire *wire;      /* the greeter's */
};

struct taken {
    struct listener *listener;
    struct session *session;
    struct wire *wire; /* of DTLS */
    struct sockaddr_storage from;
    uint64_t id;
    bool open, told; /* told: intake has heard of it */
    int64_t last;
    uint8_t fingerprint[FINGERPRINT_OCTETS];
};

static struct {
    struct loop *loop;
    struct tls_terms terms[2]; /* of TLS, of DTLS */
    SSL_CTX *contexts[2];
    struct listener listeners[INLET_LISTENERS];
    int n_listeners;
    struct taken *taken[SESSIONS];
    uint64_t next_id;
} here;

static bool
tell(struct listener *l, enum inlet_what what, const struct taken *t, const struct sockaddr_storage *from,
     const void *octets, size_t n)
{
    struct inlet_head head = { .connection = t != NULL ? t->id : 0, .kernel_drops = l->kernel_drops, .lost = l->lost,
                               .what = (uint8_t) what };
    struct iovec parts[2] = { { &head, sizeof head }, { (void *) (uintptr_t) octets, n } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

    if (head.connection == 0)
        head.connection = ++here.next_id;
    if (from != NULL)
        head.from = *from;
    else
        head.from.ss_family = AF_INET;
    if (t != NULL)
        memcpy(head.fingerprint, t->fingerprint, sizeof head.fingerprint);
    if (sendmsg(l->pair, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return false;
    l->lost = 0;
    return true;
}

/* What cannot be told is counted. */
static void
tell_or_lose(struct listener *l, enum inlet_what what, const struct taken *t, const struct sockaddr_storage *from,
             const void *octets, size_t n)
{
    l->lost += !tell(l, what, t, from, octets, n < INLET_MESSAGE_MAX ? n : INLET_MESSAGE_MAX);
}

static void
drop(struct taken *t)
{
    for (int i = 0; i < SESSIONS; i++)
        if (here.taken[i] == t)
            here.taken[i] = NULL;
    session_free(t->session);
    free(t->wire);
    free(t);
}

static void
log_refused(const struct sockaddr_storage *from, const char *words)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *) from;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *) from;
    bool is_four = from->ss_family == AF_INET;
    char host[INET6_ADDRSTRLEN] = "?";

    inet_ntop(from->ss_family, is_four ? (const void *) &four->sin_addr : &six->sin6_addr, host, sizeof host);
    log_write(LOG_LEVEL_WARNING, "no session of TLS with %s: %s", host, words);
}

/* What happens to a session. */

static void
tell_session(struct taken *t)
{
    t->told = tell(t->listener, INLET_SESSION, t, &t->from, NULL, 0);
}

static void
on_opened(void *arg)
{
    struct taken *t = arg;

    t->open = true;
    t->last = loop_now(here.loop);
    if (tls_fingerprint(session_ssl(t->session), t->fingerprint))
        tell_session(t);
    else
        drop(t);
}

static bool
on_message(void *arg, const uint8_t *octets, size_t n)
{
    struct taken *t = arg;

    t->last = loop_now(here.loop);
    if (!t->listener->datagrams)
        return tell(t->listener, INLET_MESSAGE, t, &t->from, octets, n);
    tell_or_lose(t->listener, INLET_MESSAGE, t, &t->from, octets, n);
    return true;
}

static void
on_garbage(void *arg, const uint8_t *octets, size_t n)
{
    struct taken *t = arg;

    tell_or_lose(t->listener, INLET_MESSAGE, t, &t->from, octets, n);
}

static void
on_closed(void *arg, const struct failure *why)
{
    struct taken *t = arg;

    if (!t->open) {
        tell_or_lose(t->listener, tls_shows_nothing() ? INLET_NO_CERTIFICATE : INLET_NO_SESSION, t, &t->from, NULL, 0);
        log_refused(&t->from, why->text);
    }
    drop(t);
}

static const struct session_fns fns = {
    .opened = on_opened, .message = on_message, .garbage = on_garbage, .closed = on_closed };

/* A place for one more that is half open. */
static struct taken **
find_place(void)
{
    struct taken **quietest[2] = { NULL, NULL }, **place = NULL;
    int n[2] = { 0, 0 }, which;

    for (int i = 0; i < SESSIONS; i++) {
        struct taken **at = &here.taken[i];

        if (*at == NULL) {
            place = at;
            continue;
        }
        which = (*at)->open;
        n[which]++;
        if (quietest[which] == NULL || (*at)->last < (*quietest[which])->last)
            quietest[which] = at;
    }
    if (n[false] < HALF_OPEN && place != NULL)
        return place;
    place = n[false] >= HALF_OPEN ? quietest[false] : quietest[true];
    if (!(*place)->open)
        tell_or_lose((*place)->listener, INLET_NO_SESSION, *place, &(*place)->from, NULL, 0);
    drop(*place);
    return place;
}

static struct taken *
take(struct listener *l, SSL *ssl, int fd, struct wire *wire, const struct sockaddr_storage *from)
{
    struct taken *t = memory_zero(1, sizeof *t);

    *find_place() = t;
    t->listener = l;
    t->wire = wire;
    t->from = *from;
    t->id = ++here.next_id;
    t->last = loop_now(here.loop);
    t->session = session_new(here.loop, ssl, fd, &here.terms[l->datagrams], HANDSHAKE, &fns, t);
    return t;
}

static void
on_connection(void *arg, int fd, unsigned events)
{
    struct listener *l = arg;
    struct sockaddr_storage from = { 0 };
    socklen_t size = sizeof from;
    struct failure why;
    int on = 1, accepted = accept4(fd, (struct sockaddr *) &from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    SSL *ssl;

    (void) events;
    if (accepted < 0)
        return;
    setsockopt(accepted, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ssl = tls_expect(here.contexts[false], &here.terms[false], &why);
    if (ssl != NULL && SSL_set_fd(ssl, accepted) == 1) {
        take(l, ssl, accepted, NULL, &from);
        return;
    }
    SSL_free(ssl);
    close(accepted);
}

/* Datagrams. */

static struct taken *
find_peer(const struct listener *l, const struct sockaddr_storage *from)
{
    for (int i = 0; i < SESSIONS; i++)
        if (here.taken[i] != NULL && here.taken[i]->listener == l && wire_same_peer(&here.taken[i]->from, from))
            return here.taken[i];
    return NULL;
}

/* A hello to begin anew, by somebody who has forgotten his session: not a late copy of the one that began it. */
static bool
begins_anew(const struct taken *t, const uint8_t *hello)
{
    uint8_t ours[WIRE_RANDOM];

    return t->open && SSL_get_client_random(session_ssl(t->session), ours, sizeof ours) == sizeof ours &&
           memcmp(ours, hello, sizeof ours) != 0;
}

static bool
make_greeter(struct listener *l)
{
    struct failure why;

    if (l->greeter != NULL)
        return true;
    l->greeter = tls_expect(here.contexts[true], &here.terms[true], &why);
    l->wire = memory_zero(1, sizeof *l->wire);
    l->wire->fd = l->fd;
    if (l->greeter != NULL && wire_attach(l->greeter, l->wire))
        return true;
    SSL_free(l->greeter);
    free(l->wire);
    l->greeter = NULL;
    return false;
}

/* `old`: the session that the address had. */
static void
greet(struct listener *l, struct taken *old, const struct wire *from)
{
    BIO_ADDR *unused = BIO_ADDR_new();
    struct taken *t;
    int outcome;

    if (!make_greeter(l)) {
        BIO_ADDR_free(unused);
        return;
    }
    *l->wire = *from;
    outcome = DTLSv1_listen(l->greeter, unused);
    BIO_ADDR_free(unused);
    if (outcome > 0) {
        if (old != NULL)
            drop(old);
        t = take(l, l->greeter, -1, l->wire, &from->peer);
        l->greeter = NULL;
        session_readable(t->session);
    } else if (outcome < 0) {
        SSL_free(l->greeter);
        free(l->wire);
        l->greeter = NULL;
    }
}

static void
on_datagram(struct listener *l, const struct wire *from)
{
    struct taken *t = find_peer(l, &from->peer);
    const uint8_t *hello = wire_hello_random(from->in, from->n_in);

    if (hello != NULL && (t == NULL || begins_anew(t, hello))) {
        greet(l, t, from);
    } else if (t != NULL) {
        struct wire *wire = t->wire;

        wire->in = from->in;
        wire->n_in = from->n_in;
        wire->local = from->local;
        session_readable(t->session); /* t may be gone now */
    } else if (!wire_is_remnant(from->in, from->n_in)) {
        tell_or_lose(l, INLET_NO_SESSION, NULL, &from->peer, from->in, from->n_in);
    }
}

static void
on_datagrams(void *arg, int fd, unsigned events)
{
    static uint8_t octets[DATAGRAM_MAX];
    struct listener *l = arg;

    (void) events;
    for (int i = 0; i < DATAGRAMS_AT_ONCE; i++) {
        struct wire from = { .fd = fd, .in = octets };
        struct iovec part = { octets, sizeof octets };
        union datagram_control control;
        struct msghdr message = { .msg_name = &from.peer, .msg_namelen = sizeof from.peer, .msg_iov = &part,
                                  .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
        ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);

        if (n < 0)
            return;
        from.n_in = (size_t) n;
        datagram_note_local(&message, &from.local);
        on_datagram(l, &from);
    }
}

/* From intake: an answer, or that the certificate is nobody's. */
static void
on_answer(void *arg, int fd, unsigned events)
{
    static uint8_t octets[INLET_MESSAGE_MAX + 1];
    struct inlet_head head;
    ssize_t n = inlet_read(fd, &head, octets);
    struct failure why;

    (void) arg;
    (void) events;
    if (n < 0)
        return;
    for (int i = 0; i < SESSIONS; i++) {
        struct taken *t = here.taken[i];

        if (t == NULL || t->id != head.connection)
            continue;
        if (head.what == INLET_HANG_UP || !session_send(t->session, octets, (size_t) n, &why))
            drop(t);
        return;
    }
}

static void
on_second(void *arg)
{
    (void) arg;
    loop_after(here.loop, LOOP_S(1), on_second, NULL);
    for (int i = 0; i < SESSIONS; i++) {
        struct taken *t = here.taken[i];

        if (t != NULL && t->open && loop_now(here.loop) - t->last > QUIET_MAX)
            drop(t);
        else if (t != NULL && t->open && !t->told)
            tell_session(t);
    }
    for (int i = 0; i < here.n_listeners; i++) {
        struct listener *l = &here.listeners[i];
        uint64_t drops = l->datagrams ? datagram_drops(l->fd) : 0;

        if (drops == l->kernel_drops && l->lost == 0)
            continue;
        l->kernel_drops = drops;
        tell(l, INLET_NEWS, NULL, NULL, NULL, 0);
    }
}

static void
on_stop(void *arg, int signal)
{
    (void) signal;
    loop_stop(arg);
}

static bool
open_listener(int i, struct failure *why)
{
    struct listener *l = &here.listeners[i];
    int type = 0;
    socklen_t size = sizeof type;

    l->fd = INLET_FD_SOCKETS + 2 * i;
    l->pair = l->fd + 1;
    if (getsockopt(l->fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
        return failure_errno(why, errno, "trapline-tls: it is started by traplined");
    l->datagrams = type == SOCK_DGRAM;
    l->kernel_drops = l->datagrams ? datagram_drops(l->fd) : 0;
    if (here.contexts[l->datagrams] == NULL)
        here.contexts[l->datagrams] = tls_context(&here.terms[l->datagrams], why);
    if (here.contexts[l->datagrams] == NULL)
        return false;
    if (l->datagrams) {
        datagram_prepare(l->fd);
        wire_use_cookies(here.contexts[true]);
    }
    loop_watch(here.loop, l->fd, LOOP_READ, l->datagrams ? on_datagrams : on_connection, l);
    loop_watch(here.loop, l->pair, LOOP_READ, on_answer, NULL);
    return true;
}

static bool
read_terms(char **words, struct failure *why)
{
    if (!tls_terms_read(words, &here.terms[false], why))
        return false;
    here.terms[false].server = true;
    here.terms[true] = here.terms[false];
    here.terms[true].datagrams = true;
    return true;
}

/* With no listener: can certificate and key be read? */
static int
try_terms(char **words)
{
    struct failure why;
    SSL_CTX *context = read_terms(words, &why) ? tls_context(&here.terms[false], &why) : NULL;

    if (context == NULL)
        fprintf(stderr, "%s\n", why.text);
    SSL_CTX_free(context);
    return context == NULL;
}

static bool
open_all(int n, char **words, struct failure *why)
{
    here.n_listeners = n;
    if (n < 1 || n > INLET_LISTENERS)
        return failure_set(why, FAILURE_USAGE, "trapline-tls: it is started by traplined");
    if (!read_terms(words, why))
        return false;
    here.next_id = (uint64_t) loop_wall(); /* answers to a process before us find no session */
    here.loop = loop_new(why);
    if (here.loop == NULL || !loop_signal(here.loop, SIGTERM, on_stop, here.loop, why) ||
        !loop_signal(here.loop, SIGINT, on_stop, here.loop, why))
        return false;
    for (int i = 0; i < n; i++)
        if (!open_listener(i, why))
            return false;
    loop_after(here.loop, LOOP_S(1), on_second, NULL);
    return true;
}

int
listen_run(int n, char **words)
{
    struct sandbox_rules rules = { .allow = SANDBOX_SOCKETS, .descriptors = DESCRIPTORS, .memory = MEMORY_MAX };
    struct sandbox_report report;
    struct failure why = { 0 };

    if (n < 1)
        return 2;
    if (strcmp(words[0], "0") == 0)
        return try_terms(words + 1);
    log_open_descriptor(INLET_FD_LOG, "trapline-tls", LOG_LEVEL_INFO);
    if (!open_all(atoi(words[0]), words + 1, &why) || !sandbox_close(&rules, &report, &why)) {
        log_write(LOG_LEVEL_ERROR, "%s", why.text);
        return 1;
    }
    log_write(LOG_LEVEL_INFO, "tls runs: %d listeners; %s", here.n_listeners, report.text);
    loop_run(here.loop);
    for (int i = 0; i < SESSIONS; i++)
        if (here.taken[i] != NULL)
            drop(here.taken[i]);
    for (int i = 0; i < here.n_listeners; i++) {
        if (here.listeners[i].greeter != NULL) {
            SSL_free(here.listeners[i].greeter);
            free(here.listeners[i].wire);
        }
    }
    SSL_CTX_free(here.contexts[false]);
    SSL_CTX_free(here.contexts[true]);
    loop_free(here.loop);
    return 0;
}
