/* A hostile datagram on its way through intake and what the writer makes of its frame: read, classified, net-snmp's USM,
 * framed, read again. The first octet says how much of the message is ours, so that what lies behind community, digest
 * and cipher is reached: 0 the whole datagram is the input, 1 a v2c PDU, 2 the scoped PDU of a trap, 3 of a message to us;
 * with 4 added it came over TLS, and 6 and 7 are scoped PDUs of the TSM. */
#include "../intake/blast.h"

#include "collector/engine.h"
#include "collector/sort.h"
#include "core/memory.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct channel channel;
static struct sorter *sorter;
static struct speaker sender, to_us;
static char state[] = "/tmp/fuzz-receive-XXXXXX";

static void
clean_up(void)
{
    char path[128];

    snprintf(path, sizeof path, "%s/cert_indexes", state);
    rmdir(path);
    rmdir(state);
}

static void
begin(void)
{
    static const uint8_t theirs[] = { 0x80, 0, 0, 0, 1, 2, 3, 4 }, ours[] = { 0x80, 0, 0x1f, 0x88, 5, 1, 2, 3 };
    static struct config_sender row = { .name = "blast", .has_fingerprint = true, .version = 3, .user = "blast", .auth = "SHA-256",
                                        .priv = "AES-128", .level = "authPriv" };
    static struct config config = { .own.boots = 1, .senders = &row, .n_senders = 1, .trust_loopback = true };
    static const char *const communities[] = { NULL };
    struct timespec now;
    struct failure why;
    bool good;

    good = mkdtemp(state) != NULL && channel_map(channel_make(1 << 20, &why), &channel, &why);
    assert(good);
    atexit(clean_up);
    channel.head->n_listeners = 2;
    channel.head->listeners[1].kind = LISTENER_TLS;
    memcpy(config.own.id, ours, sizeof ours);
    config.own.n = sizeof ours;
    memcpy(row.engine_id, theirs, sizeof theirs);
    row.n_engine_id = sizeof theirs;
    config.state = state;
    good = engine_start(&config, &why) && engine_add_user(&row, "authpassword", "privpassword", &why);
    assert(good);
    sorter = sorter_new(&channel, policy_new(&config, communities), &config.own);
    clock_gettime(CLOCK_MONOTONIC, &now);
    sender = (struct speaker) { .version = 3, .user = "blast", .auth = "authpassword", .priv = "privpassword",
                                .boots = 1, .born = now.tv_sec, .n_engine = sizeof theirs };
    to_us = sender;
    to_us.inform = true;
    memcpy(sender.engine, theirs, sizeof theirs);
    memcpy(to_us.engine, ours, sizeof ours);
}

static size_t
make_tsm(const uint8_t *data, size_t n, uint8_t *out)
{
    static const uint8_t head[] = { 2, 1, 3, 0x30, 14, 2, 1, 9, 2, 3, 0, 255, 227, 4, 1, 7, 2, 1, 4, 4, 0, 0x30, 0x82 };
    size_t whole = sizeof head + 2 + n;

    memcpy(out, (uint8_t[]) { 0x30, 0x82, (uint8_t) (whole >> 8), (uint8_t) whole }, 4);
    memcpy(out + 4, head, sizeof head);
    memcpy(out + 4 + sizeof head, (uint8_t[]) { (uint8_t) (n >> 8), (uint8_t) n }, 2);
    memcpy(out + 6 + sizeof head, data, n);
    return whole + 4;
}

static size_t
make_datagram(const uint8_t *data, size_t n, uint8_t *out)
{
    static const uint8_t head[] = { 0x02, 1, 1, 4, 6, 'p', 'u', 'b', 'l', 'i', 'c' };
    struct speaker *speaker = data[0] % 4 == 2 ? &sender : &to_us;
    size_t whole = sizeof head + n - 1;

    switch (data[0] % 4) {
    case 0:
        memcpy(out, data + 1, n - 1);
        return n - 1;
    case 1:
        memcpy(out, (uint8_t[]) { 0x30, 0x82, (uint8_t) (whole >> 8), (uint8_t) whole }, 4);
        memcpy(out + 4, head, sizeof head);
        memcpy(out + 4 + sizeof head, data + 1, n - 1);
        return whole + 4;
    default:
        if ((data[0] & 4) != 0)
            return make_tsm(data + 1, n - 1, out);
        message_keys(speaker);
        return message_seal(speaker, data + 1, n - 1 < SEALED_MAX ? n - 1 : SEALED_MAX, 0x1000000 + data[0], out);
    }
}

/* What intake believed, the writer must be able to read. */
static void
read_frames(void)
{
    static uint8_t copy[FRAME_MAX];
    uint64_t at = channel.head->committed, number = channel.head->committed_frame;
    int got;

    while ((got = channel_read(&channel, &at, copy)) == 1) {
        const struct frame *f = (const struct frame *) (const void *) copy;
        const uint8_t *pdu = copy + sizeof *f + f->n_security + f->n_context + f->n_engine;
        struct trap trap;

        number = f->number;
        if (f->kind == FRAME_NOTIFICATION) {
            enum trap_verdict verdict = f->n_pdu > 0 ? trap_read_pdu(pdu, f->n_pdu, &trap) :
                                                       trap_read(pdu, f->n_raw, &trap);
            struct arena *arena = arena_new();
            struct varbind *list;
            size_t many;
            bool good = verdict == TRAP_GOOD && trap_varbinds(&trap, arena, &list, &many);

            assert(good);
            arena_free(arena);
        }
    }
    assert(got == 0);
    channel_commit(&channel, at, number);
}

static uint64_t
accounted(const struct ledger_sums *sums)
{
    uint64_t n = sums->framed + sums->duplicate + sums->malformed + sums->protocol + sums->lost_overflow;

    for (int i = 0; i < REJECT_CAUSES; i++)
        n += sums->rejected[i];
    return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t room[DATAGRAM_MAX + MESSAGE_ROOM];
    static const struct inlet_head head = { .connection = 1, .what = INLET_MESSAGE };
    struct datagram d = { .peer.fd = -1 };
    struct sockaddr_in *from = (struct sockaddr_in *) &d.peer.from;

    if (sorter == NULL)
        begin();
    if (n < 2 || n > 60000)
        return 0;
    from->sin_family = AF_INET;
    from->sin_port = htons(4711);
    from->sin_addr.s_addr = htonl(0x7f000001);
    if ((data[0] & 4) != 0) {
        d.head = &head;
        d.peer.listener = 1;
        d.peer.connection = 1;
    }
    d.n = make_datagram(data, n, room);
    d.octets = memory_copy(room, d.n); /* of just that size, for the sanitizer */
    sort_datagram(sorter, &d);
    free(d.octets);
    sort_rejected(sorter);
    channel_take_shot(&channel);
    read_frames();
    sort_committed(sorter, channel.head->committed_frame);
    answer_flush();
    for (int i = 0; i < 2; i++)
        assert(channel.head->live[i].received == accounted(&channel.head->live[i]));
    return 0;
}
