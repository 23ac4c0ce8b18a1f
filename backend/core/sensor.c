/* Measured values: readings of sensors, and numbers with their UNITS. See render.h. */
#include "api/render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* By their numbers in EntitySensorDataType and EntitySensorDataScale. */
static const char *const symbols[] = { [3] = "V~", [4] = "V", [5] = "A", [6] = "W", [7] = "Hz", [8] = "°C", [9] = "% RH", [10] = "rpm",
                                     [11] = "m³/min" };
static const char *const prefixes[] = { [1] = "y", [2] = "z", [3] = "a", [4] = "f", [5] = "p", [6] = "n", [7] = "µ", [8] = "m", [9] = "",
                                        [10] = "k", [11] = "M", [12] = "G", [13] = "T", [14] = "P", [15] = "E", [16] = "Z", [17] = "Y" };

/* The value with that many decimals, and what stands behind it. */
static void
decimal(int64_t value, uint8_t decimals, const char *behind, char *text, size_t size)
{
    uint64_t whole = value < 0 ? (uint64_t) 0 - (uint64_t) value : (uint64_t) value, part = 1;

    for (int i = 0; i < decimals; i++)
        part *= 10;
    snprintf(text, size, "%s%" PRIu64 ".%0*" PRIu64 "%s", value < 0 ? "-" : "", whole / part, decimals, whole % part, behind);
}

static const char *
word(const char *const *words, size_t n, int64_t number)
{
    return number >= 0 && (uint64_t) number < n && words[number] != NULL ? words[number] : "";
}

char *
render_sensor(int64_t value, int64_t type, int64_t scale, int64_t precision, char *text, size_t size)
{
    const char *unit = word(symbols, sizeof symbols / sizeof *symbols, type);
    const char *prefix = word(prefixes, sizeof prefixes / sizeof *prefixes, scale);
    char behind[16];

    snprintf(behind, sizeof behind, "%s%s%s", *unit != '\0' || *prefix != '\0' ? " " : "", prefix, unit);
    if (type == 12) /* truthvalue */
        snprintf(text, size, "%s", value == 1 ? "true" : value == 2 ? "false" : "neither true nor false");
    else if (precision < 1 || precision > 9) /* negative: digits that are not exact; they stay */
        snprintf(text, size, "%" PRId64 "%s", value, behind);
    else
        decimal(value, (uint8_t) precision, behind, text, size);
    return text;
}

char *
render_size(uint64_t octets, char *text, size_t size)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    double number = (double) octets;
    size_t i = 0;

    for (; number >= 1024 && i + 1 < sizeof units / sizeof *units; i++)
        number /= 1024;
    snprintf(text, size, i == 0 || number >= 100 ? "%.0f %s" : "%.1f %s", number, units[i]);
    return text;
}

const char *
render_tenths(const struct syntax *syntax, int *decimals)
{
    static const char *const parts[] = { "0.1 ", "0.01 ", "0.001 " };

    *decimals = 0;
    if (syntax == NULL || syntax->units == NULL)
        return "";
    for (int i = 0; i < 3 && syntax->base == SYNTAX_INTEGER32 && syntax->n_names == 0; i++)
        if (strncmp(syntax->units, parts[i], strlen(parts[i])) == 0 && (syntax->hint == NULL || strcmp(syntax->hint, "d") == 0)) {
            *decimals = i + 1;
            return syntax->units + strlen(parts[i]);
        }
    return syntax->units;
}

char *
render_scaled(const struct value *value, const struct syntax *syntax, char *text, size_t size)
{
    int decimals;

    render_tenths(syntax, &decimals);
    if (decimals > 0 && value->type == VALUE_INTEGER)
        decimal(value->i, (uint8_t) decimals, "", text, size);
    return text;
}

char *
render_units(const struct value *value, const struct syntax *syntax, char *text, size_t size)
{
    const char *hint = syntax != NULL && syntax->hint != NULL ? syntax->hint : "d";
    int decimals;
    const char *units = render_tenths(syntax, &decimals);
    size_t used;

    if (*units == '\0' || syntax->n_names > 0 || *hint != 'd')
        return text;
    render_scaled(value, syntax, text, size);
    used = strlen(text);
    if (value->type == VALUE_INTEGER || value->type == VALUE_GAUGE32 || value->type == VALUE_COUNTER32 || value->type == VALUE_COUNTER64)
        snprintf(text + used, size - used, " %s", units);
    return text;
}
