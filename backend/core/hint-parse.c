/* Text back to what a DISPLAY-HINT would show as it. */
#include "core/hint-spec.h"
#include "core/hint.h"
#include "core/utf8.h"

#include <ctype.h>
#include <string.h>

static int
digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char) tolower((unsigned char) c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static bool
bad_number(struct failure *why, const char *text, const struct hint_integer_spec *spec)
{
    if (spec->format == 'd' && spec->decimals > 0)
        return failure_set(why, FAILURE_USAGE, "\"%.80s\" is no number with at most %d decimals", text,
                           spec->decimals);
    return failure_set(why, FAILURE_USAGE, "\"%.80s\" is no %s number that fits", text,
                       spec->format == 'x'   ? "hexadecimal"
                       : spec->format == 'o' ? "octal"
                       : spec->format == 'b' ? "binary"
                                             : "decimal");
}

bool
hint_parse_integer(const char *hint, const char *text, int64_t *out, struct failure *why)
{
    const char *at = text + (*text == '-');
    struct hint_integer_spec spec;
    int decimals = -1, base, digits = 0;
    int64_t number = 0;

    if (!hint_read_integer(hint, &spec))
        return failure_set(why, FAILURE_USAGE, "its DISPLAY-HINT \"%.40s\" is not understood", hint);
    base = spec.format == 'x' ? 16 : spec.format == 'o' ? 8 : spec.format == 'b' ? 2 : 10;
    if (base == 16 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
        at += 2;
    for (; *at != '\0'; at++) {
        if (*at == '.' && decimals < 0 && spec.decimals > 0) {
            decimals = 0;
            continue;
        }
        if (digit_of(*at) >= base || decimals == spec.decimals ||
            __builtin_mul_overflow(number, base, &number) ||
            __builtin_add_overflow(number, digit_of(*at), &number))
            return bad_number(why, text, &spec);
        digits++;
        decimals += decimals >= 0;
    }
    for (int i = decimals < 0 ? 0 : decimals; i < spec.decimals; i++)
        if (__builtin_mul_overflow(number, 10, &number))
            return bad_number(why, text, &spec);
    if (digits == 0)
        return bad_number(why, text, &spec);
    *out = *text == '-' ? -number : number;
    return true;
}

struct reader {
    const char *text, *at;
    uint8_t *out;
    size_t n, room;
    struct failure *why;
};

static bool
unfit(struct reader *r, const char *expected)
{
    return failure_set(r->why, FAILURE_USAGE, "\"%.80s\" does not fit its form: expected %s at \"%.20s\"",
                       r->text, expected, r->at);
}

static bool
emit(struct reader *r, uint8_t octet)
{
    if (r->n == r->room)
        return failure_set(r->why, FAILURE_LIMIT, "\"%.40s…\" is longer than a value can be", r->text);
    r->out[r->n++] = octet;
    return true;
}

/* Written in full it may be shorter than the width when it is the last; else zeros are put in front. */
static bool
read_hex(struct reader *r, const struct hint_spec *spec)
{
    size_t digits = 0, octets = spec->width;

    while (digits < 2 * (size_t) spec->width && digit_of(r->at[digits]) < 16)
        digits++;
    if (digits == 0)
        return unfit(r, "hexadecimal digits");
    if (r->at[digits] == '\0' && digits % 2 == 0)
        octets = digits / 2;
    else if (digits < 2 * (size_t) spec->width && spec->separator == '\0')
        return unfit(r, "an even number of hexadecimal digits");
    for (size_t i = 2 * octets; i > 0; i--) {
        size_t from = digits - (i < digits ? i : digits);
        unsigned digit = i > digits ? 0 : (unsigned) digit_of(r->at[from]);

        if (i % 2 == 0 && !emit(r, (uint8_t) (digit << 4)))
            return false;
        if (i % 2 == 1)
            r->out[r->n - 1] |= (uint8_t) digit;
    }
    r->at += digits;
    return true;
}

static bool
read_number(struct reader *r, const struct hint_spec *spec)
{
    uint64_t number = 0, base = spec->format == 'o' ? 8 : 10;
    uint64_t most = spec->width >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * spec->width) - 1;
    const char *start = r->at;

    while (isdigit((unsigned char) *r->at) && (uint64_t) digit_of(*r->at) < base) {
        uint64_t digit = (uint64_t) digit_of(*r->at);

        if (number > (most - digit) / base) {
            if (spec->separator != '\0')
                return failure_set(r->why, FAILURE_USAGE, "\"%.80s\": a number is over %llu at \"%.20s\"",
                                   r->text, (unsigned long long) most, start);
            break;
        }
        number = number * base + digit;
        r->at++;
    }
    if (r->at == start)
        return unfit(r, "a number");
    for (uint32_t i = spec->width; i > 0; i--)
        if (!emit(r, (uint8_t) (number >> 8 * (i - 1))))
            return false;
    return true;
}

static bool
read_text(struct reader *r, const struct hint_spec *spec)
{
    size_t left = spec->width, used;
    uint32_t c;

    while (*r->at != '\0' && (spec->separator == '\0' || *r->at != spec->separator) &&
           (spec->terminator == '\0' || *r->at != spec->terminator)) {
        used = spec->format == 't' ? utf8_decode((const uint8_t *) r->at, strlen(r->at), &c) : 1;
        if (used == 0)
            used = 1;
        if (used > left)
            return true;
        for (left -= used; used > 0; used--)
            if (!emit(r, (uint8_t) *r->at++))
                return false;
    }
    return true;
}

static bool
read_piece(struct reader *r, const struct hint_spec *spec)
{
    if (spec->width == 0)
        return true;
    if (spec->format == 'a' || spec->format == 't')
        return read_text(r, spec);
    return spec->format == 'x' ? read_hex(r, spec) : read_number(r, spec);
}

/* One specification: the count in front when it repeats, pieces with separators between, the terminator. */
static bool
read_group(struct reader *r, const struct hint_spec *spec)
{
    size_t count_at = r->n, times = 0;
    const char *before;

    if (spec->repeats && !emit(r, 0))
        return false;
    do {
        before = r->at;
        if (!read_piece(r, spec))
            return false;
        times++;
        if (spec->separator != '\0' && *r->at == spec->separator)
            r->at++;
        else if (spec->terminator == '\0' || *r->at == spec->terminator || *r->at == '\0')
            break;
        else
            return unfit(r, "its separator");
    } while (spec->repeats && times < 255 && *r->at != '\0' && r->at > before);
    if (spec->terminator != '\0' && *r->at == spec->terminator)
        r->at++;
    if (spec->repeats)
        r->out[count_at] = (uint8_t) times;
    return true;
}

bool
hint_parse_octets(const char *hint, const char *text, uint8_t *out, size_t room, size_t *n,
                  struct failure *why)
{
    struct reader r = { text, text, out, 0, room, why };
    struct hint_spec spec;

    if (!hint_check_octets(hint))
        return failure_set(why, FAILURE_USAGE,
                           "its DISPLAY-HINT \"%.40s\" is not understood; write 0x and hex", hint);
    while (*r.at != '\0') {
        const char *before = r.at;

        hint_read_spec(hint, &spec);
        if (!read_group(&r, &spec))
            return false;
        if (*r.at != '\0' && r.at == before && *spec.next == '\0')
            return unfit(&r, "the end");
        if (!spec.repeats && spec.separator != '\0' && r.at[0] == '\0' && r.at > text &&
            r.at[-1] == spec.separator && spec.format != 'a' && spec.format != 't')
            return unfit(&r, "more behind the separator");
        if (!spec.repeats && spec.separator != '\0' && *r.at != '\0' && r.at > before &&
            r.at[-1] != spec.separator)
            return unfit(&r, "its separator");
        if (*spec.next != '\0')
            hint = spec.next;
    }
    *n = r.n;
    return true;
}
