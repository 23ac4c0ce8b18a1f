/* Typing text. Movement is by character: a base with its combining marks. */
#include "console/prompt.h"

#include <stdio.h>
#include <string.h>

void
prompt_set(struct prompt *p, const char *text)
{
    snprintf(p->text, sizeof p->text, "%s", text);
    p->n = p->at = strlen(p->text);
    p->left = 0;
}

static bool
continues(const char *text)
{
    char one[8] = "";
    size_t n = 1;

    if ((text[0] & 0xc0) == 0x80)
        return true;
    if ((unsigned char) text[0] < 0x80)
        return false;
    while (n < 4 && (text[n] & 0xc0) == 0x80)
        n++;
    memcpy(one, text, n);
    return canvas_width(one) == 0;
}

static size_t
next(const struct prompt *p, size_t at)
{
    if (at < p->n)
        at++;
    while (at < p->n && continues(p->text + at))
        at++;
    return at;
}

static size_t
previous(const struct prompt *p, size_t at)
{
    if (at > 0)
        at--;
    while (at > 0 && continues(p->text + at))
        at--;
    return at;
}

static void
cut(struct prompt *p, size_t from, size_t to)
{
    memmove(p->text + from, p->text + to, p->n - to + 1);
    p->n -= to - from;
    p->at = from;
}

static bool
insert(struct prompt *p, const char *text, size_t n)
{
    if (p->n + n >= sizeof p->text)
        return false;
    memmove(p->text + p->at + n, p->text + p->at, p->n - p->at + 1);
    memcpy(p->text + p->at, text, n);
    p->n += n;
    p->at += n;
    return true;
}

static size_t
line_begin(const struct prompt *p, size_t at)
{
    while (at > 0 && p->text[at - 1] != '\n')
        at--;
    return at;
}

static size_t
line_end(const struct prompt *p, size_t at)
{
    while (at < p->n && p->text[at] != '\n')
        at++;
    return at;
}

static size_t
word_begin(const struct prompt *p, size_t at)
{
    while (at > 0 && p->text[at - 1] == ' ')
        at--;
    while (at > 0 && p->text[at - 1] != ' ' && p->text[at - 1] != '\n')
        at--;
    return at;
}

static enum prompt_result
move_to(struct prompt *p, size_t at)
{
    p->at = at;
    return PROMPT_MOVED;
}

static enum prompt_result
move_line(struct prompt *p, int by)
{
    size_t begin = line_begin(p, p->at), column = p->at - begin, target, end;

    if (!p->lines || (by < 0 && begin == 0) || (by > 0 && line_end(p, p->at) == p->n))
        return PROMPT_NOT_MINE;
    target = by < 0 ? line_begin(p, begin - 1) : line_end(p, p->at) + 1;
    end = line_end(p, target);
    target = target + column > end ? end : target + column;
    while (target > 0 && target < p->n && continues(p->text + target))
        target--;
    return move_to(p, target);
}

static enum prompt_result
delete_key(struct prompt *p, const char *key)
{
    size_t from = p->at, to = p->at;

    if (strcmp(key, "Backspace") == 0)
        from = previous(p, p->at);
    else if (strcmp(key, "Delete") == 0 || strcmp(key, "^d") == 0)
        to = next(p, p->at);
    else if (strcmp(key, "^u") == 0)
        from = line_begin(p, p->at);
    else if (strcmp(key, "^k") == 0)
        to = line_end(p, p->at);
    else if (strcmp(key, "^w") == 0)
        from = word_begin(p, p->at);
    else
        return PROMPT_NOT_MINE;
    if (from == to)
        return PROMPT_MOVED;
    cut(p, from, to);
    return PROMPT_CHANGED;
}

static enum prompt_result
paste(struct prompt *p, const char *text)
{
    for (; *text != '\0'; text++) {
        char c = *text == '\n' && !p->lines ? ' ' : *text;
        if (!insert(p, &c, 1))
            break;
    }
    return PROMPT_CHANGED;
}

enum prompt_result
prompt_event(struct prompt *p, const struct term_event *event)
{
    const char *key = event->key;

    if (event->kind == TERM_PASTE)
        return paste(p, event->text);
    if (event->kind != TERM_KEY)
        return PROMPT_NOT_MINE;
    if (strcmp(key, "Enter") == 0)
        return p->lines ? insert(p, "\n", 1), PROMPT_CHANGED : PROMPT_ENTER;
    if (strcmp(key, "Esc") == 0 || strcmp(key, "^c") == 0 || strcmp(key, "^g") == 0)
        return PROMPT_ESCAPE;
    if (strcmp(key, "Left") == 0 || strcmp(key, "^b") == 0)
        return move_to(p, previous(p, p->at));
    if (strcmp(key, "Right") == 0 || strcmp(key, "^f") == 0)
        return p->at < p->n ? move_to(p, next(p, p->at)) : PROMPT_NOT_MINE;
    if (strcmp(key, "Home") == 0 || strcmp(key, "^a") == 0)
        return move_to(p, line_begin(p, p->at));
    if (strcmp(key, "End") == 0 || strcmp(key, "^e") == 0)
        return move_to(p, line_end(p, p->at));
    if (strcmp(key, "Up") == 0 || strcmp(key, "Down") == 0)
        return move_line(p, key[0] == 'U' ? -1 : 1);
    if (strcmp(key, "Space") == 0)
        return insert(p, " ", 1), PROMPT_CHANGED;
    if (canvas_width(key) <= 2 && key[0] != '^' && (key[1] == '\0' || (unsigned char) key[0] >= 0x80))
        return insert(p, key, strlen(key)), PROMPT_CHANGED;
    if (strcmp(key, "^") == 0)
        return insert(p, "^", 1), PROMPT_CHANGED;
    return delete_key(p, key);
}

static int
cells_before(const char *text, size_t n)
{
    char part[PROMPT_MAX];

    memcpy(part, text, n);
    part[n] = '\0';
    return canvas_width(part);
}

void
prompt_draw(struct prompt *p, struct canvas *canvas, int y, int x, int width)
{
    size_t begin = line_begin(p, p->at), end = line_end(p, p->at), from = begin;
    int caret = cells_before(p->text + begin, p->at - begin);
    char part[PROMPT_MAX];

    if (caret < p->left)
        p->left = caret;
    if (caret >= p->left + width - 1)
        p->left = caret - width + 2;
    while (from < end && cells_before(p->text + begin, from - begin) < p->left)
        from = next(p, from);
    memcpy(part, p->text + from, end - from);
    part[end - from] = '\0';
    canvas_ground(canvas, y, x, width, ROLE_INPUT);
    canvas_run(canvas, y, x, width, ROLE_INPUT, " ");
    canvas_text(canvas, y, x, width, ROLE_INPUT, part);
    canvas_caret(canvas, y, x + caret - p->left);
}

void
prompt_draw_lines(struct prompt *p, struct canvas *canvas, bool focus)
{
    int line = 0, first;
    size_t at = 0;

    for (size_t i = 0; i < p->at; i++)
        line += p->text[i] == '\n';
    first = line >= canvas->rows ? line - canvas->rows + 1 : 0;
    for (int y = 0; y < canvas->rows; y++)
        canvas_ground(canvas, y, 0, -1, ROLE_INPUT);
    for (int y = -first; y < canvas->rows && at <= p->n; y++) {
        size_t end = line_end(p, at);
        char part[PROMPT_MAX];

        memcpy(part, p->text + at, end - at);
        part[end - at] = '\0';
        if (y >= 0) {
            canvas_text(canvas, y, 0, canvas->cols, ROLE_INPUT, part);
            if (focus && p->at >= at && p->at <= end) {
                int caret = cells_before(part, p->at - at);
                canvas_caret(canvas, y, caret < canvas->cols ? caret : canvas->cols - 1);
            }
        }
        at = end + 1;
    }
}
