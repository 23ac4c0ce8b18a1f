/* blast MODE ADDRESS:PORT WORD=VALUE...: notifications in numbers, for tests and benchmarks.
 *
 *   traps      as fast as `rate` a second says (0: as fast as it goes), `count` of them
 *   informs    `window` outstanding, sent again after `resend` ms, for `seconds`; answered ids go to `log`
 *   mutants    `count` messages with some octets changed
 *   strangers  `count` v3 traps of invented engines
 *   save       `count` messages, each into a file of the directory `log`
 *
 * version=2|3 sources=N user=, auth=, priv=, engine=HEX (of v3 traps), first=ID, seed=N. One line says what was done.
 * Sources are addresses 127.1.0.1 and so on; an id is a request-id. */
#include "blast.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SOURCES = 256, BATCH = 64, RING = 1 << 17, WINDOW_MAX = 4096, MADE = 16384, FIRST = 0x1000000 };

static struct {
    struct speaker speaker;
    struct sockaddr_in to;
    long rate, count, seconds, sources, window, resend, first;
    uint64_t seed;
    const char *log;
    int sockets[SOURCES];
} o = { .speaker = { .version = 2, .user = "blast", .auth = "authpassword", .priv = "privpassword", .boots = 1 },
        .count = 1000, .seconds = 3, .sources = 1, .window = 64, .resend = 300, .first = FIRST, .seed = 1 };
static volatile sig_atomic_t stopped;

static void
on_signal(int number)
{
    (void) number;
    stopped = 1;
}

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

static void
fail(const char *what)
{
    fprintf(stderr, "blast: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void
open_sockets(void)
{
    int room = 4 << 20;

    for (long i = 0; i < o.sources; i++) {
        struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f010001 + (uint32_t) i) };

        o.sockets[i] = socket(AF_INET, SOCK_DGRAM, 0);
        if (o.sockets[i] < 0 || (o.sources > 1 && bind(o.sockets[i], (struct sockaddr *) &from, sizeof from) < 0) ||
            connect(o.sockets[i], (struct sockaddr *) &o.to, sizeof o.to) < 0)
            fail("socket");
        setsockopt(o.sockets[i], SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        setsockopt(o.sockets[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    }
}

/* Traps. */

static uint8_t made[MADE][MESSAGE_ROOM];
static size_t made_n[MADE], id_at;

static void
prepare(void)
{
    if (o.speaker.version == 3)
        message_keys(&o.speaker);
    for (long i = 0; i < MADE && i < o.count; i++)
        made_n[i] = message_make(&o.speaker, (int32_t) (o.first + i), (int32_t) (FIRST + i), made[i]);
    id_at = o.speaker.version == 2 ? message_id_at(made[0], made_n[0]) : 0;
}

/* Messages of one length leave as one that the kernel cuts (UDP_SEGMENT): the sender must not be what limits. */
static long
send_as_one(int fd, struct iovec *vectors, long n)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(uint16_t))];
    } control = { 0 };
    struct msghdr message = { .msg_iov = vectors, .msg_iovlen = (size_t) n, .msg_control = &control,
                              .msg_controllen = sizeof control };
    uint16_t size = (uint16_t) vectors[0].iov_len;

    for (long i = 1; i < n; i++)
        if (vectors[i].iov_len != size)
            return -1;
    control.head = (struct cmsghdr) { .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT,
                                      .cmsg_len = CMSG_LEN(sizeof size) };
    memcpy(CMSG_DATA(&control.head), &size, sizeof size);
    return sendmsg(fd, &message, 0) > 0 ? n : -1;
}

static long
send_batch(long done, long n)
{
    static struct mmsghdr messages[BATCH];
    static struct iovec vectors[BATCH];
    int fd = o.sockets[done / BATCH % o.sources];
    long sent;

    for (long i = 0; i < n; i++) {
        long at = (done + i) % MADE;

        if (id_at > 0) /* v3 messages come round again: a trap is no inform */
            memcpy(made[at] + id_at, &(uint32_t) { htonl((uint32_t) (o.first + done + i)) }, 4);
        vectors[i] = (struct iovec) { made[at], made_n[at] };
        messages[i].msg_hdr = (struct msghdr) { .msg_iov = &vectors[i], .msg_iovlen = 1 };
    }
    sent = send_as_one(fd, vectors, n);
    if (sent < 0)
        sent = sendmmsg(fd, messages, (unsigned) n, 0);
    if (sent < 0 && errno != ECONNREFUSED && errno != ENOBUFS && errno != EAGAIN)
        fail("send");
    return sent > 0 ? sent : 0;
}

static void
run_traps(void)
{
    double start, end;
    long done = 0;

    prepare();
    start = now();
    while (done < o.count && !stopped) {
        long due = o.rate > 0 ? (long) ((now() - start) * (double) o.rate) - done : BATCH;

        if (due <= 0) {
            nanosleep(&(struct timespec) { 0, 100000 }, NULL);
            continue;
        }
        due = due < BATCH ? due : BATCH;
        done += send_batch(done, due < o.count - done ? due : o.count - done);
    }
    end = now();
    printf("sent=%ld seconds=%.3f rate=%.0f\n", done, end - start, (double) done / (end - start));
}

static void
run_odd(const char *mode)
{
    uint64_t seed = o.seed * 0x9e3779b97f4a7c15u | 1;
    double start = now();

    for (long i = 0; i < o.count && !stopped; i++) {
        uint8_t octets[2 * MESSAGE_ROOM];
        size_t n;

        if (strcmp(mode, "strangers") == 0) {
            n = message_stranger(o.seed * 1000003 + (uint64_t) i, octets);
        } else {
            o.speaker.inform = i % 3 == 1;
            n = message_make(&o.speaker, (int32_t) (o.first + i), (int32_t) (FIRST + i), octets);
            n = message_mutate(&seed, octets, n, sizeof octets);
        }
        if (send(o.sockets[i % o.sources], octets, n, 0) < 0 && errno != ECONNREFUSED)
            fail("send");
        while (o.rate > 0 && (now() - start) * (double) o.rate < (double) i)
            nanosleep(&(struct timespec) { 0, 100000 }, NULL);
    }
    printf("sent=%ld seconds=%.3f\n", o.count, now() - start);
}

/* Informs. */

static struct slot {
    int32_t id, round; /* id 0: free */
    double first, last;
} slots[WINDOW_MAX];
static struct { int32_t message, id; } by_message[RING];
static int32_t message_id = FIRST;
static long sent, answered, again, next_id;
static float *waits;
static size_t n_waits;
static FILE *answers;

/* What goes out through one socket at once. */
static struct batch {
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
    uint8_t octets[BATCH][MESSAGE_ROOM];
    unsigned n;
} batches[SOURCES];

static void
flush(long source)
{
    struct batch *b = &batches[source];

    if (b->n > 0 && sendmmsg(o.sockets[source], b->messages, b->n, 0) < 0 && errno != ECONNREFUSED)
        fail("send");
    b->n = 0;
}

static void
send_inform(struct slot *slot, double at)
{
    long source = (slot - slots) % o.sources;
    struct batch *b = &batches[source];

    message_id = message_id == INT32_MAX ? FIRST : message_id + 1;
    by_message[message_id % RING].message = message_id;
    by_message[message_id % RING].id = slot->id;
    b->vectors[b->n] = (struct iovec) { b->octets[b->n],
                                        message_make(&o.speaker, slot->id, message_id, b->octets[b->n]) };
    b->messages[b->n].msg_hdr = (struct msghdr) { .msg_iov = &b->vectors[b->n], .msg_iovlen = 1 };
    if (++b->n == BATCH)
        flush(source);
    slot->last = at;
    sent++;
}

static void
take_answer(const uint8_t *octets, size_t n)
{
    struct answer answer;
    struct slot *slot;
    int32_t id;

    if (!message_answer(&o.speaker, octets, n, &answer))
        return;
    if (answer.report) {
        message_keys(&o.speaker);
        return;
    }
    id = answer.id;
    if (o.speaker.version == 3)
        id = by_message[answer.id % RING].message == answer.id ? by_message[answer.id % RING].id : 0;
    slot = &slots[id % o.window];
    if (id == 0 || slot->id != id)
        return;
    slot->id = 0;
    answered++;
    if (n_waits < 10000000)
        waits[n_waits++] = (float) (now() - slot->first);
    if (answers != NULL)
        fprintf(answers, "%d\n", (int) id);
}

static void
take_answers(void)
{
    static uint8_t octets[BATCH][MESSAGE_ROOM];
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
    struct pollfd ready[SOURCES];

    for (long i = 0; i < o.sources; i++)
        ready[i] = (struct pollfd) { o.sockets[i], POLLIN, 0 };
    if (poll(ready, (nfds_t) o.sources, 1) <= 0)
        return;
    for (long s = 0; s < o.sources; s++) {
        int n;

        if ((ready[s].revents & (POLLIN | POLLERR)) == 0)
            continue;
        for (int i = 0; i < BATCH; i++) {
            vectors[i] = (struct iovec) { octets[i], MESSAGE_ROOM };
            messages[i].msg_hdr = (struct msghdr) { .msg_iov = &vectors[i], .msg_iovlen = 1 };
        }
        n = recvmmsg(ready[s].fd, messages, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n; i++)
            take_answer(octets[i], messages[i].msg_len);
    }
}

static void
discover(void)
{
    for (int tries = 0; o.speaker.version == 3 && o.speaker.n_engine == 0 && tries < 100 && !stopped; tries++) {
        uint8_t octets[MESSAGE_ROOM];
        size_t n = message_discovery(++message_id, octets);

        if (send(o.sockets[0], octets, n, 0) < 0 && errno != ECONNREFUSED)
            fail("send");
        for (int i = 0; i < 100 && o.speaker.n_engine == 0; i++)
            take_answers();
    }
}

static int
by_size(const void *a, const void *b)
{
    float x = *(const float *) a, y = *(const float *) b;

    return (x > y) - (x < y);
}

static void
fill_window(double start, bool more)
{
    double at = now();

    for (long i = 0; i < o.window; i++) {
        struct slot *slot = &slots[i];

        if (slot->id != 0 && at - slot->last > (double) o.resend * 1e-3) {
            again++;
            send_inform(slot, at);
        } else if (slot->id == 0 && more && (o.rate == 0 || (double) next_id < (at - start) * (double) o.rate)) {
            slot->id = (int32_t) (o.first + slot->round++ * o.window + i); /* an answer finds its slot */
            next_id++;
            slot->first = at;
            send_inform(slot, at);
        }
    }
    for (long i = 0; i < o.sources; i++)
        flush(i);
}

static long
outstanding(void)
{
    long n = 0;

    for (long i = 0; i < o.window; i++)
        n += slots[i].id != 0;
    return n;
}

static void
run_informs(void)
{
    double start, end = 0;

    o.speaker.inform = true;
    o.first = o.first / o.window * o.window;
    waits = calloc(10000000, sizeof *waits);
    if (o.log != NULL && (answers = fopen(o.log, "w")) == NULL)
        fail(o.log);
    discover();
    start = now();
    while (end == 0 || (outstanding() > 0 && now() < end + 20)) {
        bool more = !stopped && now() - start < (double) o.seconds;

        if (!more && end == 0)
            end = now();
        fill_window(start, more);
        take_answers();
    }
    if (answers != NULL)
        fclose(answers);
    qsort(waits, n_waits, sizeof *waits, by_size);
    printf("asked=%ld answered=%ld sent=%ld again=%ld rate=%.0f p50=%.2f p99=%.2f\n", next_id, answered, sent, again,
           (double) answered / (end - start), n_waits > 0 ? waits[n_waits / 2] * 1e3 : 0,
           n_waits > 0 ? waits[n_waits * 99 / 100] * 1e3 : 0);
}

static void
run_save(void)
{
    for (long i = 0; i < o.count; i++) {
        uint8_t octets[MESSAGE_ROOM];
        char name[512];
        size_t n;
        FILE *file;

        o.speaker.version = i % 3 == 2 ? 3 : 2;
        o.speaker.inform = i % 2 == 1;
        if (i == 2)
            message_keys(&o.speaker);
        n = i % 7 == 6 ? message_stranger((uint64_t) i, octets) :
            i % 7 == 5 ? message_discovery(FIRST, octets) :
            message_make(&o.speaker, (int32_t) (o.first + i), (int32_t) (FIRST + i), octets);
        snprintf(name, sizeof name, "%s/message-%ld", o.log, i);
        file = fopen(name, "w");
        if (file == NULL || fwrite(octets, 1, n, file) != n || fclose(file) != 0)
            fail(name);
    }
}

static void
take_word(char *word)
{
    static const struct { const char *name; long *at; } numbers[] = {
        { "rate", &o.rate }, { "count", &o.count }, { "seconds", &o.seconds }, { "sources", &o.sources },
        { "window", &o.window }, { "resend", &o.resend }, { "first", &o.first } };
    static const struct { const char *name; const char **at; } texts[] = {
        { "user", &o.speaker.user }, { "auth", &o.speaker.auth }, { "priv", &o.speaker.priv }, { "log", &o.log } };
    char *value = strchr(word, '=');

    if (value == NULL)
        fail(word);
    *value++ = '\0';
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strcmp(word, numbers[i].name) == 0)
            *numbers[i].at = atol(value);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(word, texts[i].name) == 0)
            *texts[i].at = value;
    if (strcmp(word, "version") == 0)
        o.speaker.version = atoi(value);
    if (strcmp(word, "seed") == 0)
        o.seed = strtoull(value, NULL, 10);
    for (size_t i = 0; strcmp(word, "engine") == 0 && value[2 * i] != '\0' && i < ENGINE_ROOM; i++) {
        unsigned octet = 0;

        sscanf(value + 2 * i, "%2x", &octet);
        o.speaker.engine[i] = (uint8_t) octet;
        o.speaker.n_engine = i + 1;
    }
}

int
main(int argc, char **argv)
{
    char *colon = argc > 2 ? strrchr(argv[2], ':') : NULL;

    if (colon == NULL) {
        fputs("blast: see the head of blast.c\n", stderr);
        return 2;
    }
    *colon = '\0';
    o.to = (struct sockaddr_in) { .sin_family = AF_INET, .sin_port = htons((uint16_t) atoi(colon + 1)) };
    for (int i = 3; i < argc; i++)
        take_word(argv[i]);
    if (inet_pton(AF_INET, argv[2], &o.to.sin_addr) != 1 || ntohl(o.to.sin_addr.s_addr) >> 24 != 127 ||
        o.sources < 1 || o.sources > SOURCES || o.window < 1 || o.window > WINDOW_MAX)
        return 2; /* to loopback alone */
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    open_sockets();
    if (strcmp(argv[1], "traps") == 0)
        run_traps();
    else if (strcmp(argv[1], "informs") == 0)
        run_informs();
    else if (strcmp(argv[1], "save") == 0)
        run_save();
    else
        run_odd(argv[1]);
    return 0;
}
