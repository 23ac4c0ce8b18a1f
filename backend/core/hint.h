/* DISPLAY-HINT (RFC 2579 §3.1), both ways. Hints come from people's modules and values from devices: every
 * hint is harmless here; one that makes no sense is refused, and the caller shows the value without it. */
#ifndef CORE_HINT_H
#define CORE_HINT_H

#include "api/failure.h"

#include <stddef.h>
#include <stdint.h>

/* "d", "d-2", "x", "o", "b": false for any other hint. Returns the text's length in *length. */
bool hint_integer(const char *hint, int64_t number, bool is_unsigned, char *out, size_t size,
                  size_t *length);
/* False when the hint is malformed, makes no progress or asks for decimals of more than eight octets. The text
 * is printable and cut at a character to fit. */
bool hint_octets(const char *hint, const uint8_t *octets, size_t n, char *out, size_t size);
/* Is it one piece of text, as "255a" and "255t" say? */
bool hint_is_text(const char *hint, bool *utf8);

/* The number or octets that the text stands for, or a sentence. *n gets how many octets, at most `room`. */
bool hint_parse_integer(const char *hint, const char *text, int64_t *out, struct failure *why);
bool hint_parse_octets(const char *hint, const char *text, uint8_t *out, size_t room, size_t *n,
                       struct failure *why);
/* Is the hint one that the functions above take for an integer? */
bool hint_is_integer(const char *hint);

#endif
