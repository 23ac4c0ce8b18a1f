/* A handful of devices. Replies come a few milliseconds later by the loop, as real ones do. */
#include "fake-parts.h"

#include "api/inventory.h"
#include "api/loop.h"
#include "api/memory.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct engine {
    struct loop *loop;
};

struct device {
    struct engine *engine;
    const struct device_setting *setting;
    struct device_status status;
};

struct request {
    struct loop_timer *timer;
    struct device *device;
    struct oid name[64];
    struct varbind set[16];
    size_t n;
    enum { GET, NEXT, SET, WALK, TABLE, OPEN } kind;
    device_reply_fn *reply;
    device_rows_fn *rows;
    device_row_fn *row;
    walk_end_fn *end;
    inventory_fn *opened;
    struct loop *loop;
    void *arg;
};

static struct held {
    char oid[80];
    enum value_type type;
    int64_t number;
    char text[700];
} held[] = {
    {"1.3.6.1.2.1.1.1.0", VALUE_OCTETS, 0, "Example OS 7.4 on a 48 port switch"},
    {"1.3.6.1.2.1.1.2.0", VALUE_OID, 0, "1.3.6.1.4.1.99999.1"},
    {"1.3.6.1.2.1.1.3.0", VALUE_TIMETICKS, 1842026200, ""},
    {"1.3.6.1.2.1.1.4.0", VALUE_OCTETS, 0, "noc@example.net"},
    {"1.3.6.1.2.1.1.5.0", VALUE_OCTETS, 0, "sw01.example.net"},
    {"1.3.6.1.2.1.1.6.0", VALUE_OCTETS, 0, "row B, rack 4"},
    {"1.3.6.1.2.1.2.1.0", VALUE_INTEGER, 3, ""},
    {"1.3.6.1.2.1.2.2.1.1.1", VALUE_INTEGER, 1, ""}, {"1.3.6.1.2.1.2.2.1.1.2", VALUE_INTEGER, 2, ""},
    {"1.3.6.1.2.1.2.2.1.1.24", VALUE_INTEGER, 24, ""},
    {"1.3.6.1.2.1.2.2.1.2.1", VALUE_OCTETS, 0, "GigabitEthernet1"}, {"1.3.6.1.2.1.2.2.1.2.2", VALUE_OCTETS, 0, "GigabitEthernet2"},
    {"1.3.6.1.2.1.2.2.1.2.24", VALUE_OCTETS, 0, "GigabitEthernet24"},
    {"1.3.6.1.2.1.2.2.1.4.1", VALUE_INTEGER, 1500, ""}, {"1.3.6.1.2.1.2.2.1.4.2", VALUE_INTEGER, 1500, ""},
    {"1.3.6.1.2.1.2.2.1.4.24", VALUE_INTEGER, 9000, ""},
    {"1.3.6.1.2.1.2.2.1.5.1", VALUE_GAUGE32, 1000000000, ""}, {"1.3.6.1.2.1.2.2.1.5.24", VALUE_GAUGE32, 100000000, ""},
    {"1.3.6.1.2.1.2.2.1.7.1", VALUE_INTEGER, 1, ""}, {"1.3.6.1.2.1.2.2.1.7.2", VALUE_INTEGER, 2, ""},
    {"1.3.6.1.2.1.2.2.1.7.24", VALUE_INTEGER, 1, ""},
    {"1.3.6.1.2.1.2.2.1.8.1", VALUE_INTEGER, 1, ""}, {"1.3.6.1.2.1.2.2.1.8.2", VALUE_INTEGER, 2, ""},
    {"1.3.6.1.2.1.2.2.1.8.24", VALUE_INTEGER, 2, ""},
    {"1.3.6.1.2.1.2.2.1.10.1", VALUE_COUNTER32, 84421099, ""}, {"1.3.6.1.2.1.2.2.1.10.2", VALUE_COUNTER32, 0, ""},
    {"1.3.6.1.2.1.2.2.1.10.24", VALUE_COUNTER32, 31077618, ""},
    {"1.3.6.1.2.1.2.2.1.14.1", VALUE_COUNTER32, 0, ""}, {"1.3.6.1.2.1.2.2.1.14.2", VALUE_COUNTER32, 0, ""},
    {"1.3.6.1.2.1.2.2.1.14.24", VALUE_COUNTER32, 12, ""},
    {"1.3.6.1.2.1.31.1.1.1.1", VALUE_OCTETS, 0, "Gi1"}, {"1.3.6.1.2.1.31.1.1.1.2", VALUE_OCTETS, 0, "Gi2"},
    {"1.3.6.1.2.1.31.1.1.1.24", VALUE_OCTETS, 0, "Gi24"},
    {"1.3.6.1.2.1.31.1.1.18.1", VALUE_OCTETS, 0, "uplink dist-a"}, {"1.3.6.1.2.1.31.1.1.18.2", VALUE_OCTETS, 0, ""},
    {"1.3.6.1.2.1.31.1.1.18.24", VALUE_OCTETS, 0, "to lab"},
};
enum { HELD = sizeof held / sizeof *held };

static void
value_of(const struct held *h, struct value *out, struct oid *room)
{
    *out = (struct value) {.type = h->type};
    if (h->type == VALUE_OCTETS) {
        out->octets = (const uint8_t *) (fake_hostile ? fake_hostile_text : h->text);
        out->n = (uint32_t) strlen((const char *) out->octets);
    } else if (h->type == VALUE_OID) {
        oid_parse(room, h->text);
        out->arcs = room->arc;
        out->n = room->n;
    } else if (h->type == VALUE_INTEGER) {
        out->i = h->number;
    } else {
        out->u = (uint64_t) h->number;
    }
}

static struct held *
find(const struct oid *name, bool next)
{
    struct held *best = NULL;
    struct oid best_oid = {0};

    for (size_t i = 0; i < HELD; i++) {
        struct oid o;
        int order;
        oid_parse(&o, held[i].oid);
        order = oid_compare(&o, name);
        if (!next && order == 0)
            return &held[i];
        if (next && order > 0 && (best == NULL || oid_compare(&o, &best_oid) < 0)) {
            best = &held[i];
            best_oid = o;
        }
    }
    return best;
}

static bool
silent(const struct request *r)
{
    return strcmp(r->device->setting->name, "access-sw-12") == 0;
}

static void
answered(struct request *r)
{
    r->device->status.state = DEVICE_ANSWERS;
    r->device->status.latency = strcmp(r->device->setting->name, "core-sw-01") == 0 ? LOOP_MS(12) : LOOP_MS(7);
    r->device->status.last_seen = loop_now(r->loop);
}

static void
run_get(struct request *r)
{
    struct varbind *v = memory_zero(r->n, sizeof *v);
    struct oid *room = memory_zero(r->n, sizeof *room);
    struct device_reply reply = {.varbinds = v, .n = r->n, .round_trip = r->device->status.latency};

    for (size_t i = 0; i < r->n; i++) {
        struct held *h = find(&r->name[i], r->kind == NEXT);
        v[i].name = r->name[i];
        v[i].value.type = r->kind == NEXT ? VALUE_END_OF_MIB_VIEW : VALUE_NO_SUCH_INSTANCE;
        if (h != NULL) {
            oid_parse(&v[i].name, h->oid);
            value_of(h, &v[i].value, &room[i]);
        }
    }
    r->reply(r->arg, &reply);
    free(v);
    free(room);
}

/* ifMtu is refused by the device, so that its words can be seen. */
static void
run_set(struct request *r)
{
    struct failure why;
    struct device_reply reply = {.varbinds = r->set, .n = r->n};

    fake_sets_sent++;
    for (size_t i = 0; i < r->n; i++)
        if (r->set[i].name.n > 9 && r->set[i].name.arc[8] == 1 && r->set[i].name.arc[9] == 4) {
            failure_set(&why, FAILURE_REFUSED, "the device says notWritable(17): it cannot be changed there");
            reply.failure = &why;
            reply.error_status = 17;
            reply.error_index = (int) i + 1;
        }
    for (size_t i = 0; reply.failure == NULL && i < r->n; i++) {
        struct held *h = find(&r->set[i].name, false);
        if (h != NULL && h->type == VALUE_OCTETS)
            snprintf(h->text, sizeof h->text, "%.*s", (int) r->set[i].value.n, (const char *) r->set[i].value.octets);
        else if (h != NULL)
            h->number = r->set[i].value.i;
    }
    r->reply(r->arg, &reply);
}

static void
run_walk(struct request *r)
{
    struct oid at = r->name[0], root = at, room;
    struct walk_end end = {.requests = 1};

    for (;;) {
        struct held *h = find(&at, true);
        struct varbind v;
        if (h == NULL || (oid_parse(&v.name, h->oid), !oid_within(&root, &v.name)))
            break;
        value_of(h, &v.value, &room);
        r->rows(r->arg, &v, 1);
        at = v.name;
        end.varbinds++;
    }
    r->end(r->arg, &end);
}

static void
run_table(struct request *r)
{
    static const uint32_t rows[] = {1, 2, 24};
    struct walk_end end = {.requests = 1};

    for (int i = 0; i < 3; i++) {
        struct value value[64];
        const struct value *cells[64];
        struct oid room;
        for (size_t k = 0; k < r->n; k++) {
            struct oid name = r->name[k];
            struct held *h;
            oid_append_arc(&name, rows[i]);
            h = find(&name, false);
            cells[k] = h != NULL ? &value[k] : NULL;
            if (h != NULL)
                value_of(h, &value[k], &room);
        }
        r->row(r->arg, &rows[i], 1, cells, r->n);
    }
    r->end(r->arg, &end);
}

static void
run_silent(struct request *r)
{
    struct failure why;
    struct device_reply reply = {.failure = &why};
    struct walk_end end = {.failure = &why};

    failure_set(&why, FAILURE_UNREACHABLE, "%s does not answer at %s: 4 tries in 5 s", r->device->setting->name,
                r->device->setting->address);
    r->device->status.state = DEVICE_SILENT;
    r->device->status.failure = why;
    if (r->reply != NULL)
        r->reply(r->arg, &reply);
    else
        r->end(r->arg, &end);
}

static void
run_open(struct request *r)
{
    struct device *device;
    struct failure why;

    if (r->device->setting->profile != NULL && strcmp(r->device->setting->profile, "gone") == 0) {
        failure_set(&why, FAILURE_USAGE, "device lab-01: there is no profile \"gone\"; write it in trapline.conf");
        free(r->device);
        r->opened(r->arg, NULL, &why);
        return;
    }
    device = r->device;
    r->opened(r->arg, device, NULL);
}

static void
run(void *arg)
{
    struct request *r = arg;

    if (fake_noise && r->kind != OPEN) {
        fputs("a library says something\033[31m\n", stderr);
        puts("and on standard output");
        fflush(stdout);
    }
    if (fake_crash && r->kind == WALK)
        raise(SIGSEGV);
    if (r->kind == OPEN) {
        run_open(r);
    } else if (silent(r)) {
        run_silent(r);
    } else {
        answered(r);
        switch (r->kind) {
        case GET: case NEXT: run_get(r); break;
        case SET: run_set(r); break;
        case WALK: run_walk(r); break;
        case TABLE: run_table(r); break;
        case OPEN: break;
        }
    }
    free(r);
}

static struct request *
begin(struct device *device, int kind, const struct oid *names, size_t n, void *arg)
{
    struct request *r = memory_zero(1, sizeof *r);

    r->device = device;
    r->loop = device->engine->loop;
    r->kind = kind;
    r->n = n;
    for (size_t i = 0; names != NULL && i < n && i < 64; i++)
        r->name[i] = names[i];
    r->arg = arg;
    r->timer = loop_after(r->loop, LOOP_MS(3), run, r);
    return r;
}

void
request_cancel(struct request *request)
{
    if (request == NULL)
        return;
    loop_cancel(request->timer);
    if (request->kind == OPEN)
        free(request->device);
    free(request);
}

struct request *
inventory_open(struct loop *loop, struct engine *engine, const struct device_setting *setting,
               const struct profile *profile, bool read_only, inventory_fn *fn, void *arg)
{
    struct device *device = memory_zero(1, sizeof *device);
    struct request *r;

    (void) profile, (void) read_only, (void) loop;
    device->engine = engine;
    device->setting = setting;
    device->status.state = DEVICE_ASKING;
    snprintf(device->status.peer, sizeof device->status.peer, "%s:161", setting->address);
    r = begin(device, OPEN, NULL, 0, arg);
    r->opened = fn;
    return r;
}

struct engine *
engine_new(struct loop *loop, const char *state_directory, struct failure *why)
{
    struct engine *engine = memory_zero(1, sizeof *engine);

    (void) state_directory, (void) why;
    engine->loop = loop;
    return engine;
}

void
engine_free(struct engine *engine)
{
    free(engine);
}

void
device_free(struct device *device)
{
    free(device);
}

void
device_status(const struct device *device, struct device_status *out)
{
    *out = device->status;
}

struct request *
device_get(struct device *device, const struct oid *names, size_t n, device_reply_fn *fn, void *arg)
{
    struct request *r = begin(device, GET, names, n, arg);

    r->reply = fn;
    return r;
}

struct request *
device_get_next(struct device *device, const struct oid *names, size_t n, device_reply_fn *fn, void *arg)
{
    struct request *r = begin(device, NEXT, names, n, arg);

    r->reply = fn;
    return r;
}

struct request *
device_set(struct device *device, const struct varbind *varbinds, size_t n, device_reply_fn *fn, void *arg)
{
    struct request *r = begin(device, SET, NULL, n, arg);

    for (size_t i = 0; i < n && i < 16; i++)
        r->set[i] = varbinds[i];
    r->reply = fn;
    return r;
}

struct request *
device_walk(struct device *device, const struct oid *root, device_rows_fn *rows, walk_end_fn *end, void *arg)
{
    struct request *r = begin(device, WALK, root, 1, arg);

    r->rows = rows;
    r->end = end;
    return r;
}

struct request *
device_table(struct device *device, const struct oid *columns, size_t n, device_row_fn *row, walk_end_fn *end, void *arg)
{
    struct request *r = begin(device, TABLE, columns, n, arg);

    r->row = row;
    r->end = end;
    return r;
}

