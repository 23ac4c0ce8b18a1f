/* What becomes of a frame in the store: origin, device, severity, a row; sums for its listener and its sender. The place
 * where rules and alarms will stand is between severity and row. */
#ifndef COLLECTOR_SETTLE_H
#define COLLECTOR_SETTLE_H

#include "collector/channel.h"
#include "collector/naming.h"

struct settler;

/* Called in the transaction for every row that is new. */
typedef bool settle_row_fn(void *arg, struct store *store, const struct notification *row, struct failure *why);

struct settler *settler_new(const struct naming *naming, const struct channel_head *head);
void settler_free(struct settler *settler);
void settler_on_row(struct settler *settler, enum severity least, settle_row_fn *fn, void *arg);
/* A new transaction: sums begin at nothing. */
void settle_begin(struct settler *settler);
/* False: the store failed; everything since settle_begin is to be done again. */
bool settle_frame(struct settler *settler, struct recorder *recorder, const uint8_t *frame, struct failure *why);
/* Sums into the transaction. */
bool settle_end(struct settler *settler, struct recorder *recorder, struct failure *why);
/* Informs among what was settled since settle_begin. */
uint64_t settle_informs(const struct settler *settler);

#endif
