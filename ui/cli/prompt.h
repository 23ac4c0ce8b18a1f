#ifndef CLI_PROMPT_H
#define CLI_PROMPT_H

#include "cli/cli.h"

/* The passwords that a v3 profile needs and does not say where to find. False: none came, which has been said. */
bool prompt_passwords(struct cli *cli, struct profile *profile);

/* What was typed, by what it is for: until the command ends. NULL: nothing. */
const char *cli_typed(const struct cli *cli, const char *key);
const char *cli_keep_typed(struct cli *cli, const char *key, const char *text);

#endif
