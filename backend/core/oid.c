/* Object identifiers as plain arrays of arcs. */
#include "api/oid.h"

#include <string.h>

bool
oid_set(struct oid *out, const uint32_t *arcs, size_t n)
{
    out->n = 0;
    return oid_append(out, arcs, n);
}

bool
oid_append(struct oid *o, const uint32_t *arcs, size_t n)
{
    if (n > OID_MAX - o->n)
        return false;
    if (n > 0)
        memcpy(o->arc + o->n, arcs, n * sizeof *arcs);
    o->n += (uint32_t) n;
    return true;
}

bool
oid_append_arc(struct oid *o, uint32_t arc)
{
    return oid_append(o, &arc, 1);
}

int
oid_compare_arcs(const uint32_t *a, size_t na, const uint32_t *b, size_t nb)
{
    size_t n = na < nb ? na : nb;

    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return na == nb ? 0 : na < nb ? -1 : 1;
}

int
oid_compare(const struct oid *a, const struct oid *b)
{
    return oid_compare_arcs(a->arc, a->n, b->arc, b->n);
}

bool
oid_within(const struct oid *root, const struct oid *o)
{
    return root->n <= o->n && memcmp(root->arc, o->arc, root->n * sizeof root->arc[0]) == 0;
}

bool
oid_parse(struct oid *out, const char *text)
{
    out->n = 0;
    if (*text == '.')
        text++;
    if (*text == '\0')
        return false;
    for (;;) {
        uint64_t arc = 0;

        if (*text < '0' || *text > '9')
            return false;
        for (; *text >= '0' && *text <= '9'; text++) {
            arc = arc * 10 + (uint64_t) (*text - '0');
            if (arc > UINT32_MAX)
                return false;
        }
        if (!oid_append_arc(out, (uint32_t) arc))
            return false;
        if (*text == '\0')
            return true;
        if (*text++ != '.')
            return false;
    }
}

static char *
write_number(char *at, uint32_t number)
{
    char digits[10];
    int n = 0;

    do
        digits[n++] = (char) ('0' + number % 10);
    while ((number /= 10) != 0);
    while (n > 0)
        *at++ = digits[--n];
    return at;
}

char *
oid_format(const struct oid *o, char text[OID_TEXT_MAX])
{
    char *at = text;

    for (uint32_t i = 0; i < o->n; i++) {
        if (i > 0)
            *at++ = '.';
        at = write_number(at, o->arc[i]);
    }
    *at = '\0';
    return text;
}
