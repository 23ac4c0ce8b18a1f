/* SNMPv3 by net-snmp: discovery, time windows, USM, reports and deferred responses, fed by us datagram by datagram.
 * The only file with the library's headers is engine.c. */
#ifndef COLLECTOR_ENGINE_H
#define COLLECTOR_ENGINE_H

#include "collector/config.h"
#include "collector/receive.h"
#include "core/trap.h"

/* What an authenticated (or allowed) v3 message said; lives until the callback returns. */
struct engine_note {
    const uint8_t *user, *context, *context_engine;
    size_t n_user, n_context, n_context_engine;
    int level;          /* 1 noAuthNoPriv, 2 authNoPriv, 3 authPriv */
    const uint8_t *pdu; /* tag first */
    size_t n_pdu;
    const void *held;   /* for engine_hold */
};

enum engine_verdict { ENGINE_NOTE, ENGINE_PROTOCOL, ENGINE_MALFORMED, ENGINE_REJECTED };

/* The header of a v3 message, read by us before the library sees it. */
struct engine_header {
    const uint8_t *engine, *user;
    size_t n_engine, n_user;
    int64_t boots, time;
    bool reportable, is_signed, sealed; /* by its flags */
    struct ber digest, salt, scoped;    /* scoped: the content, encrypted when sealed */
};

bool engine_start(const struct config *config, struct failure *why);
void engine_stop(void);
/* A user that may send; passwords in clear, hashed here and forgotten. With no engine ID: informs to us only. */
bool engine_add_user(const struct config_sender *sender, const char *auth_password, const char *priv_password,
                     struct failure *why);

/* What stands in the header of a message that is not read any further; false when that is not USM's. */
bool engine_look(const struct datagram *datagram, struct engine_header *header);

typedef void engine_note_fn(void *arg, const struct engine_note *note);
/* ENGINE_NOTE: fn was called, once. ENGINE_REJECTED: *cause says why. */
enum engine_verdict engine_read(const struct datagram *datagram, engine_note_fn *fn, void *arg,
                                struct engine_header *header, enum reject_cause *cause);

/* A copy of an inform's PDU from which a response can be made later; engine_end sends that or drops it. */
void *engine_hold(const void *held);
bool engine_end(void *pdu, bool send);

#endif
