/* net-snmp's tree held against a snapshot: for each object that both have, name, OID, base type, enumeration, ranges,
 * access, status, index, augments, hint and units. One difference a line: MODULE NAME FACT: net-snmp's / ours.
 *
 * Usage: oracle SNAPSHOT. The modules that the snapshot has in use are the ones that net-snmp reads. */
#include "api/mib.h"
#include "api/mib_module.h"
#include "core/memory.h"
#include "oracle-smi.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

static struct mib *mib;
static bool quiet, loose; /* differences are counted only; the object's type is not imported */
static unsigned long objects, modules, facts, differences, confirmed, alone, shared, guessed;

struct text {
    char at[16384];
    size_t n;
};

static void
add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
add(struct text *t, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(t->at + t->n, sizeof t->at - t->n, format, args);
    va_end(args);
    if (n > 0)
        t->n = t->n + (size_t)n < sizeof t->at ? t->n + (size_t)n : sizeof t->at - 1;
}

static void
same(const char *module, const char *name, const char *fact, const char *theirs, const char *ours)
{
    char second[16384];

    facts++;
    if (strcmp(theirs, ours) == 0)
        return;
    if (loose && *theirs == '\0') {
        guessed++;
        return;
    }
    if (oracle_smi_fact(module, name, fact, second, sizeof second) && strcmp(second, ours) == 0) {
        confirmed++;
        return;
    }
    differences++;
    if (!quiet)
        printf("%s %s %s: %.400s / %.400s\n", module, name, fact, theirs, ours);
}

static const char *
type_word(int type)
{
    switch (type) {
    case TYPE_OBJID:
        return "oid";
    case TYPE_OCTETSTR:
    case TYPE_NSAPADDRESS:
        return "octets";
    case TYPE_INTEGER:
    case TYPE_INTEGER32:
        return "integer";
    case TYPE_NETADDR:
    case TYPE_IPADDR:
        return "address";
    case TYPE_COUNTER:
        return "counter";
    case TYPE_GAUGE:
    case TYPE_UINTEGER:
    case TYPE_UNSIGNED32:
        return "unsigned";
    case TYPE_TIMETICKS:
        return "ticks";
    case TYPE_OPAQUE:
        return "opaque";
    case TYPE_NULL:
        return "null";
    case TYPE_COUNTER64:
        return "counter64";
    case TYPE_BITSTRING:
        return "bits";
    default:
        return "";
    }
}

static const char *
base_word(const struct syntax *s)
{
    static const char *const words[] = {
        [SYNTAX_UNKNOWN] = "",       [SYNTAX_INTEGER32] = "integer",  [SYNTAX_ENUMERATION] = "integer",
        [SYNTAX_UNSIGNED32] = "unsigned", [SYNTAX_GAUGE32] = "unsigned", [SYNTAX_COUNTER32] = "counter",
        [SYNTAX_COUNTER64] = "counter64", [SYNTAX_TIMETICKS] = "ticks", [SYNTAX_OCTETS] = "octets",
        [SYNTAX_BITS] = "bits",       [SYNTAX_OID] = "oid",            [SYNTAX_IPADDRESS] = "address",
        [SYNTAX_OPAQUE] = "opaque",   [SYNTAX_NULL] = "null",          [SYNTAX_SEQUENCE] = "",
        [SYNTAX_SEQUENCE_OF] = "",
    };

    return s != NULL ? words[s->base] : "";
}

static const char *
access_word(int access)
{
    switch (access) {
    case MIB_ACCESS_READONLY:
        return "read-only";
    case MIB_ACCESS_READWRITE:
        return "read-write";
    case MIB_ACCESS_WRITEONLY:
        return "write-only";
    case MIB_ACCESS_NOACCESS:
        return "not-accessible";
    case MIB_ACCESS_NOTIFY:
        return "accessible-for-notify";
    case MIB_ACCESS_CREATE:
        return "read-create";
    default:
        return "";
    }
}

static const char *
status_word(int status)
{
    switch (status) {
    case MIB_STATUS_MANDATORY:
    case MIB_STATUS_OPTIONAL:
    case MIB_STATUS_CURRENT:
        return "current";
    case MIB_STATUS_OBSOLETE:
        return "obsolete";
    case MIB_STATUS_DEPRECATED:
        return "deprecated";
    default:
        return "";
    }
}

static int
compare_enums(const void *a, const void *b)
{
    const struct syntax_name *x = a, *y = b;

    return x->number != y->number ? (x->number < y->number ? -1 : 1) : strcmp(x->label, y->label);
}

/* net-snmp holds its lists in no order that one may rely on. */
static void
add_enums(struct text *t, struct syntax_name *all, size_t n)
{
    if (n > 0)
        qsort(all, n, sizeof *all, compare_enums);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || compare_enums(&all[i - 1], &all[i]) != 0)
            add(t, "%s(%d) ", all[i].label, (int)all[i].number);
}

/* An end that net-snmp's int does not hold: libsmi is asked. */
static bool
is_wide(const struct syntax *s)
{
    for (uint32_t i = 0; s != NULL && i < s->n_ranges; i++)
        if (s->ranges[i].low != (int)s->ranges[i].low || s->ranges[i].high != (int)s->ranges[i].high)
            return true;
    return false;
}

static void
compare_wide(const struct tree *t, const char *module, const struct syntax *s)
{
    static struct text ours, second;

    ours.n = 0;
    for (uint32_t i = 0; i < s->n_ranges; i++) {
        long long low = s->ranges[i].low; /* libsmi makes one of neighbours */

        while (i + 1 < s->n_ranges && s->ranges[i + 1].low == s->ranges[i].high + 1)
            i++;
        add(&ours, "%lld..%lld ", low, (long long)s->ranges[i].high);
    }
    if (oracle_smi_fact(module, t->label, "ranges", second.at, sizeof second.at))
        same(module, t->label, "range", second.at, ours.at);
    else
        alone++;
}

/* net-snmp keeps the status of objects alone. */
static void
compare_status(const struct tree *t, const char *module, const struct mib_info *info)
{
    static const char *const words[] = {"", "current", "deprecated", "obsolete"};
    char second[64];

    if (t->status != 0 || t->type < TYPE_TRAPTYPE)
        same(module, t->label, "status", status_word(t->status), words[info->status]);
    else if (t->type == TYPE_MODID)
        same(module, t->label, "status", "", words[info->status]); /* it has none; libsmi says current */
    else if (oracle_smi_fact(module, t->label, "status", second, sizeof second))
        same(module, t->label, "status", second, words[info->status]);
    else
        alone++;
}

static void
compare_values(const struct tree *t, const char *module, const struct syntax *s)
{
    static struct syntax_name names[65536];
    static struct text theirs, ours;
    size_t n = 0;

    theirs.n = ours.n = 0;
    theirs.at[0] = ours.at[0] = '\0';
    for (const struct enum_list *e = t->enums; e != NULL && n < 65536; e = e->next)
        names[n++] = (struct syntax_name){e->value, e->label};
    add_enums(&theirs, names, n);
    for (n = 0; s != NULL && n < s->n_names && n < 65536; n++)
        names[n] = s->names[n];
    add_enums(&ours, names, n);
    same(module, t->label, "values", theirs.at, ours.at);
    theirs.n = ours.n = 0;
    theirs.at[0] = ours.at[0] = '\0';
    for (const struct range_list *r = t->ranges; r != NULL; r = r->next)
        add(&theirs, "%d..%d ", r->low, r->high);
    for (uint32_t i = 0; s != NULL && i < s->n_ranges; i++)
        add(&ours, "%d..%d ", (int)s->ranges[i].low, (int)s->ranges[i].high);
    if (is_wide(s))
        compare_wide(t, module, s);
    else
        same(module, t->label, "ranges", theirs.at, ours.at);
}

static void
compare_rows(const struct tree *t, const char *module, mib_node node)
{
    static struct text theirs, ours;
    const struct index_part *parts;

    theirs.n = ours.n = 0;
    theirs.at[0] = ours.at[0] = '\0';
    for (const struct index_list *i = t->indexes; i != NULL; i = i->next)
        add(&theirs, "%s%s ", i->isimplied ? "IMPLIED:" : "", i->ilabel);
    if (t->augments != NULL)
        add(&theirs, "augments %s", t->augments);
    if (mib_augments(mib, node) != MIB_NONE)
        add(&ours, "augments %s", mib_name(mib, mib_augments(mib, node)));
    else
        for (size_t i = 0, m = mib_index(mib, node, &parts); i < m; i++)
            add(&ours, "%s%s ", parts[i].implied ? "IMPLIED:" : "", parts[i].name);
    if (*theirs.at != '\0' || mib_row(mib, node) == node)
        same(module, t->label, "index", theirs.at, ours.at);
}

static void
compare_objects(const struct tree *t, const char *module, mib_node node)
{
    static struct text theirs, ours;
    mib_node list[1000];
    size_t n = mib_objects(mib, node, list, 1000);

    theirs.n = ours.n = 0;
    theirs.at[0] = ours.at[0] = '\0';
    for (const struct varbind_list *v = t->varbinds; v != NULL; v = v->next)
        add(&theirs, "%s ", v->vblabel);
    for (size_t i = 0; i < n && i < 1000; i++)
        add(&ours, "%s ", mib_name(mib, list[i]));
    same(module, t->label, "objects", theirs.at, ours.at);
}

static void
squeeze(const char *from, char *to, size_t size)
{
    size_t n = 0;

    for (; from != NULL && *from != '\0' && n + 1 < size; from++)
        if (*from != ' ' && *from != '\n' && *from != '\t' && *from != '\r')
            to[n++] = *from;
    to[n] = '\0';
}

static void
compare_texts(const struct tree *t, const char *module, const struct mib_info *info)
{
    char theirs[2000], ours[2000];

    squeeze(t->units, theirs, sizeof theirs);
    squeeze(info->units, ours, sizeof ours);
    same(module, t->label, "units", theirs, ours);
    squeeze(t->hint, theirs, sizeof theirs);
    squeeze(info->syntax != NULL && info->syntax->hint != NULL ? info->syntax->hint : "", ours, sizeof ours);
    same(module, t->label, "hint", theirs, ours);
}

static mib_node
definition_of(const char *module, const char *name, const char *oid)
{
    char qualified[400], numeric[OID_TEXT_MAX];
    struct mib_info info;
    mib_node node;

    snprintf(qualified, sizeof qualified, "%s::%s", module, name);
    for (node = mib_find(mib, qualified); node != MIB_NONE; node = mib_namesake(mib, node)) {
        struct oid o = mib_oid(mib, node);

        if (mib_info(mib, node, &info) && strcmp(info.module, module) == 0 &&
            strcmp(oid_format(&o, numeric), oid) == 0)
            break;
    }
    return node;
}

/* iso(1) org(3) … inside an OID value: one module's name for it is enough. */
static bool
is_named_by_another(const char *name, const char *oid)
{
    struct oid o;

    return oid_parse(&o, oid) && strcmp(mib_name(mib, mib_lookup(mib, &o, NULL)), name) == 0;
}

/* A type that the module uses and does not import: only ours finds it. */
static bool
is_not_imported(const struct mib_info *info)
{
    const char *symbol, *from;
    char qualified[600];

    snprintf(qualified, sizeof qualified, "%s::%s", info->module, info->syntax->type);
    if (mib_type_find(mib, info->syntax->type) == MIB_NONE || mib_type_find(mib, qualified) != MIB_NONE)
        return false;
    for (uint32_t i = 0; mib_import(mib, info->module_number, i, &symbol, &from); i++) {
        snprintf(qualified, sizeof qualified, "%s::%s", from, symbol);
        if (strcmp(symbol, info->syntax->type) == 0 && mib_type_find(mib, qualified) != MIB_NONE)
            return false;
    }
    return true;
}

static void
compare_node(const struct tree *t, const char *module, const char *oid)
{
    mib_node node = definition_of(module, t->label, oid);
    struct mib_info info;

    objects++;
    if (node == MIB_NONE && t->type == TYPE_OTHER && is_named_by_another(t->label, oid))
        return;
    if (node == MIB_NONE || !mib_info(mib, node, &info)) {
        same(module, t->label, "oid", oid, "");
        return;
    }
    facts++;
    loose = (info.kind == MIB_KIND_SCALAR || info.kind == MIB_KIND_COLUMN) && info.syntax != NULL && is_not_imported(&info);
    same(module, t->label, "type", t->type < TYPE_TRAPTYPE ? type_word(t->type) : "", base_word(info.syntax));
    compare_values(t, module, info.syntax);
    compare_status(t, module, &info);
    same(module, t->label, "access", access_word(t->access),
         info.access == MIB_READ_ONLY               ? "read-only"
         : info.access == MIB_READ_WRITE            ? "read-write"
         : info.access == MIB_WRITE_ONLY            ? "write-only"
         : info.access == MIB_NOT_ACCESSIBLE        ? "not-accessible"
         : info.access == MIB_ACCESSIBLE_FOR_NOTIFY ? "accessible-for-notify"
         : info.access == MIB_READ_CREATE           ? "read-create"
                                                    : "");
    if (info.kind == MIB_KIND_ROW || info.kind == MIB_KIND_TABLE || t->indexes != NULL || t->augments != NULL)
        compare_rows(t, module, node);
    if (info.kind == MIB_KIND_NOTIFICATION)
        compare_objects(t, module, node);
    compare_texts(t, module, &info);
    loose = false;
}

/* An OID with one name in several modules: net-snmp has the facts of one of them. */
static void
compare_shared(const struct tree *t, const char *oid)
{
    unsigned long before = differences;
    char room[256];

    shared++;
    if (strchr(t->label, '#') != NULL || strncmp(t->label, ANON, ANON_LEN) == 0)
        return;
    quiet = true;
    for (int i = 0; i < t->number_modules; i++) {
        differences = before;
        compare_node(t, module_name(t->module_list[i], room), oid);
        if (differences == before)
            break;
    }
    quiet = false;
    if (differences != before) {
        differences = before;
        compare_node(t, module_name(t->module_list[0], room), oid);
    }
}

static bool seen[100000];

static void
walk(const struct tree *t, uint32_t *arcs, uint32_t depth)
{
    struct oid o = {0};
    char numeric[OID_TEXT_MAX], room[256];

    arcs[depth] = (uint32_t)t->subid;
    for (uint32_t i = 0; i <= depth; i++)
        o.arc[o.n++] = arcs[i];
    oid_format(&o, numeric);
    if (t->number_modules > 1) {
        compare_shared(t, numeric);
    } else if (t->number_modules == 1 && strchr(t->label, '#') == NULL && strncmp(t->label, ANON, ANON_LEN) != 0) {
        const char *module = module_name(t->modid, room);

        if (t->modid >= 0 && t->modid < 100000 && !seen[t->modid]) {
            seen[t->modid] = true;
            modules++;
            if (mib_module_find(mib, module) == MIB_NONE)
                same(module, "-", "module", "loaded", "");
        }
        if (t->modid > 0 && strcmp(module, "#-1") != 0)
            compare_node(t, module, numeric);
    }
    if (depth + 1 < OID_MAX)
        for (const struct tree *c = t->child_list; c != NULL; c = c->next_peer)
            walk(c, arcs, depth + 1);
}

static void
shelve(const char *shelf)
{
    struct mib_module module;
    char path[4096];

    for (uint32_t i = 0; mib_module(mib, i, &module); i++) {
        if (*module.superseded_by != '\0')
            continue;
        snprintf(path, sizeof path, "%s/%s", shelf, module.name);
        if (symlink(module.path, path) != 0)
            perror(path);
    }
}

static void
unshelve(const char *shelf)
{
    struct mib_module module;
    char path[4096];

    for (uint32_t i = 0; mib_module(mib, i, &module); i++) {
        snprintf(path, sizeof path, "%s/%s", shelf, module.name);
        unlink(path);
    }
    snprintf(path, sizeof path, "rm -rf '%s'", shelf);
    if (system(path) != 0)
        perror(shelf);
}

int
main(int argc, char **argv)
{
    char shelf[] = "/tmp/oracle-XXXXXX";
    uint32_t arcs[OID_MAX];
    struct failure why;

    if (argc != 2 || (mib = mib_open(argv[1], &why)) == NULL || mkdtemp(shelf) == NULL) {
        fputs("usage: oracle SNAPSHOT\n", stderr);
        return 2;
    }
    shelve(shelf);
    setenv("MIBS", "", 1);
    setenv("MIBDIRS", shelf, 1);
    setenv("SNMP_PERSISTENT_DIR", shelf, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_MIB_PARSE_LABEL, 1);
    snmp_disable_stderrlog();
    oracle_smi_start(shelf);
    netsnmp_init_mib();
    read_all_mibs();
    for (const struct tree *t = get_tree_head(); t != NULL; t = t->next_peer)
        walk(t, arcs, 0);
    printf("# %lu modules, %lu objects (%lu defined by several), %lu facts: "
           "%lu that libsmi has as ours has them, %lu that no other has, %lu of types that are not imported, "
           "%lu differences\n",
           modules, objects, shared, facts, confirmed, alone, guessed, differences);
    unshelve(shelf);
    mib_close(mib);
    return differences > 0;
}
