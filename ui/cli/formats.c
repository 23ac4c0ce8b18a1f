/* The formats of snmpwalk and of recordings. Measured against snmpwalk 5.9.3: what it takes for text (all octets
 * printable or white space), sixteen octets a line of hexadecimal, a blank behind each. */
#include "cli/formats.h"

#include "api/recording.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HEX_A_LINE = 16 };

static bool
is_text_octet(uint8_t c)
{
    return (c >= ' ' && c <= '~') || (c >= '\t' && c <= '\r');
}

static void
print_hex(const uint8_t *octets, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%s%02X ", i > 0 && i % HEX_A_LINE == 0 ? "\n" : "", octets[i]);
}

static void
print_string(const struct value *v)
{
    bool text = true;

    for (uint32_t i = 0; i < v->n; i++)
        text = text && is_text_octet(v->octets[i]);
    if (v->n == 0) {
        fputs("\"\"", stdout);
    } else if (!text) {
        fputs("Hex-STRING: ", stdout);
        print_hex(v->octets, v->n);
    } else {
        fputs("STRING: \"", stdout);
        for (uint32_t i = 0; i < v->n; i++) {
            if (v->octets[i] == '"' || v->octets[i] == '\\')
                putchar('\\');
            putchar(v->octets[i]);
        }
        putchar('"');
    }
}

static void
print_arcs(const uint32_t *arcs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf(".%" PRIu32, arcs[i]);
}

static void
print_ticks(uint64_t ticks)
{
    unsigned hundredths = (unsigned) (ticks % 100), seconds = (unsigned) (ticks / 100 % 60);
    unsigned minutes = (unsigned) (ticks / 6000 % 60), hours = (unsigned) (ticks / 360000 % 24);
    unsigned days = (unsigned) (ticks / 8640000);

    printf("Timeticks: (%" PRIu64 ") ", ticks);
    if (days > 0)
        printf("%u day%s, ", days, days == 1 ? "" : "s");
    printf("%u:%02u:%02u.%02u", hours, minutes, seconds, hundredths);
}

/* The number that net-snmp wraps in an Opaque: 9f, a tag, a length, the octets in network order. */
static bool
print_wrapped(const struct value *v)
{
    uint64_t number = 0;
    union {
        uint32_t whole;
        float real;
    } single;
    union {
        uint64_t whole;
        double real;
    } twice;

    if (v->n < 4 || v->octets[0] != 0x9f || v->octets[2] != v->n - 3 || v->n > 11)
        return false;
    for (uint32_t i = 3; i < v->n; i++)
        number = number << 8 | v->octets[i];
    switch (v->octets[1]) {
    case 0x78:
        single.whole = (uint32_t) number;
        return v->n == 7 && printf("Opaque: Float: %f", (double) single.real) > 0;
    case 0x79:
        twice.whole = number;
        return v->n == 11 && printf("Opaque: Float: %f", twice.real) > 0; /* so it calls a double, too */
    case 0x7a:
        if (v->n < 11 && (v->octets[3] & 0x80) != 0)
            number |= UINT64_MAX << (8 * (v->n - 3));
        return printf("Opaque: Int64: %" PRId64, (int64_t) number) > 0;
    case 0x7b:
        return printf("Opaque: UInt64: %" PRIu64, number) > 0;
    default:
        return false;
    }
}

static void
print_snmpwalk(const struct varbind *vb)
{
    const struct value *v = &vb->value;

    print_arcs(vb->name.arc, vb->name.n);
    fputs(" = ", stdout);
    switch (v->type) {
    case VALUE_NULL:
        fputs("NULL", stdout);
        break;
    case VALUE_INTEGER:
        printf("INTEGER: %" PRId64, v->i);
        break;
    case VALUE_OCTETS:
        print_string(v);
        break;
    case VALUE_OID:
        fputs("OID: ", stdout);
        print_arcs(v->arcs, v->n);
        break;
    case VALUE_IPADDRESS:
        printf("IpAddress: %u.%u.%u.%u", v->octets[0], v->octets[1], v->octets[2], v->octets[3]);
        break;
    case VALUE_COUNTER32:
        printf("Counter32: %" PRIu64, v->u);
        break;
    case VALUE_GAUGE32:
        printf("Gauge32: %" PRIu64, v->u);
        break;
    case VALUE_TIMETICKS:
        print_ticks(v->u);
        break;
    case VALUE_COUNTER64:
        printf("Counter64: %" PRIu64, v->u);
        break;
    case VALUE_OPAQUE:
        if (print_wrapped(v))
            break;
        fputs("OPAQUE: ", stdout);
        print_hex(v->octets, v->n);
        break;
    case VALUE_NO_SUCH_OBJECT:
        fputs("No Such Object available on this agent at this OID", stdout);
        break;
    case VALUE_NO_SUCH_INSTANCE:
        fputs("No Such Instance currently exists at this OID", stdout);
        break;
    case VALUE_END_OF_MIB_VIEW:
        fputs("No more variables left in this MIB View (It is past the end of the MIB tree)", stdout);
        break;
    }
    putchar('\n');
}

void
format_view_end(const struct oid *last)
{
    struct varbind vb = { .name = *last, .value = { .type = VALUE_END_OF_MIB_VIEW } };

    print_snmpwalk(&vb);
}

static void
print_snmprec(const struct varbind *vb)
{
    static struct buf line;

    buf_clear(&line);
    if (recording_write(&line, vb))
        fputs(line.at, stdout);
}

format_fn *
format_find(const char *word)
{
    static const struct {
        const char *word;
        format_fn *fn;
    } formats[] = { { "snmpwalk", print_snmpwalk }, { "snmprec", print_snmprec } };

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(word, formats[i].word) == 0)
            return formats[i].fn;
    return NULL;
}
