/* Rows of the journal, as traps and replay choose them: by a filter and by time. */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include "cli/cli.h"

#include "api/journal.h"
#include "api/text.h"

/* The operands from `first` on as one expression, NULL when there are none. False with the message printed. */
bool rows_filter(struct cli *cli, int first, struct filter **out);
bool row_matches(struct cli *cli, struct filter *filter, const struct notification *n); /* NULL matches all */
/* "90s", "15m", "2h", "3d", "1w" ago, or "2026-11-27", "2026-11-27 07:30". Wall clock; 0 with the message printed. */
int64_t rows_time(struct cli *cli, const char *text);
/* The row behind which those since that time stand. */
bool rows_since(struct cli *cli, struct store *store, const char *since, int64_t *after, int *status);

#endif
