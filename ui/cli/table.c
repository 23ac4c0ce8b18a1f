/* trapline table: rows and columns, as they come. */
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/print.h"
#include "cli/read.h"

#include "api/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 256, CELL_MAX = 4096, ROWS_FOR_WIDTHS = 500 };

/* A table as rows of text. For the eye the first are kept until the widths are known; the others leave at once. */
struct tabling {
    struct reading reading; /* first: the callbacks' argument */
    struct oid columns[COLUMNS_MAX];
    mib_node nodes[COLUMNS_MAX];
    size_t n_columns;
    const struct index_part *parts;
    size_t n_parts;
    char **cells; /* rows of 1 + n_columns texts, until printing has begun */
    size_t n_cells, room;
    bool begun;
    int width[COLUMNS_MAX + 1];
};

static char *
cell_text(struct cli *cli, const struct value *value, const struct syntax *syntax)
{
    static char text[CELL_MAX];

    if (value == NULL)
        return NULL;
    return memory_text(print_value(cli, value, syntax, RENDER_PLAIN, text, sizeof text));
}

static char *
index_text(struct tabling *t, const uint32_t *index, size_t n)
{
    struct index_value values[OID_MAX + 1];
    struct index_room room;
    size_t count = render_index(index, n, t->parts, t->n_parts < OID_MAX ? t->n_parts : OID_MAX, values, &room);
    char text[CELL_MAX] = "", part[CELL_MAX];
    size_t used = 0;
    struct oid arcs;

    if (cli_flag(t->reading.cli, "numeric") && oid_set(&arcs, index, n))
        return memory_text(oid_format(&arcs, text));
    for (size_t i = 0; i < count && used + 1 < sizeof text; i++) {
        print_value(t->reading.cli, &values[i].value, values[i].part != NULL ? values[i].part->syntax : NULL, RENDER_PLAIN,
                    part, sizeof part);
        used += (size_t) snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "", part[0] != '\0' ? part : "\"\"");
    }
    return strdup(text);
}

static const char *
heading(const struct tabling *t, size_t column)
{
    static char numeric[OID_TEXT_MAX];

    if (column > 0 && cli_flag(t->reading.cli, "numeric"))
        return oid_format(&t->columns[column - 1], numeric);
    return column == 0 ? "index" : mib_name(cli_mib(t->reading.cli), t->nodes[column - 1]);
}

static void
print_json_row(const struct tabling *t, char *const *cells)
{
    struct json *line = json_new_object();

    json_text(line, "device", t->reading.agent);
    for (size_t c = 0; c <= t->n_columns; c++)
        json_text(line, heading(t, c), cells[c]);
    json_print(line);
}

static void
print_csv_row(const struct tabling *t, char *const *cells)
{
    for (size_t c = 0; c <= t->n_columns; c++)
        cli_csv(cells[c] != NULL ? cells[c] : "", c == t->n_columns);
}

static void
print_text_row(const struct tabling *t, char *const *cells)
{
    for (size_t c = 0; c <= t->n_columns; c++)
        printf("%-*s%s", c < t->n_columns ? t->width[c] : 0, cells[c] != NULL ? cells[c] : "·",
               c < t->n_columns ? "  " : "\n");
}

static void
print_row(const struct tabling *t, char *const *cells)
{
    switch (cli_format(t->reading.cli)) {
    case CLI_JSON:
        print_json_row(t, cells);
        break;
    case CLI_CSV:
        print_csv_row(t, cells);
        break;
    case CLI_TEXT:
        print_text_row(t, cells);
        break;
    }
}

static void
print_head(struct tabling *t)
{
    char *cells[COLUMNS_MAX + 1];

    if (cli_format(t->reading.cli) == CLI_JSON)
        return;
    for (size_t c = 0; c <= t->n_columns; c++)
        cells[c] = memory_text(heading(t, c));
    print_row(t, cells);
    for (size_t c = 0; c <= t->n_columns; c++)
        free(cells[c]);
}

/* The rows kept so far, and from now on each as it comes. */
static void
begin_printing(struct tabling *t)
{
    size_t wide = t->n_columns + 1;

    if (t->begun)
        return;
    t->begun = true;
    for (size_t c = 0; c < wide; c++) {
        t->width[c] = (int) strlen(heading(t, c));
        for (size_t at = c; at < t->n_cells; at += wide)
            if (t->cells[at] != NULL && (int) strlen(t->cells[at]) > t->width[c])
                t->width[c] = (int) strlen(t->cells[at]);
    }
    print_head(t);
    for (size_t at = 0; at < t->n_cells; at += wide)
        print_row(t, t->cells + at);
    for (size_t at = 0; at < t->n_cells; at++)
        free(t->cells[at]);
    free(t->cells);
    t->cells = NULL;
    t->n_cells = 0;
}

static void
take_row(void *arg, const uint32_t *index, size_t n_index, const struct value *const *cells, size_t n_cells)
{
    struct tabling *t = arg;
    struct mib *mib = cli_mib(t->reading.cli);
    size_t wide = t->n_columns + 1;
    char *row[COLUMNS_MAX + 1];
    struct mib_info info;

    row[0] = index_text(t, index, n_index);
    for (size_t i = 0; i < n_cells; i++)
        row[i + 1] = cell_text(t->reading.cli, cells[i], mib_info(mib, t->nodes[i], &info) ? info.syntax : NULL);
    if (cli_format(t->reading.cli) != CLI_TEXT || t->n_cells / wide >= ROWS_FOR_WIDTHS)
        begin_printing(t);
    if (t->begun) {
        print_row(t, row);
        for (size_t c = 0; c < wide; c++)
            free(row[c]);
        return;
    }
    if (t->n_cells + wide > t->room)
        t->cells = memory_grow(t->cells, t->room = 2 * t->room + 64 * wide, sizeof *t->cells);
    memcpy(t->cells + t->n_cells, row, wide * sizeof *row);
    t->n_cells += wide;
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
        device_table(device, t->columns, t->n_columns, take_row, read_ended, t);
        status = cli_wait(cli, &t->reading.done) ? t->reading.status : CLI_IN_PART;
        begin_printing(t);
        if (!t->reading.done)
            cli_warn(cli, "%s: interrupted; the rows above are a part of the table", t->reading.agent);
    }
    free(t);
    return status;
}

const struct cli_command command_table = {
    .name = "table", .operands = "AGENT TABLE [COLUMN…]", .help = "read a table as rows and columns",
    .run = run_table, .takes_agent = true, .shows_values = true, .least = 2, .most = -1,
};
