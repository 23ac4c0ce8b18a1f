/* What becomes of each datagram: read, checked against the list of senders, told from retransmissions, put into a frame.
 * Every datagram ends in exactly one counter of its listener. */
#ifndef COLLECTOR_SORT_H
#define COLLECTOR_SORT_H

#include "collector/channel.h"
#include "collector/engine.h"
#include "collector/informs.h"
#include "collector/policy.h"

struct sorter;

/* `own` is kept, not copied. */
struct sorter *sorter_new(struct channel *channel, struct policy *policy, const struct identity *own);
void sorter_free(struct sorter *sorter);
void sort_datagram(struct sorter *sorter, const struct datagram *datagram);
/* The writer has committed up to this frame: answer its informs. */
void sort_committed(struct sorter *sorter, uint64_t frame);
/* Once a second: frames for the senders that were turned away meanwhile. */
void sort_rejected(struct sorter *sorter);

#endif
