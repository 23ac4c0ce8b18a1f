/* What a device has answered: values by instance, in OID order, each with when it was read. */
#ifndef CONSOLE_READINGS_H
#define CONSOLE_READINGS_H

#include "api/value.h"

struct reading {
    struct varbind *varbind; /* own copy */
    int64_t at;              /* loop time */
    bool changed;            /* not what the read before gave */
};

struct readings {
    struct reading *at;
    size_t n, room;
};

/* No more than READINGS_MAX are kept; false when full. */
enum { READINGS_MAX = 500000 };
bool readings_put(struct readings *readings, const struct varbind *varbind, int64_t now);
const struct reading *readings_get(const struct readings *readings, const struct oid *name);
/* Those at or below `root`: the first's position, their number in *n. */
size_t readings_below(const struct readings *readings, const struct oid *root, size_t *n);
void readings_clear(struct readings *readings);

#endif
