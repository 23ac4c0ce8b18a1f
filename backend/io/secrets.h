/* Secrets: from a command, from a file that only its owner can read, or as typed. They are read where and when they are
 * needed, and wiped after. */
#ifndef IO_SECRETS_H
#define IO_SECRETS_H

#include "api/loop.h"
#include "api/request.h"
#include "api/settings.h"

enum { SECRET_PASSWORD_MAX = 255, SECRET_TOKEN_MAX = 8192 };

/* A plain file, not a link, ours, and closed to group and others: else false with its path and mode. */
bool secret_file_check(const char *path, struct failure *why);

/* `secret` lives until the callback returns; NULL when `failure` says why. */
typedef void secret_fn(void *arg, const char *secret, const struct failure *failure);
/* The first line of the file, or of what the command writes within `deadline` nanoseconds (0: 10 s), of at most `limit`
 * octets. `what` names it in sentences: "the password of mail \"relay\"". */
struct request *secret_start(struct loop *loop, const char *what, const struct secret_source *source, size_t limit,
                             int64_t deadline, secret_fn *fn, void *arg);
/* The same, waiting for it. secret_wipe() the result. */
char *secret_read(const char *what, const struct secret_source *source, size_t limit, int64_t deadline,
                  struct failure *why);
/* A copy in memory that is not swapped out. */
char *secret_copy(const char *secret);
void secret_wipe(char *secret); /* overwritten and freed; NULL is fine */

#endif
