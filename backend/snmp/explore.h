/* Exploring: asking for what is unknown in a cover whose contents nobody has told. */
#ifndef SNMP_EXPLORE_H
#define SNMP_EXPLORE_H

#include "core/rows.h"
#include "snmp/sweep.h"

/* Octets of names that were read ahead; from here on only what holds up the front is asked for. */
enum { AHEAD_MAX = 32 << 20 };

/* Requests about spans, packed while one answer has room for them. */
struct batch {
    struct sweep *sweep;
    struct span *spans[ITEMS_MAX];
    size_t n, repetitions;
    double width; /* of one repetition */
    int room;     /* requests left */
    bool probe;
};
void batch_start(struct batch *batch, struct sweep *sweep);
/* False when there is no room for it any more. */
bool batch_add(struct batch *batch, struct span *span, size_t repetitions);
void batch_send(struct batch *batch);

/* Make as many requests about the cover as the batch has room for. `rows`: what is known of a table; may be NULL. */
void explore(struct batch *batch, struct cover *cover, const struct rows *rows);
/* A table was seen: which columns follow the one of `name`? */
void explore_columns(struct batch *batch, struct cover *cover, const struct rows *rows, const struct oid *name);
/* The same, before anything is known: where below the base do names lie? For tables, whose first arc is an index. */
void explore_first(struct batch *batch, struct cover *cover);

#endif
