/* Parsing by table, and the way into a command. */
#include "cli/cli_private.h"
#include "cli/commands.h"

#include "api/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct cli_option cli_global_options[] = {
    { "config", 0, "DIR", "settings from DIR", false },
    { "store", 0, "URL", "another store (sqlite:PATH)", false },
    { "json", 0, NULL, "one JSON object a line", false },
    { "csv", 0, NULL, "comma-separated values", false },
    { "read-only", 0, NULL, "refuse every SET where packets leave", false },
    { "quiet", 0, NULL, "no warnings", false },
    { "verbose", 0, NULL, "say more", false },
    { "help", 0, NULL, "this text", false },
    { "version", 0, NULL, "name and version", false },
    { 0 },
};

const struct cli_option cli_agent_options[] = {
    { "profile", 0, "NAME", "of the settings, for any address", false },
    { "version-snmp", 'v', "1|2c|3", "protocol version", false },
    { "community", 'c', "COMMUNITY", "v1, v2c (better: --community-file)", true },
    { "community-file", 0, "FILE", "read it from a 0600 file", false },
    { "user", 'u', "USER", "v3 user", false },
    { "level", 'l', "LEVEL", "noAuthNoPriv, authNoPriv or authPriv", false },
    { "auth", 'a', "PROTO", "MD5, SHA, SHA-224 … SHA-512", false },
    { "auth-password", 'A', "PASS", "better: --auth-password-file", true },
    { "auth-password-file", 0, "FILE", "read it from a 0600 file", false },
    { "priv", 'x', "PROTO", "DES, AES, AES-192, AES-256", false },
    { "priv-password", 'X', "PASS", "better: --priv-password-file", true },
    { "priv-password-file", 0, "FILE", "read it from a 0600 file", false },
    { "context", 'n', "CONTEXT", "contextName", false },
    { "tls-certificate", 0, "FILE", "tls:, dtls:: who we are, PEM", false },
    { "tls-key", 0, "FILE", "its private key, if not in that file", false },
    { "tls-fingerprint", 0, "HEX", "SHA-256 of the agent's certificate", false },
    { "tls-ca", 0, "FILE", "or who signs it, PEM", false },
    { "tls-name", 0, "NAME", "and what it names, if not the host", false },
    { "tls-oldest", 0, "1.0|1.2|1.3", "version of TLS (1.2)", false },
    { "timeout", 't', "SECONDS", "for one try", false },
    { "retries", 'r', "COUNT", "after the first try", false },
    { 0 },
};

const struct cli_option cli_value_options[] = {
    { "raw", 0, NULL, "values as numbers and octets, whatever their syntax", false },
    { "hex", 0, NULL, "values in hexadecimal, as set takes them", false },
    { "numeric", 0, NULL, "objects as OIDs, not names", false },
    { 0 },
};

/* Options of one parse: the command's own, the agent's where it has one, and the global ones. Before the command is
 * known, the console's and the agent's may stand as well. */
static const struct cli_option *
find_option(const struct cli *cli, const char *name, size_t n, char letter)
{
    const struct cli_command *c = cli->command;
    const struct cli_option *const tables[] = { c != NULL ? c->options : cli_console_command.options,
                                                c == NULL || c->takes_agent ? cli_agent_options : NULL,
                                                c == NULL || c->shows_values ? cli_value_options : NULL,
                                                cli_global_options };

    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const struct cli_option *o = tables[t]; o != NULL && o->name != NULL; o++)
            if (name != NULL ? strlen(o->name) == n && strncmp(o->name, name, n) == 0
                             : letter != 0 && o->letter == letter)
                return o;
    return NULL;
}

static char *
copy_text(const char *text)
{
    char *copy = strdup(text);

    if (copy == NULL) {
        fputs("trapline: memory: no more could be had\n", stderr);
        exit(CLI_OUR_FAILURE);
    }
    return copy;
}

static bool
remember(struct cli *cli, const struct cli_option *option, char *argument)
{
    if (cli->n_given == CLI_OPTIONS_MAX) {
        cli_usage(cli, "more than %d options", CLI_OPTIONS_MAX);
        return false;
    }
    cli->given[cli->n_given].option = option;
    cli->given[cli->n_given++].value = copy_text(argument != NULL ? argument : "");
    if (option->secret) {
        explicit_bzero(argument, strlen(argument));
        cli_warn(cli, "--%s shows a secret to everyone on this machine; better: --%s-file", option->name,
                 option->name);
    }
    return true;
}

/* "-c", "-cVALUE", "--name" or "--name=VALUE": the option, or NULL; *value stands in `text`, or is NULL. */
static const struct cli_option *
read_option(const struct cli *cli, char *text, char **value)
{
    size_t n;

    if (text[1] != '-') {
        *value = text[2] != '\0' ? text + 2 : NULL;
        return find_option(cli, NULL, 0, text[1]);
    }
    n = strcspn(text + 2, "=");
    *value = text[2 + n] == '=' ? text + 3 + n : NULL;
    return find_option(cli, text + 2, n, 0);
}

/* One argument that begins with a dash; *i moves on when the next one is its value. */
static bool
parse_option(struct cli *cli, int argc, char **argv, int *i)
{
    char *text = argv[*i], *value;
    const struct cli_option *option = read_option(cli, text, &value);

    if (option == NULL) {
        cli_usage(cli, "%s: no such option", text);
        return false;
    }
    if (option->argument == NULL) {
        if (value != NULL)
            cli_usage(cli, "%s: takes no argument", text);
        return value == NULL && remember(cli, option, NULL);
    }
    if (value == NULL && *i + 1 >= argc) {
        cli_usage(cli, "%s: needs %s", text, option->argument);
        return false;
    }
    if (value == NULL)
        value = argv[++*i];
    return remember(cli, option, value);
}

const struct cli_command *
cli_find_command(const struct cli_command *const *table, const char *name)
{
    for (; *table != NULL; table++)
        if (strcmp((*table)->name, name) == 0)
            return *table;
    return NULL;
}

/* The command is known by its first operand (and second, where it has sub-commands) before options are read, so
 * that options may stand before it. */
static bool
find_the_command(struct cli *cli, int argc, char **argv)
{
    const struct cli_command *const *table = cli_commands;

    for (int i = 1; i < argc && table != NULL; i++) {
        if (strcmp(argv[i], "--") == 0)
            return true;
        if (argv[i][0] == '-' && argv[i][1] != '\0') {
            char *value;
            const struct cli_option *option = read_option(cli, argv[i], &value);

            if (option != NULL && option->argument != NULL && value == NULL)
                i++;
            continue;
        }
        cli->command = cli_find_command(table, argv[i]);
        if (cli->command == NULL) {
            cli->command = cli->parent;
            cli_usage(cli, "%s: no such command; trapline%s%s --help lists them", argv[i], cli->parent != NULL ? " " : "",
                      cli->parent != NULL ? cli->parent->name : "");
            return false;
        }
        cli->words++;
        table = cli->command->sub;
        if (table != NULL)
            cli->parent = cli->command;
    }
    return true;
}

static bool
parse(struct cli *cli, int argc, char **argv)
{
    bool only_operands = false;
    int skip = cli->words;

    cli->operands = calloc((size_t) argc + 1, sizeof *cli->operands);
    if (cli->operands == NULL)
        return false;
    for (int i = 1; i < argc; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0)
            only_operands = true;
        else if (!only_operands && argv[i][0] == '-' && argv[i][1] != '\0') {
            if (!parse_option(cli, argc, argv, &i))
                return false;
        } else if (skip > 0)
            skip--;
        else
            cli->operands[cli->n_operands++] = argv[i];
    }
    return true;
}

int
cli_main(int argc, char **argv, cli_fn *console)
{
    struct cli cli = { 0 };
    int status;

    if (!find_the_command(&cli, argc, argv))
        return CLI_USAGE;
    if (cli.command == NULL)
        cli.command = &cli_console_command;
    if (!parse(&cli, argc, argv))
        status = CLI_USAGE;
    else if (cli_flag(&cli, "version"))
        status = puts(PACKAGE_STRING) < 0 ? CLI_OUR_FAILURE : CLI_DONE;
    else if (cli_flag(&cli, "help"))
        status = cli_help(cli.command, cli.parent);
    else if (cli.command == &cli_console_command)
        status = console(&cli);
    else if (cli.command->run == NULL)
        status = cli_usage(&cli, "say which: trapline %s --help lists them", cli.command->name);
    else if (cli.n_operands < cli.command->least ||
             (cli.command->most >= 0 && cli.n_operands > cli.command->most))
        status = cli_usage(&cli, "takes %s", cli.command->most == 0 ? "nothing" : cli.command->operands);
    else
        status = cli.command->run(&cli);
    if (fflush(stdout) != 0 && status == CLI_DONE)
        status = CLI_OUR_FAILURE;
    cli_close(&cli);
    return status;
}

int
cli_operands(const struct cli *cli)
{
    return cli->n_operands;
}

const char *
cli_operand(const struct cli *cli, int i)
{
    return i < cli->n_operands ? cli->operands[i] : NULL;
}

const char *
cli_value(const struct cli *cli, const char *option)
{
    for (int i = cli->n_given - 1; i >= 0; i--)
        if (strcmp(cli->given[i].option->name, option) == 0)
            return cli->given[i].value;
    return NULL;
}

bool
cli_flag(const struct cli *cli, const char *option)
{
    return cli_value(cli, option) != NULL;
}

bool
cli_number(const struct cli *cli, const char *option, long low, long high, long otherwise, long *out)
{
    const char *text = cli_value(cli, option);
    char *end;

    *out = otherwise;
    if (text == NULL)
        return true;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && *out >= low && *out <= high)
        return true;
    cli_usage(cli, "--%s: \"%s\" is not a whole number from %ld to %ld", option, text, low, high);
    return false;
}

enum cli_format
cli_format(const struct cli *cli)
{
    return cli_flag(cli, "json") ? CLI_JSON : cli_flag(cli, "csv") ? CLI_CSV : CLI_TEXT;
}

bool
cli_read_only(const struct cli *cli)
{
    return cli_flag(cli, "read-only");
}

const char *
cli_config(const struct cli *cli)
{
    return cli_value(cli, "config");
}

/* What others wrote is in it, too: nothing of it moves the cursor or hides. */
static void
put_sentence(const struct cli_command *parent, const struct cli_command *command, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void
put_sentence(const struct cli_command *parent, const struct cli_command *command, const char *format, va_list args)
{
    char text[4096], clean[8192];

    vsnprintf(text, sizeof text, format, args);
    text_sanitize((const uint8_t *) text, strlen(text), clean, sizeof clean);
    fputs("trapline: ", stderr);
    if (parent != NULL && command != parent)
        fprintf(stderr, "%s ", parent->name);
    if (command != NULL && command != &cli_console_command)
        fprintf(stderr, "%s: ", command->name);
    fprintf(stderr, "%s\n", clean);
}

int
cli_failed(const struct cli *cli, const struct failure *why)
{
    cli_usage(cli, "%s", why->text);
    return failure_exit_status(why);
}

int
cli_usage(const struct cli *cli, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_sentence(cli->parent, cli->command, format, args);
    va_end(args);
    return CLI_USAGE;
}

void
cli_warn(const struct cli *cli, const char *format, ...)
{
    va_list args;

    if (cli_flag(cli, "quiet"))
        return;
    va_start(args, format);
    put_sentence(NULL, NULL, format, args);
    va_end(args);
}

void
cli_progress(struct cli *cli, const char *format, ...)
{
    int64_t now = loop_clock();
    va_list args;

    if (format == NULL) {
        if (cli->progress.shown)
            fputs("\r\033[K", stderr);
        cli->progress.shown = false;
        return;
    }
    if (cli->progress.at == 0)
        cli->progress.at = now;
    if (now - cli->progress.at < LOOP_MS(300) || cli_flag(cli, "quiet") || !isatty(STDERR_FILENO))
        return;
    cli->progress.at = now;
    cli->progress.shown = true;
    putc('\r', stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
}

void
cli_csv(const char *text, bool last)
{
    bool quote = strpbrk(text, ",\"\r\n") != NULL;
    char *rest;
    bool number = (strtod(text, &rest), *text != '\0' && *rest == '\0');

    /* A spreadsheet runs a cell that begins so as a formula. */
    if (!number && strchr("=+-@\t\r", text[0]) != NULL && text[0] != '\0')
        fputs(quote ? "\"'" : "'", stdout);
    else if (quote)
        putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    if (quote)
        putchar('"');
    fputs(last ? "\r\n" : ",", stdout);
}
