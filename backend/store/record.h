/* How the collector's writer fills the store: notifications, informs once each, sums, senders, in transactions that
 * also say how far it came.
 *
 * After any failure but FAILURE_BUSY from record_begin, the recorder is of no use: close it, and the store, and open
 * both again. What was not committed did not happen. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "api/journal.h"

struct recorder;

struct record {
    int64_t received;
    int version;
    bool inform;
    enum severity severity;
    const char *why, *source, *origin, *device, *security, *context; /* those after source may be NULL */
    const uint8_t *name;  /* octets of the OID */
    size_t n_name;
    uint64_t uptime;
    const uint8_t *pdu;   /* v3: the PDU, tag first; else NULL, it is in raw */
    size_t n_pdu;
    const uint8_t *raw;
    size_t n_raw;
};

/* What intake counted for one listener since the run began. */
struct ledger_sums {
    uint64_t received, framed, duplicate, malformed, protocol, lost_overflow, lost_restart, kernel_drops;
    uint64_t informs_answered, rejected[REJECT_CAUSES];
};

/* `run` names the life of one channel from intake; frames are numbered within it. */
struct recorder *recorder_open(struct store *store, uint64_t run, struct failure *why);
void recorder_close(struct recorder *recorder);
struct store *recorder_store(const struct recorder *recorder);
int64_t recorder_run(const struct recorder *recorder);
uint64_t recorder_frame(const struct recorder *recorder);         /* the last one committed, 0 none */
const uint8_t *recorder_secret(const struct recorder *recorder);  /* 16 octets, for the keys of informs */

bool record_begin(struct recorder *recorder, struct failure *why);
/* Is this inform's key new within the time in which senders repeat themselves? It is remembered. */
bool record_inform(struct recorder *recorder, const uint8_t key[16], int64_t at, bool *fresh, struct failure *why);
bool record_add(struct recorder *recorder, const struct record *record, int64_t *id, struct failure *why);
/* Add to what became of a listener's frames, and of a sender's. */
bool record_outcome(struct recorder *recorder, const char *listener, uint64_t stored, uint64_t repeated,
                    uint64_t dropped, struct failure *why);
bool record_sender(struct recorder *recorder, const struct sender_count *more, struct failure *why);
bool record_rejected(struct recorder *recorder, const struct rejected_sender *sender, struct failure *why);
bool record_sums(struct recorder *recorder, const char *listener, const struct ledger_sums *sums,
                 struct failure *why);
bool record_listener(struct recorder *recorder, const struct listener *listener, struct failure *why);
bool record_commit(struct recorder *recorder, uint64_t frame, struct failure *why);

/* The hour's sample of the ledger, if it is due or a listener is not in it yet; inside a transaction, before it changes
 * any sum. */
bool record_sample(struct recorder *recorder, struct failure *why);

/* Runs that are over become one sum; what they left waiting was lost in a restart. Inside a transaction. */
bool record_fold(struct recorder *recorder, struct failure *why);

/* What is to go: rows beyond `rows`, rows older than `before`, and the oldest while the store has more than `octets` in
 * use; 0 sets no bound. `now` and `before` by the wall clock, which may have been wrong when a row came: so the order
 * counts, and no row goes for its age before one that came earlier and is young. The newest row always stays. */
struct retention {
    uint64_t rows, octets;
    int64_t before, now;
};
/* Small steps, each a transaction of its own: true in *more when there is more to do. */
bool retention_step(struct store *store, const struct retention *bounds, bool *more, struct failure *why);
/* Move the WAL into the store; `pages` of it wait. True in *done when none is left. */
bool checkpoint_step(struct store *store, bool *done, struct failure *why);
int checkpoint_pages(const struct store *store);
/* Is the file that was opened still the one at its path? */
bool store_is_there(struct store *store, struct failure *why);

#endif
