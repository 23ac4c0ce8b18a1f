/* One notification with everything that is known of it. */
#include "console/app.h"
#include "console/format.h"
#include "console/frame.h"
#include "console/views.h"

#include "api/memory.h"
#include "api/render.h"
#include "api/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trap {
    struct view view;
    struct list list; /* of varbinds */
    int64_t id, received;
    int version;
    bool inform;
    enum severity severity;
    char why[200], source[100], origin[100], device[100], security[100], context[100];
    struct oid name;
    uint64_t uptime;
    struct varbind **varbind;
    size_t n;
    uint8_t *raw;
    size_t n_raw;
    struct failure failure;
    char text[2048];
};

static struct trap *
self(struct view *view)
{
    return (struct trap *) view;
}

static void
keep(char *out, size_t size, const char *text)
{
    out[0] = '\0';
    if (text != NULL)
        text_sanitize((const uint8_t *) text, strlen(text), out, size);
}

static void
forget(struct trap *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->varbind[i]);
    free(t->varbind);
    free(t->raw);
    t->varbind = NULL;
    t->raw = NULL;
    t->n = t->n_raw = 0;
}

static bool
came(void *arg, const struct notification *n)
{
    struct trap *t = arg;

    forget(t);
    t->id = n->id;
    t->received = n->received;
    t->version = n->version;
    t->inform = n->inform;
    t->severity = n->severity;
    t->name = n->name;
    t->uptime = n->uptime;
    keep(t->why, sizeof t->why, n->why);
    keep(t->source, sizeof t->source, n->source);
    keep(t->origin, sizeof t->origin, n->origin);
    keep(t->device, sizeof t->device, n->device);
    keep(t->security, sizeof t->security, n->security);
    keep(t->context, sizeof t->context, n->context);
    t->varbind = memory_zero(n->n_varbinds + 1, sizeof *t->varbind);
    for (size_t i = 0; i < n->n_varbinds; i++)
        t->varbind[i] = varbind_copy(&n->varbinds[i]);
    t->n = n->n_varbinds;
    t->raw = n->n_raw > 0 ? memory_copy(n->raw, n->n_raw) : NULL;
    t->n_raw = n->n_raw;
    t->list.n = t->list.total = t->n;
    list_go(&t->list, t->list.at);
    return false;
}

static void
look(struct trap *t, int64_t id)
{
    t->failure.kind = FAILURE_NONE;
    if (journal_one(t->view.app->store, id, came, t, &t->failure) && t->id != id)
        failure_set(&t->failure, FAILURE_ABSENT, "notification #%lld is no longer in the journal", (long long) id);
}

void
view_trap_look(struct app *app, int64_t id)
{
    struct view *view = app_push(app, &view_trap);

    if (view != NULL)
        look(self(view), id);
}

static void
open_trap(struct view *view)
{
    view->list = &self(view)->list;
}

static void
close_trap(struct view *view)
{
    forget(self(view));
    list_free(&self(view)->list);
}

static const char *
text_trap(void *arg, size_t own, const char *column)
{
    struct trap *t = arg;
    char value[1000], name[300];

    if (own >= t->n)
        return NULL;
    mib_render(t->view.app->mib, &t->varbind[own]->value, mib_syntax(t->view.app->mib, &t->varbind[own]->name),
               RENDER_PLAIN, value, sizeof value);
    if (column != NULL && strcmp(column, "value") == 0)
        snprintf(t->text, sizeof t->text, "%s", value);
    else
        snprintf(t->text, sizeof t->text, "%s = %s", mib_format_object(t->view.app->mib, &t->varbind[own]->name, name, sizeof name), value);
    return t->text;
}

/* --- the octets of the varbind under the cursor, found in the datagram by its name's encoding --- */

static size_t
encode_oid(const struct oid *o, uint8_t *out, size_t size)
{
    size_t n = 0;

    for (uint32_t i = 1; i < o->n && n + 6 < size; i++) {
        uint64_t arc = i == 1 ? (uint64_t) o->arc[0] * 40 + o->arc[1] : o->arc[i];
        int groups = 1;
        while (arc >> (7 * groups) != 0 && groups < 5)
            groups++;
        while (groups-- > 0)
            out[n++] = (uint8_t) ((arc >> (7 * groups) & 127) | (groups > 0 ? 128 : 0));
    }
    return n;
}

/* Length octets at `at`; false when they are cut. */
static bool
decode_length(const uint8_t *raw, size_t n, size_t at, size_t *length, size_t *octets)
{
    if (at >= n)
        return false;
    *length = raw[at];
    *octets = 1;
    if (raw[at] < 128)
        return true;
    *octets = 1 + (raw[at] & 127u);
    *length = 0;
    if (*octets > 4 || at + *octets > n)
        return false;
    for (size_t i = 1; i < *octets; i++)
        *length = *length << 8 | raw[at + i];
    return true;
}

static bool
find_octets(const struct trap *t, size_t *from, size_t *to)
{
    uint8_t name[OID_MAX * 5];
    size_t n, length, octets;

    if (t->list.at >= t->n || t->varbind[t->list.at]->name.n < 2)
        return false;
    n = encode_oid(&t->varbind[t->list.at]->name, name, sizeof name);
    for (size_t i = 0; i + 2 < t->n_raw; i++) {
        size_t name_length, name_octets;
        if (t->raw[i] != 0x30 || !decode_length(t->raw, t->n_raw, i + 1, &length, &octets) ||
            i + 1 + octets + length > t->n_raw || i + 2 + octets >= t->n_raw || t->raw[i + 1 + octets] != 6 ||
            !decode_length(t->raw, t->n_raw, i + 2 + octets, &name_length, &name_octets) || name_length != n ||
            i + 2 + octets + name_octets + n > t->n_raw || memcmp(t->raw + i + 2 + octets + name_octets, name, n) != 0)
            continue;
        *from = i;
        *to = i + 1 + octets + length;
        return true;
    }
    return false;
}

static void
draw_octets(const struct trap *t, struct canvas *c)
{
    size_t from = 0, to = 0, per = c->cols >= 64 ? 16 : c->cols >= 42 ? 10 : 8, top = 0;
    bool lit = find_octets(t, &from, &to);
    char fact[60];

    snprintf(fact, sizeof fact, "%zu octets%s", t->n_raw, lit ? " · the varbind is lit" : "");
    canvas_title(c, 0, "Octets", fact, false);
    if (t->n_raw == 0) {
        canvas_text(c, 1, 2, -1, ROLE_DIM, "they were not kept");
        return;
    }
    if (lit && to / per >= (size_t) c->rows - 1)
        top = from / per * per;
    for (int y = 1; y < c->rows && top < t->n_raw; y++, top += per) {
        canvas_format(c, y, 1, 4, ROLE_FAINT, "%04zx", top);
        for (size_t i = top; i < top + per && i < t->n_raw; i++) {
            bool in = lit && i >= from && i < to;
            canvas_format(c, y, 6 + (int) (i - top) * 3, 2, in ? ROLE_MATCH : ROLE_DIM, "%02x", t->raw[i]);
            if (in)
                canvas_ground(c, y, 6 + (int) (i - top) * 3, i + 1 < to && i + 1 < top + per ? 3 : 2, ROLE_MATCH);
        }
    }
}

static int
draw_varbinds(struct trap *t, struct canvas *c)
{
    int value = c->cols >= 100 ? 34 : 28, type = c->cols >= 100 ? c->cols - 36 : c->cols - 1, height = c->rows - 1;
    size_t top = list_view(&t->list, height);
    char text[600];
    int y = 1;

    canvas_title(c, 0, "Varbinds", "in the order they came", true);
    for (size_t i = top; y < c->rows && i < t->n; i++, y++) {
        const struct syntax *syntax = mib_syntax(t->view.app->mib, &t->varbind[i]->name);
        if (i == t->list.at) {
            canvas_ground(c, y, 0, -1, ROLE_SELECTION);
            canvas_text(c, y, 0, 1, ROLE_CURSOR, "▌");
        }
        canvas_text(c, y, 3, value - 4, i == t->list.at ? ROLE_TITLE : ROLE_TEXT,
                    mib_format_object(t->view.app->mib, &t->varbind[i]->name, text, sizeof text));
        canvas_text(c, y, value, type - value - 2, ROLE_TEXT,
                    mib_render(t->view.app->mib, &t->varbind[i]->value, syntax, RENDER_QUOTED, text, sizeof text));
        if (c->cols >= 100)
            canvas_format(c, y, type, 35, ROLE_DIM, "%s", syntax != NULL ? syntax->type : value_type_name(t->varbind[i]->value.type));
    }
    if (t->n == 0)
        canvas_text(c, 1, 3, -1, ROLE_DIM, "it carries none");
    return y;
}

static void
draw_came(const struct trap *t, struct canvas *c)
{
    static const char *const kinds[] = {"", "SNMPv1 trap", "SNMPv2 trap", "SNMPv3 trap"};
    static const char *const informs[] = {"", "SNMPv1", "v2c inform, answered once stored", "v3 inform, answered once stored"};
    int v = t->version >= 1 && t->version <= 3 ? t->version : 0, y = 1;
    struct value uptime = {.type = VALUE_TIMETICKS, .u = t->uptime};
    char text[80];

    canvas_title(c, 0, "How it came", NULL, false);
    y = draw_fact(c, y, 2, 9, "kind", "%s", t->inform ? informs[v] : kinds[v]);
    y = draw_fact(c, y, 2, 9, "from", "%s", t->source);
    y = draw_fact(c, y, 2, 9, "origin", "%s%s%s", t->origin, t->device[0] != '\0' ? "  " : "", t->device);
    if (t->security[0] != '\0')
        y = draw_fact(c, y, 2, 9, "user", "%s", t->security);
    y = draw_fact(c, y, 2, 9, "uptime", "%s", render_value(&uptime, NULL, RENDER_PLAIN, text, sizeof text));
    draw_fact(c, y, 2, 9, "severity", "%s: %s", severity_word(t->severity), t->why);
}

static void
draw_trap(struct view *view, struct canvas *c)
{
    struct trap *t = self(view);
    int varbinds = (int) t->n + 1 < c->rows / 3 ? (t->n == 0 ? 2 : (int) t->n + 1) : c->rows / 3, x, half = c->cols / 2;
    bool wide = c->cols >= 100;
    char text[300], time[FORMAT_MAX];
    struct mib *mib = t->view.app->mib;
    struct mib_info info = {0};
    struct canvas part;

    if (t->failure.kind != FAILURE_NONE) {
        canvas_wrap(c, 2, 2, c->cols - 4, 3, ROLE_ERROR, t->failure.text);
        return;
    }
    snprintf(text, sizeof text, "%s %s", severity_symbol(t->severity), severity_short(t->severity));
    x = 1 + canvas_text(c, 0, 1, -1, severity_role(t->severity), text) + 2;
    x += canvas_text(c, 0, x, 40, ROLE_TITLE, mib_format_object(t->view.app->mib, &t->name, text, sizeof text)) + 2;
    x += canvas_text(c, 0, x, 30, ROLE_TEXT, t->device[0] != '\0' ? t->device : t->origin);
    canvas_right(c, 0, c->cols - 1, c->cols - x - 2, ROLE_DIM, format_instant(t->received, time));
    if (mib != NULL && mib_info(mib, mib_lookup(mib, &t->name, NULL), &info) && info.kind == MIB_KIND_NOTIFICATION &&
        info.description[0] != '\0' && !wide)
        draw_prose(c, 1, 1, c->cols - 2, 1, ROLE_DIM, info.description);
    part = canvas_part(c, 2, 0, varbinds, c->cols);
    draw_varbinds(t, &part);
    part = canvas_part(c, varbinds + 3, 0, 8, wide ? half - 1 : c->cols);
    draw_came(t, &part);
    if (wide)
        part = canvas_part(c, varbinds + 3, half + 1, c->rows - varbinds - 3, c->cols);
    else
        part = canvas_part(c, varbinds + 11, 0, c->rows - varbinds - 11, c->cols);
    if (part.rows >= 2)
        draw_octets(t, &part);
    if (wide && info.kind == MIB_KIND_NOTIFICATION && info.description[0] != '\0' && c->rows - varbinds - 12 > 2) {
        part = canvas_part(c, varbinds + 12, 0, c->rows - varbinds - 12, half - 1);
        canvas_title(&part, 0, "What it says", info.module, false);
        draw_prose(&part, 1, 2, part.cols - 3, part.rows - 1, ROLE_DIM, info.description);
    }
}

static void
title_trap(struct view *view, struct title *out)
{
    struct trap *t = self(view);
    char name[200], number[FORMAT_MAX];

    snprintf(out->crumbs, sizeof out->crumbs, "all devices › #%s › %s", format_number((uint64_t) t->id, number),
             mib_format_object(t->view.app->mib, &t->name, name, sizeof name));
    snprintf(out->fact, sizeof out->fact, "%zu varbinds · %zu octets", t->n, t->n_raw);
}

static void
object(struct app *app, struct view *view, const char *argument)
{
    struct trap *t = self(view);

    (void) argument;
    if (t->list.at < t->n)
        view_browse_look(app, &t->varbind[t->list.at]->name);
}

static void
words(struct app *app, struct view *view, const char *argument)
{
    (void) argument;
    view_browse_look(app, &self(view)->name);
}

static bool
note_id(void *arg, const struct notification *n)
{
    *(int64_t *) arg = n->id;
    return false;
}

static void
neighbour(struct view *view, int by)
{
    struct trap *t = self(view);
    int64_t id = 0;
    bool ok = by > 0 ? journal_after(view->app->store, t->id, 1, note_id, &id, &t->failure)
                     : journal_before(view->app->store, t->id, 1, note_id, &id, &t->failure);

    if (!ok || id == 0) {
        app_message(view->app, ROLE_DIM, "there is none %s", by > 0 ? "after it" : "before it");
        t->failure.kind = FAILURE_NONE;
        return;
    }
    t->list.at = 0;
    look(t, id);
}

static void
later(struct app *app, struct view *view, const char *argument)
{
    (void) app, (void) argument;
    neighbour(view, 1);
}

static void
earlier(struct app *app, struct view *view, const char *argument)
{
    (void) app, (void) argument;
    neighbour(view, -1);
}

static const struct command trap_commands[] = {
    {"object", "Enter", NULL, "what this object means", object, NEEDS_ROW | NEEDS_MIB, "object"},
    {"words", "D", NULL, "what the module says of the notification", words, NEEDS_MIB, "its words"},
    {"later", ">", NULL, "the next notification", later, NEEDS_STORE, "next"},
    {"earlier", "<", NULL, "the one before", earlier, NEEDS_STORE, "previous"},
};

const struct view_class view_trap = {
    .name = "Trap", .about = "everything about one notification", .size = sizeof(struct trap),
    .commands = trap_commands, .n_commands = sizeof trap_commands / sizeof *trap_commands,
    .open = open_trap, .close = close_trap, .draw = draw_trap, .title = title_trap, .text = text_trap,
};
