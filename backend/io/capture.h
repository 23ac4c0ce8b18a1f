/* Run a child to its end and have what it wrote. */
#ifndef IO_CAPTURE_H
#define IO_CAPTURE_H

#include "io/child.h"

struct capture_reply {
    const struct failure *failure; /* NULL: it ended with exit status 0 */
    const struct child_end *end;   /* NULL when it could not be started */
    const char *out, *err;         /* NUL-terminated; wiped after the callback */
    size_t n_out, n_err;           /* of its standard error at most 4 KiB are kept */
};
typedef void capture_fn(void *arg, const struct capture_reply *reply);

/* Descriptors 1 and 2 are ours, and 0 when there is `input` (copied); options->give may name others. More than `limit`
 * octets of output, a deadline passed, a status that is not 0: failure, with `what` as its subject. */
struct request *capture_start(struct loop *loop, const char *what, const struct child_options *options,
                              const void *input, size_t n_input, size_t limit, capture_fn *fn, void *arg);

#endif
