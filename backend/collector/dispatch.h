/* The seam between the writer and the mail that the collector sends by itself. Implemented by dispatch.c. */
#ifndef COLLECTOR_DISPATCH_H
#define COLLECTOR_DISPATCH_H

#include "api/journal.h"
#include "api/loop.h"
#include "api/settings.h"

struct dispatch;

/* In the writer's process, once its store is open; NULL when there is nothing to send by. The store is between two
 * transactions whenever the loop calls dispatch's callbacks, and small transactions of its own are fine. */
struct dispatch *dispatch_start(struct loop *loop, struct store *store, const struct settings *settings);
/* Before the store is closed; NULL is fine. */
void dispatch_stop(struct dispatch *dispatch);

#endif
