/* trapline mib modules, catalogue, which: what there is and where it comes from. */
#include "cli/mib.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { OBJECTS_MAX = 200, ENTERPRISE_ARCS = 7 };

static const char *
state_of(const struct mib_module *m)
{
    return *m->superseded_by != '\0' ? "superseded" : m->errors > 0 ? "errors" : m->warnings > 0 ? "warnings" : "good";
}

static void
json_module(struct mib *mib, uint32_t number, const struct mib_module *m)
{
    struct json *line = json_new_object(), *list = json_new_array(), *one;
    const char *a, *b;

    json_text(line, "name", m->name);
    json_text(line, "state", state_of(m));
    json_text(line, "file", m->path);
    json_unsigned(line, "line", m->line);
    json_unsigned(line, "nodes", m->nodes);
    json_unsigned(line, "types", m->types);
    json_unsigned(line, "notifications", m->notifications);
    json_unsigned(line, "errors", m->errors);
    json_unsigned(line, "warnings", m->warnings);
    json_integer(line, "smi", m->smi);
    json_flag(line, "ours", m->ours);
    json_text(line, "superseded-by", *m->superseded_by != '\0' ? m->superseded_by : NULL);
    json_text(line, "identity", m->identity != MIB_NONE ? mib_name(mib, m->identity) : NULL);
    json_text(line, "revision", m->revision);
    for (uint32_t i = 0; mib_revision(mib, number, i, &a, &b); i++) {
        one = json_new_object();
        json_text(one, "date", a);
        json_text(one, "text", b);
        json_add(list, NULL, one);
    }
    json_add(line, "revisions", list);
    list = json_new_array();
    for (uint32_t i = 0; mib_import(mib, number, i, &a, &b); i++) {
        one = json_new_object();
        json_text(one, "symbol", a);
        json_text(one, "from", b);
        json_add(list, NULL, one);
    }
    json_add(line, "imports", list);
    json_text(line, "organization", m->organization);
    json_text(line, "contact", m->contact);
    json_text(line, "description", m->description);
    json_print(line);
}

static void
print_problems(struct cli *cli, struct mib *mib, const struct mib_module *m)
{
    struct mib_problem p;
    struct mib_file file;

    if (!mib_file(mib, m->file, &file))
        return;
    for (uint32_t i = 0; i < file.n_problems; i++)
        if (mib_problem(mib, file.first_problem + i, &p) && strcmp(p.module, m->name) == 0)
            mib_print_problem(cli, &p);
}

/* Files in which no module was found, named as what they are. */
static size_t
print_files(struct cli *cli, struct mib *mib)
{
    struct mib_file file;
    size_t n = 0;

    for (uint32_t i = 0; mib_file(mib, i, &file); i++) {
        if (file.has_modules)
            continue;
        n++;
        if (cli_format(cli) == CLI_JSON) {
            struct json *line = json_new_object();

            json_text(line, "name", NULL);
            json_text(line, "state", "no module");
            json_text(line, "file", file.path);
            json_text(line, "kind", file.kind);
            json_print(line);
        } else {
            printf("%-36s %-10s ", "-", "no module");
            mib_put(file.path);
            printf(" (%s)\n", file.kind);
        }
    }
    return n;
}

static int
run_modules(struct cli *cli)
{
    int status = CLI_DONE;
    struct mib *mib = mib_need(cli, &status);
    const char *wanted = cli_operand(cli, 0);
    struct mib_module m;
    size_t n = 0;

    if (mib == NULL)
        return status;
    for (uint32_t i = 0; mib_module(mib, i, &m); i++) {
        if ((wanted != NULL && strcasecmp(wanted, m.name) != 0) ||
            (cli_flag(cli, "problems") && m.errors == 0 && m.warnings == 0))
            continue;
        n++;
        if (cli_format(cli) == CLI_JSON) {
            json_module(mib, i, &m);
            continue;
        }
        printf("%-36s %-10s %6u nodes %4u types %4u notifications  %.8s  ", m.name, state_of(&m), m.nodes, m.types,
               m.notifications, *m.revision != '\0' ? m.revision : "-");
        mib_put(m.path);
        putchar('\n');
        if (wanted != NULL || cli_flag(cli, "problems"))
            print_problems(cli, mib, &m);
    }
    if (wanted == NULL)
        n += print_files(cli, mib);
    if (n == 0 && wanted != NULL)
        cli_warn(cli, "no module is called %s", wanted);
    return n > 0 ? CLI_DONE : CLI_NO;
}

static bool
fits(const struct mib_info *info, const char *text)
{
    return text == NULL || strcasestr(info->name, text) != NULL || strcasestr(info->module, text) != NULL ||
           strcasestr(info->description, text) != NULL;
}

static void
print_notification(struct cli *cli, struct mib *mib, mib_node node, const struct mib_info *info)
{
    mib_node objects[OBJECTS_MAX];
    size_t n = mib_objects(mib, node, objects, OBJECTS_MAX);
    struct json *line, *list;

    if (n > OBJECTS_MAX)
        n = OBJECTS_MAX;
    if (cli_format(cli) == CLI_JSON) {
        line = mib_json_node(mib, node);
        list = json_new_array();
        for (size_t i = 0; i < n; i++)
            json_text(list, NULL, mib_name(mib, objects[i]));
        json_add(line, "objects", list);
        json_text(line, "description", info->description);
        json_print(line);
        return;
    }
    mib_print_line(cli, mib, node, 0);
    for (size_t i = 0; i < n; i++)
        printf("%s%s", i == 0 ? "  objects: " : ", ", mib_name(mib, objects[i]));
    if (n > 0)
        putchar('\n');
    mib_put_prose(info->description, 2);
    putchar('\n');
}

static int
run_catalogue(struct cli *cli)
{
    int status = CLI_DONE;
    struct mib *mib = mib_need(cli, &status);
    struct mib_info info;
    size_t n = 0;

    if (mib == NULL)
        return status;
    for (mib_node node = 0; node < mib_count(mib); node++)
        if (mib_info(mib, node, &info) && info.kind == MIB_KIND_NOTIFICATION && fits(&info, cli_operand(cli, 0))) {
            print_notification(cli, mib, node, &info);
            n++;
        }
    return n > 0 ? CLI_DONE : CLI_NO;
}

/* Where a definition stands, as a line or an object. */
static void
print_place(struct cli *cli, struct mib *mib, const char *what, mib_node node)
{
    struct mib_module m = { .path = "" };
    struct mib_info info;
    struct json *line;

    if (!mib_info(mib, node, &info))
        return;
    mib_module(mib, info.module_number, &m);
    if (cli_format(cli) == CLI_JSON) {
        line = mib_json_node(mib, node);
        json_text(line, "is", what);
        json_text(line, "file", m.path);
        json_unsigned(line, "line", info.line);
        json_print(line);
        return;
    }
    printf("%-20s %s::%s", what, info.module, info.name);
    if (*m.path != '\0') {
        printf("  ");
        mib_put(m.path);
        printf(":%u", info.line);
    }
    putchar('\n');
}

/* Modules that define nothing at the OID because they could not be linked whole: one of them may name it. */
static void
print_suspects(struct cli *cli, struct mib *mib)
{
    struct mib_problem p;
    const char *last = "";

    for (uint32_t i = 0; mib_problem(mib, i, &p); i++) {
        if (strcmp(p.code, "parent-unknown") != 0 || strcmp(p.module, last) == 0)
            continue;
        last = p.module;
        if (cli_format(cli) != CLI_JSON) {
            printf("%-20s %s  ", "could not be placed", p.module);
            mib_put(p.path);
            printf(":%u: ", p.line);
            mib_put(p.text);
            putchar('\n');
        }
    }
}

static int
which_oid(struct cli *cli, struct mib *mib, const struct oid *o)
{
    static const uint32_t enterprises[] = { 1, 3, 6, 1, 4, 1 };
    uint32_t used = 0, covered;
    mib_node node = mib_lookup(mib, o, &used), other;
    unsigned steps = 0;
    struct mib_info info;
    bool named;

    if (node == MIB_NONE || !mib_info(mib, node, &info)) {
        cli_warn(cli, "no configured module names anything above it");
        return CLI_NO;
    }
    named = used == o->n || info.kind == MIB_KIND_SCALAR || info.kind == MIB_KIND_COLUMN;
    print_place(cli, mib, named ? "named by" : "nearest ancestor", node);
    for (other = mib_other(mib, node); other != MIB_NONE && steps++ < 100; other = mib_other(mib, other))
        print_place(cli, mib, "also", other);
    if (o->n >= ENTERPRISE_ARCS && memcmp(o->arc, enterprises, sizeof enterprises) == 0) {
        struct oid enterprise = { .n = ENTERPRISE_ARCS };

        memcpy(enterprise.arc, o->arc, ENTERPRISE_ARCS * sizeof o->arc[0]);
        other = mib_lookup(mib, &enterprise, &covered);
        if (covered == ENTERPRISE_ARCS)
            print_place(cli, mib, "enterprise", other);
        else if (cli_format(cli) != CLI_JSON)
            printf("%-20s %u, which no configured module names\n", "enterprise", o->arc[ENTERPRISE_ARCS - 1]);
    }
    if (named)
        return CLI_DONE;
    if (cli_format(cli) != CLI_JSON)
        printf("%-20s no file in the configured directories\n", "defined by");
    print_suspects(cli, mib);
    return CLI_NO;
}

static int
run_which(struct cli *cli)
{
    int status = CLI_DONE;
    struct mib *mib = mib_need(cli, &status);
    const char *what = cli_operand(cli, 0);
    struct mib_module m;
    unsigned steps = 0;
    struct failure why;
    mib_node node;
    uint32_t number;
    struct oid o;

    if (mib == NULL)
        return status;
    if (oid_parse(&o, what))
        return which_oid(cli, mib, &o);
    for (node = mib_find(mib, what); node != MIB_NONE && steps < 1000; node = mib_namesake(mib, node), steps++)
        print_place(cli, mib, steps == 0 ? "named by" : "also", node);
    if (steps > 0)
        return CLI_DONE;
    number = mib_module_find(mib, what);
    if (number != MIB_NONE && mib_module(mib, number, &m)) {
        if (cli_format(cli) == CLI_JSON) {
            json_module(mib, number, &m);
        } else {
            printf("%-20s ", "module in");
            mib_put(m.path);
            printf(":%u\n", m.line);
        }
        return CLI_DONE;
    }
    if (!mib_parse_object(mib, what, &o, &why))
        return cli_failed(cli, &why);
    return which_oid(cli, mib, &o);
}

static const struct cli_option modules_options[] = {
    { "problems", 0, NULL, "those with problems, and what they are", false },
    { 0 },
};

const struct cli_command mib_command_modules = {
    .name = "modules", .operands = "[NAME]", .help = "every module: state, counts, revision, file", .run = run_modules,
    .options = modules_options, .most = 1,
};
const struct cli_command mib_command_catalogue = {
    .name = "catalogue", .operands = "[TEXT]", .help = "every notification with its objects and words",
    .run = run_catalogue, .most = 1,
};
const struct cli_command mib_command_which = {
    .name = "which", .operands = "OID|NAME|MODULE", .help = "which file names it, or what is near it", .run = run_which,
    .least = 1, .most = 1,
};
