/* Text to a value, checked by its syntax. Every refusal says what would be right. */
#include "api/render.h"

#include "core/hint.h"
#include "core/render-forms.h"
#include "core/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LISTED_MAX = 14, OCTETS_MAX = 65535 };

/* "up(1), down(2), …" for a sentence. */
static const char *
list_names(const struct syntax *syntax, char *text, size_t size)
{
    struct sink sink = sink_start(text, size);

    for (uint32_t i = 0; i < syntax->n_names; i++) {
        if (i == LISTED_MAX) {
            sink_format(&sink, " or %" PRIu32 " more", syntax->n_names - i);
            break;
        }
        sink_format(&sink, "%s%.60s(%" PRId64 ")", i > 0 ? ", " : "", syntax->names[i].label,
                    syntax->names[i].number);
    }
    return text;
}

static const char *
list_ranges(const struct syntax *syntax, bool is_unsigned, char *text, size_t size)
{
    struct sink sink = sink_start(text, size);

    for (uint32_t i = 0; i < syntax->n_ranges && i < LISTED_MAX; i++) {
        const struct syntax_range *r = &syntax->ranges[i];

        sink_format(&sink, is_unsigned ? "%s%" PRIu64 : "%s%" PRId64, i > 0 ? ", " : "", r->low);
        if (r->high != r->low)
            sink_format(&sink, is_unsigned ? "..%" PRIu64 : "..%" PRId64, r->high);
    }
    return text;
}

static bool
within_ranges(const struct syntax *syntax, int64_t number, bool is_unsigned)
{
    for (uint32_t i = 0; i < syntax->n_ranges; i++) {
        const struct syntax_range *r = &syntax->ranges[i];

        if (is_unsigned ? (uint64_t) number >= (uint64_t) r->low && (uint64_t) number <= (uint64_t) r->high
                        : number >= r->low && number <= r->high)
            return true;
    }
    return syntax->n_ranges == 0;
}

/* One label, its number, or "label(number)": the first `n` characters of `text`. */
static const struct syntax_name *
find_name(const struct syntax *syntax, const char *text, size_t n)
{
    const struct syntax_name *loose = NULL;
    const char *paren = memchr(text, '(', n);
    size_t label = paren == NULL ? n : (size_t) (paren - text);
    char *end;
    long long number;

    for (uint32_t i = 0; i < syntax->n_names; i++) {
        const struct syntax_name *name = &syntax->names[i];

        if (strlen(name->label) != label || strncasecmp(name->label, text, label) != 0)
            continue;
        if (paren != NULL &&
            (strtoll(paren + 1, &end, 10) != name->number || end != text + n - 1 || *end != ')'))
            continue;
        if (strncmp(name->label, text, label) == 0)
            return name;
        loose = name;
    }
    if (loose != NULL || n == 0 || !(isdigit((unsigned char) text[0]) || text[0] == '-'))
        return loose;
    number = strtoll(text, &end, 0);
    for (uint32_t i = 0; end == text + n && i < syntax->n_names; i++)
        if (syntax->names[i].number == number)
            return &syntax->names[i];
    return NULL;
}

static bool
parse_enumeration(const char *text, const struct syntax *syntax, struct value *out, struct failure *why)
{
    const struct syntax_name *name = find_name(syntax, text, strlen(text));
    char list[400];

    if (name == NULL)
        return failure_set(why, FAILURE_USAGE, "\"%.60s\" is none of %s", text,
                           list_names(syntax, list, sizeof list));
    out->i = name->number;
    return true;
}

/* The base type's own bounds; what the MIB narrows comes on top. */
static void
base_bounds(enum syntax_base base, int64_t *low, uint64_t *high)
{
    *low = base == SYNTAX_INTEGER32 || base == SYNTAX_ENUMERATION ? INT32_MIN : 0;
    *high = base == SYNTAX_COUNTER64 ? UINT64_MAX : *low < 0 ? INT32_MAX : UINT32_MAX;
}

static bool
parse_digits(const char *text, bool is_unsigned, int64_t *out)
{
    char *end;

    if (!isdigit((unsigned char) text[*text == '-']) || (is_unsigned && *text == '-'))
        return false;
    errno = 0;
    *out = is_unsigned ? (int64_t) strtoull(text, &end, 0) : strtoll(text, &end, 0);
    /* A leading zero is a zero to people, not octal. */
    if (text[*text == '-'] == '0' && isdigit((unsigned char) text[1 + (*text == '-')]))
        *out = is_unsigned ? (int64_t) strtoull(text, &end, 10) : strtoll(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static bool
parse_number(const char *text, const struct syntax *syntax, struct value *out, struct failure *why)
{
    bool is_unsigned = syntax_is_unsigned(syntax->base), hinted, inside;
    char list[300];
    uint64_t high;
    int64_t low;

    base_bounds(syntax->base, &low, &high);
    hinted = syntax->hint != NULL && strcmp(syntax->hint, "d") != 0 && hint_is_integer(syntax->hint);
    if (hinted && !hint_parse_integer(syntax->hint, text, &out->i, why))
        return false;
    if (!hinted && !parse_digits(text, is_unsigned, &out->i))
        return failure_set(why, FAILURE_USAGE, "\"%.60s\" is no %s number; %s", text,
                           is_unsigned ? "unsigned" : "whole",
                           syntax->n_ranges > 0 ? list_ranges(syntax, is_unsigned, list, sizeof list)
                           : is_unsigned        ? (high > UINT32_MAX ? "0..18446744073709551615 is allowed"
                                                                     : "0..4294967295 is allowed")
                                                : "-2147483648..2147483647 is allowed");
    inside =
        is_unsigned ? (!hinted || out->i >= 0) && out->u <= high : out->i >= low && out->i <= (int64_t)high;
    if (inside && within_ranges(syntax, out->i, is_unsigned))
        return true;
    if (syntax->n_ranges == 0)
        return failure_set(why, FAILURE_USAGE, "%.60s is outside %" PRId64 "..%" PRIu64, text, low, high);
    return failure_set(why, FAILURE_USAGE, "%.60s is outside %s%s", text,
                       list_ranges(syntax, is_unsigned, list, sizeof list),
                       hinted ? " (before its decimals are set by the DISPLAY-HINT)" : "");
}

/* "0x001b54", "x:00 1b 54", "x:00:1b:54". NULL when the text does not begin so. */
static const char *
hex_digits(const char *text)
{
    if ((text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) || (text[0] == 'x' && text[1] == ':'))
        return text + 2;
    return NULL;
}

static bool
parse_hex(const char *digits, uint8_t *out, size_t *n, struct failure *why)
{
    const char *at = digits;

    for (*n = 0; *at != '\0';) {
        if (strchr(" :-", *at) != NULL && at > digits) {
            at++;
            continue;
        }
        if (!isxdigit((unsigned char) at[0]) || !isxdigit((unsigned char) at[1]))
            return failure_set(why, FAILURE_USAGE, "\"%.20s\" is no pair of hexadecimal digits", at);
        if (*n == OCTETS_MAX)
            return failure_set(why, FAILURE_LIMIT, "a value has at most %d octets", OCTETS_MAX);
        out[(*n)++] = (uint8_t) strtoul((char[]) { at[0], at[1], 0 }, NULL, 16);
        at += 2;
    }
    return true;
}

static bool
check_size(const struct syntax *syntax, size_t n, struct failure *why)
{
    char list[300];

    if (within_ranges(syntax, (int64_t) n, false))
        return true;
    return failure_set(why, FAILURE_USAGE, "%zu octets do not fit: its size is %s", n,
                       list_ranges(syntax, false, list, sizeof list));
}

static bool
parse_bits(const char *text, const struct syntax *syntax, uint8_t *out, size_t *n, struct failure *why)
{
    int64_t highest = -1;

    for (uint32_t i = 0; i < syntax->n_names; i++)
        if (syntax->names[i].number > highest)
            highest = syntax->names[i].number;
    if (highest >= OCTETS_MAX * 8)
        highest = OCTETS_MAX * 8 - 1;
    *n = (size_t) (highest / 8 + 1); /* RFC 3417 §8 (3): all named bits, whatever is set */
    memset(out, 0, *n);
    for (text += strspn(text, " ,{}"); *text != '\0'; text += strspn(text, " ,{}")) {
        size_t length = strcspn(text, " ,{}");
        const struct syntax_name *name = find_name(syntax, text, length);
        char list[400];

        if (name == NULL || name->number < 0 || name->number > highest)
            return failure_set(why, FAILURE_USAGE, "\"%.*s\" is none of the bits %s", (int) length, text,
                               list_names(syntax, list, sizeof list));
        out[name->number / 8] |= (uint8_t) (0x80 >> name->number % 8);
        text += length;
    }
    return true;
}

/* "…" with \" and \\ and \xNN inside: what RENDER_QUOTED writes. */
static bool
parse_quoted(const char *text, uint8_t *out, size_t *n, struct failure *why)
{
    const char *end = text + strlen(text) - 1, *at = text + 1;

    for (*n = 0; at < end; (*n)++) {
        if (*n == OCTETS_MAX)
            return failure_set(why, FAILURE_LIMIT, "a value has at most %d octets", OCTETS_MAX);
        if (*at != '\\') {
            out[*n] = (uint8_t) *at++;
        } else if (end - at > 3 && at[1] == 'x' && isxdigit((unsigned char) at[2]) &&
                   isxdigit((unsigned char) at[3])) {
            out[*n] = (uint8_t) strtoul((char[]) { at[2], at[3], 0 }, NULL, 16);
            at += 4;
        } else if (end - at > 1 && (at[1] == '\\' || at[1] == '"')) {
            out[*n] = (uint8_t) at[1];
            at += 2;
        } else
            return failure_set(why, FAILURE_USAGE,
                               "in quotes \\ must be followed by \\, \" or xNN, not \"%.10s\"", at + 1);
    }
    return true;
}

static bool
check_text(const struct syntax *syntax, const uint8_t *octets, size_t n, struct failure *why)
{
    bool utf8;

    if (syntax->hint == NULL || !hint_is_text(syntax->hint, &utf8))
        return true;
    if (utf8)
        return utf8_valid(octets, n) ||
               failure_set(why, FAILURE_USAGE, "the text is not UTF-8; write other octets as 0x…");
    for (size_t i = 0; i < n; i++)
        if (octets[i] >= 0x80)
            return failure_set(why, FAILURE_USAGE, "%s takes ASCII only; write other octets as 0x…",
                               syntax->type);
    return true;
}

static bool
parse_plain_octets(const char *text, const struct syntax *syntax, uint8_t *out, size_t *n,
                   struct failure *why)
{
    const struct render_form *form = render_form(syntax);
    size_t length = strlen(text);
    bool utf8;

    if (form != NULL)
        return *text == '\0' ? (*n = 0, true) : form->parse(text, out, n, why);
    if (syntax->hint != NULL && !hint_is_text(syntax->hint, &utf8))
        return hint_parse_octets(syntax->hint, text, out, OCTETS_MAX, n, why);
    if (length > OCTETS_MAX)
        return failure_set(why, FAILURE_LIMIT, "a value has at most %d octets", OCTETS_MAX);
    memcpy(out, text, length);
    *n = length;
    return true;
}

static bool
parse_octets(const char *text, const struct syntax *syntax, struct value *out, uint8_t *room,
             struct failure *why)
{
    const char *hex = hex_digits(text);
    size_t length = strlen(text), n = 0;
    bool good;

    if (hex != NULL)
        good = parse_hex(hex, room, &n, why);
    else if (syntax->base == SYNTAX_BITS)
        good = parse_bits(text, syntax, room, &n, why);
    else if (length >= 2 && text[0] == '"' && text[length - 1] == '"')
        good = parse_quoted(text, room, &n, why) && check_text(syntax, room, n, why);
    else
        good = parse_plain_octets(text, syntax, room, &n, why) && check_text(syntax, room, n, why);
    out->octets = room;
    out->n = (uint32_t) n;
    return good && check_size(syntax, n, why);
}

static bool
parse_oid(const char *text, struct value *out, uint32_t *room, struct failure *why)
{
    struct oid o;

    if (!oid_parse(&o, text) || o.n < 2 || o.arc[0] > 2 || (o.arc[0] < 2 && o.arc[1] > 39))
        return failure_set(why, FAILURE_USAGE,
                           "\"%.80s\" is no object identifier; in numbers it looks like 1.3.6.1.2.1.1.1.0",
                           text);
    memcpy(room, o.arc, o.n * sizeof o.arc[0]);
    out->arcs = room;
    out->n = o.n;
    return true;
}

static bool
parse_address(const char *text, struct value *out, uint8_t *room, struct failure *why)
{
    if (!render_parse_ipv4(text, room))
        return failure_set(why, FAILURE_USAGE, "\"%.60s\" is no IPv4 address like 192.0.2.1", text);
    out->octets = room;
    out->n = 4;
    return true;
}

/* With no MIB at hand the type is said in front, by the letters of net-snmp's snmpset. */
static bool
parse_lettered(const char *text, struct value *out, struct render_room *room, struct failure *why)
{
    static const struct {
        char letter;
        struct syntax syntax;
    } letters[] = {
        { 'i', { .base = SYNTAX_INTEGER32, .type = "INTEGER" } },
        { 'u', { .base = SYNTAX_UNSIGNED32, .type = "Unsigned32" } },
        { 'c', { .base = SYNTAX_COUNTER32, .type = "Counter32" } },
        { 'C', { .base = SYNTAX_COUNTER64, .type = "Counter64" } },
        { 't', { .base = SYNTAX_TIMETICKS, .type = "TimeTicks" } },
        { 'a', { .base = SYNTAX_IPADDRESS, .type = "IpAddress" } },
        { 'o', { .base = SYNTAX_OID, .type = "OBJECT IDENTIFIER" } },
        { 's', { .base = SYNTAX_OCTETS, .type = "OCTET STRING" } },
        { 'n', { .base = SYNTAX_NULL, .type = "NULL" } },
    };

    if (hex_digits(text) != NULL)
        return render_parse(text, &letters[7].syntax, out, room, why);
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (text[0] == letters[i].letter && text[1] == ':')
            return render_parse(text + 2, &letters[i].syntax, out, room, why);
    return failure_set(
        why, FAILURE_USAGE,
        "the type of this object is not known: load its module, or say the type in front: i:5 u:5 "
        "c:5 C:5 t:500 s:text x:00ff a:192.0.2.1 o:1.3.6");
}

bool
render_parse(const char *text, const struct syntax *syntax, struct value *out, struct render_room *room,
             struct failure *why)
{
    *out = (struct value) { .type = VALUE_NULL };
    if (syntax == NULL)
        return parse_lettered(text, out, room, why);
    switch (syntax->base) {
    case SYNTAX_INTEGER32:
    case SYNTAX_ENUMERATION:
        out->type = VALUE_INTEGER;
        return syntax->n_names > 0 ? parse_enumeration(text, syntax, out, why)
                                   : parse_number(text, syntax, out, why);
    case SYNTAX_UNSIGNED32:
    case SYNTAX_GAUGE32:
        out->type = VALUE_GAUGE32;
        return parse_number(text, syntax, out, why);
    case SYNTAX_COUNTER32:
        out->type = VALUE_COUNTER32;
        return parse_number(text, syntax, out, why);
    case SYNTAX_COUNTER64:
        out->type = VALUE_COUNTER64;
        return parse_number(text, syntax, out, why);
    case SYNTAX_TIMETICKS:
        out->type = VALUE_TIMETICKS;
        return render_parse_ticks(text, &out->u, why);
    case SYNTAX_OCTETS:
    case SYNTAX_BITS:
        out->type = VALUE_OCTETS;
        return parse_octets(text, syntax, out, room->octets, why);
    case SYNTAX_OID:
        out->type = VALUE_OID;
        return parse_oid(text, out, room->arcs, why);
    case SYNTAX_IPADDRESS:
        out->type = VALUE_IPADDRESS;
        return parse_address(text, out, room->octets, why);
    case SYNTAX_OPAQUE:
        out->type = VALUE_OPAQUE;
        if (hex_digits(text) == NULL)
            return failure_set(why, FAILURE_USAGE, "an Opaque is written as its octets: 0x9f780442280000");
        return parse_octets(text, syntax, out, room->octets, why);
    case SYNTAX_NULL:
        return *text == '\0' || failure_set(why, FAILURE_USAGE, "a NULL has no value: write nothing");
    case SYNTAX_UNKNOWN:
        return parse_lettered(text, out, room, why);
    case SYNTAX_SEQUENCE:
    case SYNTAX_SEQUENCE_OF:
        return failure_set(why, FAILURE_USAGE, "a whole %s has no value; name a column and a row",
                           syntax->base == SYNTAX_SEQUENCE ? "row" : "table");
    }
    return failure_set(why, FAILURE_USAGE, "its type is not known");
}
