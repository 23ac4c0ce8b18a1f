/* One careful SET. */
#include "console/app.h"
#include "console/changeset.h"

#include "api/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unwritten {
    struct unwritten *next;
    struct varbind *was, *set, *back;
    char device[200], words[300];
    struct change change;
    int64_t until; /* loop time after which it is given up, and said so */
};

static void
wait_for(struct changeset *s, struct request *request)
{
    if ((s->request != NULL) != (request != NULL))
        app_busy(s->app, request != NULL ? 1 : -1);
    s->request = request;
}

static void
item_free(struct staged *item)
{
    free(item->now);
    free(item->back);
    free(item->room);
    free(item);
}

void
changeset_free(struct changeset *s)
{
    request_cancel(s->request);
    wait_for(s, NULL);
    for (size_t i = 0; i < s->n; i++)
        item_free(s->item[i]);
    s->n = 0;
}

static struct varbind *
copy(const struct oid *name, const struct value *value)
{
    struct varbind v = {*name, *value};

    return varbind_copy(&v);
}

/* What stands in the editor at first: enumerations by their bare label, the rest as shown. */
static void
begin_text(struct staged *item)
{
    const struct syntax *s = item->info.syntax;
    char text[4096];

    if (item->now == NULL || item->typed || value_is_exception(&item->now->value))
        return;
    mib_render(item->mib, &item->now->value, s, s != NULL && s->base == SYNTAX_ENUMERATION ? RENDER_BARE : RENDER_PLAIN, text,
               sizeof text);
    prompt_set(&item->prompt, text);
    changeset_check(item);
}

static void
came(void *arg, const struct device_reply *reply)
{
    struct changeset *s = arg;

    s->request = NULL;
    app_busy(s->app, -1);
    if (reply->failure != NULL)
        app_failure(s->app, reply->failure);
    for (size_t i = 0; reply->failure == NULL && i < reply->n; i++)
        for (size_t j = 0; j < s->n; j++)
            if (oid_compare(&reply->varbinds[i].name, &s->item[j]->name) == 0) {
                free(s->item[j]->now);
                s->item[j]->now = varbind_copy(&reply->varbinds[i]);
                begin_text(s->item[j]);
            }
}

struct staged *
changeset_add(struct changeset *s, const struct oid *name, const struct value *now)
{
    struct staged *item;
    struct oid all[CHANGESET_MAX];
    mib_node node;

    for (size_t i = 0; i < s->n; i++)
        if (oid_compare(&s->item[i]->name, name) == 0)
            return s->item[i];
    if (s->n == CHANGESET_MAX)
        return NULL;
    item = s->item[s->n++] = memory_zero(1, sizeof *item);
    item->name = *name;
    item->room = memory_alloc(sizeof *item->room);
    item->mib = s->app->mib;
    mib_format_object(s->app->mib, name, item->object, sizeof item->object);
    node = mib_lookup(s->app->mib, name, NULL);
    if (node == MIB_NONE || !mib_info(s->app->mib, node, &item->info))
        memset(&item->info, 0, sizeof item->info);
    if (now != NULL)
        item->now = copy(name, now);
    begin_text(item);
    changeset_check(item);
    for (size_t i = 0; i < s->n; i++)
        all[i] = s->item[i]->name;
    request_cancel(s->request);
    wait_for(s, NULL);
    s->state = CHANGESET_EDITED;
    wait_for(s, device_get(s->host->device, all, s->n, came, s));
    return item;
}

void
changeset_drop(struct changeset *s, size_t i)
{
    if (i >= s->n || changeset_busy(s))
        return;
    item_free(s->item[i]);
    memmove(s->item + i, s->item + i + 1, (s->n - i - 1) * sizeof *s->item);
    s->n--;
}

static void
describe(struct staged *item)
{
    const struct syntax *s = item->info.syntax;
    char value[120];

    if (s->base == SYNTAX_ENUMERATION)
        snprintf(item->check, sizeof item->check, "one of %u", s->n_names);
    else if (item->value.type == VALUE_OCTETS && s->n_ranges > 0)
        snprintf(item->check, sizeof item->check, "%u of %lld octets", item->value.n, (long long) s->ranges[s->n_ranges - 1].high);
    else if (item->value.type == VALUE_OCTETS)
        snprintf(item->check, sizeof item->check, "%u octets", item->value.n);
    else
        snprintf(item->check, sizeof item->check, "is %s",
                 mib_render(item->mib, &item->value, s, RENDER_PLAIN, value, sizeof value));
}

void
changeset_check(struct staged *item)
{
    struct failure why;

    item->valid = false;
    if (item->info.syntax == NULL)
        snprintf(item->check, sizeof item->check, "its type is not known");
    else if (item->info.access != MIB_READ_WRITE && item->info.access != MIB_READ_CREATE &&
             item->info.access != MIB_WRITE_ONLY)
        snprintf(item->check, sizeof item->check, "%s says it can only be read", item->info.module);
    else if (!mib_parse_value(item->mib, item->prompt.text, item->info.syntax, &item->value, item->room, &why))
        snprintf(item->check, sizeof item->check, "%.190s", why.text);
    else if (!item->typed)
        snprintf(item->check, sizeof item->check, "as it is now");
    else {
        item->valid = true;
        describe(item);
    }
}

size_t
changeset_valid(const struct changeset *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += s->item[i]->valid;
    return n;
}

bool
changeset_busy(const struct changeset *s)
{
    return s->state == CHANGESET_READING || s->state == CHANGESET_SETTING || s->state == CHANGESET_READING_BACK;
}

/* --- the journal --- */

static void
unwritten_free(struct unwritten *u)
{
    free(u->was);
    free(u->set);
    free(u->back);
    free(u);
}

static bool
write_one(struct app *app, struct unwritten *u)
{
    struct failure why;
    int64_t id;

    if (app->store == NULL) {
        why = app->store_why;
    } else if (changes_add(app->store, &u->change, &id, &why)) {
        app_wrote(app);
        return true;
    }
    if (why.kind == FAILURE_BUSY && app->now < u->until)
        return false;
    app_message(app, ROLE_ERROR, "the change is not in the journal: %s", why.text);
    return true;
}

void
changeset_write_again(struct app *app)
{
    struct unwritten **at = &app->unwritten;

    while (*at != NULL) {
        struct unwritten *u = *at;
        if (write_one(app, u)) {
            *at = u->next;
            unwritten_free(u);
        } else {
            at = &u->next;
        }
    }
}

void
changeset_forget_unwritten(struct app *app)
{
    app->now += LOOP_S(3600);
    changeset_write_again(app);
}

static void
record(struct changeset *s, struct staged *item, enum change_verdict verdict)
{
    struct unwritten *u = memory_zero(1, sizeof *u), **last = &s->app->unwritten;

    u->was = item->now != NULL ? varbind_copy(item->now) : NULL;
    u->set = copy(&item->name, &item->value);
    u->back = item->back != NULL ? varbind_copy(item->back) : NULL;
    snprintf(u->device, sizeof u->device, "%s", host_name(s->host));
    snprintf(u->words, sizeof u->words, "%s", verdict == CHANGE_DONE ? "" : item->verdict);
    u->until = s->app->now + LOOP_S(30);
    u->change = (struct change) {
        .at = loop_wall(), .who = s->app->who, .device = u->device, .name = item->name, .new_value = u->set->value,
        .verdict = verdict, .words = u->words, .undoes = item->undoes,
    };
    if (u->was != NULL && !value_is_exception(&u->was->value))
        u->change.old_value = u->was->value;
    if (u->back != NULL && !value_is_exception(&u->back->value))
        u->change.read_back = u->back->value;
    while (*last != NULL)
        last = &(*last)->next;
    *last = u;
}

/* --- read, set, read back --- */

static void
judge(struct changeset *s, size_t i, bool done)
{
    struct staged *item = s->item[i];
    char back[200] = "";
    bool same = item->back != NULL && value_equal(&item->back->value, &item->value);

    if (item->back != NULL)
        mib_render(item->mib, &item->back->value, item->info.syntax, RENDER_QUOTED, back, sizeof back);
    if (done) {
        snprintf(item->verdict, sizeof item->verdict, same ? "set, read back %s" : "set, but it reads back as %s",
                 back[0] != '\0' ? back : "nothing");
        item->verdict_role = same ? ROLE_OK : ROLE_WARNING;
    } else if (s->why.kind == FAILURE_UNREACHABLE) {
        snprintf(item->verdict, sizeof item->verdict, item->back == NULL ? "unknown: no answer, and no reading back"
                 : same ? "no answer, but it reads back as set: %s" : "no answer; it reads back as %s", back);
        item->verdict_role = same ? ROLE_OK : ROLE_WARNING;
    } else if (s->error_index == (int) i + 1 || s->n == 1) {
        snprintf(item->verdict, sizeof item->verdict, "%.290s", s->why.text);
        item->verdict_role = ROLE_ERROR;
    } else {
        snprintf(item->verdict, sizeof item->verdict, "not set: the device refused another of the set");
        item->verdict_role = ROLE_WARNING;
    }
    record(s, item, done ? CHANGE_DONE : s->why.kind == FAILURE_UNREACHABLE ? CHANGE_UNKNOWN : CHANGE_REFUSED);
}

static void
finish(struct changeset *s)
{
    bool done = s->why.kind == FAILURE_NONE;
    const struct staged *first = s->item[0];

    s->state = CHANGESET_DONE;
    for (size_t i = 0; i < s->n; i++)
        judge(s, i, done);
    changeset_write_again(s->app);
    if (s->n == 1)
        app_message(s->app, first->verdict_role, "%s: %s", first->object, first->verdict);
    else
        app_message(s->app, done ? ROLE_OK : ROLE_ERROR, done ? "%zu values set and read back" : "%zu values: %s", s->n,
                    s->why.text);
}

static void
read_back(void *arg, const struct device_reply *reply)
{
    struct changeset *s = arg;

    wait_for(s, NULL);
    for (size_t i = 0; reply->failure == NULL && i < reply->n && i < s->n; i++) {
        free(s->item[i]->back);
        s->item[i]->back = varbind_copy(&reply->varbinds[i]);
    }
    finish(s);
}

static size_t
names(const struct changeset *s, struct oid *out)
{
    for (size_t i = 0; i < s->n; i++)
        out[i] = s->item[i]->name;
    return s->n;
}

static void
was_set(void *arg, const struct device_reply *reply)
{
    struct changeset *s = arg;
    struct oid name[CHANGESET_MAX];

    wait_for(s, NULL);
    memset(&s->why, 0, sizeof s->why);
    s->error_index = reply->error_index;
    if (reply->failure != NULL)
        s->why = *reply->failure;
    s->state = CHANGESET_READING_BACK;
    names(s, name);
    wait_for(s, device_get(s->host->device, name, s->n, read_back, s));
}

static bool
moved_on(const struct changeset *s, const struct staged *item, const struct value *now)
{
    (void) s;
    return item->undoes != 0 && item->now != NULL && !value_equal(&item->now->value, now);
}

static void
was_read(void *arg, const struct device_reply *reply)
{
    struct changeset *s = arg;
    struct varbind set[CHANGESET_MAX];

    wait_for(s, NULL);
    s->state = CHANGESET_EDITED;
    if (reply->failure != NULL) {
        app_message(s->app, ROLE_ERROR, "nothing was set: %s", reply->failure->text);
        return;
    }
    for (size_t i = 0; i < reply->n && i < s->n; i++) {
        bool moved = moved_on(s, s->item[i], &reply->varbinds[i].value);
        free(s->item[i]->now);
        s->item[i]->now = varbind_copy(&reply->varbinds[i]);
        if (moved) {
            app_message(s->app, ROLE_WARNING, "%s has moved on meanwhile; look at what it is now, then ^s again",
                        s->item[i]->object);
            return;
        }
    }
    for (size_t i = 0; i < s->n; i++)
        set[i] = (struct varbind) {s->item[i]->name, s->item[i]->value};
    s->state = CHANGESET_SETTING;
    wait_for(s, device_set(s->host->device, set, s->n, was_set, s));
}

bool
changeset_apply(struct changeset *s)
{
    struct oid name[CHANGESET_MAX];
    size_t valid = changeset_valid(s);

    if (changeset_busy(s))
        return false;
    if (s->n == 0 || valid < s->n) {
        for (size_t i = 0; i < s->n; i++)
            if (!s->item[i]->valid) {
                app_message(s->app, ROLE_WARNING, "%s: %s", s->item[i]->object, s->item[i]->check);
                break;
            }
        return false;
    }
    request_cancel(s->request);
    wait_for(s, NULL);
    s->state = CHANGESET_READING;
    names(s, name);
    wait_for(s, device_get(s->host->device, name, s->n, was_read, s));
    return true;
}
