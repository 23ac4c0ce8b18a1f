#include "collector/reencode.h"

#include <string.h>

static void
put_double(struct ber_out *out, const void *number, size_t size, uint8_t kind)
{
    const uint8_t *end = out->at, *octets = number;

    for (size_t i = 0; i < size; i++) /* network order: the host's last octet is written last, so first here */
        ber_put(out, octets + (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? i : size - 1 - i), 1);
    ber_put(out, (uint8_t[]) { (uint8_t) size }, 1);
    ber_put(out, (uint8_t[]) { 0x9f, kind }, 2);
    ber_put_head(out, BER_OPAQUE, end);
}

static uint64_t
wide(const struct counter64 *number)
{
    return (uint64_t) number->high << 32 | (uint32_t) number->low;
}

static void
put_wide(struct ber_out *out, const netsnmp_variable_list *v)
{
    const uint8_t *end = out->at;
    uint8_t kind = v->type;

    if (kind == ASN_OPAQUE_I64)
        ber_put_integer(out, kind, (int64_t) wide(v->val.counter64));
    else
        ber_put_unsigned(out, kind, wide(v->val.counter64));
    ber_put(out, (uint8_t[]) { 0x9f }, 1);
    ber_put_head(out, BER_OPAQUE, end);
}

static void
put_value(struct ber_out *out, const netsnmp_variable_list *v)
{
    const uint8_t *end = out->at;
    uint32_t arcs[MAX_OID_LEN];
    size_t n;

    switch (v->type) {
    case ASN_INTEGER:
        ber_put_integer(out, BER_INTEGER, *v->val.integer);
        return;
    case ASN_COUNTER:
    case ASN_GAUGE:
    case ASN_TIMETICKS:
    case ASN_UINTEGER:
        ber_put_unsigned(out, v->type, (uint32_t) *v->val.integer);
        return;
    case ASN_COUNTER64:
        ber_put_unsigned(out, BER_COUNTER64, wide(v->val.counter64));
        return;
    case ASN_OBJECT_ID:
        n = v->val_len / sizeof(oid) < MAX_OID_LEN ? v->val_len / sizeof(oid) : MAX_OID_LEN;
        for (size_t i = 0; i < n; i++)
            arcs[i] = (uint32_t) v->val.objid[i];
        ber_put_oid(out, arcs, n);
        return;
    case ASN_OPAQUE_FLOAT:
        put_double(out, v->val.floatVal, sizeof(float), v->type);
        return;
    case ASN_OPAQUE_DOUBLE:
        put_double(out, v->val.doubleVal, sizeof(double), v->type);
        return;
    case ASN_OPAQUE_I64:
    case ASN_OPAQUE_U64:
    case ASN_OPAQUE_COUNTER64:
        put_wide(out, v);
        return;
    default:
        if (v->val.string != NULL && v->type != ASN_NULL)
            ber_put(out, v->val.string, v->val_len);
        ber_put_head(out, v->type, end);
        return;
    }
}

bool
reencode_pdu(struct ber_out *out, const netsnmp_pdu *pdu)
{
    static const netsnmp_variable_list *list[BER_VARBINDS_MAX];
    const uint8_t *end = out->at;
    uint32_t arcs[MAX_OID_LEN];
    size_t n = 0;

    for (const netsnmp_variable_list *v = pdu->variables; v != NULL; v = v->next_variable) {
        if (n == BER_VARBINDS_MAX || v->name_length > MAX_OID_LEN)
            return false;
        list[n++] = v;
    }
    while (n-- > 0) {
        const uint8_t *after = out->at;

        put_value(out, list[n]);
        for (size_t i = 0; i < list[n]->name_length; i++)
            arcs[i] = (uint32_t) list[n]->name[i];
        ber_put_oid(out, arcs, list[n]->name_length);
        ber_put_head(out, BER_SEQUENCE, after);
    }
    ber_put_head(out, BER_SEQUENCE, end);
    ber_put_integer(out, BER_INTEGER, 0);
    ber_put_integer(out, BER_INTEGER, 0);
    ber_put_integer(out, BER_INTEGER, pdu->reqid);
    ber_put_head(out, (uint8_t) pdu->command, end);
    return !out->full;
}
