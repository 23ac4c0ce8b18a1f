/* The sub-commands in the order of the help. */
#include "cli/commands.h"

const struct cli_command *const cli_commands[] = {
    &command_get, &command_next, &command_walk, &command_table, &command_record, &command_poll, &command_set, &command_devices, &command_quirks,
    &command_import, &command_changes, &command_traps, &command_ledger, &command_senders, &command_send_trap, &command_replay, &command_mib,
    &command_send, &command_digest, &command_mail, &command_help,
    NULL,
};
