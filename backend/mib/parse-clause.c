/* The macros of the SMI (RFC 2578 to 2580, RFC 1212, RFC 1215): one loop takes the clauses of all of them in
 * any order; what a clause of a wrong macro says is taken with a remark. */
#include "mib/parse.h"

#include "api/mib.h"

#include <strings.h>

/* The definition at hand, and the part of a compliance, capabilities or revision that a DESCRIPTION belongs
 * to. */
struct making {
    struct unit_def def;
    uint32_t first_ref, sub; /* sub: number of the ref at hand + 1 */
    bool in_revision, syntax_seen;
};

static const struct {
    const char *word;
    uint8_t access;
} access_words[] = {
    {"read-only", MIB_READ_ONLY},
    {"read-write", MIB_READ_WRITE},
    {"read-create", MIB_READ_CREATE},
    {"not-accessible", MIB_NOT_ACCESSIBLE},
    {"accessible-for-notify", MIB_ACCESSIBLE_FOR_NOTIFY},
    {"write-only", MIB_WRITE_ONLY},
    {"not-implemented", MIB_NOT_ACCESSIBLE},
    {"readonly", MIB_READ_ONLY},
    {"read_only", MIB_READ_ONLY},
    {"readwrite", MIB_READ_WRITE},
    {"read_write", MIB_READ_WRITE},
    {"write", MIB_READ_WRITE},
    {"readcreate", MIB_READ_CREATE},
    {"create", MIB_READ_CREATE},
    {"no-access", MIB_NOT_ACCESSIBLE},
    {"noaccess", MIB_NOT_ACCESSIBLE},
    {"not_accessible", MIB_NOT_ACCESSIBLE},
    {"not-accessable", MIB_NOT_ACCESSIBLE},
    {"accessible-for-notification", MIB_ACCESSIBLE_FOR_NOTIFY},
    {"accessible-to-notify", MIB_ACCESSIBLE_FOR_NOTIFY},
};

static const struct {
    const char *word;
    uint8_t status;
} status_words[] = {
    {"current", MIB_CURRENT},   {"mandatory", MIB_CURRENT}, {"deprecated", MIB_DEPRECATED},
    {"obsolete", MIB_OBSOLETE}, {"optional", MIB_CURRENT},
    {"active", MIB_CURRENT},    {"valid", MIB_CURRENT},     {"historic", MIB_OBSOLETE},
    {"depreciated", MIB_DEPRECATED}, {"obselete", MIB_OBSOLETE},
};

static bool
same_word(const struct token *t, const char *word)
{
    return t->kind == TOKEN_WORD && strlen(word) == t->n && strncasecmp(t->at, word, t->n) == 0;
}

static const char *
access_word(uint8_t access)
{
    for (size_t i = 0; i < sizeof access_words / sizeof access_words[0]; i++)
        if (access_words[i].access == access)
            return access_words[i].word;
    return "";
}

static uint8_t
take_access(struct parser *p)
{
    struct token t = *parser_peek(p, 0);

    for (size_t i = 0; i < sizeof access_words / sizeof access_words[0]; i++)
        if (same_word(&t, access_words[i].word)) {
            if (i > 6)
                diag_add(p->diags, DIAG_WORD_MEANT, t.line, t.offset, access_word(access_words[i].access),
                         "this is no kind of access; '%s' is meant", access_word(access_words[i].access));
            parser_step(p);
            return access_words[i].access;
        }
    diag_add(p->diags, DIAG_WORD_UNKNOWN, t.line, t.offset, "read-only, read-write, not-accessible …",
             "this is no kind of access");
    if (t.kind == TOKEN_WORD && t.keyword == KEYWORD_NONE)
        parser_step(p);
    return MIB_ACCESS_NONE;
}

static uint8_t
take_status(struct parser *p)
{
    struct token t = *parser_peek(p, 0);

    for (size_t i = 0; i < sizeof status_words / sizeof status_words[0]; i++)
        if (same_word(&t, status_words[i].word)) {
            parser_step(p);
            return status_words[i].status;
        }
    diag_add(p->diags, DIAG_WORD_UNKNOWN, t.line, t.offset, "current, deprecated, obsolete",
             "this is no status");
    if (t.kind == TOKEN_WORD && t.keyword == KEYWORD_NONE)
        parser_step(p);
    return MIB_STATUS_NONE;
}

static struct unit_ref *
sub_ref(struct parser *p, const struct making *m)
{
    return m->sub == 0 ? NULL : (struct unit_ref *)p->build->section[UNIT_REFS].at + (m->sub - 1);
}

/* GROUP name, OBJECT name, VARIATION name, MODULE [name], SUPPORTS name */
static void
take_sub(struct parser *p, struct making *m, enum unit_role role)
{
    struct token t = *parser_peek(p, 0);
    struct unit_ref *ref;

    ref = vec_push(&p->build->section[UNIT_REFS], sizeof *ref);
    ref->place = parser_place(&t);
    ref->role = (uint8_t)role;
    m->sub = (uint32_t)p->build->section[UNIT_REFS].n;
    m->in_revision = false;
    if (t.kind == TOKEN_WORD && t.keyword == KEYWORD_NONE) {
        ref->name = parser_ident(p, &t);
        parser_step(p);
        if (role == ROLE_MODULE && parser_accept_mark(p, '{'))
            parser_skip_group(p, '{', '}');
        else if (role != ROLE_MODULE && parser_at_mark(p, '.') && parser_peek(p, 1)->kind == TOKEN_WORD) {
            parser_step(p);
            sub_ref(p, m)->module = ref->name;
            ref->name = parser_ident(p, parser_peek(p, 0));
            parser_step(p);
        }
    } else if (role != ROLE_MODULE) {
        parser_syntax(p, &t, "a name", "in a compliance or capabilities statement");
    }
}

static void
take_syntax(struct parser *p, struct making *m, enum keyword clause)
{
    uint32_t number = parse_syntax(p);
    struct unit_ref *ref = sub_ref(p, m);

    (void)clause;
    if (ref != NULL)
        ref->syntax = number;
    else {
        if (m->def.syntax != 0)
            diag_add(p->diags, DIAG_CLAUSE_REPEATED, parser_peek(p, 0)->line, parser_peek(p, 0)->offset, NULL,
                     "a second SYNTAX in one definition; the first one holds");
        else
            m->def.syntax = number;
        m->syntax_seen = true;
    }
}

static void
take_description(struct parser *p, struct making *m, enum keyword clause)
{
    uint32_t text = parse_text(p, true, keyword_word(clause));
    struct unit_ref *ref = sub_ref(p, m);

    if (m->in_revision)
        ((struct unit_revision *)p->build->section[UNIT_REVISIONS]
             .at)[p->build->section[UNIT_REVISIONS].n - 1]
            .text = text;
    else if (ref != NULL)
        ref->text = text;
    else if (m->def.description == 0)
        m->def.description = text;
}

static void
take_revision(struct parser *p, struct making *m, enum keyword clause)
{
    struct unit_revision *r = vec_push(&p->build->section[UNIT_REVISIONS], sizeof *r);
    uint32_t date = parse_text(p, false, keyword_word(clause));

    ((struct unit_revision *)p->build->section[UNIT_REVISIONS].at)[p->build->section[UNIT_REVISIONS].n - 1]
        .date = date;
    m->in_revision = true;
}

static struct unit_module *
this_module(struct parser *p)
{
    struct vec *v = &p->build->section[UNIT_MODULES];

    return (struct unit_module *)v->at + (v->n - 1);
}

static void
take_enterprise(struct parser *p, struct making *m, enum keyword clause)
{
    (void)clause;
    if (parser_at_mark(p, '{')) {
        m->def.parts = parse_oid_value(p, &m->def.n_parts);
    } else {
        struct token t = *parser_peek(p, 0);
        struct unit_part *part;

        if (t.kind != TOKEN_WORD) {
            parser_syntax(p, &t, "a name", "behind ENTERPRISE");
            return;
        }
        while (parser_peek(p, 1)->kind == TOKEN_MARK && parser_peek(p, 1)->mark == '.' &&
               parser_peek(p, 2)->kind == TOKEN_WORD) { /* a.b.c: the last says it */
            parser_step(p);
            parser_step(p);
            t = *parser_peek(p, 0);
        }
        m->def.parts = (uint32_t)p->build->section[UNIT_PARTS].n;
        m->def.n_parts = 1;
        part = vec_push(&p->build->section[UNIT_PARTS], sizeof *part);
        part->place = parser_place(&t);
        part->name = parser_ident(p, &t);
        parser_step(p);
    }
}

static void
take_access_clause(struct parser *p, struct making *m, enum keyword clause)
{
    uint8_t access = take_access(p);
    struct unit_ref *ref = sub_ref(p, m);

    if (ref != NULL)
        ref->access = access;
    else if (m->def.access == MIB_ACCESS_NONE)
        m->def.access = access;
    if (clause == KEYWORD_ACCESS)
        p->smi1 |= m->def.kind == UNIT_OBJECT_TYPE;
    else
        p->smi2 |= clause == KEYWORD_MAX_ACCESS;
}

static void
take_status_clause(struct parser *p, struct making *m, enum keyword clause)
{
    (void)clause;
    m->def.status = take_status(p);
}

static void
take_default(struct parser *p, struct making *m, enum keyword clause)
{
    uint32_t text = parse_default(p);

    (void)clause;
    if (m->sub == 0)
        m->def.default_value = text;
}

/* Stands where other definitions have their REFERENCE. */
static void
take_release(struct parser *p, struct making *m, enum keyword clause)
{
    uint32_t text = parse_text(p, true, keyword_word(clause));

    if (m->def.reference == 0)
        m->def.reference = text;
}

/* What a clause is read as. */
enum reading {
    READ_NOTHING, /* the word begins no clause */
    READ_BY,      /* by a function of its own */
    READ_TEXT,    /* into a text of the definition: of many lines, or of one */
    READ_LINE,
    READ_MODULE_TEXT, /* into one of the module */
    READ_MODULE_LINE,
    READ_NAMES, /* "{ name, name }" into references of a role */
    READ_SUB,   /* a part with clauses of its own, of a role */
};

struct clause {
    enum reading reading;
    size_t where; /* of a text: in its record */
    enum unit_role role;
    void (*take)(struct parser *p, struct making *m, enum keyword clause);
};

#define BY(function) {.reading = READ_BY, .take = (function)}
#define TEXT(how, record, field) {.reading = (how), .where = offsetof(struct record, field)}
#define OF(how, what) {.reading = (how), .role = (what)}

static const struct clause clauses[KEYWORD_COUNT] = {
    [KEYWORD_SYNTAX] = BY(take_syntax),
    [KEYWORD_WRITE_SYNTAX] = BY(take_syntax),
    [KEYWORD_ACCESS] = BY(take_access_clause),
    [KEYWORD_MAX_ACCESS] = BY(take_access_clause),
    [KEYWORD_MIN_ACCESS] = BY(take_access_clause),
    [KEYWORD_STATUS] = BY(take_status_clause),
    [KEYWORD_DESCRIPTION] = BY(take_description),
    [KEYWORD_DEFVAL] = BY(take_default),
    [KEYWORD_REVISION] = BY(take_revision),
    [KEYWORD_ENTERPRISE] = BY(take_enterprise),
    [KEYWORD_PRODUCT_RELEASE] = BY(take_release),
    [KEYWORD_REFERENCE] = TEXT(READ_TEXT, unit_def, reference),
    [KEYWORD_UNITS] = TEXT(READ_LINE, unit_def, units),
    [KEYWORD_DISPLAY_HINT] = TEXT(READ_LINE, unit_def, hint),
    [KEYWORD_LAST_UPDATED] = TEXT(READ_MODULE_LINE, unit_module, last_updated),
    [KEYWORD_ORGANIZATION] = TEXT(READ_MODULE_TEXT, unit_module, organization),
    [KEYWORD_CONTACT_INFO] = TEXT(READ_MODULE_TEXT, unit_module, contact),
    [KEYWORD_INDEX] = OF(READ_NAMES, ROLE_INDEX),
    [KEYWORD_AUGMENTS] = OF(READ_NAMES, ROLE_AUGMENTS),
    [KEYWORD_OBJECTS] = OF(READ_NAMES, ROLE_OBJECT),
    [KEYWORD_VARIABLES] = OF(READ_NAMES, ROLE_OBJECT),
    [KEYWORD_NOTIFICATIONS] = OF(READ_NAMES, ROLE_NOTIFICATION),
    [KEYWORD_MANDATORY_GROUPS] = OF(READ_NAMES, ROLE_MANDATORY_GROUP),
    [KEYWORD_INCLUDES] = OF(READ_NAMES, ROLE_INCLUDES),
    [KEYWORD_CREATION_REQUIRES] = OF(READ_NAMES, ROLE_CREATION),
    [KEYWORD_MODULE] = OF(READ_SUB, ROLE_MODULE),
    [KEYWORD_SUPPORTS] = OF(READ_SUB, ROLE_MODULE),
    [KEYWORD_GROUP] = OF(READ_SUB, ROLE_GROUP),
    [KEYWORD_OBJECT] = OF(READ_SUB, ROLE_REFINEMENT),
    [KEYWORD_VARIATION] = OF(READ_SUB, ROLE_VARIATION),
};

static void
take_text_into(struct parser *p, void *record, const struct clause *c, enum keyword clause)
{
    bool lines = c->reading == READ_TEXT || c->reading == READ_MODULE_TEXT;
    uint32_t text = parse_text(p, lines, keyword_word(clause));

    memcpy((char *)record + c->where, &text, sizeof text);
}

/* False when `clause` begins no clause; the keyword itself was stepped over. */
static bool
take_clause(struct parser *p, struct making *m, enum keyword clause)
{
    const struct clause *c = &clauses[clause];

    switch (c->reading) {
    case READ_NOTHING:
        return false;
    case READ_BY:
        c->take(p, m, clause);
        return true;
    case READ_TEXT:
    case READ_LINE:
        take_text_into(p, &m->def, c, clause);
        return true;
    case READ_MODULE_TEXT:
    case READ_MODULE_LINE:
        take_text_into(p, this_module(p), c, clause);
        return true;
    case READ_NAMES:
        parse_names_into_refs(p, c->role, keyword_word(clause));
        return true;
    case READ_SUB:
        take_sub(p, m, c->role);
        return true;
    }
    return false;
}

static void
start(struct parser *p, struct making *m, const struct token *name, enum unit_kind kind)
{
    *m = (struct making){.first_ref = (uint32_t)p->build->section[UNIT_REFS].n};
    m->def.place = parser_place(name);
    m->def.name = parser_ident(p, name);
    m->def.kind = (uint8_t)kind;
    p->last_string.kind = TOKEN_END;
}

static void
finish(struct parser *p, struct making *m)
{
    m->def.refs = m->first_ref;
    m->def.n_refs = (uint32_t)p->build->section[UNIT_REFS].n - m->first_ref;
    *(struct unit_def *)vec_push(&p->build->section[UNIT_DEFS], sizeof m->def) = m->def;
}

static void
take_value(struct parser *p, struct making *m)
{
    struct token t;

    if (m->def.kind != UNIT_TRAP) {
        m->def.parts = parse_oid_value(p, &m->def.n_parts);
        return;
    }
    if (parser_accept_mark(p, '{')) {
        t = *parser_peek(p, 0);
        diag_add(p->diags, DIAG_EXPECTED, t.line, t.offset, "a number",
                 "the value of a TRAP-TYPE is a number");
    }
    t = *parser_peek(p, 0);
    if (t.kind == TOKEN_NUMBER && !t.negative && t.value <= UINT32_MAX) {
        m->def.number = (uint32_t)t.value;
        m->def.has_number = 1;
        parser_step(p);
    } else {
        parser_syntax(p, &t, "a number", "at the end of a TRAP-TYPE");
    }
    parser_accept_mark(p, '}');
}

static void
check_clauses(struct parser *p, const struct making *m, const struct token *name)
{
    if (m->def.kind == UNIT_OBJECT_TYPE && m->def.syntax == 0 && !p->complained)
        diag_add(p->diags, DIAG_CLAUSE_MISSING, name->line, name->offset, "SYNTAX", "'%.*s' has no SYNTAX",
                 (int)(name->n > 80 ? 80 : name->n), name->at);
    if (m->def.kind == UNIT_OBJECT_TYPE && m->def.access == MIB_ACCESS_NONE && !p->complained)
        diag_add(p->diags, DIAG_CLAUSE_MISSING, name->line, name->offset, "MAX-ACCESS",
                 "'%.*s' has no MAX-ACCESS", (int)(name->n > 80 ? 80 : name->n), name->at);
    if (m->def.kind == UNIT_TRAP && m->def.n_parts == 0 && !p->complained)
        diag_add(p->diags, DIAG_CLAUSE_MISSING, name->line, name->offset, "ENTERPRISE",
                 "'%.*s' has no ENTERPRISE", (int)(name->n > 80 ? 80 : name->n), name->at);
}

/* "Syntax", "max-access": a clause in the wrong case. */
static bool
take_other_case(struct parser *p, struct making *m, const struct token *t)
{
    char upper[32];
    enum keyword keyword;

    if (t->n >= sizeof upper || parser_starts_definition(p))
        return false;
    for (uint32_t i = 0; i < t->n; i++)
        upper[i] = t->at[i] >= 'a' && t->at[i] <= 'z' ? (char)(t->at[i] - 32) : t->at[i];
    keyword = keyword_find(upper, t->n);
    if (keyword == KEYWORD_NONE || keyword == KEYWORD_END || keyword == KEYWORD_OBJECT || keyword == KEYWORD_GROUP ||
        keyword == KEYWORD_MODULE)
        return false;
    parser_step(p);
    if (!take_clause(p, m, keyword))
        return false;
    diag_add(p->diags, DIAG_NAME_STYLE, t->line, t->offset, keyword_word(keyword),
             "'%.*s' is written in capitals", (int)t->n, t->at);
    return true;
}

void
parse_macro(struct parser *p, const struct token *name, enum unit_kind kind)
{
    struct making m;

    start(p, &m, name, kind);
    for (;;) {
        struct token t = *parser_peek(p, 0);

        if (t.kind == TOKEN_ASSIGN) {
            parser_step(p);
            take_value(p, &m);
            break;
        }
        if (t.kind == TOKEN_WORD && t.keyword != KEYWORD_NONE && t.keyword != KEYWORD_END) {
            parser_step(p);
            if (take_clause(p, &m, t.keyword))
                continue;
            parser_syntax(p, &t, "a clause", "here");
        } else {
            if (t.kind == TOKEN_WORD && take_other_case(p, &m, &t))
                continue;
            if ((t.kind == TOKEN_END || (t.kind == TOKEN_WORD && !p->complained)) && parse_swallowed(p))
                continue;
            if (t.kind == TOKEN_END || parser_at(p, KEYWORD_END) || parser_starts_definition(p)) {
                parser_syntax(p, &t, "::=", "at the end of a definition");
                break;
            }
            parser_syntax(p, &t, "a clause or ::=", "in a definition");
            parser_step(p);
        }
    }
    check_clauses(p, &m, name);
    finish(p, &m);
}

/* Behind "Name ::= TEXTUAL-CONVENTION". */
void
parse_convention(struct parser *p, const struct token *name)
{
    struct making m;

    start(p, &m, name, UNIT_TEXTUAL_CONVENTION);
    for (;;) {
        struct token t = *parser_peek(p, 0);

        if (t.kind == TOKEN_WORD && t.keyword != KEYWORD_NONE && t.keyword != KEYWORD_END &&
            !parser_starts_definition(p)) {
            parser_step(p);
            if (take_clause(p, &m, t.keyword))
                continue;
            parser_syntax(p, &t, "a clause", "in a TEXTUAL-CONVENTION");
            continue;
        }
        if (m.syntax_seen)
            break;
        if (t.kind == TOKEN_END || parser_at(p, KEYWORD_END) || parser_starts_definition(p)) {
            parser_syntax(p, &t, "SYNTAX", "at the end of a TEXTUAL-CONVENTION");
            break;
        }
        parser_syntax(p, &t, "a clause", "in a TEXTUAL-CONVENTION");
        parser_step(p);
    }
    finish(p, &m);
}
