/* Sweeps: what a walk and a table have in common. Covers say what is not known yet; a sweep asks for it, many requests
 * at once, each about one span or several, and writes what comes back into the covers. How many requests are under
 * way is the device's window (core/pace.h); how much one asks for is what the agent was seen to answer. An answer
 * is only ever a fact about the stretch that was asked for, so loss, duplicates, late and short answers cost requests
 * and nothing else. */
#ifndef SNMP_SWEEP_H
#define SNMP_SWEEP_H

#include "core/cover.h"
#include "snmp/session.h"

enum { ITEMS_MAX = 40 };

struct call;

struct sweep {
    struct ask_handle handle; /* first: what the API hands out */
    struct call *calls;       /* under way */
    size_t items_max;         /* spans in one request */
    uint64_t varbinds, requests;
    size_t target;            /* octets of an answer to ask for */
    size_t cut_octets;        /* the largest answer that was shorter than asked for */
    bool doubt;               /* GETBULK has not been answered: trying without */
    bool too_big;             /* the agent has said so: its limit is felt for */
    int n_calls, probes;      /* under way; those of them that look for an end */
    unsigned full;            /* answers as large as the agent was thought to make them */
    int refused, backwards;   /* GETBULKs answered with an error; with OIDs that do not increase */
    struct failure failure;   /* ends the sweep once what lies before it is handed out */
    bool view_ended;          /* the agent has nothing behind it */
    bool failed;              /* the device does: nothing more will come */
    char note[2 * OID_TEXT_MAX + 200];
    const struct cover *told; /* whose end failure and note are about */
    void (*step)(struct sweep *sweep); /* something was learnt: hand out, ask on. The sweep may be gone afterwards */
};

void sweep_start(struct sweep *sweep, struct device *device, request_cancel_fn *cancel, void (*step)(struct sweep *));
/* Nothing is under way any more, and the device forgets the request. The covers are the owner's. */
void sweep_stop(struct sweep *sweep);
void sweep_forget(struct span *span); /* for cover.forget */

/* True when `given` values are all that a walk may bring: it fails then. */
bool sweep_enough(struct sweep *sweep, uint64_t given);
int sweep_room(const struct sweep *sweep); /* requests that may be made now */
int sweep_calls(const struct sweep *sweep); /* requests under way */
bool sweep_bulk(const struct sweep *sweep, const struct span *span);
/* Varbinds that an answer should have when each takes `width` octets (0: not known yet). */
size_t sweep_fit(const struct sweep *sweep, double width);
bool sweep_holds(const struct sweep *sweep, double octets); /* does one answer have room for so much? */
/* Ask for `repetitions` names behind each span's `at`; marks the spans asked. n <= items_max. */
void sweep_ask(struct sweep *sweep, struct span *const *spans, size_t n, size_t repetitions, bool probe);

#endif
