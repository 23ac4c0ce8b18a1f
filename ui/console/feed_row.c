/* What of a notification goes into one line: what is wrong and with what comes first, indexes last.
 *
 * Names and descriptions stand by themselves, in quotes; a state has the middle of its object's name, for the device and
 * the notification stand beside it: ifOperStatus down becomes `oper down`. */
#include "console/feed_row.h"

#include "api/memory.h"
#include "api/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAYS_MAX = 320, VALUE_MAX = 160, VARBINDS_MAX = 24 };

enum rank { RANK_NAME, RANK_STATE, RANK_REST, RANK_INDEX, RANK_NEVER };

static bool
ends(const char *text, const char *with)
{
    size_t n = strlen(text), m = strlen(with);

    return n >= m && strcmp(text + n - m, with) == 0;
}

/* What RFC 3584 adds on the way, and the two that every notification begins with. */
static bool
is_envelope(const struct oid *name)
{
    static const struct { uint32_t arc[11], n; } envelope[] = {
        {{1, 3, 6, 1, 2, 1, 1, 3}, 8}, {{1, 3, 6, 1, 6, 3, 1, 1, 4}, 9}, {{1, 3, 6, 1, 6, 3, 18, 1}, 8},
    };

    for (size_t i = 0; i < sizeof envelope / sizeof *envelope; i++)
        if (name->n >= envelope[i].n && memcmp(name->arc, envelope[i].arc, envelope[i].n * sizeof *name->arc) == 0)
            return true;
    return false;
}

/* Does the object count the rows of its own table? */
static bool
is_index(struct mib *mib, mib_node node, const char *name)
{
    const struct index_part *part;
    size_t n = mib_index(mib, node, &part);

    for (size_t i = 0; i < n; i++)
        if (strcmp(part[i].name, name) == 0)
            return true;
    return false;
}

static enum rank
rank_of(struct mib *mib, const struct varbind *v, mib_node node, const struct mib_info *info)
{
    static const char *const words[] = {"Name", "Descr", "Description", "Alias", "Text", "Message", "Reason"};

    if (is_envelope(&v->name))
        return RANK_NEVER;
    if (info->name == NULL || info->syntax == NULL)
        return RANK_REST;
    if (is_index(mib, node, info->name))
        return RANK_INDEX;
    if (v->value.type == VALUE_OCTETS || v->value.type == VALUE_OID)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (ends(info->name, words[i]))
                return RANK_NAME;
    return info->syntax->n_names > 0 || ends(info->name, "Status") || ends(info->name, "State") ? RANK_STATE : RANK_REST;
}

/* "ifOperStatus" to "oper", "bgpPeerState" to "peer"; what has no middle stays. */
static void
short_label(const char *name, char *out, size_t size)
{
    size_t from = strcspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), to = strlen(name);

    to -= ends(name, "Status") ? 6 : ends(name, "State") ? 5 : 0;
    if (name[to] == '\0' || from >= to) {
        snprintf(out, size, "%s", name);
        return;
    }
    snprintf(out, size, "%.*s", (int) (to - from), name + from);
    out[0] = (char) tolower((unsigned char) out[0]);
}

static void
says_one(struct buf *out, struct mib *mib, const struct varbind *v, enum rank rank, const struct mib_info *info, const char *name)
{
    char value[VALUE_MAX], label[OID_TEXT_MAX];

    mib_render(mib, &v->value, info->syntax, v->value.type == VALUE_OCTETS ? RENDER_QUOTED : RENDER_BARE, value, sizeof value);
    if (rank == RANK_STATE)
        short_label(name, label, sizeof label);
    else
        snprintf(label, sizeof label, "%s", name);
    buf_format(out, "%s%s%s%s", out->n > 0 ? "  " : "", rank == RANK_NAME ? "" : label, rank == RANK_NAME ? "" : " ", value);
}

static char *
says(struct mib *mib, const struct notification *n)
{
    size_t most = n->n_varbinds < VARBINDS_MAX ? n->n_varbinds : VARBINDS_MAX;
    enum rank rank[VARBINDS_MAX];
    struct mib_info info[VARBINDS_MAX];
    struct buf out = {0};

    for (size_t i = 0; i < most; i++) {
        mib_node node = mib != NULL ? mib_lookup(mib, &n->varbinds[i].name, NULL) : MIB_NONE;

        memset(&info[i], 0, sizeof info[i]);
        if (node == MIB_NONE || !mib_info(mib, node, &info[i]) || info[i].syntax == NULL)
            memset(&info[i], 0, sizeof info[i]);
        rank[i] = rank_of(mib, &n->varbinds[i], node, &info[i]);
    }
    for (int turn = RANK_NAME; turn < RANK_NEVER; turn++)
        for (size_t i = 0; i < most && out.n < SAYS_MAX; i++) {
            char name[OID_TEXT_MAX];

            if ((int) rank[i] != turn)
                continue;
            if (info[i].name != NULL)
                snprintf(name, sizeof name, "%s", info[i].name);
            else
                mib_format_object(mib, &n->varbinds[i].name, name, sizeof name);
            says_one(&out, mib, &n->varbinds[i], rank[i], &info[i], name);
        }
    return buf_take(&out);
}

static char *
printable(const char *text)
{
    char out[160];

    text_sanitize((const uint8_t *) text, strlen(text), out, sizeof out);
    return memory_text(out);
}

void
feed_row_make(struct feed_row *row, struct mib *mib, const struct notification *n)
{
    const char *origin = n->device != NULL ? n->device : n->origin != NULL ? n->origin : n->source;
    char name[OID_TEXT_MAX];

    mib_format_object(mib, &n->name, name, sizeof name);
    *row = (struct feed_row) {
        .id = n->id, .received = n->received, .severity = n->severity, .inform = n->inform,
        .device = printable(origin != NULL ? origin : "?"), .name = memory_text(name), .says = says(mib, n),
        .why = printable(n->why != NULL ? n->why : ""),
    };
}

void
feed_row_free(struct feed_row *r)
{
    free(r->device);
    free(r->name);
    free(r->says);
    free(r->why);
}
