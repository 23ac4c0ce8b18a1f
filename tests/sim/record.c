/* Recordings: snmprec lines "OID|TAG|VALUE", where TAG may end in x (hexadecimal), e (escapes) or :numeric,
 * and the lines of snmpwalk -On. Lines that make no sense are counted and left out; names are sorted, the
 * first of one wins. */
#include "sim.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    uint8_t *octets = arena_alloc(arena, n + 1);

    if (n > 65000)
        return false;
    if (form == 'x' && !read_hex(text, octets, &n))
        return false;
    if (form == 'e')
        read_escapes(text, octets, &n);
    if (form == 0)
        memcpy(octets, text, n);
    out->octets = octets;
    out->n = (uint32_t) n;
    return true;
}

static bool
read_life(const char *module, const char *text, struct arena *arena, struct entry *out)
{
    struct life *life = arena_alloc(arena, sizeof *life);
    char word[40];
    double number;
    int used;

    *life = (struct life) {
        .rate = 1, .scale = 1, .max = out->value.type == VALUE_COUNTER64 ? UINT64_MAX : UINT32_MAX};
    if (out->value.type == VALUE_INTEGER)
        life->max = INT32_MAX;
    life->wrap = out->value.type == VALUE_COUNTER32 || out->value.type == VALUE_COUNTER64 ||
                 out->value.type == VALUE_TIMETICKS;
    if (strcmp(module, "error") == 0)
        life->kind = LIFE_ERROR, life->status = GEN_ERR;
    else if (strcmp(module, "delay") == 0)
        life->kind = LIFE_DELAY;
    else if (strcmp(module, "numeric") != 0 && strcmp(module, "writecache") != 0)
        return false;
    while (*text != '\0') {
        if (sscanf(text, "%39[a-z]=%lf%n", word, &number, &used) == 2) {
            text += used;
            if (strcmp(word, "initial") == 0)
                life->initial = number;
            else if (strcmp(word, "rate") == 0)
                life->rate = number;
            else if (strcmp(word, "scale") == 0)
                life->scale = number;
            else if (strcmp(word, "offset") == 0)
                life->offset = number;
            else if (strcmp(word, "deviation") == 0)
                life->deviation = number;
            else if (strcmp(word, "min") == 0)
                life->min = (uint64_t) number;
            else if (strcmp(word, "max") == 0)
                life->max = number >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t) number;
            else if (strcmp(word, "wrap") == 0)
                life->wrap = number != 0;
            else if (strcmp(word, "value") == 0)
                life->initial = number, life->rate = 0;
            else if (strcmp(word, "wait") == 0)
                life->wait = (int64_t) (number * 1e6);
        } else {
            if (strncmp(text, "function=sin", 12) == 0)
                life->shape = SHAPE_SIN;
            text += strcspn(text, ",");
        }
        text += *text == ',';
    }
    out->life = life;
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
record_parse_value(const char *tag, const char *text, struct arena *arena, struct entry *out)
{
    struct value *v = &out->value;
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
        return read_life(end + 1, text, arena, out);
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

/* ".1.3.6.1.2.1.1.1.0 = STRING: text" as snmpwalk -On prints it; the value's lines may go on below. */
static bool
read_walk_line(char *text, struct arena *arena, struct entry *out)
{
    static const struct {
        const char *word, *tag;
    } words[] = {
        { "STRING: ", "4" },      { "Hex-STRING: ", "4x" }, { "INTEGER: ", "2" },   { "Counter32: ", "65" },
        { "Gauge32: ", "66" },    { "Counter64: ", "70" },  { "IpAddress: ", "64" }, { "OID: ", "6" },
        { "Timeticks: (", "67" }, { "Network Address: ", "64x" }, { "BITS: ", "4x" },
    };

    if (strcmp(text, "\"\"") == 0)
        return record_parse_value("4", "", arena, out);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char *at = text + strlen(words[i].word), *end;

        if (strncmp(text, words[i].word, strlen(words[i].word)) != 0)
            continue;
        end = at + strlen(at);
        if (strcmp(words[i].tag, "67") == 0)
            at[strcspn(at, ")")] = '\0';
        if (strcmp(words[i].tag, "2") == 0 && strchr(at, '(') != NULL) {
            at = strrchr(at, '(') + 1;
            at[strcspn(at, ")")] = '\0';
        }
        if (strcmp(words[i].tag, "4") == 0 && *at == '"' && end - at >= 2 && end[-1] == '"') {
            end[-1] = '\0';
            return record_parse_value("4e", at + 1, arena, out);
        }
        return record_parse_value(words[i].tag, at, arena, out);
    }
    return false;
}

static bool
read_line(char *line, struct arena *arena, struct entry *out)
{
    char *tag = strchr(line, '|'), *text = tag == NULL ? NULL : strchr(tag + 1, '|'), *equals;
    bool good;
    struct oid o;

    line[strcspn(line, "\r\n")] = '\0';
    equals = strstr(line, " = ");
    if (equals != NULL && (tag == NULL || equals < tag)) {
        *equals = '\0';
        good = oid_parse(&o, line) && read_walk_line(equals + 3, arena, out);
    } else if (text != NULL) {
        *tag = *text = '\0';
        good = oid_parse(&o, line) && record_parse_value(tag + 1, text + 1, arena, out);
    } else
        return false;
    if (!good || o.n < 2 || o.arc[0] > 2 || (o.arc[0] < 2 && o.arc[1] > 39))
        return false;
    out->arcs = memcpy(arena_alloc(arena, o.n * sizeof *o.arc), o.arc, o.n * sizeof *o.arc);
    out->n = o.n;
    return true;
}

void
record_encode(struct arena *arena, struct entry *entry)
{
    static uint8_t room[70000];
    struct ber_out out = { room, room + sizeof room, false };

    if (entry->life != NULL)
        return;
    ber_put_value(&out, &entry->value);
    ber_put_oid(&out, entry->arcs, entry->n);
    ber_put_head(&out, BER_SEQUENCE, room + sizeof room);
    entry->ber_n = (uint32_t) (room + sizeof room - out.at);
    entry->ber = memcpy(arena_alloc(arena, entry->ber_n), out.at, entry->ber_n);
}

static int
by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = oid_compare_arcs(x->arcs, x->n, y->arcs, y->n);

    /* Until they are encoded, ber_n is the line's number. */
    return order != 0 ? order : x->ber_n < y->ber_n ? -1 : 1;
}

static void
sort_entries(struct record *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->n; i++)
        r->entries[i].ber_n = (uint32_t) i;
    qsort(r->entries, r->n, sizeof *r->entries, by_name);
    for (size_t i = 0; i < r->n; i++)
        if (kept == 0 || oid_compare_arcs(r->entries[i].arcs, r->entries[i].n, r->entries[kept - 1].arcs,
                                          r->entries[kept - 1].n) != 0)
            r->entries[kept++] = r->entries[i];
    r->n = kept;
    for (size_t i = 0; i < r->n; i++)
        record_encode(r->arena, &r->entries[i]);
}

struct record *
record_load(const char *path, char *why, size_t size)
{
    struct record *r;
    size_t room = 0, line_room = 0;
    char *line = NULL;
    FILE *file;

    for (r = sim.records; r != NULL; r = r->next)
        if (strcmp(r->path, path) == 0)
            return r;
    file = strcmp(path, "-") == 0 ? fopen("/dev/null", "r") : fopen(path, "r");
    if (file == NULL) {
        snprintf(why, size, "%s: %s", path, strerror(errno));
        return NULL;
    }
    r = memory_zero(1, sizeof *r);
    r->path = memory_text(path);
    r->arena = arena_new();
    while (getline(&line, &line_room, file) > 0) {
        struct entry entry = { 0 };

        if (*line == '#' || *line == '\n')
            continue;
        if (!read_line(line, r->arena, &entry)) {
            r->broken++;
            continue;
        }
        if (r->n == room)
            r->entries = memory_grow(r->entries, room = room == 0 ? 256 : 2 * room, sizeof *r->entries);
        r->entries[r->n++] = entry;
    }
    free(line);
    fclose(file);
    sort_entries(r);
    r->next = sim.records;
    sim.records = r;
    return r;
}

size_t
record_find(const struct entry *entries, size_t n, const uint32_t *arcs, size_t n_arcs)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (oid_compare_arcs(entries[middle].arcs, entries[middle].n, arcs, n_arcs) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
