/* Notifications: v1, v2c and v3 traps, v2c informs, to one address. */
#include "sim.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXTRA_MAX = 32 };

struct notification {
    struct sockaddr_storage to;
    socklen_t to_n;
    enum pdu type;
    const char *community, *user;
    struct oid name;
    struct varbind extra[EXTRA_MAX];
    size_t n;
};

static bool
read_target(const char *text, struct notification *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *) &out->to;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *) &out->to;
    char host[64];
    unsigned port;

    if (sscanf(text, "[%63[0-9a-fA-F:.]]:%u", host, &port) == 2) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t) port);
        out->to_n = sizeof *v6;
        return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    }
    v4->sin_family = AF_INET;
    out->to_n = sizeof *v4;
    if (sscanf(text, "%63[0-9.]:%u", host, &port) != 2)
        return false;
    v4->sin_port = htons((uint16_t) port);
    return inet_pton(AF_INET, host, &v4->sin_addr) == 1 && ntohl(v4->sin_addr.s_addr) >> 24 == 127;
}

static uint32_t
uptime_of(const struct device *d)
{
    static const uint32_t name[] = { 1, 3, 6, 1, 2, 1, 1, 3, 0 };
    const struct entry *e = agent_get(d, d->record, name, sizeof name / sizeof *name);
    struct value value;

    if (e == NULL)
        return (uint32_t) ((sim_now() - d->born) / 10000000);
    agent_value(d, e, &value);
    return (uint32_t) value.u;
}

static void
put_extra(const struct notification *n, struct ber_out *out)
{
    for (size_t i = n->n; i > 0; i--)
        ber_put_varbind(out, &n->extra[i - 1]);
}

/* RFC 3584 §3.2: the standard six have numbers of their own. */
static void
put_v1(const struct device *d, const struct notification *n, struct ber_out *out)
{
    static const struct oid standard = { 9, { 1, 3, 6, 1, 6, 3, 1, 1, 5 } };
    struct in_addr address = net_address(d);
    bool generic =
        oid_within(&standard, &n->name) && n->name.n == 10 && n->name.arc[9] >= 1 && n->name.arc[9] <= 6;
    uint32_t enterprise = n->name.n - 1;
    const uint8_t *end = out->at;

    put_extra(n, out);
    ber_put_head(out, BER_SEQUENCE, end);
    ber_put_unsigned(out, BER_TIMETICKS, uptime_of(d));
    ber_put_integer(out, BER_INTEGER, generic ? 0 : n->name.arc[n->name.n - 1]);
    ber_put_integer(out, BER_INTEGER, generic ? (int64_t) n->name.arc[9] - 1 : 6);
    ber_put_value(out, &(struct value) { .type = VALUE_IPADDRESS, .n = 4, .octets = (const uint8_t *) &address });
    if (!generic && enterprise > 2 && n->name.arc[enterprise - 1] == 0)
        enterprise--;
    ber_put_oid(out, n->name.arc, enterprise);
    ber_put_head(out, PDU_TRAP_V1, end);
}

static void
put_v2(const struct device *d, const struct notification *n, struct ber_out *out)
{
    struct varbind uptime = { .name = { 9, { 1, 3, 6, 1, 2, 1, 1, 3, 0 } },
                              .value = { .type = VALUE_TIMETICKS, .u = uptime_of(d) } };
    struct varbind trap = { .name = { 11, { 1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0 } },
                            .value = { .type = VALUE_OID, .n = n->name.n, .arcs = n->name.arc } };
    static int32_t serial;
    const uint8_t *end = out->at;

    put_extra(n, out);
    ber_put_varbind(out, &trap);
    ber_put_varbind(out, &uptime);
    ber_put_head(out, BER_SEQUENCE, end);
    ber_put_integer(out, BER_INTEGER, 0);
    ber_put_integer(out, BER_INTEGER, 0);
    ber_put_integer(out, BER_INTEGER, ++serial);
    ber_put_head(out, (uint8_t) n->type, end);
}

static bool
put_message(struct device *d, const struct notification *n, struct ber_out *out)
{
    const uint8_t *end = out->at, *community;

    if (n->type == PDU_TRAP_V1)
        put_v1(d, n, out);
    else
        put_v2(d, n, out);
    if (n->user != NULL)
        return usm_notify(d, n->user, end, out);
    community = out->at;
    ber_put(out, n->community, strlen(n->community));
    ber_put_head(out, BER_OCTETS, community);
    ber_put_integer(out, BER_INTEGER, n->type == PDU_TRAP_V1 ? V1 : V2C);
    ber_put_head(out, BER_SEQUENCE, end);
    return !out->full;
}

/* TARGET trap|inform|v1 [community=TEXT|user=NAME] OID [OID TAG TEXT]... */
bool
notify_send(struct device *d, char **words, int n, char *why, size_t size)
{
    static uint8_t room[MESSAGE_MAX];
    struct notification made = { .type = PDU_TRAP, .community = "public" };
    struct ber_out out = { room, room + sizeof room, false };
    struct arena *arena = arena_new();
    bool good = n >= 3 && read_target(words[0], &made);
    int at = 2;

    if (good && strcmp(words[1], "inform") == 0)
        made.type = PDU_INFORM;
    else if (good && strcmp(words[1], "v1") == 0)
        made.type = PDU_TRAP_V1;
    else if (good && strcmp(words[1], "trap") != 0)
        good = false;
    for (; good && at < n && strchr(words[at], '=') != NULL; at++) {
        if (strncmp(words[at], "community=", 10) == 0)
            made.community = words[at] + 10;
        else if (strncmp(words[at], "user=", 5) == 0 && made.type == PDU_TRAP)
            made.user = words[at] + 5;
        else
            good = false;
    }
    good = good && at < n && oid_parse(&made.name, words[at]) && made.name.n >= 3 && (n - at - 1) % 3 == 0;
    for (at++; good && at + 2 < n && made.n < EXTRA_MAX; at += 3) {
        struct entry e = { 0 };

        good = oid_parse(&made.extra[made.n].name, words[at]) &&
               record_parse_value(words[at + 1], words[at + 2], arena, &e);
        made.extra[made.n++].value = e.value;
    }
    good = good && put_message(d, &made, &out);
    if (good)
        net_send(d, (struct sockaddr *) &made.to, made.to_n, out.at, (size_t) (room + sizeof room - out.at));
    else
        snprintf(
            why, size,
            "notify DEVICE ADDRESS:PORT trap|inform|v1 [community=TEXT|user=NAME] OID [OID TAG TEXT]...");
    arena_free(arena);
    return good;
}
