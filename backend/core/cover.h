/* What is known of a part of the OID space, and what is not yet.
 *
 * A cover tiles all that lies below its base with spans, in order. Of a span everything up to `at` is known; what
 * lies between `at` and `to` is not. An answer is a fact about a stretch: asked after X, the agent named A, B and C,
 * so between X and C there is nothing else. Facts may come in any order, twice, or about more than was wanted; each
 * name is kept once. Names are taken out from the front, as far as nothing is unknown before them. Any point may
 * split a span: a wrong guess costs a request, never a row. Pure: no network here. */
#ifndef CORE_COVER_H
#define CORE_COVER_H

#include "api/value.h"

struct cell {
    struct cell *next;
    struct value value; /* its octets or arcs lie in this block */
    uint32_t n;
    uint32_t arcs[]; /* of the name, behind the cover's base */
};

struct span {
    struct span *next, *prev;
    struct cover *cover;
    struct oid at;  /* the last name known here, or where the span begins */
    struct oid to;  /* the last name that belongs to it */
    bool open;      /* it ends with what lies below the base: `to` is not used */
    bool done;      /* nothing is unknown in it */
    struct cell *first, **end; /* not taken yet */
    /* How names went on in the last answer about it: they differed first at this place (0: not known), by this much
     * from one to the next. */
    uint32_t place;
    double stride;
    double trust;      /* names that went on like that */
    uint32_t gap_place, gap; /* how far behind its beginning the first name was found, and on which arc */
    size_t gained;     /* names ever learnt in it */
    /* The owner's. */
    void *asked;       /* what is under way for it */
    size_t asked_for;  /* so many names */
    uint32_t expected; /* names that should be in it; 0 not known */
    size_t probed;     /* what was gained when its end was looked for */
    bool chosen, careful;
};

struct cover {
    struct oid base;
    struct span *head, *tail;
    struct span *seen_span; /* see cover_next_seen */
    struct cell *seen;
    size_t octets;      /* in cells not taken yet */
    double width;       /* octets that a varbind takes in a message, by those seen; 0 none yet */
    void (*forget)(struct span *span); /* called before a span goes, and when it is done; may be NULL */
};

void cover_start(struct cover *cover, const struct oid *base);
void cover_clear(struct cover *cover);

/* What lies behind `at` becomes a span of its own, which is returned. at >= span->at, and below its end. */
struct span *cover_split(struct span *span, const struct oid *at);

/* What an answer said. */
struct lesson {
    size_t read, fresh; /* names that made sense; that were not known before */
    bool ended;         /* nothing follows below the base */
    bool view_ended;    /* nor anywhere else */
    bool stuck;         /* a name did not increase: the rest was not believed */
    struct oid stuck_at;
};

/* Varbinds 0, stride, 2 * stride … of `n` follow `asked` in order; `span` is one that begins at or before `asked`. */
void cover_learn(struct span *span, const struct oid *asked, const struct varbind *varbinds, size_t n, size_t stride,
                 struct lesson *out);
/* Spans that are done and follow each other become one, so that going over them all costs as much as is unknown. No
 * pointer to a span that is done may be held meanwhile. */
void cover_join(struct cover *cover);
/* Nothing more will be known behind the span's `at`. */
void cover_cut(struct span *span);

/* The next name in order, the caller's now; NULL when it is not known which that is, or there is none. */
struct cell *cover_take(struct cover *cover);
const struct cell *cover_front(struct cover *cover); /* the same, left in place */
bool cover_finished(struct cover *cover);            /* nothing unknown, nothing left to take */
/* Everything up to here is known, from the front on. NULL: everything. */
const struct oid *cover_frontier(struct cover *cover);
/* Each name known for certain, once, in order, before it is taken. */
const struct cell *cover_next_seen(struct cover *cover);

/* The name of a cell, whole. */
void cell_name(const struct cover *cover, const struct cell *cell, struct oid *out);

#endif
