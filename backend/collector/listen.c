/* Opening sockets, and saying what is wrong when they cannot be had. */
#include "collector/listen.h"

#include "collector/owner.h"
#include "io/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TRAP_PORT = 162, TLS_TRAP_PORT = 10162, SYSTEMD_FIRST = 3, BACKLOG = 128 };

union address {
    struct sockaddr_storage any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

static bool
parse_port(const char *text, in_port_t *out)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);

    *out = htons((in_port_t) port);
    return end != text && *end == '\0' && port <= 65535;
}

struct transport {
    const char *prefix;
    bool six, stream, secure;
};

static const struct transport transports[] = {
    { "udp:", false, false, false }, { "udp6:", true, false, false }, { "tcp:", false, true, false },
    { "tcp6:", true, true, false },  { "tls:", false, true, true },   { "tls6:", true, true, true },
    { "dtls:", false, false, true }, { "dtls6:", true, false, true },
};

static const struct transport *
find_transport(const char *text)
{
    for (size_t i = 0; i < sizeof transports / sizeof *transports; i++)
        if (strncmp(text, transports[i].prefix, strlen(transports[i].prefix)) == 0)
            return &transports[i];
    return NULL;
}

/* "udp:162", "udp:10.0.0.1:162", "udp:10.0.0.1", "udp6:162", "udp6:[::1]:162", "udp6:[::1]", and others likewise. */
static bool
parse_address(const char *text, const struct transport *transport, union address *out)
{
    bool six = transport->six;
    const char *rest = text + strlen(transport->prefix);
    in_port_t port = htons(transport->secure ? TLS_TRAP_PORT : TRAP_PORT);
    char host[64], *colon;
    bool plain = rest[0] != '\0' && rest[strspn(rest, "0123456789")] == '\0';

    memset(out, 0, sizeof *out);
    if (strlen(rest) >= sizeof host)
        return false;
    strcpy(host, rest);
    if (plain) {
        if (!parse_port(host, &port))
            return false;
        strcpy(host, six ? "::" : "0.0.0.0");
    } else if (host[0] == '[') {
        char *close = strchr(host, ']');

        if (close == NULL || (close[1] == ':' && !parse_port(close + 2, &port)) ||
            (close[1] != ':' && close[1] != '\0'))
            return false;
        *close = '\0';
        memmove(host, host + 1, strlen(host));
    } else if (!six && (colon = strchr(host, ':')) != NULL) {
        *colon = '\0';
        if (!parse_port(colon + 1, &port))
            return false;
    }
    out->any.ss_family = six ? AF_INET6 : AF_INET;
    if (six) {
        out->six.sin6_port = port;
        return inet_pton(AF_INET6, host, &out->six.sin6_addr) == 1;
    }
    out->four.sin_port = port;
    return inet_pton(AF_INET, host, &out->four.sin_addr) == 1;
}

static void
describe(struct listen_socket *socket, const char *name)
{
    union address at;
    socklen_t size = sizeof at;
    char host[INET6_ADDRSTRLEN] = "?";

    memset(&at, 0, sizeof at);
    getsockname(socket->fd, (struct sockaddr *) &at, &size);
    snprintf(socket->row.name, sizeof socket->row.name, "%s", name);
    if (at.any.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &at.six.sin6_addr, host, sizeof host);
        snprintf(socket->row.address, sizeof socket->row.address, "[%s]:%u", host, ntohs(at.six.sin6_port));
    } else {
        inet_ntop(AF_INET, &at.four.sin_addr, host, sizeof host);
        snprintf(socket->row.address, sizeof socket->row.address, "%s:%u", host, ntohs(at.four.sin_port));
    }
}

/* The kernel doubles what it is asked for, and counts it so. */
static int
buffer_of(int fd)
{
    int octets = 0;
    socklen_t size = sizeof octets;

    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, &size);
    return octets / 2;
}

/* systemd may have had more granted, as root, than we can have: asking again would make it smaller. */
static void
enlarge(struct listen_socket *out)
{
    int asked = LISTEN_BUFFER;

    if (buffer_of(out->fd) < asked && setsockopt(out->fd, SOL_SOCKET, SO_RCVBUFFORCE, &asked, sizeof asked) < 0) {
        int trial = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        setsockopt(trial, SOL_SOCKET, SO_RCVBUF, &asked, sizeof asked);
        if (buffer_of(trial) > buffer_of(out->fd))
            setsockopt(out->fd, SOL_SOCKET, SO_RCVBUF, &asked, sizeof asked);
        close(trial);
    }
    out->row.asked = LISTEN_BUFFER;
    out->row.granted = (uint64_t) buffer_of(out->fd);
}

void
listen_tell(const struct listen_socket *sockets, int n)
{
    if (n == 0)
        log_write(LOG_LEVEL_WARNING, "listening nowhere: the setting listen is empty; notifications are not received");
    for (int i = 0; i < n; i++) {
        const struct channel_listener *row = &sockets[i].row;

        log_write(LOG_LEVEL_INFO, "listening on %s (%s)", row->address, row->name);
        printf("listening on %s (%s)\n", row->address, row->name);
        if (row->granted < row->asked)
            log_write(LOG_LEVEL_WARNING, "%s: receive buffer of %llu KiB where %llu were asked for: a burst may be lost; "
                      "as root: sysctl -w net.core.rmem_max=%llu", row->name, (unsigned long long) row->granted / 1024,
                      (unsigned long long) row->asked / 1024, (unsigned long long) row->asked);
    }
    fflush(stdout);
}

static bool
explain(const char *name, const union address *at, bool stream, int error, struct failure *why)
{
    unsigned port = ntohs(at->any.ss_family == AF_INET6 ? at->six.sin6_port : at->four.sin_port);
    bool taken = error == EADDRINUSE || error == EACCES;
    char owner[256];
    pid_t pid = 0;

    taken = taken && owner_of_port(port, stream, &pid, owner, sizeof owner);
    if (taken && pid == getpid())
        return failure_set(why, FAILURE_USAGE, "listen %s: port %u is named twice; leave one out (0.0.0.0 and :: are "
                           "all addresses)", name, port);
    if (error == EADDRNOTAVAIL)
        return failure_set(why, FAILURE_USAGE, "listen %s: that is none of this machine's addresses (ip address)",
                           name);
    if (taken)
        return failure_set(why, FAILURE_BUSY, "listen %s: port %u is taken by %s; stop it, or give trapline another "
                           "port and have it forward (snmptrapd.conf: forward default udp:127.0.0.1:PORT; traplined(8), "
                           "PORTS)", name, port, owner);
    if (error == EACCES)
        return failure_set(why, FAILURE_REFUSED, "listen %s: port %u is for root alone; start traplined by its systemd "
                           "socket, give it the capability (setcap cap_net_bind_service=ep), or choose another port",
                           name, port);
    return failure_errno(why, error, "listen %s", name);
}

static void
set_kind(struct listen_socket *out, bool stream, bool secure)
{
    out->row.stream = stream;
    out->row.kind = secure ? LISTENER_TLS : stream ? LISTENER_STREAMS : LISTENER_DATAGRAMS;
}

static bool
open_one(const char *name, struct listen_socket *out, struct failure *why)
{
    const struct transport *transport = find_transport(name);
    bool stream = transport != NULL && transport->stream;
    union address at;
    int on = 1, error;

    if (transport == NULL || !parse_address(name, transport, &at))
        return failure_set(why, FAILURE_USAGE, "listen \"%s\": not an address; write udp:PORT, udp:ADDRESS:PORT, "
                           "udp6:[ADDRESS]:PORT, or tcp:, tls: or dtls: likewise", name);
    out->fd = socket(at.any.ss_family, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    set_kind(out, stream, transport->secure);
    if (out->fd < 0 && errno == EAFNOSUPPORT)
        return failure_set(why, FAILURE_SYSTEM, "listen %s: this machine has no IPv6; leave it out", name);
    if (out->fd < 0)
        return failure_errno(why, errno, "listen %s", name);
    if (at.any.ss_family == AF_INET6)
        setsockopt(out->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (stream)
        setsockopt(out->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(out->fd, (struct sockaddr *) &at, at.any.ss_family == AF_INET6 ? sizeof at.six : sizeof at.four) == 0 &&
        (!stream || listen(out->fd, BACKLOG) == 0)) {
        describe(out, name);
        if (!stream)
            enlarge(out);
        return true;
    }
    error = errno;
    close(out->fd);
    return explain(name, &at, stream, error, why);
}

int
listen_open(struct settings_list addresses, bool secure_only, struct listen_socket out[CHANNEL_LISTENERS], int have,
            struct failure *why)
{
    int n = have;

    for (size_t i = 0; i < addresses.n; i++) {
        const struct transport *transport = find_transport(addresses.items[i]);

        if (secure_only && transport != NULL && !transport->secure)
            continue;
        if (n < CHANNEL_LISTENERS && open_one(addresses.items[i], &out[n], why)) {
            n++;
            continue;
        }
        if (n == CHANNEL_LISTENERS)
            failure_set(why, FAILURE_LIMIT, "listen: more than %d addresses", (int) CHANNEL_LISTENERS);
        while (n-- > have)
            close(out[n].fd);
        return -1;
    }
    return n;
}

int
listen_inherit(struct listen_socket out[CHANNEL_LISTENERS], struct failure *why)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    int n = count != NULL ? atoi(count) : 0;

    if (pid == NULL || atol(pid) != (long) getpid() || n <= 0)
        return 0;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    if (n > CHANNEL_LISTENERS) {
        failure_set(why, FAILURE_LIMIT, "systemd gives %d sockets where %d are the most", n, (int) CHANNEL_LISTENERS);
        return -1;
    }
    for (int i = 0; i < n; i++) {
        int type = 0;
        socklen_t size = sizeof type;
        char name[32];

        out[i].fd = SYSTEMD_FIRST + i;
        if (getsockopt(out[i].fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
            (type != SOCK_DGRAM && type != SOCK_STREAM)) {
            failure_set(why, FAILURE_USAGE, "systemd's socket %d is for neither UDP nor TCP; use ListenDatagram= or "
                        "ListenStream=", i);
            return -1;
        }
        set_kind(&out[i], type == SOCK_STREAM, false);
        fcntl(out[i].fd, F_SETFD, FD_CLOEXEC);
        fcntl(out[i].fd, F_SETFL, fcntl(out[i].fd, F_GETFL) | O_NONBLOCK);
        snprintf(name, sizeof name, "systemd:%d", i);
        describe(&out[i], name);
        if (type == SOCK_DGRAM)
            enlarge(&out[i]);
    }
    return n;
}
