/* Browse's state, and what its files share: view_browse.c has the view and its commands, browse_read.c asks the device,
 * browse_draw.c draws. */
#ifndef CONSOLE_BROWSE_H
#define CONSOLE_BROWSE_H

#include "console/list.h"
#include "console/readings.h"
#include "console/tree.h"
#include "console/view.h"

#include "api/device.h"

enum { BACK_MAX = 32, HITS_MAX = 200 };

struct browse {
    struct view view;
    struct list rows;      /* of the tree, or of the hits while searching */
    struct list instances; /* of the object under the cursor */
    struct tree tree;
    struct readings readings;
    struct host *host;     /* whose readings these are */
    struct oid asked_for;  /* to look at as soon as the names are there */
    struct mib_hit hit[HITS_MAX];
    size_t n_hits;
    bool searching;
    struct request *walk, *get, *fetch;
    uint64_t walked;
    struct oid walk_root;
    int64_t fetch_after;   /* not before, after a failure */
    struct failure why;    /* of the last read */
    bool partial;
    struct oid back[BACK_MAX]; /* where references were followed from */
    size_t n_back;
    char text[2048];
};

struct mib *browse_mib(const struct browse *b); /* NULL: not there yet */
mib_node browse_node_at(const struct browse *b, size_t row);
/* The object under the cursor; false: none. */
bool browse_current(const struct browse *b, struct mib_info *info);
const struct reading *browse_instance_at(const struct browse *b, size_t row); /* of that object; NULL behind the last */
void browse_count_instances(struct browse *b); /* after readings came or went */
void browse_go_to(struct browse *b, mib_node node);

void browse_fetch(struct browse *b);
void browse_ask(struct browse *b, const struct oid *name, bool next);
void browse_walk_from(struct browse *b, const struct oid *root);
void browse_cancel(struct browse *b);

void browse_draw(struct view *view, struct canvas *c);

#endif
