/* Senders that were turned away, gathered for a second: a flood becomes a few frames. Bounded: of more than fit, only
 * the ledger's sums tell. */
#ifndef COLLECTOR_REJECTED_H
#define COLLECTOR_REJECTED_H

#include "collector/channel.h"

enum { REJECTED_RAW = 2048 };

struct rejected;
struct rejected *rejected_new(void);
void rejected_free(struct rejected *rejected);
/* `f` has source, cause, listener, time and lengths. */
void rejected_note(struct rejected *rejected, const struct frame *f, const uint8_t *user, const uint8_t *engine,
                   const uint8_t *raw);
/* The next that has something to tell; rejected_told once it has been passed on. */
bool rejected_next(struct rejected *rejected, struct frame *f, const uint8_t **user, const uint8_t **engine,
                   const uint8_t **raw);
void rejected_told(struct rejected *rejected);

#endif
