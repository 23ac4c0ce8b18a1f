/* One settings file: scanned by us for what libconfuse lets pass, parsed by libconfuse, taken over value by value. */
#include "settings/private.h"

#include "settings/scan.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 4 << 20 };

/* libconfuse's error function has no argument of ours, and its name for a text in memory is "[buf]". */
static struct failure *confused;
static const char *confused_file;

static void complain(cfg_t *cfg, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

static void
complain(cfg_t *cfg, const char *format, va_list args)
{
    char text[300];

    vsnprintf(text, sizeof text, format, args);
    if (confused != NULL)
        failure_set(confused, FAILURE_USAGE, "%s:%d: %s", confused_file,
                    cfg != NULL ? cfg->line : 0, text);
}

/* libconfuse's own table from ours: every value as text, checked by us. */
static cfg_opt_t *
options_for(struct settings *settings, enum section section, cfg_opt_t *const *sections)
{
    cfg_opt_t *options = arena_alloc(settings->arena, (option_count + SECTIONS + 1) * sizeof *options);
    size_t n = 0;

    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].section == section) {
            cfg_opt_t text = CFG_STR(option_table[i].name, NULL, CFGF_NONE);
            cfg_opt_t list = CFG_STR_LIST(option_table[i].name, NULL, CFGF_NONE);

            options[n++] = option_is_list(&option_table[i]) ? list : text;
        }
    for (int s = SECTION_TOP + 1; sections != NULL && s < SECTIONS; s++) {
        cfg_opt_t sub = CFG_SEC(section_kinds[s].name, sections[s], CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);

        options[n++] = sub;
    }
    options[n] = (cfg_opt_t) CFG_END();
    return options;
}

static struct given
take(struct settings *settings, cfg_t *cfg, const struct mark *mark, const char *file)
{
    struct given given = { .option = mark->option, .file = file, .line = mark->line };
    size_t n = option_is_list(mark->option) ? cfg_size(cfg, mark->option->name) : 1;
    const char **items = arena_alloc(settings->arena, (n + 1) * sizeof *items);

    for (size_t i = 0; i < n; i++) {
        const char *text = cfg_getnstr(cfg, mark->option->name, (unsigned) i);

        items[given.n++] = arena_text(settings->arena, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
    }
    given.items = items;
    return given;
}

static bool
is_repeated(const struct settings *settings, enum section section, const char *title, const struct mark *mark,
            const char *file, struct failure *why)
{
    for (size_t i = 0; i < settings->n_items; i++)
        if (settings->items[i].section == section && strcmp(*(const char **) settings->items[i].data, title) == 0) {
            failure_set(why, FAILURE_USAGE, "%s:%d: %s \"%s\" is there already, in %s:%d; give it another name", file,
                        mark->line, section_kinds[section].name, title, settings->items[i].file,
                        settings->items[i].line);
            return true;
        }
    return false;
}

static bool
new_item(struct settings *settings, cfg_t *cfg, const struct mark *mark, const char *file, struct failure *why)
{
    struct section_item item = { .section = mark->section, .file = file, .line = mark->line };
    const char *title = cfg_title(cfg);
    const char **name;

    if (title == NULL || *title == '\0' || strlen(title) > 255)
        return failure_set(why, FAILURE_USAGE, "%s:%d: %s needs a name of 1 to 255 octets", file, mark->line,
                           section_kinds[mark->section].name);
    if (is_repeated(settings, mark->section, title, mark, file, why))
        return false;
    name = item.data = arena_alloc(settings->arena, section_kinds[mark->section].size);
    *name = arena_text(settings->arena, title, strlen(title));
    item.given = arena_alloc(settings->arena, option_count * sizeof *item.given);
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].section == mark->section && option_table[i].fallback != NULL) {
            struct given given = convert_fallback(settings, &option_table[i]);

            if (!convert_given(settings, &given, item.data, why))
                return false;
        }
    settings->items = memory_grow(settings->items, settings->n_items + 1, sizeof item);
    settings->items[settings->n_items++] = item;
    return true;
}

static bool
closed_to_others(const char *path, int line, const struct stat *st, struct failure *why)
{
    if ((st->st_mode & 077) == 0 && st->st_uid == geteuid())
        return true;
    return failure_set(why, FAILURE_REFUSED,
                       "%s:%d: this file holds a secret and its mode is %04o; chmod 600 it (and own it), or use "
                       "community-file",
                       path, line, (unsigned) st->st_mode & 07777);
}

static bool
take_all(struct settings *settings, cfg_t *cfg, const struct marks *marks, const char *file, const struct stat *st,
         struct failure *why)
{
    cfg_t *here = cfg;

    for (size_t i = 0; i < marks->n; i++) {
        const struct mark *mark = &marks->at[i];
        struct section_item *item;
        struct given given;

        here = mark->section == SECTION_TOP ? cfg : cfg_getnsec(cfg, section_kinds[mark->section].name, mark->nth);
        if (here == NULL)
            return failure_set(why, FAILURE_USAGE, "%s:%d: could not be read", file, mark->line);
        if (mark->option == NULL) {
            if (!new_item(settings, here, mark, file, why))
                return false;
            continue;
        }
        given = take(settings, here, mark, file);
        if (mark->option->type == OPTION_PRIVATE && !closed_to_others(file, mark->line, st, why))
            return false;
        if (mark->section != SECTION_TOP) {
            item = &settings->items[settings->n_items - 1];
            item->given[item->n_given++] = given;
            if (!convert_given(settings, &given, item->data, why))
                return false;
            continue;
        }
        for (size_t t = 0; t < settings->n_top; t++)
            if (settings->top[t].option == given.option)
                settings->top[t] = given;
    }
    return true;
}

static char *
read_whole(const char *path, size_t *n, struct stat *st, struct failure *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = NULL;
    ssize_t got;

    if (fd < 0) {
        failure_errno(why, errno, "%s: cannot be read", path);
        return NULL;
    }
    if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode) || st->st_size > FILE_MAX)
        failure_set(why, FAILURE_USAGE, "%s: is not a plain file of at most %d octets", path, FILE_MAX);
    else {
        text = memory_zero(1, (size_t) st->st_size + 1);
        for (*n = 0; *n < (size_t) st->st_size && (got = read(fd, text + *n, (size_t) st->st_size - *n)) > 0;)
            *n += (size_t) got;
    }
    close(fd);
    return text;
}

bool
read_file(struct settings *settings, const char *path, struct failure *why)
{
    const char *file = arena_text(settings->arena, path, strlen(path));
    cfg_opt_t *sections[SECTIONS] = { NULL };
    struct marks marks = { 0 };
    struct stat st;
    bool well = false;
    cfg_t *cfg = NULL;
    char *text;
    size_t n;

    if (access(path, F_OK) != 0 && errno == ENOENT)
        return true;
    text = read_whole(path, &n, &st, why);
    if (text == NULL)
        return false;
    for (int s = SECTION_TOP + 1; s < SECTIONS; s++)
        sections[s] = options_for(settings, (enum section) s, NULL);
    confused = why;
    confused_file = file;
    if (scan_file(file, text, n, &marks, why)) {
        cfg = cfg_init(options_for(settings, SECTION_TOP, sections), CFGF_NONE);
        cfg_set_error_function(cfg, complain);
        well = cfg_parse_buf(cfg, text) == CFG_SUCCESS && take_all(settings, cfg, &marks, file, &st, why);
    }
    confused = NULL;
    if (cfg != NULL)
        cfg_free(cfg);
    free(marks.at);
    free(text);
    return well;
}
