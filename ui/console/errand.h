/* Work that may block, done by a forked child; its failure comes back as a sentence. */
#ifndef CONSOLE_ERRAND_H
#define CONSOLE_ERRAND_H

#include "api/failure.h"
#include "api/loop.h"

struct errand;
/* Runs in the child; true is success. */
typedef bool errand_work_fn(void *arg, struct failure *why);
/* `failure` is NULL after success. */
typedef void errand_done_fn(void *arg, const struct failure *failure);

/* NULL when no child can be made (done is not called then). */
struct errand *errand_start(struct loop *loop, errand_work_fn *work, errand_done_fn *done, void *arg);
void errand_cancel(struct errand *errand); /* NULL is fine */

#endif
