/* trapline mib show: all that is known of an object, a type or a module. */
#include "cli/mib.h"

#include "api/render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LIST_MAX = 400, USERS_MAX = 12 };

static const char *const ref_words[] = {
    [MIB_REF_INDEX] = "index-of",           [MIB_REF_AUGMENTS] = "augmented-by",
    [MIB_REF_NOTIFICATION] = "notifications", [MIB_REF_GROUP] = "groups",
    [MIB_REF_COMPLIANCE] = "compliances",   [MIB_REF_CAPABILITIES] = "capabilities",
    [MIB_REF_TYPE] = "of-type",
};

static void
place(struct mib *mib, uint32_t module, uint32_t line, char *out, size_t size)
{
    struct mib_module m;

    mib_module(mib, module, &m);
    snprintf(out, size, "%s:%u", m.path, line);
}

static void
row(const char *key, const char *text)
{
    if (*text == '\0')
        return;
    printf("%-13s ", key);
    mib_put(text);
    putchar('\n');
}

static void
number(char *out, size_t size, const struct syntax *s, int64_t n)
{
    if (syntax_is_unsigned(s->base))
        snprintf(out, size, "%" PRIu64, (uint64_t) n);
    else
        snprintf(out, size, "%" PRId64, n);
}

static void
ranges_text(const struct syntax *s, char *out, size_t size)
{
    size_t n = 0;

    *out = '\0';
    for (uint32_t i = 0; i < s->n_ranges && n < size; i++) {
        char low[24], high[24];

        number(low, sizeof low, s, s->ranges[i].low);
        number(high, sizeof high, s, s->ranges[i].high);
        n += (size_t) snprintf(out + n, size - n, "%s%s%s%s", i > 0 ? " | " : "", low,
                               strcmp(low, high) != 0 ? ".." : "", strcmp(low, high) != 0 ? high : "");
    }
}

static void
show_syntax(const struct syntax *s)
{
    char ranges[400];

    row("syntax", s->type);
    ranges_text(s, ranges, sizeof ranges);
    row(s->base == SYNTAX_OCTETS ? "sizes" : "range", ranges);
    for (uint32_t i = 0; i < s->n_names; i++)
        printf("%-13s %s(%" PRId64 ")\n", i == 0 ? "values" : "", s->names[i].label, s->names[i].number);
    row("hint", s->hint != NULL ? s->hint : "");
}

static void
show_nodes(struct mib *mib, const char *key, const mib_node *all, size_t n)
{
    size_t used = 0;

    for (size_t i = 0; i < n; i++) {
        const char *name = mib_name(mib, all[i]);

        if (i > 0 && used + strlen(name) > 90) {
            printf(",\n%-13s ", "");
            used = 0;
        } else if (i > 0) {
            printf(", ");
        } else {
            printf("%-13s ", key);
        }
        used += (size_t) printf("%s", name) + 2;
    }
    if (n > 0)
        putchar('\n');
}

static size_t
refs_of(struct mib *mib, mib_node node, enum mib_ref how, mib_node *out)
{
    static struct mib_xref all[LIST_MAX];
    size_t n = mib_xrefs(mib, node, all, LIST_MAX), count = 0;

    for (size_t i = 0; i < n && i < LIST_MAX; i++)
        if (all[i].how == how)
            out[count++] = all[i].node;
    return count;
}

/* The table or row it lies in, index, and who mentions it. */
static void
show_references(struct mib *mib, const struct mib_info *info)
{
    const struct index_part *parts;
    mib_node list[LIST_MAX], r = mib_row(mib, info->node);
    uint32_t type = mib_type_of(mib, info->node);
    size_t n;

    if (r != MIB_NONE && info->kind != MIB_KIND_TABLE)
        row("table", mib_name(mib, info->kind == MIB_KIND_ROW ? mib_parent(mib, r) : mib_parent(mib, r)));
    if (r != MIB_NONE && mib_augments(mib, r) != MIB_NONE)
        row("augments", mib_name(mib, mib_augments(mib, r)));
    n = mib_index(mib, info->node, &parts);
    for (size_t i = 0; i < n; i++)
        printf("%-13s %s%s %s\n", i == 0 ? "index" : "", parts[i].implied ? "IMPLIED " : "", parts[i].name,
               parts[i].syntax != NULL ? parts[i].syntax->type : "");
    n = mib_objects(mib, info->node, list, LIST_MAX);
    show_nodes(mib, info->kind == MIB_KIND_NOTIFICATION ? "objects" : "members", list, n < LIST_MAX ? n : LIST_MAX);
    for (int how = MIB_REF_INDEX; how <= MIB_REF_CAPABILITIES; how++)
        show_nodes(mib, ref_words[how], list, refs_of(mib, info->node, (enum mib_ref) how, list));
    if (type != MIB_NONE) {
        struct mib_type t;
        char where[1200];

        mib_type(mib, type, &t);
        place(mib, t.module_number, t.line, where, sizeof where);
        n = mib_type_users(mib, type, list, USERS_MAX);
        printf("%-13s %s::%s, of %zu objects\n", "type", t.module, t.name, n);
        row("", where);
    }
}

static void
show_others(struct mib *mib, const struct mib_info *info)
{
    unsigned steps = 0;

    for (mib_node o = mib_other(mib, info->node); o != MIB_NONE && steps++ < 100; o = mib_other(mib, o)) {
        struct mib_info other;
        char text[400];

        mib_info(mib, o, &other);
        snprintf(text, sizeof text, "%s::%s", other.module, other.name);
        row("also here", text);
    }
    steps = 0;
    for (mib_node o = mib_namesake(mib, info->node); o != MIB_NONE && steps++ < 100; o = mib_namesake(mib, o)) {
        struct mib_info other;
        struct oid oid = mib_oid(mib, o);
        char text[400], numeric[OID_TEXT_MAX];

        mib_info(mib, o, &other);
        snprintf(text, sizeof text, "%s::%s %s", other.module, other.name, oid_format(&oid, numeric));
        row("same name", text);
    }
}

typedef void index_fn(void *arg, const char *name, const char *text);

/* Of an instance of a column: each index with its value. */
static void
each_index(struct mib *mib, const struct mib_info *info, const struct oid *asked, index_fn *fn, void *arg)
{
    const struct index_part *parts;
    struct index_value values[OID_MAX + 1];
    struct index_room room;
    mib_node r = mib_row(mib, info->node);
    uint32_t used = mib_oid(mib, info->node).n;
    size_t n_parts = r != MIB_NONE ? mib_index(mib, r, &parts) : 0, n;
    char text[1200];

    if (n_parts == 0 || asked->n <= used)
        return;
    n = render_index(asked->arc + used, asked->n - used, parts, n_parts < OID_MAX ? n_parts : OID_MAX, values, &room);
    for (size_t i = 0; i < n; i++) {
        const struct index_part *part = values[i].part;

        mib_render(mib, &values[i].value, part != NULL ? part->syntax : NULL, RENDER_PLAIN, text, sizeof text);
        fn(arg, part != NULL ? part->name : "left over", text);
    }
}

static void
show_index(void *arg, const char *name, const char *text)
{
    char line[1600];

    (void) arg;
    snprintf(line, sizeof line, "  %s = %s", name, text);
    row("", line);
}

static void
show_text(struct mib *mib, const struct mib_info *info, const struct oid *asked)
{
    struct oid o = mib_oid(mib, info->node);
    char numeric[OID_TEXT_MAX], text[1200];

    printf("%s::%s  %s\n", info->module, info->name, oid_format(&o, numeric));
    if (asked->n > o.n)
        row("instance", mib_format_object(mib, asked, text, sizeof text));
    each_index(mib, info, asked, show_index, NULL);
    row("kind", mib_kind_words[info->kind]);
    if (info->module_number != MIB_NONE) {
        place(mib, info->module_number, info->line, text, sizeof text);
        row("file", text);
    }
    row("access", mib_access_words[info->access]);
    row("status", mib_status_words[info->status]);
    if (info->syntax != NULL)
        show_syntax(info->syntax);
    row("units", info->units);
    row("default", info->default_value);
    show_references(mib, info);
    show_others(mib, info);
    if (*info->description != '\0')
        putchar('\n');
    mib_put_prose(info->description, 0);
    if (*info->reference != '\0')
        printf("\nReference:\n");
    mib_put_prose(info->reference, 2);
}

static void
json_nodes(struct json *to, struct mib *mib, const char *key, const mib_node *all, size_t n)
{
    struct json *list = json_new_array();

    for (size_t i = 0; i < n; i++)
        json_text(list, NULL, mib_name(mib, all[i]));
    json_add(to, key, list);
}

static void
json_syntax(struct json *line, const struct syntax *s)
{
    struct json *ranges = json_new_array();

    json_text(line, "hint", s->hint);
    for (uint32_t i = 0; i < s->n_ranges; i++) {
        struct json *range = json_new_array();

        for (int end = 0; end < 2; end++) {
            int64_t n = end == 0 ? s->ranges[i].low : s->ranges[i].high;

            if (syntax_is_unsigned(s->base))
                json_unsigned(range, NULL, (uint64_t) n);
            else
                json_integer(range, NULL, n);
        }
        json_add(ranges, NULL, range);
    }
    json_add(line, s->base == SYNTAX_OCTETS ? "sizes" : "ranges", ranges);
}

static void
json_type(struct json *line, struct mib *mib, uint32_t number)
{
    struct json *type = json_new_object();
    mib_node users[USERS_MAX];
    struct mib_type t;
    char where[1200];

    mib_type(mib, number, &t);
    place(mib, t.module_number, t.line, where, sizeof where);
    json_text(type, "name", t.name);
    json_text(type, "module", t.module);
    json_text(type, "file", where);
    json_unsigned(type, "objects", mib_type_users(mib, number, users, 0));
    json_add(line, "type", type);
}

static void
json_index(void *arg, const char *name, const char *text)
{
    json_text(arg, name, text);
}

static void
show_json(struct mib *mib, const struct mib_info *info, const struct oid *asked)
{
    struct json *line = mib_json_node(mib, info->node);
    mib_node list[LIST_MAX], r = mib_row(mib, info->node);
    uint32_t type = mib_type_of(mib, info->node);
    struct json *indexes = json_new_object();
    char text[1200];
    size_t n;

    if (asked->n > mib_oid(mib, info->node).n)
        json_text(line, "instance", mib_format_object(mib, asked, text, sizeof text));
    each_index(mib, info, asked, json_index, indexes);
    json_add(line, "indexes", indexes);
    place(mib, info->module_number, info->line, text, sizeof text);
    json_text(line, "file", text);
    json_text(line, "units", info->units);
    json_text(line, "default", info->default_value);
    if (info->syntax != NULL)
        json_syntax(line, info->syntax);
    if (r != MIB_NONE) {
        json_text(line, "table", mib_name(mib, mib_parent(mib, r)));
        json_text(line, "row", mib_name(mib, r));
        json_text(line, "augments", mib_augments(mib, r) != MIB_NONE ? mib_name(mib, mib_augments(mib, r)) : NULL);
    }
    n = mib_objects(mib, info->node, list, LIST_MAX);
    json_nodes(line, mib, "objects", list, n < LIST_MAX ? n : LIST_MAX);
    for (int how = MIB_REF_INDEX; how <= MIB_REF_CAPABILITIES; how++)
        json_nodes(line, mib, ref_words[how], list, refs_of(mib, info->node, (enum mib_ref) how, list));
    if (type != MIB_NONE)
        json_type(line, mib, type);
    json_text(line, "description", info->description);
    json_text(line, "reference", info->reference);
    json_print(line);
}

static int
show_type(struct cli *cli, struct mib *mib, uint32_t number)
{
    mib_node users[LIST_MAX];
    struct mib_type t;
    char where[1200], ranges[400];
    size_t n = mib_type_users(mib, number, users, LIST_MAX);
    struct json *line;

    mib_type(mib, number, &t);
    place(mib, t.module_number, t.line, where, sizeof where);
    if (cli_format(cli) == CLI_JSON) {
        line = json_new_object();
        json_text(line, "name", t.name);
        json_text(line, "module", t.module);
        json_text(line, "kind", t.convention ? "textual convention" : "type");
        json_text(line, "file", where);
        json_text(line, "status", mib_status_words[t.status]);
        if (t.syntax != NULL) {
            json_text(line, "syntax", t.syntax->type);
            json_syntax(line, t.syntax);
        }
        json_nodes(line, mib, "objects", users, n < LIST_MAX ? n : LIST_MAX);
        json_text(line, "description", t.description);
        json_text(line, "reference", t.reference);
        json_print(line);
        return CLI_DONE;
    }
    printf("%s::%s\n", t.module, t.name);
    row("kind", t.convention ? "textual convention" : "type");
    row("file", where);
    row("status", mib_status_words[t.status]);
    if (t.syntax != NULL)
        show_syntax(t.syntax);
    (void) ranges;
    show_nodes(mib, "objects", users, n < LIST_MAX ? n : LIST_MAX);
    if (*t.description != '\0')
        putchar('\n');
    mib_put_prose(t.description, 0);
    return CLI_DONE;
}

static int
run_show(struct cli *cli)
{
    int status = CLI_DONE;
    struct mib *mib = mib_need(cli, &status);
    const char *what = cli_operand(cli, 0);
    struct mib_info info;
    struct failure why;
    uint32_t type;
    mib_node node;
    struct oid o;

    if (mib == NULL)
        return status;
    if (!mib_parse_object(mib, what, &o, &why)) {
        type = mib_type_find(mib, what);
        if (type == MIB_NONE && mib_module_find(mib, what) != MIB_NONE)
            return cli_usage(cli, "%s is a module, not an object: trapline mib modules %s tells of it", what, what);
        return type != MIB_NONE ? show_type(cli, mib, type) : cli_failed(cli, &why);
    }
    node = mib_find(mib, what);
    if (node == MIB_NONE)
        node = mib_lookup(mib, &o, NULL);
    if (node == MIB_NONE || !mib_info(mib, node, &info)) {
        failure_set(&why, FAILURE_ABSENT, "nothing names %s", what);
        return cli_failed(cli, &why);
    }
    if (cli_format(cli) == CLI_JSON)
        show_json(mib, &info, &o);
    else
        show_text(mib, &info, &o);
    return CLI_DONE;
}

const struct cli_command mib_command_show = {
    .name = "show", .operands = "OBJECT", .help = "all that is known of an object or a type", .run = run_show,
    .least = 1, .most = 1,
};
