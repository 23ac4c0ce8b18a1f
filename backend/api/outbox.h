/* The outbox: mail that was accepted for delivery and is not forgotten until the truth about it is known.
 *
 * A row is written in the same transaction as what caused it, with content and Message-ID fixed then. The
 * collector's dispatcher claims due rows with a lease and records a verdict for every recipient: 2xx sent, 4xx again
 * with growing gaps until `expires`, 5xx dead, and "unknown" when the connection was lost behind the final dot. */
#ifndef API_OUTBOX_H
#define API_OUTBOX_H

#include "store.h"

#include <stddef.h>

enum mail_state {
    MAIL_WAITING,
    MAIL_HELD,
    MAIL_SENDING, /* leased */
    MAIL_SENT,
    MAIL_PARTLY_SENT,
    MAIL_UNKNOWN, /* connection lost after the final dot: tried again with the same Message-ID */
    MAIL_DEAD,
    MAIL_CANCELLED,
};
const char *mail_state_word(enum mail_state state);

struct mail_attachment {
    const char *name, *type; /* "traps.csv", "text/csv" */
    const uint8_t *octets;
    size_t n;
};

struct mail_recipient {
    const char *address;
    enum mail_state state;
    int code;             /* last SMTP reply for it, 0 none */
    const char *enhanced; /* "5.1.1", or "" */
    const char *words;    /* the server's words, sanitised */
    int attempts;
};

struct mail {
    int64_t id, created, due, expires; /* wall clock; expires 0 when adding: three days */
    enum mail_state state;
    const char *relay;      /* name of the mail section; "" or NULL: the first that works */
    const char *cause;      /* "digest morning", "person ana", "alarm 12" */
    const char *from, *subject, *text, *html; /* from NULL or "": the relay's */
    const char *message_id; /* NULL when adding: one is made */
    const struct mail_recipient *recipients;
    size_t n_recipients;
    const struct mail_attachment *attachments;
    size_t n_attachments;
    int attempts;
    const char *words;      /* of the last attempt as a whole */
};

enum { MAIL_RECIPIENTS_MAX = 500, MAIL_ATTACHMENTS_MAX = 32, MAIL_BODY_MAX = 16 << 20 };

/* Put a mail in: from, subject, text, html, recipients' addresses, attachments, relay and cause are read; the rest
 * is filled in. Addresses, header fields and lengths are checked first (FAILURE_USAGE with a sentence). */
bool outbox_add(struct store *store, const struct mail *mail, int64_t *id, struct failure *why);

typedef bool mail_row_fn(void *arg, const struct mail *mail);
/* Newest first; bodies and attachments are left out (NULL) unless one is asked for. */
bool outbox_list(struct store *store, size_t limit, mail_row_fn *fn, void *arg, struct failure *why);
bool outbox_one(struct store *store, int64_t id, mail_row_fn *fn, void *arg, struct failure *why);

struct mail_attempt {
    int64_t started, ended; /* wall clock */
    const char *relay, *cause, *protection, *words;
    const char *talk;       /* the SMTP conversation, a line each, secrets masked */
};
typedef bool mail_attempt_fn(void *arg, const struct mail_attempt *attempt);
/* Newest first; the last ones are kept. */
bool outbox_attempts(struct store *store, int64_t id, mail_attempt_fn *fn, void *arg, struct failure *why);

struct outbox_counts {
    uint64_t waiting, held, sending, sent, unknown, dead;
    bool security; /* a relay's certificate, TLS or STARTTLS is not as it must be, or octets were put in its line: from then
                      until a session with it works */
};
bool outbox_counts(struct store *store, struct outbox_counts *out, struct failure *why);

/* One mail, or with id 0 all that are in a state for it. FAILURE_ABSENT when there is none, FAILURE_BUSY while it is
 * being sent. */
bool outbox_hold(struct store *store, int64_t id, struct failure *why);
bool outbox_retry(struct store *store, int64_t id, struct failure *why); /* due now; a dead one lives again */
bool outbox_cancel(struct store *store, int64_t id, struct failure *why);
/* Another address for a recipient that has not got it: sent now, unless the mail is held. */
bool outbox_readdress(struct store *store, int64_t id, const char *old_address, const char *new_address,
                      struct failure *why);
/* A bounce came for this Message-ID or envelope id: the recipient is dead, with the words. */
bool outbox_bounced(struct store *store, const char *message_id, int64_t id, const char *address, bool final,
                    const char *enhanced, const char *words, struct failure *why);

struct relay_trouble {
    const char *name, *cause, *words; /* of its last session */
    int failures;                     /* in a row */
    int64_t next_try;                 /* wall clock */
    bool unsafe;                      /* it lights outbox_counts' lamp */
};
typedef bool relay_trouble_fn(void *arg, const struct relay_trouble *trouble);
/* Relays whose last session failed. */
bool outbox_troubles(struct store *store, relay_trouble_fn *fn, void *arg, struct failure *why);

enum { RELAY_KNOWN_MAX = 700 };
/* What sessions with a relay's server have left, for mail_doctor; "" when none has. */
bool outbox_relay_known(struct store *store, const char *name, char *out, size_t size, struct failure *why);

/* Enhanced status codes in words (RFC 3463, the IANA registry): "the mailbox does not exist", or "". */
const char *mail_code_words(int code, const char *enhanced);

#endif
