/* fill STORE ROWS [SPAN [RATE]]: a journal of ROWS notifications by the store's own code, spread over the last SPAN seconds;
 * with RATE, those of now, so many a second, checkpointed as the collector does, until it is ended or they are all in.
 * Without SPAN a day. Prints rows and seconds. */
#include "core/pdu.h"
#include "store/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS_A_COMMIT = 4096, TURNS_A_SECOND = 50, CHECKPOINT_PAGES = 256, ROOM = 1024 };

static const struct kind {
    const char *name, *why;
    enum severity severity;
    const char *object[4]; /* with an instance appended */
} kinds[] = {
    { "1.3.6.1.6.3.1.1.5.3", "standard: linkDown", SEVERITY_CRITICAL,
      { "1.3.6.1.2.1.2.2.1.1", "1.3.6.1.2.1.2.2.1.7", "1.3.6.1.2.1.2.2.1.8", "1.3.6.1.2.1.2.2.1.2" } },
    { "1.3.6.1.6.3.1.1.5.4", "standard: linkUp", SEVERITY_OK,
      { "1.3.6.1.2.1.2.2.1.1", "1.3.6.1.2.1.2.2.1.7", "1.3.6.1.2.1.2.2.1.8", "1.3.6.1.2.1.2.2.1.2" } },
    { "1.3.6.1.6.3.1.1.5.5", "standard: authenticationFailure", SEVERITY_WARNING, { NULL } },
    { "1.3.6.1.2.1.33.2.1", "standard: upsTrapOnBattery", SEVERITY_WARNING,
      { "1.3.6.1.2.1.33.1.2.3", "1.3.6.1.2.1.33.1.2.2" } },
    { "1.3.6.1.2.1.16.0.1", "standard: risingAlarm", SEVERITY_MINOR, { "1.3.6.1.2.1.16.3.1.1.1", "1.3.6.1.2.1.16.3.1.1.3" } },
    { "1.3.6.1.4.1.99999.0.7", "nothing says how bad", SEVERITY_INFO, { "1.3.6.1.4.1.99999.1.2", "1.3.6.1.4.1.99999.1.3" } },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void
stop_unless(bool good, const struct failure *why)
{
    if (good)
        return;
    fprintf(stderr, "fill: %s\n", why->text);
    exit(1);
}

static int64_t
clock_of(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static size_t
make_message(const struct kind *kind, int64_t number, const char *text, uint8_t *room, const uint8_t **out)
{
    struct varbind v[6] = { { .value = { .type = VALUE_TIMETICKS, .u = (uint64_t) number } } };
    struct pdu pdu = { .kind = PDU_TRAP, .id = (int32_t) (number & 0x7fffffff) };
    struct oid name;
    struct ber_out message = { room, room + ROOM, false };
    uint8_t list[ROOM];
    const uint8_t *start;
    size_t n = 2, length;

    oid_parse(&v[0].name, "1.3.6.1.2.1.1.3.0");
    oid_parse(&v[1].name, "1.3.6.1.6.3.1.1.4.1.0");
    oid_parse(&name, kind->name);
    v[1].value = (struct value) { .type = VALUE_OID, .arcs = name.arc, .n = name.n };
    for (; n < 6 && kind->object[n - 2] != NULL; n++) {
        oid_parse(&v[n].name, kind->object[n - 2]);
        oid_append_arc(&v[n].name, (uint32_t) (number % 48) + 1);
        v[n].value = n == 2 ? (struct value) { .type = VALUE_INTEGER, .i = number % 48 + 1 }
                            : (struct value) { .type = VALUE_INTEGER, .i = number % 2 + 1 };
        if (n == 5)
            v[n].value = (struct value) { .type = VALUE_OCTETS, .octets = (const uint8_t *) text, .n = (uint32_t) strlen(text) };
    }
    start = pdu_write_list(v, n, list, sizeof list, &length);
    pdu_put_community(&message, MESSAGE_V2C, "*", &pdu, start, length);
    *out = message.at;
    return (size_t) (room + ROOM - message.at);
}

static void
add(struct recorder *recorder, int64_t number, int64_t received)
{
    const struct kind *kind = &kinds[(uint64_t) number * 2654435761u % 97 % KINDS];
    char source[40], device[24], text[32];
    uint8_t room[ROOM], oid_room[160], tag;
    struct ber_out name_out = { oid_room, oid_room + sizeof oid_room, false };
    struct ber in, content;
    struct record record = { .received = received, .version = 2, .severity = kind->severity, .why = kind->why,
                             .source = source, .device = number % 3 != 0 ? device : NULL, .uptime = (uint64_t) number };
    struct failure why;
    struct oid name;
    int64_t id;

    snprintf(source, sizeof source, "10.0.%d.%d:161", (int) (number % 7), (int) (number % 250) + 1);
    snprintf(device, sizeof device, "access-sw-%02d", (int) (number % 50));
    snprintf(text, sizeof text, "GigabitEthernet1/0/%d", (int) (number % 48) + 1);
    record.n_raw = make_message(kind, number, text, room, &record.raw);
    oid_parse(&name, kind->name);
    ber_put_oid(&name_out, name.arc, name.n);
    in = (struct ber) { name_out.at, oid_room + sizeof oid_room };
    stop_unless(ber_next(&in, &tag, &content), &(struct failure) { .text = "the name cannot be written" });
    record.name = content.at;
    record.n_name = (size_t) (content.end - content.at);
    stop_unless(record_add(recorder, &record, &id, &why), &why);
}

int
main(int argc, char **argv)
{
    int64_t rows = argc > 2 ? strtoll(argv[2], NULL, 10) : 0, span = argc > 3 ? strtoll(argv[3], NULL, 10) : 86400;
    int64_t rate = argc > 4 ? strtoll(argv[4], NULL, 10) : 0, begin = clock_of(CLOCK_MONOTONIC), done = 0;
    int64_t batch = rate > 0 ? (rate + TURNS_A_SECOND - 1) / TURNS_A_SECOND : ROWS_A_COMMIT;
    struct failure why;
    struct store *store = argc > 2 ? store_open(argv[1], STORE_WRITER, &why) : NULL;
    struct recorder *recorder;
    bool all;

    if (argc < 3) {
        fprintf(stderr, "fill STORE ROWS [SPAN [RATE]]\n");
        return 2;
    }
    stop_unless(store != NULL, &why);
    recorder = recorder_open(store, 1, &why);
    stop_unless(recorder != NULL, &why);
    for (uint64_t turn = recorder_frame(recorder) + 1, first = turn; done < rows; turn++) {
        int64_t now = clock_of(CLOCK_REALTIME), until = begin + (int64_t) (turn - first + 1) * (1000000000 / TURNS_A_SECOND);
        struct timespec at = { until / 1000000000, until % 1000000000 };

        stop_unless(record_begin(recorder, &why), &why);
        for (int64_t i = 0; i < batch && done < rows; i++, done++)
            add(recorder, done, rate > 0 ? now : now - span * 1000000000 + (int64_t) ((double) done / (double) rows * (double) span * 1e9));
        stop_unless(record_commit(recorder, turn, &why), &why);
        if (checkpoint_pages(store) >= CHECKPOINT_PAGES)
            stop_unless(checkpoint_step(store, &all, &why), &why);
        if (rate > 0)
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    }
    recorder_close(recorder);
    stop_unless(checkpoint_step(store, &all, &why), &why);
    store_close(store);
    printf("rows=%lld seconds=%.1f\n", (long long) done, (double) (clock_of(CLOCK_MONOTONIC) - begin) / 1e9);
    return 0;
}
