/* The console as a whole: what `trapline` without a sub-command runs. */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdbool.h>

struct console_options {
    const char *config; /* directory, or NULL for the usual places */
    const char *store;  /* URL or path, or NULL for the settings' */
    const char *theme;  /* name, or NULL for the settings' */
    const char *device; /* the device to begin with, or NULL */
    bool read_only;
    bool no_collector;  /* do not start one */
};

/* Runs until the person leaves. Returns the exit status; what went wrong before the screen was up is printed. */
int console_run(const struct console_options *options);
/* The keys of every view, one a line, from the tables. */
void console_list_keys(void);

#endif
