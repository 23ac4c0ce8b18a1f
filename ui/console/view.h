/* What a view is: one screen, or a panel over one.
 *
 * `draw` is pure: it looks at the view and at the console's state and fills cells; only geometry may be noted (a
 * list's height). Everything that a key can do is a command in a table; help, the prompt and the footer are written
 * from it. A view cancels its requests when it closes. */
#ifndef CONSOLE_VIEW_H
#define CONSOLE_VIEW_H

#include "console/canvas.h"
#include "console/list.h"
#include "console/term.h"

struct app;
struct mib;
struct view;

enum command_needs {
    NEEDS_ROW = 1,     /* a row under the cursor */
    NEEDS_DEVICE = 2,  /* a device that was chosen */
    NEEDS_WRITE = 4,   /* and may be written to */
    NEEDS_STORE = 8,
    NEEDS_MIB = 16,
};

typedef void command_fn(struct app *app, struct view *view, const char *argument);

struct command {
    const char *name;     /* typed at the prompt */
    const char *keys;     /* names with a space between, or NULL */
    const char *argument; /* "[OBJECT]", or NULL when it takes none */
    const char *help;     /* one line */
    command_fn *run;
    unsigned needs;
    const char *label;    /* in the footer, or NULL */
};

struct title {
    char crumbs[256]; /* parts with " › " between; the last stands out */
    char fact[160];   /* right: position, age, progress */
};

struct view_class {
    const char *name, *about;
    size_t size;
    bool overlay; /* drawn over the view below */
    const struct command *commands;
    size_t n_commands;
    void (*open)(struct view *);
    void (*close)(struct view *);
    void (*draw)(struct view *, struct canvas *);
    void (*title)(struct view *, struct title *);
    void (*moved)(struct view *);          /* the cursor went elsewhere */
    void (*sideways)(struct view *, int by);
    void (*tick)(struct view *, bool changed); /* five times a second, when shown; has the store changed
                                               * since the last one? */
    void (*again)(struct view *);          /* ^r */
    bool (*stop)(struct view *);           /* ^c: true when something ran */
    void (*part)(struct view *, int by);   /* Tab: the next pane */
    list_text_fn *text;                    /* of an own row of the list; arg is the view */
    /* What / does instead of narrowing the list, as one types; `done` with Enter. */
    void (*search)(struct view *, const char *expression, bool done);
    /* As list_narrow, for a view whose list does not hold all rows; `done` with Enter. */
    bool (*narrow)(struct view *, const char *expression, bool done, struct failure *why);
    void (*renamed)(struct view *, struct mib *old); /* app->mib is another one; handles of the old one are void */
    bool (*typed)(struct view *, const struct term_event *); /* text entry takes keys first */
};

struct view {
    const struct view_class *class;
    struct app *app;
    struct list *list; /* the one that has the focus, or NULL */
    int64_t revision;  /* of the store, as of its last tick */
};

#endif
