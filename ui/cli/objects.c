/* OBJECT operands: see objects.h. */
#include "cli/objects.h"

bool
cli_objects(struct cli *cli, int first, size_t most, struct oid *out, size_t *n)
{
    struct failure why;

    for (*n = 0; first + (int) *n < cli_operands(cli); ++*n) {
        const char *text = cli_operand(cli, first + (int) *n);
        struct mib *mib;

        if (*n == most)
            return cli_usage(cli, "more than %zu objects", most), false;
        if (oid_parse(&out[*n], text))
            continue;
        mib = cli_mib(cli);
        if (mib == NULL)
            return cli_usage(cli, "%s: no names are known here; write it as numbers", text), false;
        if (!mib_parse_object(mib, text, &out[*n], &why))
            return cli_failed(cli, &why), false;
    }
    return true;
}
