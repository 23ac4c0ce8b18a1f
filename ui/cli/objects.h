/* OBJECT operands: names or numbers. */
#ifndef CLI_OBJECTS_H
#define CLI_OBJECTS_H

#include "cli/cli.h"

/* The operands from `first` on; false with the message printed. Past `most` it is a mistake. */
bool cli_objects(struct cli *cli, int first, size_t most, struct oid *out, size_t *n);

#endif
