/* Types with their refinements. */
#include "mib/parse.h"

#include <strings.h>

static uint64_t
octets_value(const struct token *t, bool *huge)
{
    unsigned shift = t->kind == TOKEN_HEX ? 4 : 1;
    uint64_t value = 0;

    for (uint32_t i = 0; i < t->n; i++) {
        char c = t->at[i];
        unsigned digit = c >= '0' && c <= '9'                 ? (unsigned)(c - '0')
                         : (c | 32) >= 'a' && (c | 32) <= 'f' ? (unsigned)((c | 32) - 'a' + 10)
                                                              : 99;

        if (digit == 99)
            continue;
        *huge |= value >> (64 - shift) != 0;
        value = value << shift | digit;
    }
    return value;
}

/* A number in any notation, as 64 bits. */
bool
parse_number(struct parser *p, int64_t *out)
{
    const struct token *t = parser_peek(p, 0);
    bool huge = false, minus = false;
    uint64_t value;

    if (t->kind == TOKEN_MARK && t->mark == '-' && parser_peek(p, 1)->kind == TOKEN_NUMBER) {
        minus = true;
        parser_step(p);
        t = parser_peek(p, 0);
    }
    if (t->kind == TOKEN_NUMBER)
        value = t->value;
    else if (t->kind == TOKEN_HEX || t->kind == TOKEN_BINARY)
        value = octets_value(t, &huge);
    else
        return false;
    if (huge || ((minus || t->negative) && value > (uint64_t)INT64_MAX + 1))
        diag_add(p->diags, DIAG_NUMBER, t->line, t->offset, NULL, "the number does not fit 64 bits");
    *out = (int64_t)(minus || t->negative ? 0 - value : value);
    parser_step(p);
    return true;
}

static bool
range_end(struct parser *p, int64_t *out, uint32_t *flags)
{
    const struct token *t = parser_peek(p, 0);

    if (parse_number(p, out))
        return true;
    if (token_is(t, "MIN"))
        *flags |= RANGE_LOW_MIN;
    else if (token_is(t, "MAX"))
        *flags |= RANGE_HIGH_MAX;
    else
        return false;
    parser_step(p);
    return true;
}

/* low [..high] {| low [..high]} */
static void
parse_ranges(struct parser *p, struct unit_syntax *syntax)
{
    for (;;) {
        struct token first = *parser_peek(p, 0);
        struct unit_range r = {0};
        struct token *t;

        if (!range_end(p, &r.low, &r.flags)) {
            parser_syntax(p, parser_peek(p, 0), "a number", "in a range");
            return;
        }
        r.high = r.low;
        t = parser_peek(p, 0);
        if (t->kind == TOKEN_RANGE) {
            parser_step(p);
            if (!range_end(p, &r.high, &r.flags)) {
                parser_syntax(p, parser_peek(p, 0), "a number", "behind '..'");
                return;
            }
        } else if (t->kind == TOKEN_NUMBER && t->negative) {
            r.high = (int64_t)t->value;
            diag_add(p->diags, DIAG_EXPECTED, t->line, t->offset, "..", "a range is written low..high");
            parser_step(p);
        } else if (t->kind == TOKEN_MARK && t->mark == '.') {
            diag_add(p->diags, DIAG_EXPECTED, t->line, t->offset, "..", "a range is written low..high");
            parser_step(p);
            range_end(p, &r.high, &r.flags);
        }
        if (first.kind == TOKEN_NUMBER && r.low > r.high && r.high >= 0 && r.flags == 0) {
            diag_add(p->diags, DIAG_RANGE, first.line, first.offset, NULL,
                     "the lower end of the range is above the upper one");
        }
        *(struct unit_range *)vec_push(&p->build->section[UNIT_RANGES], sizeof r) = r;
        syntax->n_ranges++;
        if (parser_accept_mark(p, '|'))
            continue;
        if (!parser_at_mark(p, ','))
            return;
        parser_step(p);
    }
}

static bool
same_letters(const struct token *t, const char *word)
{
    return t->kind == TOKEN_WORD && t->n == strlen(word) && strncasecmp(t->at, word, t->n) == 0;
}

static void
say_case(struct parser *p, const struct token *t, const char *meant)
{
    diag_add(p->diags, DIAG_NAME_STYLE, t->line, t->offset, meant, "the type is written %s", meant);
}

/* Behind a type: (0..9), (SIZE (0..9)), SIZE (0..9). */
static void
parse_constraint(struct parser *p, struct unit_syntax *syntax)
{
    unsigned open = 0;

    syntax->ranges = (uint32_t)p->build->section[UNIT_RANGES].n;
    while (parser_at_mark(p, '(') || parser_at(p, KEYWORD_SIZE) || same_letters(parser_peek(p, 0), "SIZE")) {
        if (parser_accept_mark(p, '('))
            open++;
        else {
            if (!parser_at(p, KEYWORD_SIZE))
                say_case(p, parser_peek(p, 0), "SIZE");
            syntax->size = 1;
            parser_step(p);
        }
        if (open > 4)
            break;
    }
    parse_ranges(p, syntax);
    while (open > 0) {
        if (!parser_accept_mark(p, ')')) {
            if (parser_starts_definition(p) || parser_peek(p, 0)->kind != TOKEN_MARK) {
                parser_want_mark(p, ')', "behind a range");
                return;
            }
            parser_skip_group(p, '(', ')');
        }
        open--;
    }
}

static int
compare_number(const void *a, const void *b)
{
    const struct unit_name *x = *(const struct unit_name *const *)a, *y = *(const struct unit_name *const *)b;

    return x->number < y->number ? -1 : x->number > y->number;
}

static int
compare_label(const void *a, const void *b)
{
    const struct unit_name *x = *(const struct unit_name *const *)a, *y = *(const struct unit_name *const *)b;

    return x->label < y->label ? -1 : x->label > y->label;
}

static void
check_names(struct parser *p, const struct unit_syntax *syntax, const struct token *at)
{
    const struct unit_name *all;
    const struct unit_ident *idents = p->build->section[UNIT_IDENTS].at;
    uint32_t n = syntax->n_names;
    const struct unit_name **by;
    bool sorted = true;

    if (n < 2)
        return;
    all = (struct unit_name *)p->build->section[UNIT_NAMES].at + syntax->names;
    by = memory_alloc(n * sizeof *by);
    for (uint32_t i = 0; i < n; i++) {
        by[i] = &all[i];
        sorted &= i == 0 || all[i - 1].number < all[i].number;
    }
    if (!sorted) {
        qsort(by, n, sizeof *by, compare_number);
        for (uint32_t i = 1; i < n; i++)
            if (by[i]->number == by[i - 1]->number)
                diag_add(p->diags, DIAG_ENUM_REPEATED, at->line, at->offset, NULL,
                         "the number %lld stands for '%s' and '%s'", (long long)by[i]->number,
                         p->build->text.at + idents[by[i - 1]->label].text,
                         p->build->text.at + idents[by[i]->label].text);
    }
    qsort(by, n, sizeof *by, compare_label);
    for (uint32_t i = 1; i < n; i++)
        if (by[i]->label == by[i - 1]->label)
            diag_add(p->diags, DIAG_ENUM_REPEATED, at->line, at->offset, NULL,
                     "the name '%s' stands for %lld and %lld", p->build->text.at + idents[by[i]->label].text,
                     (long long)by[i - 1]->number, (long long)by[i]->number);
    free(by);
}

/* { label(number), … } */
static void
parse_names(struct parser *p, struct unit_syntax *syntax)
{
    struct token at = *parser_peek(p, 0);

    syntax->names = (uint32_t)p->build->section[UNIT_NAMES].n;
    parser_step(p);
    while (!parser_accept_mark(p, '}')) {
        struct token t = *parser_peek(p, 0);
        struct unit_name name = {0};

        if (t.kind == TOKEN_END || parser_starts_definition(p)) {
            parser_syntax(p, &t, "}", "behind the named numbers");
            break;
        }
        parser_step(p);
        if (t.kind == TOKEN_MARK && t.mark == ',')
            continue;
        if (t.kind == TOKEN_NUMBER && parser_at_mark(p, '(')) {
            t.kind = TOKEN_WORD; /* 10(1) */
            diag_add(p->diags, DIAG_NAME_STYLE, t.line, t.offset, NULL,
                     "a named number begins with a letter");
        }
        if (t.kind != TOKEN_WORD) {
            parser_syntax(p, &t, "a name", "among named numbers");
            continue;
        }
        name.label = parser_ident(p, &t);
        if (!parser_want_mark(p, '(', "behind the name of a number"))
            continue;
        if (!parse_number(p, &name.number)) {
            parser_syntax(p, parser_peek(p, 0), "a number", "behind a name");
            parser_skip_group(p, '(', ')');
            continue;
        }
        *(struct unit_name *)vec_push(&p->build->section[UNIT_NAMES], sizeof name) = name;
        syntax->n_names++;
        parser_want_mark(p, ')', "behind a named number");
    }
    check_names(p, syntax, &at);
}

/* SEQUENCE { name Type, … } and CHOICE { … } */
static void
parse_members(struct parser *p, struct unit_syntax *syntax)
{
    uint32_t first = (uint32_t)p->build->section[UNIT_REFS].n;

    if (!parser_want_mark(p, '{', "behind SEQUENCE"))
        return;
    while (!parser_accept_mark(p, '}')) {
        struct token t = *parser_peek(p, 0);
        struct unit_ref *ref;

        if (t.kind == TOKEN_END || parser_starts_definition(p)) {
            parser_syntax(p, &t, "}", "behind the members of a SEQUENCE");
            break;
        }
        parser_step(p);
        if (t.kind == TOKEN_MARK && t.mark == ',')
            continue;
        if (t.kind != TOKEN_WORD) {
            parser_syntax(p, &t, "a name", "among the members of a SEQUENCE");
            continue;
        }
        ref = vec_push(&p->build->section[UNIT_REFS], sizeof *ref);
        ref->place = parser_place(&t);
        ref->name = parser_ident(p, &t);
        ref->role = ROLE_MEMBER;
        if (!parser_at_mark(p, ',') && !parser_at_mark(p, '}')) {
            size_t mine = p->build->section[UNIT_REFS].n - 1;
            uint32_t number = parse_syntax(p);

            ((struct unit_ref *)p->build->section[UNIT_REFS].at)[mine].syntax = number;
        }
    }
    syntax->refs = first;
    syntax->n_refs = (uint32_t)p->build->section[UNIT_REFS].n - first;
}

/* [APPLICATION 1] IMPLICIT */
static void
parse_tag(struct parser *p, struct unit_syntax *syntax)
{
    int64_t number = 0;

    parser_step(p);
    if (parser_peek(p, 0)->kind == TOKEN_WORD)
        parser_step(p);
    if (parse_number(p, &number) && number >= 0 && number < 100)
        syntax->tag = (uint8_t)(number + 1);
    parser_want_mark(p, ']', "behind a tag");
    if (!parser_accept(p, KEYWORD_IMPLICIT))
        parser_accept(p, KEYWORD_EXPLICIT);
}

static void
parse_sequence(struct parser *p, struct unit_syntax *syntax)
{
    struct token *t;

    parser_step(p);
    if (!parser_accept(p, KEYWORD_OF)) {
        syntax->shape = SHAPE_SEQUENCE;
        parse_members(p, syntax);
        return;
    }
    syntax->shape = SHAPE_SEQUENCE_OF;
    t = parser_peek(p, 0);
    if (t->kind != TOKEN_WORD) {
        parser_syntax(p, t, "a type", "behind SEQUENCE OF");
        return;
    }
    syntax->type = parser_ident(p, t);
    parser_step(p);
}

static const struct {
    enum keyword first, second; /* second: stepped over where it stands */
    enum unit_shape shape;
} plain_shapes[] = {
    {KEYWORD_INTEGER, KEYWORD_NONE, SHAPE_INTEGER},
    {KEYWORD_BITS, KEYWORD_NONE, SHAPE_BITS},
    {KEYWORD_NULL, KEYWORD_NONE, SHAPE_NULL},
    {KEYWORD_OCTET, KEYWORD_STRING, SHAPE_OCTETS},
    {KEYWORD_OBJECT, KEYWORD_IDENTIFIER, SHAPE_OID},
};

/* At a reserved word: what it begins; false when that is no type. */
static bool
plain_shape(struct parser *p, struct unit_syntax *syntax)
{
    const struct token *t = parser_peek(p, 0);

    for (size_t i = 0; i < sizeof plain_shapes / sizeof plain_shapes[0]; i++)
        if (plain_shapes[i].first == t->keyword) {
            syntax->shape = plain_shapes[i].shape;
            if (plain_shapes[i].second != KEYWORD_NONE && parser_peek(p, 1)->keyword == plain_shapes[i].second)
                parser_step(p);
            return true;
        }
    return false;
}

/* "Octet String" and the like, which some write; false when it is the name of a type. */
static bool
misspelt_shape(struct parser *p, struct unit_syntax *syntax)
{
    const struct token *t = parser_peek(p, 0);

    if (parser_peek(p, 1)->kind == TOKEN_WORD && parser_peek(p, 1)->keyword == KEYWORD_STRING) {
        say_case(p, t, "OCTET STRING");
        syntax->shape = SHAPE_OCTETS;
        parser_step(p);
    } else if (same_letters(t, "INTEGER") && !token_is(t, "Integer")) {
        say_case(p, t, "INTEGER");
        syntax->shape = SHAPE_INTEGER;
    } else if ((same_letters(t, "OCTET") && same_letters(parser_peek(p, 1), "STRING")) ||
               same_letters(t, "OCTETSTRING") || same_letters(t, "OCTET_STRING") || same_letters(t, "OCTET-STRING")) {
        say_case(p, t, "OCTET STRING");
        syntax->shape = SHAPE_OCTETS;
        if (same_letters(t, "OCTET"))
            parser_step(p);
    } else if (same_letters(t, "OBJECT") && same_letters(parser_peek(p, 1), "IDENTIFIER")) {
        say_case(p, t, "OBJECT IDENTIFIER");
        syntax->shape = SHAPE_OID;
        parser_step(p);
    } else {
        return false;
    }
    return true;
}

/* Type, or MODULE.Type. */
static void
named_shape(struct parser *p, struct unit_syntax *syntax)
{
    syntax->shape = SHAPE_NAMED;
    syntax->type = parser_ident(p, parser_peek(p, 0));
    if (parser_peek(p, 1)->kind == TOKEN_MARK && parser_peek(p, 1)->mark == '.' &&
        parser_peek(p, 2)->kind == TOKEN_WORD) {
        syntax->module = syntax->type;
        syntax->type = parser_ident(p, parser_peek(p, 2));
        parser_step(p);
        parser_step(p);
    }
}

static bool
parse_shape(struct parser *p, struct unit_syntax *syntax)
{
    const struct token *t = parser_peek(p, 0);

    if (t->kind != TOKEN_WORD)
        return false;
    if (t->keyword == KEYWORD_SEQUENCE) {
        parse_sequence(p, syntax);
        return true;
    }
    if (t->keyword == KEYWORD_CHOICE) {
        parser_step(p);
        syntax->shape = SHAPE_CHOICE;
        parse_members(p, syntax);
        return true;
    }
    if (t->keyword == KEYWORD_STRING) {
        say_case(p, t, "OCTET STRING");
        syntax->shape = SHAPE_OCTETS;
    } else if (token_is(t, "BIT")) {
        syntax->shape = SHAPE_BITS;
        if (parser_peek(p, 1)->keyword == KEYWORD_STRING)
            parser_step(p);
    } else if (t->keyword != KEYWORD_NONE) {
        if (!plain_shape(p, syntax))
            return false;
    } else if (!misspelt_shape(p, syntax)) {
        named_shape(p, syntax);
    }
    parser_step(p);
    if (parser_at_mark(p, '{'))
        parse_names(p, syntax);
    if (parser_at_mark(p, '(') || parser_at(p, KEYWORD_SIZE))
        parse_constraint(p, syntax);
    return true;
}

uint32_t
parse_syntax(struct parser *p)
{
    struct token t = *parser_peek(p, 0);
    struct unit_syntax syntax = {.place = parser_place(&t)};
    bool good = true;

    if (p->depth >= PARSE_DEPTH_MAX) {
        diag_add(p->diags, DIAG_NESTING, t.line, t.offset, NULL, "types are nested more than %d deep",
                 PARSE_DEPTH_MAX);
        parser_step(p);
        return 0;
    }
    p->depth++;
    if (t.kind == TOKEN_MARK && t.mark == '[')
        parse_tag(p, &syntax);
    good = parse_shape(p, &syntax);
    p->depth--;
    if (!good) {
        parser_syntax(p, parser_peek(p, 0), "a type", "behind SYNTAX or ::=");
        return 0;
    }
    *(struct unit_syntax *)vec_push(&p->build->section[UNIT_SYNTAXES], sizeof syntax) = syntax;
    return (uint32_t)p->build->section[UNIT_SYNTAXES].n;
}
