#include "core/hint.h"
#include "core/hint-spec.h"

#include "core/sink.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <assert.h>
#include <string.h>

enum {
    DECIMALS_MAX = 20, /* of "d-N": an int64_t has nineteen digits */
    WIDTH_MAX = 65535, /* of one octet-format specification: no value is longer */
    NUMBER_OCTETS = 8, /* widest "d" and "o" */
};

bool
hint_read_integer(const char *hint, struct hint_integer_spec *out)
{
    *out = (struct hint_integer_spec) { .format = hint[0] };
    if (hint[0] == '\0' || strchr("dxob", hint[0]) == NULL)
        return false;
    if (hint[1] == '\0')
        return true;
    if (hint[0] != 'd' || hint[1] != '-' || hint[2] == '\0')
        return false;
    for (hint += 2; *hint != '\0'; hint++) {
        if (*hint < '0' || *hint > '9')
            return false;
        out->decimals = out->decimals * 10 + (*hint - '0');
        if (out->decimals > DECIMALS_MAX)
            return false;
    }
    return true;
}

bool
hint_is_integer(const char *hint)
{
    struct hint_integer_spec h;

    return hint_read_integer(hint, &h);
}

/* Digits of `number` in `base`, at least `least` of them. */
static char *
write_digits(char room[72], uint64_t number, unsigned base, int least)
{
    char *at = room + 71;

    assert(base >= 2 && base <= 16);
    *at = '\0';
    for (int n = 0; number != 0 || n < least; n++) {
        /* cppcheck-suppress zerodivcond ; it takes base for number */
        *--at = "0123456789abcdef"[number % base];
        number /= base;
    }
    return at;
}

static unsigned
base_of(char format)
{
    return format == 'x' ? 16 : format == 'o' ? 8 : format == 'b' ? 2 : 10;
}

bool
hint_integer(const char *hint, int64_t number, bool is_unsigned, char *out, size_t size, size_t *length)
{
    bool negative = !is_unsigned && number < 0;
    struct hint_integer_spec h;
    char room[72], text[80], *digits;
    int n, whole;

    if (!hint_read_integer(hint, &h))
        return false;
    digits = write_digits(room, negative ? -(uint64_t) number : (uint64_t) number, base_of(h.format),
                          h.decimals + 1);
    whole = (int) strlen(digits) - h.decimals;
    n = snprintf(text, sizeof text, "%s%.*s%s%s", negative ? "-" : "", whole, digits,
                 h.decimals > 0 ? "." : "", digits + whole);
    *length = (size_t) n;
    snprintf(out, size, "%s", text);
    return true;
}

bool
hint_read_spec(const char *at, struct hint_spec *out)
{
    *out = (struct hint_spec) { .repeats = *at == '*' };
    if (out->repeats)
        at++;
    if (*at < '0' || *at > '9')
        return false;
    for (; *at >= '0' && *at <= '9'; at++) {
        out->width = out->width * 10 + (uint32_t) (*at - '0');
        if (out->width > WIDTH_MAX)
            out->width = WIDTH_MAX;
    }
    if (*at == '\0' || strchr("dxoat", *at) == NULL)
        return false;
    out->format = *at++;
    if (strchr("do", out->format) != NULL && out->width > NUMBER_OCTETS)
        return false;
    if (*at != '\0' && *at != '*' && !isdigit((unsigned char) *at)) {
        out->separator = *at++;
        if (out->repeats && *at != '\0' && *at != '*' && !isdigit((unsigned char) *at))
            out->terminator = *at++;
    }
    out->next = at;
    return true;
}

bool
hint_check_octets(const char *hint)
{
    struct hint_spec spec;

    if (*hint == '\0')
        return false;
    do {
        if (!hint_read_spec(hint, &spec))
            return false;
        hint = spec.next;
    } while (*hint != '\0');
    return spec.width > 0 || spec.repeats;
}

bool
hint_is_text(const char *hint, bool *utf8)
{
    struct hint_spec spec;

    if (!hint_read_spec(hint, &spec) || spec.repeats || spec.separator != '\0' || *spec.next != '\0')
        return false;
    *utf8 = spec.format == 't';
    return spec.format == 'a' || spec.format == 't';
}

/* What one application of a specification makes of `n` octets. */
static void
put_piece(struct sink *sink, const struct hint_spec *spec, const uint8_t *octets, size_t n)
{
    uint64_t number = 0;
    char room[72], *digits;

    switch (spec->format) {
    case 'a':
    case 't':
        sink_clean(sink, octets, n, 0);
        return;
    case 'x':
        sink_hex(sink, octets, n, "");
        return;
    default:
        for (size_t i = 0; i < n; i++)
            number = number << 8 | octets[i];
        digits = write_digits(room, number, base_of(spec->format), n > 0);
        sink_text(sink, digits);
    }
}

/* A text's width must not cut a character in two (RFC 2579 §3.1 (3)): shorten it, unless nothing would be
 * left. */
static size_t
piece_size(const struct hint_spec *spec, const uint8_t *octets, size_t n)
{
    size_t size = spec->width < n ? spec->width : n, back = size;

    if (spec->format != 't' || size == n)
        return size;
    while (back > 0 && (octets[back] & 0xc0) == 0x80)
        back--;
    return back > 0 ? back : size;
}

bool
hint_octets(const char *hint, const uint8_t *octets, size_t n, char *out, size_t size)
{
    struct sink sink = sink_start(out, size);
    const char *at = hint;
    struct hint_spec spec;

    if (!hint_check_octets(hint))
        return false;
    while (n > 0 && !sink.full) {
        size_t times = 1;

        hint_read_spec(at, &spec);
        if (spec.repeats) {
            times = *octets++;
            n--;
        }
        for (; times > 0 && (n > 0 || spec.width == 0) && !sink.full; times--) {
            size_t take = piece_size(&spec, octets, n);

            put_piece(&sink, &spec, octets, take);
            octets += take;
            n -= take;
            /* Both are left out at the value's end; a terminator takes the last separator's place. */
            if (spec.separator != '\0' && n > 0 && (times > 1 || spec.terminator == '\0'))
                sink_clean(&sink, (const uint8_t *) &spec.separator, 1, 0);
        }
        if (spec.terminator != '\0' && n > 0)
            sink_clean(&sink, (const uint8_t *) &spec.terminator, 1, 0);
        if (*spec.next != '\0')
            at = spec.next;
    }
    return true;
}
