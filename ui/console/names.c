/* The names, kept up to date. What was handed out of an old snapshot stays valid: it stays mapped until the end. */
#include "console/names.h"

#include "console/app.h"

#include "api/mib_compile.h"

#include <stdlib.h>
#include <string.h>

enum { DIRECTORIES_MAX = 64 };

static void
progress(void *arg, size_t done, size_t all)
{
    struct app *app = arg;

    app->names_done = done;
    app->names_all = all;
    app->dirty = true;
}

/* Views have handles of the old tree. */
static void
tell_views(struct app *app, struct mib *old)
{
    for (int tab = 0; tab < APP_TABS; tab++)
        for (int i = 0; i < app->depth[tab]; i++) {
            struct view *view = app->stack[tab][i];

            if (view->class->renamed != NULL)
                view->class->renamed(view, old);
        }
}

static void
take(struct app *app)
{
    struct mib *old = app->mib, *mib;
    struct failure why = {0};

    if (old != NULL && mib_is_current(old, app->paths.snapshot))
        return;
    mib = mib_open(app->paths.snapshot, &why);
    if (mib == NULL) {
        app->mib_why = why;
        app_failure(app, &why);
        return;
    }
    if (old != NULL && app->n_old_mibs == APP_OLD_MIBS) {
        mib_close(mib); /* the next start has it */
        app_message(app, ROLE_WARNING, "new names are ready; start trapline again to have them");
        return;
    }
    memset(&app->mib_why, 0, sizeof app->mib_why);
    app->mib = mib;
    if (old != NULL) {
        app->old_mibs[app->n_old_mibs++] = old;
        tell_views(app, old);
    }
    app_message(app, ROLE_TEXT, "%u objects and notifications have names now", mib_count(mib));
}

static void
done(void *arg, const struct failure *failure)
{
    struct app *app = arg;

    app->names_done = app->names_all = 0;
    app->dirty = true;
    if (app->names_busy)
        app_busy(app, -1);
    app->names_busy = false;
    if (failure == NULL) {
        take(app);
        return;
    }
    if (app->mib == NULL)
        app->mib_why = *failure;
    app_failure(app, failure);
}

void
names_start(struct app *app, const char *config)
{
    char *directories[DIRECTORIES_MAX];
    struct settings_list list = settings_list(app->settings, "mib-directories");
    struct mib_refresh_options options = {.config = config, .arg = app, .events = {progress, done}};
    struct failure why;

    options.n_directories = mib_directories(list.items, list.n, directories, DIRECTORIES_MAX);
    options.directories = (const char *const *)directories;
    app->refresh = mib_refresh_new(app->loop, &options, &why);
    for (size_t i = 0; i < options.n_directories; i++)
        free(directories[i]);
    if (app->refresh == NULL) {
        app_failure(app, &why);
    } else if (app->mib == NULL) {
        app->names_busy = true;
        app_busy(app, 1);
        failure_set(&app->mib_why, FAILURE_BUSY, "the MIB modules are being compiled; a moment");
    }
}

void
names_again(struct app *app)
{
    if (app->refresh != NULL)
        mib_refresh_now(app->refresh);
}

void
names_stop(struct app *app)
{
    mib_refresh_free(app->refresh);
    app->refresh = NULL;
    while (app->n_old_mibs > 0)
        mib_close(app->old_mibs[--app->n_old_mibs]);
}
