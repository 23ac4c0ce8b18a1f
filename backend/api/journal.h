/* The journal of notifications and the ledger that proves its completeness. */
#ifndef API_JOURNAL_H
#define API_JOURNAL_H

#include "store.h"
#include "value.h"

enum severity { SEVERITY_OK, SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_MINOR, SEVERITY_MAJOR, SEVERITY_CRITICAL };

const char *severity_word(enum severity severity);  /* "warning" */
const char *severity_short(enum severity severity); /* "warn": four letters */
bool severity_parse(const char *word, enum severity *out);

struct notification {
    int64_t id;              /* row, increasing in the order of commit */
    int64_t received;        /* wall clock, nanoseconds since 1970 */
    int version;             /* 1, 2, 3 as enum snmp_version */
    bool inform;
    enum severity severity;
    const char *why;         /* why this severity: "standard: linkDown", "words: fail" */
    const char *source;      /* address the datagram came from, numeric with port */
    const char *origin;      /* the device it is about: agent-addr, snmpTrapAddress or the source */
    const char *device;      /* configured name of the origin, or NULL */
    const char *security;    /* v3 user, or NULL; communities are never kept */
    const char *context;
    struct oid name;         /* snmpTrapOID.0, by RFC 3584 §3 for v1 */
    uint64_t uptime;         /* sysUpTime.0, hundredths */
    const struct varbind *varbinds; /* those behind the first two */
    size_t n_varbinds;
    const uint8_t *raw;      /* the datagram, community octets masked */
    size_t n_raw;
};

/* Called for each row, in id order; what it is given lives until it returns. False stops. */
typedef bool journal_row_fn(void *arg, const struct notification *notification);

/* Rows with id > after (ascending), or id < before (descending): at most `limit`, bounded time. Returns false
 * with *why on failure. */
bool journal_after(struct store *store, int64_t after, size_t limit, journal_row_fn *fn, void *arg,
                   struct failure *why);
bool journal_before(struct store *store, int64_t before, size_t limit, journal_row_fn *fn, void *arg,
                    struct failure *why);
bool journal_one(struct store *store, int64_t id, journal_row_fn *fn, void *arg, struct failure *why);
/* Newest and oldest row id, 0 when empty. Ids have no gaps, so these count, too. */
bool journal_bounds(struct store *store, int64_t *oldest, int64_t *newest, struct failure *why);
/* The last row that was received before `at` (wall clock), found by halving low..high, for rows are in the order they
 * came; low when none of those behind it was. */
bool journal_since(struct store *store, int64_t at, int64_t low, int64_t high, int64_t *before, struct failure *why);

enum reject_cause {
    REJECT_COMMUNITY, REJECT_SOURCE, /* of v1 and v2c, and of any */
    REJECT_USER, REJECT_ENGINE, REJECT_DIGEST, REJECT_LEVEL, REJECT_TIME_WINDOW, REJECT_DECRYPTION, /* of the USM */
    REJECT_NOT_US,  /* well formed, but no notification: a request, a response */
    REJECT_VERSION, /* of SNMP, or a security model that does not go with the listener */
    REJECT_NO_CERTIFICATE,
    REJECT_CERTIFICATE, /* is nobody's; `security` is its fingerprint */
    REJECT_SESSION,     /* of TLS: came to nothing, or what came is none */
    REJECT_CAUSES,
};
const char *reject_cause_words(enum reject_cause cause);
const char *reject_security_words(enum reject_cause cause); /* what a rejected sender's `security` is: "user" */

/* received = stored + duplicate + dropped + rejected + malformed + protocol + waiting + lost (both). */
struct ledger {
    uint64_t received, stored, duplicate, dropped, rejected, malformed, protocol, waiting;
    uint64_t lost_overflow, lost_restart;
    uint64_t kernel_drops, informs_answered; /* beside the sum */
    uint64_t by_cause[REJECT_CAUSES];        /* of rejected */
    int64_t since;                           /* wall clock of the first count */
};

/* All listeners together. */
bool ledger_read(struct store *store, struct ledger *out, struct failure *why);
bool ledger_adds_up(const struct ledger *ledger);

struct listener {
    const char *name, *address; /* as configured; as bound, with the port it got */
    uint64_t asked, granted;    /* octets of receive buffer */
    struct ledger ledger;
};
typedef bool listener_row_fn(void *arg, const struct listener *listener);
bool ledger_listeners(struct store *store, listener_row_fn *fn, void *arg, struct failure *why);

/* By address, the busiest first; bounded, the rest is summed under "others". */
struct sender_count {
    const char *source;
    uint64_t stored, duplicate, dropped, rejected;
    int64_t first, last; /* wall clock */
};
typedef bool sender_row_fn(void *arg, const struct sender_count *sender);
bool ledger_senders(struct store *store, size_t limit, sender_row_fn *fn, void *arg, struct failure *why);

/* Over time: by the hour, for a month, as the clock was then; an hour in which nothing came is left out. `since`: wall
 * clock, whose hour is the first; 0: all there is. Rows of one listener or sender stand together, in the order of time. */
struct ledger_hour {
    const char *listener;
    int64_t hour;         /* wall clock of its begin */
    struct ledger ledger; /* what came in it; waiting is not told */
};
typedef bool ledger_hour_fn(void *arg, const struct ledger_hour *hour);
bool ledger_hours(struct store *store, int64_t since, ledger_hour_fn *fn, void *arg, struct failure *why);
/* What came in an hour: first and last are its begin and end. Of one source, or of all when it is NULL. */
bool ledger_sender_hours(struct store *store, int64_t since, const char *source, sender_row_fn *fn, void *arg,
                         struct failure *why);

struct rejected_sender {
    int64_t id;
    const char *source, *security; /* community is masked; v3 user, fingerprint of a certificate, or NULL */
    const char *engine_id;
    enum reject_cause cause;
    uint64_t count;
    int64_t first, last; /* wall clock */
    const uint8_t *raw;  /* the last datagram, community masked */
    size_t n_raw;
};
typedef bool rejected_row_fn(void *arg, const struct rejected_sender *sender);
/* The latest first. */
bool rejected_senders(struct store *store, rejected_row_fn *fn, void *arg, struct failure *why);
bool rejected_forget(struct store *store, int64_t id, struct failure *why);

/* Senders that people let in from the console; the collector takes them up within a second. A secret is never here:
 * a profile of the settings is named. */
struct admitted_sender {
    int64_t id, at;
    /* source: a network; profile, engine_id and fingerprint (of its certificate) may be NULL */
    const char *name, *source, *profile, *engine_id, *who, *fingerprint;
};
typedef bool admitted_row_fn(void *arg, const struct admitted_sender *sender);
bool admitted_senders(struct store *store, admitted_row_fn *fn, void *arg, struct failure *why);
bool admitted_add(struct store *store, const struct admitted_sender *sender, int64_t *id, struct failure *why);
bool admitted_remove(struct store *store, const char *name, struct failure *why);

/* Letting in one that was turned away: it is admitted and its row goes, or neither. */
struct profile;
struct admission {
    int64_t id;                    /* of the rejected sender */
    const struct profile *profile; /* with its community or user; NULL when its address or certificate was refused */
    const char *source, *name;     /* a network and what it is called; NULL: the address it sent from */
    const char *who;
};
/* What is missing or does not fit is FAILURE_USAGE. `name` (may be NULL) gets what it is called now. */
bool rejected_admit(struct store *store, const struct admission *how, char *name, size_t size, struct failure *why);
/* Could it be let in by this profile? NULL asks whether none is needed. */
bool rejected_fits(const struct rejected_sender *sender, const struct profile *profile, struct failure *why);

#endif
