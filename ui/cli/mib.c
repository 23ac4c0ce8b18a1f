/* trapline mib: the compiler and the tree it makes. */
#include "cli/mib.h"

#include "cli/commands.h"

#include "api/mib_compile.h"
#include "api/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HITS_MAX = 200, LINE_MAX_OCTETS = 16384 };

const char *const mib_kind_words[] = {
    [MIB_KIND_NODE] = "node",     [MIB_KIND_SCALAR] = "scalar",
    [MIB_KIND_TABLE] = "table",   [MIB_KIND_ROW] = "row",
    [MIB_KIND_COLUMN] = "column", [MIB_KIND_NOTIFICATION] = "notification",
    [MIB_KIND_GROUP] = "group",   [MIB_KIND_COMPLIANCE] = "compliance",
    [MIB_KIND_CAPABILITIES] = "capabilities",
};

const char *const mib_access_words[] = {
    [MIB_ACCESS_NONE] = "",          [MIB_NOT_ACCESSIBLE] = "not-accessible",
    [MIB_ACCESSIBLE_FOR_NOTIFY] = "accessible-for-notify",
    [MIB_READ_ONLY] = "read-only",   [MIB_READ_WRITE] = "read-write",
    [MIB_READ_CREATE] = "read-create", [MIB_WRITE_ONLY] = "write-only",
};

const char *const mib_status_words[] = {
    [MIB_STATUS_NONE] = "", [MIB_CURRENT] = "current", [MIB_DEPRECATED] = "deprecated", [MIB_OBSOLETE] = "obsolete",
};

void
mib_put(const char *text)
{
    char line[LINE_MAX_OCTETS];

    text_sanitize((const uint8_t *) text, strlen(text), line, sizeof line);
    fputs(line, stdout);
}

void
mib_put_prose(const char *text, int indent)
{
    char line[LINE_MAX_OCTETS];

    while (*text != '\0') {
        size_t n = strcspn(text, "\n");

        text_sanitize((const uint8_t *) text, n, line, sizeof line);
        printf("%*s%s\n", n > 0 ? indent : 0, "", line);
        text += n + (text[n] == '\n');
    }
}

static void
print_counts(const struct cli *cli, const struct mib_compile_counts *counts)
{
    const struct {
        const char *name;
        size_t n;
    } all[] = {
        { "files", counts->files }, { "modules", counts->modules },             { "nodes", counts->nodes },
        { "types", counts->types }, { "notifications", counts->notifications }, { "errors", counts->errors },
        { "warnings", counts->warnings }, { "parsed", counts->parsed }, { "not-modules", counts->not_modules },
    };
    struct json *line;

    if (cli_format(cli) != CLI_JSON) {
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            printf("%zu %s, ", all[i].n, all[i].name);
        printf("%.2f s\n", counts->seconds);
        return;
    }
    line = json_new_object();
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        json_unsigned(line, all[i].name, all[i].n);
    json_real(line, "seconds", counts->seconds);
    json_print(line);
}

/* For the process that waits: "DONE ALL", a hundred times at most. */
static void
say_progress(void *arg, size_t done, size_t all)
{
    size_t *said = arg;

    if (done < all && done * 100 / all == *said)
        return;
    *said = done * 100 / all;
    printf("%zu %zu\n", done, all);
    fflush(stdout);
}

static void
show_progress(void *arg, size_t done, size_t all)
{
    struct cli *cli = arg;

    if (done < all)
        cli_progress(cli, "%zu of %zu files", done, all);
    else
        cli_progress(cli, NULL);
}

/* The operands, or the directories of the settings. */
static int
run_compile(struct cli *cli)
{
    int status = CLI_OUR_FAILURE;
    const struct paths *paths = cli_paths(cli, &status);
    const struct settings *settings = cli_settings(cli, &status);
    struct mib_compile_options options = { .fresh = cli_flag(cli, "fresh") };
    struct mib_compile_counts counts = { 0 };
    const char *from = cli_value(cli, "from");
    char *directories[CLI_DIRECTORIES_MAX];
    size_t said = 1000, n = 0;
    const char **all;
    struct failure why;
    bool done;

    if (settings == NULL)
        return status;
    if (from == NULL && cli_operands(cli) == 0) {
        n = cli_mib_directories(cli, directories);
        options.ours = paths->mibs;
    }
    all = calloc(n + (size_t) cli_operands(cli) + 2, sizeof *all);
    if (all == NULL)
        return CLI_OUR_FAILURE;
    if (from != NULL)
        all[options.n_from++] = from;
    for (int i = 0; i < cli_operands(cli); i++)
        all[options.n_from++] = cli_operand(cli, i);
    for (size_t i = 0; i < n; i++)
        all[options.n_from++] = directories[i];
    options.from = all;
    options.given = n == 0;
    options.to = cli_value(cli, "to") != NULL ? cli_value(cli, "to") : paths->snapshot;
    options.progress = cli_flag(cli, "progress") ? say_progress : show_progress;
    options.arg = cli_flag(cli, "progress") ? (void *) &said : cli;
    done = mib_compile_confined(&options, &counts, &why);
    for (size_t i = 0; i < n; i++)
        free(directories[i]);
    free(all);
    if (!done)
        return cli_failed(cli, &why);
    if (!cli_flag(cli, "quiet"))
        print_counts(cli, &counts);
    if (options.given && cli_value(cli, "to") == NULL && !cli_flag(cli, "quiet"))
        fputs("The commands now know these modules alone; trapline mib compile brings the others back.\n"
              "Name the directory in mib-directories or $MIBDIRS to have it beside them.\n", stderr);
    return counts.errors > 0 ? CLI_NO : CLI_DONE;
}

struct mib *
mib_need(struct cli *cli, int *status)
{
    struct mib *mib = cli_mib(cli);

    if (mib == NULL)
        *status = CLI_USAGE;
    return mib;
}

struct json *
mib_json_node(struct mib *mib, mib_node node)
{
    struct json *line = json_new_object(), *values, *list;
    const struct index_part *parts;
    struct oid o = mib_oid(mib, node);
    char numeric[OID_TEXT_MAX];
    struct mib_info info;
    size_t n;

    mib_info(mib, node, &info);
    json_text(line, "name", info.name);
    json_text(line, "oid", oid_format(&o, numeric));
    json_text(line, "module", info.module);
    json_text(line, "kind", mib_kind_words[info.kind]);
    if (info.access != MIB_ACCESS_NONE)
        json_text(line, "access", mib_access_words[info.access]);
    if (info.status != MIB_STATUS_NONE)
        json_text(line, "status", mib_status_words[info.status]);
    if (info.syntax != NULL)
        json_text(line, "syntax", info.syntax->type);
    if (info.syntax != NULL && info.syntax->n_names > 0) {
        values = json_new_object();
        for (uint32_t i = 0; i < info.syntax->n_names; i++)
            json_integer(values, info.syntax->names[i].label, info.syntax->names[i].number);
        json_add(line, "values", values);
    }
    n = info.kind == MIB_KIND_ROW ? mib_index(mib, node, &parts) : 0;
    if (n > 0) {
        list = json_new_array();
        for (size_t i = 0; i < n; i++) {
            struct json *part = json_new_object();

            json_text(part, "name", parts[i].name);
            json_text(part, "syntax", parts[i].syntax != NULL ? parts[i].syntax->type : "");
            json_flag(part, "implied", parts[i].implied);
            json_add(list, NULL, part);
        }
        json_add(line, "index", list);
    }
    return line;
}

void
mib_print_line(struct cli *cli, struct mib *mib, mib_node node, int depth)
{
    struct oid o = mib_oid(mib, node);
    char numeric[OID_TEXT_MAX];
    struct mib_info info;

    if (!mib_info(mib, node, &info))
        return;
    if (cli_format(cli) == CLI_JSON)
        json_print(mib_json_node(mib, node));
    else
        printf("%*s%s  %s  %s::%s\n", 2 * depth, "", info.name, oid_format(&o, numeric), info.module,
               mib_kind_words[info.kind]);
}

static void
print_tree(struct cli *cli, struct mib *mib, mib_node node, int depth)
{
    unsigned others = 0;

    mib_print_line(cli, mib, node, depth);
    if (cli_flag(cli, "all"))
        for (mib_node o = mib_other(mib, node); o != MIB_NONE && others++ < 1000; o = mib_other(mib, o))
            mib_print_line(cli, mib, o, depth);
    for (mib_node c = mib_child(mib, node); c != MIB_NONE && depth < OID_MAX; c = mib_sibling(mib, c))
        print_tree(cli, mib, c, depth + 1);
}

static int
run_tree(struct cli *cli)
{
    int status = CLI_DONE;
    struct mib *mib = mib_need(cli, &status);
    struct failure why;
    mib_node node;
    struct oid o;

    if (mib == NULL)
        return status;
    node = mib_root(mib);
    if (cli_operands(cli) > 0) {
        if (!mib_parse_object(mib, cli_operand(cli, 0), &o, &why))
            return cli_failed(cli, &why);
        node = mib_lookup(mib, &o, NULL);
    }
    print_tree(cli, mib, node, 0);
    return CLI_DONE;
}

static int
run_find(struct cli *cli)
{
    struct mib_hit hits[HITS_MAX];
    int status = CLI_DONE;
    struct mib *mib = mib_need(cli, &status);
    char query[512] = "";
    long max;
    size_t n;

    if (mib == NULL)
        return status;
    if (!cli_number(cli, "limit", 1, HITS_MAX, HITS_MAX, &max))
        return CLI_USAGE;
    for (int i = 0; i < cli_operands(cli); i++)
        snprintf(query + strlen(query), sizeof query - strlen(query), "%s%s", i > 0 ? " " : "", cli_operand(cli, i));
    n = mib_search(mib, query, hits, (size_t) max);
    for (size_t i = 0; i < n; i++)
        mib_print_line(cli, mib, hits[i].node, 0);
    return n > 0 ? CLI_DONE : CLI_NO;
}

static const struct cli_option compile_options[] = {
    { "from", 0, "DIR", "a directory of modules (more may follow as operands)", false },
    { "to", 0, "FILE", "the snapshot to write", false },
    { "fresh", 0, NULL, "read every file again", false },
    { "progress", 0, NULL, "lines of \"DONE ALL\" while it works", false },
    { 0 },
};

static const struct cli_option tree_options[] = {
    { "all", 0, NULL, "also the other definitions at an OID", false },
    { 0 },
};

static const struct cli_option find_options[] = {
    { "limit", 'n', "N", "at most so many (200)", false },
    { 0 },
};

static const struct cli_command compile = {
    .name = "compile", .operands = "[DIR…]", .help = "compile modules into the snapshot", .run = run_compile,
    .options = compile_options, .least = 0, .most = -1,
};
static const struct cli_command tree = {
    .name = "tree", .operands = "[OBJECT]", .help = "the tree below an object", .run = run_tree, .most = 1,
    .options = tree_options,
};
static const struct cli_command find = {
    .name = "find", .operands = "TEXT…", .help = "names, OIDs, types, modules and words that fit", .run = run_find,
    .options = find_options, .least = 1, .most = -1,
};
static const struct cli_command *const subs[] = {
    &mib_command_show, &find, &tree, &mib_command_which, &mib_command_catalogue, &mib_command_modules,
    &mib_command_lint, &compile, NULL,
};

const struct cli_command command_mib = {
    .name = "mib", .operands = "…", .help = "MIB modules: show, find, tree, which, lint, compile …",
    .sub = subs,
};
