#include "stage.h"
#include "fake-loop.h"

#include "api/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
stage_wait(struct app *app)
{
    for (int i = 0; i < 50 && (i < 5 || app->outstanding > 0); i++) {
        fake_loop_run(LOOP_MS(200));
        app->now = loop_now(NULL);
        app->wall = loop_wall();
        app_tick(app);
    }
}

struct app *
stage_new(bool read_only)
{
    struct app *app = memory_zero(1, sizeof *app);
    const char *source = getenv("top_srcdir");

    app->now = loop_now(NULL);
    app->wall = loop_wall();
    app->who = "ana";
    app->read_only = read_only;
    app->data_version = -1;
    snprintf(app->paths.themes, sizeof app->paths.themes, "%s/themes", source != NULL ? source : ".");
    snprintf(app->paths.config, sizeof app->paths.config, "/etc/trapline");
    theme_plain(&app->theme);
    app_open(app);
    app->settings = settings_read(NULL, &app->settings_why);
    app->store = store_open("", STORE_WRITE, &app->store_why);
    app->mib = mib_open("", &app->mib_why);
    if (app->settings != NULL) {
        app->engine = engine_new(NULL, "", NULL);
        hosts_open(app, &app->hosts);
    }
    stage_wait(app);
    app->message_until = 0;
    return app;
}

void
stage_free(struct app *app)
{
    app_close(app);
    if (app->engine != NULL)
        engine_free(app->engine);
    mib_close(app->mib);
    store_close(app->store);
    if (app->settings != NULL)
        settings_free(app->settings);
    free(app);
}

static void
press(struct app *app, const char *key)
{
    struct term_event event = {.kind = TERM_KEY};

    snprintf(event.key, sizeof event.key, "%s", key);
    app_event(app, &event);
}

static void
type(struct app *app, const char *text)
{
    for (; *text != '\0'; text++) {
        char one[2] = {*text, '\0'};
        press(app, *text == '_' ? "Space" : one);
    }
}

void
stage_press(struct app *app, const char *keys)
{
    char *copy = memory_text(keys), *save = NULL;

    for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        if (strcmp(word, "wait") == 0)
            stage_wait(app);
        else if (word[0] == '\'')
            type(app, word + 1);
        else
            press(app, word);
    }
    free(copy);
}

void
stage_keys(struct app *app, const char *keys)
{
    stage_press(app, keys);
    stage_wait(app);
}

struct canvas *
stage_draw(struct app *app, int rows, int cols)
{
    struct canvas *canvas = canvas_new(rows, cols);

    app_draw(app, canvas);
    return canvas;
}

bool
stage_shows(struct app *app, const char *text)
{
    struct canvas *canvas = stage_draw(app, 40, 132);
    char *at = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&at, &n);
    bool shows;

    canvas_print(canvas, out);
    fclose(out);
    shows = strstr(at, text) != NULL;
    if (!shows)
        fprintf(stderr, "not on the screen: %s\n%s", text, at);
    free(at);
    canvas_free(canvas);
    return shows;
}
