/* What the ledger's two files share: its rows as sums, and the samples by which it is told by the hour. */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "store/db.h"
#include "store/record.h"

#define LEDGER_HOUR ((int64_t) 3600 * 1000000000)
#define LEDGER_COLUMNS \
    "since, received, framed, stored, duplicate, repeated, dropped, malformed, protocol, lost_overflow," \
    " lost_restart, kernel_drops, informs_answered, rejected"

static inline int64_t
ledger_hour_of(int64_t wall)
{
    return wall - wall % LEDGER_HOUR;
}

struct ledger_row {
    uint64_t framed, repeated;
    struct ledger ledger;
};

int64_t ledger_wall(void);
/* Add what stands in LEDGER_COLUMNS from column `at` on; then make of it what people read. */
void ledger_add_row(sqlite3_stmt *select, int at, struct ledger_row *to);
void ledger_settle(struct ledger_row *row);
/* Into a table with a number, a listener and LEDGER_COLUMNS. What waits is not written. */
bool ledger_put(struct store *store, sqlite3_stmt *put, int64_t number, const char *listener, const struct ledger *ledger,
                struct failure *why);

/* The sample of this hour as record.c keeps it, with some of the senders that are in it: true when this one is, and from
 * then on it is. */
void recorder_set_sample(struct recorder *recorder, int64_t sample, int64_t hour);
int64_t recorder_sample(const struct recorder *recorder);
bool recorder_has_sampled(struct recorder *recorder, const char *source);

/* In a transaction that is about to change a sender's sums: what they are in this hour's sample. */
bool sample_sender(struct recorder *recorder, const char *source, struct failure *why);

#endif
