/* Objects as people write and read them. */
#include "mib/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One index value in brackets, cut out of the text. */
struct word {
    const char *at;
    size_t n;
    bool quoted;
};

static bool
append(struct oid *o, uint32_t arc, struct failure *why)
{
    return oid_append_arc(o, arc) || failure_set(why, FAILURE_USAGE, "an OID has at most %d parts", OID_MAX);
}

static bool
number(const struct word *w, int64_t *out)
{
    char copy[24], *end;

    if (w->n == 0 || w->n >= sizeof copy)
        return false;
    memcpy(copy, w->at, w->n);
    copy[w->n] = '\0';
    *out = strtoll(copy, &end, 10);
    return *end == '\0';
}

/* "10.0.0.1", "1.3.6": arcs. */
static bool
dotted(const struct word *w, struct oid *out)
{
    char copy[OID_TEXT_MAX];

    if (w->n == 0 || w->n >= sizeof copy)
        return false;
    memcpy(copy, w->at, w->n);
    copy[w->n] = '\0';
    return oid_parse(out, copy);
}

static int
hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* "00:1b:54:aa", "0x001b54aa": octets. */
static bool
octets_in_hex(const struct word *w, uint8_t *out, size_t *n)
{
    bool prefix = w->n > 2 && w->at[0] == '0' && (w->at[1] | 32) == 'x';
    size_t i = prefix ? 2 : 0;

    if (w->quoted || (!prefix && memchr(w->at, ':', w->n) == NULL))
        return false;
    for (*n = 0; i < w->n;) {
        int high = hex_digit(w->at[i]), low = i + 1 < w->n ? hex_digit(w->at[i + 1]) : -1;

        if (high < 0 || *n >= OID_MAX)
            return false;
        out[(*n)++] = (uint8_t)(low >= 0 ? high * 16 + low : high);
        i += low >= 0 ? 2 : 1;
        if (!prefix && i < w->n && w->at[i++] != ':')
            return false;
    }
    return *n > 0;
}

static bool
is_fixed(const struct syntax *s)
{
    return s->n_ranges == 1 && s->ranges[0].low == s->ranges[0].high;
}

static bool
add_octets(struct oid *o, const struct index_part *part, const struct word *w, struct failure *why)
{
    uint8_t octets[OID_MAX];
    const uint8_t *from = (const uint8_t *)w->at;
    struct oid address;
    size_t n = w->n;

    if (octets_in_hex(w, octets, &n)) {
        from = octets;
    } else if (!w->quoted && strcmp(part->syntax->type, "InetAddress") == 0 && dotted(w, &address) &&
               address.n == 4) {
        for (n = 0; n < 4; n++)
            octets[n] = (uint8_t)address.arc[n];
        from = octets;
    }
    if (!part->implied && !is_fixed(part->syntax) && !append(o, (uint32_t)n, why))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!append(o, from[i], why))
            return false;
    return true;
}

/* RFC 2578 §7.7 */
static bool
add_index(struct oid *o, const struct index_part *part, const struct word *w, struct failure *why)
{
    const struct syntax *s = part->syntax;
    enum syntax_base base = s != NULL ? s->base : SYNTAX_UNKNOWN;
    struct oid arcs;
    int64_t value;

    if (base == SYNTAX_OCTETS || base == SYNTAX_BITS || base == SYNTAX_OPAQUE)
        return add_octets(o, part, w, why);
    if (base == SYNTAX_IPADDRESS || base == SYNTAX_OID) {
        if (!dotted(w, &arcs) || (base == SYNTAX_IPADDRESS && arcs.n != 4))
            return failure_set(why, FAILURE_USAGE, "'%.*s' is no %s for the index %s", (int)w->n, w->at,
                               base == SYNTAX_OID ? "OID" : "IPv4 address", part->name);
        if (base == SYNTAX_OID && !part->implied && !append(o, arcs.n, why))
            return false;
        return oid_append(o, arcs.arc, arcs.n) ||
               failure_set(why, FAILURE_USAGE, "an OID has at most %d parts", OID_MAX);
    }
    for (uint32_t i = 0; s != NULL && i < s->n_names; i++)
        if (strlen(s->names[i].label) == w->n && memcmp(s->names[i].label, w->at, w->n) == 0)
            return append(o, (uint32_t)s->names[i].number, why);
    if (number(w, &value) && value >= 0 && value <= UINT32_MAX)
        return append(o, (uint32_t)value, why);
    return failure_set(why, FAILURE_USAGE, "'%.*s' is no value for the index %s", (int)w->n, w->at,
                       part->name);
}

/* The next value of "[24]", "[1][2]", "[1,\"a\"]"; *at moves on. False at the end or when it is wrong. */
static bool
next_word(const char **at, bool *inside, struct word *w, struct failure *why)
{
    const char *p = *at;

    if (!*inside && *p == '[')
        p++;
    else if (*inside && *p == ',')
        p++;
    else
        return failure_set(why, FAILURE_USAGE, "'%s' behind an index: write [value] for each part of it", p);
    while (*p == ' ')
        p++;
    w->quoted = *p == '"' || *p == '\'';
    if (w->quoted) {
        char quote = *p++;

        w->at = p;
        while (*p != '\0' && *p != quote)
            p++;
        w->n = (size_t)(p - w->at);
        if (*p == '\0')
            return failure_set(why, FAILURE_USAGE, "a quote is missing at the end of '%s'", w->at);
        p++;
    } else {
        w->at = p;
        p += strcspn(p, ",]");
        w->n = (size_t)(p - w->at);
    }
    if (*p != ']' && *p != ',')
        return failure_set(why, FAILURE_USAGE, "']' is missing behind '%.*s'", (int)w->n, w->at);
    *inside = *p == ',';
    *at = *p == ']' ? p + 1 : p;
    return true;
}

static bool
parse_brackets(struct mib *mib, mib_node node, const char *at, struct oid *out, struct failure *why)
{
    static const struct index_part plain = {"index", NULL, false};
    const struct index_part *parts;
    size_t n = mib_index(mib, node, &parts), i = 0;
    bool inside = false;
    struct word w = {0};

    for (; *at != '\0'; i++) {
        if (!next_word(&at, &inside, &w, why))
            return false;
        if (n > 0 && i >= n)
            return failure_set(why, FAILURE_USAGE, "%s has %zu index values, not more", mib_name(mib, node),
                               n);
        if (!add_index(out, n > 0 ? &parts[i] : &plain, &w, why))
            return false;
    }
    return true;
}

/* What follows a name with dots: arcs, names below, 'abc' and "abc" as net-snmp has them. */
static bool
parse_dots(struct mib *mib, mib_node node, const char *at, struct oid *out, struct failure *why)
{
    while (*at == '.') {
        const char *p = ++at;
        size_t n = strcspn(p, ".[");
        struct word w = {p, n, false};
        int64_t value;

        if (*p == '"' || *p == '\'') {
            const char *end = strchr(p + 1, *p);

            if (end == NULL)
                return failure_set(why, FAILURE_USAGE, "a quote is missing at the end of '%s'", p);
            if (*p == '"' && !append(out, (uint32_t)(end - p - 1), why))
                return false;
            for (p++; p < end; p++)
                if (!append(out, (uint8_t)*p, why))
                    return false;
            at = end + 1;
            continue;
        }
        if (number(&w, &value) && value >= 0 && value <= UINT32_MAX) {
            if (!append(out, (uint32_t)value, why))
                return false;
        } else {
            mib_node below;

            for (below = mib_child(mib, node); below != MIB_NONE; below = mib_sibling(mib, below))
                if (strlen(mib_name(mib, below)) == n && memcmp(mib_name(mib, below), p, n) == 0)
                    break;
            if (below == MIB_NONE)
                return failure_set(why, FAILURE_USAGE, "'%.*s' is neither a number nor a name below %s",
                                   (int)n, p, mib_name(mib, node));
            node = below;
            *out = mib_oid(mib, below);
        }
        at = p + n;
    }
    if (*at == '[')
        return parse_brackets(mib, node, at, out, why);
    return *at == '\0' || failure_set(why, FAILURE_USAGE, "'%s' does not belong behind an object", at);
}

static bool
unknown(struct mib *mib, const char *name, struct failure *why)
{
    struct mib_hit hit;
    struct mib_info info;

    if (mib_search(mib, name, &hit, 1) > 0 && mib_info(mib, hit.node, &info))
        return failure_set(why, FAILURE_ABSENT, "no loaded module defines '%s'; %s%s%s is near it", name, info.module,
                           info.module[0] != '\0' ? "::" : "", info.name);
    return failure_set(why, FAILURE_ABSENT, "no loaded module defines '%s'", name);
}

bool
mib_parse_object(struct mib *mib, const char *text, struct oid *out, struct failure *why)
{
    const char *start = strstr(text, "::"), *end;
    char name[320];
    mib_node node;
    size_t n;

    if (oid_parse(out, text))
        return true;
    if (text[0] == '.' && (text[1] == '\0' || (text[1] >= '0' && text[1] <= '9')))
        return failure_set(why, FAILURE_USAGE, "'%s' is no OID", text);
    if (text[0] == '.')
        text++; /* .iso.org.dod: from the root, as net-snmp writes it */
    end = start != NULL ? start + 2 : text;
    end += strcspn(end, ".[");
    n = (size_t)(end - text);
    if (n == 0 || n >= sizeof name)
        return failure_set(why, FAILURE_USAGE, "'%.80s' is no object: write a name or an OID", text);
    memcpy(name, text, n);
    name[n] = '\0';
    node = mib_find(mib, name);
    if (node == MIB_NONE)
        return unknown(mib, name, why);
    *out = mib_oid(mib, node);
    return parse_dots(mib, node, end, out, why);
}

char *
mib_format_object(struct mib *mib, const struct oid *o, char *text, size_t size)
{
    uint32_t used = 0;
    mib_node node = mib != NULL ? mib_lookup(mib, o, &used) : MIB_NONE;
    size_t n;

    if (size == 0)
        return text;
    n = (size_t)snprintf(text, size, "%s", node != MIB_NONE ? mib_name(mib, node) : "");
    if (node == MIB_NONE)
        used = 0;
    for (uint32_t i = used; i < o->n && n < size; i++)
        n += (size_t)snprintf(text + n, size - n, n > 0 ? ".%u" : "%u", o->arc[i]);
    return text;
}
