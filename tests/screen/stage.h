/* A console without a terminal, on the fake backend, for tests: keys in, cells out. */
#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

#include "console/app.h"

/* Opens everything and lets time pass until nothing is outstanding. */
struct app *stage_new(bool read_only);
void stage_free(struct app *app);
/* Key names with a space between; "'text" types characters (with _ for a space); "wait" lets a second pass. */
void stage_keys(struct app *app, const char *keys);
/* The same, and nothing is waited for: what is seen then is what a person sees at once. */
void stage_press(struct app *app, const char *keys);
void stage_wait(struct app *app);
struct canvas *stage_draw(struct app *app, int rows, int cols);
/* Is this text on the screen? */
bool stage_shows(struct app *app, const char *text);

#endif
