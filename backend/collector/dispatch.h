/* The mail that leaves by itself: digests are put into the outbox when they are due, and what is due in the outbox is
 * handed to trapline-mail, one child a relay, and recorded recipient by recipient.
 *
 * It lives in the writer's process and works on the writer's connection, between two of its transactions. */
#ifndef COLLECTOR_DISPATCH_H
#define COLLECTOR_DISPATCH_H

#include "api/loop.h"
#include "api/paths.h"
#include "api/settings.h"
#include "api/store.h"

struct dispatch;

/* `wish` is called when there is something to do before anybody would look: a child ended, a digest is being made. */
struct dispatch *dispatch_new(struct loop *loop, const struct settings *settings, const struct paths *paths, loop_fn *wish,
                              void *arg);
/* Children that are at work are killed: their mails are sent again, with the same Message-ID. NULL is fine. */
void dispatch_free(struct dispatch *dispatch);
/* Is there anything to do now? Cheap. */
bool dispatch_due(const struct dispatch *dispatch);
/* Some milliseconds of work. The store must not be in a transaction. */
void dispatch_work(struct dispatch *dispatch, struct store *store);
/* Begin nothing more. True while children are at work or their verdicts are not recorded yet. */
bool dispatch_finish(struct dispatch *dispatch);

#endif
