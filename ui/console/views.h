/* Every view there is. */
#ifndef CONSOLE_VIEWS_H
#define CONSOLE_VIEWS_H

#include "api/mib.h"
#include "api/changes.h"
#include "api/value.h"
#include "console/view.h"

extern const struct view_class view_devices, view_browse, view_table, view_traps, view_mail, view_changes; /* tabs */
extern const struct view_class view_trap, view_ledger, view_log, view_modules, view_refs;                                          /* pages */
extern const struct view_class view_help, view_prompt, view_set, view_compose;                            /* panels */

extern const struct view_class *const views_all[];
extern const size_t views_n_all;

/* How one view hands over to another. */
void view_browse_look(struct app *app, const struct oid *name);
/* The same, and Backspace comes back. */
void view_browse_follow(struct app *app, const struct oid *name);
void view_refs_look(struct app *app, mib_node node);
void view_table_look(struct app *app, mib_node table);
/* Open the change set with this instance in it; `now` may be NULL. */
void view_set_add(struct app *app, const struct oid *name, const struct value *now);
/* The same with the old value of a change as the new one, to put it back. */
void view_set_undo(struct app *app, const struct change *change, const char *text);
void view_trap_look(struct app *app, int64_t id);
/* The : prompt with this typed already. */
void view_prompt_start(struct app *app, const char *text);
/* A mail to write. */
struct draft { /* texts are copied; those that are NULL are left to the person */
    const char *subject, *text;
    const char *html, *csv; /* of the same, for as long as the text is not edited; attached as `name`.csv */
    const char *name, *cause;
};
void view_compose_start(struct app *app, const struct draft *draft);

#endif
