/* SNMPv3 under a secure transport (RFC 5591): the session says who speaks, so that messages carry a plain scoped PDU and
 * nothing of security. Which engine is spoken to is asked as RFC 5343 has it. */
#ifndef SNMP_TSM_H
#define SNMP_TSM_H

#include "snmp/security.h"

struct tsm {
    char *context;
    int32_t max_size; /* of a message, as we say */
    uint8_t engine_id[ENGINE_ID_MAX];
    size_t n; /* 0: not discovered */
};

struct tsm *tsm_new(const char *context, int32_t max_size);
void tsm_free(struct tsm *tsm); /* NULL is fine */
/* A whole message at the end of the output; `probe` asks the engine that is there, whichever it is. */
void tsm_put(struct ber_out *out, const struct tsm *tsm, bool probe, int32_t id, const struct pdu *pdu, const uint8_t *list,
             size_t n_list);
bool tsm_read(const struct message_v3 *head, struct arena *arena, struct pdu *out);
/* What a probe asks for: snmpEngineID.0. */
extern const struct varbind tsm_question;
/* From the answer to a probe. False: it tells none. */
bool tsm_take_engine(struct tsm *tsm, const struct pdu *answer);

#endif
