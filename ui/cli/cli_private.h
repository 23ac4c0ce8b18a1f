/* What an invocation holds; for cli.c and session.c alone. */
#ifndef CLI_CLI_PRIVATE_H
#define CLI_CLI_PRIVATE_H

#include "cli/cli.h"

enum { CLI_OPTIONS_MAX = 64 };

struct cli {
    const struct cli_command *command, *parent;
    int words; /* of the command's name: 1, or 2 with a sub-command */
    struct {
        const struct cli_option *option;
        char *value;
    } given[CLI_OPTIONS_MAX];
    int n_given;
    char **operands;
    int n_operands;

    struct paths paths;
    bool have_paths, interrupted, no_names;
    struct settings *settings;
    int settings_status; /* why there are none: said once */
    struct loop *loop;
    struct store *store;
    struct engine *engine;
    struct mib *mib;
    struct device **devices;
    int n_devices;
    struct typed {
        char *key, *text;
    } *typed;
    size_t n_typed;
    struct {
        int64_t at; /* monotonic: of the last line, or of the first call */
        bool shown;
    } progress;
};

/* Stands for "no sub-command": the console, with the options that only it has. */
extern const struct cli_command cli_console_command;

const struct cli_command *cli_find_command(const struct cli_command *const *table, const char *name);
/* The help of a command; parent: what it is a sub-command of, or NULL. */
int cli_help(const struct cli_command *command, const struct cli_command *parent);
void cli_close(struct cli *cli);
int cli_main(int argc, char **argv, cli_fn *console);

#endif
