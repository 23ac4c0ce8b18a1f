/* From what is written to what is meant: numbers, flags, choices, paths, lists, each within its bounds. */
#include "settings/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool
refuse(const struct given *given, struct failure *why, const char *text, const char *reason)
{
    return failure_set(why, FAILURE_USAGE, "%s:%d: %s: \"%.100s\" %s", given->file != NULL ? given->file : "default",
                       given->line, given->option->name, text, reason);
}

const char *
convert_path(struct settings *settings, const char *text, const char *file)
{
    const char *slash = file != NULL ? strrchr(file, '/') : NULL, *home = getenv("HOME");
    char path[4096];

    if (strncmp(text, "~/", 2) == 0 && home != NULL)
        snprintf(path, sizeof path, "%s%s", home, text + 1);
    else if (text[0] != '/' && slash != NULL)
        snprintf(path, sizeof path, "%.*s/%s", (int) (slash - file), file, text);
    else
        snprintf(path, sizeof path, "%s", text);
    return arena_text(settings->arena, path, strlen(path));
}

static bool
choose(const struct given *given, const char *text, const char **out, struct failure *why)
{
    char all[256] = "is not one of";

    for (const char *const *c = given->option->choices; *c != NULL; c++) {
        if (strcasecmp(*c, text) == 0) {
            *out = *c;
            return true;
        }
        if (strlen(all) + strlen(*c) + 3 < sizeof all) {
            strcat(all, " ");
            strcat(all, *c);
        }
    }
    return refuse(given, why, text, all);
}

/* One text by the option's form, choices and length; *out is kept in the arena. */
static bool
convert_text(struct settings *settings, const struct given *given, const char *text, const char **out,
             struct failure *why)
{
    const struct option *o = given->option;
    char canonical[FORM_OUT] = "", most[64];
    struct failure reason;
    size_t limit = o->high > 0 ? (size_t) o->high : 1024;

    snprintf(most, sizeof most, "has more than %zu octets", limit);
    if (strlen(text) > limit)
        return refuse(given, why, text, most);
    if (o->choices != NULL && !choose(given, text, &text, why))
        return false;
    if (o->form != NULL && !o->form(text, canonical, &reason))
        return refuse(given, why, text, reason.text);
    if (canonical[0] != '\0')
        text = canonical;
    *out = arena_text(settings->arena, text, strlen(text));
    return true;
}

static bool
convert_number(const struct given *given, const char *text, int *out, struct failure *why)
{
    char bounds[96], *end;
    long number;

    errno = 0;
    number = strtol(text, &end, 10);
    snprintf(bounds, sizeof bounds, "is not a whole number from %ld to %ld", given->option->low, given->option->high);
    /* A leading 0 would be octal to libconfuse and is a slip of the hand here. */
    if (errno != 0 || end == text || *end != '\0' || number < given->option->low || number > given->option->high ||
        (text[0] == '0' && text[1] != '\0'))
        return refuse(given, why, text, bounds);
    *out = (int) number;
    return true;
}

static bool
convert_flag(const struct given *given, const char *text, bool *out, struct failure *why)
{
    *out = strcasecmp(text, "true") == 0 || strcasecmp(text, "yes") == 0 || strcasecmp(text, "on") == 0;
    return *out || strcasecmp(text, "false") == 0 || strcasecmp(text, "no") == 0 || strcasecmp(text, "off") == 0 ||
           refuse(given, why, text, "is neither true nor false");
}

static bool
convert_list(struct settings *settings, const struct given *given, struct settings_list *out, struct failure *why)
{
    const char **items = arena_alloc(settings->arena, (given->n + 1) * sizeof *items);

    for (size_t i = 0; i < given->n; i++) {
        if (given->option->type == OPTION_PATHS)
            items[i] = convert_path(settings, given->items[i], given->file);
        else if (!convert_text(settings, given, given->items[i], &items[i], why))
            return false;
    }
    out->items = items;
    out->n = given->n;
    return true;
}

bool
convert_given(struct settings *settings, const struct given *given, void *data, struct failure *why)
{
    void *field = (char *) data + given->option->offset;
    const char *text = given->n > 0 ? given->items[0] : "";
    const char *chosen;

    switch (given->option->type) {
    case OPTION_TEXT:
    case OPTION_CHOICE:
    case OPTION_PRIVATE:
        return convert_text(settings, given, text, field, why);
    case OPTION_VERSION:
        if (!choose(given, text, &chosen, why))
            return false;
        *(int *) field = chosen[0] - '0';
        return true;
    case OPTION_NUMBER:
        return convert_number(given, text, field, why);
    case OPTION_FLAG:
        return convert_flag(given, text, field, why);
    case OPTION_PATH:
        *(const char **) field = convert_path(settings, text, given->file);
        return true;
    case OPTION_LIST:
    case OPTION_PATHS:
    case OPTION_COMMAND:
        return convert_list(settings, given, field, why);
    }
    return false;
}

struct given
convert_fallback(struct settings *settings, const struct option *option)
{
    struct given given = { .option = option };
    const char *at = option->fallback;
    const char **items;

    if (at == NULL)
        return given;
    items = arena_alloc(settings->arena, (strlen(at) + 1) * sizeof *items);
    if (!option_is_list(option))
        items[given.n++] = at;
    else
        for (size_t n; *at != '\0'; at += n + strspn(at + n, " ")) {
            n = strcspn(at, " ");
            items[given.n++] = arena_text(settings->arena, at, n);
        }
    given.items = items;
    return given;
}
