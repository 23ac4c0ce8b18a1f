/* What the commands that read have in common. */
#ifndef CLI_READ_H
#define CLI_READ_H

#include "cli/cli.h"
#include "cli/formats.h"

/* What one request needs while the loop turns. */
struct reading {
    struct cli *cli;
    const char *agent;
    int status;
    bool done;
    format_fn *format; /* of others, for a walk; or NULL */
    bool view_ended;
    struct oid last;
};

/* Says how a walk or a table ended; `arg` is the reading. */
void read_ended(void *arg, const struct walk_end *end);

#endif
