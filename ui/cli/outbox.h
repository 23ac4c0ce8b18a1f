/* What the commands that write mail share. */
#ifndef CLI_OUTBOX_H
#define CLI_OUTBOX_H

#include "cli/cli.h"

#include "api/outbox.h"


/* Put a mail in (a lock is waited for), print its id, and with --wait wait until it is known what became of it. The exit
 * status: 0 in the outbox or delivered, 3 refused, 4 some recipients have it. */
int outbox_put(struct cli *cli, const struct mail *mail);
/* "a@b, c@d" into recipients; the texts point into `list`, which is cut up. How many there are, of which `max` are in `out`:
 * the outbox refuses more. */
size_t outbox_recipients(char *list, struct mail_recipient *out, size_t max);
/* All of a file, or of standard input for NULL and "-"; NULL with the message printed. */
char *outbox_read(struct cli *cli, const char *path, size_t *n);

#endif
