/* The names: the snapshot is kept up to date in the background, and taken when it is new. */
#ifndef CONSOLE_NAMES_H
#define CONSOLE_NAMES_H

struct app;

/* Compile what changed, now and whenever a directory changes; the settings must be there. */
void names_start(struct app *app, const char *config);
void names_again(struct app *app);
void names_stop(struct app *app);

#endif
