/* What is around every view: header, tabs, breadcrumb, keys. */
#ifndef CONSOLE_FRAME_H
#define CONSOLE_FRAME_H

#include "console/app.h"

enum { FRAME_TOP = 3, FRAME_BOTTOM = 2, FRAME_ROWS = 16, FRAME_COLS = 60 };

/* The tab under a cell, or -1. */
int frame_tab_at(const struct app *app, int y, int x);
/* A panel over what is drawn already: backdrop, raised ground, a heavy title. Its inside. */
struct canvas frame_panel(struct canvas *canvas, int rows, int cols, const char *title, const char *fact);

#endif
