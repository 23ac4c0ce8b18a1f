/* A small MIB. */
#include "api/memory.h"
#include "api/mib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    uint32_t used = 0;
    mib_node node = mib != NULL ? mib_lookup(mib, o, &used) : MIB_NONE;
    int n = snprintf(text, size, "%s", node == MIB_NONE ? "" : nodes[node].name);

    for (uint32_t i = used; i < o->n && n < (int) size; i++)
        n += snprintf(text + n, size - (size_t) n, n > 0 || node != MIB_NONE ? ".%u" : "%u", o->arc[i]);
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

