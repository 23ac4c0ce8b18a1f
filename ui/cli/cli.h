/* The command line: every view is also a sub-command.
 *
 * Commands and their options are tables; parsing, --help, completion and the manual read them. A command gets a
 * `struct cli` with its options parsed and opens what it needs (engine, MIB, store) through it, once, on demand.
 * Nothing but data goes to standard output; messages go to standard error as "trapline: what: why; what to do". */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "api/device.h"
#include "api/failure.h"
#include "api/loop.h"
#include "api/mib.h"
#include "api/paths.h"
#include "api/settings.h"
#include "api/store.h"

/* The exit status of every command. */
enum { CLI_DONE = 0, CLI_NO = 1, CLI_USAGE = 2, CLI_NO_ANSWER = 3, CLI_IN_PART = 4, CLI_OUR_FAILURE = 5 };

struct cli;

struct cli_option {
    const char *name;     /* long, without dashes; NULL ends a table */
    char letter;          /* or 0 */
    const char *argument; /* what it takes, or NULL for a flag */
    const char *help;
    bool secret;          /* its argument is wiped from the process's arguments at once */
};

typedef int cli_fn(struct cli *cli);

struct cli_command {
    const char *name;
    const char *operands; /* "AGENT OBJECT…" */
    const char *help;     /* one line */
    cli_fn *run;          /* NULL with `sub` */
    const struct cli_option *options;     /* or NULL */
    const struct cli_command *const *sub; /* sub-commands, NULL-terminated, or NULL */
    bool takes_agent;     /* net-snmp's -v -c -u … are understood */
    bool shows_values;    /* --raw, --hex and --numeric are understood: see print.h */
    int least, most;      /* operands; most < 0: any number */
};

/* How results are written. */
enum cli_format { CLI_TEXT, CLI_JSON, CLI_CSV };

/* What was given, after parsing. */
int cli_operands(const struct cli *cli);
const char *cli_operand(const struct cli *cli, int i);
/* The argument of an option (the last one given), "" for a flag that was given, NULL when it was not. */
const char *cli_value(const struct cli *cli, const char *option);
bool cli_flag(const struct cli *cli, const char *option);
/* A whole number within the bounds; `otherwise` when the option was not given. False with the message printed. */
bool cli_number(const struct cli *cli, const char *option, long low, long high, long otherwise, long *out);
enum cli_format cli_format(const struct cli *cli);
bool cli_read_only(const struct cli *cli);

/* What a command works with; each is opened on first use. NULL: the reason was printed, return *status. */
struct loop *cli_loop(struct cli *cli, int *status);
const struct paths *cli_paths(struct cli *cli, int *status);
const struct settings *cli_settings(struct cli *cli, int *status);
struct store *cli_store(struct cli *cli, enum store_mode mode, int *status);
/* To read. NULL with *status left as it is when none has been made yet. */
struct store *cli_store_if_any(struct cli *cli, int *status);
struct engine *cli_engine(struct cli *cli, int *status);
/* The device that an AGENT operand names: of the settings, a recording, or an address. */
struct device *cli_device(struct cli *cli, const char *agent, int *status);
/* Whom notifications are sent to, by version: a v1 one stays v1 where neither -v nor the profile says otherwise. Port 162
 * unless another is named. */
struct receiver {
    struct device *v1, *traps, *informs;
};
bool cli_receiver(struct cli *cli, const char *target, struct receiver *out, int *status);
/* The names: never fails; an empty tree when there is no snapshot. */
struct mib *cli_mib(struct cli *cli);
/* Where modules are looked for, by the settings (where these can be read), $MIBDIRS and net-snmp. Texts to free. */
enum { CLI_DIRECTORIES_MAX = 64 };
size_t cli_mib_directories(struct cli *cli, char *out[CLI_DIRECTORIES_MAX]);
/* Where --config pointed, or NULL. */
const char *cli_config(const struct cli *cli);

/* Turn the loop until *done. ^C ends it too: false. */
bool cli_wait(struct cli *cli, const bool *done);

/* One turn of at most so long; false once ^C was pressed. */
bool cli_turn(struct cli *cli, int milliseconds);

/* "trapline: COMMAND: text" on standard error; returns the exit status that fits. */
int cli_failed(const struct cli *cli, const struct failure *why);
int cli_usage(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cli_warn(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* For a person who waits: a line on standard error in the place of the one before, where that is a terminal and --quiet was
 * not given; none before a third of a second, then a few a second. Before anything else is written: NULL, which wipes it. */
void cli_progress(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One field of a CSV line, quoted where needed and neutral to spreadsheets (no leading = + - @). */
void cli_csv(const char *text, bool last);

extern const struct cli_option cli_global_options[], cli_agent_options[], cli_value_options[];

#endif
