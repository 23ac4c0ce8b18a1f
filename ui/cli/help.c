/* Help, printed from the tables: of everything, of a command, of the settings. */
#include "cli/cli_private.h"
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

static void
print_options(const struct cli_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        char left[64];

        snprintf(left, sizeof left, "%s%c%s--%s%s%s", options->letter != 0 ? "-" : "",
                 options->letter != 0 ? options->letter : ' ', options->letter != 0 ? ", " : "   ", options->name,
                 options->argument != NULL ? " " : "", options->argument != NULL ? options->argument : "");
        printf("  %-34s %s\n", left, options->help);
    }
}

/* As a synopsis: [--config DIR] [--json] …, in lines of 80 columns at most. */
static void
print_synopsis(const struct cli_option *options)
{
    size_t column = 0;

    for (; options->name != NULL; options++) {
        char text[64];
        size_t n = (size_t) snprintf(text, sizeof text, "[--%s%s%s]", options->name,
                                     options->argument != NULL ? " " : "",
                                     options->argument != NULL ? options->argument : "");

        if (column > 0 && column + n + 1 > 79) {
            putchar('\n');
            column = 0;
        }
        printf("%s%s", column > 0 ? " " : "", text);
        column += n + (column > 0);
    }
}

static int
help_all(void)
{
    puts("trapline [options]             the console; trapline help options, help settings");
    puts("trapline COMMAND [options] …   one view as a command; trapline help COMMAND");
    for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
        if (*c != &command_help) /* said above */
            printf("  %-10s %s\n", (*c)->name, (*c)->help);
    print_synopsis(cli_global_options);
    putchar('\n');
    return CLI_DONE;
}

static int
help_options(void)
{
    puts("with every command");
    print_options(cli_global_options);
    puts("\nof the console");
    print_options(cli_console_command.options);
    puts("\nof a command that shows values");
    print_options(cli_value_options);
    puts("\nof a command that names an agent");
    print_options(cli_agent_options);
    return CLI_DONE;
}

int
cli_help(const struct cli_command *command, const struct cli_command *parent)
{
    bool below = parent != NULL && parent != command;

    if (command == &cli_console_command)
        return help_all();
    printf("trapline %s%s%s %s\n  %s\n", below ? parent->name : "", below ? " " : "", command->name,
           command->operands != NULL ? command->operands : "", command->help);
    if (command->sub != NULL)
        for (const struct cli_command *const *c = command->sub; *c != NULL; c++)
            printf("  %-10s %-34s %s\n", (*c)->name, (*c)->operands, (*c)->help);
    if (command->options != NULL || command->shows_values)
        puts("\noptions");
    print_options(command->options);
    print_options(command->shows_values ? cli_value_options : NULL);
    if (command->takes_agent) {
        puts("\nAGENT: a name from the settings, a recording (*.snmprec), or [TRANSPORT:]host[:port]\n"
             "       TRANSPORT: udp (default), tcp, tls, dtls, or with a 6 behind it for IPv6 only");
        print_options(cli_agent_options);
    }
    return CLI_DONE;
}

static int
run_help(struct cli *cli)
{
    const struct cli_command *command, *sub;
    const char *name = cli_operand(cli, 0), *below = cli_operand(cli, 1);

    if (name == NULL)
        return help_all();
    if (strcmp(name, "settings") == 0 && below == NULL) {
        settings_explain(stdout);
        return CLI_DONE;
    }
    if (strcmp(name, "options") == 0 && below == NULL)
        return help_options();
    command = cli_find_command(cli_commands, name);
    if (command == NULL)
        return cli_usage(cli, "%s: no such command; trapline --help lists them", name);
    if (below == NULL)
        return cli_help(command, NULL);
    sub = command->sub != NULL ? cli_find_command(command->sub, below) : NULL;
    if (sub == NULL)
        return cli_usage(cli, "%s %s: no such command; trapline help %s lists them", name, below, name);
    return cli_help(sub, command);
}

const struct cli_command command_help = {
    .name = "help",
    .operands = "[COMMAND | options | settings]",
    .help = "of a command, of every option, of every setting",
    .run = run_help,
    .most = 2,
};
