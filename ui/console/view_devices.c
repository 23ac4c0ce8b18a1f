/* Devices: one line each, grouped as the settings group them; the one under the cursor in full where there is room. */
#include "console/app.h"
#include "console/format.h"
#include "console/frame.h"
#include "console/views.h"

#include "api/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct devices {
    struct view view;
    struct list list;
    size_t *order; /* of hosts, by group in the order of the settings */
    size_t n;
    char row[1200];
};

static struct devices *
self(struct view *view)
{
    return (struct devices *) view;
}

static const char *
group_of(const struct host *host)
{
    return host->setting->group != NULL ? host->setting->group : "";
}

static struct host *
host_at(struct devices *d, size_t own)
{
    return d->view.app->hosts.at[d->order[own]];
}

static const char *
state_symbol(const struct host *host, enum role *role)
{
    if (host->why.kind != FAILURE_NONE || host->status.state == DEVICE_SILENT || host->status.state == DEVICE_REFUSES) {
        *role = ROLE_ERROR;
        return "✗";
    }
    *role = host->status.state == DEVICE_ANSWERS ? ROLE_OK : ROLE_DIM;
    return host->status.state == DEVICE_ANSWERS ? "○" : host->status.state == DEVICE_ASKING ? "·" : "?";
}

static const char *
state_word(const struct host *host)
{
    static const char *const words[] = {"unknown", "asking", "answers", "silent", "refuses"};

    return host->why.kind != FAILURE_NONE ? "failed" : words[host->status.state];
}

static const char *
text(void *arg, size_t own, const char *column)
{
    struct devices *d = arg;
    const struct host *host = host_at(d, own);

    if (column == NULL) {
        size_t used = (size_t) snprintf(d->row, sizeof d->row, "%s %s %s %s %s %s %s", host_name(host), host->setting->address,
                                        group_of(host), state_word(host), host_spoken(host), host->name, host->description);

        for (size_t i = 0; i < host->setting->tags.n && used < sizeof d->row; i++)
            used += (size_t) snprintf(d->row + used, sizeof d->row - used, " %s", host->setting->tags.items[i]);
        return d->row;
    }
    if (strcmp(column, "name") == 0)
        return host_name(host);
    if (strcmp(column, "address") == 0 || strcmp(column, "value") == 0)
        return host->setting->address;
    if (strcmp(column, "group") == 0)
        return group_of(host);
    if (strcmp(column, "state") == 0)
        return state_word(host);
    if (strcmp(column, "ms") == 0) {
        snprintf(d->row, sizeof d->row, "%lld", (long long) (host->status.latency / 1000000));
        return d->row;
    }
    return strcmp(column, "system") == 0 ? host->name : NULL;
}

static void
arrange(struct devices *d)
{
    struct hosts *hosts = &d->view.app->hosts;
    bool *taken;

    if (d->n == hosts->n && d->n > 0)
        return;
    taken = memory_zero(hosts->n + 1, 1);
    d->order = memory_grow(d->order, hosts->n + 1, sizeof *d->order);
    d->n = 0;
    for (size_t i = 0; i < hosts->n; i++)
        for (size_t j = i; !taken[i] && j < hosts->n; j++)
            if (!taken[j] && strcmp(group_of(hosts->at[i]), group_of(hosts->at[j])) == 0) {
                d->order[d->n++] = j;
                taken[j] = j != i;
            }
    free(taken);
    list_set(&d->list, d->n, text, d);
}

static void
open_view(struct view *view)
{
    view->list = &self(view)->list;
}

static void
close_view(struct view *view)
{
    list_free(&self(view)->list);
    free(self(view)->order);
}

static void
tick(struct view *view, bool changed)
{
    (void) changed;
    arrange(self(view));
}

/* Columns by width: digits, spark and description go first where there is little room. */
struct columns {
    int name, spoken, ms, spark, spark_width, uptime, system, seen;
};

static struct columns
columns_for(int cols)
{
    if (cols >= 110)
        return (struct columns) {4, 22, 42, 44, 14, 67, 70, cols - 1};
    return (struct columns) {3, -1, 25, 27, 10, 48, 50, cols - 1};
}

static void
draw_times(struct canvas *c, int y, const struct columns *k, const struct host *host, bool silent)
{
    const struct app *app = host->app;
    char t[FORMAT_MAX];

    if (silent)
        canvas_right(c, y, k->ms, 9, ROLE_ERROR, host->why.kind != FAILURE_NONE ? "failed" : "none");
    else if (host->status.latency > 0)
        canvas_right(c, y, k->ms, 9, host->status.latency > LOOP_MS(200) ? ROLE_WARNING : ROLE_TEXT,
                     format_number((uint64_t) (host->status.latency + 999999) / 1000000, t));
    else
        canvas_right(c, y, k->ms, 9, ROLE_DIM, "—");
    draw_spark(c, y, k->spark, host->sample, host->n_samples, k->spark_width);
    if (host->uptime_at > 0)
        canvas_right(c, y, k->uptime, 10, silent ? ROLE_STALE : ROLE_TEXT,
                     format_age((int64_t) (host->uptime / 100) + (silent ? 0 : (app->now - host->uptime_at) / LOOP_S(1)), t));
    else
        canvas_right(c, y, k->uptime, 10, ROLE_DIM, "—");
    if (host->status.last_seen > 0)
        canvas_right(c, y, k->seen, 8, app->now - host->status.last_seen > LOOP_S(15) ? ROLE_WARNING : ROLE_DIM,
                     format_age((app->now - host->status.last_seen) / LOOP_S(1), t));
}

static void
draw_host(struct canvas *c, int y, const struct columns *k, const struct host *host, bool at)
{
    bool silent = host->why.kind != FAILURE_NONE || host->status.state == DEVICE_SILENT ||
                  host->status.state == DEVICE_REFUSES;
    int room = k->seen - 8 - k->system, used;
    enum role role;
    const char *symbol = state_symbol(host, &role);

    if (at) {
        canvas_ground(c, y, 0, -1, ROLE_SELECTION);
        canvas_text(c, y, 0, 1, ROLE_CURSOR, "▌");
    }
    canvas_text(c, y, k->name - 2, 1, role, symbol);
    canvas_text(c, y, k->name, (k->spoken > 0 ? k->spoken : k->ms - 6) - k->name - 1,
                at ? ROLE_TITLE : silent ? ROLE_STALE : ROLE_TEXT, host_name(host));
    if (k->spoken > 0)
        canvas_text(c, y, k->spoken, 9, ROLE_DIM, host_spoken(host));
    draw_times(c, y, k, host, silent);
    if (host->why.kind != FAILURE_NONE) {
        canvas_text(c, y, k->system, room, ROLE_ERROR, host->why.text);
        return;
    }
    if (silent && host->status.failure.kind != FAILURE_NONE && host->name[0] == '\0') {
        canvas_text(c, y, k->system, room, ROLE_STALE, host->status.failure.text);
        return;
    }
    used = canvas_text(c, y, k->system, room, silent ? ROLE_STALE : ROLE_TEXT, host->name);
    if (used > 0 && room - used - 2 > 8)
        canvas_text(c, y, k->system + used + 2, room - used - 2, ROLE_DIM, host->description);
}

static void
draw_group(struct canvas *c, int y, struct devices *d, const char *group)
{
    size_t n = 0;
    bool production = false, read_only = true;
    int x;

    for (size_t i = 0; i < d->n; i++)
        if (strcmp(group_of(host_at(d, i)), group) == 0) {
            n++;
            production = production || host_production(host_at(d, i));
            read_only = read_only && host_read_only(host_at(d, i));
        }
    x = 3 + canvas_text(c, y, 1, 1, ROLE_DIM, "▾") - 1;
    x += canvas_text(c, y, x, -1, ROLE_STRONG, group[0] != '\0' ? group : "devices") + 1;
    x += canvas_format(c, y, x, -1, ROLE_DIM, "%zu", n) + 2;
    if (production)
        x += canvas_text(c, y, x, -1, ROLE_DIM, read_only ? "production · " : "production") ;
    if (read_only)
        canvas_text(c, y, x, -1, ROLE_DIM, "read-only");
}

static void
draw_heads(struct canvas *c, const struct columns *k)
{
    canvas_text(c, 0, k->name, -1, ROLE_DIM, "name");
    if (k->spoken > 0)
        canvas_text(c, 0, k->spoken, -1, ROLE_DIM, "spoken");
    canvas_right(c, 0, k->ms, -1, ROLE_DIM, "ms");
    canvas_text(c, 0, k->spark, -1, ROLE_DIM, k->spark_width > 10 ? "last answers" : "answers");
    canvas_right(c, 0, k->uptime, -1, ROLE_DIM, "uptime");
    canvas_text(c, 0, k->system, -1, ROLE_DIM, "system");
    canvas_right(c, 0, k->seen, -1, ROLE_DIM, "seen");
}

static void
draw_detail(struct canvas *c, const struct host *host)
{
    const struct profile *p = host->profile;
    const char *peer = strcmp(host->status.peer, host->setting->address) != 0 ? host->status.peer : "";
    char age[FORMAT_MAX];
    int y = 1;

    canvas_title(c, 0, host_name(host), host->description[0] != '\0' ? host->description : NULL, false);
    y = draw_fact(c, y, 4, 9, "address", "%s%s%s", host->setting->address, peer[0] != '\0' ? "  · " : "", peer);
    if (p != NULL && p->version == 3)
        y = draw_fact(c, y, 4, 9, "user", "%s  %s  %s / %s", p->user != NULL ? p->user : "—", p->level,
                      p->auth != NULL ? p->auth : "—", p->priv != NULL ? p->priv : "—");
    else
        y = draw_fact(c, y, 4, 9, "profile", "%s", p != NULL ? p->name : "v2c, community public");
    y = draw_fact(c, y, 4, 9, "location", "%s", host->location[0] != '\0' ? host->location : "—");
    y = draw_fact(c, y, 4, 9, "contact", "%s", host->contact[0] != '\0' ? host->contact : "—");
    if (host->uptime_at > 0)
        y = draw_fact(c, y, 4, 9, "up since", "%s", format_instant(
            host->app->wall - (int64_t) host->uptime * 10000000 - (host->app->now - host->uptime_at), age));
    if (host->why.kind != FAILURE_NONE || host->status.failure.kind != FAILURE_NONE) {
        canvas_text(c, y, 4, 9, ROLE_DIM, "trouble");
        canvas_wrap(c, y, 14, c->cols - 16, 2, ROLE_ERROR,
                    host->why.kind != FAILURE_NONE ? host->why.text : host->status.failure.text);
    }
}

static void
draw_empty(const struct app *app, struct canvas *c)
{
    int y = c->rows / 3;
    char text[1200];

    if (app->settings_why.kind != FAILURE_NONE) {
        canvas_wrap(c, y, 4, c->cols - 8, 4, ROLE_ERROR, app->settings_why.text);
        return;
    }
    if (app->settings == NULL) {
        canvas_text(c, y, 4, -1, ROLE_DIM, "reading the settings …");
        return;
    }
    canvas_text(c, y, 4, -1, ROLE_STRONG, "No devices yet.");
    snprintf(text, sizeof text, "Write one in %s/devices.conf, for example:", app->paths.config);
    y += 1 + canvas_wrap(c, y + 1, 4, c->cols - 8, 3, ROLE_DIM, text);
    canvas_text(c, y + 1, 6, -1, ROLE_TEXT, "device \"switch\" { address = \"192.0.2.1\" }");
    canvas_text(c, y + 3, 4, c->cols - 5, ROLE_DIM,
                "Without a profile it is asked by SNMPv2c with the community \"public\".");
}

/* The list is drawn from a top that leaves room for the group's lines. */
static int
draw_rows(struct devices *d, struct canvas *c, const struct columns *k, int height)
{
    size_t shown = list_view(&d->list, height), own;
    const char *group = NULL;
    int y = 1;

    /* Group lines take rows: go on until the cursor's row has been drawn. */
    for (size_t i = shown, lines = 0; list_own(&d->list, i, &own) && i <= d->list.at; i++) {
        const char *next = group_of(host_at(d, own));
        lines += 1 + (group == NULL || strcmp(group, next) != 0);
        group = next;
        if (i == d->list.at && (int) lines > height)
            shown += lines - (size_t) height;
    }
    group = NULL;
    for (size_t i = shown; list_own(&d->list, i, &own) && y <= height; i++) {
        const struct host *host = host_at(d, own);
        if (group == NULL || strcmp(group, group_of(host)) != 0) {
            group = group_of(host);
            draw_group(c, y++, d, group);
        }
        if (y <= height)
            draw_host(c, y++, k, host, i == d->list.at);
    }
    return y;
}

static void
draw(struct view *view, struct canvas *c)
{
    struct devices *d = self(view);
    struct columns k = columns_for(c->cols);
    bool detail = c->rows >= 26;
    int height = c->rows - 1 - (detail ? 9 : 0);
    size_t own;

    arrange(d);
    if (d->n == 0) {
        draw_empty(view->app, c);
        return;
    }
    draw_heads(c, &k);
    draw_rows(d, c, &k, height);
    if (d->list.n == 0)
        canvas_text(c, 2, k.name, -1, ROLE_DIM, "no device passes the filter; Esc shows all again");
    if (detail && list_current(&d->list, &own)) {
        struct canvas part = canvas_part(c, c->rows - 8, 0, 8, c->cols);
        draw_detail(&part, host_at(d, own));
    }
}

static void
title(struct view *view, struct title *out)
{
    struct devices *d = self(view);
    size_t own;

    snprintf(out->crumbs, sizeof out->crumbs, "Devices");
    if (list_current(&d->list, &own))
        snprintf(out->crumbs, sizeof out->crumbs, "Devices › %s", host_name(host_at(d, own)));
    if (d->list.n != d->list.total)
        snprintf(out->fact, sizeof out->fact, "%zu of %zu shown", d->list.n, d->list.total);
    else
        snprintf(out->fact, sizeof out->fact, "%zu of %zu answering", hosts_answering(&view->app->hosts), d->n);
}

static void
choose(struct app *app, struct view *view, const char *argument)
{
    size_t own;

    (void) argument;
    if (!list_current(&self(view)->list, &own))
        return;
    app_use_host(app, host_at(self(view), own));
    app_show(app, &view_browse);
}

static void
choose_table(struct app *app, struct view *view, const char *argument)
{
    size_t own;

    (void) argument;
    if (!list_current(&self(view)->list, &own))
        return;
    app_use_host(app, host_at(self(view), own));
    app_show(app, &view_table);
}

static void
ask_now(struct app *app, struct view *view, const char *argument)
{
    size_t own;

    (void) app, (void) argument;
    if (list_current(&self(view)->list, &own))
        host_ask(host_at(self(view), own));
}

static void
again(struct view *view)
{
    for (size_t i = 0; i < view->app->hosts.n; i++)
        host_ask(view->app->hosts.at[i]);
}

static const struct command commands[] = {
    {"browse", "Enter b", NULL, "look into this device", choose, NEEDS_ROW, "browse"},
    {"table", "t", NULL, "its interfaces as a table", choose_table, NEEDS_ROW, "table"},
    {"ask", "p", NULL, "ask this device now", ask_now, NEEDS_ROW, "ask now"},
};

const struct view_class view_devices = {
    .name = "Devices", .about = "who answers, how fast, since when", .size = sizeof(struct devices),
    .commands = commands, .n_commands = sizeof commands / sizeof *commands,
    .open = open_view, .close = close_view, .draw = draw, .title = title, .tick = tick, .again = again, .text = text,
};
