/* OBJECT operands: see objects.h. */
#include "cli/objects.h"

#include <string.h>

bool
cli_object(struct cli *cli, const char *text, struct oid *out)
{
    struct failure why;
    struct mib *mib;

    if (oid_parse(out, text))
        return true;
    mib = cli_mib(cli);
    if (mib == NULL)
        return cli_usage(cli, "%s: no names are known here; write it as numbers", text), false;
    return mib_parse_object(mib, text, out, &why) || (cli_failed(cli, &why), false);
}

bool
cli_objects(struct cli *cli, int first, size_t most, struct oid *out, size_t *n)
{
    for (*n = 0; first + (int) *n < cli_operands(cli); ++*n) {
        if (*n == most)
            return cli_usage(cli, "more than %zu objects", most), false;
        if (!cli_object(cli, cli_operand(cli, first + (int) *n), &out[*n]))
            return false;
    }
    return true;
}

bool
cli_instances(struct cli *cli, int first, size_t most, struct oid *out, size_t *n)
{
    struct oid object;

    if (!cli_objects(cli, first, most, out, n))
        return false;
    for (size_t i = 0; i < *n; i++) {
        struct mib *mib = oid_parse(&object, cli_operand(cli, first + (int) i)) ? NULL : cli_mib(cli);
        mib_node node = mib != NULL ? mib_lookup(mib, &out[i], NULL) : MIB_NONE;
        struct mib_info info;

        if (node == MIB_NONE || !mib_info(mib, node, &info) || info.kind != MIB_KIND_SCALAR)
            continue;
        object = mib_oid(mib, node);
        if (oid_compare(&object, &out[i]) == 0)
            oid_append_arc(&out[i], 0);
    }
    return true;
}

bool
cli_assignment(struct cli *cli, const char *text, struct assignment *out)
{
    const char *equals = strchr(text, '=');
    struct mib *mib = cli_mib(cli);
    struct failure why;
    mib_node node;

    if (equals == NULL || equals == text || (size_t) (equals - text) >= sizeof out->object)
        return cli_usage(cli, "%s: write OBJECT=VALUE", text), false;
    memcpy(out->object, text, (size_t) (equals - text));
    out->object[equals - text] = '\0';
    if (!cli_object(cli, out->object, &out->varbind.name))
        return false;
    out->info = (struct mib_info) { 0 };
    node = mib != NULL ? mib_lookup(mib, &out->varbind.name, NULL) : MIB_NONE;
    if (node != MIB_NONE)
        mib_info(mib, node, &out->info);
    return mib_parse_value(mib, equals + 1, out->info.syntax, &out->varbind.value, &out->room, &why) ||
           (cli_usage(cli, "%s: %s", out->object, why.text), false);
}
