/* OIDs: every definition finds its position in one tree of single arcs. */
#include "mib/link.h"

enum { CHAIN_MAX = 400 };

/* What is known without any module (RFC 2578 §2, RFC 1155 §3.1). */
static const struct {
    const char *name;
    uint8_t n;
    uint32_t arc[8];
} known[] = {
    {"ccitt", 1, {0}},
    {"iso", 1, {1}},
    {"joint-iso-ccitt", 1, {2}},
    {"zeroDotZero", 2, {0, 0}},
    {"nullOID", 2, {0, 0}},
    {"org", 2, {1, 3}},
    {"dod", 3, {1, 3, 6}},
    {"internet", 4, {1, 3, 6, 1}},
    {"directory", 5, {1, 3, 6, 1, 1}},
    {"mgmt", 5, {1, 3, 6, 1, 2}},
    {"mib", 6, {1, 3, 6, 1, 2, 1}},
    {"mib-2", 6, {1, 3, 6, 1, 2, 1}},
    {"transmission", 7, {1, 3, 6, 1, 2, 1, 10}},
    {"experimental", 5, {1, 3, 6, 1, 3}},
    {"private", 5, {1, 3, 6, 1, 4}},
    {"enterprises", 6, {1, 3, 6, 1, 4, 1}},
    {"security", 5, {1, 3, 6, 1, 5}},
    {"snmpV2", 5, {1, 3, 6, 1, 6}},
    {"snmpDomains", 6, {1, 3, 6, 1, 6, 1}},
    {"snmpProxys", 6, {1, 3, 6, 1, 6, 2}},
    {"snmpModules", 6, {1, 3, 6, 1, 6, 3}},
    {"snmp", 7, {1, 3, 6, 1, 2, 1, 11}},
};

static uint32_t
child(struct linker *linker, uint32_t parent, uint32_t arc)
{
    uint64_t h = ((uint64_t)parent << 32 | arc) * 0x9e3779b97f4a7c15ull;
    uint32_t mask = linker->n_position_slots - 1, s;
    struct link_position *p;

    for (s = (uint32_t)(h >> 32) & mask; linker->position_slots[s] != 0; s = (s + 1) & mask) {
        p = link_position_at(linker, linker->position_slots[s] - 1);
        if (p->parent == parent && p->arc == arc)
            return linker->position_slots[s] - 1;
    }
    if (linker->positions.n * 4 > (size_t)linker->n_position_slots * 3)
        return LINK_NONE;
    p = vec_push(&linker->positions, sizeof *p);
    linker->position_slots[s] = (uint32_t)linker->positions.n;
    *p = (struct link_position){
        .parent = parent, .arc = arc, .first = LINK_NONE, .implicit_module = LINK_NONE, .node = LINK_NONE};
    p->depth = parent == LINK_NONE ? 0 : link_position_at(linker, parent)->depth + 1;
    return (uint32_t)linker->positions.n - 1;
}

static uint32_t
known_position(struct linker *linker, const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0) {
            uint32_t at = 0;

            for (unsigned k = 0; k < known[i].n; k++)
                at = child(linker, at, known[i].arc[k]);
            return at;
        }
    return LINK_NONE;
}

static uint32_t resolve(struct linker *linker, uint32_t def);

/* Where the first part of an OID value lies. */
static uint32_t
start_of(struct linker *linker, uint32_t module, uint32_t name, const struct unit_part *part)
{
    uint32_t file = link_module_at(linker, module)->file, def, at;
    uint32_t word = link_name_of(linker, file, part->name);
    uint32_t qualifier = part->module != 0 ? link_name_of(linker, file, part->module) : LINK_NONE;
    const char *text = link_name_at(linker, word)->text;

    if (part->has_number && strcmp(text, "iso") == 0)
        return child(linker, 0, part->number);
    def = word == name && qualifier == LINK_NONE
              ? link_local(linker, module, word, false)
              : link_find(linker, module, qualifier, word, false, part->place);
    if (def != LINK_NONE && (at = resolve(linker, def)) != LINK_NONE)
        return at;
    at = known_position(linker, text);
    if (at != LINK_NONE)
        return at;
    if (part->has_number)
        return child(linker, 0, part->number);
    link_say(linker, module, def == LINK_NONE ? DIAG_PARENT : DIAG_CYCLE, part->place, NULL,
             def == LINK_NONE ? "nothing defines '%s', the parent of '%s'"
                              : "'%s', the parent of '%s', has no OID itself",
             text, link_name_at(linker, name)->text);
    return LINK_NONE;
}

/* A middle part: a number, name(number), or the name of something right below. */
static uint32_t
step(struct linker *linker, uint32_t module, uint32_t at, const struct unit_part *part)
{
    uint32_t file = link_module_at(linker, module)->file, next;

    if (!part->has_number) {
        uint32_t word = link_name_of(linker, file, part->name);
        uint32_t def = link_find(linker, module, LINK_NONE, word, false, part->place);

        next = def != LINK_NONE ? resolve(linker, def) : LINK_NONE;
        if (next == LINK_NONE)
            link_say(linker, module, DIAG_PARENT, part->place, NULL, "nothing defines '%s'",
                     link_name_at(linker, word)->text);
        return next;
    }
    if (link_position_at(linker, at)->depth >= OID_MAX) {
        link_say(linker, module, DIAG_OID_RANGE, part->place, NULL, "an OID has at most %d parts", OID_MAX);
        return LINK_NONE;
    }
    next = child(linker, at, part->number);
    if (next != LINK_NONE && part->name != 0 && link_position_at(linker, next)->name == 0) {
        link_position_at(linker, next)->name = link_name_of(linker, file, part->name) + 1;
        link_position_at(linker, next)->implicit_module = module;
    }
    return next;
}

static uint32_t
walk_parts(struct linker *linker, uint32_t def)
{
    const struct link_def *d = link_def_at(linker, def);
    const struct unit_def *ud = d->d;
    uint32_t module = d->module, name = d->name, at = 0;
    const struct unit *u = link_unit(linker, module);

    if (ud->n_parts == 0 || (uint64_t)ud->parts + ud->n_parts > u->n[UNIT_PARTS])
        return LINK_NONE;
    for (uint32_t i = 0; i < ud->n_parts && at != LINK_NONE; i++) {
        const struct unit_part *part = &u->parts[ud->parts + i];

        if (i == 0 && part->name != 0)
            at = start_of(linker, module, name, part);
        else if (i + 1 == ud->n_parts && ud->kind != UNIT_TRAP && part->has_number) {
            struct unit_part last = *part;

            last.name = 0; /* { foo bar(1) } defines the name on the left */
            at = step(linker, module, at, &last);
        } else
            at = step(linker, module, at, part);
    }
    return at;
}

/* RFC 3584 §3: enterprise.0.specific; those of `snmp` are the generic ones, at snmpTraps. */
static uint32_t
trap_position(struct linker *linker, uint32_t enterprise, uint32_t number)
{
    static const uint32_t traps[] = {1, 3, 6, 1, 6, 3, 1, 1, 5};
    uint32_t at = 0;

    if (enterprise == known_position(linker, "snmp") && number <= 5) {
        for (size_t i = 0; i < sizeof traps / sizeof traps[0]; i++)
            at = child(linker, at, traps[i]);
        return child(linker, at, number + 1);
    }
    at = child(linker, enterprise, 0);
    return at == LINK_NONE ? at : child(linker, at, number);
}

static uint32_t
resolve(struct linker *linker, uint32_t def)
{
    struct link_def *d = link_def_at(linker, def);
    uint32_t at;

    if (d->state == LINK_DONE)
        return d->position;
    if (d->state == LINK_BUSY || linker->depth > CHAIN_MAX)
        return LINK_NONE;
    d->state = LINK_BUSY;
    linker->depth++;
    at = walk_parts(linker, def);
    linker->depth--;
    d = link_def_at(linker, def);
    if (at != LINK_NONE && d->d->kind == UNIT_TRAP)
        at = d->d->has_number ? trap_position(linker, at, d->d->number) : LINK_NONE;
    d->state = LINK_DONE;
    if (at == 0)
        at = LINK_NONE;
    d->position = at;
    return at;
}

/* The best definition comes first at its position. */
static void
hang(struct linker *linker, uint32_t def)
{
    struct link_def *d = link_def_at(linker, def);
    struct link_position *p = link_position_at(linker, d->position);
    uint32_t *at = &p->first;
    unsigned steps = 0;

    while (*at != LINK_NONE && steps++ < LINK_STEPS && !link_better(linker, def, *at))
        at = &link_def_at(linker, *at)->next_here;
    d->next_here = *at;
    *at = def;
}

/* What an older file of the same module says again is left out; of what a module says twice the better one stays. */
static bool
is_repeat(struct linker *linker, uint32_t def)
{
    const struct link_def *d = link_def_at(linker, def);
    bool loser = link_module_at(linker, d->module)->loser;
    unsigned steps = 0;

    for (uint32_t *at = &link_position_at(linker, d->position)->first; *at != LINK_NONE && steps++ < LINK_STEPS;
         at = &link_def_at(linker, *at)->next_here) {
        struct link_def *other = link_def_at(linker, *at);

        if (other->name != d->name || !(loser || other->module == d->module))
            continue;
        if (loser || !link_better(linker, def, *at))
            return true;
        *at = other->next_here;
        other->position = other->next_here = LINK_NONE;
        return false;
    }
    return false;
}

static void
say_clash(struct linker *linker, uint32_t def)
{
    const struct link_def *d = link_def_at(linker, def);
    uint32_t first = link_position_at(linker, d->position)->first;
    unsigned steps = 0;

    for (uint32_t o = first; o != LINK_NONE && steps++ < LINK_STEPS; o = link_def_at(linker, o)->next_here) {
        const struct link_def *other = link_def_at(linker, o);

        if (o != def && other->module == d->module && other->name != d->name && o < def) {
            link_say(linker, d->module, DIAG_OID_DUPLICATE, d->d->place, NULL,
                     "'%s' has the OID of '%s' (line %u)", link_name_at(linker, d->name)->text,
                     link_name_at(linker, other->name)->text, other->d->place.line);
            return;
        }
    }
}

void
link_positions(struct linker *linker)
{
    uint32_t n = (uint32_t)linker->defs.n;

    child(linker, LINK_NONE, 0); /* the root, position 0 */
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        known_position(linker, known[i].name);
    for (uint32_t i = 0; i < n; i++)
        if (!link_is_type(link_def_at(linker, i)->d) && link_def_at(linker, i)->d->kind != UNIT_MACRO)
            resolve(linker, i);
    for (int losers = 0; losers < 2; losers++)
        for (uint32_t i = 0; i < n; i++) {
            struct link_def *d = link_def_at(linker, i);

            if (d->position == LINK_NONE || link_module_at(linker, d->module)->loser != (losers == 1))
                continue;
            if (is_repeat(linker, i)) {
                d->position = LINK_NONE;
                continue;
            }
            hang(linker, i);
            say_clash(linker, i);
        }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct link_position *p = link_position_at(linker, known_position(linker, known[i].name));

        if (p->first == LINK_NONE && p->name == 0 && strcmp(known[i].name, "snmp") != 0)
            p->name = link_intern(linker, known[i].name, strlen(known[i].name),
                                  (uint32_t)unit_hash(known[i].name, strlen(known[i].name), 0)) +
                      1;
    }
}
