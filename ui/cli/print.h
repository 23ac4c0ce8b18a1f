/* One varbind as a line: text, CSV or JSON. */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "cli/cli.h"

#include "api/render.h"

/* The object with its instance, as names where they are known and --numeric does not say otherwise. */
void print_object(struct cli *cli, const struct oid *name, char *text, size_t size);
/* As --raw or --hex says; else a value of the object's syntax in that style. Returns `text`. */
char *print_value(struct cli *cli, const struct value *value, const struct syntax *syntax, enum render_style style,
                  char *text, size_t size);
void print_varbind(struct cli *cli, const char *device, const struct varbind *varbind);

#endif
