/* The fake backend; see fake.h. */
#include "fake.h"

#include "api/changes.h"
#include "api/collector.h"
#include "api/inventory.h"
#include "api/memory.h"
#include "api/mib.h"
#include "api/outbox.h"
#include "api/settings.h"
#include "api/store.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *fake_store_refuses, *fake_settings_refuse;
int fake_busy, fake_sets_sent;
bool fake_hostile, fake_no_devices, fake_noise, fake_crash;

/* Monday 2026-11-23 14:32:07 UTC */
static const int64_t epoch = 1795444327LL * 1000000000;

/* --- settings --- */

struct settings {
    int nothing;
};

static const struct profile profiles[] = {
    {.name = "core-v3", .version = 3, .user = "ops", .level = "authPriv", .auth = "SHA-256", .priv = "AES-128"},
};
static const struct device_setting devices[] = {
    {.name = "core-sw-01", .address = "192.0.2.7", .profile = "core-v3", .group = "core", .production = true},
    {.name = "core-rt-01", .address = "192.0.2.9", .profile = "core-v3", .group = "core", .production = true, .read_only = true},
    {.name = "access-sw-03", .address = "192.0.2.23", .group = "access"},
    {.name = "access-sw-12", .address = "192.0.2.32", .group = "access"},
    {.name = "lab-01", .address = "192.0.2.99", .group = "lab", .profile = "gone"},
};
static const char *const readers[] = {"noc@example.net"};
static const struct mail_setting mails[] = {{.name = "relay", .server = "smtp.example.net", .from = "trapline <noc@example.net>"}};
static const struct digest_setting digests[] = {{.name = "now", .to = {readers, 1}}};

struct settings *
settings_read(const char *directory, struct failure *why)
{
    (void) directory;
    if (fake_settings_refuse != NULL)
        return failure_set(why, FAILURE_USAGE, "%s", fake_settings_refuse), NULL;
    return memory_zero(1, sizeof(struct settings));
}

void
settings_free(struct settings *settings)
{
    free(settings);
}

const char *
settings_text(const struct settings *settings, const char *option)
{
    (void) settings, (void) option;
    return NULL;
}

size_t
settings_devices(const struct settings *settings, const struct device_setting **out)
{
    (void) settings;
    *out = devices;
    return fake_no_devices ? 0 : sizeof devices / sizeof *devices;
}

size_t
settings_mails(const struct settings *settings, const struct mail_setting **out)
{
    (void) settings;
    *out = mails;
    return 1;
}

size_t
settings_digests(const struct settings *settings, const struct digest_setting **out)
{
    (void) settings;
    *out = digests;
    return 1;
}

const struct profile *
settings_profile(const struct settings *settings, const char *name)
{
    (void) settings;
    return strcmp(name, "core-v3") == 0 ? &profiles[0] : NULL;
}

pid_t
collector_running(const char *state_directory)
{
    (void) state_directory;
    return 1;
}

bool
collector_start(const char *config_directory, const char *state_directory, struct failure *why)
{
    (void) config_directory, (void) state_directory, (void) why;
    return true;
}

/* --- the MIB --- */

struct mib {
    int nothing;
};

static const struct syntax_name up_down[] = {{1, "up"}, {2, "down"}, {3, "testing"}};
static const struct syntax_name oper[] = {{1, "up"}, {2, "down"}, {3, "testing"}, {5, "dormant"}};
static const struct syntax_range text_size[] = {{0, 255}}, mtu_range[] = {{68, 65535}}, alias_size[] = {{0, 64}};
static const struct syntax
    s_text = {.base = SYNTAX_OCTETS, .type = "DisplayString", .hint = "255a", .ranges = text_size, .n_ranges = 1},
    s_alias = {.base = SYNTAX_OCTETS, .type = "DisplayString", .hint = "255a", .ranges = alias_size, .n_ranges = 1},
    s_oid = {.base = SYNTAX_OID, .type = "OBJECT IDENTIFIER"},
    s_ticks = {.base = SYNTAX_TIMETICKS, .type = "TimeTicks"},
    s_int = {.base = SYNTAX_INTEGER32, .type = "Integer32"},
    s_mtu = {.base = SYNTAX_INTEGER32, .type = "Integer32", .units = "octets", .ranges = mtu_range, .n_ranges = 1},
    s_admin = {.base = SYNTAX_ENUMERATION, .type = "INTEGER", .names = up_down, .n_names = 3},
    s_oper = {.base = SYNTAX_ENUMERATION, .type = "INTEGER", .names = oper, .n_names = 4},
    s_counter = {.base = SYNTAX_COUNTER32, .type = "Counter32"},
    s_gauge = {.base = SYNTAX_GAUGE32, .type = "Gauge32", .units = "bits per second"};

static const struct node {
    const char *oid, *name;
    enum mib_kind kind;
    enum mib_access access;
    const struct syntax *syntax;
    const char *description;
} nodes[] = {
    {"1", "iso", MIB_KIND_NODE, 0, NULL, ""},
    {"1.3", "org", MIB_KIND_NODE, 0, NULL, ""},
    {"1.3.6", "dod", MIB_KIND_NODE, 0, NULL, ""},
    {"1.3.6.1", "internet", MIB_KIND_NODE, 0, NULL, ""},
    {"1.3.6.1.2", "mgmt", MIB_KIND_NODE, 0, NULL, ""},
    {"1.3.6.1.2.1", "mib-2", MIB_KIND_NODE, 0, NULL, ""},
    {"1.3.6.1.2.1.1", "system", MIB_KIND_NODE, 0, NULL, "What the device is."},
    {"1.3.6.1.2.1.1.1", "sysDescr", MIB_KIND_SCALAR, MIB_READ_ONLY, &s_text, "What the device says it is."},
    {"1.3.6.1.2.1.1.2", "sysObjectID", MIB_KIND_SCALAR, MIB_READ_ONLY, &s_oid, "Which product it is."},
    {"1.3.6.1.2.1.1.3", "sysUpTime", MIB_KIND_SCALAR, MIB_READ_ONLY, &s_ticks,
     "Time since the management part of the device was last started, in hundredths of a second."},
    {"1.3.6.1.2.1.1.4", "sysContact", MIB_KIND_SCALAR, MIB_READ_WRITE, &s_text, "Who looks after the device."},
    {"1.3.6.1.2.1.1.5", "sysName", MIB_KIND_SCALAR, MIB_READ_WRITE, &s_text, "The name it was given."},
    {"1.3.6.1.2.1.1.6", "sysLocation", MIB_KIND_SCALAR, MIB_READ_WRITE, &s_text, "Where it stands."},
    {"1.3.6.1.2.1.2", "interfaces", MIB_KIND_NODE, 0, NULL, ""},
    {"1.3.6.1.2.1.2.1", "ifNumber", MIB_KIND_SCALAR, MIB_READ_ONLY, &s_int, "How many interfaces there are."},
    {"1.3.6.1.2.1.2.2", "ifTable", MIB_KIND_TABLE, MIB_NOT_ACCESSIBLE, NULL, "One row for each interface."},
    {"1.3.6.1.2.1.2.2.1", "ifEntry", MIB_KIND_ROW, MIB_NOT_ACCESSIBLE, NULL, "An interface."},
    {"1.3.6.1.2.1.2.2.1.1", "ifIndex", MIB_KIND_COLUMN, MIB_READ_ONLY, &s_int, "Its number."},
    {"1.3.6.1.2.1.2.2.1.2", "ifDescr", MIB_KIND_COLUMN, MIB_READ_ONLY, &s_text, "What it is called by its maker."},
    {"1.3.6.1.2.1.2.2.1.4", "ifMtu", MIB_KIND_COLUMN, MIB_READ_WRITE, &s_mtu, "The largest packet it takes."},
    {"1.3.6.1.2.1.2.2.1.5", "ifSpeed", MIB_KIND_COLUMN, MIB_READ_ONLY, &s_gauge, "Its speed now."},
    {"1.3.6.1.2.1.2.2.1.7", "ifAdminStatus", MIB_KIND_COLUMN, MIB_READ_WRITE, &s_admin,
     "The state that is wanted of the interface. Setting down(2) takes it out of service."},
    {"1.3.6.1.2.1.2.2.1.8", "ifOperStatus", MIB_KIND_COLUMN, MIB_READ_ONLY, &s_oper, "The state it is in."},
    {"1.3.6.1.2.1.2.2.1.10", "ifInOctets", MIB_KIND_COLUMN, MIB_READ_ONLY, &s_counter, "Octets that came in."},
    {"1.3.6.1.2.1.2.2.1.14", "ifInErrors", MIB_KIND_COLUMN, MIB_READ_ONLY, &s_counter, "Packets that came in damaged."},
    {"1.3.6.1.2.1.31", "ifMIB", MIB_KIND_NODE, 0, NULL, ""},
    {"1.3.6.1.2.1.31.1", "ifXTable", MIB_KIND_TABLE, MIB_NOT_ACCESSIBLE, NULL, ""},
    {"1.3.6.1.2.1.31.1.1", "ifXEntry", MIB_KIND_ROW, MIB_NOT_ACCESSIBLE, NULL, ""},
    {"1.3.6.1.2.1.31.1.1.1", "ifName", MIB_KIND_COLUMN, MIB_READ_ONLY, &s_text, "Its short name."},
    {"1.3.6.1.2.1.31.1.1.18", "ifAlias", MIB_KIND_COLUMN, MIB_READ_WRITE, &s_alias, "What you call it."},
    {"1.3.6.1.6", "snmpV2", MIB_KIND_NODE, 0, NULL, ""},
    {"1.3.6.1.6.3", "snmpModules", MIB_KIND_NODE, 0, NULL, ""},
    {"1.3.6.1.6.3.1", "snmpTraps", MIB_KIND_NODE, 0, NULL, ""},
    {"1.3.6.1.6.3.1.1", "coldStart", MIB_KIND_NOTIFICATION, 0, NULL, "The device started anew."},
    {"1.3.6.1.6.3.1.3", "linkDown", MIB_KIND_NOTIFICATION, 0, NULL,
     "The agent is about to leave the state in which the interface worked."},
    {"1.3.6.1.6.3.1.4", "linkUp", MIB_KIND_NOTIFICATION, 0, NULL, "The interface works again."},
};
enum { NODES = sizeof nodes / sizeof *nodes };
static const struct index_part if_index[] = {{"ifIndex", &s_int, false}};

struct mib *
mib_open(const char *path, struct failure *why)
{
    (void) path, (void) why;
    return memory_zero(1, sizeof(struct mib));
}

void
mib_close(struct mib *mib)
{
    free(mib);
}

uint32_t
mib_count(const struct mib *mib)
{
    (void) mib;
    return NODES;
}

bool
mib_info(struct mib *mib, mib_node node, struct mib_info *out)
{
    (void) mib;
    if (node >= NODES)
        return false;
    *out = (struct mib_info) {
        .node = node, .kind = nodes[node].kind, .access = nodes[node].access, .status = MIB_CURRENT,
        .name = nodes[node].name, .module = "FAKE-MIB", .description = nodes[node].description, .reference = "",
        .units = nodes[node].syntax != NULL && nodes[node].syntax->units != NULL ? nodes[node].syntax->units : "",
        .default_value = "", .syntax = nodes[node].syntax,
    };
    return true;
}

struct oid
mib_oid(struct mib *mib, mib_node node)
{
    struct oid o = {0};

    (void) mib;
    if (node < NODES)
        oid_parse(&o, nodes[node].oid);
    return o;
}

mib_node
mib_root(struct mib *mib)
{
    (void) mib;
    return 0;
}

static mib_node
child_after(struct mib *mib, mib_node node, mib_node after)
{
    struct oid parent = mib_oid(mib, node);

    for (mib_node i = after == MIB_NONE ? 0 : after + 1; i < NODES; i++) {
        struct oid o = mib_oid(mib, i);
        if (o.n == parent.n + 1 && oid_within(&parent, &o))
            return i;
    }
    return MIB_NONE;
}

mib_node
mib_child(struct mib *mib, mib_node node)
{
    return child_after(mib, node, MIB_NONE);
}

mib_node
mib_parent(struct mib *mib, mib_node node)
{
    struct oid o = mib_oid(mib, node);

    for (mib_node i = 0; i < NODES; i++) {
        struct oid p = mib_oid(mib, i);
        if (p.n + 1 == o.n && oid_within(&p, &o))
            return i;
    }
    return MIB_NONE;
}

mib_node
mib_sibling(struct mib *mib, mib_node node)
{
    mib_node parent = mib_parent(mib, node);

    return parent == MIB_NONE ? MIB_NONE : child_after(mib, parent, node);
}

mib_node
mib_lookup(struct mib *mib, const struct oid *o, uint32_t *used)
{
    mib_node best = MIB_NONE;
    uint32_t n = 0;

    for (mib_node i = 0; i < NODES; i++) {
        struct oid p = mib_oid(mib, i);
        if (p.n > n && oid_within(&p, o)) {
            n = p.n;
            best = i;
        }
    }
    if (used != NULL)
        *used = n;
    return best;
}

mib_node
mib_find(struct mib *mib, const char *name)
{
    (void) mib;
    for (mib_node i = 0; i < NODES; i++)
        if (strcmp(nodes[i].name, name) == 0)
            return i;
    return MIB_NONE;
}

bool
mib_parse_object(struct mib *mib, const char *text, struct oid *out, struct failure *why)
{
    char name[100];
    const char *dot = strchr(text, '.');
    mib_node node;

    if (oid_parse(out, text))
        return true;
    snprintf(name, sizeof name, "%.*s", dot != NULL ? (int) (dot - text) : 90, text);
    node = mib_find(mib, name);
    if (node == MIB_NONE)
        return failure_set(why, FAILURE_ABSENT, "%s: no module that is loaded has this name", text);
    *out = mib_oid(mib, node);
    if (dot != NULL)
        oid_append_arc(out, (uint32_t) strtoul(dot + 1, NULL, 10));
    return true;
}

char *
mib_format_object(struct mib *mib, const struct oid *o, char *text, size_t size)
{
    uint32_t used;
    mib_node node = mib_lookup(mib, o, &used);
    int n = snprintf(text, size, "%s", node == MIB_NONE ? "" : nodes[node].name);

    for (uint32_t i = used; i < o->n && n < (int) size; i++)
        n += snprintf(text + n, size - (size_t) n, ".%u", o->arc[i]);
    return text;
}

size_t
mib_index(struct mib *mib, mib_node node, const struct index_part **out)
{
    (void) mib;
    *out = if_index;
    return node < NODES && strncmp(nodes[node].name, "if", 2) == 0 && nodes[node].kind >= MIB_KIND_TABLE &&
           nodes[node].kind <= MIB_KIND_COLUMN ? 1 : 0;
}

mib_node
mib_row(struct mib *mib, mib_node node)
{
    if (node >= NODES)
        return MIB_NONE;
    switch (nodes[node].kind) {
    case MIB_KIND_TABLE: return mib_child(mib, node);
    case MIB_KIND_ROW: return node;
    case MIB_KIND_COLUMN: return mib_parent(mib, node);
    case MIB_KIND_NODE: case MIB_KIND_SCALAR: case MIB_KIND_NOTIFICATION: case MIB_KIND_GROUP: case MIB_KIND_COMPLIANCE:
    case MIB_KIND_CAPABILITIES: break;
    }
    return MIB_NONE;
}

size_t
mib_search(struct mib *mib, const char *text, struct mib_hit *out, size_t max)
{
    size_t n = 0;

    (void) mib;
    for (mib_node i = 0; i < NODES && n < max; i++)
        if (strcasestr(nodes[i].name, text) != NULL)
            out[n++] = (struct mib_hit) {i, 1};
    return n;
}

/* --- devices --- */

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

static const char hostile[] =
    "\033]0;owned\007\033[2J\xc2\x9b" "31m \xe2\x80\xae" "evil\xe2\x81\xa6 \xff\xfe tab\there\nnext \xe4\xbd\xa0\xe5\xa5\xbd a"
    "\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81 \xe2\x80\x8b\xef\xbb\xbf\xf0\x9f\x98\x80 end";

static void
value_of(const struct held *h, struct value *out, struct oid *room)
{
    *out = (struct value) {.type = h->type};
    if (h->type == VALUE_OCTETS) {
        out->octets = (const uint8_t *) (fake_hostile ? hostile : h->text);
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

/* --- the store --- */

enum { NOTES_MAX = 200, CHANGES_KEPT = 50, MAILS_KEPT = 20 };

struct store {
    int64_t version;
};

static struct { enum severity severity; char says[200]; bool inform; } notes[NOTES_MAX];
static int64_t n_notes, version = 1;
static struct { struct change change; struct varbind *was, *set, *back; } changed[CHANGES_KEPT];
static int n_changed;
static struct { char to[200], subject[200], *text; enum mail_state state; const char *words; } sent[MAILS_KEPT];
static int n_sent;

struct store *
store_open(const char *url, enum store_mode mode, struct failure *why)
{
    (void) url, (void) mode;
    if (fake_store_refuses != NULL)
        return failure_set(why, FAILURE_USAGE, "%s", fake_store_refuses), NULL;
    return memory_zero(1, sizeof(struct store));
}

void
store_close(struct store *store)
{
    free(store);
}

int64_t
store_data_version(struct store *store)
{
    (void) store;
    return version;
}

void
fake_notify(enum severity severity, const char *says, bool inform)
{
    if (n_notes == NOTES_MAX)
        return;
    notes[n_notes].severity = severity;
    notes[n_notes].inform = inform;
    snprintf(notes[n_notes++].says, sizeof notes->says, "%s", says);
    version++;
}

static bool
give(int64_t id, journal_row_fn *fn, void *arg)
{
    static const uint8_t raw[] = {
        0x30, 0x3a, 2, 1, 1, 4, 6, '*', '*', '*', '*', '*', '*', 0xa7, 0x2d, 2, 1, 1, 2, 1, 0, 2, 1, 0, 0x30, 0x22,
        0x30, 0x0f, 6, 8, 0x2b, 6, 1, 2, 1, 1, 3, 0, 0x43, 3, 1, 2, 3,
        0x30, 0x0f, 6, 10, 0x2b, 6, 1, 2, 1, 2, 2, 1, 8, 24, 2, 1, 2};
    static const uint32_t link_down[] = {1, 3, 6, 1, 6, 3, 1, 3}, if_oper[] = {1, 3, 6, 1, 2, 1, 2, 2, 1, 8, 24},
                          descr[] = {1, 3, 6, 1, 2, 1, 2, 2, 1, 2, 24};
    const char *says = fake_hostile ? hostile : notes[id - 1].says;
    struct varbind v[2] = {{.value = {.type = VALUE_INTEGER, .i = 2}}, {.value = {.type = VALUE_OCTETS}}};
    struct notification n = {
        .id = id, .received = epoch - (n_notes - id) * LOOP_S(61), .version = id % 3 == 0 ? 3 : 2,
        .inform = notes[id - 1].inform, .severity = notes[id - 1].severity, .why = "standard: linkDown",
        .source = "192.0.2.7:52144", .origin = "192.0.2.7", .device = id % 2 ? "core-sw-01" : NULL,
        .security = id % 3 == 0 ? "ops" : NULL, .uptime = 1842026200, .varbinds = v, .n_varbinds = 2, .raw = raw,
        .n_raw = sizeof raw,
    };

    oid_set(&n.name, link_down, 8);
    n.name.arc[7] = notes[id - 1].severity == SEVERITY_OK ? 4 : notes[id - 1].severity == SEVERITY_INFO ? 1 : 3;
    oid_set(&v[0].name, if_oper, 11);
    oid_set(&v[1].name, descr, 11);
    v[1].value.octets = (const uint8_t *) says;
    v[1].value.n = (uint32_t) strlen(says);
    return fn(arg, &n);
}

bool
journal_after(struct store *store, int64_t after, size_t limit, journal_row_fn *fn, void *arg, struct failure *why)
{
    (void) store, (void) why;
    for (int64_t id = after + 1; id <= n_notes && limit-- > 0; id++)
        if (!give(id, fn, arg))
            break;
    return true;
}

bool
journal_before(struct store *store, int64_t before, size_t limit, journal_row_fn *fn, void *arg, struct failure *why)
{
    (void) store, (void) why;
    for (int64_t id = before > n_notes ? n_notes : before - 1; id >= 1 && limit-- > 0; id--)
        if (!give(id, fn, arg))
            break;
    return true;
}

bool
journal_one(struct store *store, int64_t id, journal_row_fn *fn, void *arg, struct failure *why)
{
    (void) store, (void) why;
    if (id >= 1 && id <= n_notes)
        give(id, fn, arg);
    return true;
}

bool
journal_bounds(struct store *store, int64_t *oldest, int64_t *newest, struct failure *why)
{
    (void) store, (void) why;
    *oldest = n_notes > 0;
    *newest = n_notes;
    return true;
}

bool
ledger_read(struct store *store, struct ledger *out, struct failure *why)
{
    (void) store, (void) why;
    *out = (struct ledger) {.received = (uint64_t) n_notes + 5, .stored = (uint64_t) n_notes, .dropped = 4, .rejected = 1,
                            .informs_answered = 2, .since = epoch - LOOP_S(86400)};
    return true;
}

bool
ledger_adds_up(const struct ledger *l)
{
    return l->received == l->stored + l->dropped + l->rejected;
}

const char *
reject_cause_words(enum reject_cause cause)
{
    return cause == REJECT_COMMUNITY ? "a community nobody may use" : "another cause";
}

bool
rejected_senders(struct store *store, rejected_row_fn *fn, void *arg, struct failure *why)
{
    struct rejected_sender s = {.id = 1, .source = "198.51.100.77:40001", .cause = REJECT_COMMUNITY, .count = 1, .last = epoch};

    (void) store, (void) why;
    fn(arg, &s);
    return true;
}

const char *
severity_word(enum severity severity)
{
    static const char *const words[] = {"ok", "info", "warning", "minor", "major", "critical"};
    return words[severity];
}

const char *
severity_short(enum severity severity)
{
    static const char *const words[] = {"ok", "info", "warn", "minr", "majr", "crit"};
    return words[severity];
}

static bool
busy(struct failure *why)
{
    return fake_busy > 0 && fake_busy-- > 0 && !failure_set(why, FAILURE_BUSY, "the store is locked");
}

bool
changes_add(struct store *store, const struct change *change, int64_t *id, struct failure *why)
{
    struct varbind was = {change->name, change->old_value}, set = {change->name, change->new_value},
                   back = {change->name, change->read_back};

    (void) store;
    if (busy(why))
        return false;
    if (n_changed == CHANGES_KEPT)
        return failure_set(why, FAILURE_LIMIT, "full");
    changed[n_changed].change = *change;
    changed[n_changed].change.who = "ana";
    changed[n_changed].change.at = epoch;
    changed[n_changed].change.device = memory_text(change->device);
    changed[n_changed].change.words = memory_text(change->words);
    changed[n_changed].was = varbind_copy(&was);
    changed[n_changed].set = varbind_copy(&set);
    changed[n_changed].back = varbind_copy(&back);
    changed[n_changed].change.old_value = changed[n_changed].was->value;
    changed[n_changed].change.new_value = changed[n_changed].set->value;
    changed[n_changed].change.read_back = changed[n_changed].back->value;
    *id = changed[n_changed].change.id = n_changed + 1;
    n_changed++;
    version++;
    return true;
}

bool
changes_before(struct store *store, int64_t before, size_t limit, change_row_fn *fn, void *arg, struct failure *why)
{
    (void) store, (void) before, (void) why;
    for (int i = n_changed; i-- > 0 && limit-- > 0;)
        if (!fn(arg, &changed[i].change))
            break;
    return true;
}

const char *
mail_state_word(enum mail_state state)
{
    static const char *const words[] = {"waiting", "held", "sending", "sent", "partly", "unknown", "dead", "cancelled"};
    return words[state];
}

bool
outbox_add(struct store *store, const struct mail *mail, int64_t *id, struct failure *why)
{
    (void) store;
    if (busy(why))
        return false;
    if (mail->n_recipients == 0 || strchr(mail->recipients[0].address, '@') == NULL)
        return failure_set(why, FAILURE_USAGE, "\"%s\" is no mail address", mail->n_recipients > 0 ? mail->recipients[0].address : "");
    if (n_sent == MAILS_KEPT)
        return failure_set(why, FAILURE_LIMIT, "full");
    snprintf(sent[n_sent].to, sizeof sent->to, "%s", mail->recipients[0].address);
    snprintf(sent[n_sent].subject, sizeof sent->subject, "%s", mail->subject);
    sent[n_sent].text = memory_text(mail->text);
    sent[n_sent].state = n_sent == 0 ? MAIL_DEAD : MAIL_WAITING;
    sent[n_sent].words = n_sent == 0 ? "550 5.1.1 user unknown" : "";
    *id = ++n_sent;
    version++;
    return true;
}

static bool
give_mail(int i, bool whole, mail_row_fn *fn, void *arg)
{
    struct mail_recipient r = {.address = sent[i].to, .state = sent[i].state, .code = i == 0 ? 550 : 0,
                               .enhanced = i == 0 ? "5.1.1" : "", .words = i == 0 ? "user unknown" : ""};
    static const char html[] = "<html><head><style>p { color: red }</style></head><body><p>A &amp; B</p><table><tr><td>x</td>"
                               "<td>y</td></tr></table><script>bad()</script>end</body></html>";
    struct mail m = {.id = i + 1, .html = whole && i == 0 ? html : NULL, .created = epoch, .due = epoch, .state = sent[i].state, .cause = "person",
                     .from = "trapline <noc@example.net>", .subject = sent[i].subject, .text = whole ? sent[i].text : NULL,
                     .message_id = "<1.fake@example.net>", .recipients = &r, .n_recipients = 1, .attempts = i == 0,
                     .words = sent[i].words};

    return fn(arg, &m);
}

bool
outbox_list(struct store *store, size_t limit, mail_row_fn *fn, void *arg, struct failure *why)
{
    (void) store, (void) why;
    for (int i = n_sent; i-- > 0 && limit-- > 0;)
        if (!give_mail(i, false, fn, arg))
            break;
    return true;
}

bool
outbox_one(struct store *store, int64_t id, mail_row_fn *fn, void *arg, struct failure *why)
{
    (void) store, (void) why;
    give_mail((int) id - 1, true, fn, arg);
    return true;
}

bool
outbox_counts(struct store *store, struct outbox_counts *out, struct failure *why)
{
    (void) store, (void) why;
    memset(out, 0, sizeof *out);
    for (int i = 0; i < n_sent; i++) {
        out->waiting += sent[i].state == MAIL_WAITING;
        out->held += sent[i].state == MAIL_HELD;
        out->dead += sent[i].state == MAIL_DEAD;
    }
    return true;
}

static bool
set_state(int64_t id, enum mail_state state)
{
    sent[id - 1].state = state;
    version++;
    return true;
}

bool
outbox_hold(struct store *store, int64_t id, struct failure *why)
{
    (void) store, (void) why;
    return set_state(id, MAIL_HELD);
}

bool
outbox_retry(struct store *store, int64_t id, struct failure *why)
{
    (void) store, (void) why;
    return set_state(id, MAIL_WAITING);
}

bool
outbox_cancel(struct store *store, int64_t id, struct failure *why)
{
    (void) store, (void) why;
    return set_state(id, MAIL_CANCELLED);
}

bool
outbox_readdress(struct store *store, int64_t id, const char *old_address, const char *new_address, struct failure *why)
{
    (void) store;
    if (strcmp(sent[id - 1].to, old_address) != 0)
        return failure_set(why, FAILURE_ABSENT, "mail %d does not go to %s", (int) id, old_address);
    snprintf(sent[id - 1].to, sizeof sent->to, "%s", new_address);
    return set_state(id, MAIL_WAITING);
}

bool
outbox_attempts(struct store *store, int64_t id, mail_attempt_fn *fn, void *arg, struct failure *why)
{
    struct mail_attempt a = {.started = epoch, .ended = epoch, .relay = "relay", .cause = "none", .protection = "TLSv1.3",
                             .words = "done", .talk = "> EHLO noc\n< 250 smtp.example.net\n> AUTH PLAIN ********\n"
                             "< 235 2.7.0 ok\n> RCPT TO:<noc@example.net>\n< 550 5.1.1 user unknown\n"};

    (void) store, (void) why;
    return id != 1 || (fn(arg, &a), true);
}

const char *
mail_code_words(int code, const char *enhanced)
{
    return code == 550 && strcmp(enhanced, "5.1.1") == 0 ? "the mailbox does not exist" : "";
}
