/* What the sub-commands of `trapline mib` share. */
#ifndef CLI_MIB_H
#define CLI_MIB_H

#include "cli/cli.h"
#include "cli/json.h"

#include "api/mib_module.h"

extern const char *const mib_kind_words[], *const mib_access_words[], *const mib_status_words[];

/* The tree, or NULL with *status when there is none. */
struct mib *mib_need(struct cli *cli, int *status);
/* Text from a file or about one, safe for a terminal; `prose` keeps its lines. */
void mib_put(const char *text);
void mib_put_prose(const char *text, int indent);
/* One problem as text or JSON. */
void mib_print_problem(struct cli *cli, const struct mib_problem *problem);
/* name, OID, module and kind of a node: as one line, or as the beginning of an object. */
void mib_print_line(struct cli *cli, struct mib *mib, mib_node node, int depth);
struct json *mib_json_node(struct mib *mib, mib_node node);

extern const struct cli_command mib_command_show, mib_command_lint, mib_command_modules, mib_command_catalogue,
    mib_command_which;

#endif
