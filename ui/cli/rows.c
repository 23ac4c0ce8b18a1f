/* Which rows of the journal: see rows.h. */
#include "cli/rows.h"

#include "cli/print.h"

#include "api/memory.h"
#include "api/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* What a filter may ask of a row: its columns, and its varbinds by the object's name with or without the instance. */
struct asked {
    struct cli *cli;
    const struct notification *n;
    struct buf whole;
    char text[OID_TEXT_MAX];
    char value[1024];
};

static const char *
varbind_column(struct asked *a, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < a->n->n_varbinds; i++) {
        const struct varbind *v = &a->n->varbinds[i];

        print_object(a->cli, &v->name, a->text, sizeof a->text);
        if (strncasecmp(a->text, name, length) == 0 && (a->text[length] == '\0' || a->text[length] == '.')) {
            mib_render(cli_mib(a->cli), &v->value, mib_syntax(cli_mib(a->cli), &v->name), RENDER_PLAIN, a->value, sizeof a->value);
            return a->value;
        }
    }
    return NULL;
}

static const char *
whole_row(struct asked *a)
{
    const struct notification *n = a->n;

    if (a->whole.n > 0)
        return a->whole.at;
    print_object(a->cli, &n->name, a->text, sizeof a->text);
    buf_format(&a->whole, "%s %s %s %s %s", severity_word(n->severity), n->device != NULL ? n->device : "",
               n->origin != NULL ? n->origin : "", n->source, a->text);
    for (size_t i = 0; i < n->n_varbinds; i++) {
        print_object(a->cli, &n->varbinds[i].name, a->text, sizeof a->text);
        mib_render(cli_mib(a->cli), &n->varbinds[i].value, mib_syntax(cli_mib(a->cli), &n->varbinds[i].name), RENDER_PLAIN, a->value,
                     sizeof a->value);
        buf_format(&a->whole, " %s %s", a->text, a->value);
    }
    return a->whole.at;
}

static const char *
column_of(void *arg, const char *name)
{
    struct asked *a = arg;
    const struct notification *n = a->n;
    const struct {
        const char *name, *text;
    } plain[] = { { "severity", severity_word(n->severity) }, { "device", n->device }, { "origin", n->origin },
                  { "source", n->source }, { "security", n->security }, { "context", n->context }, { "why", n->why },
                  { "inform", n->inform ? "true" : "false" } };

    if (name == NULL)
        return whole_row(a);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcasecmp(plain[i].name, name) == 0)
            return plain[i].text != NULL ? plain[i].text : "";
    if (strcasecmp(name, "notification") == 0) {
        print_object(a->cli, &n->name, a->text, sizeof a->text);
        return a->text;
    }
    if (strcasecmp(name, "version") == 0)
        return n->version == 1 ? "1" : n->version == 3 ? "3" : "2c";
    return varbind_column(a, name);
}

bool
row_matches(struct cli *cli, struct filter *filter, const struct notification *n)
{
    struct asked a = { .cli = cli, .n = n };
    bool match = filter == NULL || filter_matches(filter, column_of, &a);

    buf_free(&a.whole);
    return match;
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

static bool
note_time(void *arg, const struct notification *n)
{
    *(int64_t *) arg = n->received;
    return false;
}

/* The last row before `since`, found by halving: rows are in the order they came. */
static bool
find_since(struct store *store, int64_t since, int64_t oldest, int64_t newest, int64_t *before, struct failure *why)
{
    int64_t low = oldest > 0 ? oldest - 1 : 0, high = newest; /* the answer is in low..high */

    while (low < high) {
        int64_t middle = low + (high - low) / 2 + 1, received = INT64_MAX;

        if (!journal_after(store, middle - 1, 1, note_time, &received, why))
            return false;
        if (received < since)
            low = middle;
        else
            high = middle - 1;
    }
    *before = low;
    return true;
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
    if (journal_bounds(store, &oldest, &newest, &why) && find_since(store, from, oldest, newest, after, &why))
        return true;
    *status = cli_failed(cli, &why);
    return false;
}
