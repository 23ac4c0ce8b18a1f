/* Values to be set together, and their way: read what is there, set in one PDU, read back, write the journal.
 *
 * A journal that is locked is tried again at every tick, so no change goes unrecorded because somebody else wrote. */
#ifndef CONSOLE_CHANGESET_H
#define CONSOLE_CHANGESET_H

#include "api/changes.h"
#include "api/device.h"
#include "api/mib.h"
#include "api/render.h"
#include "console/prompt.h"

enum { CHANGESET_MAX = 16 };

struct app;
struct host;

struct staged {
    struct oid name;
    char object[200];
    struct mib *mib;             /* the tree that names it */
    struct mib_info info;        /* kind of MIB_KIND_NODE with no syntax: not known */
    struct varbind *now, *back;  /* own copies: what it is, what it was read back as; NULL not known */
    struct prompt prompt;        /* the new value as typed */
    bool typed;                  /* somebody wrote it */
    struct value value;          /* parsed; borrows from room */
    struct render_room *room;
    bool valid;
    char check[200];             /* why, or what was checked */
    char verdict[300];           /* after apply: the device's words; "" none */
    enum role verdict_role;
    int64_t undoes;
};

enum changeset_state { CHANGESET_EDITED, CHANGESET_READING, CHANGESET_SETTING, CHANGESET_READING_BACK, CHANGESET_DONE };

struct changeset {
    struct app *app;
    struct host *host;
    struct staged *item[CHANGESET_MAX];
    size_t n;
    enum changeset_state state;
    struct request *request;
    struct failure why;          /* of the SET; kind NONE: it was done */
    int error_index;
};

void changeset_free(struct changeset *set);
/* Adds, or finds, an instance; NULL when it is full. Asks the device what it is now. */
struct staged *changeset_add(struct changeset *set, const struct oid *name, const struct value *now);
void changeset_drop(struct changeset *set, size_t i);
/* Check what was typed against type, range and access. */
void changeset_check(struct staged *item);
size_t changeset_valid(const struct changeset *set);
/* False with a message when it cannot be applied. */
bool changeset_apply(struct changeset *set);
bool changeset_busy(const struct changeset *set);

/* Changes that the store was too busy to take: tried again. */
struct unwritten;
void changeset_write_again(struct app *app);
void changeset_forget_unwritten(struct app *app);

#endif
