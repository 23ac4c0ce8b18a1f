/* Lines of recordings: see recording.h. */
#include "core/recording.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OCTETS_MAX = 65000 };

static int
hex_digit(int c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool
read_hex(const char *text, uint8_t *out, size_t *n)
{
    for (*n = 0; *text != '\0';) {
        if (*text == ' ' || *text == ':') {
            text++;
            continue;
        }
        if (hex_digit(text[0]) < 0 || hex_digit(text[1]) < 0)
            return false;
        out[(*n)++] = (uint8_t) (hex_digit(text[0]) << 4 | hex_digit(text[1]));
        text += 2;
    }
    return true;
}

/* \n, \r, \t, \\, \", \xNN. */
static void
read_escapes(const char *text, uint8_t *out, size_t *n)
{
    for (*n = 0; *text != '\0'; text++) {
        if (*text != '\\' || text[1] == '\0') {
            out[(*n)++] = (uint8_t) *text;
            continue;
        }
        text++;
        if (*text == 'x' && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0) {
            out[(*n)++] = (uint8_t) (hex_digit(text[1]) << 4 | hex_digit(text[2]));
            text += 2;
        } else
            out[(*n)++] = (uint8_t) (*text == 'n' ? '\n' : *text == 'r' ? '\r' : *text == 't' ? '\t' : *text);
    }
}

static bool
read_number(const char *text, bool hex, enum value_type type, struct value *out)
{
    char *end;
    bool negative;

    while (*text == ' ')
        text++;
    negative = *text == '-';
    errno = 0;
    if (*text == '\0') /* seen in real recordings */
        out->u = 0;
    else if (negative)
        out->i = strtoll(text, &end, hex ? 16 : 10);
    else
        out->u = strtoull(text, &end, hex ? 16 : 10);
    if (*text != '\0' && (errno != 0 || end == text || end[strspn(end, " ")] != '\0'))
        return false;
    if (type == VALUE_INTEGER)
        out->i = (int32_t) out->u;
    else if (type != VALUE_COUNTER64)
        out->u = (uint32_t) out->u;
    return true;
}

static bool
read_opaque(const char *text, struct arena *arena, struct value *out)
{
    uint8_t *octets = arena_alloc(arena, 16);
    float number;
    uint32_t bits;
    char *end;

    if (strncmp(text, "Float: ", 7) != 0)
        return false;
    number = strtof(text + 7, &end);
    if (end == text + 7)
        return false;
    memcpy(&bits, &number, 4);
    memcpy(octets,
           (uint8_t[]) { 0x9f, 0x78, 4, bits >> 24 & 255, bits >> 16 & 255, bits >> 8 & 255, bits & 255 }, 7);
    out->octets = octets;
    out->n = 7;
    return true;
}

static bool
read_octets(const char *text, char form, struct arena *arena, struct value *out)
{
    size_t n = strlen(text);
    uint8_t *octets;

    if (n > OCTETS_MAX * 4)
        return false;
    octets = arena_alloc(arena, n + 1);
    if (form == 'x' && !read_hex(text, octets, &n))
        return false;
    if (form == 'e')
        read_escapes(text, octets, &n);
    if (form == 0)
        memcpy(octets, text, n);
    out->octets = octets;
    out->n = (uint32_t) n;
    return n <= OCTETS_MAX;
}

/* A value that moves stands still at where it begins: "initial=5,rate=100". */
static bool
read_first(const char *text, struct value *out)
{
    const char *at = strstr(text, "initial=");
    double number;

    if (at == NULL)
        at = strstr(text, "value=");
    number = at != NULL ? strtod(strchr(at, '=') + 1, NULL) : 0;
    if (out->type == VALUE_INTEGER)
        out->i = number > INT32_MAX ? INT32_MAX : number < INT32_MIN ? INT32_MIN : (int64_t) number;
    else if (out->type == VALUE_COUNTER64)
        out->u = number >= 18446744073709551615.0 ? UINT64_MAX : number > 0 ? (uint64_t) number : 0;
    else if (out->type == VALUE_COUNTER32 || out->type == VALUE_GAUGE32 || out->type == VALUE_TIMETICKS)
        out->u = number >= UINT32_MAX ? UINT32_MAX : number > 0 ? (uint64_t) number : 0;
    else
        return false;
    return true;
}

static const struct {
    int tag;
    enum value_type type;
} tags[] = {
    { 2, VALUE_INTEGER },    { 4, VALUE_OCTETS },     { 5, VALUE_NULL },     { 6, VALUE_OID },
    { 64, VALUE_IPADDRESS }, { 65, VALUE_COUNTER32 }, { 66, VALUE_GAUGE32 }, { 67, VALUE_TIMETICKS },
    { 68, VALUE_OPAQUE },    { 70, VALUE_COUNTER64 }, { 71, VALUE_GAUGE32 },
};

bool
recording_value(const char *tag, const char *text, struct arena *arena, struct value *out)
{
    struct value *v = out;
    char *end, form;
    long number = strtol(tag, &end, 10);
    uint8_t *address;
    struct oid o;
    size_t i = 0;

    while (i < sizeof tags / sizeof tags[0] && tags[i].tag != number)
        i++;
    if (end == tag || i == sizeof tags / sizeof tags[0])
        return false;
    *v = (struct value) { .type = tags[i].type };
    form = *end == 'x' || *end == 'e' ? *end++ : 0;
    if (*end == ':')
        return read_first(text, v);
    if (*end != '\0')
        return false;
    switch (v->type) {
    case VALUE_OCTETS:
        return read_octets(text, form, arena, v);
    case VALUE_OPAQUE:
        return (form == 0 && read_opaque(text, arena, v)) || read_octets(text, form, arena, v);
    case VALUE_IPADDRESS:
        if (form == 'x')
            return read_octets(text, form, arena, v) && v->n == 4;
        v->octets = address = arena_alloc(arena, 4);
        v->n = 4;
        return inet_pton(AF_INET, text, address) == 1;
    case VALUE_OID:
        if (!oid_parse(&o, text) || o.n < 2 || o.arc[0] > 2 || (o.arc[0] < 2 && o.arc[1] > 39))
            return false;
        v->arcs = memcpy(arena_alloc(arena, o.n * sizeof *o.arc), o.arc, o.n * sizeof *o.arc);
        v->n = o.n;
        return true;
    case VALUE_NULL:
        return true;
    case VALUE_INTEGER:
    case VALUE_COUNTER32:
    case VALUE_GAUGE32:
    case VALUE_TIMETICKS:
    case VALUE_COUNTER64:
        return read_number(text, form == 'x', v->type, v);
    case VALUE_NO_SUCH_OBJECT:
    case VALUE_NO_SUCH_INSTANCE:
    case VALUE_END_OF_MIB_VIEW:
        return false;
    }
    return false;
}

/* What snmpwalk -On prints behind " = ": its word becomes the tag. */
static bool
split_walk(char *text, const char **tag, const char **value)
{
    static const struct {
        const char *word, *tag;
    } words[] = {
        { "STRING: ", "4" },      { "Hex-STRING: ", "4x" }, { "INTEGER: ", "2" },   { "Counter32: ", "65" },
        { "Gauge32: ", "66" },    { "Counter64: ", "70" },  { "IpAddress: ", "64" }, { "OID: ", "6" },
        { "Timeticks: (", "67" }, { "Network Address: ", "64x" }, { "BITS: ", "4x" },
    };

    *tag = "4";
    *value = "";
    if (strcmp(text, "\"\"") == 0 || strcmp(text, "STRING:") == 0)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char *at = text + strlen(words[i].word), *end;

        if (strncmp(text, words[i].word, strlen(words[i].word)) != 0)
            continue;
        *tag = words[i].tag;
        end = at + strlen(at);
        if (strcmp(*tag, "67") == 0)
            at[strcspn(at, ")")] = '\0';
        if (strcmp(*tag, "2") == 0 && strchr(at, '(') != NULL) {
            at = strrchr(at, '(') + 1;
            at[strcspn(at, ")")] = '\0';
        }
        if (strcmp(*tag, "4") == 0 && *at == '"' && end - at >= 2 && end[-1] == '"') {
            end[-1] = '\0';
            *tag = "4e";
            at++;
        }
        *value = at;
        return true;
    }
    return false;
}

bool
recording_split(char *line, struct oid *name, const char **tag, const char **value)
{
    char *bar = strchr(line, '|'), *text = bar == NULL ? NULL : strchr(bar + 1, '|'), *equals;

    line[strcspn(line, "\r\n")] = '\0';
    equals = strstr(line, " = ");
    if (equals != NULL && (bar == NULL || equals < bar)) {
        *equals = '\0';
        if (!split_walk(equals + 3, tag, value))
            return false;
    } else if (text != NULL) {
        *bar = *text = '\0';
        *tag = bar + 1;
        *value = text + 1;
    } else
        return false;
    return oid_parse(name, line) && name->n >= 2 && name->arc[0] <= 2 && (name->arc[0] == 2 || name->arc[1] <= 39);
}

static int
tag_of(enum value_type type)
{
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (tags[i].type == type)
            return tags[i].tag;
    return 0;
}

/* Octets are written plainly where no reader of recordings can misunderstand them. */
static bool
is_plain(const struct value *v)
{
    for (uint32_t i = 0; i < v->n; i++)
        if (v->octets[i] < ' ' || v->octets[i] > '~')
            return false;
    return v->n > 0;
}

bool
recording_write(struct buf *out, const struct varbind *vb)
{
    const struct value *v = &vb->value;
    char name[OID_TEXT_MAX];
    int tag = tag_of(v->type);
    struct oid o;

    if (tag == 0)
        return false;
    buf_format(out, "%s|%d", oid_format(&vb->name, name), tag);
    if (v->type == VALUE_INTEGER)
        buf_format(out, "|%lld\n", (long long) v->i);
    else if (v->type == VALUE_OID)
        buf_format(out, "|%s\n", oid_set(&o, v->arcs, v->n) ? oid_format(&o, name) : "0.0");
    else if (v->type == VALUE_IPADDRESS && v->n == 4)
        buf_format(out, "|%u.%u.%u.%u\n", v->octets[0], v->octets[1], v->octets[2], v->octets[3]);
    else if (v->type == VALUE_OCTETS && is_plain(v))
        buf_format(out, "|%.*s\n", (int) v->n, (const char *) v->octets);
    else if (v->type == VALUE_NULL)
        buf_text(out, "|\n");
    else if (v->type == VALUE_OCTETS || v->type == VALUE_OPAQUE || v->type == VALUE_IPADDRESS) {
        buf_text(out, "x|");
        for (uint32_t i = 0; i < v->n; i++)
            buf_format(out, "%02x", v->octets[i]);
        buf_text(out, "\n");
    } else
        buf_format(out, "|%llu\n", (unsigned long long) v->u);
    return true;
}
