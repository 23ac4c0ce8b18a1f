/* Text from outside, made safe and measured for the screen. */
#ifndef API_TEXT_H
#define API_TEXT_H

#include "failure.h"

#include <stddef.h>
#include <stdint.h>

/* Octets as printable UTF-8 without controls, bidirectional overrides or zero-width characters: these become
 * \xNN or <U+XXXX>; at most 4 combining marks stay on a base. One line: LF and TAB are escaped too. Cut at a
 * character to fit `size` with its NUL. Returns the octets written. */
size_t text_sanitize(const uint8_t *octets, size_t n, char *out, size_t size);

/* Cells a printable UTF-8 text takes. */
int text_width(const char *text);
/* The prefix of `text` that fits `cells`: its octets; *used gets its cells (may be NULL). */
size_t text_fit(const char *text, int cells, int *used);
/* For edit fields: where the next (or previous) user-perceived character begins, from octet `at`. */
size_t text_next(const char *text, size_t at);
size_t text_previous(const char *text, size_t at);

/* A filter as people type it: text, "two words", !text, ~fuzzy, /regex/, column=value, column>10 (also != < <= >=);
 * words are ANDed, case does not count. An open quote or slash ends with the expression, for it is matched while it is
 * being typed. column=down also matches "down(2)", as does column=2. */
struct filter;
struct filter *filter_new(const char *expression, struct failure *why);
void filter_free(struct filter *filter);
/* `column` gives the text of a named column, or NULL when there is none; with name NULL: the whole row. */
typedef const char *filter_column_fn(void *arg, const char *name);
bool filter_matches(const struct filter *filter, filter_column_fn *column, void *arg);

#endif
