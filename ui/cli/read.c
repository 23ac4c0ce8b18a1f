/* trapline get, next, walk, table: what an agent says. */
#include "cli/commands.h"
#include "cli/formats.h"
#include "cli/json.h"
#include "cli/print.h"

#include "api/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OBJECTS_MAX = 1000, COLUMNS_MAX = 256, CELL_MAX = 4096 };

/* What one request needs while the loop turns. */
struct reading {
    struct cli *cli;
    const char *agent;
    int status;
    bool done;
    format_fn *format; /* of others, for a walk; or NULL */
    bool view_ended;
    struct oid last;
};

static void
print_reply(void *arg, const struct device_reply *reply)
{
    struct reading *r = arg;

    r->done = true;
    if (reply->failure != NULL) {
        r->status = cli_failed(r->cli, reply->failure);
        return;
    }
    for (size_t i = 0; i < reply->n; i++) {
        print_varbind(r->cli, r->agent, &reply->varbinds[i]);
        if (value_is_exception(&reply->varbinds[i].value))
            r->status = CLI_NO;
    }
}

typedef struct request *ask_fn(struct device *, const struct oid *, size_t, device_reply_fn *, void *);

static bool
parse_objects(struct cli *cli, int first, struct oid *out, size_t *n)
{
    struct failure why;

    for (*n = 0; first + (int) *n < cli_operands(cli); ++*n) {
        const char *text = cli_operand(cli, first + (int) *n);
        struct mib *mib;

        if (*n == OBJECTS_MAX)
            return cli_usage(cli, "more than %d objects", OBJECTS_MAX), false;
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

static int
ask(struct cli *cli, ask_fn *fn)
{
    struct reading r = { .cli = cli, .agent = cli_operand(cli, 0) };
    struct oid *names = calloc(OBJECTS_MAX, sizeof *names);
    struct device *device;
    size_t n;

    if (names == NULL || !parse_objects(cli, 1, names, &n))
        r.status = CLI_USAGE;
    else if ((device = cli_device(cli, r.agent, &r.status)) != NULL) {
        fn(device, names, n, print_reply, &r);
        if (!cli_wait(cli, &r.done))
            r.status = CLI_NO_ANSWER;
    }
    free(names);
    return r.status;
}

static int
run_get(struct cli *cli)
{
    return ask(cli, device_get);
}

static int
run_next(struct cli *cli)
{
    return ask(cli, device_get_next);
}

static void
print_rows(void *arg, const struct varbind *varbinds, size_t n)
{
    struct reading *r = arg;

    for (size_t i = 0; i < n && r->format == NULL; i++)
        print_varbind(r->cli, r->agent, &varbinds[i]);
    for (size_t i = 0; i < n && r->format != NULL; i++)
        r->format(&varbinds[i]);
    r->last = varbinds[n - 1].name;
}

static void
walk_ended(void *arg, const struct walk_end *end)
{
    struct reading *r = arg;

    r->done = true;
    r->view_ended = end->view_ended;
    if (end->note != NULL) {
        cli_warn(r->cli, "%s: %s", r->agent, end->note);
        r->status = CLI_IN_PART;
    }
    if (end->failure != NULL) {
        r->status = cli_failed(r->cli, end->failure);
        if (end->varbinds > 0)
            r->status = CLI_IN_PART;
    } else if (end->varbinds == 0)
        r->status = CLI_NO;
}

static int
run_walk(struct cli *cli)
{
    struct reading r = { .cli = cli, .agent = cli_operand(cli, 0) };
    struct oid roots[2] = { { 0 } };
    struct device *device;
    const char *format = cli_value(cli, "format");
    size_t n;

    if (format != NULL && strcmp(format, "trapline") != 0 && (r.format = format_find(format)) == NULL)
        return cli_usage(cli, "--format %s: write trapline, snmpwalk or snmprec", format);
    if (!parse_objects(cli, 1, roots, &n))
        return CLI_USAGE;
    if (n == 0)
        oid_parse(&roots[0], "1.3.6.1");
    device = cli_device(cli, r.agent, &r.status);
    if (device == NULL)
        return r.status;
    device_walk(device, &roots[0], print_rows, walk_ended, &r);
    if (!cli_wait(cli, &r.done)) {
        r.status = CLI_IN_PART;
        cli_warn(cli, "%s: interrupted; what was read stands above", r.agent);
    } else if (r.view_ended && r.last.n > 0 && r.format != NULL && r.format == format_find("snmpwalk"))
        format_view_end(&r.last);
    return r.status;
}

/* A table as rows of text, kept until the widths are known. */
struct tabling {
    struct reading reading; /* first: the callbacks' argument */
    struct oid columns[COLUMNS_MAX];
    mib_node nodes[COLUMNS_MAX];
    size_t n_columns;
    const struct index_part *parts;
    size_t n_parts;
    char **cells; /* rows of 1 + n_columns texts */
    size_t n_cells, room;
};

static char *
cell_text(const struct value *value, const struct syntax *syntax)
{
    static char text[CELL_MAX];

    if (value == NULL)
        return NULL;
    return strdup(render_value(value, syntax, RENDER_PLAIN, text, sizeof text));
}

static char *
index_text(struct tabling *t, const uint32_t *index, size_t n)
{
    struct index_value values[OID_MAX + 1];
    struct index_room room;
    size_t count = render_index(index, n, t->parts, t->n_parts < OID_MAX ? t->n_parts : OID_MAX, values, &room);
    char text[CELL_MAX] = "", part[CELL_MAX];
    size_t used = 0;

    for (size_t i = 0; i < count && used + 1 < sizeof text; i++) {
        render_value(&values[i].value, values[i].part != NULL ? values[i].part->syntax : NULL, RENDER_PLAIN, part,
                     sizeof part);
        used += (size_t) snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "", part);
    }
    return strdup(text);
}

static void
keep_row(void *arg, const uint32_t *index, size_t n_index, const struct value *const *cells, size_t n_cells)
{
    struct tabling *t = arg;
    struct mib *mib = cli_mib(t->reading.cli);
    struct mib_info info;

    if (t->n_cells + n_cells + 1 > t->room) {
        char **grown = realloc(t->cells, (t->room = 2 * t->room + n_cells + 64) * sizeof *grown);

        if (grown == NULL)
            exit(CLI_OUR_FAILURE);
        t->cells = grown;
    }
    t->cells[t->n_cells++] = index_text(t, index, n_index);
    for (size_t i = 0; i < n_cells; i++)
        t->cells[t->n_cells++] =
            cell_text(cells[i], mib_info(mib, t->nodes[i], &info) ? info.syntax : NULL);
}

static const char *
heading(const struct tabling *t, size_t column)
{
    return column == 0 ? "index" : mib_name(cli_mib(t->reading.cli), t->nodes[column - 1]);
}

static void
print_json_rows(const struct tabling *t)
{
    size_t wide = t->n_columns + 1;

    for (size_t at = 0; at < t->n_cells; at += wide) {
        struct json *line = json_new_object();

        json_text(line, "device", t->reading.agent);
        for (size_t c = 0; c < wide; c++)
            json_text(line, heading(t, c), t->cells[at + c]);
        json_print(line);
    }
}

static void
print_csv_rows(const struct tabling *t)
{
    size_t wide = t->n_columns + 1;

    for (size_t c = 0; c < wide; c++)
        cli_csv(heading(t, c), c + 1 == wide);
    for (size_t at = 0; at < t->n_cells; at += wide)
        for (size_t c = 0; c < wide; c++)
            cli_csv(t->cells[at + c] != NULL ? t->cells[at + c] : "", c + 1 == wide);
}

static void
print_text_rows(const struct tabling *t)
{
    size_t wide = t->n_columns + 1;
    int width[COLUMNS_MAX + 1];

    for (size_t c = 0; c < wide; c++) {
        width[c] = (int) strlen(heading(t, c));
        for (size_t at = c; at < t->n_cells; at += wide)
            if (t->cells[at] != NULL && (int) strlen(t->cells[at]) > width[c])
                width[c] = (int) strlen(t->cells[at]);
    }
    for (size_t c = 0; c < wide; c++)
        printf("%-*s%s", c + 1 < wide ? width[c] : 0, heading(t, c), c + 1 < wide ? "  " : "\n");
    for (size_t at = 0; at < t->n_cells; at++) {
        size_t c = at % wide;

        printf("%-*s%s", c + 1 < wide ? width[c] : 0, t->cells[at] != NULL ? t->cells[at] : "·",
               c + 1 < wide ? "  " : "\n");
    }
}

/* The columns named, or all readable ones of the table. */
static bool
choose_columns(struct cli *cli, struct mib *mib, mib_node row, struct tabling *t)
{
    struct mib_info info;

    for (mib_node n = mib_child(mib, row); n != MIB_NONE && t->n_columns < COLUMNS_MAX; n = mib_sibling(mib, n)) {
        bool wanted = cli_operands(cli) == 2;

        if (!mib_info(mib, n, &info) || info.kind != MIB_KIND_COLUMN || info.access < MIB_READ_ONLY)
            continue;
        for (int i = 2; i < cli_operands(cli); i++)
            wanted = wanted || strcmp(cli_operand(cli, i), info.name) == 0;
        if (wanted) {
            t->nodes[t->n_columns] = n;
            t->columns[t->n_columns++] = mib_oid(mib, n);
        }
    }
    if (t->n_columns > 0 && (cli_operands(cli) == 2 || t->n_columns == (size_t) cli_operands(cli) - 2))
        return true;
    cli_usage(cli, "%s: has no such readable columns", cli_operand(cli, 1));
    return false;
}

static int
run_table(struct cli *cli)
{
    struct tabling *t = calloc(1, sizeof *t);
    struct mib *mib = cli_mib(cli);
    struct device *device;
    mib_node row;
    int status = CLI_USAGE;

    if (t == NULL)
        return CLI_OUR_FAILURE;
    t->reading = (struct reading) { .cli = cli, .agent = cli_operand(cli, 0) };
    row = mib != NULL ? mib_find(mib, cli_operand(cli, 1)) : MIB_NONE;
    if (row != MIB_NONE)
        row = mib_row(mib, row);
    if (row == MIB_NONE)
        cli_usage(cli, "%s: no table of that name is known; trapline mib find %s", cli_operand(cli, 1),
                  cli_operand(cli, 1));
    else if (choose_columns(cli, mib, row, t) && (device = cli_device(cli, t->reading.agent, &status)) != NULL) {
        t->n_parts = mib_index(mib, row, &t->parts);
        device_table(device, t->columns, t->n_columns, keep_row, walk_ended, t);
        status = cli_wait(cli, &t->reading.done) ? t->reading.status : CLI_IN_PART;
        if (cli_format(cli) == CLI_JSON)
            print_json_rows(t);
        else if (cli_format(cli) == CLI_CSV)
            print_csv_rows(t);
        else
            print_text_rows(t);
    }
    for (size_t i = 0; i < t->n_cells; i++)
        free(t->cells[i]);
    free(t->cells);
    free(t);
    return status;
}

const struct cli_command command_get = {
    .name = "get", .operands = "AGENT OBJECT…", .help = "read objects of a device", .run = run_get,
    .takes_agent = true, .least = 2, .most = -1,
};
const struct cli_command command_next = {
    .name = "next", .operands = "AGENT OBJECT…", .help = "read what follows each object", .run = run_next,
    .takes_agent = true, .least = 2, .most = -1,
};
static const struct cli_option walk_options[] = {
    { "format", 0, "FORMAT", "trapline (as get prints it), snmpwalk (-On) or snmprec", false },
    { NULL, 0, NULL, NULL, false },
};

const struct cli_command command_walk = {
    .name = "walk", .operands = "AGENT [OBJECT]", .help = "read everything below an object", .run = run_walk,
    .options = walk_options,
    .takes_agent = true, .least = 1, .most = 2,
};
const struct cli_command command_table = {
    .name = "table", .operands = "AGENT TABLE [COLUMN…]", .help = "read a table as rows and columns",
    .run = run_table, .takes_agent = true, .least = 2, .most = -1,
};
