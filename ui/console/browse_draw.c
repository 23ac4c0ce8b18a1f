/* Browse: how it looks. */
#include "console/browse.h"
#include "console/app.h"
#include "console/format.h"

#include "api/mib_module.h"

#include <stdio.h>
#include <string.h>

/* The value with its units. */
static const char *
shown(struct browse *b, const struct reading *reading, const struct syntax *syntax)
{
    mib_render(browse_mib(b), &reading->varbind->value, syntax, RENDER_QUOTED, b->text, sizeof b->text);
    return render_units(&reading->varbind->value, syntax, b->text, sizeof b->text);
}

static enum role
value_role(const struct browse *b, const struct reading *reading)
{
    if (value_is_exception(&reading->varbind->value))
        return ROLE_WARNING;
    if (reading->changed && b->view.app->now - reading->at < LOOP_S(10))
        return ROLE_WAS_CHANGED;
    return ROLE_TEXT;
}

/* What stands at the right of a branch: a live value, how many were read, or its number, quietly; of what was found, its
 * module. */
static void
draw_branch_value(struct browse *b, struct canvas *c, int y, const struct mib_info *info, int room)
{
    struct oid name = mib_oid(browse_mib(b), info->node);
    char number[FORMAT_MAX], text[OID_TEXT_MAX];
    const struct reading *reading = NULL;
    size_t n, first = readings_below(&b->readings, &name, &n);

    if (info->kind == MIB_KIND_SCALAR && n > 0)
        reading = &b->readings.at[first];
    if (reading != NULL) {
        canvas_right(c, y, c->cols - 1, room, value_role(b, reading),
                     shown(b, reading, info->syntax));
    } else if (n > 0) {
        char words[FORMAT_MAX + 8];
        snprintf(words, sizeof words, "%s read", format_number(n, number));
        canvas_right(c, y, c->cols - 1, room, ROLE_DIM, words);
    } else if (b->searching) { /* many modules have a "temperature" */
        canvas_right(c, y, c->cols - 1, room, ROLE_FAINT, info->module);
    } else if (info->kind == MIB_KIND_NODE) {
        canvas_right(c, y, c->cols - 1, room, ROLE_FAINT, oid_format(&name, text));
    }
}

static void
draw_branch(struct browse *b, struct canvas *c, int y, size_t row, bool focus)
{
    bool at = row == b->rows.at;
    struct branch flat = {browse_node_at(b, row), 0, false, true}, *branch = b->searching ? &flat : &b->tree.row[row];
    struct mib_info info;
    int x = 2, used;
    bool writable;

    if (!mib_info(browse_mib(b), branch->node, &info))
        return;
    if (at) {
        canvas_ground(c, y, 0, c->cols, focus ? ROLE_SELECTION : ROLE_SELECTION_OTHER);
        canvas_text(c, y, 0, 1, focus ? ROLE_CURSOR : ROLE_DIM, focus ? "▌" : "▏");
    }
    for (int i = 0; i < branch->depth && x < c->cols / 2; i++, x += 2)
        canvas_text(c, y, x, 1, ROLE_FRAME, "┊");
    writable = info.access == MIB_READ_WRITE || info.access == MIB_READ_CREATE || info.access == MIB_WRITE_ONLY;
    canvas_text(c, y, x, 1, writable ? ROLE_MARKED : ROLE_DIM,
                writable ? "✎" : branch->leaf ? "·" : branch->open ? "▾" : "▸");
    x += 2;
    used = canvas_text(c, y, x, c->cols - x - 1, at ? ROLE_TITLE : branch->leaf ? ROLE_TEXT : ROLE_STRONG,
                       info.name[0] != '\0' ? info.name : "?");
    draw_branch_value(b, c, y, &info, c->cols - 1 - (x + used + 2));
}

static void
draw_tree(struct browse *b, struct canvas *c)
{
    bool focus = b->view.list == &b->rows;
    size_t top = list_view(&b->rows, c->rows - 1);
    char fact[80] = "live values";

    if (b->searching)
        snprintf(fact, sizeof fact, "%zu hit%s, best first", b->n_hits, b->n_hits == 1 ? "" : "s");
    canvas_title(c, 0, b->searching ? "Found" : "Objects", fact, focus);
    for (int y = 1; y < c->rows && top + (size_t) y - 1 < b->rows.n; y++)
        draw_branch(b, c, y, top + (size_t) y - 1, focus);
    if (b->searching && b->n_hits == 0)
        canvas_text(c, 2, 4, c->cols - 5, ROLE_DIM, "nothing of that name or meaning is loaded");
}

static int
draw_syntax(struct browse *b, struct canvas *c, int y, const struct mib_info *info)
{
    const struct syntax *s = info->syntax;
    char text[400] = "";
    size_t used = 0;

    (void) b;
    if (s == NULL)
        return y;
    for (uint32_t i = 0; i < s->n_ranges && used < 100; i++)
        used += (size_t) snprintf(text + used, sizeof text - used, syntax_is_unsigned(s->base) ? "%s%llu..%llu" : "%s%lld..%lld",
                                  i > 0 ? " | " : s->base == SYNTAX_OCTETS ? "SIZE " : "", (long long) s->ranges[i].low,
                                  (long long) s->ranges[i].high);
    y = draw_fact(c, y, 2, 9, "syntax", "%s  %s", s->type, text);
    if (s->n_names > 0) {
        used = 0;
        for (uint32_t i = 0; i < s->n_names && used < sizeof text - 80; i++)
            used += (size_t) snprintf(text + used, sizeof text - used, "%s%s(%lld)", i > 0 ? "  " : "", s->names[i].label,
                                      (long long) s->names[i].number);
        canvas_text(c, y, 2, 9, ROLE_DIM, s->base == SYNTAX_BITS ? "bits" : "one of");
        y += canvas_wrap(c, y, 12, c->cols - 13, c->rows > 28 ? 4 : 2, ROLE_TEXT, text);
    }
    if (info->units[0] != '\0')
        y = draw_fact(c, y, 2, 9, "units", "%s", info->units);
    return y;
}

/* A user's own copy of a module wins over the one that trapline brings, and with it its words. */
static int
draw_whose(struct browse *b, struct canvas *c, int y, const struct mib_info *info)
{
    struct mib_module module;

    if (info->description[0] == '\0' || !mib_module(browse_mib(b), info->module_number, &module))
        return y;
    return draw_fact(c, y, 2, 9, "words", module.ours ? "trapline's" : "the module's own");
}

static int
draw_index(struct browse *b, struct canvas *c, int y, const struct mib_info *info)
{
    const struct index_part *part;
    size_t n = mib_index(browse_mib(b), info->node, &part), used = 0;
    char text[300] = "";

    for (size_t i = 0; i < n && used < sizeof text - 100; i++)
        used += (size_t) snprintf(text + used, sizeof text - used, "%s%s %s", i > 0 ? ", " : "", part[i].name,
                                  part[i].syntax != NULL ? part[i].syntax->type : "");
    return n > 0 ? draw_fact(c, y, 2, 9, "index", "%s", text) : y;
}

static int
draw_object(struct browse *b, struct canvas *c, const struct mib_info *info)
{
    struct oid name = mib_oid(browse_mib(b), info->node);
    char text[OID_TEXT_MAX];
    int y = 1, lines;

    canvas_title(c, 0, info->name, oid_format(&name, text), false);
    y = draw_syntax(b, c, y, info);
    if (info->access != MIB_ACCESS_NONE)
        y = draw_fact(c, y, 2, 9, "access", "%s", mib_access_word(info->access));
    y = draw_index(b, c, y, info);
    if (info->default_value[0] != '\0')
        y = draw_fact(c, y, 2, 9, "default", "%s", info->default_value);
    y = draw_fact(c, y, 2, 9, "module", "%s  %s  %s", info->module, mib_kind_word(info->kind),
                  mib_status_word(info->status));
    y = draw_whose(b, c, y, info);
    lines = c->rows - y - (c->rows > 24 ? 14 : 7);
    if (info->description[0] != '\0' && lines > 0)
        y += 1 + draw_prose(c, y + 1, 2, c->cols - 3, lines, ROLE_TEXT, info->description);
    return y + 1;
}

static void
draw_instance(struct browse *b, struct canvas *c, int y, size_t row, const struct oid *root)
{
    const struct reading *reading = browse_instance_at(b, row);
    const struct oid *name = &reading->varbind->name;
    bool focus = b->view.list == &b->instances, at = row == b->instances.at, wide = c->cols > 50;
    struct mib_info info = {.syntax = NULL};
    char label[200], age[FORMAT_MAX];
    int value = c->cols / 3;
    mib_node node = mib_lookup(browse_mib(b), name, NULL);

    if (at) {
        canvas_ground(c, y, 0, c->cols, focus ? ROLE_SELECTION : ROLE_SELECTION_OTHER);
        canvas_text(c, y, 0, 1, focus ? ROLE_CURSOR : ROLE_DIM, focus ? "▌" : "▏");
    }
    mib_info(browse_mib(b), node, &info);
    mib_format_object(browse_mib(b), name, label, sizeof label);
    if (mib_oid(browse_mib(b), node).n == root->n) {
        const char *dot = strchr(label, '.');
        canvas_text(c, y, 2, value - 3, at ? ROLE_TITLE : ROLE_TEXT, dot != NULL ? dot : label);
    } else {
        canvas_text(c, y, 2, value - 3, at ? ROLE_TITLE : ROLE_TEXT, label);
    }
    canvas_text(c, y, value, c->cols - value - (wide ? 8 : 6), value_role(b, reading),
                shown(b, reading, info.syntax));
    canvas_right(c, y, c->cols - 1, 7, ROLE_DIM, format_age((b->view.app->now - reading->at) / LOOP_S(1), age));
}

static void
draw_instances(struct browse *b, struct canvas *c, const struct mib_info *info)
{
    struct oid root = mib_oid(browse_mib(b), info->node);
    size_t top = list_view(&b->instances, c->rows - 1);
    char fact[100], number[FORMAT_MAX];

    snprintf(fact, sizeof fact, "%s%s", format_number(b->instances.n, number),
             b->walk != NULL ? " · reading …" : b->partial ? " · partial" : "");
    canvas_title(c, 0, "Instances", fact, b->view.list == &b->instances);
    for (int y = 1; y < c->rows && top + (size_t) y - 1 < b->instances.n; y++)
        draw_instance(b, c, y, top + (size_t) y - 1, &root);
    if (b->instances.n == 0 && b->why.kind != FAILURE_NONE)
        canvas_wrap(c, 1, 2, c->cols - 3, c->rows - 1, ROLE_ERROR, b->why.text);
    else if (b->instances.n == 0)
        canvas_text(c, 1, 2, c->cols - 3, ROLE_DIM,
                    info->kind == MIB_KIND_NOTIFICATION ? "a notification is received, not read"
                    : b->view.app->host == NULL ? "choose a device in view 1"
                                                : "nothing read yet: Enter reads, w walks all below");
}

void
browse_draw(struct view *view, struct canvas *c)
{
    struct browse *b = (struct browse *) view;
    int split = c->cols >= 100 ? 58 : c->cols * 45 / 100;
    struct canvas left = canvas_part(c, 0, 0, c->rows, split), right = canvas_part(c, 0, split + 2, c->rows, c->cols);
    struct mib_info info;
    int y;

    if (view->app->mib == NULL) {
        canvas_wrap(c, c->rows / 3, 4, c->cols - 8, 4,
                    view->app->mib_why.kind == FAILURE_BUSY ? ROLE_DIM : ROLE_ERROR,
                    view->app->mib_why.kind != FAILURE_NONE ? view->app->mib_why.text : "opening the names …");
        return;
    }
    draw_tree(b, &left);
    for (y = 0; y < c->rows; y++)
        canvas_text(c, y, split + 1, 1, ROLE_FRAME, "│");
    if (!browse_current(b, &info))
        return;
    y = draw_object(b, &right, &info);
    if (y < right.rows - 2) {
        struct canvas below = canvas_part(&right, y, 0, right.rows - y, right.cols);
        draw_instances(b, &below, &info);
    }
}
