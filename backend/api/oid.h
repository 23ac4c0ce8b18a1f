/* Object identifiers (RFC 2578 §3.5): at most 128 arcs, each below 2^32. A value type; copy it freely. */
#ifndef API_OID_H
#define API_OID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OID_MAX = 128, OID_TEXT_MAX = OID_MAX * 11 + 2 };

struct oid {
    uint32_t n; /* arcs in use */
    uint32_t arc[OID_MAX];
};

/* False when n exceeds OID_MAX; *out is then empty. */
bool oid_set(struct oid *out, const uint32_t *arcs, size_t n);
/* Add arcs at the end; false, with *o unchanged, when there is no room. */
bool oid_append(struct oid *o, const uint32_t *arcs, size_t n);
bool oid_append_arc(struct oid *o, uint32_t arc);

/* Lexicographic order (RFC 3416 §4.2.2): negative, zero or positive. */
int oid_compare(const struct oid *a, const struct oid *b);
int oid_compare_arcs(const uint32_t *a, size_t na, const uint32_t *b, size_t nb);
/* Is `o` equal to or below `root`? */
bool oid_within(const struct oid *root, const struct oid *o);

/* Numeric text, with or without a leading dot: "1.3.6.1" or ".1.3.6.1". False for anything else. */
bool oid_parse(struct oid *out, const char *text);
/* "1.3.6.1", no leading dot. Returns `text`, which must have OID_TEXT_MAX octets. */
char *oid_format(const struct oid *o, char text[OID_TEXT_MAX]);

#endif
