/* Textual conventions that deserve more than their DISPLAY-HINT: addresses, dates. Private to render*.c. */
#ifndef CORE_RENDER_FORMS_H
#define CORE_RENDER_FORMS_H

#include "api/syntax.h"
#include "core/sink.h"

#include "api/failure.h"

struct render_form {
    const char *type; /* the textual convention's name */
    const char *hint; /* or any type with this hint; NULL: by name alone */
    /* False where the octets are none of it: they are then shown without the form. */
    bool (*show)(struct sink *sink, const uint8_t *octets, size_t n);
    /* Octets to `out` (at least 32) and their count, or a sentence. */
    bool (*parse)(const char *text, uint8_t *out, size_t *n, struct failure *why);
};

/* NULL when there is none. */
const struct render_form *render_form(const struct syntax *syntax);

/* "213 d 04:05:06" and back; also "04:05:06.25" and plain hundredths. */
void render_ticks(struct sink *sink, uint64_t ticks);
bool render_parse_ticks(const char *text, uint64_t *out, struct failure *why);
/* The floats and 64-bit integers that agents wrap in an Opaque (net-snmp's, after an expired draft). */
bool render_opaque(struct sink *sink, const uint8_t *octets, size_t n);
bool render_parse_ipv4(const char *text, uint8_t out[4]);

#endif
