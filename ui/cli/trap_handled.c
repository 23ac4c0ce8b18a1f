/* Values get the type of their object, or where no module tells, the one that they look like. */
#include "cli/trap_handled.h"

#include "api/memory.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 1 << 20 };

static const struct special {
    const char *name;
    enum { UPTIME, NAME, ADDRESS, COMMUNITY, SPECIALS } what;
} specials[] = {
    { "1.3.6.1.2.1.1.3.0", UPTIME },
    { "1.3.6.1.6.3.1.1.4.1.0", NAME },
    { "1.3.6.1.6.3.18.1.3.0", ADDRESS },
    { "1.3.6.1.6.3.18.1.4.0", COMMUNITY }, /* is not passed on: it is a secret */
};

static int
special(const struct oid *name)
{
    char text[OID_TEXT_MAX];

    oid_format(name, text);
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
        if (strcmp(specials[i].name, text) == 0)
            return specials[i].what;
    return SPECIALS;
}

static bool
ends_quoted(const char *text, size_t n)
{
    size_t slashes = 0;

    if (n < 2 || text[n - 1] != '"')
        return false;
    while (slashes + 2 < n && text[n - 2 - slashes] == '\\')
        slashes++;
    return slashes % 2 == 0;
}

/* The next line, or lines, where a quoted value goes on; NULL at the end. */
static char *
take_line(char **at, bool varbind)
{
    char *line = *at, *value = varbind ? strchr(line, ' ') : NULL, *end = line;

    if (*line == '\0')
        return NULL;
    do {
        end = strchr(end, '\n');
        if (end == NULL) {
            *at = line + strlen(line);
            return line;
        }
        end++;
    } while (value != NULL && value + 1 < end && value[1] == '"' &&
             !ends_quoted(value + 1, (size_t) (end - value) - 2));
    end[-1] = '\0';
    *at = end;
    return line;
}

/* In place; whether it was quoted. */
static bool
unquote(char *text)
{
    size_t n = strlen(text), to = 0;

    if (text[0] != '"' || !ends_quoted(text, n))
        return false;
    for (size_t i = 1; i + 1 < n; i++) {
        if (text[i] == '\\' && i + 2 < n && (text[i + 1] == '"' || text[i + 1] == '\\'))
            i++;
        text[to++] = text[i];
    }
    text[to] = '\0';
    return true;
}

/* net-snmp shows octets that are no text as "00 1B 54 ", with a blank at the end. */
static bool
is_hex(const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++)
        if (i % 3 == 2 ? text[i] != ' ' : strchr("0123456789ABCDEF", text[i]) == NULL)
            return false;
    return n > 0 && n % 3 == 0;
}

static char
letter_of(const char *text, bool quoted)
{
    struct in_addr four;
    size_t colons = 0;

    if (quoted)
        return 's';
    for (const char *c = text; *c != '\0'; c++)
        colons += *c == ':';
    if (text[0] != '\0' && text[(text[0] == '-') + strspn(text + (text[0] == '-'), "0123456789")] == '\0')
        return strlen(text) < 10 || text[0] == '-' ? 'i' : 'C';
    if (colons == 3 && text[strspn(text, "0123456789:.")] == '\0')
        return 't';
    if (inet_pton(AF_INET, text, &four) == 1)
        return 'a';
    return strncmp(text, ".1.", 3) == 0 || strncmp(text, "iso.", 4) == 0 ? 'o' : 's';
}

/* As net-snmp shows them: days, hours, minutes, seconds and hundredths. */
static uint64_t
ticks_of(const char *text)
{
    unsigned days = 0, hours = 0, minutes = 0, seconds = 0, hundredths = 0;

    sscanf(text, "%9u:%2u:%2u:%2u.%2u", &days, &hours, &minutes, &seconds, &hundredths);
    return (((days * UINT64_C(24) + hours) * 60 + minutes) * 60 + seconds) * 100 + hundredths;
}

static bool
take_value(struct cli *cli, const char *object, char *text, struct varbind *out, struct render_room *room)
{
    struct mib *mib = cli_mib(cli);
    const struct syntax *syntax = mib_syntax(mib, &out->name);
    bool quoted = unquote(text);
    char letter = letter_of(text, quoted);
    struct buf typed = { 0 };
    struct failure why;
    struct oid oid;
    bool good;

    if (quoted && is_hex(text)) {
        buf_text(&typed, "0x");
        for (const char *c = text; *c != '\0'; c++)
            if (*c != ' ')
                buf_format(&typed, "%c", *c);
    } else if (letter == 't') {
        buf_format(&typed, "%llu", (unsigned long long) ticks_of(text));
    } else if (letter == 'o' && mib_parse_object(mib, text, &oid, &why)) {
        char numbers[OID_TEXT_MAX];

        buf_text(&typed, oid_format(&oid, numbers));
    } else {
        buf_text(&typed, text);
    }
    good = syntax != NULL && mib_parse_value(mib, typed.at, syntax, &out->value, room, &why);
    if (!good) {
        struct buf guess = { 0 };

        if (!quoted || !is_hex(text))
            buf_format(&guess, "%c:", letter);
        buf_text(&guess, typed.at);
        good = mib_parse_value(mib, guess.at, NULL, &out->value, room, &why);
        buf_free(&guess);
    }
    buf_free(&typed);
    return good || (cli_usage(cli, "%s: %s", object, why.text), false);
}

static bool
take_uptime(struct cli *cli, const char *object, char *text, struct handled *out)
{
    struct varbind *varbind = &out->varbinds[out->n];

    if (!take_value(cli, object, text, varbind, &out->rooms[out->n]))
        return false;
    if (varbind->value.type != VALUE_TIMETICKS && (varbind->value.type != VALUE_INTEGER || varbind->value.i < 0))
        return cli_usage(cli, "%s: \"%s\" is no time", object, text), false;
    out->uptime = (uint32_t) varbind->value.u;
    return true;
}

static bool
take_varbind(struct cli *cli, char *line, struct handled *out, bool *has_address)
{
    struct varbind *varbind = &out->varbinds[out->n];
    char *value = strchr(line, ' '), nothing[] = "";

    if (value != NULL)
        *value++ = '\0';
    if (!cli_object(cli, line, &varbind->name))
        return false;
    switch (special(&varbind->name)) {
    case COMMUNITY:
        return true;
    case NAME:
        return cli_object(cli, value != NULL ? value : "", &out->name);
    case UPTIME:
        return take_uptime(cli, line, value != NULL ? value : nothing, out);
    case ADDRESS:
        *has_address = true;
        break;
    }
    if (!take_value(cli, line, value != NULL ? value : nothing, varbind, &out->rooms[out->n]))
        return false;
    out->n++;
    return true;
}

/* "UDP: [192.0.2.7]:49152->[192.0.2.1]:162"; that of IPv6 does not fit into an IpAddress. */
static void
add_address(const char *from, struct handled *out)
{
    const char *open = strchr(from, '['), *close = open != NULL ? strchr(open, ']') : NULL;
    struct varbind *varbind = &out->varbinds[out->n];
    char text[64];

    if (close == NULL || close - open > (ptrdiff_t) sizeof text)
        return;
    snprintf(text, sizeof text, "%.*s", (int) (close - open - 1), open + 1);
    if (inet_pton(AF_INET, text, out->rooms[out->n].octets) != 1)
        return;
    oid_parse(&varbind->name, specials[ADDRESS].name);
    varbind->value = (struct value) { VALUE_IPADDRESS, 4, { .octets = out->rooms[out->n].octets } };
    out->n++;
}

static char *
read_input(struct cli *cli, FILE *in)
{
    char *text = memory_alloc(INPUT_MAX + 1);
    size_t n = fread(text, 1, INPUT_MAX, in);

    text[n] = '\0';
    if (n < INPUT_MAX && strlen(text) == n)
        return text;
    cli_usage(cli, "standard input: not what snmptrapd gives to a traphandle: %s",
              n < INPUT_MAX ? "it has a NUL" : "too long");
    free(text);
    return NULL;
}

bool
handled_read(struct cli *cli, FILE *in, struct handled *out)
{
    char *text = read_input(cli, in), *at = text, *from, *line;
    bool good = text != NULL, has_address = false;

    if (!good)
        return false;
    from = take_line(&at, false) != NULL ? take_line(&at, false) : NULL;
    while (good && (line = take_line(&at, true)) != NULL && *line != '\0')
        good = out->n + 1 < HANDLED_MAX ? take_varbind(cli, line, out, &has_address) :
                                          (cli_usage(cli, "more than %d objects", HANDLED_MAX - 1), false);
    if (good && out->name.n == 0)
        good = (cli_usage(cli, "standard input: no snmpTrapOID.0: not what snmptrapd gives to a traphandle"), false);
    if (good && !has_address && from != NULL)
        add_address(from, out);
    free(text);
    return good;
}
