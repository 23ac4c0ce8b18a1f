/* trapline: the console, and every view as a sub-command. */
#include "cli/cli_private.h"

#include "console/console.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

static const struct cli_option console_options[] = {
    { "device", 'd', "NAME", "begin with this device", false },
    { "theme", 0, "NAME", "colours: dark, light, mono …", false },
    { "no-collector", 0, NULL, "do not start one", false },
    { "list-keys", 0, NULL, "the keys of every view", false },
    { "print-config", 0, NULL, "every setting with where it came from", false },
    { "check-config", 0, NULL, "read the settings, say what is wrong", false },
    { "paths", 0, NULL, "every file that would be read or written", false },
    { 0 },
};

const struct cli_command cli_console_command = {
    .name = "trapline", .operands = "", .help = "the console", .options = console_options,
};

static int
print_paths(struct cli *cli)
{
    int status = CLI_OUR_FAILURE;
    const struct paths *paths = cli_paths(cli, &status);

    if (paths != NULL)
        printf("config    %s\nstate     %s\ncache     %s\nstore     %s\nsnapshot  %s\nlog       %s\nmibs      %s\n"
               "themes    %s\n",
               paths->config, paths->state, paths->cache, paths->store, paths->snapshot, paths->log, paths->mibs,
               paths->themes);
    return paths != NULL ? CLI_DONE : status;
}

static int
print_settings(struct cli *cli)
{
    int status = CLI_OUR_FAILURE;
    const struct settings *settings = cli_settings(cli, &status);

    if (settings != NULL && cli_flag(cli, "print-config"))
        settings_print(settings, stdout);
    return settings != NULL ? CLI_DONE : status;
}

static int
run_console(struct cli *cli)
{
    struct console_options options = {
        .config = cli_config(cli),
        .store = cli_value(cli, "store"),
        .theme = cli_value(cli, "theme"),
        .device = cli_value(cli, "device"),
        .read_only = cli_read_only(cli),
        .no_collector = cli_flag(cli, "no-collector"),
    };

    if (cli_flag(cli, "paths"))
        return print_paths(cli);
    if (cli_flag(cli, "print-config") || cli_flag(cli, "check-config"))
        return print_settings(cli);
    if (cli_flag(cli, "list-keys")) {
        console_list_keys();
        return CLI_DONE;
    }
    return console_run(&options);
}

int
main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    signal(SIGPIPE, SIG_IGN);
    setrlimit(RLIMIT_CORE, &(struct rlimit) { 0, 0 }); /* it holds credentials */
    return cli_main(argc, argv, run_console);
}
