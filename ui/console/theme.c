/* Themes: the file's reader, and how a colour falls back from 24 bits to 256, 16, 8 and none. */
#include "console/theme.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    char letter;
} roles[ROLE_COUNT] = {
#define X(id, name, letter) {name, letter},
    ROLES(X)
#undef X
};

/* xterm's palette. */
static const uint32_t palette[16] = {
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
    0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
};

const char *
role_name(enum role role)
{
    return roles[role].name;
}

char
role_letter(enum role role)
{
    return roles[role].letter;
}

static bool
parse_number(const char *text, long most, long *out)
{
    char *end;

    if (!isdigit((unsigned char) text[0]))
        return false;
    errno = 0;
    *out = strtol(text, &end, 10);
    return *end == '\0' && errno == 0 && *out <= most;
}

static bool
parse_colour(char *word, struct colour *out)
{
    char *slash = strchr(word, '/'), *end;
    long number;

    *out = (struct colour) { COLOUR_INHERIT, 0, -1 };
    if (strcmp(word, "-") == 0)
        return true;
    if (strcmp(word, "default") == 0) {
        out->kind = COLOUR_DEFAULT;
        return true;
    }
    if (slash != NULL) {
        *slash = '\0';
        if (!parse_number(slash + 1, 255, &number))
            return false;
        out->index = (int16_t) number;
    }
    if (word[0] == '#') {
        out->kind = COLOUR_RGB;
        out->rgb = (uint32_t) strtoul(word + 1, &end, 16);
        return strlen(word) == 7 && *end == '\0' && isxdigit((unsigned char) word[1]);
    }
    out->kind = COLOUR_INDEX;
    if (slash != NULL || !parse_number(word, 15, &number))
        return false;
    out->rgb = (uint32_t) number;
    return true;
}

static bool
parse_attributes(const char *word, unsigned *out)
{
    static const char letters[] = "biurd";

    *out = 0;
    if (strcmp(word, "-") == 0)
        return true;
    for (; *word != '\0'; word++) {
        const char *at = strchr(letters, *word);
        if (at == NULL)
            return false;
        *out |= 1u << (at - letters);
    }
    return true;
}

/* One line: "role = foreground background attributes". */
static bool
parse_line(struct theme *theme, bool seen[ROLE_COUNT], char *line, const char *path, int n, struct failure *why)
{
    char *save = NULL, *name = strtok_r(line, " \t\r\n", &save), *word[4];
    struct style style;
    int role = 0;

    if (name == NULL || name[0] == '#')
        return true;
    for (int i = 0; i < 4; i++)
        word[i] = strtok_r(NULL, " \t\r\n", &save);
    if (word[3] == NULL || strcmp(word[0], "=") != 0 || strtok_r(NULL, " \t\r\n", &save) != NULL)
        return failure_set(why, FAILURE_USAGE, "%s:%d: write: role = foreground background attributes", path, n);
    while (role < ROLE_COUNT && strcmp(roles[role].name, name) != 0)
        role++;
    if (role == ROLE_COUNT)
        return failure_set(why, FAILURE_USAGE, "%s:%d: there is no role \"%s\"", path, n, name);
    if (seen[role])
        return failure_set(why, FAILURE_USAGE, "%s:%d: the role \"%s\" is given twice", path, n, name);
    for (int i = 1; i < 3; i++)
        if (!parse_colour(word[i], i == 1 ? &style.foreground : &style.background))
            return failure_set(why, FAILURE_USAGE, "%s:%d: \"%s\" is no colour; write -, default, 0..15 or #rrggbb",
                               path, n, word[i]);
    if (!parse_attributes(word[3], &style.attributes))
        return failure_set(why, FAILURE_USAGE, "%s:%d: \"%s\": attributes are letters of b i u r d, or -", path, n,
                           word[3]);
    seen[role] = true;
    theme->style[role] = style;
    return true;
}

static void
settle(struct theme *theme)
{
    theme->plain = true;
    for (int i = 0; i < ROLE_COUNT; i++) {
        const struct style *s = &theme->style[i];
        if (s->foreground.kind > COLOUR_DEFAULT || s->background.kind > COLOUR_DEFAULT)
            theme->plain = false;
    }
}

static bool
read_lines(struct theme *theme, FILE *file, const char *path, struct failure *why)
{
    bool seen[ROLE_COUNT] = {false};
    char line[512];

    for (int n = 1; fgets(line, sizeof line, file) != NULL; n++) {
        if (strchr(line, '\n') == NULL && !feof(file))
            return failure_set(why, FAILURE_USAGE, "%s:%d: the line is too long", path, n);
        if (n > 1000)
            return failure_set(why, FAILURE_LIMIT, "%s: more than 1000 lines", path);
        if (!parse_line(theme, seen, line, path, n, why))
            return false;
    }
    if (ferror(file))
        return failure_errno(why, errno, "%s: cannot be read", path);
    for (int i = 0; i < ROLE_COUNT; i++)
        if (!seen[i])
            return failure_set(why, FAILURE_USAGE, "%s: the role \"%s\" is missing", path, roles[i].name);
    return true;
}

bool
theme_read(struct theme *out, const char *path, struct failure *why)
{
    struct theme theme;
    const char *base = strrchr(path, '/');
    FILE *file = fopen(path, "re");
    bool ok;

    if (file == NULL)
        return failure_errno(why, errno, "%s: the theme cannot be opened", path);
    memset(&theme, 0, sizeof theme);
    base = base == NULL ? path : base + 1;
    snprintf(theme.name, sizeof theme.name, "%.*s", (int) strcspn(base, "."), base);
    ok = read_lines(&theme, file, path, why);
    fclose(file);
    if (!ok)
        return false;
    settle(&theme);
    *out = theme;
    return true;
}

bool
theme_find(struct theme *out, const char *name, const char *own, const char *shipped, struct failure *why)
{
    char path[2200];
    FILE *file;

    if (name[0] == '\0' || strlen(name) > 60 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != strlen(name))
        return failure_set(why, FAILURE_USAGE, "a theme's name has letters, digits and dashes, not \"%s\"", name);
    if (own != NULL) {
        snprintf(path, sizeof path, "%s/themes/%s.theme", own, name);
        file = fopen(path, "re");
        if (file != NULL) {
            fclose(file);
            return theme_read(out, path, why);
        }
    }
    snprintf(path, sizeof path, "%s/%s.theme", shipped, name);
    return theme_read(out, path, why);
}

void
theme_plain(struct theme *out)
{
    static const struct { enum role role; unsigned attributes; } plain[] = {
        {ROLE_TITLE, PEN_BOLD}, {ROLE_DIM, PEN_DIM}, {ROLE_FAINT, PEN_DIM}, {ROLE_FRAME, PEN_DIM},
        {ROLE_FOCUS, PEN_BOLD}, {ROLE_KEY, PEN_BOLD}, {ROLE_SELECTION, PEN_REVERSE}, {ROLE_CELL, PEN_REVERSE},
        {ROLE_BACKDROP, PEN_DIM}, {ROLE_MARKED, PEN_BOLD}, {ROLE_CHANGED, PEN_UNDERLINE}, {ROLE_INPUT, PEN_UNDERLINE},
        {ROLE_LAMP, PEN_BOLD | PEN_REVERSE}, {ROLE_PRODUCTION, PEN_BOLD | PEN_REVERSE}, {ROLE_CRITICAL, PEN_BOLD},
    };

    memset(out, 0, sizeof *out);
    snprintf(out->name, sizeof out->name, "plain");
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        out->style[plain[i].role].attributes = plain[i].attributes;
    out->plain = true;
}

static int
distance(uint32_t a, uint32_t b)
{
    int sum = 0;

    for (int shift = 0; shift < 24; shift += 8) {
        int d = (int) (a >> shift & 255) - (int) (b >> shift & 255);
        sum += d * d;
    }
    return sum;
}

int
theme_nearest_256(uint32_t rgb)
{
    static const int level[6] = {0, 95, 135, 175, 215, 255};
    int best = 16, least = INT_MAX;

    for (int i = 16; i < 256; i++) {
        int c = i - 16, grey = 8 + 10 * (i - 232);
        uint32_t candidate = i >= 232 ? (uint32_t) (grey << 16 | grey << 8 | grey)
                                      /* cppcheck-suppress arrayIndexOutOfBounds ; c is used below 216 only */
                                      : (uint32_t) (level[c / 36] << 16 | level[c / 6 % 6] << 8 | level[c % 6]);
        if (distance(rgb, candidate) < least) {
            least = distance(rgb, candidate);
            best = i;
        }
    }
    return best;
}

int
theme_nearest_16(uint32_t rgb)
{
    int best = 0;

    for (int i = 1; i < 16; i++)
        if (distance(rgb, palette[i]) < distance(rgb, palette[best]))
            best = i;
    return best;
}

static int
colour_number(const struct colour *colour, enum depth depth)
{
    if (colour->kind != COLOUR_INDEX && colour->kind != COLOUR_RGB)
        return PEN_DEFAULT;
    if (depth == DEPTH_MONO)
        return PEN_DEFAULT;
    if (colour->kind == COLOUR_INDEX)
        return (int) colour->rgb;
    if (depth == DEPTH_RGB)
        return (int) (colour->rgb | PEN_RGB);
    if (depth == DEPTH_256)
        return colour->index >= 0 ? colour->index : theme_nearest_256(colour->rgb);
    return theme_nearest_16(colour->rgb);
}

/* Eight colours: 9-15 become 1-7 in bold, and 8, often black on black, the default dimmed. */
static void
fold_to_8(struct pen *pen)
{
    if (pen->foreground == 8) {
        pen->foreground = PEN_DEFAULT;
        pen->attributes |= PEN_DIM;
    } else if (pen->foreground > 8) {
        pen->foreground -= 8;
        pen->attributes |= PEN_BOLD;
    }
    if (pen->background == 8)
        pen->background = PEN_DEFAULT;
    else if (pen->background > 8)
        pen->background -= 8;
}

static bool
is_loud(enum role ground)
{
    return ground == ROLE_SELECTION || ground == ROLE_CELL || ground == ROLE_LAMP || ground == ROLE_PRODUCTION ||
           ground == ROLE_MATCH;
}

static int
base_ground(const struct theme *theme, enum depth depth)
{
    struct pen pen = {PEN_DEFAULT, colour_number(&theme->style[ROLE_TEXT].background, depth), 0};

    if (depth == DEPTH_8)
        fold_to_8(&pen);
    return pen.background;
}

struct pen
theme_pen(const struct theme *theme, enum role role, enum role ground, enum depth depth)
{
    const struct style *r, *g = &theme->style[ground], *base = &theme->style[ROLE_TEXT];
    const struct colour *fg, *bg;
    bool own_ground;
    struct pen pen;

    /* Quiet text would be too quiet on the selected row. */
    if (ground == ROLE_SELECTION &&
        (role == ROLE_DIM || role == ROLE_FAINT || role == ROLE_DISABLED || role == ROLE_STALE || role == ROLE_FRAME))
        role = ROLE_LABEL;
    r = &theme->style[role];
    own_ground = role != ROLE_TEXT && r->background.kind != COLOUR_INHERIT;
    bg = own_ground ? &r->background : &g->background;
    if (bg->kind == COLOUR_INHERIT)
        bg = &base->background;
    fg = &r->foreground;
    if (!own_ground && ground != ROLE_TEXT && g->foreground.kind != COLOUR_INHERIT)
        fg = &g->foreground;
    if (fg->kind == COLOUR_INHERIT)
        fg = &base->foreground;
    pen.foreground = colour_number(fg, depth);
    pen.background = colour_number(bg, depth);
    pen.attributes = ((r->attributes | g->attributes) & ~(unsigned) PEN_REVERSE) |
                     ((r->attributes ^ g->attributes) & PEN_REVERSE);
    if (depth == DEPTH_8)
        fold_to_8(&pen);
    /* Two grounds can fall together where there are few colours; where one is, must show all the same. */
    if (depth <= DEPTH_16 && is_loud(own_ground ? role : ground) && pen.background == base_ground(theme, depth) &&
        !((r->attributes | g->attributes) & PEN_REVERSE))
        pen.attributes |= PEN_REVERSE;
    return pen;
}
