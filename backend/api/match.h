/* A notification as a filter asks about it: by its columns, by its varbinds' names, or as a whole. */
#ifndef API_MATCH_H
#define API_MATCH_H

#include "digest.h"
#include "oid.h"
#include "text.h"

/* `notification` and `names` are set by the caller, the rest is zero; match_end when done. */
struct match {
    const struct notification *notification;
    const struct digest_names *names;
    struct buf whole;
    char text[OID_TEXT_MAX], value[1024];
};

/* A filter_column_fn; arg is the struct match. Columns: time, severity, device, origin, source, security, context, why,
 * inform, version, id, notification; else a varbind by its object's name, with or without the instance. */
const char *match_column(void *arg, const char *name);
void match_end(struct match *match);
/* All of it at once; a NULL filter lets everything pass. */
bool match_filter(const struct filter *filter, const struct notification *notification,
                  const struct digest_names *names);

#endif
