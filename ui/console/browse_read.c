/* Browse: what is asked of the device. */
#include "console/browse.h"
#include "console/app.h"
#include "console/format.h"

enum { FETCH_MAX = 40 };

static bool
keep(struct browse *b, const struct varbind *varbind)
{
    return readings_put(&b->readings, varbind, b->view.app->now);
}

/* Live values beside the leaves that can be seen. */

static void
fetched(void *arg, const struct device_reply *reply)
{
    struct browse *b = arg;

    b->fetch = NULL;
    if (reply->failure != NULL && reply->n == 0)
        b->fetch_after = b->view.app->now + LOOP_S(10);
    for (size_t i = 0; i < reply->n; i++)
        keep(b, &reply->varbinds[i]);
    browse_count_instances(b);
    b->view.app->dirty = true;
}

void
browse_fetch(struct browse *b)
{
    struct app *app = b->view.app;
    struct oid name[FETCH_MAX];
    size_t n = 0;

    if (b->fetch != NULL || app->mib == NULL || app->host == NULL || app->host->device == NULL ||
        app->now < b->fetch_after || app->host->status.state != DEVICE_ANSWERS)
        return;
    for (size_t i = b->rows.top; i < b->rows.n && i < b->rows.top + (size_t) b->rows.height && n < FETCH_MAX; i++) {
        struct mib_info info;
        const struct reading *reading;

        if (!mib_info(app->mib, browse_node_at(b, i), &info) || info.kind != MIB_KIND_SCALAR)
            continue;
        name[n] = mib_oid(app->mib, info.node);
        oid_append_arc(&name[n], 0);
        reading = readings_get(&b->readings, &name[n]);
        if (reading == NULL || app->now - reading->at > LOOP_S(10))
            n++;
    }
    if (n > 0)
        b->fetch = device_get(app->host->device, name, n, fetched, b);
}

static void
got(void *arg, const struct device_reply *reply)
{
    struct browse *b = arg;
    struct app *app = b->view.app;
    char name[256];

    b->get = NULL;
    app_busy(app, -1);
    b->why.kind = FAILURE_NONE;
    if (reply->failure != NULL) {
        b->why = *reply->failure;
        app_failure(app, reply->failure);
        return;
    }
    for (size_t i = 0; i < reply->n; i++)
        keep(b, &reply->varbinds[i]);
    if (reply->n == 1 && app->mib != NULL) {
        const struct oid *o = &reply->varbinds[0].name;
        browse_go_to(b, mib_lookup(app->mib, o, NULL));
        for (size_t i = 0; i < b->instances.n; i++)
            if (oid_compare(&browse_instance_at(b, i)->varbind->name, o) == 0)
                list_go(&b->instances, i);
        app_message(app, ROLE_TEXT, "%s read", mib_format_object(app->mib, o, name, sizeof name));
    }
    browse_count_instances(b);
}

void
browse_ask(struct browse *b, const struct oid *name, bool next)
{
    struct app *app = b->view.app;

    if (b->get != NULL) {
        request_cancel(b->get);
        app_busy(app, -1);
    }
    b->get = next ? device_get_next(app->host->device, name, 1, got, b) : device_get(app->host->device, name, 1, got, b);
    if (b->get != NULL)
        app_busy(app, 1);
}

static void
walked_rows(void *arg, const struct varbind *varbinds, size_t n)
{
    struct browse *b = arg;

    for (size_t i = 0; i < n; i++)
        if (!keep(b, &varbinds[i])) {
            app_message(b->view.app, ROLE_WARNING, "no more than %d values are kept here", READINGS_MAX);
            b->partial = true;
            request_cancel(b->walk);
            b->walk = NULL;
            app_busy(b->view.app, -1);
            break;
        }
    b->walked += n;
    browse_count_instances(b);
    b->view.app->dirty = true;
}

static void
walk_ended(void *arg, const struct walk_end *end)
{
    struct browse *b = arg;
    struct app *app = b->view.app;
    char number[FORMAT_MAX];

    b->walk = NULL;
    app_busy(app, -1);
    b->partial = end->failure != NULL || end->note != NULL;
    b->why.kind = FAILURE_NONE;
    if (end->failure != NULL)
        b->why = *end->failure;
    if (end->failure != NULL)
        app_message(app, ROLE_ERROR, "partial, %s values: %s", format_number(b->walked, number), end->failure->text);
    else if (end->note != NULL)
        app_message(app, ROLE_WARNING, "%s values; %s", format_number(b->walked, number), end->note);
    else if (b->walked == 0)
        app_message(app, ROLE_WARNING, "the device has nothing there");
    else
        app_message(app, ROLE_TEXT, "%s values read", format_number(b->walked, number));
    browse_count_instances(b);
}

void
browse_walk_from(struct browse *b, const struct oid *root)
{
    struct app *app = b->view.app;

    if (b->walk != NULL) {
        request_cancel(b->walk);
        app_busy(app, -1);
    }
    b->walked = 0;
    b->partial = false;
    b->walk_root = *root;
    b->walk = device_walk(app->host->device, root, walked_rows, walk_ended, b);
    if (b->walk != NULL)
        app_busy(app, 1);
}

void
browse_cancel(struct browse *b)
{
    if (b->walk != NULL || b->get != NULL)
        app_busy(b->view.app, -(b->walk != NULL) - (b->get != NULL));
    request_cancel(b->walk);
    request_cancel(b->get);
    request_cancel(b->fetch);
    b->walk = b->get = b->fetch = NULL;
}
