/* An agent that answers what it likes: the engine walks, reads a table or gets, over a real socket, and the input says
 * what becomes of each answer. The first octet chooses what is asked; then each answer takes an octet, and what that
 * asks for. Once the input is used up the agent is honest. Whatever comes: names only ever increase, there is one
 * completion, and none once the device is gone. */
#include "api/device.h"
#include "core/memory.h"
#include "core/pdu.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { COLUMNS = 3, ROWS = 30, HELD_MAX = 16, TURNS_MAX = 300, ROOM = 4096, VARBINDS_MAX = 200 };
enum op { HONEST, SHORT = 3, ERROR, CHANGED, LIST, MESSAGE, OPS, TWICE = 0x40, HELD = 0x80 };

static int fd = -1;
static char address[32];
static const uint32_t base[] = { 1, 3, 6, 1, 4, 1, 9, 2 };

static struct input {
    const uint8_t *at, *end;
} input;

static struct waiting {
    uint8_t octets[ROOM];
    size_t n;
    struct sockaddr_in from;
} held[HELD_MAX];
static size_t n_held;

static struct seen {
    struct oid last;
    unsigned ended;
    bool gone;
} seen;

static uint8_t
take(void)
{
    return input.at < input.end ? *input.at++ : 0;
}

static const uint8_t *
take_many(size_t *n)
{
    const uint8_t *at = input.at;

    *n = take();
    at = input.at;
    if (*n > (size_t) (input.end - input.at))
        *n = (size_t) (input.end - input.at);
    input.at += *n;
    return at;
}

/* What the engine hands out. */

static void
increases(const uint32_t *arcs, size_t n)
{
    assert(!seen.gone);
    assert(oid_compare_arcs(seen.last.arc, seen.last.n, arcs, n) < 0);
    oid_set(&seen.last, arcs, n);
}

static void
take_rows(void *arg, const struct varbind *varbinds, size_t n)
{
    (void) arg;
    for (size_t i = 0; i < n; i++)
        increases(varbinds[i].name.arc, varbinds[i].name.n);
}

static void
take_row(void *arg, const uint32_t *index, size_t n_index, const struct value *const *cells, size_t n_cells)
{
    (void) arg;
    (void) cells;
    assert(n_cells == COLUMNS);
    increases(index, n_index);
}

static void
take_end(void *arg, const struct walk_end *end)
{
    (void) arg;
    (void) end;
    assert(!seen.gone && seen.ended++ == 0);
}

static void
take_reply(void *arg, const struct device_reply *reply)
{
    (void) arg;
    (void) reply;
    assert(!seen.gone && seen.ended++ == 0);
}

/* The agent: base.COLUMN.ROW, and nothing behind. */

static bool
next_name(struct oid *name)
{
    struct oid found;

    for (uint32_t column = 1; column <= COLUMNS; column++)
        for (uint32_t row = 1; row <= ROWS; row++) {
            oid_set(&found, base, sizeof base / sizeof *base);
            oid_append_arc(&found, column);
            oid_append_arc(&found, row);
            if (oid_compare(&found, name) > 0) {
                *name = found;
                return true;
            }
        }
    return false;
}

static size_t
answer_honestly(const struct pdu *ask, struct varbind *out)
{
    size_t times = ask->kind == PDU_GET_BULK ? (size_t) ask->error_index : 1, n = 0;

    for (size_t i = 0; i < times; i++)
        for (size_t j = 0; j < ask->n && n < VARBINDS_MAX; j++, n++) {
            out[n].name = i == 0 ? ask->varbinds[j].name : out[n - ask->n].name;
            out[n].value = (struct value) { .type = VALUE_INTEGER, .i = (int64_t) n };
            if (ask->kind != PDU_GET && !next_name(&out[n].name))
                out[n].value.type = VALUE_END_OF_MIB_VIEW;
        }
    return n;
}

static void
say(const struct sockaddr_in *to, const uint8_t *octets, size_t n)
{
    (void) !sendto(fd, octets, n, MSG_DONTWAIT, (const struct sockaddr *) to, sizeof *to);
}

static void
change(struct varbind *varbinds, size_t n)
{
    struct varbind *vb = &varbinds[n > 0 ? take() % n : 0];
    uint8_t what = take();

    if (n == 0)
        return;
    if (what & 1)
        vb->value = (struct value) { .type = VALUE_OCTETS, .octets = (const uint8_t *) base, .n = what / 8 };
    else if (what & 2)
        vb->value.type = VALUE_END_OF_MIB_VIEW;
    else if (what & 4)
        vb->name.n = vb->name.n > 2 ? vb->name.n - 1 : 2;
    else
        vb->name.arc[vb->name.n - 1] += (uint32_t) (int8_t) take();
}

static void
answer(const struct waiting *w)
{
    static struct varbind varbinds[VARBINDS_MAX];
    static uint8_t room[ROOM * 4], list_room[ROOM * 4];
    struct ber in = { w->octets, w->octets + w->n }, community;
    struct ber_out out = { .start = room, .at = room + sizeof room };
    struct arena *arena = arena_new();
    struct pdu ask, reply = { .kind = PDU_RESPONSE };
    const uint8_t *list = NULL;
    uint8_t op = take();
    int64_t version;
    size_t n = 0, n_list = 0;
    bool good = pdu_read_version(&in, &version) && ber_expect(&in, BER_OCTETS, &community) && pdu_read(&in, arena, &ask);

    assert(good); /* what the engine asks makes sense */
    reply.id = ask.id;
    if (op % OPS == MESSAGE) {
        list = take_many(&n_list);
        say(&w->from, list, n_list);
        arena_free(arena);
        return;
    }
    if (op % OPS == LIST) {
        list = take_many(&n_list);
    } else {
        n = answer_honestly(&ask, varbinds);
        if (op % OPS == SHORT)
            n = n > 0 ? take() % n : 0;
        if (op % OPS == ERROR) {
            reply.error_status = take() % 20;
            reply.error_index = (int8_t) take();
            n = ask.n;
            memcpy(varbinds, ask.varbinds, (n < VARBINDS_MAX ? n : VARBINDS_MAX) * sizeof *varbinds);
        }
        for (int times = op % OPS == CHANGED ? 1 + take() % 4 : 0; times > 0; times--)
            change(varbinds, n);
        list = pdu_write_list(varbinds, n, list_room, sizeof list_room, &n_list);
        assert(list != NULL);
    }
    pdu_put_community(&out, (int) version, "public", &reply, list, n_list);
    for (int times = op & TWICE ? 2 : 1; times > 0 && !out.full; times--)
        say(&w->from, out.at, (size_t) (room + sizeof room - out.at));
    arena_free(arena);
}

/* False when nobody asks and nothing is held back. */
static bool
serve(void)
{
    static struct waiting w;
    socklen_t length = sizeof w.from;
    ssize_t n = recvfrom(fd, w.octets, sizeof w.octets, MSG_DONTWAIT, (struct sockaddr *) &w.from, &length);

    if (n < 0 && n_held == 0)
        return false;
    if (n < 0) {
        answer(&held[--n_held]);
        return true;
    }
    w.n = (size_t) n;
    if (input.at < input.end && (*input.at & HELD) != 0 && n_held < HELD_MAX) {
        input.at++;
        held[n_held++] = w;
    } else {
        answer(&w);
    }
    return true;
}

static void
begin(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    bool good;

    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    good = fd >= 0 && bind(fd, (struct sockaddr *) &at, sizeof at) == 0 && getsockname(fd, (struct sockaddr *) &at, &n) == 0;
    assert(good);
    snprintf(address, sizeof address, "127.0.0.1:%d", ntohs(at.sin_port));
}

static void
start(struct device *device, uint8_t verb)
{
    struct oid columns[COLUMNS];

    for (uint32_t i = 0; i < COLUMNS; i++) {
        oid_set(&columns[i], base, sizeof base / sizeof *base);
        oid_append_arc(&columns[i], i + 1);
    }
    if (verb % 4 == 0) {
        columns[0].n -= 2;
        device_walk(device, columns, take_rows, take_end, NULL);
    } else if (verb % 4 == 1) {
        device_table(device, columns, COLUMNS, take_row, take_end, NULL);
    } else if (verb % 4 == 2) {
        device_get(device, columns, COLUMNS, take_reply, NULL);
    } else {
        device_get_next(device, columns, COLUMNS, take_reply, NULL);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct device_options options = { .address = address, .retries = -1, .most = 5000,
                                      .access = { .version = SNMP_V2C, .community = "public" } };
    struct failure why;
    struct loop *loop;
    struct engine *engine;
    struct device *device;
    uint8_t verb;

    if (fd < 0)
        begin();
    input = (struct input) { data, data + n };
    verb = take();
    if ((verb & 4) != 0)
        options.access.version = SNMP_V1;
    loop = loop_new(&why);
    engine = engine_new(loop, NULL, &why);
    device = device_new(engine, &options, &why);
    assert(device != NULL);
    seen = (struct seen) { 0 };
    n_held = 0;
    start(device, verb);
    for (int turn = 0, idle = 0; turn < TURNS_MAX && seen.ended == 0 && idle < 2; turn++) {
        loop_turn(loop, 0);
        idle = serve() ? 0 : idle + 1;
        while (serve())
            ;
    }
    device_free(device);
    seen.gone = true;
    loop_turn(loop, 0);
    engine_free(engine);
    loop_free(loop);
    while (recv(fd, &verb, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0)
        ;
    return 0;
}
