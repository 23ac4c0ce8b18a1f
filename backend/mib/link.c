/* Names, modules, imports: what a word means in a module. */
#include "mib/link.h"

#include "mib/keyword.h"

#include <stdarg.h>
#include <stdio.h>

void
link_say(struct linker *linker, uint32_t module, enum diag_code code, struct unit_place place,
         const char *expected, const char *format, ...)
{
    struct link_module *m = link_module_at(linker, module);
    char text[400];
    va_list args;

    if (m->loser)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (diag_code_severity(code) == DIAG_ERROR)
        m->errors++;
    else if (diag_code_severity(code) == DIAG_WARNING)
        m->warnings++;
    diag_add(&linker->files[m->file].diags, code, place.line, place.offset, expected, "%s", text);
}

uint32_t
link_intern(struct linker *linker, const char *text, size_t n, uint32_t hash)
{
    uint32_t mask = linker->n_name_slots - 1, s;
    struct link_name *name;

    for (s = hash & mask; linker->name_slots[s] != 0; s = (s + 1) & mask) {
        name = link_name_at(linker, linker->name_slots[s] - 1);
        if (name->hash == hash && name->n == n && memcmp(name->text, text, n) == 0)
            return linker->name_slots[s] - 1;
    }
    name = vec_push(&linker->names, sizeof *name);
    *name = (struct link_name){text, (uint32_t)n, hash, LINK_NONE, LINK_NONE, 0, LINK_NONE};
    linker->name_slots[s] = (uint32_t)linker->names.n;
    return (uint32_t)linker->names.n - 1;
}

uint32_t
link_name_of(struct linker *linker, uint32_t file, uint32_t ident)
{
    struct link_file *f = &linker->files[file];

    if (f->names[ident] == 0) {
        const char *text = unit_ident_text(&f->unit, ident);

        f->names[ident] = link_intern(linker, text, strlen(text), f->unit.idents[ident].hash) + 1;
    }
    return f->names[ident] - 1;
}

static void
grow_texts(struct linker *linker)
{
    uint32_t n = linker->n_text_slots * 2, *slots = memory_zero(n, sizeof *slots);

    for (uint32_t i = 0; i < linker->n_text_slots; i++) {
        const char *text = linker->pool.at + linker->text_slots[i];
        uint32_t s;

        if (linker->text_slots[i] == 0)
            continue;
        for (s = (uint32_t)unit_hash(text, strlen(text), 1) & (n - 1); slots[s] != 0; s = (s + 1) & (n - 1))
            ;
        slots[s] = linker->text_slots[i];
    }
    free(linker->text_slots);
    linker->text_slots = slots;
    linker->n_text_slots = n;
}

uint32_t
link_pool(struct linker *linker, const char *text, size_t n)
{
    uint32_t mask = linker->n_text_slots - 1, s, at;

    if (n == 0)
        return 0;
    for (s = (uint32_t)unit_hash(text, n, 1) & mask; (at = linker->text_slots[s]) != 0; s = (s + 1) & mask)
        if (strncmp(linker->pool.at + at, text, n) == 0 && linker->pool.at[at + n] == '\0')
            return (uint32_t)(linker->pool_at + at);
    at = linker->text_slots[s] = (uint32_t)linker->pool.n;
    buf_add(&linker->pool, text, n);
    buf_add(&linker->pool, "", 1);
    if (++linker->n_texts * 2 > linker->n_text_slots)
        grow_texts(linker);
    return (uint32_t)(linker->pool_at + at);
}

uint32_t
link_pool_name(struct linker *linker, uint32_t number)
{
    struct link_name *name = link_name_at(linker, number);

    if (name->pool == 0 && name->n > 0) {
        name->pool = (uint32_t)(linker->pool_at + linker->pool.n);
        buf_add(&linker->pool, name->text, name->n);
        buf_add(&linker->pool, "", 1);
    }
    return name->pool;
}

uint32_t
link_text(const struct linker *linker, uint32_t file, uint32_t text)
{
    const struct link_file *f = &linker->files[file];

    if (text == 0 || text >= f->unit.n[UNIT_TEXT])
        return 0;
    return (uint32_t)(f->at + f->unit.head->section[UNIT_TEXT].offset + text);
}

/* When the module was last revised, comparable as text: a year of two digits becomes 19xx. */
static const char *
revision_of(struct linker *linker, const struct link_module *m)
{
    const struct unit *u = &linker->files[m->file].unit;
    const char *date = u->text + m->m->last_updated;
    char full[16];
    uint32_t at;

    if (strlen(date) == 11) {
        snprintf(full, sizeof full, "19%s", date);
        at = link_pool(linker, full, strlen(full));
        return linker->pool.at + (at - linker->pool_at);
    }
    return date;
}

static bool
module_wins(struct linker *linker, const struct link_module *a, const struct link_module *b)
{
    const struct link_file *fa = &linker->files[a->file], *fb = &linker->files[b->file];
    int newer = strcmp(a->revision, b->revision);

    if ((fa->layer < linker->first) != (fb->layer < linker->first))
        return fa->layer < linker->first;
    if ((fa->layer == UINT32_MAX) != (fb->layer == UINT32_MAX))
        return fb->layer == UINT32_MAX; /* ours give way to the user's */
    if (newer != 0)
        return newer > 0;
    if (a->m->n_defs != b->m->n_defs)
        return a->m->n_defs > b->m->n_defs;
    return fa->layer < fb->layer;
}

static void
add_modules(struct linker *linker)
{
    for (uint32_t f = 0; f < linker->n_files; f++) {
        const struct unit *u = &linker->files[f].unit;

        for (uint32_t i = 0; i < u->n[UNIT_MODULES]; i++) {
            struct link_module *m = vec_push(&linker->modules, sizeof *m);
            uint32_t mine = (uint32_t)linker->modules.n - 1,
                     name = link_name_of(linker, f, u->modules[i].name);
            struct link_name *n = link_name_at(linker, name);
            struct link_module *other;

            *m = (struct link_module){
                .m = &u->modules[i], .file = f, .name = name, .winner = LINK_NONE, .identity = LINK_NONE};
            m->revision = memory_text(revision_of(linker, m));
            if (n->module == LINK_NONE) {
                n->module = mine;
                continue;
            }
            other = link_module_at(linker, n->module);
            if (module_wins(linker, m, other)) {
                other->loser = true;
                n->module = mine;
            } else {
                m->loser = true;
            }
        }
    }
    for (uint32_t i = 0; i < linker->modules.n; i++) {
        struct link_module *m = link_module_at(linker, i);

        if (m->loser)
            m->winner = link_name_at(linker, m->name)->module;
    }
}

static uint32_t
mix2(uint32_t a, uint32_t b)
{
    uint64_t h = ((uint64_t)a << 32 | b) * 0x9e3779b97f4a7c15ull;

    return (uint32_t)(h >> 32) ^ (uint32_t)h;
}

static uint32_t
slots_for(size_t n)
{
    uint32_t slots = 1024;

    while (slots < n * 2)
        slots *= 2;
    return slots;
}

uint32_t
link_local(const struct linker *linker, uint32_t module, uint32_t name, bool type)
{
    uint32_t mask = linker->n_def_slots - 1;

    for (uint32_t s = mix2(module, name) & mask; linker->def_slots[s] != 0; s = (s + 1) & mask) {
        const struct link_def *d = link_def_at(linker, linker->def_slots[s] - 1);

        if (d->module == module && d->name == name && link_is_type(d->d) == type)
            return linker->def_slots[s] - 1;
    }
    return LINK_NONE;
}

static void
add_defs_of(struct linker *linker, uint32_t module)
{
    struct link_module *m = link_module_at(linker, module);
    const struct unit *u = &linker->files[m->file].unit;

    m->defs = (uint32_t)linker->defs.n;
    m->n_defs = m->m->n_defs;
    for (uint32_t i = 0; i < m->m->n_defs; i++) {
        const struct unit_def *d = &u->defs[m->m->defs + i];
        uint32_t name = link_name_of(linker, m->file, d->name), mask = linker->n_def_slots - 1, s, twin;
        struct link_def *def = vec_push(&linker->defs, sizeof *def);
        struct link_name *n = link_name_at(linker, name);

        *def = (struct link_def){.d = d,
                                 .module = module,
                                 .name = name,
                                 .same = n->defs,
                                 .position = LINK_NONE,
                                 .next_here = LINK_NONE,
                                 .node = LINK_NONE,
                                 .row = LINK_NONE};
        if (d->kind == UNIT_MACRO)
            continue;
        n->defs = (uint32_t)linker->defs.n - 1;
        twin = link_local(linker, module, name, link_is_type(d));
        if (twin != LINK_NONE)
            link_say(linker, module, DIAG_REDEFINED, d->place, NULL,
                     "'%s' is defined a second time; first in line %u", n->text,
                     link_def_at(linker, twin)->d->place.line);
        for (s = mix2(module, name) & mask; twin == LINK_NONE && linker->def_slots[s] != 0; s = (s + 1) & mask)
            ;
        if (twin == LINK_NONE)
            linker->def_slots[s] = (uint32_t)linker->defs.n;
        if (d->kind == UNIT_MODULE_IDENTITY && m->identity == LINK_NONE)
            m->identity = (uint32_t)linker->defs.n - 1;
    }
}

static int
weight(const struct unit_def *d)
{
    switch ((enum unit_kind)d->kind) {
    case UNIT_OBJECT_TYPE:
    case UNIT_NOTIFICATION:
    case UNIT_TRAP:
    case UNIT_OBJECT_GROUP:
    case UNIT_NOTIFICATION_GROUP:
    case UNIT_COMPLIANCE:
    case UNIT_CAPABILITIES:
        return 3;
    case UNIT_MODULE_IDENTITY:
    case UNIT_OBJECT_IDENTITY:
        return 2;
    case UNIT_OID:
    case UNIT_TYPE:
    case UNIT_TEXTUAL_CONVENTION:
    case UNIT_MACRO:
        return 1;
    }
    return 0;
}

/* Stated in api/mib.h: in use before superseded; the SMI's own modules first; objects before plain OIDs; SMIv2 before
 * SMIv1; current before deprecated before obsolete; the user's before ours; the newer revision; the earlier directory. */
bool
link_better(const struct linker *linker, uint32_t a, uint32_t b)
{
    const struct link_def *da = link_def_at(linker, a), *db = link_def_at(linker, b);
    const struct link_module *ma = link_module_at(linker, da->module),
                             *mb = link_module_at(linker, db->module);
    int order;

    if (ma->loser != mb->loser)
        return mb->loser;
    if (link_is_smi(linker, da->module) != link_is_smi(linker, db->module))
        return link_is_smi(linker, da->module);
    if (weight(da->d) != weight(db->d))
        return weight(da->d) > weight(db->d);
    if (ma->m->version != mb->m->version)
        return ma->m->version > mb->m->version;
    if (da->d->status != db->d->status && da->d->status != 0 && db->d->status != 0)
        return da->d->status < db->d->status;
    if (linker->files[ma->file].layer != linker->files[mb->file].layer)
        return linker->files[ma->file].layer < linker->files[mb->file].layer;
    order = strcmp(ma->revision, mb->revision);
    return order != 0 ? order > 0 : a < b;
}

/* Any module that defines the name: when nothing was imported, or what was imported is not there. */
static uint32_t
guess(const struct linker *linker, uint32_t name, bool type)
{
    uint32_t best = LINK_NONE;
    unsigned steps = 0;

    for (uint32_t d = link_name_at(linker, name)->defs; d != LINK_NONE && steps++ < 1000;
         d = link_def_at(linker, d)->same)
        if (link_is_type(link_def_at(linker, d)->d) == type &&
            (best == LINK_NONE || link_better(linker, d, best)))
            best = d;
    return best;
}

/* A module's name as people vary it: without case, hyphens and the "MIB" at its end ("RFC-1213", "RFC1213-MIB"). */
static size_t
fold_name(const char *name, char *out, size_t size)
{
    size_t n = 0;

    for (; *name != '\0' && n + 1 < size; name++)
        if (*name != '-' && *name != '_')
            out[n++] = *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name;
    if (n > 3 && memcmp(out + n - 3, "mib", 3) == 0)
        n -= 3;
    out[n] = '\0';
    return n;
}

/* Modules that took the place of older ones. */
static const char *const successors[][2] = {
    {"RFC1065-SMI", "RFC1155-SMI"},  {"RFC1066-MIB", "RFC1213-MIB"},  {"RFC1156-MIB", "RFC1213-MIB"},
    {"RFC1158-MIB", "RFC1213-MIB"},  {"RFC1155-SMI", "SNMPv2-SMI"},   {"RFC1213-MIB", "SNMPv2-TC"},
    {"RFC1231-MIB", "TOKENRING-MIB"}, {"RFC1271-MIB", "RMON-MIB"},    {"RFC1286-MIB", "BRIDGE-MIB"},
    {"RFC1315-MIB", "FRAME-RELAY-DTE-MIB"}, {"RFC1316-MIB", "CHARACTER-MIB"}, {"RFC1398-MIB", "EtherLike-MIB"},
    {"RFC1406-MIB", "DS1-MIB"},      {"RFC1407-MIB", "DS3-MIB"},
};

/* The module that is meant by a name that none has exactly, when there is only one; LINK_NONE otherwise. */
static uint32_t
similar_module(struct linker *linker, const char *name)
{
    char wanted[128], folded[128];
    uint32_t found = LINK_NONE;

    for (size_t i = 0; i < sizeof successors / sizeof successors[0]; i++)
        if (strcmp(successors[i][0], name) == 0) {
            const char *next = successors[i][1];

            found = link_intern(linker, next, strlen(next), (uint32_t)unit_hash(next, strlen(next), 0));
            return link_name_at(linker, found)->module;
        }
    fold_name(name, wanted, sizeof wanted);
    for (uint32_t i = 0; i < linker->modules.n; i++) {
        const struct link_module *m = link_module_at(linker, i);

        if (m->loser)
            continue;
        fold_name(link_name_at(linker, m->name)->text, folded, sizeof folded);
        if (strcmp(wanted, folded) != 0)
            continue;
        if (found != LINK_NONE)
            return LINK_NONE;
        found = i;
    }
    return found;
}

/* The line in which the module first uses what it imports; 0 when it never does. */
static uint32_t
first_use(const struct linker *linker, uint32_t module, uint32_t ident)
{
    const struct link_module *m = link_module_at(linker, module);
    const struct unit *u = &linker->files[m->file].unit;
    uint32_t begin = m->m->place.line, line = UINT32_MAX;

    for (uint32_t i = 0; i < u->n[UNIT_PARTS]; i++)
        if (u->parts[i].name == ident && u->parts[i].place.line > begin && u->parts[i].place.line < line)
            line = u->parts[i].place.line;
    for (uint32_t i = 0; i < u->n[UNIT_SYNTAXES]; i++)
        if (u->syntaxes[i].type == ident && u->syntaxes[i].place.line > begin && u->syntaxes[i].place.line < line)
            line = u->syntaxes[i].place.line;
    for (uint32_t i = 0; i < u->n[UNIT_REFS]; i++)
        if (u->refs[i].name == ident && u->refs[i].place.line > begin && u->refs[i].place.line < line)
            line = u->refs[i].place.line;
    return line == UINT32_MAX ? 0 : line;
}

/* Which symbol, needed where, and which known module would supply it. Macros are known by heart. */
static void
say_missing_module(struct linker *linker, uint32_t module, const struct link_import *import, uint32_t from)
{
    const struct link_name *symbol = link_name_at(linker, import->symbol);
    const char *name = link_name_at(linker, from)->text;
    uint32_t def, line = first_use(linker, module, import->i->symbol);
    char where[40] = "it is not used";

    if (keyword_find(symbol->text, symbol->n) != KEYWORD_NONE)
        return;
    def = guess(linker, import->symbol, false);
    if (def == LINK_NONE)
        def = guess(linker, import->symbol, true);
    if (line > 0)
        snprintf(where, sizeof where, "needed in line %u", line);
    if (import->from != LINK_NONE)
        link_say(linker, module, DIAG_IMPORT_MODULE_NAME, import->i->place,
                 link_name_at(linker, link_module_at(linker, import->from)->name)->text,
                 "no module is called %s; '%s' is taken from %s (%s)", name, symbol->text,
                 link_name_at(linker, link_module_at(linker, import->from)->name)->text, where);
    else if (def != LINK_NONE)
        link_say(linker, module, DIAG_IMPORT_MODULE_NAME, import->i->place, NULL,
                 "the module %s is in none of the directories; %s supplies '%s' (%s)", name,
                 link_name_at(linker, link_module_at(linker, link_def_at(linker, def)->module)->name)->text,
                 symbol->text, where);
    else
        link_say(linker, module, DIAG_IMPORT_MODULE, import->i->place, name,
                 "the module %s, from which '%s' is imported, is in none of the directories, and no other supplies "
                 "it (%s)",
                 name, symbol->text, where);
}

static struct link_import *
find_import(const struct linker *linker, uint32_t module, uint32_t name)
{
    uint32_t mask = linker->n_import_slots - 1;

    for (uint32_t s = mix2(module, name) & mask; linker->import_slots[s] != 0; s = (s + 1) & mask) {
        struct link_import *i = (struct link_import *)linker->imports.at + (linker->import_slots[s] - 1);

        if (i->module == module && i->symbol == name)
            return i;
    }
    return NULL;
}

static void
add_imports_of(struct linker *linker, uint32_t module)
{
    struct link_module *m = link_module_at(linker, module);
    const struct unit *u = &linker->files[m->file].unit;
    uint32_t missing = LINK_NONE, similar = LINK_NONE, mask = linker->n_import_slots - 1;

    for (uint32_t i = 0; i < m->m->n_imports; i++) {
        const struct unit_import *im = &u->imports[m->m->imports + i];
        struct link_import *import = vec_push(&linker->imports, sizeof *import);
        uint32_t from = link_name_of(linker, m->file, im->module), s;

        *import = (struct link_import){im, module, link_name_of(linker, m->file, im->symbol),
                                       link_name_at(linker, from)->module};
        if (find_import(linker, module, import->symbol) == NULL) {
            for (s = mix2(module, import->symbol) & mask; linker->import_slots[s] != 0; s = (s + 1) & mask)
                ;
            linker->import_slots[s] = (uint32_t)linker->imports.n;
        }
        if (import->from != LINK_NONE)
            continue;
        if (from != missing)
            similar = linker->n_similar++ < LINK_SIMILAR_MAX ? similar_module(linker, link_name_at(linker, from)->text)
                                                             : LINK_NONE;
        missing = from;
        import->from = similar;
        say_missing_module(linker, module, import, from);
    }
}

uint32_t
link_find(struct linker *linker, uint32_t module, uint32_t qualifier, uint32_t name, bool type,
          struct unit_place place)
{
    uint32_t def = LINK_NONE, from;
    struct link_import *import;

    if (qualifier != LINK_NONE && (from = link_name_at(linker, qualifier)->module) != LINK_NONE)
        def = link_local(linker, from, name, type);
    if (def == LINK_NONE)
        def = link_local(linker, module, name, type);
    if (def != LINK_NONE)
        return def;
    import = find_import(linker, module, name);
    if (import != NULL && import->from != LINK_NONE)
        def = link_local(linker, import->from, name, type);
    if (def != LINK_NONE)
        return def;
    def = guess(linker, name, type);
    if (def == LINK_NONE)
        return LINK_NONE;
    from = link_def_at(linker, def)->module;
    if (import == NULL && qualifier == LINK_NONE)
        link_say(linker, module, DIAG_IMPORT_MISSING, place, NULL, "'%s' is not imported; %s defines it",
                 link_name_at(linker, name)->text,
                 link_name_at(linker, link_module_at(linker, from)->name)->text);
    else if (import != NULL && import->from != LINK_NONE)
        link_say(linker, module, DIAG_IMPORT_SYMBOL, import->i->place, NULL,
                 "'%s' is not in %s; taken from %s", link_name_at(linker, name)->text,
                 link_name_at(linker, link_module_at(linker, import->from)->name)->text,
                 link_name_at(linker, link_module_at(linker, from)->name)->text);
    return def;
}

void
link_start(struct linker *linker, struct link_file *files, uint32_t n_files, uint64_t pool_at)
{
    size_t defs = 0, imports = 0, idents = 0, parts = 0;

    *linker = (struct linker){.files = files, .n_files = n_files, .pool_at = pool_at};
    for (uint32_t i = 0; i < n_files; i++) {
        const struct unit *u = &files[i].unit;

        files[i].names = memory_zero(u->n[UNIT_IDENTS] + 1, sizeof(uint32_t));
        files[i].labels = memory_zero(u->n[UNIT_SYNTAXES] + 1, sizeof(uint32_t));
        files[i].ranges = memory_zero(u->n[UNIT_SYNTAXES] + 1, sizeof(uint32_t));
        diag_list_start(&files[i].diags);
        defs += u->n[UNIT_DEFS];
        imports += u->n[UNIT_IMPORTS];
        idents += u->n[UNIT_IDENTS];
        parts += u->n[UNIT_PARTS];
    }
    linker->n_name_slots = slots_for(idents + 64);
    linker->n_def_slots = slots_for(defs + 1);
    linker->n_import_slots = slots_for(imports + 1);
    linker->n_position_slots = slots_for(defs + parts + 64);
    linker->n_text_slots = slots_for(defs + 64);
    linker->n_syntax_slots = slots_for(defs + 64);
    linker->name_slots = memory_zero(linker->n_name_slots, sizeof(uint32_t));
    linker->def_slots = memory_zero(linker->n_def_slots, sizeof(uint32_t));
    linker->import_slots = memory_zero(linker->n_import_slots, sizeof(uint32_t));
    linker->position_slots = memory_zero(linker->n_position_slots, sizeof(uint32_t));
    linker->text_slots = memory_zero(linker->n_text_slots, sizeof(uint32_t));
    linker->syntax_slots = memory_zero(linker->n_syntax_slots, sizeof(uint32_t));
    buf_add(&linker->pool, "", 1);
}

void
link_order(struct linker *linker)
{
    add_modules(linker);
    for (uint32_t i = 0; i < linker->modules.n; i++)
        add_defs_of(linker, i);
    for (uint32_t i = 0; i < linker->modules.n; i++)
        add_imports_of(linker, i);
    link_positions(linker);
    link_types(linker);
    link_number_modules(linker);
    link_nodes(linker);
}

void
link_rest(struct linker *linker)
{
    link_references(linker);
    link_names(linker);
    link_modules(linker);
}

void
link_free(struct linker *linker)
{
    for (uint32_t i = 0; i < linker->n_files; i++) {
        free(linker->files[i].names);
        free(linker->files[i].labels);
        free(linker->files[i].ranges);
        diag_list_free(&linker->files[i].diags);
    }
    for (uint32_t i = 0; i < linker->modules.n; i++) {
        char *revision = NULL;

        memcpy(&revision, &link_module_at(linker, i)->revision, sizeof revision);
        free(revision);
    }
    vec_free(&linker->names);
    vec_free(&linker->modules);
    vec_free(&linker->defs);
    vec_free(&linker->positions);
    vec_free(&linker->imports);
    for (unsigned i = 0; i < SNAP_SPANS; i++)
        vec_free(&linker->out[i]);
    buf_free(&linker->pool);
    free(linker->module_order);
    free(linker->name_slots);
    free(linker->def_slots);
    free(linker->import_slots);
    free(linker->position_slots);
    free(linker->text_slots);
    free(linker->syntax_slots);
}
