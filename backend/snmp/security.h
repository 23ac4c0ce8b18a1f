/* SNMPv3's user-based security for one device (RFC 3414): user, keys, the agent's engine.
 *
 * net-snmp's USM does the work, but its lists of users and engines, which are searched from one end to the other,
 * never shrink and are shared by all devices, hold nothing between two calls: what is known of an agent lives
 * here, is put in for one message and taken out again. */
#ifndef SNMP_SECURITY_H
#define SNMP_SECURITY_H

#include "api/device.h"
#include "core/pdu.h"
#include "io/identity.h"

struct security;

struct security_engine {
    uint8_t id[ENGINE_ID_MAX];
    size_t n; /* 0: not discovered */
    uint32_t boots, time;
    int64_t at;  /* loop time at which `time` was true; */
    bool proven; /* by an authenticated message */
};

/* NULL with *why for an unknown protocol or a password that is too short. Keys are made when an engine is set. */
struct security *security_new(const struct device_access *access, struct failure *why);
void security_free(struct security *security);
enum snmp_level security_level(const struct security *security);
const char *security_user(const struct security *security);
const struct security_engine *security_engine(const struct security *security);
/* Localises the keys when the engine ID is a new one. n of 0 forgets the engine. */
bool security_set_engine(struct security *security, const uint8_t *id, size_t n, uint32_t boots, uint32_t time,
                         int64_t now, struct failure *why);
/* Is it the last engine that an authenticated message came from? */
bool security_was_proven(const struct security *security, const uint8_t *id, size_t n);

/* A whole message under the msgID `id`; the octets are security's until the next call. `probe`: to an unknown engine, by
 * nobody. */
const uint8_t *security_write(struct security *security, bool probe, int32_t id, const struct pdu *pdu,
                              const uint8_t *list, size_t n_list, int64_t now, size_t *n);

enum security_verdict {
    SECURITY_ACCEPTED,
    SECURITY_HINT,      /* an unauthenticated report: true or not */
    SECURITY_MALFORMED,
    SECURITY_FORGED,    /* wrong digest, or another user or engine */
    SECURITY_WEAK,      /* below the level asked for */
    SECURITY_OLD,       /* outside the time window */
};
/* `message` is the whole datagram, `head` what pdu_read_v3 found in it. An accepted message moves the engine's
 * time; a notInTimeWindow report may also turn it back. Varbinds live in the arena, octets there or
 * in the message. */
enum security_verdict security_read(struct security *security, struct ber message, const struct message_v3 *head,
                                    int64_t now, struct arena *arena, struct pdu *out);

/* Which of the USM's statistics a report carries (RFC 3414 §5), 0 for none. */
enum {
    REPORT_UNSUPPORTED_LEVEL = 1,
    REPORT_NOT_IN_TIME_WINDOW,
    REPORT_UNKNOWN_USER,
    REPORT_UNKNOWN_ENGINE_ID,
    REPORT_WRONG_DIGEST,
    REPORT_DECRYPTION_ERROR,
};
int security_report(const struct pdu *pdu);

#endif
