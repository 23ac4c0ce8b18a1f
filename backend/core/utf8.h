/* Strict UTF-8 and libc's cell widths, whatever the program's locale is. */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One character of `n` octets (at least one) at `at`: its octets, and the character in *out. 0: not UTF-8 (overlong,
 * a surrogate, beyond U+10FFFF, cut). */
size_t utf8_decode(const uint8_t *at, size_t n, uint32_t *out);
/* Cells, as wcwidth of C.UTF-8 says: -1 for what cannot be shown. */
int utf8_cells(uint32_t character);
uint32_t utf8_lower(uint32_t character);

bool utf8_valid(const uint8_t *octets, size_t n);
/* Would the character move the cursor, obey, hide or reorder? */
bool utf8_is_hidden(uint32_t character);
/* What text_sanitize does (see api/text.h); `quote` (0: none) and then the backslash too get a backslash. */
size_t utf8_clean(const uint8_t *octets, size_t n, char quote, char *out, size_t size);

#endif
