/* Requests to responses (RFC 3416 §4.2, RFC 1157 §4.1), from the recording and what was set since. */
#include "sim.h"

#include <math.h>
#include <string.h>

/* Varbinds of one response, encoded: in the recording's arena or in this scratch room. */
static struct item {
    const uint8_t *ber;
    uint32_t n;
} items[ITEMS_MAX];
static size_t n_items, items_size;
static uint8_t scratch[1 << 20];
static uint8_t *scratch_at;

static void
items_clear(void)
{
    n_items = items_size = 0;
    scratch_at = scratch + sizeof scratch;
}

/* False: no room in the answer. */
static bool
items_add(const uint8_t *ber, size_t n, size_t room)
{
    if (n_items == ITEMS_MAX || items_size + n > room)
        return false;
    items[n_items++] = (struct item) { ber, (uint32_t) n };
    items_size += n;
    return true;
}

static bool
items_encode(const uint32_t *arcs, size_t n, const struct value *value, size_t room)
{
    struct ber_out out = { scratch, scratch_at, false };

    ber_put_value(&out, value);
    ber_put_oid(&out, arcs, n);
    ber_put_head(&out, BER_SEQUENCE, scratch_at);
    if (out.full || !items_add(out.at, (size_t) (scratch_at - out.at), room))
        return false;
    scratch_at = out.at;
    return true;
}

/* Noise that is the same whenever the same second of the same object is asked for. */
static double
noise(const struct entry *e, double seconds)
{
    uint64_t h = (uint64_t) seconds * 0x9e3779b97f4a7c15u + e->arcs[e->n - 1] * 0xff51afd7ed558ccdu;

    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53u;
    h ^= h >> 29;
    return (double) (h >> 11) / (double) (1ull << 53) * 2 - 1;
}

static uint64_t
moved(const struct life *life, double number)
{
    double span = (double) life->max - (double) life->min + 1;

    if (life->wrap && number > (double) life->max)
        number -= span * floor((number - (double) life->min) / span);
    if (number < (double) life->min)
        return life->min;
    return number >= (double) life->max ? life->max : (uint64_t) number;
}

void
agent_value(const struct device *d, const struct entry *e, struct value *out)
{
    const struct life *life = e->life;
    double seconds = (double) (sim_now() - d->born) / 1e9, x;

    *out = e->value;
    if (life == NULL)
        return;
    if (life->kind == LIFE_UPTIME) {
        out->u = (uint32_t) (life->initial + seconds * 100);
        return;
    }
    x = life->rate * seconds;
    x = life->initial + life->offset + life->scale * (life->shape == SHAPE_SIN ? sin(x) : x);
    x += life->deviation * noise(e, seconds);
    out->u = out->type == VALUE_INTEGER && x < 0 ? (uint64_t) (int64_t) x : moved(life, x);
}

static const struct entry *
exact(const struct entry *entries, size_t n, const uint32_t *arcs, size_t n_arcs)
{
    size_t at = record_find(entries, n, arcs, n_arcs);

    return at < n && oid_compare_arcs(entries[at].arcs, entries[at].n, arcs, n_arcs) == 0 ? &entries[at]
                                                                                          : NULL;
}

const struct entry *
agent_get(const struct device *d, const struct record *r, const uint32_t *arcs, size_t n)
{
    const struct entry *own = d->n_own > 0 ? exact(d->own, d->n_own, arcs, n) : NULL;

    if (own != NULL)
        return own->gone ? NULL : own;
    return exact(r->entries, r->n, arcs, n);
}

static const struct entry *
behind(const struct entry *entries, size_t n, const uint32_t *arcs, size_t n_arcs)
{
    size_t at = record_find(entries, n, arcs, n_arcs);

    if (at < n && oid_compare_arcs(entries[at].arcs, entries[at].n, arcs, n_arcs) == 0)
        at++;
    return at < n ? &entries[at] : NULL;
}

const struct entry *
agent_next(const struct device *d, const struct record *r, const uint32_t *arcs, size_t n)
{
    for (;;) {
        const struct entry *a = behind(r->entries, r->n, arcs, n), *b;
        int order;

        if (d->n_own == 0)
            return a;
        b = behind(d->own, d->n_own, arcs, n);
        if (b == NULL)
            return a;
        order = a == NULL ? -1 : oid_compare_arcs(b->arcs, b->n, a->arcs, a->n);
        if (order > 0)
            return a;
        if (!b->gone)
            return b;
        arcs = b->arcs;
        n = b->n;
    }
}

/* Where one column of a GETNEXT or GETBULK stands. */
struct cursor {
    struct oid name;
    const struct entry *entry;
    bool ended;
};

/* An agent whose table has no end: each name's last arc plus one. */
static bool
endless(const struct device *d, struct cursor *c)
{
    const struct oid *root = &d->faults.endless;
    struct oid *o = &c->name;

    if (root->n == 0 || !oid_within(root, o))
        return false;
    if (o->n == root->n)
        oid_append_arc(o, 0);
    o->n = root->n + 1;
    o->arc[o->n - 1]++;
    c->entry = NULL;
    return true;
}

static void
advance(const struct device *d, const struct record *r, struct cursor *c)
{
    const struct faults *f = &d->faults;
    const struct entry *last = c->entry, *next;

    if (c->ended || endless(d, c))
        return;
    if (last != NULL && d->n_own == 0 && last >= r->entries && last < r->entries + r->n)
        next = last + 1 < r->entries + r->n ? last + 1 : NULL;
    else
        next = agent_next(d, r, c->name.arc, c->name.n);
    if (f->stuck.n > 0 && oid_compare(&f->stuck, &c->name) <= 0)
        next = agent_get(d, r, f->stuck.arc, f->stuck.n);
    if (f->back.n > 0 && oid_compare(&f->back, &c->name) == 0 && next != NULL && next >= r->entries + 4)
        next -= 4;
    if (next != NULL && f->end.n > 0 && oid_compare_arcs(next->arcs, next->n, f->end.arc, f->end.n) > 0)
        next = NULL;
    c->entry = next;
    c->ended = next == NULL;
    if (next != NULL)
        oid_set(&c->name, next->arcs, next->n);
}

static bool
add_entry(const struct device *d, struct request_in *q, const struct entry *e, size_t room)
{
    struct value value;

    if (e->ber != NULL)
        return items_add(e->ber, e->ber_n, room);
    if (e->life->kind == LIFE_DELAY)
        q->extra_delay += e->life->wait;
    agent_value(d, e, &value);
    return items_encode(e->arcs, e->n, &value, room);
}

static bool
add_cursor(const struct device *d, struct request_in *q, const struct cursor *c, size_t room)
{
    struct value value = { .type = c->ended ? VALUE_END_OF_MIB_VIEW : VALUE_INTEGER, .i = 1 };

    return c->entry != NULL && !c->ended ? add_entry(d, q, c->entry, room)
                                         : items_encode(c->name.arc, c->name.n, &value, room);
}

/* SNMPv1 has no Counter64: GETNEXT passes over it (RFC 3584 §4.2.2.1). */
static bool
hidden(const struct request_in *q, const struct entry *e)
{
    return q->version == V1 && e != NULL && e->value.type == VALUE_COUNTER64;
}

static int
do_get(struct device *d, struct request_in *q, size_t room, size_t *index)
{
    for (size_t i = 0; i < q->n; i++) {
        const struct oid *name = &q->varbinds[i].name;
        const struct entry *e = agent_get(d, q->record, name->arc, name->n), *near;
        struct value value = { .type = VALUE_NO_SUCH_OBJECT };

        *index = i + 1;
        if (hidden(q, e))
            e = NULL;
        if (e == NULL && q->version == V1)
            return NO_SUCH_NAME;
        if (e != NULL && e->life != NULL && e->life->kind == LIFE_ERROR)
            return e->life->status;
        if (e == NULL && name->n > 1) { /* the object is there in another instance */
            near = agent_next(d, q->record, name->arc, name->n - 1);
            if (near != NULL && near->n >= name->n &&
                memcmp(near->arcs, name->arc, (name->n - 1) * sizeof *near->arcs) == 0)
                value.type = VALUE_NO_SUCH_INSTANCE;
        }
        if (e != NULL ? !add_entry(d, q, e, room) : !items_encode(name->arc, name->n, &value, room))
            return TOO_BIG;
    }
    return NO_ERROR;
}

static int
do_next(struct device *d, struct request_in *q, size_t room, size_t *index)
{
    for (size_t i = 0; i < q->n; i++) {
        struct cursor c = { .name = q->varbinds[i].name };

        do
            advance(d, q->record, &c);
        while (hidden(q, c.entry) && !c.ended);
        *index = i + 1;
        if (c.ended && q->version == V1)
            return NO_SUCH_NAME;
        if (c.entry != NULL && c.entry->life != NULL && c.entry->life->kind == LIFE_ERROR)
            return c.entry->life->status;
        if (!add_cursor(d, q, &c, room))
            return TOO_BIG;
    }
    return NO_ERROR;
}

/* As many repetitions as fit; at least one varbind, or tooBig. */
static int
do_bulk(struct device *d, struct request_in *q, size_t room)
{
    static struct cursor cursors[NAMES_MAX];
    size_t fixed = q->non_repeaters < 0 ? 0 : (size_t) q->non_repeaters;
    int64_t times = q->repetitions < 0 ? 0 : q->repetitions;
    bool any = true;

    if (fixed > q->n)
        fixed = q->n;
    if (d->faults.max_repetitions > 0 && times > d->faults.max_repetitions)
        times = d->faults.max_repetitions;
    for (size_t i = 0; i < q->n; i++)
        cursors[i] = (struct cursor) { .name = q->varbinds[i].name };
    for (size_t i = 0; i < fixed; i++) {
        advance(d, q->record, &cursors[i]);
        if (!add_cursor(d, q, &cursors[i], room))
            return n_items > 0 ? NO_ERROR : TOO_BIG;
    }
    for (int64_t turn = 0; turn < times && any && fixed < q->n; turn++) {
        any = false;
        for (size_t i = fixed; i < q->n; i++) {
            advance(d, q->record, &cursors[i]);
            if (!add_cursor(d, q, &cursors[i], room))
                return n_items > 0 ? NO_ERROR : TOO_BIG;
            any |= !cursors[i].ended;
        }
    }
    return NO_ERROR;
}

static int
answer_by_type(struct device *d, struct request_in *q, size_t room, size_t *index)
{
    *index = 0;
    if (q->refused || d->faults.error != 0)
        return *index = 1, q->refused ? AUTHORIZATION_ERROR : d->faults.error;
    if (q->type == PDU_GET)
        return do_get(d, q, room, index);
    if (q->type == PDU_GETNEXT)
        return do_next(d, q, room, index);
    if (q->type == PDU_GETBULK)
        return d->faults.bulk == BULK_FAILS ? GEN_ERR : do_bulk(d, q, room);
    return q->may_write       ? write_all(d, q, index)
           : q->version == V1 ? (*index = 1, NO_SUCH_NAME)
                              : (*index = 1, NO_ACCESS);
}

/* The request's own varbinds: what goes back with an error, and after a SET. */
static void
echo(const struct request_in *q)
{
    items_clear();
    for (size_t i = 0; i < q->n; i++)
        items_encode(q->varbinds[i].name.arc, q->varbinds[i].name.n, &q->varbinds[i].value, MESSAGE_MAX);
}

/* RFC 3584 §4.4. */
static int
error_of_v1(int status)
{
    switch (status) {
    case WRONG_VALUE:
    case WRONG_ENCODING:
    case WRONG_TYPE:
    case WRONG_LENGTH:
    case INCONSISTENT_VALUE:
        return BAD_VALUE;
    case NO_ACCESS:
    case NOT_WRITABLE:
    case NO_CREATION:
    case INCONSISTENT_NAME:
    case AUTHORIZATION_ERROR:
        return NO_SUCH_NAME;
    case RESOURCE_UNAVAILABLE:
    case COMMIT_FAILED:
    case UNDO_FAILED:
        return GEN_ERR;
    default:
        return status;
    }
}

size_t
agent_answer(struct device *d, struct request_in *q, size_t room, struct ber_out *out)
{
    const uint8_t *end = out->at, *list;
    size_t index = 0;
    int status;

    if (d->faults.max_size > 0 && room > d->faults.max_size)
        room = d->faults.max_size;
    room -= room > 100 ? 60 + (q->version == V3 ? d->engine_n + 60u : 0) : 0;
    items_clear();
    status = answer_by_type(d, q, room, &index);
    if (d->faults.too_big > 0 && items_size > d->faults.too_big)
        status = TOO_BIG;
    if (q->version == V1)
        status = error_of_v1(status);
    if (status == TOO_BIG && q->version != V1)
        items_clear(), index = 0;
    else if (status != NO_ERROR || q->type == PDU_SET)
        echo(q);
    if (status == NO_ERROR || status == TOO_BIG)
        index = 0;
    for (size_t i = n_items; i > 0; i--)
        ber_put(out, items[i - 1].ber, items[i - 1].n);
    list = end;
    ber_put_head(out, BER_SEQUENCE, list);
    ber_put_integer(out, BER_INTEGER, (int64_t) index);
    ber_put_integer(out, BER_INTEGER, status);
    ber_put_integer(out, BER_INTEGER, q->id);
    ber_put_head(out, PDU_RESPONSE, end);
    return n_items;
}

bool
agent_read(struct ber *in, struct request_in *q)
{
    static struct varbind varbinds[NAMES_MAX];
    static uint32_t arcs[1 << 16];
    struct ber pdu, list, one, content;
    size_t used = 0;
    uint8_t tag;

    if (!ber_next(in, &tag, &pdu) || !ber_integer(&pdu, &q->id) || !ber_integer(&pdu, &q->non_repeaters) ||
        !ber_integer(&pdu, &q->repetitions) || !ber_expect(&pdu, BER_SEQUENCE, &list))
        return false;
    q->type = tag;
    q->varbinds = varbinds;
    for (q->n = 0; list.at < list.end; q->n++) {
        struct varbind *vb = &varbinds[q->n];

        if (q->n == NAMES_MAX || sizeof arcs / sizeof *arcs - used < OID_MAX ||
            !ber_expect(&list, BER_SEQUENCE, &one) || !ber_expect(&one, BER_OID, &content) ||
            !ber_oid(content, &vb->name) || !ber_value(&one, arcs + used, &vb->value))
            return false;
        used += vb->value.type == VALUE_OID ? vb->value.n : 0;
    }
    return tag == PDU_GET || tag == PDU_GETNEXT || tag == PDU_GETBULK || tag == PDU_SET ||
           tag == PDU_RESPONSE;
}
