/* One varbind as a line: text, CSV or JSON. */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "cli/cli.h"

/* The object's syntax, or NULL where its MIB is not known. */
const struct syntax *print_syntax(struct mib *mib, const struct oid *name);
/* The object with its instance, as names where they are known. */
void print_object(struct mib *mib, const struct oid *name, char *text, size_t size);
void print_varbind(struct cli *cli, const char *device, const struct varbind *varbind);

#endif
