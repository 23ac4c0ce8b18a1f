/* feed STORE SNAPSHOT: the console's feed over this journal, by keys, on the real store and the real loop; each wait of a
 * person is measured to the cells of the next screen. Prints name=median/worst in milliseconds, and counts.
 * feed STORE SNAPSHOT SECONDS: it follows for so long, and stands paused for so long. */
#include "console/app.h"
#include "console/views.h"

#include "api/memory.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES = 400, TIMES_MAX = 200000 };

static struct app *app;
static struct canvas *canvas;
static double times[TIMES_MAX];
static size_t n_times;

static double
since(int64_t begin)
{
    return (double) (loop_clock() - begin) / 1e6;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static void
note(double ms)
{
    if (n_times < TIMES_MAX)
        times[n_times++] = ms;
}

static void
report(const char *name)
{
    qsort(times, n_times, sizeof *times, compare);
    printf("%s=%.2f/%.2f\n", name, n_times > 0 ? times[n_times / 2] : 0, n_times > 0 ? times[n_times - 1] : 0);
    fflush(stdout);
    n_times = 0;
}

static void
now(void)
{
    app->now = loop_now(app->loop);
    app->wall = loop_wall();
}

static void
key(const char *name)
{
    struct term_event event = {.kind = TERM_KEY};
    int64_t begin = loop_clock();

    snprintf(event.key, sizeof event.key, "%s", name);
    now();
    app_event(app, &event);
    app_draw(app, canvas);
    note(since(begin));
}

static bool
shows(const char *text)
{
    char *at = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&at, &n);
    bool found;

    canvas_print(canvas, out);
    fclose(out);
    found = strstr(at, text) != NULL;
    free(at);
    return found;
}

static long
resident(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[200];
    long kib = 0;

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return kib;
}

/* Until nothing is outstanding; a key is pressed now and then, and must not wait. */
static void
work_off(const char *name, const char *what)
{
    double key_times[TIMES_MAX / 100], seconds;
    size_t keys = 0;
    int64_t begin = loop_clock(), last = begin, ticked = begin;

    while (app->outstanding > 0) {
        int64_t turn = loop_clock();

        loop_turn(app->loop, 1);
        if (turn - ticked > LOOP_MS(200)) {
            now();
            app_tick(app);
            app_draw(app, canvas);
            ticked = turn;
        }
        note(since(turn));
        if (what != NULL && turn - last > LOOP_MS(30) && keys < sizeof key_times / sizeof *key_times) {
            size_t had = n_times;

            key(what);
            key_times[keys++] = since(turn);
            n_times = had;
            last = loop_clock();
        }
    }
    seconds = since(begin) / 1e3;
    app_draw(app, canvas);
    report(name);
    for (size_t i = 0; i < keys; i++)
        note(key_times[i]);
    printf("%s_seconds=%.2f\n%s_keys=%zu\n", name, seconds, name, keys);
    if (what != NULL) {
        char both[60];
        snprintf(both, sizeof both, "%s_key", name);
        report(both);
    }
    n_times = 0;
}

static void
open_feed(const char *store, const char *snapshot)
{
    struct failure why = {0};
    int64_t begin;

    app = memory_zero(1, sizeof *app);
    app->loop = loop_new(&why);
    app->who = "bench";
    app->data_version = -1;
    theme_plain(&app->theme);
    now();
    app_open(app);
    begin = loop_clock();
    app->store = store_open(store, STORE_WRITE, &why);
    if (app->store == NULL) {
        fprintf(stderr, "feed: %s\n", why.text);
        exit(1);
    }
    app->mib = mib_open(snapshot, &why);
    now();
    app_tick(app);
    note(since(begin));
    report("store");
    printf("names=%d\nresident_before=%ld\n", app->mib != NULL, resident());
    begin = loop_clock();
    app_show(app, &view_traps);
    app_draw(app, canvas);
    note(since(begin));
    report("open");
}

static void
press(const char *name, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        key(name);
        loop_turn(app->loop, 0);
    }
}

static void
type(const char *text)
{
    for (; *text != '\0'; text++) {
        char one[2] = {*text, '\0'};
        key(one);
    }
}

/* The feed follows while somebody writes, and then stands paused. */
static void
stand(int seconds, bool paused)
{
    int64_t end = loop_clock() + LOOP_S(seconds);

    if (paused)
        key("k");
    n_times = 0;
    while (loop_clock() < end) {
        int64_t begin;

        loop_turn(app->loop, 50);
        begin = loop_clock();
        now();
        app_tick(app);
        app_draw(app, canvas);
        note(since(begin));
    }
    report(paused ? "paused_tick" : "following_tick");
}

int
main(int argc, char **argv)
{
    int seconds = argc > 3 ? atoi(argv[3]) : 0;
    long opened;

    setlocale(LC_ALL, "C.UTF-8");
    if (argc < 3)
        return 2;
    canvas = canvas_new(40, 132);
    open_feed(argv[1], argv[2]);
    opened = resident();
    if (seconds > 0) {
        stand(seconds, false);
        stand(seconds, true);
    } else {
        press("PgUp", PAGES);
        report("page_up");
        press("PgDn", PAGES);
        report("page_down");
        press("g", 1);
        report("first");
        press("G", 1);
        report("last");
        type("/xyzzyq");
        printf("progress_at_once=%d\n", shows("found"));
        report("filter_typed");
        key("Enter");
        n_times = 0;
        work_off("filter_nothing", "k");
        printf("all_looked_at=%d\n", shows("0 found in"));
        key("Esc");
        report("escape");
        key("G");
        n_times = 0;
        type("/severity=critical");
        report("filter_some_typed");
        key("Enter");
        work_off("filter_some", NULL);
        press("g", 50);
        work_off("filter_more", NULL);
    }
    printf("rows_held=%zu\nresident_open=%ld\nresident_end=%ld\n", app_top(app)->list->n, opened, resident());
    app_close(app);
    mib_close(app->mib);
    store_close(app->store);
    loop_free(app->loop);
    free(app);
    canvas_free(canvas);
    return 0;
}
