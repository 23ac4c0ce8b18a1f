/* What a mail address may look like. Everything that reaches an envelope or a header passes here once. */
#include "core/address.h"

#include "core/utf8.h"

#include <stdio.h>
#include <string.h>

bool
address_is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char) *text >= 0x80)
            return false;
    return true;
}

bool
address_check_line(const char *what, const char *text, struct failure *why)
{
    const unsigned char *s = (const unsigned char *) text;
    size_t length = strlen(text);

    if (length > ADDRESS_HEADER_MAX)
        return failure_set(why, FAILURE_USAGE, "%s has %zu octets; at most %d fit a mail header", what, length,
                           ADDRESS_HEADER_MAX);
    for (size_t i = 0; i < length;) {
        uint32_t c;
        size_t n = utf8_decode(s + i, length - i, &c);

        if (n == 0)
            return failure_set(why, FAILURE_USAGE, "%s is not UTF-8 at octet %zu; mail needs UTF-8", what, i + 1);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            return failure_set(why, FAILURE_USAGE,
                               "%s has a control character at octet %zu; it must be one plain line", what, i + 1);
        i += n;
    }
    return true;
}

static bool
atoms_ok(const char *s, size_t n, const char *extra)
{
    bool dot = true;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char) s[i];

        if (c == '.') {
            if (dot)
                return false;
            dot = true;
            continue;
        }
        dot = false;
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80 ||
              strchr(extra, c) != NULL))
            return false;
    }
    return n > 0 && !dot;
}

bool
address_check(const char *address, struct failure *why)
{
    size_t n = strlen(address);
    const char *at = strrchr(address, '@'), *domain;
    size_t local, rest;

    if (n > ADDRESS_MAX)
        return failure_set(why, FAILURE_USAGE, "\"%.40s…\" has %zu octets; a mail address has at most %d", address,
                           n, ADDRESS_MAX);
    if (!address_check_line("a mail address", address, why))
        return false;
    if (at == NULL)
        return failure_set(why, FAILURE_USAGE, "\"%s\" is no mail address: it has no @", address);
    local = (size_t) (at - address);
    domain = at + 1;
    rest = n - local - 1;
    if (local > ADDRESS_LOCAL_MAX)
        return failure_set(why, FAILURE_USAGE, "\"%s\": %zu octets before the @; at most %d are allowed", address,
                           local, ADDRESS_LOCAL_MAX);
    if (!atoms_ok(address, local, "!#$%&'*+-/=?^_`{|}~"))
        return failure_set(why, FAILURE_USAGE, "\"%s\" is no mail address: what stands before the @ is not allowed",
                           address);
    if (rest > 2 && domain[0] == '[' && domain[rest - 1] == ']') { /* an address literal, §4.1.3 */
        if (strspn(domain + 1, "0123456789abcdefABCDEF.:IPv") != rest - 2)
            return failure_set(why, FAILURE_USAGE, "\"%s\": what stands in the brackets is no IP address", address);
        return true;
    }
    if (!atoms_ok(domain, rest, "-"))
        return failure_set(why, FAILURE_USAGE, "\"%s\" is no mail address: what follows the @ is no domain",
                           address);
    return true;
}

bool
address_check_sendable(const char *address, struct failure *why)
{
    if (!address_check(address, why))
        return false;
    for (const char *p = address; *p != '@'; p++)
        if ((unsigned char) *p >= 0x80)
            return failure_set(why, FAILURE_USAGE, "%s has letters outside ASCII before the @; it would need SMTPUTF8, which "
                               "trapline does not speak: give the ASCII form of the address", address);
    return true;
}

static void
trim(const char **s, size_t *n)
{
    while (*n > 0 && (**s == ' ' || **s == '\t')) {
        (*s)++;
        (*n)--;
    }
    while (*n > 0 && ((*s)[*n - 1] == ' ' || (*s)[*n - 1] == '\t'))
        (*n)--;
}

bool
address_split(const char *text, char *name, size_t name_size, char *address, size_t address_size,
              struct failure *why)
{
    const char *open = strrchr(text, '<'), *part = text, *label = "";
    size_t n = strlen(text), n_label = 0, used = 0;

    if (!address_check_line("a sender", text, why))
        return false;
    if (open != NULL) {
        const char *close = strchr(open, '>');

        if (close == NULL || close[1 + strspn(close + 1, " ")] != '\0')
            return failure_set(why, FAILURE_USAGE, "\"%s\": write it as Name <user@host>", text);
        part = open + 1;
        n = (size_t) (close - part);
        label = text;
        n_label = (size_t) (open - text);
    }
    trim(&part, &n);
    trim(&label, &n_label);
    if (n_label >= 2 && label[0] == '"' && label[n_label - 1] == '"') {
        label++;
        n_label -= 2;
    }
    if (n >= address_size || n_label >= name_size)
        return failure_set(why, FAILURE_USAGE, "\"%.60s…\" is too long for a sender", text);
    memcpy(address, part, n);
    address[n] = '\0';
    for (size_t i = 0; i < n_label; i++) /* what was quoted comes out plain; MIME quotes again */
        if (label[i] != '\\' || i + 1 == n_label)
            name[used++] = label[i];
    name[used] = '\0';
    return address_check(address, why);
}
