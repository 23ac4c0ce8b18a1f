/* Types: followed through their chain to a base, with the hint, names and ranges in effect. */
#include "mib/link.h"

#include <stdio.h>
#include <strings.h>

enum { TYPE_CHAIN_MAX = 64 };

/* The application types (RFC 2578 §7.1, RFC 1155 §3.2.3), known whether or not their module is there. */
static const struct {
    const char *name;
    uint8_t base, tag; /* tag: [APPLICATION tag - 1] */
} builtin[] = {
    {"Integer32", SYNTAX_INTEGER32, 0},      {"Counter32", SYNTAX_COUNTER32, 2},
    {"Counter64", SYNTAX_COUNTER64, 7},      {"Gauge32", SYNTAX_GAUGE32, 3},
    {"Unsigned32", SYNTAX_UNSIGNED32, 0},    {"TimeTicks", SYNTAX_TIMETICKS, 4},
    {"IpAddress", SYNTAX_IPADDRESS, 1},      {"Opaque", SYNTAX_OPAQUE, 5},
    {"Counter", SYNTAX_COUNTER32, 0},        {"Gauge", SYNTAX_GAUGE32, 0},
    {"NetworkAddress", SYNTAX_IPADDRESS, 0}, {"UInteger32", SYNTAX_UNSIGNED32, 8},
    {"NsapAddress", SYNTAX_OCTETS, 6},
};

static const char *const smi_modules[] = {"SNMPv2-SMI", "RFC1155-SMI", "RFC1065-SMI", "SNMPv2-SMI-v1"};

bool
link_is_smi(const struct linker *linker, uint32_t module)
{
    const char *name = link_name_at(linker, link_module_at(linker, module)->name)->text;

    for (size_t i = 0; i < sizeof smi_modules / sizeof smi_modules[0]; i++)
        if (strcmp(name, smi_modules[i]) == 0)
            return true;
    return false;
}

static enum syntax_base
builtin_base(const char *name)
{
    for (size_t i = 0; i < sizeof builtin / sizeof builtin[0]; i++)
        if (strcmp(builtin[i].name, name) == 0)
            return builtin[i].base;
    return SYNTAX_UNKNOWN;
}

static const char *
builtin_word(const char *name)
{
    for (size_t i = 0; i < sizeof builtin / sizeof builtin[0]; i++)
        if (strcasecmp(builtin[i].name, name) == 0)
            return builtin[i].name;
    return strcasecmp(name, "Integer") == 0 ? "INTEGER" : "";
}

/* INTEGER32, Ipaddress, COUNTER … */
static enum syntax_base
builtin_in_any_case(const char *name)
{
    const char *word = builtin_word(name);

    return strcmp(word, "INTEGER") == 0 ? SYNTAX_INTEGER32 : builtin_base(word);
}

static uint32_t
labels_of(struct linker *linker, uint32_t file, uint32_t number)
{
    struct link_file *f = &linker->files[file];
    const struct unit_syntax *s = &f->unit.syntaxes[number];

    if (f->labels[number] == 0) {
        f->labels[number] = (uint32_t)linker->out[SNAP_LABELS].n + 1;
        for (uint32_t i = 0; i < s->n_names; i++) {
            const struct unit_name *n = &f->unit.names[s->names + i];
            uint32_t at = link_pool_name(linker, link_name_of(linker, file, n->label));
            struct snap_label *label = vec_push(&linker->out[SNAP_LABELS], sizeof *label);

            label->number = n->number;
            label->text = at;
        }
    }
    return f->labels[number] - 1;
}

static uint32_t
ranges_of(struct linker *linker, uint32_t file, uint32_t number, enum syntax_base base)
{
    struct link_file *f = &linker->files[file];
    const struct unit_syntax *s = &f->unit.syntaxes[number];
    int64_t low = base == SYNTAX_INTEGER32 || base == SYNTAX_ENUMERATION ? INT32_MIN : 0;
    int64_t high = base == SYNTAX_COUNTER64   ? -1
                   : syntax_is_unsigned(base) ? (int64_t)UINT32_MAX
                   : base == SYNTAX_OCTETS    ? 65535
                                              : INT32_MAX;

    if (f->ranges[number] == 0) {
        f->ranges[number] = (uint32_t)linker->out[SNAP_RANGES].n + 1;
        for (uint32_t i = 0; i < s->n_ranges; i++) {
            const struct unit_range *r = &f->unit.ranges[s->ranges + i];
            struct snap_range *range = vec_push(&linker->out[SNAP_RANGES], sizeof *range);

            range->low = r->flags & RANGE_LOW_MIN ? low : r->low;
            range->high = r->flags & RANGE_HIGH_MAX ? high : r->high;
        }
    }
    return f->ranges[number] - 1;
}

static struct link_type
named_type(struct linker *linker, uint32_t module, const struct unit_syntax *s)
{
    uint32_t file = link_module_at(linker, module)->file;
    uint32_t name = link_name_of(linker, file, s->type), def;
    uint32_t qualifier = s->module != 0 ? link_name_of(linker, file, s->module) : LINK_NONE;
    const char *text = link_name_at(linker, name)->text;
    struct link_type type = {.base = builtin_base(text)};
    struct link_def *d;

    type.known = type.base != SYNTAX_UNKNOWN;
    if (type.known && link_local(linker, module, name, true) == LINK_NONE)
        return type;
    def = link_find(linker, module, qualifier, name, true, s->place);
    if (def == LINK_NONE) {
        if (!type.known && (type.base = builtin_in_any_case(text)) != SYNTAX_UNKNOWN) {
            type.known = true;
            link_say(linker, module, DIAG_NAME_STYLE, s->place, NULL, "no type is called '%s'; taken for %s", text,
                     builtin_word(text));
        }
        if (!type.known)
            link_say(linker, module, DIAG_TYPE_UNKNOWN, s->place, NULL, "nothing defines the type '%s'",
                     text);
        return type;
    }
    d = link_def_at(linker, def);
    if (link_is_smi(linker, d->module) && type.known)
        return type;
    if (d->type_state == LINK_BUSY || linker->depth > TYPE_CHAIN_MAX) {
        link_say(linker, module, DIAG_CYCLE, s->place, NULL, "the type '%s' is defined by itself", text);
        return type;
    }
    d->type_state = LINK_BUSY;
    linker->depth++;
    type = link_type_of(linker, d->module, d->d->syntax);
    linker->depth--;
    d = link_def_at(linker, def);
    d->type_state = LINK_DONE;
    if (d->d->hint != 0)
        type.hint = link_text(linker, link_module_at(linker, d->module)->file, d->d->hint);
    return type;
}

/* `syntax` is a number + 1, as units have it. */
struct link_type
link_type_of(struct linker *linker, uint32_t module, uint32_t syntax)
{
    uint32_t file = link_module_at(linker, module)->file;
    const struct unit *u = &linker->files[file].unit;
    struct link_type type = {.known = true};
    const struct unit_syntax *s;

    if (syntax == 0 || syntax > u->n[UNIT_SYNTAXES])
        return (struct link_type){.base = SYNTAX_UNKNOWN};
    s = &u->syntaxes[syntax - 1];
    switch ((enum unit_shape)s->shape) {
    case SHAPE_NAMED:
        type = named_type(linker, module, s);
        break;
    case SHAPE_INTEGER:
        type.base = SYNTAX_INTEGER32;
        break;
    case SHAPE_OCTETS:
        type.base = SYNTAX_OCTETS;
        break;
    case SHAPE_OID:
        type.base = SYNTAX_OID;
        break;
    case SHAPE_BITS:
        type.base = SYNTAX_BITS;
        break;
    case SHAPE_NULL:
        type.base = SYNTAX_NULL;
        break;
    case SHAPE_SEQUENCE:
        type.base = SYNTAX_SEQUENCE;
        break;
    case SHAPE_SEQUENCE_OF:
        type.base = SYNTAX_SEQUENCE_OF;
        break;
    case SHAPE_CHOICE:
        type.base = SYNTAX_UNKNOWN;
        break;
    }
    for (size_t i = 0; s->tag > 1 && i < sizeof builtin / sizeof builtin[0]; i++)
        if (builtin[i].tag == s->tag)
            type.base = builtin[i].base;
    if (s->n_names > 0) {
        type.labels = labels_of(linker, file, syntax - 1);
        type.n_labels = s->n_names;
    }
    if (type.base == SYNTAX_INTEGER32 && type.n_labels > 0)
        type.base = SYNTAX_ENUMERATION;
    if (s->n_ranges > 0) {
        type.ranges = ranges_of(linker, file, syntax - 1, type.base);
        type.n_ranges = s->n_ranges;
    }
    return type;
}

static uint32_t
type_word(struct linker *linker, uint32_t file, const struct unit_syntax *s)
{
    static const char *const words[] = {
        [SHAPE_INTEGER] = "INTEGER", [SHAPE_OCTETS] = "OCTET STRING", [SHAPE_OID] = "OBJECT IDENTIFIER",
        [SHAPE_BITS] = "BITS",       [SHAPE_NULL] = "NULL",           [SHAPE_SEQUENCE] = "SEQUENCE",
        [SHAPE_CHOICE] = "CHOICE",
    };
    char room[300];

    if (s->shape == SHAPE_SEQUENCE_OF) {
        int n = snprintf(room, sizeof room, "SEQUENCE OF %s",
                         unit_ident_text(&linker->files[file].unit, s->type));

        return link_pool(linker, room, n < (int)sizeof room ? (size_t)n : sizeof room - 1);
    }
    return s->shape == SHAPE_NAMED ? link_pool_name(linker, link_name_of(linker, file, s->type))
                                   : link_pool(linker, words[s->shape], strlen(words[s->shape]));
}

/* The number + 1 of a type as an object has it, each combination once. */
uint32_t
link_syntax(struct linker *linker, uint32_t module, uint32_t syntax, uint32_t units)
{
    uint32_t file = link_module_at(linker, module)->file, mask = linker->n_syntax_slots - 1, slot;
    const struct unit *u = &linker->files[file].unit;
    struct link_type type = link_type_of(linker, module, syntax);
    struct snap_syntax *all, out;

    if (syntax == 0 || syntax > u->n[UNIT_SYNTAXES])
        return 0;
    out = (struct snap_syntax){type.base,     type_word(linker, file, &u->syntaxes[syntax - 1]),
                               SNAP_NONE,     (uint32_t)type.hint,
                               units,         type.labels,
                               type.n_labels, type.ranges,
                               type.n_ranges};
    if (u->syntaxes[syntax - 1].shape == SHAPE_NAMED) {
        uint32_t name = link_name_of(linker, file, u->syntaxes[syntax - 1].type);
        uint32_t qualifier = u->syntaxes[syntax - 1].module;
        uint32_t def;

        qualifier = qualifier != 0 ? link_name_of(linker, file, qualifier) : LINK_NONE;
        if (builtin_base(link_name_at(linker, name)->text) == SYNTAX_UNKNOWN &&
            (def = link_find(linker, module, qualifier, name, true, u->syntaxes[syntax - 1].place)) !=
                LINK_NONE &&
            link_def_at(linker, def)->type != 0)
            out.type_number = link_def_at(linker, def)->type - 1;
    }
    all = linker->out[SNAP_SYNTAXES].at;
    for (slot = (uint32_t)unit_hash(&out, sizeof out, 0) & mask; linker->syntax_slots[slot] != 0;
         slot = (slot + 1) & mask)
        if (memcmp(&all[linker->syntax_slots[slot] - 1], &out, sizeof out) == 0)
            return linker->syntax_slots[slot];
    if (linker->out[SNAP_SYNTAXES].n * 4 > (size_t)linker->n_syntax_slots * 3)
        return 0;
    *(struct snap_syntax *)vec_push(&linker->out[SNAP_SYNTAXES], sizeof out) = out;
    return linker->syntax_slots[slot] = (uint32_t)linker->out[SNAP_SYNTAXES].n;
}

/* The syntax (number + 1) of a type that stands for an object in an INDEX (RFC 1212 §4.1.6); 0 when it is none. */
uint32_t
link_index_type(struct linker *linker, const char *name)
{
    enum syntax_base base = strcmp(name, "INTEGER") == 0  ? SYNTAX_INTEGER32
                            : strcmp(name, "OCTET") == 0  ? SYNTAX_OCTETS
                            : strcmp(name, "OBJECT") == 0 ? SYNTAX_OID
                                                          : builtin_in_any_case(name);
    const char *word = base == SYNTAX_OCTETS ? "OCTET STRING" : base == SYNTAX_OID ? "OBJECT IDENTIFIER" : name;
    struct snap_syntax out = {.base = base, .type_number = SNAP_NONE};

    if (base == SYNTAX_UNKNOWN)
        return 0;
    out.type = link_pool(linker, word, strlen(word));
    *(struct snap_syntax *)vec_push(&linker->out[SNAP_SYNTAXES], sizeof out) = out;
    return (uint32_t)linker->out[SNAP_SYNTAXES].n;
}

struct sort_type {
    const char *name, *module;
    uint32_t def;
};

static int
compare_types(const void *a, const void *b)
{
    const struct sort_type *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : strcmp(x->module, y->module);
}

void
link_types(struct linker *linker)
{
    struct sort_type *all = memory_alloc((linker->defs.n + 1) * sizeof *all);
    size_t n = 0;

    for (uint32_t i = 0; i < linker->defs.n; i++) {
        const struct link_def *d = link_def_at(linker, i);
        const struct link_module *m = link_module_at(linker, d->module);
        const struct unit_syntax *s;

        if (!link_is_type(d->d) || m->loser || d->d->syntax == 0)
            continue;
        s = &linker->files[m->file].unit.syntaxes[d->d->syntax - 1];
        if (s->shape != SHAPE_SEQUENCE && s->shape != SHAPE_CHOICE && s->tag == 0)
            all[n++] = (struct sort_type){link_name_at(linker, d->name)->text,
                                          link_name_at(linker, m->name)->text, i};
    }
    qsort(all, n, sizeof *all, compare_types);
    for (size_t i = 0; i < n; i++)
        link_def_at(linker, all[i].def)->type = (uint32_t)i + 1;
    for (size_t i = 0; i < n; i++) {
        struct link_def *d = link_def_at(linker, all[i].def);
        struct link_module *m = link_module_at(linker, d->module);
        uint32_t syntax = link_syntax(linker, d->module, d->d->syntax, 0);
        struct snap_type *t;

        if (d->d->hint != 0 && syntax != 0) {
            struct snap_syntax own = ((struct snap_syntax *)linker->out[SNAP_SYNTAXES].at)[syntax - 1];

            own.hint = link_text(linker, m->file, d->d->hint);
            *(struct snap_syntax *)vec_push(&linker->out[SNAP_SYNTAXES], sizeof own) = own;
            syntax = (uint32_t)linker->out[SNAP_SYNTAXES].n;
        }
        t = vec_push(&linker->out[SNAP_TYPES], sizeof *t);
        *t = (struct snap_type){.name = link_pool_name(linker, d->name),
                                .module = d->module,
                                .syntax = syntax,
                                .line = d->d->place.line,
                                .description = link_text(linker, m->file, d->d->description),
                                .reference = link_text(linker, m->file, d->d->reference),
                                .status = d->d->status,
                                .convention = d->d->kind == UNIT_TEXTUAL_CONVENTION};
        m->types++;
    }
    free(all);
}
