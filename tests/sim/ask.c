/* ask: the engine's walk, table and get without a console around them, for comparisons and benchmarks.
 *
 *     ask [OPTION]... walk ADDRESS OID               every varbind as a line of a recording
 *     ask [OPTION]... table ADDRESS ENTRY COLUMNS    rows of the columns 1 to COLUMNS: the index, then the cells
 *     ask [OPTION]... poll FIRST-ADDRESS:PORT COUNT OID
 *     ask [OPTION]... watch ADDRESS...               see watch.h
 *
 * -v 1|2c|3, -c COMMUNITY, -u USER, -a, -A, -x, -X as net-snmp's; -t SECONDS, -r RETRIES; -q prints no data;
 * -L LIMIT, the most values.
 * The last line on standard error counts: varbinds, requests, seconds, and how it ended. */
#include "watch.h"

#include "core/memory.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS_MAX = 64, FLIGHT_MAX = 100000 };

static struct ask {
    struct loop *loop;
    struct engine *engine;
    struct device_options options;
    bool quiet;
    uint64_t varbinds, failed;
    size_t waiting;
    int status;
    int64_t started;
} ask;

static void
print_octets(const struct value *v)
{
    for (uint32_t i = 0; i < v->n; i++)
        printf("%02x", v->octets[i]);
}

static const char *
tag_of(enum value_type type)
{
    static const char *const tags[] = {
        [VALUE_NULL] = "5",
        [VALUE_INTEGER] = "2",
        [VALUE_OCTETS] = "4x",
        [VALUE_OID] = "6",
        [VALUE_IPADDRESS] = "64x",
        [VALUE_COUNTER32] = "65",
        [VALUE_GAUGE32] = "66",
        [VALUE_TIMETICKS] = "67",
        [VALUE_COUNTER64] = "70",
        [VALUE_OPAQUE] = "68x",
        [VALUE_NO_SUCH_OBJECT] = "128",
        [VALUE_NO_SUCH_INSTANCE] = "129",
        [VALUE_END_OF_MIB_VIEW] = "130",
    };

    return tags[type];
}

static void
print_value(const struct value *v)
{
    printf("|%s|", tag_of(v->type));
    if (v->type == VALUE_INTEGER)
        printf("%" PRId64, v->i);
    else if (v->type == VALUE_OCTETS || v->type == VALUE_IPADDRESS || v->type == VALUE_OPAQUE)
        print_octets(v);
    else if (v->type == VALUE_OID)
        for (uint32_t i = 0; i < v->n; i++)
            printf(i == 0 ? "%" PRIu32 : ".%" PRIu32, v->arcs[i]);
    else if (v->type != VALUE_NULL && !value_is_exception(v))
        printf("%" PRIu64, v->u);
}

static void
take_rows(void *arg, const struct varbind *varbinds, size_t n)
{
    char name[OID_TEXT_MAX];

    (void) arg;
    ask.varbinds += n;
    for (size_t i = 0; i < n && !ask.quiet; i++) {
        fputs(oid_format(&varbinds[i].name, name), stdout);
        print_value(&varbinds[i].value);
        putchar('\n');
    }
}

static void
take_row(void *arg, const uint32_t *index, size_t n_index, const struct value *const *cells, size_t n_cells)
{
    (void) arg;
    for (size_t i = 0; i < n_index && !ask.quiet; i++)
        printf(i == 0 ? "%" PRIu32 : ".%" PRIu32, index[i]);
    for (size_t i = 0; i < n_cells; i++) {
        ask.varbinds += cells[i] != NULL;
        if (ask.quiet)
            continue;
        putchar('\t');
        if (cells[i] != NULL)
            print_value(cells[i]);
    }
    if (!ask.quiet)
        putchar('\n');
}

static void
take_end(void *arg, const struct walk_end *end)
{
    (void) arg;
    fprintf(stderr, "varbinds=%" PRIu64 " requests=%" PRIu64 " seconds=%.4f end=%s%s%s\n", ask.varbinds,
            end->requests, (double) (loop_clock() - ask.started) / 1e9,
            end->failure == NULL ? "complete" : end->failure->text,
            end->note == NULL ? "" : " note=", end->note == NULL ? "" : end->note);
    ask.status = end->failure == NULL ? 0 : 3;
    loop_stop(ask.loop);
}

static void
take_reply(void *arg, const struct device_reply *reply)
{
    (void) arg;
    if (reply->failure == NULL)
        ask.varbinds += reply->n;
    else
        ask.failed++;
    if (--ask.waiting > 0)
        return;
    fprintf(stderr, "varbinds=%" PRIu64 " failed=%" PRIu64 " seconds=%.4f\n", ask.varbinds, ask.failed,
            (double) (loop_clock() - ask.started) / 1e9);
    ask.status = ask.failed == 0 ? 0 : 3;
    loop_stop(ask.loop);
}

static int
die(const char *sentence)
{
    fprintf(stderr, "ask: %s\n", sentence);
    return 2;
}

static struct device *
make_device(const char *address)
{
    struct failure why = { 0 };
    struct device *device;

    ask.options.name = ask.options.address = address;
    device = device_new(ask.engine, &ask.options, &why);
    if (device == NULL)
        exit(die(why.text));
    return device;
}

static int
run_walk(char **words)
{
    struct oid root;

    if (!oid_parse(&root, words[1]))
        return die("no OID");
    device_walk(make_device(words[0]), &root, take_rows, take_end, NULL);
    loop_run(ask.loop);
    return ask.status;
}

static int
run_table(char **words)
{
    static struct oid columns[COLUMNS_MAX];
    size_t n = strtoul(words[2], NULL, 10);

    for (size_t i = 0; i < n && i < COLUMNS_MAX; i++)
        if (!oid_parse(&columns[i], words[1]) || !oid_append_arc(&columns[i], (uint32_t) i + 1))
            return die("no OID");
    device_table(make_device(words[0]), columns, n < COLUMNS_MAX ? n : COLUMNS_MAX, take_row, take_end, NULL);
    loop_run(ask.loop);
    return ask.status;
}

static int
run_poll(char **words)
{
    size_t n = strtoul(words[1], NULL, 10);
    struct device **devices;
    struct in_addr first;
    char host[64], behind[16];
    unsigned port;
    struct oid name;

    if (sscanf(words[0], "%63[0-9.]:%u", host, &port) != 2 || inet_pton(AF_INET, host, &first) != 1 ||
        n < 1 || n > FLIGHT_MAX || !oid_parse(&name, words[2]))
        return die("poll FIRST-ADDRESS:PORT COUNT OID");
    snprintf(behind, sizeof behind, ":%u", port);
    devices = memory_zero(n, sizeof(struct device *));
    for (size_t i = 0; i < n; i++) {
        struct in_addr at = { htonl(ntohl(first.s_addr) + (uint32_t) i) };
        char address[80];

        inet_ntop(AF_INET, &at, address, INET_ADDRSTRLEN);
        devices[i] = make_device(strcat(address, behind));
    }
    ask.started = loop_clock();
    ask.waiting = n;
    for (size_t i = 0; i < n; i++)
        device_get(devices[i], &name, 1, take_reply, NULL);
    loop_run(ask.loop);
    return ask.status;
}

static int
run_watch(char **words)
{
    return watch_run(ask.loop, ask.engine, &ask.options, words);
}

static bool
read_options(int argc, char **argv)
{
    struct device_access *a = &ask.options.access;
    int option;

    *a = (struct device_access) { .version = SNMP_V2C, .community = "public", .level = SNMP_NO_AUTH_NO_PRIV };
    ask.options.retries = -1;
    while ((option = getopt(argc, argv, "+v:c:u:a:A:x:X:n:t:r:qL:")) != -1)
        switch (option) {
        case 'v':
            a->version = *optarg == '1' ? SNMP_V1 : *optarg == '3' ? SNMP_V3 : SNMP_V2C;
            break;
        case 'c':
            a->community = optarg;
            break;
        case 'u':
            a->user = optarg;
            break;
        case 'a':
            a->auth = optarg;
            break;
        case 'A':
            a->auth_password = optarg;
            a->level = SNMP_AUTH_NO_PRIV;
            break;
        case 'x':
            a->priv = optarg;
            break;
        case 'X':
            a->priv_password = optarg;
            a->level = SNMP_AUTH_PRIV;
            break;
        case 'n':
            a->context = optarg;
            break;
        case 't':
            ask.options.timeout = (int64_t) (strtod(optarg, NULL) * 1e9);
            break;
        case 'r':
            ask.options.retries = (int) strtol(optarg, NULL, 10);
            break;
        case 'L':
            ask.options.most = strtoull(optarg, NULL, 10);
            break;
        case 'q':
            ask.quiet = true;
            break;
        default:
            return false;
        }
    return true;
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *word;
        int n;
        int (*run)(char **words);
    } verbs[] = { { "walk", 2, run_walk }, { "table", 3, run_table }, { "poll", 3, run_poll },
                  { "watch", 1, run_watch } };
    struct failure why = { 0 };
    const char *state = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    char directory[200];
    int status = 2;

    if (!read_options(argc, argv) || optind == argc)
        return die("ask [OPTION]... walk|table|poll|watch ADDRESS ...");
    snprintf(directory, sizeof directory, "%.150s/ask.XXXXXX", state);
    if (mkdtemp(directory) == NULL || (ask.loop = loop_new(&why)) == NULL ||
        (ask.engine = engine_new(ask.loop, directory, &why)) == NULL)
        return die(why.text);
    ask.started = loop_clock();
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(argv[optind], verbs[i].word) == 0 && argc - optind - 1 >= verbs[i].n)
            status = verbs[i].run(argv + optind + 1);
    engine_free(ask.engine);
    loop_free(ask.loop);
    rmdir(directory);
    return status;
}
