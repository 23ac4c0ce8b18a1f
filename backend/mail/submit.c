/* The child: libesmtp and nothing else. What it believes is its server is our half of a socket pair.
 *
 * libesmtp takes no descriptor, but it calls connect(), and this program defines one. The address it is given is
 * 127.0.0.1 port 0, where nothing can listen: were the definition ever lost, it fails closed. */
#include "mail/guard.h"

#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <libesmtp.h>

static bool in_child;
static int pair = -1;

/* Takes the place of libc's, for libesmtp too. */
int
connect(int fd, const struct sockaddr *at, socklen_t n)
{
    int r;

    if (!in_child)
        return (int) syscall(SYS_connect, fd, at, n);
    if (pair < 0) { /* a second connection: never */
        errno = ENETUNREACH;
        return -1;
    }
    r = dup2(pair, fd);
    close(pair);
    pair = -1;
    return r < 0 ? -1 : 0;
}

/* libesmtp's message callback: all of it in one piece. libesmtp free()s *context between messages. */
static const char *
give(void **context, int *n, void *arg)
{
    const struct job_message *m = arg;
    int *given = *context;

    if (given == NULL) {
        given = memory_zero(1, sizeof *given);
        *context = given;
    }
    if (n == NULL) { /* rewind */
        *given = 0;
        return NULL;
    }
    *n = *given ? 0 : (int) m->n_raw;
    *given = 1;
    return m->raw;
}

static void __attribute__((noreturn))
run(struct job *job, int fd)
{
    static const int timeouts[] = { Timeout_GREETING, Timeout_ENVELOPE, Timeout_DATA, Timeout_TRANSFER,
                                    Timeout_DATA2 };
    struct rlimit files = { 16, 16 };
    smtp_session_t session;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    setrlimit(RLIMIT_NOFILE, &files);
    /* Descriptor 0 brings the password to the guard; it must be neither readable here nor free to become a socket. */
    close(0);
    if (open("/dev/null", O_RDWR) != 0 || dup2(0, 1) < 0)
        _exit(1);
    in_child = true;
    pair = fd;
    session = smtp_create_session();
    if (session == NULL || !smtp_set_server(session, "127.0.0.1:0"))
        _exit(1);
    smtp_set_hostname(session, "guard");
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) /* the guard decides, never libesmtp */
        smtp_set_timeout(session, timeouts[i], 172800000L);
    for (size_t i = 0; i < job->n_messages; i++) {
        struct job_message *m = &job->messages[i];
        smtp_message_t message;

        if (m->told)
            continue;
        message = smtp_add_message(session);
        if (message == NULL)
            _exit(1);
        smtp_set_reverse_path(message, m->envelope[0] != '\0' ? m->envelope : NULL);
        smtp_set_messagecb(message, give, m);
        for (size_t k = 0; k < m->n_recipients; k++)
            if (m->recipients[k].verdict == VERDICT_OPEN &&
                smtp_add_recipient(message, m->recipients[k].address) == NULL)
                _exit(1);
    }
    _exit(smtp_start_session(session) ? 0 : 1); /* its opinion is not asked */
}

bool
submit_start(struct guard *guard)
{
    int ends[2];
    pid_t pid, parent = getpid();

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return guard_fail(guard, CAUSE_ENGINE, "socket pair: %s", strerror(errno));
    pid = fork();
    if (pid < 0)
        return guard_fail(guard, CAUSE_ENGINE, "fork: %s", strerror(errno));
    if (pid == 0) {
        close(ends[0]);
        if (getppid() != parent)
            _exit(1);
        run(guard->job, ends[1]);
    }
    close(ends[1]);
    guard->engine = ends[0];
    guard->engine_pid = pid;
    return true;
}
