/* See watch.h. */
#include "watch.h"

#include "core/memory.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LATE_MS_MAX = 10000, LINE_MAX_OCTETS = 4096 };

static struct watch {
    struct loop *loop;
    struct engine *engine;
    struct device_options *options;
    char **addresses;
    struct device **devices;
    size_t n, room;
    char line[LINE_MAX_OCTETS];
    size_t used;
    size_t one, waiting, answered, failed; /* `one`: whom get asks */
    size_t tardy;                          /* answers that came after a device had been given up */
    int64_t started, beat_due, beat_delay;
    int delays;                            /* /proc/self/schedstat */
    unsigned late[LATE_MS_MAX + 1]; /* beats by how many tenths of a millisecond late they were */
    unsigned beats;
    struct loop_timer *beat;
} w;

static void beat(void *arg);

static struct device *
make(const char *address)
{
    struct failure why = { 0 };
    struct device *device;

    w.options->name = w.options->address = address;
    device = device_new(w.engine, w.options, &why);
    if (device == NULL) {
        fprintf(stderr, "ask: %s\n", why.text);
        exit(2);
    }
    return device;
}

static void
add(const char *address)
{
    if (w.n == w.room) {
        w.room = 2 * w.room + 16;
        w.devices = memory_grow(w.devices, w.room, sizeof(struct device *));
        w.addresses = memory_grow(w.addresses, w.room, sizeof(char *));
    }
    w.addresses[w.n] = memory_text(address);
    w.devices[w.n] = make(w.addresses[w.n]);
    w.n++;
}

static void
add_many(const char *word)
{
    char host[64], address[80];
    struct in_addr first;
    unsigned port, n;

    if (sscanf(word, "%63[0-9.]:%u*%u", host, &port, &n) != 3 || inet_pton(AF_INET, host, &first) != 1) {
        add(word);
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        struct in_addr at = { htonl(ntohl(first.s_addr) + i) };

        snprintf(address, sizeof address, "%s:%u", inet_ntop(AF_INET, &at, host, sizeof host), port);
        add(address);
    }
}

static void
print_octets(const uint8_t *octets, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%02x", octets[i]);
}

static void
one_came(void *arg, const struct device_reply *reply)
{
    const struct value *v = reply->n > 0 ? &reply->varbinds[0].value : NULL;

    (void) arg;
    printf("%zu ", w.one);
    if (reply->failure != NULL)
        printf("failed %s", reply->failure->text);
    else {
        printf("ok %s ", value_type_name(v->type));
        if (v->type == VALUE_OCTETS)
            print_octets(v->octets, v->n);
        else
            printf("%" PRId64, v->i);
    }
    putchar('\n');
    fflush(stdout);
}

/* How long this process has stood ready without a processor: not its own doing. */
static int64_t
delayed(void)
{
    char text[80] = "";
    long long run, delay = 0;

    if (w.delays >= 0 && pread(w.delays, text, sizeof text - 1, 0) > 0)
        (void) sscanf(text, "%lld %lld", &run, &delay);
    return delay;
}

static void
set_beat(int64_t now)
{
    w.beat_due = now + LOOP_MS(5);
    w.beat_delay = delayed();
    w.beat = loop_after(w.loop, LOOP_MS(5), beat, NULL);
}

/* A timer every 5 ms: how late it is, is how long a key would have waited on a machine with nothing else to do. */
static void
beat(void *arg)
{
    int64_t now = loop_clock(), late = (now - w.beat_due - (delayed() - w.beat_delay)) / 100000;

    (void) arg;
    w.late[late < 0 ? 0 : late > LATE_MS_MAX ? LATE_MS_MAX : late]++;
    w.beats++;
    set_beat(now);
}

static double
late_at(double share)
{
    double left = share * w.beats;
    int i = 0;

    while (i < LATE_MS_MAX && (left -= w.late[i]) > 0)
        i++;
    return i / 10.0;
}

static void
all_came(void *arg, const struct device_reply *reply)
{
    (void) arg;
    if (reply->failure == NULL) {
        w.answered++;
        w.tardy += w.failed > 0;
    } else {
        w.failed++;
    }
    if (--w.waiting > 0)
        return;
    loop_cancel(w.beat);
    printf("all answered=%zu failed=%zu tardy=%zu seconds=%.2f stall_p99=%.1f stall_max=%.1f\n", w.answered, w.failed, w.tardy,
           (double) (loop_clock() - w.started) / 1e9, late_at(0.99), late_at(1));
    fflush(stdout);
}

static void
ask_all(const struct oid *name)
{
    memset(w.late, 0, sizeof w.late);
    w.beats = 0;
    w.answered = w.failed = w.tardy = 0;
    w.waiting = w.n;
    w.started = loop_clock();
    set_beat(w.started);
    for (size_t i = 0; i < w.n; i++)
        device_get(w.devices[i], name, 1, all_came, NULL);
}

static void
print_status(size_t i)
{
    struct device_status s;

    device_status(w.devices[i], &s);
    printf("%zu state=%d boots=%" PRIu32 " engine=%s answers=%" PRIu64 " resent=%" PRIu64 " late=%" PRIu64
           " strangers=%" PRIu64 " forged=%" PRIu64 " old=%" PRIu64 " resyncs=%" PRIu64 " failure=%d note=%s\n",
           i, (int) s.state, s.boots, s.engine_id, s.counters.answers, s.counters.resent, s.counters.late,
           s.counters.strangers, s.counters.forged, s.counters.old, s.counters.resyncs, (int) s.failure.kind, s.note);
}

static void
print_counters(void)
{
    struct engine_counters c;

    engine_counters(w.engine, &c);
    printf("counters sent=%" PRIu64 " received=%" PRIu64 " malformed=%" PRIu64 " unexpected=%" PRIu64 "\n", c.sent,
           c.received, c.malformed, c.unexpected);
}

/* Under AddressSanitizer the resident size is its quarantine's, and malloc's own figures are zero. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static void
print_heap(void)
{
    struct mallinfo2 heap = mallinfo2();
    size_t used = heap.uordblks + heap.hblkhd;

    if (__sanitizer_get_current_allocated_bytes != NULL)
        used = __sanitizer_get_current_allocated_bytes();
    printf("heap octets=%zu\n", used);
}

static void
run_line(char *line)
{
    char word[16] = "", text[1024] = "";
    struct oid name;
    size_t i = 0;

    if (sscanf(line, "get %zu %1023s", &i, text) == 2 && i < w.n && oid_parse(&name, text)) {
        w.one = i;
        device_get(w.devices[i], &name, 1, one_came, NULL);
        return;
    }
    if (sscanf(line, "all %1023s", text) == 1 && oid_parse(&name, text)) {
        ask_all(&name);
        return;
    }
    if (sscanf(line, "status %zu", &i) == 1 && i < w.n)
        print_status(i);
    else if (sscanf(line, "%15s", word) == 1 && strcmp(word, "counters") == 0)
        print_counters();
    else if (strcmp(word, "heap") == 0)
        print_heap();
    else if (strcmp(word, "renew") == 0) {
        for (i = 0; i < w.n; i++) {
            device_free(w.devices[i]);
            w.devices[i] = make(w.addresses[i]);
        }
        puts("renewed");
    } else
        puts("what?");
    fflush(stdout);
}

static void
on_input(void *arg, int fd, unsigned events)
{
    ssize_t n = read(fd, w.line + w.used, sizeof w.line - w.used - 1);
    char *end;

    (void) arg;
    (void) events;
    if (n <= 0) {
        loop_stop(w.loop);
        return;
    }
    w.used += (size_t) n;
    w.line[w.used] = '\0';
    while ((end = strchr(w.line, '\n')) != NULL) {
        *end = '\0';
        run_line(w.line);
        w.used -= (size_t) (end + 1 - w.line);
        memmove(w.line, end + 1, w.used + 1);
    }
}

int
watch_run(struct loop *loop, struct engine *engine, struct device_options *options, char **addresses)
{
    struct loop_watch *input;

    w.loop = loop;
    w.engine = engine;
    w.options = options;
    w.delays = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC);
    for (; *addresses != NULL; addresses++)
        add_many(*addresses);
    input = loop_watch(loop, STDIN_FILENO, LOOP_READ, on_input, NULL);
    loop_run(loop);
    loop_unwatch(input);
    for (size_t i = 0; i < w.n; i++) {
        device_free(w.devices[i]);
        free(w.addresses[i]);
    }
    free(w.devices);
    free(w.addresses);
    if (w.delays >= 0)
        close(w.delays);
    return 0;
}
