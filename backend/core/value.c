/* Values and varbinds: copying, comparing, the SMI's names. Rendering is in render.c. */
#include "api/value.h"

#include "core/memory.h"

#include <string.h>

static bool
has_octets(enum value_type type)
{
    return type == VALUE_OCTETS || type == VALUE_IPADDRESS || type == VALUE_OPAQUE;
}

static size_t
payload_size(const struct value *v)
{
    if (has_octets(v->type))
        return v->n;
    return v->type == VALUE_OID ? v->n * sizeof *v->arcs : 0;
}

struct varbind *
varbind_copy(const struct varbind *vb)
{
    size_t size = payload_size(&vb->value);
    struct varbind *copy = memory_alloc(sizeof *copy + size);

    *copy = *vb;
    if (size > 0)
        memcpy(copy + 1, vb->value.octets, size);
    if (has_octets(vb->value.type))
        copy->value.octets = (const uint8_t *) (copy + 1);
    else if (vb->value.type == VALUE_OID)
        copy->value.arcs = (const uint32_t *) (const void *) (copy + 1);
    return copy;
}

bool
value_equal(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case VALUE_INTEGER:
    case VALUE_COUNTER32:
    case VALUE_GAUGE32:
    case VALUE_TIMETICKS:
    case VALUE_COUNTER64:
        return a->u == b->u;
    case VALUE_OCTETS:
    case VALUE_IPADDRESS:
    case VALUE_OPAQUE:
    case VALUE_OID:
        return a->n == b->n && (a->n == 0 || memcmp(a->octets, b->octets, payload_size(a)) == 0);
    case VALUE_NULL:
    case VALUE_NO_SUCH_OBJECT:
    case VALUE_NO_SUCH_INSTANCE:
    case VALUE_END_OF_MIB_VIEW:
        return true;
    }
    return false;
}

const char *
value_type_name(enum value_type type)
{
    switch (type) {
    case VALUE_NULL:
        return "NULL";
    case VALUE_INTEGER:
        return "INTEGER";
    case VALUE_OCTETS:
        return "OCTET STRING";
    case VALUE_OID:
        return "OBJECT IDENTIFIER";
    case VALUE_IPADDRESS:
        return "IpAddress";
    case VALUE_COUNTER32:
        return "Counter32";
    case VALUE_GAUGE32:
        return "Gauge32";
    case VALUE_TIMETICKS:
        return "TimeTicks";
    case VALUE_COUNTER64:
        return "Counter64";
    case VALUE_OPAQUE:
        return "Opaque";
    case VALUE_NO_SUCH_OBJECT:
        return "noSuchObject";
    case VALUE_NO_SUCH_INSTANCE:
        return "noSuchInstance";
    case VALUE_END_OF_MIB_VIEW:
        return "endOfMibView";
    }
    return "unknown type";
}
