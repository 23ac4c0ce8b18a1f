/* Which rows of the journal: see rows.h. */
#include "cli/rows.h"

#include "api/match.h"
#include "api/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

bool
row_matches(struct cli *cli, struct filter *filter, const struct notification *n)
{
    struct digest_names names = digest_names_of(cli_flag(cli, "numeric") ? NULL : cli_mib(cli));

    return match_filter(filter, n, &names);
}

bool
rows_filter(struct cli *cli, int first, struct filter **out)
{
    struct buf text = { 0 };
    struct failure why;

    *out = NULL;
    for (int i = first; i < cli_operands(cli); i++)
        buf_format(&text, "%s%s", i > first ? " " : "", cli_operand(cli, i));
    if (text.n > 0) {
        *out = filter_new(text.at, &why);
        if (*out == NULL)
            cli_usage(cli, "%s", why.text);
    }
    buf_free(&text);
    return cli_operands(cli) <= first || *out != NULL;
}

int64_t
rows_time(struct cli *cli, const char *text)
{
    static const char units[] = "smhdw";
    static const int64_t seconds[] = { 1, 60, 3600, 86400, 7 * 86400 };
    struct tm tm = { .tm_isdst = -1 };
    char *end;
    long long count = strtoll(text, &end, 10);
    const char *unit = *end != '\0' && end[1] == '\0' ? strchr(units, *end) : NULL, *rest;

    if (unit != NULL && end != text && count > 0 && count < 100000)
        return loop_wall() - LOOP_S(count * seconds[unit - units]);
    rest = strptime(text, "%Y-%m-%d", &tm);
    if (rest != NULL && *rest != '\0')
        rest = strptime(rest + 1, strlen(rest) > 6 ? "%H:%M:%S" : "%H:%M", &tm);
    if (rest != NULL && *rest == '\0')
        return (int64_t) mktime(&tm) * 1000000000;
    cli_usage(cli, "--since: \"%s\" is no time; write 90s, 15m, 2h, 3d or 2026-11-27 07:30", text);
    return 0;
}

bool
rows_since(struct cli *cli, struct store *store, const char *since, int64_t *after, int *status)
{
    int64_t from = rows_time(cli, since), oldest, newest;
    struct failure why;

    *status = CLI_USAGE;
    if (from == 0)
        return false;
    if (journal_bounds(store, &oldest, &newest, &why) &&
        journal_since(store, from, oldest > 0 ? oldest - 1 : 0, newest, after, &why))
        return true;
    *status = cli_failed(cli, &why);
    return false;
}
