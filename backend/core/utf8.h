/* UTF-8 from outside, made printable: the one rule of what may reach a screen, a log or a mail.
 *
 * Controls, bidirectional marks and overrides, zero-width and other invisible characters become <U+XXXX>; octets
 * that are no UTF-8, and C0 controls, become \xNN. At most four combining marks stay on a base. */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character at `octets` and in *used its length; -1 with *used = 1 where no well-formed one begins
 * (RFC 3629: no overlong form, no surrogate). n > 0. */
int32_t utf8_decode(const uint8_t *octets, size_t n, size_t *used);
bool utf8_valid(const uint8_t *octets, size_t n);
/* Must this character be escaped wherever it is shown? */
bool utf8_is_hidden(uint32_t c);
bool utf8_is_combining(uint32_t c);

/* Octets as one printable line, cut before a character or an escape that would not fit `size` with its NUL.
 * Returns the octets written. `quote` (0: none) is escaped with a backslash, and so is the backslash then. */
size_t utf8_clean(const uint8_t *octets, size_t n, char quote, char *out, size_t size);
/* Shorten `text` to at most `n` octets, never inside a character. */
void utf8_cut(char *text, size_t n);

#endif
