/* The outbox: mail that was accepted for delivery and is not forgotten until the truth about it is known.
 *
 * A row is written in the same transaction as what caused it, with content and Message-ID fixed then. The
 * collector's dispatcher claims due rows with a lease and records a verdict for every recipient. */
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
    int code;           /* last SMTP reply for it, 0 none */
    const char *words;  /* the server's words, sanitised */
    int attempts;
};

struct mail {
    int64_t id, created, due, expires; /* wall clock */
    enum mail_state state;
    const char *relay;      /* name of the mail section */
    const char *cause;      /* "digest morning", "person", "alarm 12" */
    const char *from, *subject, *text, *html, *message_id;
    const struct mail_recipient *recipients;
    size_t n_recipients;
    const struct mail_attachment *attachments;
    size_t n_attachments;
    int attempts;
    const char *words;      /* of the last attempt as a whole */
};

/* Put a mail in: from, subject, text, html, recipients' addresses, attachments, relay and cause are read; the rest
 * is filled in. Addresses, header fields and lengths are checked first (FAILURE_USAGE with a sentence). */
bool outbox_add(struct store *store, const struct mail *mail, int64_t *id, struct failure *why);

typedef bool mail_row_fn(void *arg, const struct mail *mail);
/* Newest first; bodies and attachments are left out (NULL) unless one is asked for. */
bool outbox_list(struct store *store, size_t limit, mail_row_fn *fn, void *arg, struct failure *why);
bool outbox_one(struct store *store, int64_t id, mail_row_fn *fn, void *arg, struct failure *why);

struct outbox_counts {
    uint64_t waiting, held, sending, sent, unknown, dead;
};
bool outbox_counts(struct store *store, struct outbox_counts *out, struct failure *why);

bool outbox_hold(struct store *store, int64_t id, struct failure *why);
bool outbox_retry(struct store *store, int64_t id, struct failure *why); /* due now; a dead one lives again */
bool outbox_cancel(struct store *store, int64_t id, struct failure *why);

#endif
