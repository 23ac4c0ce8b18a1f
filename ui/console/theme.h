/* Themes: what each role looks like, read from a file of `role = foreground background attributes`.
 *
 * A colour is "-" (inherited: the foreground of the ground, the background of what lies below), "default" (the
 * terminal's own), a number 0..15, or #rrggbb, with "/N" behind it where the nearest of 256 colours is not the one
 * wanted. Attributes are letters: b bold, i italic, u underline, r reverse, d dim, or "-". */
#ifndef CONSOLE_THEME_H
#define CONSOLE_THEME_H

#include "api/failure.h"
#include "console/role.h"

#include <stdint.h>

enum { PEN_BOLD = 1, PEN_ITALIC = 2, PEN_UNDERLINE = 4, PEN_REVERSE = 8, PEN_DIM = 16 };
/* How many colours there are. */
enum depth { DEPTH_MONO, DEPTH_8, DEPTH_16, DEPTH_256, DEPTH_RGB };

enum colour_kind { COLOUR_INHERIT, COLOUR_DEFAULT, COLOUR_INDEX, COLOUR_RGB };
struct colour {
    enum colour_kind kind;
    uint32_t rgb;    /* or the index */
    int16_t index;   /* of 256, by hand; -1: the nearest */
};

struct style {
    struct colour foreground, background;
    unsigned attributes;
};

struct theme {
    char name[64];
    struct style style[ROLE_COUNT];
    bool plain; /* no colours at all: shapes and words do everything */
};

/* What is asked of the terminal: colours are -1 (its own), an index, or with DEPTH_RGB 0xrrggbb + PEN_RGB. */
enum { PEN_DEFAULT = -1, PEN_RGB = 0x1000000 };
struct pen {
    int foreground, background;
    unsigned attributes;
};

/* Errors name the file and the line. */
bool theme_read(struct theme *out, const char *path, struct failure *why);
/* By name: `own`/themes/NAME.theme, then `shipped`/NAME.theme. Names have no slash. */
bool theme_find(struct theme *out, const char *name, const char *own, const char *shipped, struct failure *why);
/* What needs no file: no colours, attributes only. */
void theme_plain(struct theme *out);
struct pen theme_pen(const struct theme *theme, enum role role, enum role ground, enum depth depth);
/* The index that looks most like it. */
int theme_nearest_256(uint32_t rgb);
int theme_nearest_16(uint32_t rgb);

#endif
