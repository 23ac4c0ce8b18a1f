/* How hint.c and hint-parse.c read a DISPLAY-HINT. */
#ifndef CORE_HINT_SPEC_H
#define CORE_HINT_SPEC_H

#include <stdbool.h>
#include <stdint.h>

struct hint_integer_spec {
    char format; /* d x o b */
    int decimals;
};
bool hint_read_integer(const char *hint, struct hint_integer_spec *out);

/* One octet-format specification: [*] width format [separator [terminator]]. */
struct hint_spec {
    bool repeats;
    uint32_t width;
    char format; /* d x o a t */
    char separator, terminator;
    const char *next; /* the specification behind it; "" after the last */
};
bool hint_read_spec(const char *at, struct hint_spec *out);
/* Well-formed, and its last specification takes octets, so that applying it again comes to an end. */
bool hint_check_octets(const char *hint);

#endif
