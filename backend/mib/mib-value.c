/* Values with the tree at hand: the names of OBJECT IDENTIFIERs, and what a digest calls things. */
#include "api/digest.h"
#include "api/mib.h"

#include <string.h>

/* Above it lie the trunk's own names, which say nothing of what an identifier that goes on from there stands for. */
enum { TRUNK = 7 }; /* iso.org.dod.internet.mgmt.mib-2.system, ….private.enterprises.cisco */

const struct syntax *
mib_syntax(struct mib *mib, const struct oid *name)
{
    struct mib_info info;
    mib_node node = mib != NULL ? mib_lookup(mib, name, NULL) : MIB_NONE;

    if (node == MIB_NONE || !mib_info(mib, node, &info))
        return NULL;
    return info.kind == MIB_KIND_SCALAR || info.kind == MIB_KIND_COLUMN ? info.syntax : NULL;
}

static bool
has_name(struct mib *mib, const struct oid *o)
{
    uint32_t used = 0;

    return mib_lookup(mib, o, &used) != MIB_NONE && (used == o->n || used >= TRUNK);
}

char *
mib_render(struct mib *mib, const struct value *value, const struct syntax *syntax, enum render_style style,
           char *text, size_t size)
{
    struct oid o;

    if (mib == NULL || value->type != VALUE_OID || style == RENDER_RAW || style == RENDER_HEX ||
        !oid_set(&o, value->arcs, value->n) || !has_name(mib, &o))
        return render_value(value, syntax, style, text, size);
    return mib_format_object(mib, &o, text, size);
}

bool
mib_parse_value(struct mib *mib, const char *text, const struct syntax *syntax, struct value *out,
                struct render_room *room, struct failure *why)
{
    struct oid o;

    if (mib == NULL || syntax == NULL || syntax->base != SYNTAX_OID || oid_parse(&o, text))
        return render_parse(text, syntax, out, room, why);
    if (!mib_parse_object(mib, text, &o, why))
        return false;
    memcpy(room->arcs, o.arc, o.n * sizeof *o.arc);
    *out = (struct value) { .type = VALUE_OID, .n = o.n, .arcs = room->arcs };
    return true;
}

static char *
object_text(void *mib, const struct oid *name, char *text, size_t size)
{
    return mib_format_object(mib, name, text, size);
}

static char *
value_text(void *mib, const struct varbind *varbind, char *text, size_t size)
{
    return mib_render(mib, &varbind->value, mib_syntax(mib, &varbind->name), RENDER_PLAIN, text, size);
}

struct digest_names
digest_names_of(struct mib *mib)
{
    return (struct digest_names) { object_text, value_text, mib };
}
