/* Devices: asking agents and setting values, over SNMPv1, v2c and v3.
 *
 * The whole conversation with the network has one shape: a call that returns a request, and one completion (see
 * request.h). Values in a reply live until the callback returns. Read-only is enforced here, where packets
 * leave. */
#ifndef API_DEVICE_H
#define API_DEVICE_H

#include "failure.h"
#include "loop.h"
#include "oid.h"
#include "quirk.h"
#include "request.h"
#include "value.h"

struct engine; /* all sessions: sockets, credentials, engine IDs, pacing */
struct device;

enum snmp_version { SNMP_V1 = 1, SNMP_V2C = 2, SNMP_V3 = 3 };
enum snmp_level { SNMP_NO_AUTH_NO_PRIV = 1, SNMP_AUTH_NO_PRIV = 2, SNMP_AUTH_PRIV = 3 };

/* TLS and DTLS (RFC 6353): paths of PEM files, and what the agent's certificate must be. */
struct device_tls {
    const char *certificate, *key; /* ours; key NULL: in the certificate's file */
    const char *ca, *name;         /* it ends there and names this; name NULL: the host of the address */
    const char *fingerprint;       /* or its SHA-256 */
    const char *oldest;            /* "1.0", "1.2", "1.3"; NULL: 1.2 */
};

/* How to speak to an agent. Texts are copied; secrets are wiped when the device is freed. */
struct device_access {
    enum snmp_version version;
    const char *community;      /* v1, v2c */
    const char *user;           /* v3: securityName */
    enum snmp_level level;
    const char *auth, *priv;    /* "MD5" "SHA-1" "SHA-256"…; "DES" "AES-128" "AES-192" "AES-256" "AES-192-C"… */
    const char *auth_password, *priv_password;
    const char *context;        /* contextName, or NULL */
    struct device_tls tls;      /* "tls:" and "dtls:" addresses: instead of user and passwords */
};

struct device_options {
    const char *name;    /* as shown */
    const char *address; /* "host", "host:port", "udp6:[::1]:161", "tcp:…", "tls:…", "dtls:…"; see `port` */
    int port;            /* where the address names none; 0: 161; over TLS 10000 more */
    struct device_access access;
    bool read_only;
    int64_t timeout;     /* nanoseconds for one try; 0: one second, then by what is measured */
    int retries;         /* negative: the default, 3 */
    uint64_t most;       /* values of one walk or table, after which it ends as endless; 0: 20 million */
};

enum device_state { DEVICE_UNKNOWN, DEVICE_ASKING, DEVICE_ANSWERS, DEVICE_SILENT, DEVICE_REFUSES };

struct device_status {
    enum device_state state;
    int64_t latency;   /* nanoseconds, smoothed; 0 unknown */
    int64_t last_seen; /* loop_now of the last answer; 0 never */
    struct failure failure; /* of the last request that failed; kind FAILURE_NONE after an answer */
    char peer[80];     /* numeric address once resolved */
    char note[200];    /* what was noticed and handled: "the agent restarted", "answers come from …"; or "" */
    char engine_id[67];/* v3: hexadecimal, once discovered; else "" */
    uint32_t boots;
    struct device_counters {
        uint64_t requests, answers, resent, silent; /* silent: given up without an answer */
        uint64_t late, strangers; /* strangers: right number, wrong address */
        uint64_t forged, old, resyncs;
    } counters;
};

struct engine_counters {
    uint64_t sent, received, malformed, unexpected; /* unexpected: for nothing that is outstanding */
};

struct engine *engine_new(struct loop *loop, const char *state_directory, struct failure *why);
/* Frees its devices; NULL is fine. Not from inside a callback of the engine; devices may be freed there. */
void engine_free(struct engine *engine);
void engine_counters(const struct engine *engine, struct engine_counters *out);

/* Never blocks: names are resolved later. NULL with *why for what can be seen to be wrong at once. */
struct device *device_new(struct engine *engine, const struct device_options *options, struct failure *why);
void device_free(struct device *device); /* cancels what is under way, without callbacks */
const char *device_name(const struct device *device);
bool device_read_only(const struct device *device);
void device_status(const struct device *device, struct device_status *out);
/* What was learnt about it (quirk.h), kept by its address in the engine's state directory. */
const struct quirks *device_quirks(const struct device *device);

struct device_reply {
    const struct failure *failure; /* NULL: answered; with an error_status, failure says it in words too */
    int error_status;              /* RFC 3416 §3; 0 noError */
    int error_index;               /* counted from 1, 0 none */
    const struct varbind *varbinds;
    size_t n;
    int64_t round_trip; /* nanoseconds */
};

typedef void device_reply_fn(void *arg, const struct device_reply *reply);

/* Any number of names: split to fit, put back in order. A v1 agent's noSuchName becomes noSuchInstance of its
 * varbind. */
struct request *device_get(struct device *device, const struct oid *names, size_t n, device_reply_fn *fn,
                           void *arg);
struct request *device_get_next(struct device *device, const struct oid *names, size_t n, device_reply_fn *fn,
                                void *arg);
/* One PDU, sent once: a lost answer to a SET is never tried again blindly (FAILURE_UNREACHABLE then means
 * "unknown", read back to learn). Refused without a packet when the device is read-only. */
struct request *device_set(struct device *device, const struct varbind *varbinds, size_t n, device_reply_fn *fn,
                           void *arg);

/* A walk streams varbinds in order, in batches: exactly what GETNEXT after GETNEXT would have brought, each name once,
 * each value as it was when it was asked for. Where an agent's names do not increase the walk ends with what came
 * before them, and a note; where it answers with an error, likewise, with the failure. */
typedef void device_rows_fn(void *arg, const struct varbind *varbinds, size_t n);

struct walk_end {
    const struct failure *failure; /* NULL: complete */
    const char *note;              /* "agent's OIDs did not increase at …; stopped", or NULL */
    bool view_ended;              /* the agent has nothing at all behind it */
    uint64_t varbinds, requests;
};
typedef void walk_end_fn(void *arg, const struct walk_end *end);

struct request *device_walk(struct device *device, const struct oid *root, device_rows_fn *rows,
                            walk_end_fn *end, void *arg);

/* As a walk of each column. Columns of one conceptual row, in the order asked for. `cells[i]` is NULL for a hole. Rows arrive in index
 * order, each whole and once. */
typedef void device_row_fn(void *arg, const uint32_t *index, size_t n_index, const struct value *const *cells,
                           size_t n_cells);
struct request *device_table(struct device *device, const struct oid *columns, size_t n, device_row_fn *row,
                             walk_end_fn *end, void *arg);

/* "noSuchName(2)" … as the RFC writes them; "error 42" for what it does not know. */
const char *device_error_name(int error_status);

#endif
