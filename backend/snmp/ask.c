/* GET, GETNEXT and SET for the API. A GET of many names is cut into pieces that fit, and put back in order. */
#include "snmp/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_A_PDU = 32 };

struct get;

/* What one PDU asks for: some of the get's names, as places in them. */
struct piece {
    struct get *get;
    struct piece *next;
    struct exchange *exchange;
    size_t *at, n; /* in the get's `order` */
};

struct get {
    struct ask_handle handle;
    enum pdu_kind kind;
    struct piece first, **end;
    size_t pending;
    struct varbind *results; /* NULL until something has been answered */
    struct arena *arena;     /* what the results point to */
    struct failure *failure;
    int error_status, error_index;
    int64_t round_trip;
    device_reply_fn *fn;
    void *arg;
    size_t n;
    size_t *order;   /* 0, 1, 2 …: pieces are stretches of it */
    uint32_t *arcs;  /* of all names; ends[i] is where name i ends */
    size_t ends[];   /* order and arcs lie behind them */
};

static void
free_get(struct get *g)
{
    ask_remove(&g->handle);
    for (struct piece *p = &g->first, *next; p != NULL; p = next) {
        next = p->next;
        exchange_cancel(p->exchange);
        if (p != &g->first)
            free(p);
    }
    free(g->results);
    free(g->failure);
    arena_free(g->arena);
    free(g);
}

static void
cancel_get(struct request *request)
{
    free_get((struct get *) request);
}

static void
finish_get(struct get *g, const struct varbind *varbinds)
{
    struct device_reply reply = { .failure = g->failure, .error_status = g->error_status, .error_index = g->error_index,
                                  .varbinds = varbinds, .n = varbinds != NULL ? g->n : 0, .round_trip = g->round_trip };
    device_reply_fn *fn = g->fn;
    void *arg = g->arg;
    struct varbind *results = g->results;
    struct arena *arena = g->arena;
    struct failure *failure = g->failure;

    if (failure != NULL && reply.error_status == 0)
        reply.n = 0;
    g->results = NULL;
    g->arena = NULL;
    g->failure = NULL;
    free_get(g);
    fn(arg, &reply);
    free(results);
    free(failure);
    arena_free(arena);
}

static void
name_of(const struct get *g, size_t i, struct oid *out)
{
    size_t start = i > 0 ? g->ends[i - 1] : 0;

    oid_set(out, g->arcs + start, g->ends[i] - start);
}

/* Names are large: they are spread out when the first answer comes. */
static struct varbind *
results_of(struct get *g)
{
    if (g->results == NULL) {
        g->results = memory_zero(g->n > 0 ? g->n : 1, sizeof *g->results);
        for (size_t i = 0; i < g->n; i++)
            name_of(g, i, &g->results[i].name);
    }
    return g->results;
}

static void send_piece(struct piece *p);

static struct piece *
add_piece(struct get *g, size_t *at, size_t n)
{
    struct piece *p = g->first.get == NULL ? &g->first : memory_zero(1, sizeof *p);

    *p = (struct piece) { .get = g, .at = at, .n = n };
    if (p != &g->first)
        *g->end = p;
    g->end = &p->next;
    g->pending++;
    return p;
}

/* The agent could not fit the answer: two halves instead. */
static void
halve(struct piece *p)
{
    size_t half = p->n / 2;
    struct piece *other = add_piece(p->get, p->at + half, p->n - half);

    p->n = half;
    send_piece(p);
    send_piece(other);
}

/* SNMPv1 refuses the whole PDU for one name: that one is settled, the rest is asked again (RFC 3584 §4.2.2.3). */
static void
drop_name(struct piece *p, size_t i)
{
    struct varbind *vb = &results_of(p->get)[p->at[i]];

    vb->value = (struct value) { .type = p->get->kind == PDU_GET ? VALUE_NO_SUCH_INSTANCE : VALUE_END_OF_MIB_VIEW };
    memmove(p->at + i, p->at + i + 1, (p->n - i - 1) * sizeof *p->at);
    p->n--;
}

static void
fail_get(struct get *g, const struct failure *why)
{
    if (g->failure == NULL)
        g->failure = memory_copy(why, sizeof *why);
}

static void
fail_with_status(struct piece *p, const struct outcome *o)
{
    struct get *g = p->get;
    struct failure why;
    char text[OID_TEXT_MAX] = "";
    struct oid name;

    if (o->error_index >= 1 && (size_t) o->error_index <= p->n) {
        size_t i = p->at[o->error_index - 1];

        g->error_index = (int) i + 1;
        name_of(g, i, &name);
        oid_format(&name, text);
    }
    g->error_status = o->error_status;
    results_of(g);
    failure_set(&why, FAILURE_REFUSED, "%s: the agent answers %s%s%s", g->handle.device->name,
                device_error_name(o->error_status), text[0] != '\0' ? " for " : "", text);
    fail_get(g, &why);
}

static void
take_results(struct piece *p, const struct outcome *o)
{
    struct get *g = p->get;
    struct varbind *results = results_of(g);

    if (g->arena == NULL)
        g->arena = arena_new();
    for (size_t i = 0; i < p->n; i++) {
        struct varbind *vb = &results[p->at[i]];

        vb->name = o->varbinds[i].name;
        vb->value = value_keep(g->arena, &o->varbinds[i].value);
    }
}

static bool
names_match(const struct piece *p, const struct outcome *o)
{
    struct oid asked;

    if (o->n != p->n)
        return false;
    for (size_t i = 0; p->get->kind == PDU_GET && i < p->n; i++) {
        name_of(p->get, p->at[i], &asked);
        if (oid_compare(&o->varbinds[i].name, &asked) != 0)
            return false;
    }
    return true;
}

static void
on_piece(void *arg, const struct outcome *o)
{
    struct piece *p = arg;
    struct get *g = p->get;
    bool v1 = g->handle.device->version == MESSAGE_V1;
    struct failure why;

    p->exchange = NULL;
    g->round_trip = o->round_trip;
    if (o->failure != NULL) {
        fail_get(g, o->failure);
    } else if (o->error_status == 1 && p->n > 1) {
        halve(p);
        return;
    } else if (o->error_status == 2 && v1 && o->error_index >= 1 && (size_t) o->error_index <= p->n) {
        drop_name(p, (size_t) o->error_index - 1);
        if (p->n > 0) {
            send_piece(p);
            return;
        }
    } else if (o->error_status != 0) {
        fail_with_status(p, o);
    } else if (!names_match(p, o)) {
        failure_set(&why, FAILURE_PROTOCOL, "%s: answers with other names than were asked for", g->handle.device->name);
        fail_get(g, &why);
    } else if (p->n == g->n) { /* that was all: nothing has to be kept */
        finish_get(g, o->varbinds);
        return;
    } else {
        take_results(p, o);
    }
    if (--g->pending == 0)
        finish_get(g, g->results);
}

static void
send_piece(struct piece *p)
{
    struct varbind varbinds[NAMES_A_PDU];
    struct ask ask = { .kind = p->get->kind, .varbinds = varbinds, .n = p->n };

    for (size_t i = 0; i < p->n; i++) {
        name_of(p->get, p->at[i], &varbinds[i].name);
        varbinds[i].value = (struct value) { .type = VALUE_NULL };
    }
    p->exchange = exchange_new(p->get->handle.device, &ask, on_piece, p);
}

/* One block for the get and all that it asks for: there may be tens of thousands of them. */
static struct get *
make_get(const struct oid *names, size_t n)
{
    size_t arcs = 0;
    struct get *g;

    for (size_t i = 0; i < n; i++)
        arcs += names[i].n;
    g = memory_zero(1, sizeof *g + 2 * n * sizeof *g->ends + arcs * sizeof *g->arcs);
    g->n = n;
    g->order = g->ends + n;
    g->arcs = (uint32_t *) (void *) (g->order + n);
    arcs = 0;
    for (size_t i = 0; i < n; i++) {
        memcpy(g->arcs + arcs, names[i].arc, names[i].n * sizeof *g->arcs);
        g->ends[i] = arcs += names[i].n;
        g->order[i] = i;
    }
    return g;
}

static struct request *
start_get(struct device *device, enum pdu_kind kind, const struct oid *names, size_t n, device_reply_fn *fn, void *arg)
{
    struct get *g = make_get(names, n);

    ask_add(&g->handle, device, cancel_get);
    g->kind = kind;
    g->fn = fn;
    g->arg = arg;
    for (size_t first = 0; first < n || first == 0; first += NAMES_A_PDU)
        add_piece(g, g->order + first, n - first < NAMES_A_PDU ? n - first : NAMES_A_PDU);
    for (struct piece *p = &g->first; p != NULL; p = p->next)
        send_piece(p);
    return &g->handle.request;
}

struct request *
device_get(struct device *device, const struct oid *names, size_t n, device_reply_fn *fn, void *arg)
{
    return start_get(device, PDU_GET, names, n, fn, arg);
}

struct request *
device_get_next(struct device *device, const struct oid *names, size_t n, device_reply_fn *fn, void *arg)
{
    return start_get(device, PDU_GET_NEXT, names, n, fn, arg);
}

/* SET. */

struct set {
    struct ask_handle handle;
    struct exchange *exchange;
    struct oid *names;
    size_t n;
    device_reply_fn *fn;
    void *arg;
};

static void
cancel_set(struct request *request)
{
    struct set *s = (struct set *) request;

    ask_remove(&s->handle);
    exchange_cancel(s->exchange);
    free(s->names);
    free(s);
}

static void
on_set(void *arg, const struct outcome *o)
{
    struct set *s = arg;
    struct device_reply reply = outcome_reply(o);
    device_reply_fn *fn = s->fn;
    void *fn_arg = s->arg;
    struct failure why;

    if (o->failure == NULL && o->error_status != 0) {
        char name[OID_TEXT_MAX] = "";

        if (o->error_index >= 1 && (size_t) o->error_index <= s->n)
            oid_format(&s->names[o->error_index - 1], name);
        failure_set(&why, FAILURE_REFUSED, "%s: the agent refuses: %s%s%s; nothing was changed%s",
                    s->handle.device->name, device_error_name(o->error_status), name[0] != '\0' ? " for " : "", name,
                    o->error_status == 14 || o->error_status == 15 ? " for certain only after reading back" : "");
        reply.failure = &why;
    }
    s->exchange = NULL;
    cancel_set(&s->handle.request);
    fn(fn_arg, &reply);
}

struct request *
device_set(struct device *device, const struct varbind *varbinds, size_t n, device_reply_fn *fn, void *arg)
{
    struct ask ask = { .kind = PDU_SET, .varbinds = varbinds, .n = n, .once = true };
    struct set *s = memory_zero(1, sizeof *s);
    struct failure why;

    ask_add(&s->handle, device, cancel_set);
    s->fn = fn;
    s->arg = arg;
    s->n = n;
    s->names = memory_alloc((n + 1) * sizeof *s->names);
    for (size_t i = 0; i < n; i++)
        s->names[i] = varbinds[i].name;
    if (device->read_only) {
        failure_set(&why, FAILURE_REFUSED, "%s: is read-only here; nothing was sent", device->name);
        s->exchange = exchange_refuse(device, &why, on_set, s);
    } else {
        s->exchange = exchange_new(device, &ask, on_set, s);
    }
    return &s->handle.request;
}
