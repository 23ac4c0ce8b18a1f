/* Where each digest stands, and sending one: the outbox row and the cursor in one transaction. */
#ifndef STORE_DIGEST_QUEUE_H
#define STORE_DIGEST_QUEUE_H

#include "api/outbox.h"

struct digest_cursor {
    int64_t upto;     /* the last row that a mail covered, or when it began: the newest then */
    int64_t last_run; /* wall clock, 0 never */
    int64_t mail;     /* the last mail, 0 none */
    int64_t first;    /* its first row */
    bool exists;
};
bool digest_cursor_read(struct store *store, const char *name, struct digest_cursor *out, struct failure *why);
/* Begin at `upto` and `now`, when there is no cursor yet. */
bool digest_cursor_begin(struct store *store, const char *name, int64_t upto, int64_t now, struct failure *why);

/* The first row behind `after` that is at least `severity`; 0 in *id when none up to `end`. */
bool digest_look(struct store *store, int64_t after, int64_t end, int severity, int64_t *id, int64_t *received,
                 struct failure *why);

/* Writes the mail and moves the cursor to `upto`, at once or not at all. `replaces`: a mail that nobody has tried yet
 * and that this one contains; it is cancelled. FAILURE_BUSY when that has been taken meanwhile. */
bool digest_commit(struct store *store, const char *name, const struct mail *mail, int64_t first, int64_t upto,
                   int64_t replaces, int64_t *id, struct failure *why);
/* Is that mail still untouched: no attempt, not leased? */
bool digest_untouched(struct store *store, int64_t mail, bool *out, struct failure *why);

#endif
