/* The dispatcher's side of the outbox: claiming with a lease, recording verdicts. What people see is api/outbox.h. */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "api/outbox.h"

/* Checked, written, in the caller's transaction. */
bool outbox_insert(struct store *store, const struct mail *mail, int64_t *id, struct failure *why);

struct outbox_claim {
    const char *relay, *owner;
    bool any;          /* also mail that names no relay */
    bool first_only;   /* the budget is used up: only the first of a cause within the hour, and what a person sent */
    uint64_t each;     /* mails a recipient gets within the hour, beside the first of a cause and what a person sent; 0: any */
    int64_t now, lease_until;
    size_t limit;      /* mails */
    size_t octets;     /* of bodies and attachments: the first is always taken */
};
/* Leased rows in the order in which they are due: their ids go to `ids` (room for `limit`), how many to *n. */
bool outbox_claim(struct store *store, const struct outbox_claim *claim, int64_t *ids, size_t *n,
                  struct failure *why);

struct outbox_verdict {
    size_t recipient;      /* position among those that were given to the worker */
    const char *address;
    enum mail_state state; /* MAIL_SENT, MAIL_WAITING (4xx), MAIL_UNKNOWN, MAIL_DEAD */
    bool counts;           /* an attempt of this recipient, not only a session that failed */
    int code;
    const char *enhanced, *words;
};

struct outbox_result {
    int64_t id, started, now;
    int64_t due;           /* of what is to be tried again; 0 leaves it as it is */
    const char *relay, *cause, *protection, *words, *talk;
    const struct outbox_verdict *verdicts;
    size_t n_verdicts;
};
/* One transaction: recipients, the mail's state, the attempt; the lease ends. */
bool outbox_record(struct store *store, const char *owner, const struct outbox_result *result, struct failure *why);

/* Leases of others than `owner` are over: their owner is dead, as the collector's lock is ours. */
bool outbox_recover(struct store *store, const char *owner, int64_t now, struct failure *why);
/* What is past its lifetime becomes dead. *n of them. */
bool outbox_expire(struct store *store, int64_t now, size_t *n, struct failure *why);
/* When the next waiting mail is due, INT64_MAX when none waits. */
bool outbox_next_due(struct store *store, int64_t *due, struct failure *why);
/* Mails delivered to anybody since then. */
bool outbox_sent_since(struct store *store, int64_t since, uint64_t *n, struct failure *why);

struct outbox_relay {
    char name[128], cause[32], words[480];
    char alarm[32]; /* the cause that says its line is not safe, until a session works; "" */
    char known[RELAY_KNOWN_MAX]; /* how its server took us; the dispatcher's own form */
    int failures; /* in a row, 0: it works */
    int64_t next_try, at;
};
bool outbox_relay_read(struct store *store, const char *name, struct outbox_relay *out, struct failure *why);
/* Relays that are in no settings any more are forgotten, and mail that waits for one says so; `names`: each between line
 * feeds. */
bool outbox_relay_keep(struct store *store, const char *names, struct failure *why);
bool outbox_relay_write(struct store *store, const struct outbox_relay *relay, struct failure *why);

#endif
