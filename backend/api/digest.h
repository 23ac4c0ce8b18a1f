/* A digest: what happened between two rows of the journal, as the text, HTML and CSV of one mail.
 *
 * Made by adding notifications in order; what is alike (severity, device, notification, values) is counted together.
 * Rendering is pure: the same rows give the same octets. The collector's scheduled digests and a console's "send what
 * is in view" are made here alike. */
#ifndef API_DIGEST_H
#define API_DIGEST_H

#include "journal.h"
#include "memory.h"

struct digest;

enum { DIGEST_SHOWN = 40, DIGEST_ROWS = 5000 }; /* groups in the text; rows kept for the CSV: more are only counted */

/* How objects and their values are named: "ifOperStatus.3", "down(2)". */
struct digest_names {
    char *(*object)(void *arg, const struct oid *name, char *text, size_t size);
    char *(*value)(void *arg, const struct varbind *varbind, char *text, size_t size);
    void *arg;
};
struct mib;
struct digest_names digest_names_of(struct mib *mib); /* NULL: by numbers */

/* `name` is copied; `now` is wall clock. */
struct digest *digest_new(const char *name, int64_t now);
void digest_free(struct digest *digest); /* NULL is fine */
void digest_add(struct digest *digest, const struct notification *notification,
                const struct digest_names *names); /* NULL: by numbers */
/* What the ledger stood at; without it the section is left out. */
void digest_set_ledger(struct digest *digest, const struct ledger *ledger);
/* Left out of the mail because a line in it says why: "what is in view, filter linkDown". */
void digest_set_note(struct digest *digest, const char *note);

uint64_t digest_events(const struct digest *digest);
int64_t digest_first(const struct digest *digest); /* row ids; 0 when empty */
int64_t digest_last(const struct digest *digest);
enum severity digest_worst(const struct digest *digest);

void digest_subject(const struct digest *digest, struct buf *out); /* "[now] 1 critical, 2 major; 17 events, 3 devices" */
void digest_text(const struct digest *digest, struct buf *out);    /* 72 columns */
void digest_html(const struct digest *digest, struct buf *out);
void digest_csv(const struct digest *digest, struct buf *out);
/* "now.csv": what no system takes in a file's name is a "-". */
void digest_file(const struct digest *digest, char *out, size_t size);
/* "<now.101-117.UUID@trapline>": a repeat of the same rows has the same id. */
void digest_message_id(const struct digest *digest, const char *store_uuid, char *out, size_t size);

#endif
