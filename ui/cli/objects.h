/* OBJECT operands: names or numbers. */
#ifndef CLI_OBJECTS_H
#define CLI_OBJECTS_H

#include "cli/cli.h"

#include "api/render.h"

/* One; false with the message printed. */
bool cli_object(struct cli *cli, const char *text, struct oid *out);
/* The operands from `first` on; false with the message printed. Past `most` it is a mistake. */
bool cli_objects(struct cli *cli, int first, size_t most, struct oid *out, size_t *n);
/* The same for what is read as it stands: a scalar's name is its one instance. */
bool cli_instances(struct cli *cli, int first, size_t most, struct oid *out, size_t *n);

/* OBJECT=VALUE. */
struct assignment {
    char object[256];
    struct mib_info info; /* syntax NULL: not known, and the value has told its type by a letter ("i:5") */
    struct varbind varbind;
    struct render_room room;
};
/* The value is checked by the object's syntax. False with the message printed. */
bool cli_assignment(struct cli *cli, const char *text, struct assignment *out);

#endif
