/* A connection with a deadline. getaddrinfo has none, so it runs in a child that can be killed. */
#include "mail/guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct address {
    int error; /* of getaddrinfo, instead of an address */
    socklen_t n;
    struct sockaddr_storage at;
};

enum { ADDRESSES = 8 };

/* In the child: one record an address, each smaller than PIPE_BUF and so written whole. */
static void __attribute__((noreturn))
resolver(const struct job *job, int out)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV }, *all;
    struct address a;
    char port[16];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(port, sizeof port, "%lld", job->port);
    memset(&a, 0, sizeof a);
    a.error = getaddrinfo(job->server, port, &hints, &all);
    if (a.error != 0) {
        if (write(out, &a, sizeof a) < 0)
            _exit(1);
        _exit(0);
    }
    for (const struct addrinfo *found = all; found != NULL; found = found->ai_next) {
        memset(&a, 0, sizeof a);
        a.n = found->ai_addrlen;
        memcpy(&a.at, found->ai_addr, a.n);
        if (write(out, &a, sizeof a) < 0)
            _exit(1);
    }
    freeaddrinfo(all);
    _exit(0);
}

/* How many addresses; 0 when it failed. */
static size_t
resolve(struct guard *guard, struct address *into)
{
    size_t n = 0;
    int pipes[2], error = 0;
    bool ended = false;
    pid_t pid;

    if (pipe2(pipes, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
        guard_fail(guard, CAUSE_ENGINE, "resolver: %s", strerror(errno));
        return 0;
    }
    if (pid == 0)
        resolver(guard->job, pipes[1]);
    close(pipes[1]);
    while (n < ADDRESSES && !ended) {
        struct pollfd p = { pipes[0], POLLIN, 0 };
        int64_t left = guard_left(guard);

        if (left == 0 || (poll(&p, 1, (int) left) < 0 && errno != EINTR))
            break;
        if (p.revents == 0)
            continue;
        if (read(pipes[0], &into[n], sizeof *into) != (ssize_t) sizeof *into)
            ended = true;
        else if (into[n].error != 0)
            error = into[n].error;
        else
            n++;
    }
    close(pipes[0]);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    if (n > 0)
        return n;
    guard_fail(guard, CAUSE_RESOLVE, "cannot find the address of %s: %s", guard->job->server,
               error != 0 ? gai_strerror(error) : "no answer from the name service in time");
    return 0;
}

/* 0, or errno. The system call itself: submit.c defines a connect() for libesmtp. */
static int
try(struct guard *guard, const struct sockaddr *at, socklen_t n, int64_t milliseconds)
{
    int error = 0;
    socklen_t size = sizeof error;
    struct pollfd p;

    guard->net = socket(at->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (guard->net < 0)
        return errno;
    if (syscall(SYS_connect, guard->net, at, n) != 0) {
        p = (struct pollfd) { guard->net, POLLOUT, 0 };
        if (errno != EINPROGRESS)
            error = errno;
        else if (poll(&p, 1, milliseconds > INT_MAX ? INT_MAX : (int) milliseconds) != 1)
            error = ETIMEDOUT;
        else if (getsockopt(guard->net, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
            error = errno;
    }
    if (error != 0) {
        close(guard->net);
        guard->net = -1;
    }
    return error;
}

static void
name_address(const struct address *a, char *out, size_t size)
{
    char host[INET6_ADDRSTRLEN + 16], port[16];

    if (getnameinfo((const struct sockaddr *) &a->at, a->n, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(out, size, "?");
    else
        snprintf(out, size, a->at.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* The address of ours that the system chose: by which way it goes. */
static void
tell_route(struct guard *guard)
{
    struct address ours = { .n = sizeof ours.at };
    char name[100];

    if (getsockname(guard->net, (struct sockaddr *) &ours.at, &ours.n) != 0)
        return;
    name_address(&ours, name, sizeof name);
    report_step("route", "from %s", name);
}

static bool
connect_local(struct guard *guard)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int error;

    if (strlen(guard->job->server) >= sizeof at.sun_path)
        return guard_fail(guard, CAUSE_SETTINGS, "the socket's path %s is too long", guard->job->server);
    strcpy(at.sun_path, guard->job->server);
    guard_step(guard, "connecting");
    error = try(guard, (const struct sockaddr *) &at, sizeof at, guard_left(guard));
    if (error != 0)
        return guard_fail(guard, CAUSE_CONNECT, "cannot connect to %s: %s", guard->job->server, strerror(error));
    report_step("connect", "%s", guard->job->server);
    return true;
}

bool
connect_server(struct guard *guard)
{
    struct address addresses[ADDRESSES];
    char name[100] = "";
    int error = 0, on = 1;
    size_t n;

    if (guard->job->server[0] == '/')
        return connect_local(guard);
    guard_step(guard, "finding the address");
    n = resolve(guard, addresses);
    if (n == 0)
        return false;
    name_address(&addresses[0], name, sizeof name);
    report_step("resolve", "%s is %s%s", guard->job->server, name, n > 1 ? " and others" : "");
    guard_step(guard, "connecting");
    for (size_t i = 0; i < n; i++) {
        /* each gets its share of the time that is left, so that a black hole leaves some for the next */
        int64_t share = guard_left(guard) / (int64_t) (n - i);

        name_address(&addresses[i], name, sizeof name);
        error = try(guard, (const struct sockaddr *) &addresses[i].at, addresses[i].n, share);
        if (error == 0) {
            /* the body and the dot are two writes: with Nagle's algorithm each mail would wait 40 ms */
            setsockopt(guard->net, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            tell_route(guard);
            report_step("connect", "%s", name);
            return true;
        }
    }
    return guard_fail(guard, CAUSE_CONNECT, "cannot connect to %s (%s): %s; is the port right, and open in between?",
                      guard->job->server, name, strerror(error));
}
