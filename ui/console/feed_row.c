#include "console/feed_row.h"

#include "api/memory.h"
#include "api/render.h"
#include "api/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "ifIndex 2  ifAdminStatus up": the column's name and the bare value, instance left out where there is a name. */
static size_t
says_one(char *text, size_t size, struct mib *mib, const struct varbind *v)
{
    uint32_t used = 0;
    mib_node node = mib != NULL ? mib_lookup(mib, &v->name, &used) : MIB_NONE;
    struct mib_info info = {.syntax = NULL};
    char name[OID_TEXT_MAX], value[300];
    int n;

    if (node != MIB_NONE && mib_info(mib, node, &info) && info.syntax != NULL)
        snprintf(name, sizeof name, "%s", info.name);
    else if (mib != NULL)
        mib_format_object(mib, &v->name, name, sizeof name);
    else
        oid_format(&v->name, name);
    mib_render(mib, &v->value, info.syntax, v->value.type == VALUE_OCTETS ? RENDER_QUOTED : RENDER_BARE, value, sizeof value);
    n = snprintf(text, size, "%s %s", name, value);
    return n < 0 ? 0 : (size_t) n >= size ? size - 1 : (size_t) n;
}

void
feed_row_make(struct feed_row *row, struct mib *mib, const struct notification *n)
{
    char name[OID_TEXT_MAX], says[512] = "", device[128];
    const char *origin = n->device != NULL ? n->device : n->origin != NULL ? n->origin : n->source;
    size_t used = 0;

    for (size_t i = 0; i < n->n_varbinds && used < sizeof says - 40; i++) {
        if (i > 0)
            used += (size_t) snprintf(says + used, sizeof says - used, "  ");
        used += says_one(says + used, sizeof says - used, mib, &n->varbinds[i]);
    }
    if (mib != NULL)
        mib_format_object(mib, &n->name, name, sizeof name);
    else
        oid_format(&n->name, name);
    text_sanitize((const uint8_t *) (origin != NULL ? origin : "?"), strlen(origin != NULL ? origin : "?"), device,
                  sizeof device);
    *row = (struct feed_row) {
        .id = n->id, .received = n->received, .severity = n->severity, .inform = n->inform,
        .device = memory_text(device), .name = memory_text(name), .says = memory_text(says),
    };
}
