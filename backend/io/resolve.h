/* Names to numeric addresses. getaddrinfo blocks, so it runs in a child with a deadline; a few at a time, the rest
 * wait in line. */
#ifndef IO_RESOLVE_H
#define IO_RESOLVE_H

#include "api/loop.h"
#include "api/request.h"

#include <stddef.h>

enum { RESOLVE_MAX = 16, RESOLVE_TEXT_MAX = 64 };

struct resolve_address {
    int family; /* AF_INET, AF_INET6 */
    char text[RESOLVE_TEXT_MAX]; /* numeric; "fe80::1%eth0" with its scope */
};

struct resolve_reply {
    const struct failure *failure; /* NULL: resolved, n >= 1 */
    const struct resolve_address *addresses; /* in the order of preference; until the callback returns */
    size_t n;
};
typedef void resolve_fn(void *arg, const struct resolve_reply *reply);

struct resolver;
struct resolver *resolver_new(struct loop *loop);
void resolver_free(struct resolver *resolver); /* ends what is under way, without callbacks */

/* `family`: AF_UNSPEC, AF_INET or AF_INET6. `deadline` in nanoseconds, counted from when its turn comes; 0: 5 s.
 * Numeric addresses need no child. */
struct request *resolve_name(struct resolver *resolver, const char *name, int family, int64_t deadline, resolve_fn *fn,
                             void *arg);

#endif
