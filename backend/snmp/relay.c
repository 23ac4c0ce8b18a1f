#include "snmp/relay.h"

#include "api/paths.h"
#include "core/fingerprint.h"
#include "core/memory.h"
#include "io/child.h"
#include "io/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 6, PAIR_BUFFER = 1 << 20 };

struct relay {
    struct relays *relays;
    struct child *child;
    struct relay *next, **link;
};

struct relays {
    struct loop *loop;
    struct relay *first;
};

bool
relay_check(const struct device_tls *tls, bool datagrams, struct failure *why)
{
    const char *key = tls->key != NULL ? tls->key : tls->certificate;
    uint8_t octets[FINGERPRINT_OCTETS];

    if (tls->certificate == NULL)
        return failure_set(why, FAILURE_USAGE, "TLS needs a certificate that says who we are: tls-certificate, a PEM file");
    if (tls->fingerprint == NULL && tls->ca == NULL)
        return failure_set(why, FAILURE_USAGE, "TLS needs to know whom to believe: tls-fingerprint, of the agent's certificate, "
                           "or tls-ca, a PEM file of those who sign");
    if (tls->fingerprint != NULL && !fingerprint_parse(tls->fingerprint, octets))
        return failure_set(why, FAILURE_USAGE, "tls-fingerprint \"%s\" is not a SHA-256 in 64 hex digits", tls->fingerprint);
    if (tls->oldest != NULL && strcmp(tls->oldest, "1.0") != 0 && strcmp(tls->oldest, "1.2") != 0 &&
        strcmp(tls->oldest, "1.3") != 0)
        return failure_set(why, FAILURE_USAGE, "tls-oldest \"%s\" is none of 1.0, 1.2 and 1.3", tls->oldest);
    if (datagrams && tls->oldest != NULL && strcmp(tls->oldest, "1.3") == 0)
        return failure_set(why, FAILURE_USAGE, "there is no DTLS 1.3 here; tls-oldest may be 1.2");
    return access(key, F_OK) != 0 || secret_file_check(key, why); /* one that is not there is told by who reads it */
}

struct relays *
relays_new(struct loop *loop)
{
    struct relays *relays = memory_zero(1, sizeof *relays);

    relays->loop = loop;
    return relays;
}

static void
forget(struct relay *r)
{
    *r->link = r->next;
    if (r->next != NULL)
        r->next->link = r->link;
    free(r);
}

void
relays_free(struct relays *relays)
{
    if (relays == NULL)
        return;
    while (relays->first != NULL) {
        child_release(relays->first->child);
        forget(relays->first);
    }
    free(relays);
}

static void
on_end(void *arg, const struct child_end *end)
{
    (void) end; /* it has said why, or its pair is closed */
    forget(arg);
}

/* "name=value" of what is set; the last is NULL. */
static void
write_words(const struct device_tls *tls, const char *name, const char *argv[WORDS + 1], char room[WORDS][1100])
{
    const struct {
        const char *name, *value;
    } words[WORDS] = { { "certificate", tls->certificate }, { "key", tls->key }, { "ca", tls->ca },
                       { "name", tls->name != NULL ? tls->name : name }, { "fingerprint", tls->fingerprint },
                       { "oldest", tls->oldest } };
    int n = 0;

    for (int i = 0; i < WORDS; i++)
        if (words[i].value != NULL) {
            snprintf(room[i], sizeof room[i], "%s=%s", words[i].name, words[i].value);
            argv[n++] = room[i];
        }
    argv[n] = NULL;
}

int
relay_start(struct relays *relays, const struct peer *peer, const struct device_tls *tls, bool datagrams, const char *name,
            struct failure *why)
{
    char program[1024], host[NI_MAXHOST], port[NI_MAXSERV], room[WORDS][1100];
    const char *argv[5 + WORDS + 1] = { program, "ask", datagrams ? "dtls" : "tls", host, port };
    struct child_descriptor give = { .theirs = 0 };
    struct child_options options = { .argv = argv, .give = &give, .n_give = 1, .death_signal = -1 };
    int pair[2], size = PAIR_BUFFER;
    struct relay *r;

    if (!paths_program("trapline-tls", program, sizeof program, why))
        return -1;
    if (getnameinfo((const struct sockaddr *) &peer->address, peer->n, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
        failure_errno(why, errno, "cannot make a socket pair");
        return -1;
    }
    for (int i = 0; i < 2; i++)
        setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    write_words(tls, name, argv + 5, room);
    give.ours = pair[1];
    r = memory_zero(1, sizeof *r);
    r->relays = relays;
    r->child = child_start(relays->loop, &options, on_end, r, why);
    close(pair[1]);
    if (r->child == NULL) {
        free(r);
        close(pair[0]);
        return -1;
    }
    r->next = relays->first;
    r->link = &relays->first;
    if (r->next != NULL)
        r->next->link = &r->next;
    relays->first = r;
    return pair[0];
}
