/* From frame to row. Frames come from a process that reads hostile bytes: whatever is in them is bounded and checked
 * again before it is kept. */
#include "collector/settle.h"

#include "core/memory.h"
#include "core/severity.h"
#include "core/siphash.h"
#include "core/trap.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS_TEXT = 64, NAME_TEXT = 512, SENDERS = 256, WORDS_READ = 512, KNOWN_NAMES = 64, NAME_OCTETS = 48 };

/* One source: what is found out about an address once, and its sums in this transaction. A second source on a slot's
 * place flushes the first. */
struct sender_sum {
    uint8_t family, address[16];
    char source[ADDRESS_TEXT];
    const char *device; /* of the address, by this edition of the names */
    unsigned edition;
    bool touched;
    uint64_t stored, duplicate, rejected;
    int64_t first, last;
};

/* What the table of standard notifications says of a name, remembered. */
struct known_name {
    uint8_t octets[NAME_OCTETS], n;
    bool found;
    enum severity severity;
    const char *why;
};

struct settler {
    const struct channel_head *head;
    const struct naming *naming;
    uint64_t stored[CHANNEL_LISTENERS], repeated[CHANNEL_LISTENERS], dropped[CHANNEL_LISTENERS];
    bool touched[CHANNEL_LISTENERS];
    uint64_t informs;
    struct sender_sum senders[SENDERS]; /* by a hash of the address */
    struct known_name names[KNOWN_NAMES];
    settle_row_fn *fn;
    void *arg;
    enum severity least;
    uint8_t key_room[FRAME_MAX + 1024];
};

/* The parts of a frame. */
struct parts {
    struct frame f;
    const uint8_t *security, *context, *engine, *pdu, *raw;
    struct sender_sum *sender;
};

struct settler *
settler_new(const struct naming *naming, const struct channel_head *head)
{
    struct settler *settler = memory_zero(1, sizeof *settler);

    settler->head = head;
    settler->naming = naming;
    return settler;
}

void
settler_free(struct settler *settler)
{
    free(settler);
}

void
settler_on_row(struct settler *settler, enum severity least, settle_row_fn *fn, void *arg)
{
    settler->least = least;
    settler->fn = fn;
    settler->arg = arg;
}

static void
clear_sums(struct sender_sum *sum)
{
    sum->touched = false;
    sum->stored = sum->duplicate = sum->rejected = 0;
}

void
settle_begin(struct settler *settler)
{
    memset(settler->stored, 0, sizeof settler->stored);
    memset(settler->repeated, 0, sizeof settler->repeated);
    memset(settler->dropped, 0, sizeof settler->dropped);
    memset(settler->touched, 0, sizeof settler->touched);
    for (size_t i = 0; i < SENDERS; i++)
        clear_sums(&settler->senders[i]);
    settler->informs = 0;
}

uint64_t
settle_informs(const struct settler *settler)
{
    return settler->informs;
}

static void
format_address(int family, const uint8_t *address, char out[ADDRESS_TEXT])
{
    if (inet_ntop(family == 4 ? AF_INET : AF_INET6, address, out, ADDRESS_TEXT) == NULL)
        snprintf(out, ADDRESS_TEXT, "?");
}

static void
split(const uint8_t *octets, struct parts *out)
{
    memcpy(&out->f, octets, sizeof out->f);
    out->security = octets + sizeof out->f;
    out->context = out->security + out->f.n_security;
    out->engine = out->context + out->f.n_context;
    out->pdu = out->engine + out->f.n_engine;
    out->raw = out->pdu + out->f.n_pdu;
}

/* "192.0.2.1:4711", "[2001:db8::1]:4711" */
static void
format_source(const struct parts *parts, char out[ADDRESS_TEXT])
{
    const char *address = parts->sender->source;
    size_t n = strlen(address);
    char digits[6], *at = out;
    unsigned port = parts->f.port, count = 0;

    if (parts->f.family != 4)
        *at++ = '[';
    memcpy(at, address, n);
    at += n;
    if (parts->f.family != 4)
        *at++ = ']';
    *at++ = ':';
    do
        digits[count++] = (char) ('0' + port % 10);
    while ((port /= 10) > 0);
    while (count > 0)
        *at++ = digits[--count];
    *at = '\0';
}

/* Names in the protocol are UTF-8 (SnmpAdminString); octets that are not printable ASCII or UTF-8's are escaped by who
 * shows them, a NUL ends the text. */
static const char *
text_of(const uint8_t *octets, size_t n, char out[NAME_TEXT])
{
    if (n == 0)
        return NULL;
    n = n < NAME_TEXT - 1 ? n : NAME_TEXT - 1;
    memcpy(out, octets, n);
    out[n] = '\0';
    return out;
}

static bool
sender_flush(struct recorder *recorder, const struct sender_sum *sum, struct failure *why)
{
    return record_sender(recorder, &(struct sender_count) { sum->source, sum->stored, sum->duplicate, 0,
                                                            sum->rejected, sum->first, sum->last }, why);
}

/* The sender's slot, into parts->sender. */
static bool
find_sender(struct settler *settler, struct recorder *recorder, struct parts *parts, struct failure *why)
{
    size_t n = parts->f.family == 4 ? 4 : 16;
    uint32_t hash = parts->f.family;
    struct sender_sum *sum;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ parts->f.address[i]) * 16777619u;
    sum = &settler->senders[(hash ^ hash >> 16) % SENDERS];
    if (sum->family != parts->f.family || memcmp(sum->address, parts->f.address, n) != 0) {
        if (sum->touched && !sender_flush(recorder, sum, why))
            return false;
        memset(sum, 0, sizeof *sum);
        sum->family = parts->f.family;
        memcpy(sum->address, parts->f.address, n);
        format_address(sum->family, sum->address, sum->source);
        sum->edition = naming_edition(settler->naming) - 1;
    }
    if (sum->edition != naming_edition(settler->naming)) {
        sum->edition = naming_edition(settler->naming);
        sum->device = naming_find(settler->naming, sum->family, sum->address);
    }
    if (!sum->touched)
        sum->first = parts->f.at;
    sum->touched = true;
    sum->last = parts->f.at;
    parts->sender = sum;
    return true;
}

static bool
know_name(struct settler *settler, struct ber name, struct oid *oid, enum severity *severity, const char **why)
{
    size_t n = (size_t) (name.end - name.at);
    uint32_t hash = 2166136261u;
    struct known_name *known;

    if (n > NAME_OCTETS)
        return ber_oid(name, oid) && severity_standard(oid, severity, why);
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ name.at[i]) * 16777619u;
    known = &settler->names[(hash ^ hash >> 16) % KNOWN_NAMES];
    if (known->n != n || memcmp(known->octets, name.at, n) != 0) {
        known->n = (uint8_t) n;
        memcpy(known->octets, name.at, n);
        known->found = ber_oid(name, oid) && severity_standard(oid, &known->severity, &known->why);
    }
    *severity = known->severity;
    *why = known->why;
    return known->found;
}

static void
find_severity(struct settler *settler, const struct trap *trap, enum severity *severity, const char **why)
{
    struct ber list = trap->list, one, name, text;
    bool found = false;
    struct oid oid;

    if (know_name(settler, trap->name, &oid, severity, why))
        return;
    *severity = SEVERITY_INFO;
    *why = "no telling word";
    while (ber_expect(&list, BER_SEQUENCE, &one) && ber_expect(&one, BER_OID, &name)) {
        enum severity worse;
        const char *reason;
        size_t n;

        if (!ber_expect(&one, BER_OCTETS, &text))
            continue;
        n = (size_t) (text.end - text.at) < WORDS_READ ? (size_t) (text.end - text.at) : WORDS_READ;
        if (severity_words(text.at, n, &worse, &reason) && (!found || worse > *severity)) {
            *severity = worse;
            *why = reason;
            found = true;
        }
    }
}

static void
inform_key(struct settler *settler, const struct recorder *recorder, const struct parts *parts,
           const struct trap *trap, uint8_t key[16])
{
    const struct { const void *octets; size_t n; } in_order[] = {
        { parts->f.address, sizeof parts->f.address }, { &parts->f.version, 1 },
        { &parts->f.request_id, sizeof parts->f.request_id }, { &parts->f.community, sizeof parts->f.community },
        { &parts->f.n_security, 2 }, { &parts->f.n_context, 2 }, { parts->security, parts->f.n_security },
        { parts->context, parts->f.n_context }, { parts->engine, parts->f.n_engine },
        { trap->list.at, (size_t) (trap->list.end - trap->list.at) },
    };
    size_t n = 0;

    for (size_t i = 0; i < sizeof in_order / sizeof in_order[0]; i++) {
        if (in_order[i].n > 0)
            memcpy(settler->key_room + n, in_order[i].octets, in_order[i].n);
        n += in_order[i].n;
    }
    siphash(recorder_secret(recorder), settler->key_room, n, key);
}

static bool
call_on_row(struct settler *settler, struct recorder *recorder, const struct record *record, int64_t id,
            const struct trap *trap, struct failure *why)
{
    struct arena *arena;
    struct varbind *list = NULL;
    struct notification row = { .id = id, .received = record->received, .version = record->version,
                                .inform = record->inform, .severity = record->severity, .why = record->why,
                                .source = record->source,
                                .origin = record->origin != NULL ? record->origin : record->source,
                                .device = record->device, .security = record->security,
                                .context = record->context != NULL ? record->context : "",
                                .uptime = record->uptime, .raw = record->raw, .n_raw = record->n_raw };
    bool good;

    if (settler->fn == NULL || record->severity < settler->least)
        return true;
    arena = arena_new();
    ber_oid(trap->name, &row.name);
    if (trap_varbinds(trap, arena, &list, &row.n_varbinds))
        row.varbinds = list;
    good = settler->fn(settler->arg, recorder_store(recorder), &row, why);
    arena_free(arena);
    return good;
}

static bool
store_row(struct settler *settler, struct recorder *recorder, const struct parts *parts, const struct trap *trap,
          struct failure *why)
{
    char source[ADDRESS_TEXT], origin[ADDRESS_TEXT], security[NAME_TEXT], context[NAME_TEXT];
    struct record record = {
        .received = parts->f.at, .version = trap->version, .inform = trap->inform, .source = source,
        .security = text_of(parts->security, parts->f.n_security, security),
        .context = text_of(parts->context, parts->f.n_context, context), .name = trap->name.at,
        .n_name = (size_t) (trap->name.end - trap->name.at), .uptime = trap->uptime,
        .pdu = parts->f.n_pdu > 0 ? parts->pdu : NULL, .n_pdu = parts->f.n_pdu,
        .raw = parts->raw, .n_raw = parts->f.n_raw };
    int64_t id;

    format_source(parts, source);
    record.origin = parts->sender->source;
    record.device = parts->sender->device;
    if (trap->has_address) {
        format_address(4, trap->address, origin);
        record.origin = origin;
        record.device = naming_find(settler->naming, 4, trap->address);
        if (record.device == NULL)
            record.device = parts->sender->device;
    }
    find_severity(settler, trap, &record.severity, &record.why);
    return record_add(recorder, &record, &id, why) && call_on_row(settler, recorder, &record, id, trap, why);
}

static bool
settle_notification(struct settler *settler, struct recorder *recorder, struct parts *parts, struct failure *why)
{
    struct trap trap;
    uint8_t key[16];
    bool fresh = true;
    enum trap_verdict verdict = parts->f.n_pdu > 0 ? trap_read_pdu(parts->pdu, parts->f.n_pdu, &trap) :
                                trap_read(parts->raw, parts->f.n_raw, &trap);

    settler->touched[parts->f.listener] = true;
    if (verdict != TRAP_GOOD) { /* intake has read it: it cannot be, and is counted all the same */
        settler->dropped[parts->f.listener]++;
        return true;
    }
    if (!find_sender(settler, recorder, parts, why))
        return false;
    if (trap.inform) {
        settler->informs++;
        inform_key(settler, recorder, parts, &trap, key);
        if (!record_inform(recorder, key, parts->f.at, &fresh, why))
            return false;
    }
    if (!fresh) {
        settler->repeated[parts->f.listener]++;
        parts->sender->duplicate++;
        return true;
    }
    settler->stored[parts->f.listener]++;
    parts->sender->stored++;
    return store_row(settler, recorder, parts, &trap, why);
}

static bool
settle_rejected(struct settler *settler, struct recorder *recorder, struct parts *parts, struct failure *why)
{
    char security[NAME_TEXT], engine[2 * 64 + 3] = "";
    struct rejected_sender row = {
        .security = text_of(parts->security, parts->f.n_security, security),
        .cause = parts->f.cause < REJECT_CAUSES ? (enum reject_cause) parts->f.cause : REJECT_NOT_US,
        .count = parts->f.count, .first = parts->f.at, .last = parts->f.at, .raw = parts->raw,
        .n_raw = parts->f.n_raw };

    if (parts->f.n_engine > 0 && parts->f.n_engine <= 64) {
        strcpy(engine, "0x");
        for (size_t i = 0; i < parts->f.n_engine; i++)
            snprintf(engine + 2 + 2 * i, 3, "%02x", parts->engine[i]);
        row.engine_id = engine;
    }
    if (!find_sender(settler, recorder, parts, why))
        return false;
    row.source = parts->sender->source; /* its port changes with every message */
    parts->sender->rejected += parts->f.count;
    return record_rejected(recorder, &row, why);
}

bool
settle_frame(struct settler *settler, struct recorder *recorder, const uint8_t *frame, struct failure *why)
{
    struct parts parts;

    split(frame, &parts);
    return parts.f.kind == FRAME_NOTIFICATION ? settle_notification(settler, recorder, &parts, why) :
           parts.f.kind == FRAME_REJECTED ? settle_rejected(settler, recorder, &parts, why) : true;
}

bool
settle_end(struct settler *settler, struct recorder *recorder, struct failure *why)
{
    for (uint32_t i = 0; i < settler->head->n_listeners; i++)
        if (settler->touched[i] &&
            !record_outcome(recorder, settler->head->listeners[i].name, settler->stored[i], settler->repeated[i],
                            settler->dropped[i], why))
            return false;
    for (size_t i = 0; i < SENDERS; i++)
        if (settler->senders[i].touched && !sender_flush(recorder, &settler->senders[i], why))
            return false;
    return true;
}
