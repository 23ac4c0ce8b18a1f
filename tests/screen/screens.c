/* Every screen against its golden: text, roles and grounds, at 80x24 and 132x40.
 *
 * After a change that was meant: tests/screen/update, then look at the difference before it is committed. */
#include "fake.h"
#include "stage.h"

#include "api/memory.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
some_traps(void)
{
    fake_notify(SEVERITY_INFO, "started", false);
    fake_notify(SEVERITY_CRITICAL, "Gi24 to lab", true);
    fake_notify(SEVERITY_WARNING, "12 min left on battery", false);
    fake_notify(SEVERITY_OK, "Gi24 to lab", true);
    fake_notify(SEVERITY_MINOR, "Vlan 30, port 47", false);
    fake_notify(SEVERITY_MAJOR, "peer 198.51.100.9 idle", false);
}

static void
no_devices(void)
{
    fake_no_devices = true;
}

static void
bad_settings(void)
{
    fake_settings_refuse = "/etc/trapline/trapline.conf:3: there is no option \"thme\"; did you mean theme?";
}

static void
newer_store(void)
{
    fake_store_refuses = "trapline.db was written by a newer trapline (schema 9); run that one, or give another --store";
}

static void
hostile(void)
{
    fake_hostile = true;
    some_traps();
}

static const struct scene {
    const char *name, *keys;
    void (*before)(void);
    bool read_only;
} scenes[] = {
    {"devices", "j", some_traps, false},
    {"devices-silent", "j j j", NULL, false},
    {"devices-filter", "/ 'sw-0 Enter", NULL, false},
    {"devices-none", "", no_devices, false},
    {"devices-bad-settings", "", bad_settings, false},
    {"devices-hostile", "", hostile, false},
    {"browse", "Enter wait", NULL, false},
    {"browse-walk", "Enter wait w wait", NULL, false},
    {"browse-search", "Enter wait / 'status", NULL, false},
    {"browse-enumeration", "Enter wait : 'go_ifAdminStatus Enter Enter wait Tab j", NULL, false},
    {"browse-silent", "j j j Enter wait w wait", NULL, false},
    {"table", "3 wait j", NULL, false},
    {"table-right", "3 wait l l l l l l", NULL, false},
    {"table-row", "3 wait Enter", NULL, false},
    {"set", "3 wait l l e wait Down", NULL, false},
    {"set-bad", "3 wait l l l l l e wait ^u '90000 Enter", NULL, false},
    {"set-refused", "3 wait l l l l l e wait ^u '9000 ^s wait", NULL, false},
    {"set-done", "2 wait : 'set_sysContact.0 Enter wait ^u 'ops@example.net ^s wait", NULL, false},
    {"traps", "4 wait", some_traps, false},
    {"traps-empty", "4 wait", NULL, false},
    {"traps-newer-store", "4 wait", newer_store, false},
    {"traps-hostile", "4 wait", hostile, false},
    {"trap", "4 wait k k Enter wait", some_traps, false},
    {"ledger", "4 wait L wait", some_traps, false},
    {"ledger-admitted", "4 wait L wait a wait Tab Tab Tab", some_traps, false},
    {"ledger-listeners", "4 wait L wait Tab", some_traps, false},
    {"ledger-senders", "4 wait L wait Tab Tab j", some_traps, false},
    {"ledger-hours", "4 wait L wait Tab Tab Tab Tab", some_traps, false},
    {"ledger-hours-of-one", "4 wait L wait Tab Tab j Enter wait", some_traps, false},
    {"digest", "4 wait X wait", some_traps, false},
    {"mail", "5 wait c 'Ports Tab 'Dear_all, Enter 'fine. ^s wait c 'Second BTab ^u 'x@example.net ^s wait j", NULL, false},
    {"mail-headers", "5 wait c 'Ports Tab 'Dear_all, Enter 'fine. ^s wait c 'Second BTab ^u 'x@example.net ^s wait j t", NULL, false},
    {"mail-html", "5 wait c 'Ports Tab 'Dear_all, Enter 'fine. ^s wait c 'Second BTab ^u 'x@example.net ^s wait j t t", NULL, false},
    {"mail-attempts", "5 wait c 'Ports Tab 'Dear_all, Enter 'fine. ^s wait c 'Second BTab ^u 'x@example.net ^s wait j t t t", NULL, false},
    {"mail-marked", "5 wait c 'Ports Tab 'Dear_all, Enter 'fine. ^s wait c 'Second BTab ^u 'x@example.net ^s wait j k Space Space R wait Space", NULL, false},
    {"mail-recipient", "5 wait c 'Ports Tab 'Dear_all, Enter 'fine. ^s wait c 'Second BTab ^u 'x@example.net ^s wait j e wait", NULL, false},
    {"mail-readdressed", "5 wait c 'Ports Tab 'Dear_all, Enter 'fine. ^s wait c 'Second BTab ^u 'x@example.net ^s wait j e wait 'ana@example.net Enter wait", NULL, false},
    {"mail-no-address", "5 wait c BTab ^u 'nobody ^s wait", NULL, false},
    {"compose", "5 wait c wait 'Ports Tab 'Dear_all, Enter 'fine.", NULL, false},
    {"changes", "2 wait : 'set_sysContact.0 Enter wait ^u 'ops@example.net ^s wait Esc 6 wait", NULL, false},
    {"changes-undo", "2 wait : 'set_sysContact.0 Enter wait ^u 'ops@example.net ^s wait Esc 6 wait u wait", NULL, false},
    {"help", "4 wait ?", some_traps, false},
    {"help-all", "4 wait ? ?", some_traps, false},
    {"prompt", "2 wait : 'wa", NULL, false},
    {"prompt-objects", "2 wait : 'walk_ifI", NULL, false},
    {"log", ": 'log Enter wait", NULL, false},
    {"modules", ": 'modules Enter wait", NULL, false},
    {"modules-second", ": 'modules Enter wait Tab j", NULL, false},
    {"references", "2 wait : 'go_ifIndex Enter wait R wait", NULL, false},
    {"references-followed", "2 wait : 'go_ifIndex Enter wait R wait j j j Enter wait", NULL, false},
};

static char *
shown(const struct scene *scene, int rows, int cols)
{
    struct app *app;
    struct canvas *canvas;
    char *at = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&at, &n);

    if (scene->before != NULL)
        scene->before();
    app = stage_new(scene->read_only);
    canvas_free(stage_draw(app, rows, cols));
    stage_keys(app, scene->keys);
    canvas_free(stage_draw(app, rows, cols));
    canvas = stage_draw(app, rows, cols);
    canvas_print(canvas, out);
    fclose(out);
    canvas_free(canvas);
    stage_free(app);
    return at;
}

static char *
read_whole(const char *path)
{
    FILE *file = fopen(path, "re");
    struct buf buf = {0};
    char part[4096];
    size_t n;

    while (file != NULL && (n = fread(part, 1, sizeof part, file)) > 0)
        buf_add(&buf, part, n);
    if (file != NULL)
        fclose(file);
    return buf_take(&buf);
}

/* The lines that differ, so that a log tells what happened. */
static void
print_difference(const char *want, const char *got)
{
    for (int line = 1, told = 0; (*want != '\0' || *got != '\0') && told < 12; line++) {
        size_t w = strcspn(want, "\n"), g = strcspn(got, "\n");
        if (w != g || memcmp(want, got, w) != 0) {
            printf("#  %3d - %.*s\n#  %3d + %.*s\n", line, (int) w, want, line, (int) g, got);
            told++;
        }
        want += w + (want[w] == '\n');
        got += g + (got[g] == '\n');
    }
}

static int
one(const struct scene *scene, int rows, int cols)
{
    const char *source = getenv("top_srcdir");
    char path[1024], *got = shown(scene, rows, cols), *want;
    int status = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/tests/screen/golden/%s-%dx%d.txt", source != NULL ? source : ".", scene->name, cols, rows);
    if (getenv("UPDATE") != NULL) {
        file = fopen(path, "we");
        status = file == NULL || fputs(got, file) < 0 || fclose(file) != 0;
    } else {
        want = read_whole(path);
        status = strcmp(want, got) != 0;
        if (status != 0)
            print_difference(want, got);
        free(want);
    }
    free(got);
    fflush(stdout);
    return status;
}

/* In a child each: no scene sees what another did to the backend. */
static int
in_child(const struct scene *scene, int rows, int cols)
{
    pid_t pid;
    int status;

    fflush(stdout);
    pid = fork();
    if (pid == 0)
        _exit(one(scene, rows, cols));
    return pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ? 1 : WEXITSTATUS(status);
}

int
main(int argc, char **argv)
{
    int n = 0, failed = 0;

    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
        for (int size = 0; size < 2; size++) {
            int bad;
            if (argc > 1 && strcmp(argv[1], scenes[i].name) != 0)
                continue;
            bad = in_child(&scenes[i], size == 0 ? 24 : 40, size == 0 ? 80 : 132);
            failed += bad;
            printf("%sok %d - %s at %s\n", bad ? "not " : "", ++n, scenes[i].name, size == 0 ? "80x24" : "132x40");
        }
    printf("1..%d\n", n);
    return failed != 0;
}
