/* Varbinds on standard output. */
#include "cli/print.h"

#include "cli/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_TEXT_MAX = 4 * 65536 };

void
print_object(struct cli *cli, const struct oid *name, char *text, size_t size)
{
    mib_format_object(cli_flag(cli, "numeric") ? NULL : cli_mib(cli), name, text, size);
}

char *
print_value(struct cli *cli, const struct value *value, const struct syntax *syntax, enum render_style style,
            char *text, size_t size)
{
    if (cli_flag(cli, "hex"))
        style = RENDER_HEX;
    else if (cli_flag(cli, "raw"))
        style = RENDER_RAW;
    return mib_render(cli_flag(cli, "numeric") ? NULL : cli_mib(cli), value, syntax, style, text, size);
}

/* The value as a number where it is one, so that no digit is lost on the way. */
static void
json_value(struct json *line, const struct value *value)
{
    char numeric[OID_TEXT_MAX];
    struct oid o;

    switch (value->type) {
    case VALUE_INTEGER:
        json_integer(line, "raw", value->i);
        break;
    case VALUE_COUNTER32:
    case VALUE_GAUGE32:
    case VALUE_TIMETICKS:
    case VALUE_COUNTER64:
        json_unsigned(line, "raw", value->u);
        break;
    case VALUE_OCTETS:
    case VALUE_OPAQUE:
    case VALUE_IPADDRESS:
        json_octets(line, "raw", value->octets, value->n);
        break;
    case VALUE_OID:
        if (oid_set(&o, value->arcs, value->n))
            json_text(line, "raw", oid_format(&o, numeric));
        break;
    case VALUE_NULL:
    case VALUE_NO_SUCH_OBJECT:
    case VALUE_NO_SUCH_INSTANCE:
    case VALUE_END_OF_MIB_VIEW:
        json_text(line, "raw", NULL);
        break;
    }
}

void
print_varbind(struct cli *cli, const char *device, const struct varbind *varbind)
{
    static char value[VALUE_TEXT_MAX];
    char name[1024], numeric[OID_TEXT_MAX];
    const struct syntax *syntax = mib_syntax(cli_mib(cli), &varbind->name);
    struct json *line;

    print_object(cli, &varbind->name, name, sizeof name);
    print_value(cli, &varbind->value, syntax, cli_format(cli) == CLI_TEXT ? RENDER_QUOTED : RENDER_PLAIN, value,
                sizeof value);
    switch (cli_format(cli)) {
    case CLI_TEXT:
        printf("%s = %s\n", name, value);
        return;
    case CLI_CSV:
        cli_csv(device, false);
        cli_csv(name, false);
        cli_csv(oid_format(&varbind->name, numeric), false);
        cli_csv(value_type_name(varbind->value.type), false);
        cli_csv(value, true);
        return;
    case CLI_JSON:
        line = json_new_object();
        json_text(line, "device", device);
        json_text(line, "object", name);
        json_text(line, "oid", oid_format(&varbind->name, numeric));
        json_text(line, "type", value_type_name(varbind->value.type));
        json_text(line, "value", value);
        json_value(line, &varbind->value);
        json_print(line);
        return;
    }
}
