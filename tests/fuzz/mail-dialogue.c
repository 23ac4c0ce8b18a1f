/* The opening of a session, AUTH and a probe with a server that says the input: chunks between octets of value 1, each said
 * when the guard has spoken. No descriptor: recv, send and poll are the target's own for one number. */
#include "mail/guard.h"
#include "mail/secret.h"

#include "core/memory.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINE = 1000, CHUNK_END = 1 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const uint8_t *said;
static size_t n_said, at, end;
static bool closed, authenticated, mail_said;

static size_t
chunk_end(size_t from)
{
    const uint8_t *stop = from < n_said ? memchr(said + from, CHUNK_END, n_said - from) : NULL;

    return stop != NULL ? (size_t) (stop - said) : n_said;
}

ssize_t
recv(int fd, void *into, size_t room, int flags)
{
    size_t n = end - at < room ? end - at : room;

    if (fd != LINE)
        return (ssize_t) syscall(SYS_recvfrom, fd, into, room, flags, NULL, NULL);
    if (n == 0 && !closed) {
        errno = EAGAIN;
        return -1;
    }
    if (n > 0)
        memcpy(into, said + at, n);
    at += n;
    return (ssize_t) n;
}

ssize_t
send(int fd, const void *octets, size_t n, int flags)
{
    if (fd != LINE)
        return (ssize_t) syscall(SYS_sendto, fd, octets, n, flags, NULL, 0);
    if (n >= 5 && memcmp(octets, "MAIL ", 5) == 0) {
        assert(authenticated); /* never without */
        mail_said = true;
    }
    if (end < n_said) {
        at = end + 1;
        end = chunk_end(at);
    }
    return (ssize_t) n;
}

/* Under this name because gcc believes libc's header, which calls *fds write-only. */
int line_poll(struct pollfd *fds, nfds_t n, int milliseconds) __asm__("poll");

/* Waiting for what never comes: the server closes. */
int
line_poll(struct pollfd *fds, nfds_t n, int milliseconds)
{
    if (n != 1 || fds->fd != LINE)
        return (int) syscall(SYS_poll, fds, n, milliseconds);
    if ((fds->events & POLLIN) != 0 && at == end)
        closed = true;
    fds->revents = fds->events;
    return 1;
}

/* Instead of report.c's: a quiet ear. */
void
report_step(const char *name, const char *format, ...)
{
    assert(format != NULL);
    if (strcmp(name, "auth") == 0)
        authenticated = true;
}

void
report_talk(size_t message, char direction, const char *line)
{
    (void) message;
    (void) direction;
    assert(strstr(line, "s3cret") == NULL || direction == '<');
    for (; direction == '<' && *line != '\0'; line++)
        assert(*line >= ' ' && *line <= '~');
}

void
report_dot(size_t message)
{
    assert(message > 0);
}

void
report_message(struct job *job, size_t index, const char *why)
{
    assert(index < job->n_messages && why != NULL);
}

/* Standard input holds the secret, as in trapline-mail. */
static void
give_secret(void)
{
    static const char field[] = "secret 6\ns3cret\nend 0\n\n";
    static int fd = -1;

    if (fd < 0) {
        fd = memfd_create("secret", MFD_CLOEXEC);
        if (fd < 0 || write(fd, field, sizeof field - 1) != (ssize_t) sizeof field - 1 || dup2(fd, 0) < 0)
            abort();
    }
    lseek(0, 0, SEEK_SET);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct job *job = memory_zero(1, sizeof *job);
    struct guard guard;
    bool ok;

    give_secret();
    said = data;
    n_said = n;
    at = 0;
    end = chunk_end(0);
    closed = authenticated = mail_said = false;
    job->security = JOB_PLAIN;
    job->server = memory_text("server.example");
    job->verify = memory_text("server.example");
    job->hello = memory_text("client.example");
    job->user = memory_text("noc");
    job->clear = job->probe = true;
    job->token = n > 0 && data[n - 1] == 't';
    job->step = 1;
    job->messages = memory_zero(1, sizeof *job->messages);
    job->n_messages = 1;
    job->messages[0].envelope = memory_text("noc@example");
    guard_start(&guard, job);
    guard.net = LINE;
    ok = dialogue_open(&guard) && auth_run(&guard) && transaction_probe(&guard);
    assert(ok == (guard.cause == CAUSE_NONE));
    assert(!ok || mail_said);
    secret_forget(&guard);
    guard.net = -1;
    guard_end(&guard);
    job_free(job);
    return 0;
}
