/* The forms of texts: what an address, a network, a protocol, a time must look like. */
#include "settings/options.h"

#include "core/fingerprint.h"
#include "core/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool
wrong(struct failure *why, const char *text)
{
    return failure_set(why, FAILURE_USAGE, "%s", text);
}

static bool
is_port(const char *text)
{
    size_t n = strspn(text, "0123456789");

    return n > 0 && n <= 5 && text[n] == '\0' && atoi(text) >= 1 && atoi(text) <= 65535;
}

/* udp:PORT, udp:ADDRESS:PORT, udp6:[ADDRESS]:PORT, and the others likewise. */
bool
form_listen(const char *text, char out[FORM_OUT], struct failure *why)
{
    static const struct {
        const char *name;
        int port;
    } kinds[] = { { "udp:", 162 }, { "udp6:", 162 }, { "tcp:", 162 }, { "tcp6:", 162 },
                  { "tls:", 10162 }, { "tls6:", 10162 }, { "dtls:", 10162 }, { "dtls6:", 10162 } };
    const char *rest = NULL, *colon;
    int port = 0;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(text, kinds[i].name, strlen(kinds[i].name)) == 0) {
            rest = text + strlen(kinds[i].name);
            port = kinds[i].port;
        }
    if (rest == NULL || *rest == '\0')
        return wrong(why, "is not udp:PORT, udp:ADDRESS:PORT or udp6:[ADDRESS]:PORT, or tcp:, tls: or dtls: likewise");
    if (strspn(rest, "0123456789") == strlen(rest))
        return is_port(rest) || wrong(why, "has no port from 1 to 65535 at its end");
    colon = rest[0] == '[' ? strchr(rest, ']') : strchr(rest, ':');
    if (rest[0] == '[' && colon != NULL)
        colon = colon[1] == ':' ? colon + 1 : NULL;
    if (colon == NULL) {
        snprintf(out, FORM_OUT, "%s:%d", text, port);
        return true;
    }
    /* Port 0, any that is free, is what tests and demonstrations use. */
    return is_port(colon + 1) || strcmp(colon + 1, "0") == 0 ||
           wrong(why, "has no port from 0 to 65535 at its end");
}

bool
form_network(const char *text, char out[FORM_OUT], struct failure *why)
{
    unsigned char bits[16];
    char address[64];
    const char *slash = strchr(text, '/');
    size_t n = slash != NULL ? (size_t) (slash - text) : strlen(text);
    int most;

    (void) out;
    if (n >= sizeof address)
        return wrong(why, "is not an address or a network");
    memcpy(address, text, n);
    address[n] = '\0';
    most = inet_pton(AF_INET, address, bits) == 1 ? 32 : inet_pton(AF_INET6, address, bits) == 1 ? 128 : 0;
    if (most == 0)
        return wrong(why, "is not an address or a network such as 10.0.0.0/24");
    return slash == NULL || (strspn(slash + 1, "0123456789") == strlen(slash + 1) && slash[1] != '\0' &&
                             strlen(slash + 1) <= 3 && atoi(slash + 1) <= most) ||
           wrong(why, "has a prefix length that does not fit");
}

bool
form_numeric(const char *text, char out[FORM_OUT], struct failure *why)
{
    unsigned char octets[16];

    (void) out;
    return inet_pton(AF_INET, text, octets) == 1 || inet_pton(AF_INET6, text, octets) == 1 ||
           wrong(why, "is not an address such as 192.0.2.7 or 2001:db8::7");
}

bool
form_mail_address(const char *text, char out[FORM_OUT], struct failure *why)
{
    char name[512], address[512];

    (void) out;
    return address_split(text, name, sizeof name, address, sizeof address, why) && address_check_sendable(address, why);
}

bool
form_recipient(const char *text, char out[FORM_OUT], struct failure *why)
{
    (void) out;
    return strchr(text, '<') != NULL ? wrong(why, "must be the address alone, without a name") :
                                       address_check_sendable(text, why);
}

bool
form_engine_id(const char *text, char out[FORM_OUT], struct failure *why)
{
    size_t n = strlen(text);

    (void) out;
    return (n >= 12 && n <= 66 && n % 2 == 0 && strncmp(text, "0x", 2) == 0 &&
            strspn(text + 2, "0123456789abcdefABCDEF") == n - 2) ||
           wrong(why, "is not 0x and 5 to 32 octets in hex (RFC 3411, SnmpEngineID)");
}

bool
form_at(const char *text, char out[FORM_OUT], struct failure *why)
{
    static const char *const days[] = { "weekdays", "daily", "mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL };
    const char *blank = strrchr(text, ' '), *clock = blank != NULL ? blank + 1 : text;
    int hour, minute;
    char end;

    (void) out;
    if (strlen(clock) != 5 || sscanf(clock, "%2d:%2d%c", &hour, &minute, &end) != 2 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59)
        return wrong(why, "does not end in a time such as 07:00");
    for (const char *at = text; blank != NULL && at < blank;) {
        size_t n = strcspn(at, ", ");
        bool known = false;

        for (int i = 0; days[i] != NULL; i++)
            known = known || (strlen(days[i]) == n && strncmp(days[i], at, n) == 0);
        if (!known)
            return wrong(why, "names no days such as weekdays or mon,thu");
        at += n + (at + n < blank ? 1 : 0);
    }
    return true;
}

bool
form_time_zone(const char *text, char out[FORM_OUT], struct failure *why)
{
    char path[512];
    FILE *file;

    (void) out;
    if (text[0] == '/' || strstr(text, "..") != NULL)
        return wrong(why, "is not a time zone such as Europe/Paris");
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", text);
    file = fopen(path, "re");
    if (file == NULL)
        return wrong(why, "is no time zone that this machine knows");
    fclose(file);
    return true;
}

struct alias {
    const char *written, *canonical;
};

static bool
by_alias(const struct alias *table, const char *text, char out[FORM_OUT], struct failure *why, const char *reason)
{
    for (; table->written != NULL; table++)
        if (strcasecmp(table->written, text) == 0) {
            snprintf(out, FORM_OUT, "%s", table->canonical);
            return true;
        }
    return wrong(why, reason);
}

bool
form_auth(const char *text, char out[FORM_OUT], struct failure *why)
{
    static const struct alias known[] = {
        { "MD5", "MD5" },         { "SHA", "SHA-1" },       { "SHA1", "SHA-1" },     { "SHA-1", "SHA-1" },
        { "SHA224", "SHA-224" },  { "SHA-224", "SHA-224" }, { "SHA256", "SHA-256" }, { "SHA-256", "SHA-256" },
        { "SHA384", "SHA-384" },  { "SHA-384", "SHA-384" }, { "SHA512", "SHA-512" }, { "SHA-512", "SHA-512" },
        { NULL, NULL },
    };

    return by_alias(known, text, out, why, "is not MD5, SHA-1, SHA-224, SHA-256, SHA-384 or SHA-512");
}

bool
form_priv(const char *text, char out[FORM_OUT], struct failure *why)
{
    static const struct alias known[] = {
        { "DES", "DES" },         { "AES", "AES-128" },       { "AES128", "AES-128" },     { "AES-128", "AES-128" },
        { "AES192", "AES-192" },  { "AES-192", "AES-192" },   { "AES256", "AES-256" },     { "AES-256", "AES-256" },
        { "AES192C", "AES-192-C" }, { "AES-192-C", "AES-192-C" }, { "AES256C", "AES-256-C" },
        { "AES-256-C", "AES-256-C" }, { NULL, NULL },
    };

    return by_alias(known, text, out, why, "is not DES, AES-128, AES-192, AES-256, AES-192-C or AES-256-C");
}

bool
form_store(const char *text, char out[FORM_OUT], struct failure *why)
{
    const char *home = getenv("HOME"), *path = strncmp(text, "sqlite:", 7) == 0 ? text + 7 : text;

    if (strncmp(path, "~/", 2) == 0 && home != NULL)
        snprintf(out, FORM_OUT, "sqlite:%s%s", home, path + 1);
    else if (path[0] == '/')
        snprintf(out, FORM_OUT, "sqlite:%s", path);
    else
        return wrong(why, "is not sqlite: and an absolute path");
    return true;
}

bool
form_server(const char *text, char out[FORM_OUT], struct failure *why)
{
    (void) out;
    for (const char *c = text; *c != '\0'; c++)
        if (!isalnum((unsigned char) *c) && strchr(".-_:%[]/", *c) == NULL)
            return wrong(why, "has characters that no host name or address has");
    return *text != '\0' || wrong(why, "is empty");
}

bool
form_fingerprint(const char *text, char out[FORM_OUT], struct failure *why)
{
    uint8_t octets[FINGERPRINT_OCTETS];

    (void) out;
    return fingerprint_parse(text, octets) || wrong(why, "is not a SHA-256 in 64 hex digits");
}

bool
form_pin(const char *text, char out[FORM_OUT], struct failure *why)
{
    (void) out;
    return (strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64) ||
           wrong(why, "is not a SHA-256 in 64 hex digits");
}
