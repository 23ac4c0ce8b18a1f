/* See render.h. */
#include "api/render.h"

#include <inttypes.h>
#include <stdio.h>

/* By their numbers in EntitySensorDataType and EntitySensorDataScale. */
static const char *const units[] = { [3] = "V~", [4] = "V", [5] = "A", [6] = "W", [7] = "Hz", [8] = "°C", [9] = "% RH", [10] = "rpm",
                                     [11] = "m³/min" };
static const char *const prefixes[] = { [1] = "y", [2] = "z", [3] = "a", [4] = "f", [5] = "p", [6] = "n", [7] = "µ", [8] = "m", [9] = "",
                                        [10] = "k", [11] = "M", [12] = "G", [13] = "T", [14] = "P", [15] = "E", [16] = "Z", [17] = "Y" };

static const char *
word(const char *const *words, size_t n, int64_t number)
{
    return number >= 0 && (uint64_t) number < n && words[number] != NULL ? words[number] : "";
}

char *
render_sensor(int64_t value, int64_t type, int64_t scale, int64_t precision, char *text, size_t size)
{
    const char *unit = word(units, sizeof units / sizeof *units, type);
    const char *prefix = word(prefixes, sizeof prefixes / sizeof *prefixes, scale);
    const char *blank = *unit != '\0' || *prefix != '\0' ? " " : "";
    uint64_t whole = value < 0 ? (uint64_t) 0 - (uint64_t) value : (uint64_t) value, part = 1;

    if (type == 12) /* truthvalue */
        snprintf(text, size, "%s", value == 1 ? "true" : value == 2 ? "false" : "neither true nor false");
    else if (precision < 1 || precision > 9) /* negative: digits that are not exact; they stay */
        snprintf(text, size, "%" PRId64 "%s%s%s", value, blank, prefix, unit);
    else {
        for (int64_t i = 0; i < precision; i++)
            part *= 10;
        snprintf(text, size, "%s%" PRIu64 ".%0*" PRIu64 "%s%s%s", value < 0 ? "-" : "", whole / part, (int) precision, whole % part,
                 blank, prefix, unit);
    }
    return text;
}
