/* The store: journal, ledger, changes, outbox and the rest, in SQLite (WAL, synchronous=FULL).
 *
 * The collector's writer is the one heavy writer; consoles read, and write little. Long reads are cut into
 * bounded statements between turns of the loop: no read transaction outlives a turn. */
#ifndef API_STORE_H
#define API_STORE_H

#include "failure.h"

#include <stdint.h>

struct store;

enum store_mode {
    STORE_READ,   /* must exist */
    STORE_WRITE,  /* made and migrated as needed; small writes, never waits for a lock */
    STORE_WRITER, /* the collector's: also checkpoints */
};

/* `url`: "sqlite:PATH" or a path. A store from a newer version, a torn one and a locked one are each refused with
 * a sentence; nothing is ever deleted. */
struct store *store_open(const char *url, enum store_mode mode, struct failure *why);
void store_close(struct store *store); /* NULL is fine */
/* Changes whenever another connection committed: cheap, ask every turn. */
int64_t store_data_version(struct store *store);
/* The store's UUID as text, fixed when it was made. */
const char *store_uuid(const struct store *store);

#endif
