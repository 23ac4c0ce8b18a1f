/* Movement and narrowing, once for all views. */
#include "console/list.h"

#include "api/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
list_free(struct list *list)
{
    free(list->own);
    filter_free(list->filter);
    memset(list, 0, sizeof *list);
}

void
list_go(struct list *list, size_t shown)
{
    list->at = list->n == 0 ? 0 : shown >= list->n ? list->n - 1 : shown;
}

void
list_move(struct list *list, enum list_move move)
{
    size_t page = list->height > 1 ? (size_t) list->height - 1 : 1, half = page / 2 + 1, back = 0, on = 0;

    switch (move) {
    case LIST_UP: back = 1; break;
    case LIST_DOWN: on = 1; break;
    case LIST_PAGE_UP: back = page; break;
    case LIST_PAGE_DOWN: on = page; break;
    case LIST_HALF_UP: back = half; break;
    case LIST_HALF_DOWN: on = half; break;
    case LIST_FIRST: back = list->at; break;
    case LIST_LAST: on = list->n; break;
    }
    list_go(list, back > list->at ? 0 : list->at - back + on);
    list->follow = move == LIST_LAST || (list->follow && on > 0);
}

struct asked {
    list_text_fn *text;
    void *arg;
    size_t own;
};

static const char *
ask(void *arg, const char *column)
{
    const struct asked *asked = arg;

    return asked->text(asked->arg, asked->own, column);
}

void
list_set(struct list *list, size_t total, list_text_fn *text, void *arg)
{
    size_t own = 0, at = 0;
    bool had = list_current(list, &own);

    list->total = total;
    if (list->filter == NULL) {
        list->n = total;
    } else {
        struct asked asked = {text, arg, 0};
        list->own = memory_grow(list->own, total + 1, sizeof *list->own);
        list->n = 0;
        for (asked.own = 0; asked.own < total; asked.own++)
            if (filter_matches(list->filter, ask, &asked))
                list->own[list->n++] = asked.own;
    }
    if (list->follow) {
        list_go(list, list->n);
        return;
    }
    if (had && list->own != NULL) {
        while (at + 1 < list->n && list->own[at] < own)
            at++;
        list_go(list, at);
    } else {
        list_go(list, had ? own : 0);
    }
}

bool
list_narrow(struct list *list, const char *expression, list_text_fn *text, void *arg, struct failure *why)
{
    struct filter *filter = NULL;
    size_t own = 0;
    bool had = list_current(list, &own);

    if (expression[0] != '\0') {
        filter = filter_new(expression, why);
        if (filter == NULL)
            return false;
    }
    filter_free(list->filter);
    list->filter = filter;
    snprintf(list->expression, sizeof list->expression, "%s", expression);
    free(list->own);
    list->own = NULL;
    list->n = list->total;
    list_go(list, had ? own : 0);
    list_set(list, list->total, text, arg);
    return true;
}

bool
list_pattern_is_open(const char *expression)
{
    const char *word = strrchr(expression, ' ');

    word = word != NULL ? word + 1 : expression;
    word += *word == '!';
    return word[0] == '/' && strchr(word + 1, '/') == NULL;
}

bool
list_own(const struct list *list, size_t shown, size_t *own)
{
    if (shown >= list->n)
        return false;
    *own = list->own != NULL ? list->own[shown] : shown;
    return true;
}

bool
list_current(const struct list *list, size_t *own)
{
    return list_own(list, list->at, own);
}

size_t
list_view(struct list *list, int height)
{
    size_t rows = height < 1 ? 1 : (size_t) height;

    list->height = height;
    if (list->at < list->top)
        list->top = list->at;
    if (list->at >= list->top + rows)
        list->top = list->at - rows + 1;
    if (list->n <= rows)
        list->top = 0;
    else if (list->top > list->n - rows)
        list->top = list->n - rows;
    return list->top;
}
