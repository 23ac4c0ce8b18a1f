/* trapline: the console, and every view as a sub-command. */
#include "cli/cli_private.h"

#include <locale.h>
#include <signal.h>

static const struct cli_option console_options[] = {
    { "print-config", 0, NULL, "every setting with where it came from", false },
    { "check-config", 0, NULL, "read the settings, say what is wrong", false },
    { "paths", 0, NULL, "every file that would be read or written", false },
    { 0 },
};

const struct cli_command cli_console_command = {
    .name = "trapline", .operands = "", .help = "the console", .options = console_options,
};

int
main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    signal(SIGPIPE, SIG_IGN);
    return cli_main(argc, argv, cli_run_console);
}
