/* The console: what it knows, which views are open, and how a key finds its command. */
#ifndef CONSOLE_APP_H
#define CONSOLE_APP_H

#include "api/journal.h"
#include "api/loop.h"
#include "api/mib.h"
#include "api/outbox.h"
#include "api/paths.h"
#include "api/settings.h"
#include "api/store.h"
#include "console/changeset.h"
#include "console/hosts.h"
#include "console/prompt.h"
#include "console/theme.h"
#include "console/view.h"

enum { APP_TABS = 9, APP_DEPTH = 8, APP_LOG = 200, APP_HISTORY = 50, APP_TRAIL = 32, APP_OLD_MIBS = 32 };

struct app_line { /* of :log */
    int64_t at;   /* wall clock */
    enum role role;
    char text[400];
};

struct app {
    struct loop *loop;
    struct paths paths;
    struct settings *settings; /* NULL until read */
    struct store *store;       /* NULL: not open; store_why says why */
    struct mib *mib;           /* NULL: not open; mib_why says why */
    struct mib *old_mibs[APP_OLD_MIBS]; /* what was handed out of them stays valid */
    size_t n_old_mibs;
    struct mib_refresh *refresh;
    size_t names_done, names_all; /* files compiled so far; 0: nothing is compiled now */
    bool names_busy;
    char edit_path[1100];      /* a file to edit before the next turn, or "" */
    uint32_t edit_line;
    struct engine *engine;
    struct failure store_why, mib_why, settings_why, collector_why;
    bool read_only;
    const char *who;           /* the person, for the journal of changes */

    struct hosts hosts;
    struct host *host;         /* the device that Browse and Table look at, or NULL */

    struct ledger ledger;
    struct outbox_counts outbox;
    int64_t oldest, newest, seen; /* notifications: first and last row, last one looked at */
    int64_t data_version, revision, counted; /* of the store; revision counts our own writes too */

    struct view *stack[APP_TABS][APP_DEPTH];
    int depth[APP_TABS];
    int tab, n_tabs;
    int trail[APP_TRAIL], n_trail, trail_at; /* tabs visited, for [ and ] */

    struct app_line message;   /* the last one; shown until message_until */
    int64_t message_until;     /* loop time */
    struct app_line log[APP_LOG];
    size_t n_log;
    char history[APP_HISTORY][256];
    int n_history;

    struct unwritten *unwritten; /* changes that the store has not taken yet */
    struct prompt *filtering;  /* the / prompt while it is open, and what the filter was before */
    char filter_before[256];
    int cols;                  /* as last drawn, for the mouse */
    int outstanding;           /* what a person waits for: the mark in the footer */
    int64_t now, wall;         /* of this turn */
    bool dirty, quit, mouse, suspend;
    bool force_theme;          /* it was asked for by name: keep it whatever the terminal can do */
    int exit_status;
    struct theme theme;
    char theme_name[64];
};

/* The views with a tab, in order. */
extern const struct view_class *const app_views[];
extern const size_t app_n_views;
/* Commands that are the same everywhere, and keys that no view may use though nothing answers to them yet. */
extern const struct command app_commands[];
extern const size_t app_n_commands;
extern const char app_reserved_keys[];

void app_open(struct app *app); /* the fields above `hosts` may be set; opens the first view */
void app_close(struct app *app);
void app_event(void *arg, const struct term_event *event);
void app_draw(struct app *app, struct canvas *canvas);
void app_tick(struct app *app); /* five times a second */
/* Reads what has changed in the store; once it is open, before the first key meets a view that shows it. */
void app_look_at_store(struct app *app);

struct view *app_top(const struct app *app);
struct view *app_push(struct app *app, const struct view_class *class);
void app_pop(struct app *app, struct view *view); /* close it and what is above it */
/* The (root) view of a class, opened when needed; shown. */
struct view *app_show(struct app *app, const struct view_class *class);
void app_use_host(struct app *app, struct host *host);
/* We wrote into the store ourselves, which data_version does not tell. */
void app_wrote(struct app *app);
/* Ask for what is outstanding to be counted: +1 when it starts, -1 when it ends. */
void app_busy(struct app *app, int by);

void app_message(struct app *app, enum role role, const char *format, ...) __attribute__((format(printf, 3, 4)));
void app_failure(struct app *app, const struct failure *why);
/* Leave; asks first when something is unsent, unless forced. */
void app_quit(struct app *app, bool force);
/* Back (-1) and forward through the tabs that were visited. */
void app_trail(struct app *app, int by);
/* Open the / prompt on the view's list. */
void app_filter_begin(struct app *app, struct view *view);
bool app_theme(struct app *app, const char *name);

/* By key in this view, or by name; NULL. A view's own come first. */
const struct command *command_by_key(const struct view_class *class, const char *key);
const struct command *command_by_name(const struct view_class *class, const char *name, size_t n);
/* Why it cannot be run now, or NULL. */
const char *command_lacks(const struct app *app, const struct view *view, const struct command *command);
void command_run(struct app *app, struct view *view, const struct command *command, const char *argument);
/* "walk ifTable" as typed at the prompt; false with *why. */
bool command_line(struct app *app, struct view *view, const char *line, struct failure *why);
/* Does the list of keys hold this one? */
bool command_has_key(const char *keys, const char *key);
/* Every key with its command, from the tables. */
void command_print_keys(FILE *out);

#endif
