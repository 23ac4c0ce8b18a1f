#include "core/render-forms.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t
number_of(const uint8_t *octets, size_t n)
{
    uint32_t number = 0;

    for (size_t i = 0; i < n; i++)
        number = number << 8 | octets[i];
    return number;
}

static bool
show_date(struct sink *sink, const uint8_t *o, size_t n)
{
    if ((n != 8 && n != 11) || o[2] < 1 || o[2] > 12 || o[3] < 1 || o[3] > 31 || o[4] > 23 || o[5] > 59 ||
        o[6] > 60 || o[7] > 9)
        return false;
    if (n == 11 && ((o[8] != '+' && o[8] != '-') || o[9] > 14 || o[10] > 59))
        return false;
    sink_format(sink, "%04u-%02u-%02u %02u:%02u:%02u", number_of(o, 2), o[2], o[3], o[4], o[5], o[6]);
    if (o[7] > 0)
        sink_format(sink, ".%u", o[7]);
    if (n == 11)
        sink_format(sink, " %c%02u:%02u", o[8], o[9], o[10]);
    return true;
}

static bool
bad_date(const char *text, struct failure *why)
{
    return failure_set(
        why, FAILURE_USAGE,
        "\"%.60s\" is no date and time; write 2026-11-24 03:05:09 or 2026-11-24 03:05:09.5 +01:00", text);
}

/* A number between bounds, and the character that must follow (0: any). */
static bool
take(const char **at, unsigned low, unsigned high, const char *then, unsigned *out)
{
    unsigned number = 0;
    int digits = 0;

    for (; isdigit((unsigned char) **at) && digits < 5; digits++)
        number = number * 10 + (unsigned) (*(*at)++ - '0');
    if (digits == 0 || number < low || number > high)
        return false;
    *out = number;
    if (then == NULL)
        return true;
    if (**at == '\0' || strchr(then, **at) == NULL)
        return false;
    (*at)++;
    return true;
}

static bool
take_zone(const char **at, uint8_t *out, size_t *n)
{
    unsigned hours = 0, minutes = 0;
    char sign = **at;

    if (sign == 'Z') {
        sign = '+';
        (*at)++;
    } else if (sign == '+' || sign == '-') {
        (*at)++;
        if (!take(at, 0, 14, ":", &hours) || !take(at, 0, 59, NULL, &minutes))
            return false;
    } else
        return false;
    out[8] = (uint8_t) sign;
    out[9] = (uint8_t) hours;
    out[10] = (uint8_t) minutes;
    *n = 11;
    return true;
}

static bool
parse_date(const char *text, uint8_t *out, size_t *n, struct failure *why)
{
    unsigned year, month, day, hour, minute, second = 0, tenths = 0;
    const char *at = text;

    if (!take(&at, 0, 65535, "-", &year) || !take(&at, 1, 12, "-", &month) ||
        !take(&at, 1, 31, " T,", &day) || !take(&at, 0, 23, ":", &hour) || !take(&at, 0, 59, NULL, &minute))
        return bad_date(text, why);
    if (*at == ':' && (at++, !take(&at, 0, 60, NULL, &second)))
        return bad_date(text, why);
    if (*at == '.' && (at++, !take(&at, 0, 9, NULL, &tenths)))
        return bad_date(text, why);
    *n = 8;
    if (*at == ' ' || *at == ',')
        at++;
    if (*at != '\0' && (!take_zone(&at, out, n) || *at != '\0'))
        return bad_date(text, why);
    out[0] = (uint8_t) (year >> 8);
    out[1] = (uint8_t) year;
    out[2] = (uint8_t) month;
    out[3] = (uint8_t) day;
    out[4] = (uint8_t) hour;
    out[5] = (uint8_t) minute;
    out[6] = (uint8_t) second;
    out[7] = (uint8_t) tenths;
    return true;
}

/* RFC 4001: 4 and 16 octets are addresses; four more are a zone index. */
static bool
show_inet(struct sink *sink, const uint8_t *o, size_t n)
{
    char text[INET6_ADDRSTRLEN];
    size_t address = n == 8 ? 4 : n == 20 ? 16 : n;

    if (address != 4 && address != 16)
        return false;
    sink_text(sink, inet_ntop(address == 4 ? AF_INET : AF_INET6, o, text, sizeof text));
    if (n > address)
        sink_format(sink, "%%%u", number_of(o + address, 4));
    return true;
}

bool
render_parse_ipv4(const char *text, uint8_t out[4])
{
    return inet_pton(AF_INET, text, out) == 1;
}

static bool
parse_address(const char *text, int families, uint8_t *out, size_t *n, struct failure *why)
{
    const char *zone = strchr(text, '%');
    size_t length = zone == NULL ? strlen(text) : (size_t) (zone - text);
    char address[INET6_ADDRSTRLEN], *end;
    unsigned long number = 0;

    *n = 0;
    if (length < sizeof address) {
        memcpy(address, text, length);
        address[length] = '\0';
        if ((families & 4) && inet_pton(AF_INET, address, out) == 1)
            *n = 4;
        else if ((families & 6 & ~4) && inet_pton(AF_INET6, address, out) == 1)
            *n = 16;
    }
    if (zone != NULL) {
        number = strtoul(zone + 1, &end, 10);
        if (!isdigit((unsigned char) zone[1]) || *end != '\0' || number > UINT32_MAX)
            *n = 0;
    }
    if (*n == 0)
        return failure_set(why, FAILURE_USAGE, "\"%.60s\" is no address; write %s", text,
                           families == 4 ? "192.0.2.1" : families == 2 ? "2001:db8::1"
                                                                       : "192.0.2.1 or 2001:db8::1");
    if (zone != NULL)
        for (int i = 24; i >= 0; i -= 8)
            out[(*n)++] = (uint8_t) (number >> i);
    return true;
}

static bool
parse_ipv4(const char *text, uint8_t *out, size_t *n, struct failure *why)
{
    return parse_address(text, 4, out, n, why);
}

static bool
parse_ipv6(const char *text, uint8_t *out, size_t *n, struct failure *why)
{
    return parse_address(text, 2, out, n, why);
}

static bool
parse_inet(const char *text, uint8_t *out, size_t *n, struct failure *why)
{
    return parse_address(text, 6, out, n, why);
}

static bool
show_mac(struct sink *sink, const uint8_t *octets, size_t n)
{
    sink_hex(sink, octets, n, ":");
    return true;
}

/* 0:1b:54:aa:1:0, 00-1b-54-aa-01-00, 001b.54aa.0100, 001b54aa0100. */
static bool
parse_mac(const char *text, uint8_t *out, size_t *n, struct failure *why)
{
    size_t length = strlen(text), run = strcspn(text, ":-. "), group = run > 2 ? run : 0;
    const char *at = text;

    for (*n = 0; *at != '\0' && *n < 32; (*n)++) {
        char pair[3] = { at[0], 0, 0 };

        if (!isxdigit((unsigned char) at[0]))
            break;
        if (isxdigit((unsigned char) at[1]))
            pair[1] = at[1];
        else if (group > 0)
            break;
        out[*n] = (uint8_t) strtoul(pair, NULL, 16);
        at += strlen(pair);
        if (*at != '\0' && strchr(":-. ", *at) != NULL && at[1] != '\0')
            at++;
        else if (*at != '\0' && group == 0)
            break;
        else if (*at == '\0') {
            (*n)++;
            break;
        }
    }
    if (*at != '\0' || (length > 0 && *n == 0))
        return failure_set(why, FAILURE_USAGE, "\"%.60s\" is no hardware address; write 00:1b:54:aa:01:00",
                           text);
    return true;
}

static const struct render_form forms[] = {
    { "DateAndTime", "2d-1d-1d,1d:1d:1d.1d,1a1d:1d", show_date, parse_date },
    { "MacAddress", NULL, show_mac, parse_mac },
    { "PhysAddress", NULL, show_mac, parse_mac },
    { "InetAddress", NULL, show_inet, parse_inet },
    { "InetAddressIPv4", NULL, show_inet, parse_ipv4 },
    { "InetAddressIPv4z", NULL, show_inet, parse_ipv4 },
    { "InetAddressIPv6", "2x:2x:2x:2x:2x:2x:2x:2x", show_inet, parse_ipv6 },
    { "InetAddressIPv6z", "2x:2x:2x:2x:2x:2x:2x:2x%4d", show_inet, parse_ipv6 },
    { "Ipv6Address", NULL, show_inet, parse_ipv6 },
};

const struct render_form *
render_form(const struct syntax *syntax)
{
    if (syntax == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(syntax->type, forms[i].type) == 0 ||
            (forms[i].hint != NULL && syntax->hint != NULL && strcmp(syntax->hint, forms[i].hint) == 0))
            return &forms[i];
    return NULL;
}

void
render_ticks(struct sink *sink, uint64_t ticks)
{
    uint64_t seconds = ticks / 100;

    if (seconds >= 86400)
        sink_format(sink, "%" PRIu64 " d ", seconds / 86400);
    sink_format(sink, "%02u:%02u:%02u", (unsigned) (seconds / 3600 % 24), (unsigned) (seconds / 60 % 60),
                (unsigned) (seconds % 60));
}

bool
render_parse_ticks(const char *text, uint64_t *out, struct failure *why)
{
    unsigned hours, minutes, seconds, hundredths = 0;
    unsigned long long number = 0;
    const char *at = text;
    char *end;

    if (isdigit((unsigned char) *at)) {
        number = strtoull(at, &end, 10);
        if (*end == '\0' && number <= UINT32_MAX) {
            *out = number;
            return true;
        }
        while (*end == ' ')
            end++;
        if (*end == 'd' && number < 500) {
            at = end + 1;
            while (*at == ' ')
                at++;
        } else
            number = 0;
    }
    if (!take(&at, 0, 23, ":", &hours) || !take(&at, 0, 59, ":", &minutes) ||
        !take(&at, 0, 59, NULL, &seconds) ||
        (*at == '.' && (at++, !take(&at, 0, 99, NULL, &hundredths) || at[-2] == '.')) || *at != '\0')
        return failure_set(
            why, FAILURE_USAGE,
            "\"%.60s\" is no time; write 213 d 04:05:06, 04:05:06.25 or hundredths of a second "
            "up to 4294967295",
            text);
    *out = (((number * 24 + hours) * 60 + minutes) * 60 + seconds) * 100 + hundredths;
    return true;
}

/* The fewest digits that give the same number again, with a dot whatever the locale says. */
static void
show_float(struct sink *sink, double number, int most, bool is_float)
{
    char text[64];

    for (int digits = 1; digits <= most; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (is_float ? strtof(text, NULL) == (float) number : strtod(text, NULL) == number)
            break;
    }
    for (char *at = text; *at != '\0'; at++)
        if (!isalnum((unsigned char) *at) && *at != '-' && *at != '+')
            *at = '.';
    sink_text(sink, text);
}

bool
render_opaque(struct sink *sink, const uint8_t *o, size_t n)
{
    uint64_t bits = 0;
    uint32_t low;
    double number;
    float single;

    if (n < 4 || o[0] != 0x9f || o[2] != n - 3 || n > 12)
        return false;
    for (size_t i = 3; i < n; i++)
        bits = bits << 8 | o[i];
    switch (o[1]) {
    case 0x78: /* float */
        if (n != 7)
            return false;
        low = (uint32_t) bits;
        memcpy(&single, &low, sizeof single);
        show_float(sink, (double) single, 9, true);
        return true;
    case 0x79: /* double */
        if (n != 11)
            return false;
        memcpy(&number, &bits, sizeof number);
        show_float(sink, number, 17, false);
        return true;
    case 0x7a: /* signed */
        if (n - 3 > 8)
            return false;
        if (o[3] & 0x80 && n - 3 < 8)
            bits |= UINT64_MAX << 8 * (n - 3);
        sink_format(sink, "%" PRId64, (int64_t) bits);
        return true;
    case 0x76: /* Counter64 and unsigned */
    case 0x7b:
        if (n - 3 > 9 || (n - 3 == 9 && o[3] != 0))
            return false;
        sink_format(sink, "%" PRIu64, bits);
        return true;
    default:
        return false;
    }
}
