/* A mail server that takes everything and does as little as it can, so that a benchmark measures its clients.
 *
 * sink [CERTIFICATE KEY]     with them it offers STARTTLS
 *
 * "ready PORT" on standard output, then "MESSAGES OCTETS" taken so far for each line on standard input, at whose end it
 * ends. Two processes answer, one connection at a time each. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

enum { WORKERS = 2 };

struct taken {
    atomic_ullong messages, octets;
};

struct session {
    int fd;
    SSL *ssl;
    char in[65536];
    size_t n, at;
};

static bool
fill(struct session *s)
{
    ssize_t n = s->ssl != NULL ? SSL_read(s->ssl, s->in, sizeof s->in) : read(s->fd, s->in, sizeof s->in);

    s->at = 0;
    s->n = n > 0 ? (size_t) n : 0;
    return n > 0;
}

static bool
say(struct session *s, const char *text)
{
    size_t n = strlen(text);

    return (s->ssl != NULL ? SSL_write(s->ssl, text, (int) n) : write(s->fd, text, n)) == (ssize_t) n;
}

/* A line without its end, cut at `size`; false when there is none any more. */
static bool
take_line(struct session *s, char *line, size_t size)
{
    size_t n = 0;

    for (;;) {
        if (s->at == s->n && !fill(s))
            return false;
        if (s->in[s->at++] == '\n')
            break;
        if (n + 1 < size)
            line[n++] = s->in[s->at - 1];
    }
    line[n > 0 && line[n - 1] == '\r' ? n - 1 : n] = '\0';
    return true;
}

static bool
take_message(struct session *s, struct taken *taken)
{
    static const char end[] = "\r\n.\r\n";
    size_t matched = 2, octets = 0; /* as if behind the end of a line */

    while (matched < sizeof end - 1) {
        char c;

        if (s->at == s->n && !fill(s))
            return false;
        c = s->in[s->at++];
        octets++;
        matched = c == end[matched] ? matched + 1 : c == '\r' ? 1 : 0;
    }
    atomic_fetch_add(&taken->messages, 1);
    atomic_fetch_add(&taken->octets, octets);
    return say(s, "250 2.0.0 taken\r\n");
}

static bool
start_tls(struct session *s, SSL_CTX *context)
{
    s->n = s->at = 0;
    if (!say(s, "220 go\r\n"))
        return false;
    s->ssl = SSL_new(context);
    return s->ssl != NULL && SSL_set_fd(s->ssl, s->fd) == 1 && SSL_accept(s->ssl) == 1;
}

static bool
obey(struct session *s, const char *line, SSL_CTX *context, struct taken *taken)
{
    if (strncasecmp(line, "EHLO", 4) == 0)
        return say(s, context != NULL && s->ssl == NULL ? "250-sink\r\n250-STARTTLS\r\n250 SIZE 50000000\r\n"
                                                         : "250-sink\r\n250 SIZE 50000000\r\n");
    if (strcasecmp(line, "STARTTLS") == 0 && context != NULL)
        return start_tls(s, context);
    if (strcasecmp(line, "DATA") == 0)
        return say(s, "354 go\r\n") && take_message(s, taken);
    if (strcasecmp(line, "QUIT") == 0) {
        say(s, "221 bye\r\n");
        return false;
    }
    return say(s, "250 ok\r\n");
}

static void
serve(int fd, SSL_CTX *context, struct taken *taken)
{
    static struct session s;
    char line[1200];
    int on = 1;

    s = (struct session) { .fd = fd };
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (say(&s, "220 sink ESMTP\r\n"))
        while (take_line(&s, line, sizeof line) && obey(&s, line, context, taken))
            ;
    SSL_free(s.ssl);
    close(fd);
}

static SSL_CTX *
tls(const char *certificate, const char *key)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (context == NULL || SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
        fprintf(stderr, "sink: %s, %s: cannot be used\n", certificate, key);
        exit(1);
    }
    return context;
}

static int
listen_somewhere(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *) &at, n) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *) &at, &n) != 0) {
        perror("sink");
        exit(1);
    }
    printf("ready %d\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

int
main(int argc, char **argv)
{
    SSL_CTX *context = argc == 3 ? tls(argv[1], argv[2]) : NULL;
    struct taken *taken = mmap(NULL, sizeof *taken, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int listener = listen_somewhere();
    char line[80];

    if (taken == MAP_FAILED)
        return 1;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < WORKERS; i++)
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;)
                serve(fd, context, taken);
            _exit(1);
        }
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("%llu %llu\n", atomic_load(&taken->messages), atomic_load(&taken->octets));
        fflush(stdout);
    }
    return 0;
}
