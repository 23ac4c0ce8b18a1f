/* Cells, and the last guard before the terminal: what is not printable becomes U+FFFD here, whoever wrote it. */
#include "console/canvas.h"

#include "api/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { MARKS_MAX = 4 };

struct glyph {
    uint32_t code;
    int octets, width; /* of the UTF-8 consumed; width 0 is a combining mark */
};

/* Invisible characters that change the order or the meaning of their neighbours (Unicode's Cf). */
static bool
is_format(uint32_t c)
{
    return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe0fff) || (c >= 0xfe00 && c <= 0xfe0f);
}

static struct glyph
decode(const char *text)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *) text;
    struct glyph bad = {0xfffd, 1, 1}, g;
    int n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 && s[0] < 0xf8 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;

    if (n == 0 || s[0] >= 0xf8)
        return bad;
    g.code = n == 1 ? s[0] : s[0] & (0xffu >> (n + 1));
    for (int i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return bad;
        g.code = g.code << 6 | (s[i] & 0x3f);
    }
    g.octets = n;
    if (g.code < least[n] || g.code > 0x10ffff || (g.code >= 0xd800 && g.code < 0xe000)) {
        bad.octets = n;
        return bad;
    }
    if (g.code >= 0x20 && g.code < 0x7f) {
        g.width = 1;
        return g;
    }
    g.width = is_format(g.code) ? -1 : wcwidth((wchar_t) g.code);
    if (g.width < 0) {
        bad.octets = n;
        return bad;
    }
    return g;
}

struct canvas *
canvas_new(int rows, int cols)
{
    struct canvas *c = memory_zero(1, sizeof *c);

    c->rows = rows < 1 ? 1 : rows;
    c->cols = c->stride = cols < 1 ? 1 : cols;
    c->cells = memory_zero((size_t) c->rows * (size_t) c->cols, sizeof *c->cells);
    c->caret = memory_zero(1, sizeof *c->caret);
    canvas_clear(c);
    return c;
}

void
canvas_free(struct canvas *canvas)
{
    if (canvas != NULL) {
        free(canvas->cells);
        free(canvas->caret);
        free(canvas);
    }
}

void
canvas_clear(struct canvas *canvas)
{
    canvas->caret->y = -1;
    canvas_blank(canvas, ROLE_TEXT);
}

struct canvas
canvas_part(const struct canvas *c, int y, int x, int rows, int cols)
{
    struct canvas part = *c;

    y = y < 0 ? 0 : y > c->rows ? c->rows : y;
    x = x < 0 ? 0 : x > c->cols ? c->cols : x;
    rows = rows < 0 ? 0 : rows;
    cols = cols < 0 ? 0 : cols;
    part.cells = c->cells + (size_t) y * (size_t) c->stride + x;
    part.rows = rows > c->rows - y ? c->rows - y : rows;
    part.cols = cols > c->cols - x ? c->cols - x : cols;
    part.y0 = c->y0 + y;
    part.x0 = c->x0 + x;
    return part;
}

static struct cell *
cell_at(const struct canvas *c, int y, int x)
{
    if (y < 0 || x < 0 || y >= c->rows || x >= c->cols)
        return NULL;
    return c->cells + (size_t) y * (size_t) c->stride + x;
}

/* Overwriting one half of a wide character blanks the other. */
static void
cell_set(struct canvas *c, int y, int x, const char *text, size_t n, int width, enum role role)
{
    struct cell *cell = cell_at(c, y, x), *next = cell_at(c, y, x + 1), *before = cell_at(c, y, x - 1);

    if (cell->text[0] == '\0' && before != NULL)
        memcpy(before->text, " ", 2);
    if (next != NULL && next->text[0] == '\0')
        memcpy(next->text, " ", 2);
    memcpy(cell->text, text, n);
    cell->text[n] = '\0';
    cell->role = (uint8_t) role;
    if (width == 2) {
        struct cell *after = cell_at(c, y, x + 2);
        if (after != NULL && after->text[0] == '\0')
            memcpy(after->text, " ", 2);
        next->text[0] = '\0';
        next->role = (uint8_t) role;
    }
}

int
canvas_width(const char *text)
{
    int cells = 0;

    for (struct glyph g; *text != '\0'; text += g.octets) {
        g = decode(text);
        cells += g.width;
    }
    return cells;
}

static void
add_mark(struct canvas *c, int y, int x, const char *text, int octets)
{
    struct cell *cell = cell_at(c, y, x);
    size_t n;
    int marks = 0;

    if (cell != NULL && cell->text[0] == '\0')
        cell = cell_at(c, y, x - 1);
    if (cell == NULL)
        return;
    n = strlen(cell->text);
    for (size_t i = 0; i < n; i++)
        marks += (cell->text[i] & 0xc0) != 0x80;
    if (marks > MARKS_MAX || n + (size_t) octets >= sizeof cell->text)
        return;
    memcpy(cell->text + n, text, (size_t) octets);
    cell->text[n + (size_t) octets] = '\0';
}

int
canvas_text(struct canvas *c, int y, int x, int max, enum role role, const char *text)
{
    int room = c->cols - x, used = 0;
    bool cut;

    if (max >= 0 && max < room)
        room = max;
    if (y < 0 || y >= c->rows || room <= 0 || x < 0 || text == NULL)
        return 0;
    cut = canvas_width(text) > room;
    for (struct glyph g; *text != '\0'; text += g.octets) {
        g = decode(text);
        if (g.width == 0) {
            if (used > 0)
                add_mark(c, y, x + used - 1, text, g.octets);
            continue;
        }
        if (used + g.width > room - cut)
            break;
        if (g.code == 0xfffd)
            cell_set(c, y, x + used, "\xef\xbf\xbd", 3, 1, role);
        else
            cell_set(c, y, x + used, text, (size_t) g.octets, g.width, role);
        used += g.width;
    }
    if (cut) {
        cell_set(c, y, x + used, "…", 3, 1, role);
        used++;
    }
    return used;
}

int
canvas_format(struct canvas *c, int y, int x, int max, enum role role, const char *format, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    return canvas_text(c, y, x, max, role, text);
}

int
canvas_right(struct canvas *c, int y, int end, int max, enum role role, const char *text)
{
    int width = canvas_width(text);

    if (max >= 0 && width > max)
        width = max;
    if (width > end)
        width = end;
    return canvas_text(c, y, end - width, width, role, text);
}

/* How many octets of `text` make the next line, and how many to skip with the space that ended it. */
static size_t
wrap_line(const char *text, int width, size_t *skip)
{
    size_t at = 0, space = 0;
    int used = 0;

    while (text[at] != '\0' && text[at] != '\n') {
        struct glyph g = decode(text + at);
        if (used + g.width > width) {
            *skip = space > 0 ? space + 1 : at;
            return space > 0 ? space : at;
        }
        if (text[at] == ' ')
            space = at;
        used += g.width;
        at += (size_t) g.octets;
    }
    *skip = text[at] == '\n' ? at + 1 : at;
    return at;
}

int
canvas_wrap(struct canvas *c, int y, int x, int width, int lines, enum role role, const char *text)
{
    int line = 0;

    if (width < 4)
        return 0;
    while (*text != '\0' && line < lines) {
        char part[1024];
        size_t skip, n = wrap_line(text, width, &skip);

        if (n >= sizeof part)
            n = skip = sizeof part - 1;
        memcpy(part, text, n);
        part[n] = '\0';
        canvas_text(c, y + line, x, width, role, part);
        text += skip > 0 ? skip : 1;
        line++;
        if (line == lines && *text != '\0')
            canvas_text(c, y + line - 1, x + width - 1, 1, role, "…");
    }
    return line;
}

void
canvas_run(struct canvas *c, int y, int x, int n, enum role role, const char *character)
{
    size_t octets = strlen(character);

    assert(octets < sizeof c->cells->text);
    for (int i = 0; i < n; i++)
        if (cell_at(c, y, x + i) != NULL)
            cell_set(c, y, x + i, character, octets, 1, role);
}

void
canvas_ground(struct canvas *c, int y, int x, int n, enum role ground)
{
    for (int i = x; i < (n < 0 ? c->cols : x + n); i++) {
        struct cell *cell = cell_at(c, y, i);
        if (cell != NULL)
            cell->ground = (uint8_t) ground;
    }
}

void
canvas_role(struct canvas *c, int y, int x, int n, enum role role)
{
    for (int i = x; i < (n < 0 ? c->cols : x + n); i++) {
        struct cell *cell = cell_at(c, y, i);
        if (cell != NULL)
            cell->role = (uint8_t) role;
    }
}

void
canvas_blank(struct canvas *c, enum role ground)
{
    for (int y = 0; y < c->rows; y++) {
        canvas_run(c, y, 0, c->cols, ROLE_TEXT, " ");
        canvas_ground(c, y, 0, c->cols, ground);
    }
}

void
canvas_backdrop(struct canvas *c)
{
    for (int y = 0; y < c->rows; y++) {
        canvas_role(c, y, 0, c->cols, ROLE_BACKDROP);
        canvas_ground(c, y, 0, c->cols, ROLE_BACKDROP);
    }
    c->caret->y = -1;
}

void
canvas_caret(struct canvas *c, int y, int x)
{
    if (cell_at(c, y, x) != NULL) {
        c->caret->y = c->y0 + y;
        c->caret->x = c->x0 + x;
    }
}

void
canvas_title(struct canvas *c, int y, const char *title, const char *fact, bool focus)
{
    enum role rule = focus ? ROLE_FOCUS : ROLE_FRAME;
    int room = c->cols - 6, used, width;

    canvas_run(c, y, 0, c->cols, rule, focus ? "━" : "─");
    used = canvas_text(c, y, 2, room, focus ? ROLE_FOCUS : ROLE_TITLE, title);
    canvas_run(c, y, 1, 1, rule, " ");
    canvas_run(c, y, 2 + used, 1, rule, " ");
    width = fact == NULL ? 0 : canvas_width(fact);
    if (width > 0 && used + width + 6 <= c->cols) {
        canvas_run(c, y, c->cols - width - 3, 1, rule, " ");
        canvas_right(c, y, c->cols - 2, width, ROLE_DIM, fact);
        canvas_run(c, y, c->cols - 2, 1, rule, " ");
    }
}

static const struct {
    char from[4];
    char to;
} stand_ins[] = {
    {"●", '*'}, {"◆", '#'}, {"◇", '~'}, {"▲", '!'}, {"•", '.'}, {"○", 'o'}, {"✓", 'v'}, {"✗", 'x'}, {"▣", '='},
    {"↻", '~'}, {"✎", 'w'}, {"▪", '+'}, {"▸", '+'}, {"▾", '-'}, {"·", '.'}, {"→", '>'}, {"←", '<'}, {"↑", '^'},
    {"↓", 'v'}, {"↳", '>'}, {"×", 'x'}, {"━", '='}, {"─", '-'}, {"│", '|'}, {"┊", '|'}, {"╌", '-'}, {"▌", '>'},
    {"▏", '|'}, {"▁", '_'}, {"▂", '.'}, {"▃", '-'}, {"▄", '='}, {"▅", '+'}, {"▆", '*'}, {"▇", '#'}, {"█", '#'},
    {"…", '~'}, {"›", '>'}, {"—", '-'}, {"–", '-'}, {"−", '-'}, {"✉", 'm'}, {"┃", '|'}, {"≤", '<'}, {"≥", '>'},
    {"⠋", '|'}, {"⠙", '/'}, {"⠹", '-'}, {"⠸", '\\'}, {"⠼", '|'}, {"⠴", '/'}, {"⠦", '-'}, {"⠧", '\\'},
    {"⠇", '|'}, {"⠏", '/'}, {"°", '\''}, {"“", '"'}, {"”", '"'}, {"’", '\''},
};

void
canvas_ascii(struct canvas *c)
{
    for (int y = 0; y < c->rows; y++)
        for (int x = 0; x < c->cols; x++) {
            struct cell *cell = cell_at(c, y, x);
            char to = '?';

            if (cell->text[0] >= ' ' && cell->text[0] < 0x7f && cell->text[1] == '\0')
                continue;
            if (cell->text[0] == '\0')
                to = ' ';
            for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++)
                if (strncmp(cell->text, stand_ins[i].from, 4) == 0)
                    to = stand_ins[i].to;
            cell->text[0] = to;
            cell->text[1] = '\0';
        }
}

void
canvas_plain_cursor(struct canvas *c)
{
    for (int y = 0; y < c->rows; y++)
        for (int x = 0; x < c->cols; x++)
            if (strcmp(cell_at(c, y, x)->text, "▌") == 0)
                memcpy(cell_at(c, y, x)->text, ">", 2);
}

static void
print_line(FILE *out, char *line, int n)
{
    while (n > 0 && line[n - 1] == ' ')
        n--;
    fprintf(out, "%.*s\n", n, line);
}

/* Roles of cells that show nothing are left out, so that a golden says only what can be seen. */
void
canvas_print(const struct canvas *c, FILE *out)
{
    char *line = memory_alloc((size_t) c->cols + 1);

    for (int y = 0; y < c->rows; y++) {
        int last = 0;
        for (int x = 0; x < c->cols; x++)
            if (strcmp(cell_at(c, y, x)->text, " ") != 0)
                last = x + 1;
        for (int x = 0; x < last; x++)
            fputs(cell_at(c, y, x)->text, out);
        fputc('\n', out);
    }
    fputs("== roles\n", out);
    for (int y = 0; y < c->rows; y++) {
        for (int x = 0; x < c->cols; x++) {
            struct cell *cell = cell_at(c, y, x);
            line[x] = strcmp(cell->text, " ") == 0 ? ' ' : role_letter((enum role) cell->role);
        }
        print_line(out, line, c->cols);
    }
    fputs("== grounds\n", out);
    for (int y = 0; y < c->rows; y++) {
        for (int x = 0; x < c->cols; x++) {
            struct cell *cell = cell_at(c, y, x);
            line[x] = cell->ground == ROLE_TEXT ? ' ' : role_letter((enum role) cell->ground);
        }
        print_line(out, line, c->cols);
    }
    free(line);
}
