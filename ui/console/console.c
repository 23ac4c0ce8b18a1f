/* The console's life: paint first, then open everything by the loop, one thing a turn; leave the terminal as it was. */
#include "console/console.h"

#include "console/app.h"
#include "console/errand.h"
#include "console/frame.h"
#include "console/names.h"
#include "console/views.h"

#include "api/collector.h"
#include "api/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct console {
    struct app app;
    const struct console_options *options;
    struct canvas *canvas;
    struct loop_timer *step_timer, *tick_timer, *paint_timer, *reopen_timer;
    struct loop_watch *input;
    struct errand *collector;
    int64_t painted; /* loop time of the last paint */
    size_t step;
    bool keyed;
    char who[64];
};

static void
later(struct console *c, int64_t gap, struct loop_timer **timer, loop_fn *fn)
{
    loop_cancel(*timer);
    *timer = loop_after(c->app.loop, gap, fn, c);
}

static void
paint(struct console *c)
{
    struct app *app = &c->app;
    int rows, cols;

    term_size(&rows, &cols);
    if (c->canvas == NULL || c->canvas->rows != rows || c->canvas->cols != cols) {
        canvas_free(c->canvas);
        c->canvas = canvas_new(rows, cols);
    }
    app->now = loop_now(app->loop);
    app->wall = loop_wall();
    app_draw(app, c->canvas);
    term_paint(c->canvas, &app->theme);
    c->painted = loop_clock();
    c->keyed = app->dirty = false;
}

static void
paint_due(void *arg)
{
    ((struct console *) arg)->paint_timer = NULL;
}

/* The editor has the terminal, and we wait as we would behind ^z. */
static void
edit(struct console *c)
{
    struct app *app = &c->app;
    char line[16];
    const char *argv[] = {"/bin/sh", "-c", "exec ${VISUAL:-${EDITOR:-vi}} \"+$1\" \"$2\"", "sh", line, app->edit_path, NULL};

    snprintf(line, sizeof line, "%u", app->edit_line);
    if (!term_run(argv))
        app_message(app, ROLE_ERROR, "no editor could be started; set $EDITOR");
    app->edit_path[0] = '\0';
    names_again(app);
    app->dirty = c->keyed = true;
}

/* A key repaints at once; data at most thirty times a second. */
static void
before_sleep(void *arg)
{
    struct console *c = arg;
    int64_t wait = c->painted + LOOP_MS(33) - loop_clock();

    if (c->app.suspend) {
        c->app.suspend = false;
        term_suspend();
        c->app.dirty = c->keyed = true;
    }
    if (c->app.edit_path[0] != '\0')
        edit(c);
    if (c->app.quit)
        loop_stop(c->app.loop);
    else if (c->keyed || (c->app.dirty && wait <= 0))
        paint(c);
    else if (c->app.dirty && c->paint_timer == NULL)
        later(c, wait, &c->paint_timer, paint_due);
}

static void
readable(void *arg, int fd, unsigned events)
{
    struct console *c = arg;

    (void) fd, (void) events;
    c->app.now = loop_now(c->app.loop);
    c->app.wall = loop_wall();
    if (!term_read(app_event, &c->app)) {
        c->app.quit = true;
        c->app.exit_status = 5;
    }
    c->keyed = true;
}

static void
signalled(void *arg, int number)
{
    struct console *c = arg;

    if (number == SIGWINCH) {
        term_resize();
        c->keyed = true;
    } else if (number == SIGTSTP) {
        c->app.suspend = true;
    } else {
        c->app.quit = true;
        c->app.exit_status = number == SIGTERM ? 0 : 5;
    }
}

static void
tick(void *arg)
{
    struct console *c = arg;

    c->tick_timer = NULL;
    c->app.now = loop_now(c->app.loop);
    c->app.wall = loop_wall();
    app_tick(&c->app);
    later(c, LOOP_MS(200), &c->tick_timer, tick);
}

/* --- opening, one thing a turn --- */

static void
step_settings(struct console *c)
{
    struct app *app = &c->app;
    const char *theme;

    app->settings = settings_read(c->options->config, &app->settings_why);
    if (app->settings == NULL) {
        app_failure(app, &app->settings_why);
        return;
    }
    theme = settings_text(app->settings, "theme");
    if (c->options->theme == NULL && theme != NULL && strcmp(theme, app->theme.name) != 0 && term_depth() >= DEPTH_256) {
        app_theme(app, theme);
        app->message_until = 0;
    }
}

static void
open_store(struct console *c)
{
    struct app *app = &c->app;
    const char *url = c->options->store;

    if (app->store != NULL)
        return;
    if (url == NULL && app->settings != NULL)
        url = settings_text(app->settings, "store");
    memset(&app->store_why, 0, sizeof app->store_why);
    app->store = store_open(url != NULL ? url : app->paths.store, STORE_WRITE, &app->store_why);
    app->data_version = -1;
    app_look_at_store(app);
}

static void
reopen(void *arg)
{
    struct console *c = arg;

    c->reopen_timer = NULL;
    open_store(c);
    if (c->app.store == NULL && c->app.store_why.kind == FAILURE_BUSY)
        later(c, LOOP_MS(200), &c->reopen_timer, reopen);
}

static void
step_store(struct console *c)
{
    open_store(c);
    if (c->app.store != NULL)
        return;
    if (c->app.store_why.kind == FAILURE_BUSY)
        later(c, LOOP_MS(200), &c->reopen_timer, reopen);
    else
        app_failure(&c->app, &c->app.store_why);
}

static void
step_mib(struct console *c)
{
    struct app *app = &c->app;

    app->mib = mib_open(app->paths.snapshot, &app->mib_why);
    if (app->settings != NULL)
        names_start(app, c->options->config);
}

static void
step_devices(struct console *c)
{
    struct app *app = &c->app;
    struct failure why;

    if (app->settings == NULL)
        return;
    app->engine = engine_new(app->loop, app->paths.state, &why);
    if (app->engine == NULL) {
        app_failure(app, &why);
        return;
    }
    hosts_open(app, &app->hosts);
    for (size_t i = 0; c->options->device != NULL && i < app->hosts.n; i++)
        if (strcmp(host_name(app->hosts.at[i]), c->options->device) == 0)
            app_use_host(app, app->hosts.at[i]);
}

static bool
collector_work(void *arg, struct failure *why)
{
    const struct console *c = arg;

    return collector_start(c->app.paths.config, c->app.paths.state, why);
}

static void
collector_done(void *arg, const struct failure *failure)
{
    struct console *c = arg;

    c->collector = NULL;
    app_busy(&c->app, -1);
    if (failure != NULL) {
        c->app.collector_why = *failure;
        app_failure(&c->app, failure);
    }
}

static void
step_collector(struct console *c)
{
    struct app *app = &c->app;

    if (c->options->no_collector || app->settings == NULL || collector_running(app->paths.state) != 0)
        return;
    c->collector = errand_start(app->loop, collector_work, collector_done, c);
    if (c->collector != NULL)
        app_busy(app, 1);
}

static void (*const steps[])(struct console *) = {step_settings, step_store, step_mib, step_devices, step_collector};

static void
next_step(void *arg)
{
    struct console *c = arg;

    c->step_timer = NULL;
    if (c->step == sizeof steps / sizeof *steps) {
        app_busy(&c->app, -1);
        return;
    }
    steps[c->step++](c);
    c->app.dirty = true;
    later(c, 1, &c->step_timer, next_step);
}

/* --- the frame of it all --- */

static bool
choose_theme(struct console *c, struct failure *why)
{
    struct app *app = &c->app;
    const char *name = c->options->theme;

    if (name == NULL)
        name = term_depth() >= DEPTH_256 ? "dark" : term_depth() >= DEPTH_8 ? "16" : "mono";
    else
        app->force_theme = true;
    if (theme_find(&app->theme, name, app->paths.config, app->paths.themes, why))
        return true;
    theme_plain(&app->theme);
    return false;
}

static bool
watch_signals(struct console *c, struct failure *why)
{
    static const int numbers[] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!loop_signal(c->app.loop, numbers[i], signalled, c, why))
            return false;
    return true;
}

static void
name_person(struct console *c)
{
    const struct passwd *pw = getpwuid(getuid());

    snprintf(c->who, sizeof c->who, "%s", pw != NULL ? pw->pw_name : "somebody");
    c->app.who = c->who;
}

static void
console_free(struct console *c)
{
    struct app *app = &c->app;

    errand_cancel(c->collector);
    loop_cancel(c->step_timer);
    loop_cancel(c->tick_timer);
    loop_cancel(c->paint_timer);
    loop_cancel(c->reopen_timer);
    app_close(app);
    loop_unwatch(c->input);
    if (app->engine != NULL)
        engine_free(app->engine);
    names_stop(app);
    mib_close(app->mib);
    store_close(app->store);
    if (app->settings != NULL)
        settings_free(app->settings);
    if (app->loop != NULL)
        loop_free(app->loop);
    canvas_free(c->canvas);
    free(c);
}

static bool
begin(struct console *c, struct failure *why)
{
    struct app *app = &c->app;
    char warning[160];
    int log;

    if (!paths_find(&app->paths, c->options->config, why) || !paths_make(&app->paths, why))
        return false;
    app->loop = loop_new(why);
    if (app->loop == NULL || !watch_signals(c, why))
        return false;
    log = open(app->paths.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0)
        return failure_errno(why, errno, "%s: the log cannot be opened", app->paths.log);
    if (!term_open(log, warning, sizeof warning, why)) {
        close(log);
        return false;
    }
    close(log);
    name_person(c);
    app->read_only = c->options->read_only;
    app->now = loop_clock();
    app->wall = loop_wall();
    if (!choose_theme(c, why))
        app_failure(app, why);
    if (warning[0] != '\0')
        app_message(app, ROLE_WARNING, "%s", warning);
    app->data_version = -1;
    app_open(app);
    app_busy(app, 1);
    return true;
}

int
console_run(const struct console_options *options)
{
    struct console *c = memory_zero(1, sizeof *c);
    struct failure why;
    int status;

    c->options = options;
    if (!begin(c, &why)) {
        term_close();
        fprintf(stderr, "trapline: %s\n", why.text);
        console_free(c);
        return failure_exit_status(&why);
    }
    paint(c);
    c->input = loop_watch(c->app.loop, STDIN_FILENO, LOOP_READ, readable, c);
    loop_before_sleep(c->app.loop, before_sleep, c);
    later(c, 1, &c->step_timer, next_step);
    later(c, LOOP_MS(200), &c->tick_timer, tick);
    loop_run(c->app.loop);
    term_close();
    status = c->app.exit_status;
    console_free(c);
    return status;
}

void
console_list_keys(void)
{
    command_print_keys(stdout);
}
