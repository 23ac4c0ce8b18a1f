/* The sub-commands of `mail` that have a file of their own. */
#ifndef CLI_MAIL_H
#define CLI_MAIL_H

#include "cli/cli.h"

extern const struct cli_command mail_doctor_command, mail_bounce_command;

#endif
