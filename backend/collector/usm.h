/* Traps of senders' engines by the User-based Security Model (RFC 3414, RFC 3826, RFC 7860), read by us: net-snmp hashes
 * the engine ID at every look-up and fetches its algorithms anew for every message. Engines and users are those of the
 * settings; nothing is ever learned but an engine's boots and time, from a message whose digest is right. Informs, whose
 * engine is ours, and discovery stay net-snmp's. */
#ifndef COLLECTOR_USM_H
#define COLLECTOR_USM_H

#include "collector/engine.h"

/* Localised keys, as many octets as there are; kinds as net-snmp numbers them, 0: none. */
struct usm_keys {
    int auth_kind, priv_kind;
    const uint8_t *auth, *priv;
    size_t n_auth, n_priv;
};

enum { USM_AUTH_MD5 = 2, USM_AUTH_SHA1, USM_AUTH_SHA224, USM_AUTH_SHA256, USM_AUTH_SHA384, USM_AUTH_SHA512 };
enum { USM_PRIV_DES = 1, USM_PRIV_AES128, USM_PRIV_AES192, USM_PRIV_AES256 };

/* False: a protocol that is not known here; net-snmp reads such messages. */
bool usm_add(const uint8_t *engine, size_t n_engine, const char *user, const struct usm_keys *keys);
void usm_clear(void);
/* Is the message of an engine whose every user is known here? */
bool usm_knows(const struct engine_header *header);
/* ENGINE_NOTE: *note is filled and lives until the next call. `now`: monotonic nanoseconds. */
enum engine_verdict usm_read(const struct datagram *datagram, const struct engine_header *header, int64_t now,
                             struct engine_note *note, enum reject_cause *cause);
/* A plain scoped PDU, as the Transport Security Model has it, too: context and PDU of the note, and the PDU's tag. */
bool usm_read_scoped(struct ber scoped, struct engine_note *note, uint8_t *tag);

#endif
