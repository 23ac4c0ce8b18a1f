/* What the supervisor tells intake: who may send, by which community or user, and who we are. Secrets are named, not
 * told: intake reads them itself, before its sandbox closes. */
#ifndef COLLECTOR_CONFIG_H
#define COLLECTOR_CONFIG_H

#include "api/settings.h"
#include "core/fingerprint.h"
#include "core/memory.h"
#include "io/identity.h"
#include "store/record.h"

enum { CONFIG_MAX = 4 * 1024 * 1024 };

struct config_network {
    int family; /* 4 or 6 */
    uint8_t address[16];
    int bits;
};

struct config_sender {
    const char *name;
    struct config_network *networks; /* none: from anywhere */
    size_t n_networks;
    int version; /* 0: any v1 and v2c, whatever the community; 1 and 2 by community; 3 by user or by certificate */
    struct secret_source community, auth_password, priv_password;
    const char *user, *level, *auth, *priv;
    uint8_t engine_id[ENGINE_ID_MAX];
    size_t n_engine_id;
    bool has_fingerprint;
    uint8_t fingerprint[FINGERPRINT_OCTETS]; /* of its certificate */
};

struct config {
    struct identity own;
    bool trust_loopback;
    const char *state; /* directory for the library's own files */
    struct config_sender *senders;
    size_t n_senders;
};

/* "10.0.0.0/8", "2001:db8::/32", "192.0.2.1". */
bool config_network_parse(const char *text, struct config_network *out);
bool config_network_has(const struct config_network *network, int family, const uint8_t *address);

/* Senders of the settings and those admitted in the store (which may be NULL); one that makes no sense is left out and
 * logged. In `arena`. */
void config_gather(const struct settings *settings, struct store *store, struct arena *arena, struct config *out);
void config_encode(const struct config *config, struct buf *out);
bool config_decode(const uint8_t *octets, size_t n, struct arena *arena, struct config *out, struct failure *why);

#endif
