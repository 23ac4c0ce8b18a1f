/* libsmi as a second witness, asked where net-snmp loses a fact or contradicts ours. */
#include "oracle-smi.h"

#include <smi.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *room;
static size_t room_size, room_used;

static void
add(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
add(const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(room + room_used, room_size - room_used, format, args);
    va_end(args);
    if (n > 0)
        room_used = room_used + (size_t)n < room_size ? room_used + (size_t)n : room_size - 1;
}

static long long
number(const SmiValue *v, const SmiType *type)
{
    if (type != NULL && type->basetype == SMI_BASETYPE_UNSIGNED32)
        return v->value.unsigned32; /* the upper half is chance (libsmi 0.4.8 at (0..'ffffffff'H)) */
    switch ((int)v->basetype) {
    case SMI_BASETYPE_UNSIGNED32:
        return v->value.unsigned32;
    case SMI_BASETYPE_INTEGER64:
        return v->value.integer64;
    case SMI_BASETYPE_UNSIGNED64:
        return (long long)v->value.unsigned64;
    default:
        return v->value.integer32;
    }
}

static void
add_values(SmiType *type)
{
    SmiNamedNumber *n = NULL;

    if (type == NULL || (type->basetype != SMI_BASETYPE_ENUM && type->basetype != SMI_BASETYPE_BITS))
        return;
    for (; type != NULL && n == NULL; type = smiGetParentType(type))
        n = smiGetFirstNamedNumber(type);
    for (; n != NULL; n = smiGetNextNamedNumber(n))
        add("%s(%lld) ", n->name, number(&n->value, NULL));
}

static void
add_ranges(SmiType *type)
{
    SmiRange *r = NULL;

    for (SmiType *t = type; t != NULL && r == NULL; t = smiGetParentType(t))
        r = smiGetFirstRange(t);
    for (; r != NULL; r = smiGetNextRange(r))
        add("%lld..%lld ", number(&r->minValue, type), number(&r->maxValue, type));
}

static void
add_hint(SmiType *type)
{
    while (type != NULL && type->format == NULL)
        type = smiGetParentType(type);
    for (const char *p = type != NULL ? type->format : ""; *p != '\0'; p++)
        if (*p != ' ')
            add("%c", *p);
}

static const char *
base(const SmiType *type)
{
    static const char *const names[][2] = {
        {"Counter32", "counter"}, {"Counter", "counter"},     {"TimeTicks", "ticks"}, {"IpAddress", "address"},
        {"Opaque", "opaque"},     {"Counter64", "counter64"}, {"Gauge32", "unsigned"}, {"Gauge", "unsigned"},
    };

    if (type == NULL)
        return "";
    for (SmiType *t = (SmiType *)(size_t)type; t != NULL; t = smiGetParentType(t))
        for (size_t i = 0; t->name != NULL && i < sizeof names / sizeof names[0]; i++)
            if (strcmp(t->name, names[i][0]) == 0)
                return names[i][1];
    switch ((int)type->basetype) {
    case SMI_BASETYPE_INTEGER32:
    case SMI_BASETYPE_ENUM:
        return "integer";
    case SMI_BASETYPE_OCTETSTRING:
        return "octets";
    case SMI_BASETYPE_OBJECTIDENTIFIER:
        return "oid";
    case SMI_BASETYPE_UNSIGNED32:
        return "unsigned";
    case SMI_BASETYPE_UNSIGNED64:
        return "counter64";
    case SMI_BASETYPE_BITS:
        return "bits";
    default:
        return "";
    }
}

static const char *
status(SmiStatus s)
{
    switch ((int)s) {
    case SMI_STATUS_CURRENT:
    case SMI_STATUS_MANDATORY:
    case SMI_STATUS_OPTIONAL:
        return "current";
    case SMI_STATUS_DEPRECATED:
        return "deprecated";
    case SMI_STATUS_OBSOLETE:
        return "obsolete";
    default:
        return "";
    }
}

void
oracle_smi_start(const char *directory)
{
    smiInit("trapline-oracle");
    smiSetErrorLevel(0);
    smiSetPath((char *)(size_t)directory);
}

bool
oracle_smi_fact(const char *module, const char *name, const char *fact, char *out, size_t size)
{
    SmiModule *m = smiLoadModule(module) != NULL ? smiGetModule((char *)(size_t)module) : NULL;
    SmiNode *node = m != NULL ? smiGetNode(m, name) : NULL;
    SmiType *type;

    if (node == NULL)
        return false;
    type = smiGetNodeType(node);
    room = out;
    room_size = size;
    room_used = 0;
    *out = '\0';
    if (strcmp(fact, "values") == 0)
        add_values(type);
    else if (strcmp(fact, "ranges") == 0 && type != NULL)
        add_ranges(type);
    else if (strcmp(fact, "hint") == 0)
        add_hint(type);
    else if (strcmp(fact, "type") == 0)
        add("%s", base(type));
    else if (strcmp(fact, "status") == 0)
        add("%s", status(node->status));
    else if (strcmp(fact, "oid") == 0)
        for (unsigned i = 0; i < node->oidlen; i++)
            add("%s%u", i > 0 ? "." : "", node->oid[i]);
    else
        return false;
    return true;
}
