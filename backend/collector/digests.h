/* Digests that the collector sends by itself: as it happens (some seconds after the first notification that is bad
 * enough, then at most one an interval) and at set times. Work is done in small steps between the writer's transactions. */
#ifndef COLLECTOR_DIGESTS_H
#define COLLECTOR_DIGESTS_H

#include "api/paths.h"
#include "api/settings.h"
#include "api/store.h"

struct digests;

struct digests *digests_new(const struct settings *settings, const char *snapshot);
void digests_free(struct digests *digests); /* NULL is fine */
/* One step at the wall clock `now`. *wake gets when the next is wanted: `now` when there is more to do at once, INT64_MAX
 * when only a new notification can change anything. *queued: a mail was put into the outbox. */
bool digests_step(struct digests *digests, struct store *store, int64_t now, int64_t *wake, bool *queued,
                  struct failure *why);

#endif
