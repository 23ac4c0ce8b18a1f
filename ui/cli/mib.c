/* trapline mib: the compiler and the tree it makes. */
#include "cli/commands.h"
#include "cli/json.h"

#include "api/mib_compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { HITS_MAX = 200, OBJECTS_MAX = 64 };

static const char *const kinds[] = {
    [MIB_KIND_NODE] = "node",     [MIB_KIND_SCALAR] = "scalar",
    [MIB_KIND_TABLE] = "table",   [MIB_KIND_ROW] = "row",
    [MIB_KIND_COLUMN] = "column", [MIB_KIND_NOTIFICATION] = "notification",
    [MIB_KIND_GROUP] = "group",   [MIB_KIND_COMPLIANCE] = "compliance",
    [MIB_KIND_CAPABILITIES] = "capabilities",
};

static const char *const accesses[] = {
    [MIB_ACCESS_NONE] = "",          [MIB_NOT_ACCESSIBLE] = "not-accessible",
    [MIB_ACCESSIBLE_FOR_NOTIFY] = "accessible-for-notify",
    [MIB_READ_ONLY] = "read-only",   [MIB_READ_WRITE] = "read-write",
    [MIB_READ_CREATE] = "read-create", [MIB_WRITE_ONLY] = "write-only",
};

static const char *const statuses[] = {
    [MIB_STATUS_NONE] = "", [MIB_CURRENT] = "current", [MIB_DEPRECATED] = "deprecated", [MIB_OBSOLETE] = "obsolete",
};

static void
print_counts(const struct cli *cli, const struct mib_compile_counts *counts)
{
    const struct {
        const char *name;
        size_t n;
    } all[] = {
        { "files", counts->files }, { "modules", counts->modules },             { "nodes", counts->nodes },
        { "types", counts->types }, { "notifications", counts->notifications }, { "errors", counts->errors },
        { "warnings", counts->warnings },
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

/* The operands, or the directories of the settings. */
static int
run_compile(struct cli *cli)
{
    const struct rlimit cpu = { 120, 120 }, memory = { (rlim_t) 4 << 30, (rlim_t) 4 << 30 };
    int status = CLI_OUR_FAILURE;
    const struct paths *paths = cli_paths(cli, &status);
    const struct settings *settings = cli_settings(cli, &status);
    struct mib_compile_options options = { 0 };
    struct mib_compile_counts counts = { 0 };
    const char *from = cli_value(cli, "from");
    const char **all;
    struct settings_list list = { 0 };
    struct failure why;
    bool done;

    if (settings == NULL)
        return status;
    if (from == NULL && cli_operands(cli) == 0)
        list = settings_list(settings, "mib-directories");
    all = calloc(list.n + (size_t) cli_operands(cli) + 2, sizeof *all);
    if (all == NULL)
        return CLI_OUR_FAILURE;
    if (from != NULL)
        all[options.n_from++] = from;
    for (int i = 0; i < cli_operands(cli); i++)
        all[options.n_from++] = cli_operand(cli, i);
    for (size_t i = 0; i < list.n; i++)
        all[options.n_from++] = list.items[i];
    options.from = all;
    options.ours = from == NULL && cli_operands(cli) == 0 ? paths->mibs : NULL;
    options.to = cli_value(cli, "to") != NULL ? cli_value(cli, "to") : paths->snapshot;
    setrlimit(RLIMIT_CPU, &cpu);
#ifndef __SANITIZE_ADDRESS__ /* which reserves terabytes of addresses for itself */
    setrlimit(RLIMIT_AS, &memory);
#else
    (void) memory;
#endif
    done = mib_compile(&options, &counts, &why);
    free(all);
    if (!done)
        return cli_failed(cli, &why);
    if (!cli_flag(cli, "quiet"))
        print_counts(cli, &counts);
    return counts.errors > 0 ? CLI_NO : CLI_DONE;
}

static struct mib *
need_mib(struct cli *cli, int *status)
{
    struct mib *mib = cli_mib(cli);

    if (mib == NULL)
        *status = CLI_USAGE;
    return mib;
}

static void
print_line(struct cli *cli, struct mib *mib, mib_node node, int depth)
{
    struct oid o = mib_oid(mib, node);
    char numeric[OID_TEXT_MAX];
    struct mib_info info;
    struct json *line;

    if (!mib_info(mib, node, &info))
        return;
    if (cli_format(cli) != CLI_JSON) {
        printf("%*s%s  %s  %s::%s\n", 2 * depth, "", info.name, oid_format(&o, numeric), info.module,
               kinds[info.kind]);
        return;
    }
    line = json_new_object();
    json_text(line, "name", info.name);
    json_text(line, "oid", oid_format(&o, numeric));
    json_text(line, "module", info.module);
    json_text(line, "kind", kinds[info.kind]);
    json_print(line);
}

static void
print_tree(struct cli *cli, struct mib *mib, mib_node node, int depth)
{
    print_line(cli, mib, node, depth);
    for (mib_node c = mib_child(mib, node); c != MIB_NONE && depth < OID_MAX; c = mib_sibling(mib, c))
        print_tree(cli, mib, c, depth + 1);
}

static int
run_tree(struct cli *cli)
{
    int status = CLI_DONE;
    struct mib *mib = need_mib(cli, &status);
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
    struct mib *mib = need_mib(cli, &status);
    size_t n;

    if (mib == NULL)
        return status;
    n = mib_search(mib, cli_operand(cli, 0), hits, HITS_MAX);
    for (size_t i = 0; i < n; i++)
        print_line(cli, mib, hits[i].node, 0);
    return n > 0 ? CLI_DONE : CLI_NO;
}

static void
show_syntax(const struct syntax *syntax)
{
    printf("syntax    %s\n", syntax->type);
    for (uint32_t i = 0; i < syntax->n_ranges; i++)
        if (syntax_is_unsigned(syntax->base))
            printf("range     %llu..%llu\n", (unsigned long long) syntax->ranges[i].low,
                   (unsigned long long) syntax->ranges[i].high);
        else
            printf("range     %lld..%lld\n", (long long) syntax->ranges[i].low, (long long) syntax->ranges[i].high);
    for (uint32_t i = 0; i < syntax->n_names; i++)
        printf("%s%s(%lld)%s", i == 0 ? "values    " : " ", syntax->names[i].label,
               (long long) syntax->names[i].number, i + 1 == syntax->n_names ? "\n" : "");
    if (syntax->hint != NULL)
        printf("hint      %s\n", syntax->hint);
}

static void
show_text(struct mib *mib, const struct mib_info *info)
{
    const struct index_part *parts;
    mib_node objects[OBJECTS_MAX];
    char numeric[OID_TEXT_MAX];
    struct oid o = mib_oid(mib, info->node);
    size_t n;

    printf("%s::%s  %s  %s\n", info->module, info->name, oid_format(&o, numeric), kinds[info->kind]);
    if (info->access != MIB_ACCESS_NONE)
        printf("access    %s\n", accesses[info->access]);
    if (info->status != MIB_STATUS_NONE)
        printf("status    %s\n", statuses[info->status]);
    if (info->syntax != NULL)
        show_syntax(info->syntax);
    if (*info->units != '\0')
        printf("units     %s\n", info->units);
    n = mib_index(mib, info->node, &parts);
    for (size_t i = 0; i < n; i++)
        printf("%s%s%s%s", i == 0 ? "index     " : ", ", parts[i].implied ? "IMPLIED " : "", parts[i].name,
               i + 1 == n ? "\n" : "");
    n = mib_objects(mib, info->node, objects, OBJECTS_MAX);
    for (size_t i = 0; i < n && i < OBJECTS_MAX; i++)
        printf("%s%s%s", i == 0 ? "objects   " : ", ", mib_name(mib, objects[i]), i + 1 == n ? "\n" : "");
    if (*info->description != '\0')
        printf("\n%s\n", info->description);
}

static void
show_json(struct mib *mib, const struct mib_info *info)
{
    struct json *line = json_new_object(), *values;
    struct oid o = mib_oid(mib, info->node);
    char numeric[OID_TEXT_MAX];

    json_text(line, "name", info->name);
    json_text(line, "module", info->module);
    json_text(line, "oid", oid_format(&o, numeric));
    json_text(line, "kind", kinds[info->kind]);
    json_text(line, "access", accesses[info->access]);
    json_text(line, "status", statuses[info->status]);
    json_text(line, "units", info->units);
    json_text(line, "description", info->description);
    json_text(line, "reference", info->reference);
    if (info->syntax != NULL) {
        json_text(line, "syntax", info->syntax->type);
        json_text(line, "hint", info->syntax->hint);
        values = json_new_object();
        for (uint32_t i = 0; i < info->syntax->n_names; i++)
            json_integer(values, info->syntax->names[i].label, info->syntax->names[i].number);
        json_add(line, "values", values);
    }
    json_print(line);
}

static int
run_show(struct cli *cli)
{
    int status = CLI_DONE;
    struct mib *mib = need_mib(cli, &status);
    struct mib_info info;
    struct failure why;
    mib_node node;
    struct oid o;

    if (mib == NULL)
        return status;
    if (!mib_parse_object(mib, cli_operand(cli, 0), &o, &why))
        return cli_failed(cli, &why);
    node = mib_lookup(mib, &o, NULL);
    if (node == MIB_NONE || !mib_info(mib, node, &info))
        return CLI_NO;
    if (cli_format(cli) == CLI_JSON)
        show_json(mib, &info);
    else
        show_text(mib, &info);
    return CLI_DONE;
}

static const struct cli_option compile_options[] = {
    { "from", 0, "DIR", "a directory of modules (more may follow as operands)", false },
    { "to", 0, "FILE", "the snapshot to write", false },
    { 0 },
};

static const struct cli_command compile = {
    .name = "compile", .operands = "[DIR…]", .help = "compile modules into the snapshot", .run = run_compile,
    .options = compile_options, .least = 0, .most = -1,
};
static const struct cli_command tree = {
    .name = "tree", .operands = "[OBJECT]", .help = "the tree below an object", .run = run_tree, .most = 1,
};
static const struct cli_command find = {
    .name = "find", .operands = "TEXT", .help = "names, OIDs and words that fit", .run = run_find, .least = 1,
    .most = 1,
};
static const struct cli_command show = {
    .name = "show", .operands = "OBJECT", .help = "all that is known of an object", .run = run_show, .least = 1,
    .most = 1,
};
static const struct cli_command *const subs[] = { &compile, &tree, &find, &show, NULL };

const struct cli_command command_mib = {
    .name = "mib", .operands = "…", .help = "the MIB modules: compile, tree, find, show", .sub = subs,
};
