#include "snmp/tsm.h"

#include <stdlib.h>
#include <string.h>

const struct varbind tsm_question = { .name = { 11, { 1, 3, 6, 1, 6, 3, 10, 2, 1, 1, 0 } }, .value = { .type = VALUE_NULL } };

struct tsm *
tsm_new(const char *context, int32_t max_size)
{
    struct tsm *tsm = memory_zero(1, sizeof *tsm);

    tsm->context = memory_text(context != NULL ? context : "");
    tsm->max_size = max_size;
    return tsm;
}

void
tsm_free(struct tsm *tsm)
{
    if (tsm == NULL)
        return;
    free(tsm->context);
    free(tsm);
}

void
tsm_put(struct ber_out *out, const struct tsm *tsm, bool probe, int32_t id, const struct pdu *pdu, const uint8_t *list,
        size_t n_list)
{
    static const uint8_t whoever[] = { 0x80, 0, 0, 0, 6 }; /* localEngineID (RFC 5343 §3.1) */
    const uint8_t *context = (const uint8_t *) tsm->context, *engine_id = probe ? whoever : tsm->engine_id;

    pdu_put_tsm(out, MESSAGE_AUTH | MESSAGE_PRIV, id, tsm->max_size,
                (struct ber) { engine_id, engine_id + (probe ? sizeof whoever : tsm->n) },
                (struct ber) { context, context + strlen(tsm->context) }, pdu, list, n_list);
}

bool
tsm_read(const struct message_v3 *head, struct arena *arena, struct pdu *out)
{
    struct ber scoped = head->data, engine_id, context;

    return head->model == SECURITY_TSM && pdu_read_scoped(&scoped, arena, &engine_id, &context, out);
}

bool
tsm_take_engine(struct tsm *tsm, const struct pdu *answer)
{
    const struct value *v = answer->n == 1 ? &answer->varbinds[0].value : NULL;

    if (v == NULL || answer->error_status != 0 || v->type != VALUE_OCTETS || v->n < 1 || v->n > ENGINE_ID_MAX)
        return false;
    memcpy(tsm->engine_id, v->octets, v->n);
    tsm->n = v->n;
    return true;
}
