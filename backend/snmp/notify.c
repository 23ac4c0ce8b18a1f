/* Notifications as the sender makes them: see notify.h. */
#include "api/notify.h"
#include "io/identity.h"
#include "snmp/session.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OID(...) { sizeof((const uint32_t[]) { __VA_ARGS__ }) / sizeof(uint32_t), { __VA_ARGS__ } }

static const struct oid up_time = OID(1, 3, 6, 1, 2, 1, 1, 3, 0), trap_oid = OID(1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0),
                        trap_enterprise = OID(1, 3, 6, 1, 6, 3, 1, 1, 4, 3, 0),
                        trap_address = OID(1, 3, 6, 1, 6, 3, 18, 1, 3, 0),
                        standard_traps = OID(1, 3, 6, 1, 6, 3, 1, 1, 5);
enum { GENERIC_LAST = 5, GENERIC_SPECIFIC = 6 };

struct notifying {
    struct ask_handle handle;
    struct exchange *exchange;
    device_reply_fn *fn;
    void *arg;
};

bool
device_speak_as(struct device *device, const char *state_directory, const char *engine_id, struct failure *why)
{
    struct identity own;

    if (device->security == NULL && device->tsm == NULL)
        return true;
    if (!identity_next(state_directory, "sender", &own, why))
        return false;
    if (engine_id != NULL && !identity_parse(engine_id, own.id, &own.n))
        return failure_set(why, FAILURE_USAGE, "\"%s\" is no engine ID; write 0x and 5 to 32 octets in hexadecimal",
                           engine_id);
    if (device->tsm != NULL) {
        memcpy(device->tsm->engine_id, own.id, own.n);
        device->tsm->n = own.n;
    } else if (!security_set_engine(device->security, own.id, own.n, own.boots, 0, loop_clock(), why))
        return false;
    device->speaks_first = true;
    if (device->gate == GATE_DISCOVER)
        device->gate = GATE_OPEN;
    return true;
}

/* The address from which the peer sees us: agent-addr. All zeros where it is not IPv4. */
static void
own_address(const struct device *d, uint8_t out[4])
{
    struct sockaddr_in own = { 0 };
    socklen_t n = sizeof own;
    int fd;

    memset(out, 0, 4);
    if (!d->peer_known || d->peer.address.ss_family != AF_INET)
        return;
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *) &d->peer.address, d->peer.n) == 0 &&
        getsockname(fd, (struct sockaddr *) &own, &n) == 0)
        memcpy(out, &own.sin_addr, 4);
    if (fd >= 0)
        close(fd);
}

struct v1_head {
    struct oid enterprise;
    uint8_t agent[4];
    int generic;
    uint32_t specific;
};

/* RFC 3584 §3.2. */
static bool
make_head(const struct device *d, const struct notice *notice, struct v1_head *head, struct failure *why)
{
    const struct oid *name = &notice->name;
    size_t cut = name->n >= 3 && name->arc[name->n - 2] == 0 ? 2 : 1;

    own_address(d, head->agent);
    if (name->n < 3)
        return failure_set(why, FAILURE_USAGE, "%s: the notification's name is too short for SNMPv1", d->name);
    if (name->n == standard_traps.n + 1 && memcmp(name->arc, standard_traps.arc, standard_traps.n * sizeof *name->arc) == 0 &&
        name->arc[name->n - 1] >= 1 && name->arc[name->n - 1] <= GENERIC_LAST + 1) {
        head->generic = (int) name->arc[name->n - 1] - 1;
        head->enterprise = standard_traps;
    } else {
        head->generic = GENERIC_SPECIFIC;
        head->specific = name->arc[name->n - 1];
        oid_set(&head->enterprise, name->arc, name->n - cut);
    }
    for (size_t i = 0; i < notice->n; i++) {
        const struct varbind *v = &notice->varbinds[i];

        if (v->value.type == VALUE_COUNTER64)
            return failure_set(why, FAILURE_USAGE, "%s: SNMPv1 has no Counter64; send it by v2c or v3", d->name);
        if (oid_compare(&v->name, &trap_address) == 0 && v->value.type == VALUE_IPADDRESS && v->value.n == 4)
            memcpy(head->agent, v->value.octets, 4);
        if (oid_compare(&v->name, &trap_enterprise) == 0 && v->value.type == VALUE_OID &&
            head->generic != GENERIC_SPECIFIC)
            oid_set(&head->enterprise, v->value.arcs, v->value.n);
    }
    return true;
}

/* A whole Trap-PDU (RFC 1157 §4.1.6), backwards. */
static const uint8_t *
write_v1(const struct v1_head *head, const struct notice *notice, uint8_t *room, size_t size, size_t *n)
{
    struct ber_out out = { .start = room, .at = room + size };

    for (size_t i = notice->n; i-- > 0;)
        if (oid_compare(&notice->varbinds[i].name, &trap_address) != 0 &&
            oid_compare(&notice->varbinds[i].name, &trap_enterprise) != 0)
            ber_put_varbind(&out, &notice->varbinds[i]);
    ber_put_head(&out, BER_SEQUENCE, room + size);
    ber_put_unsigned(&out, BER_TIMETICKS, notice->uptime);
    ber_put_integer(&out, BER_INTEGER, (int32_t) head->specific);
    ber_put_integer(&out, BER_INTEGER, head->generic);
    ber_put_value(&out, &(struct value) { VALUE_IPADDRESS, 4, { .octets = head->agent } });
    ber_put_oid(&out, head->enterprise.arc, head->enterprise.n);
    ber_put_head(&out, PDU_TRAP_V1, room + size);
    *n = (size_t) (room + size - out.at);
    return out.full ? NULL : out.at;
}

static void
cancel(struct request *request)
{
    struct notifying *s = (struct notifying *) request;

    ask_remove(&s->handle);
    exchange_cancel(s->exchange);
    free(s);
}

static void
on_done(void *arg, const struct outcome *o)
{
    struct notifying *s = arg;
    struct device_reply reply = outcome_reply(o);
    device_reply_fn *fn = s->fn;
    void *fn_arg = s->arg;
    struct failure why;

    if (o->failure == NULL && o->error_status != 0) {
        failure_set(&why, FAILURE_REFUSED, "%s: the receiver answers the inform with %s", s->handle.device->name,
                    device_error_name(o->error_status));
        reply.failure = &why;
    }
    s->exchange = NULL;
    cancel(&s->handle.request);
    fn(fn_arg, &reply);
}

static struct exchange *
start_v1(struct device *d, const struct notice *notice, struct notifying *s)
{
    static uint8_t room[PDU_OCTETS_MAX];
    struct ask ask = { .kind = PDU_TRAP_V1 };
    struct v1_head head = { 0 };
    struct failure why;

    if (notice->inform)
        failure_set(&why, FAILURE_USAGE, "%s: SNMPv1 has no informs; send it by v2c or v3, or as a trap", d->name);
    else if (make_head(d, notice, &head, &why)) {
        ask.written = write_v1(&head, notice, room, sizeof room, &ask.n_written);
        if (ask.written != NULL)
            return exchange_new(d, &ask, on_done, s);
        failure_set(&why, FAILURE_LIMIT, "%s: the values do not fit one message of %d octets", d->name, PDU_OCTETS_MAX);
    }
    return exchange_refuse(d, &why, on_done, s);
}

static struct exchange *
start_v2(struct device *d, const struct notice *notice, struct notifying *s)
{
    struct varbind *all = memory_alloc((notice->n + 2) * sizeof *all);
    struct ask ask = { .kind = notice->inform ? PDU_INFORM : PDU_TRAP, .varbinds = all, .n = notice->n + 2 };
    struct exchange *e;

    all[0] = (struct varbind) { up_time, { VALUE_TIMETICKS, 0, { .u = notice->uptime } } };
    all[1] = (struct varbind) { trap_oid, { VALUE_OID, notice->name.n, { .arcs = notice->name.arc } } };
    if (notice->n > 0)
        memcpy(all + 2, notice->varbinds, notice->n * sizeof *all);
    e = exchange_new(d, &ask, on_done, s);
    free(all);
    return e;
}

struct request *
device_notify(struct device *device, const struct notice *notice, device_reply_fn *fn, void *arg)
{
    struct notifying *s = memory_zero(1, sizeof *s);
    struct failure why;

    ask_add(&s->handle, device, cancel);
    s->fn = fn;
    s->arg = arg;
    if (device->recording != NULL) {
        failure_set(&why, FAILURE_USAGE, "%s: is a recording; nobody is there to be told", device->name);
        s->exchange = exchange_refuse(device, &why, on_done, s);
    } else {
        s->exchange = device->version == MESSAGE_V1 ? start_v1(device, notice, s) : start_v2(device, notice, s);
    }
    return &s->handle.request;
}
