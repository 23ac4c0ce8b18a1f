/* Devices: an address, how to speak to it, and what is known of it. */
#include "core/relay.h"
#include "io/resolve.h"
#include "snmp/session.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PORT_DEFAULT = 161, TLS_ABOVE = 10000 /* RFC 6353 §10 */, RETRIES_DEFAULT = 3, WINDOW_FIRST = 10,
       WINDOW_AGAIN = 12, NOTE_MAX = 200,
       DTLS_MESSAGE_MAX = 16000 /* a record's plain text is at most 16384 */ };

/* Addresses: "host", "host:port", "udp:…", "udp6:[::1]:161", "::1", "tcp:…", "tls:…", "dtls:…". */

struct address {
    char host[256];
    int port, family;
    enum transport_kind kind;
};

static void
split_transport(const char **text, struct address *out)
{
    static const struct {
        const char *prefix;
        int family;
        enum transport_kind kind;
    } known[] = {
        { "udp:", AF_UNSPEC, TRANSPORT_UDP },      { "udp6:", AF_INET6, TRANSPORT_UDP },
        { "udpv6:", AF_INET6, TRANSPORT_UDP },     { "udpipv6:", AF_INET6, TRANSPORT_UDP },
        { "tcp:", AF_UNSPEC, TRANSPORT_TCP },      { "tcp6:", AF_INET6, TRANSPORT_TCP },
        { "tcpv6:", AF_INET6, TRANSPORT_TCP },     { "tcpipv6:", AF_INET6, TRANSPORT_TCP },
        { "tls:", AF_UNSPEC, TRANSPORT_TLS },      { "tls6:", AF_INET6, TRANSPORT_TLS },
        { "tlstcp:", AF_UNSPEC, TRANSPORT_TLS },   { "tlstcp6:", AF_INET6, TRANSPORT_TLS },
        { "dtls:", AF_UNSPEC, TRANSPORT_DTLS },    { "dtls6:", AF_INET6, TRANSPORT_DTLS },
        { "dtlsudp:", AF_UNSPEC, TRANSPORT_DTLS }, { "dtlsudp6:", AF_INET6, TRANSPORT_DTLS },
    };

    if (strchr("0123456789[", **text) != NULL)
        return; /* an address, as most are */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncasecmp(*text, known[i].prefix, strlen(known[i].prefix)) == 0) {
            *text += strlen(known[i].prefix);
            out->family = known[i].family;
            out->kind = known[i].kind;
            return;
        }
}

static bool
parse_port(const char *text, int *port)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || number < 1 || number > 65535)
        return false;
    *port = (int) number;
    return true;
}

static bool
parse_address(const char *text, struct address *out, struct failure *why)
{
    const char *rest = text, *colon;
    size_t n;

    split_transport(&rest, out);
    if (out->port == 0)
        out->port = PORT_DEFAULT;
    if (out->kind == TRANSPORT_TLS || out->kind == TRANSPORT_DTLS)
        out->port += TLS_ABOVE;
    if (*rest == '[') {
        const char *close = strchr(rest, ']');

        if (close == NULL || (close[1] != '\0' && (close[1] != ':' || !parse_port(close + 2, &out->port))))
            return failure_set(why, FAILURE_USAGE, "%s: is not an address; write [address]:port", text);
        rest++;
        n = (size_t) (close - rest);
    } else {
        colon = strchr(rest, ':');
        n = strlen(rest);
        if (colon != NULL && strchr(colon + 1, ':') == NULL) {
            if (!parse_port(colon + 1, &out->port))
                return failure_set(why, FAILURE_USAGE, "%s: the port is not a number from 1 to 65535", text);
            n = (size_t) (colon - rest);
        }
    }
    if (n == 0 || n >= sizeof out->host)
        return failure_set(why, FAILURE_USAGE, "\"%s\" is not an address; write host, host:port or udp6:[::1]:161", text);
    memcpy(out->host, rest, n);
    out->host[n] = '\0';
    return true;
}

/* Making and freeing. */

static bool
take_session(struct device *d, const struct device_access *access, bool datagrams, struct failure *why)
{
    struct failure reason;

    if (access->version != SNMP_V3)
        return failure_set(why, FAILURE_USAGE, "%s: TLS carries SNMPv3 only; say version 3 (-v3)", d->name);
    if (!relay_check(&access->tls, datagrams, &reason))
        return failure_set(why, FAILURE_USAGE, "%s: %s", d->name, reason.text);
    d->version = MESSAGE_V3;
    d->tsm = tsm_new(access->context, datagrams ? DTLS_MESSAGE_MAX : RELAY_MESSAGE_MAX);
    return true;
}

static bool
take_access(struct device *d, const struct device_access *access, enum transport_kind kind, struct failure *why)
{
    if (kind == TRANSPORT_TLS || kind == TRANSPORT_DTLS)
        return take_session(d, access, kind == TRANSPORT_DTLS, why);
    switch (access->version) {
    case SNMP_V1:
        d->version = MESSAGE_V1;
        break;
    case SNMP_V2C:
        d->version = MESSAGE_V2C;
        break;
    case SNMP_V3:
        d->version = MESSAGE_V3;
        d->security = security_new(access, why);
        return d->security != NULL;
    }
    if (access->community == NULL)
        return failure_set(why, FAILURE_USAGE, "%s: SNMPv1 and v2c need a community", d->name);
    if (strlen(access->community) > 255)
        return failure_set(why, FAILURE_LIMIT, "%s: the community is longer than 255 octets", d->name);
    d->community = memory_text(access->community);
    return true;
}

static void
take_patience(struct device *d, const struct device_options *options, enum transport_kind kind)
{
    int retries = options->retries < 0 ? RETRIES_DEFAULT : options->retries;

    d->timeout = options->timeout > 0 ? options->timeout : LOOP_S(1);
    d->patience = d->timeout * (retries + 1);
    d->tries_max = options->retries < 0 ? TRIES_MAX : retries + 1 < TRIES_MAX ? retries + 1 : TRIES_MAX;
    if (kind == TRANSPORT_TCP || kind == TRANSPORT_TLS)
        d->tries_max = 1; /* what has been written to a stream arrives, or the stream ends */
    d->most = options->most > 0 ? options->most : VALUES_MAX;
    /* net-snmp reads one record of TLS over TCP at a time and lets those behind it lie until more comes. */
    d->window_max = kind == TRANSPORT_TLS ? 1 : WINDOW_MAX;
    pace_init(&d->pace, d->timeout, kind == TRANSPORT_TLS ? 1 : WINDOW_FIRST, d->window_max);
}

/* Begin where the last run left off. */
static void
take_quirks(struct device *d)
{
    int32_t window;

    if (!quirk_book_find(d->engine->quirks, d->address, &d->quirks))
        return;
    window = d->quirks.value[QUIRK_WINDOW];
    if (window > 0 && d->window_max > 1)
        pace_init(&d->pace, d->timeout, window < WINDOW_AGAIN ? window : WINDOW_AGAIN,
                  d->quirks.edited[QUIRK_WINDOW] ? window : WINDOW_MAX);
}

void
device_learnt(struct device *d)
{
    struct quirks learnt = d->quirks, before;

    if (d->recording != NULL)
        return;
    learnt.value[QUIRK_WINDOW] = pace_window(&d->pace);
    learnt.value[QUIRK_SLOW] = d->pace.smoothed > LOOP_MS(500);
    learnt.value[QUIRK_SERIAL] = pace_is_serial(&d->pace);
    if (!quirk_book_find(d->engine->quirks, d->address, &before))
        before = (struct quirks) { 0 };
    quirk_merge(&d->quirks, &learnt);
    if (quirk_merge(&before, &d->quirks))
        quirk_book_put(d->engine->quirks, d->address, &d->quirks);
}

const struct quirks *
device_quirks(const struct device *d)
{
    return &d->quirks;
}

/* Once it can be spoken to. */
enum gate
device_first_gate(const struct device *d)
{
    bool known = d->security != NULL ? security_engine(d->security)->n > 0 : d->tsm == NULL || d->tsm->n > 0;

    return known || d->speaks_first ? GATE_OPEN : GATE_DISCOVER;
}

static void
set_peer(struct device *d, const struct peer *peer)
{
    d->peer = *peer;
    d->peer_known = true;
    d->gate = d->connection != NULL ? GATE_CONNECT : device_first_gate(d);
}

/* A path (it has a slash) or a file's name that ends in .snmprec or .snmpwalk. */
static bool
is_recording(const char *address)
{
    size_t n = strlen(address);

    return strchr(address, '/') != NULL || (n > 8 && strcasecmp(address + n - 8, ".snmprec") == 0) ||
           (n > 9 && strcasecmp(address + n - 9, ".snmpwalk") == 0);
}

static bool
open_recording(struct device *d, struct failure *why)
{
    d->recording = recording_open(d->address, why);
    if (d->recording == NULL)
        return false;
    d->version = MESSAGE_V2C;
    d->read_only = true;
    d->gate = GATE_OPEN;
    if (recording_broken(d->recording) > 0)
        device_note(d, "%zu lines of the recording make no sense and are left out", recording_broken(d->recording));
    return true;
}

struct device *
device_new(struct engine *engine, const struct device_options *options, struct failure *why)
{
    struct address address = { .port = options->port };
    struct device *d;
    struct peer peer;

    bool recorded = is_recording(options->address);

    if (!recorded && !parse_address(options->address, &address, why))
        return NULL;
    d = memory_zero(1, sizeof *d);
    d->engine = engine;
    d->name = memory_text(options->name != NULL ? options->name : options->address);
    d->address = memory_text(options->address);
    d->host = memory_text(address.host);
    d->port = address.port;
    d->family = address.family;
    d->read_only = options->read_only;
    d->waiting_end = &d->waiting;
    d->flying_end = &d->flying;
    if (address.kind != TRANSPORT_UDP)
        d->connection = connection_new(d, address.kind, &options->access.tls);
    take_patience(d, options, address.kind);
    take_quirks(d);
    d->next = engine->devices;
    d->link = &engine->devices;
    if (d->next != NULL)
        d->next->link = &d->next;
    engine->devices = d;
    if (recorded ? !open_recording(d, why) : !take_access(d, &options->access, address.kind, why)) {
        device_free(d);
        return NULL;
    }
    if (!recorded && peer_parse(address.host, address.port, &peer))
        set_peer(d, &peer);
    return d;
}

void
device_leave_ready(struct device *d)
{
    if (!d->ready)
        return;
    *d->ready_link = d->ready_next;
    if (d->ready_next != NULL)
        d->ready_next->ready_link = d->ready_link;
    else
        d->engine->ready_end = d->ready_link;
    d->ready = false;
}

void
device_doomed(struct device *d)
{
    struct engine *engine = d->engine;

    if (d->doomed != NULL && d->doomed_link == NULL) {
        d->doomed_next = engine->doomed;
        d->doomed_link = &engine->doomed;
        if (d->doomed_next != NULL)
            d->doomed_next->doomed_link = &d->doomed_next;
        engine->doomed = d;
        engine_kick(engine);
    } else if (d->doomed == NULL && d->doomed_link != NULL) {
        *d->doomed_link = d->doomed_next;
        if (d->doomed_next != NULL)
            d->doomed_next->doomed_link = d->doomed_link;
        d->doomed_link = NULL;
    }
}

void
device_free(struct device *d)
{
    if (d == NULL)
        return;
    request_cancel(d->resolving);
    while (d->asks != NULL)
        request_cancel(&d->asks->request);
    while (d->waiting != NULL)
        exchange_cancel(d->waiting);
    while (d->flying != NULL)
        exchange_cancel(d->flying);
    while (d->doomed != NULL)
        exchange_cancel(d->doomed);
    device_leave_ready(d);
    connection_free(d->connection);
    v3_forget_engine(d);
    *d->link = d->next;
    if (d->next != NULL)
        d->next->link = d->link;
    security_free(d->security);
    tsm_free(d->tsm);
    recording_free(d->recording);
    if (d->community != NULL)
        explicit_bzero(d->community, strlen(d->community));
    free(d->community);
    free(d->name);
    free(d->address);
    free(d->host);
    free(d->failure);
    free(d->note);
    free(d);
}

/* Getting ready to be asked. */

void
device_ready(struct device *d)
{
    struct engine *engine = d->engine;

    if (d->ready || d->waiting == NULL)
        return;
    d->ready = true;
    d->ready_next = NULL;
    d->ready_link = engine->ready_end;
    *engine->ready_end = d;
    engine->ready_end = &d->ready_next;
    engine_kick(engine);
}

static void
on_resolved(void *arg, const struct resolve_reply *reply)
{
    struct device *d = arg;
    struct failure why;
    struct peer peer;

    d->resolving = NULL;
    if (reply->failure != NULL) {
        exchange_fail_waiting(d, reply->failure);
        return;
    }
    if (!peer_parse(reply->addresses[0].text, d->port, &peer)) {
        failure_set(&why, FAILURE_SYSTEM, "%s: the resolver gave \"%s\", which is no address", d->name,
                    reply->addresses[0].text);
        exchange_fail_waiting(d, &why);
        return;
    }
    set_peer(d, &peer);
    device_open_gate(d);
    device_ready(d);
}

void
device_open_gate(struct device *d)
{
    struct engine *engine = d->engine;

    if (d->waiting == NULL)
        return;
    if (d->gate == GATE_RESOLVE && d->resolving == NULL) {
        if (engine->resolver == NULL)
            engine->resolver = resolver_new(engine->loop);
        d->resolving = resolve_name(engine->resolver, d->host, d->family, 0, on_resolved, d);
    }
    if (d->gate == GATE_CONNECT)
        connection_want(d->connection);
    if (d->gate == GATE_DISCOVER && !d->probing) {
        d->probing = true;
        v3_probe(d);
    }
    if (d->state == DEVICE_UNKNOWN)
        d->state = DEVICE_ASKING;
}

/* What is known. */

void
device_answered(struct device *d, int64_t round_trip, int64_t now)
{
    pace_answered(&d->pace, round_trip, d->in_flight, now);
    exchange_overtaken(d, now - round_trip, now);
    d->counters.answers++;
    d->last_seen = now;
    d->state = DEVICE_ANSWERS;
    free(d->failure);
    d->failure = NULL;
}

void
device_failed(struct device *d, const struct failure *why)
{
    if (d->failure == NULL)
        d->failure = memory_alloc(sizeof *d->failure);
    *d->failure = *why;
    if (why->kind == FAILURE_UNREACHABLE || why->kind == FAILURE_ABSENT)
        d->state = DEVICE_SILENT;
    else if (why->kind == FAILURE_REFUSED)
        d->state = DEVICE_REFUSES;
}

void
device_note(struct device *d, const char *format, ...)
{
    char text[NOTE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    free(d->note);
    d->note = memory_text(text);
}

const char *
device_name(const struct device *d)
{
    return d->name;
}

bool
device_read_only(const struct device *d)
{
    return d->read_only;
}

static void
write_hex(const uint8_t *octets, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        snprintf(out + 2 * i, 3, "%02x", octets[i]);
    out[2 * n] = '\0';
}

void
device_status(const struct device *d, struct device_status *out)
{
    *out = (struct device_status) { .state = d->state, .latency = d->pace.smoothed, .last_seen = d->last_seen,
                                    .counters = d->counters };
    if (d->failure != NULL)
        out->failure = *d->failure;
    if (d->peer_known)
        peer_format(&d->peer, out->peer, sizeof out->peer);
    snprintf(out->note, sizeof out->note, "%s", d->note != NULL ? d->note : "");
    if (d->security != NULL) {
        const struct security_engine *e = security_engine(d->security);

        write_hex(e->id, e->n, out->engine_id);
        out->boots = e->boots;
    }
    if (d->tsm != NULL)
        write_hex(d->tsm->engine_id, d->tsm->n, out->engine_id);
}

/* What the API handed out. */

void
ask_add(struct ask_handle *ask, struct device *d, request_cancel_fn *cancel)
{
    ask->request.cancel = cancel;
    ask->device = d;
    ask->next = d->asks;
    ask->link = &d->asks;
    if (ask->next != NULL)
        ask->next->link = &ask->next;
    d->asks = ask;
}

void
ask_remove(struct ask_handle *ask)
{
    *ask->link = ask->next;
    if (ask->next != NULL)
        ask->next->link = ask->link;
}

const char *
device_error_name(int error_status)
{
    static const char *const names[] = {
        "noError(0)", "tooBig(1)", "noSuchName(2)", "badValue(3)", "readOnly(4)", "genErr(5)", "noAccess(6)",
        "wrongType(7)", "wrongLength(8)", "wrongEncoding(9)", "wrongValue(10)", "noCreation(11)",
        "inconsistentValue(12)", "resourceUnavailable(13)", "commitFailed(14)", "undoFailed(15)",
        "authorizationError(16)", "notWritable(17)", "inconsistentName(18)",
    };
    static char unknown[24];

    if (error_status >= 0 && (size_t) error_status < sizeof names / sizeof *names)
        return names[error_status];
    snprintf(unknown, sizeof unknown, "error %d", error_status);
    return unknown;
}
