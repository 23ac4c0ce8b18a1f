/* Every sub-command there is; the table in commands.c puts them in the order of the help. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_command *const cli_commands[];

extern const struct cli_command command_get, command_next, command_walk, command_table, command_set, command_record, command_poll;
extern const struct cli_command command_devices, command_quirks, command_import, command_changes, command_mib;
extern const struct cli_command command_traps, command_ledger, command_senders, command_send_trap, command_replay;
extern const struct cli_command command_send, command_digest, command_mail, command_help;

#endif
