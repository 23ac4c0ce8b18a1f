/* Settings as the rest of the program sees them. */
#include "settings/private.h"

#include "api/paths.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
only_conf(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".conf") == 0;
}

static bool
read_folder(struct settings *settings, const char *folder, struct failure *why)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, only_conf, alphasort);
    bool well = true;
    char path[4096];

    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        well = well && read_file(settings, path, why);
        free(entries[i]);
    }
    free(entries);
    return well;
}

static bool
read_all(struct settings *settings, struct failure *why)
{
    static const char *const names[] = { "trapline.conf", "devices.conf" };
    char path[2048];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", settings->directory, names[i]);
        if (!read_file(settings, path, why))
            return false;
    }
    snprintf(path, sizeof path, "%s/conf.d", settings->directory);
    return read_folder(settings, path, why);
}

/* Every value outside sections is converted once, so that a wrong one is told at the start. */
static bool
check_top(struct settings *settings, struct failure *why)
{
    union {
        const char *text;
        int number;
        bool flag;
        struct settings_list list;
    } room;

    for (size_t i = 0; i < settings->n_top; i++)
        if (settings->top[i].n > 0 && !convert_given(settings, &settings->top[i], &room, why))
            return false;
    return true;
}

/* Structs of one kind side by side, in the order of the files. */
static void
gather(struct settings *settings)
{
    for (int s = SECTION_TOP + 1; s < SECTIONS; s++) {
        size_t size = section_kinds[s].size;
        char *array = arena_alloc(settings->arena, (settings->n_items + 1) * size);

        settings->arrays[s] = array;
        for (size_t i = 0; i < settings->n_items; i++)
            if ((int) settings->items[i].section == s)
                memcpy(array + size * settings->counts[s]++, settings->items[i].data, size);
    }
}

struct settings *
settings_read(const char *directory, struct failure *why)
{
    struct settings *settings = memory_zero(1, sizeof *settings);
    struct paths paths;

    settings->arena = arena_new();
    settings->top = arena_alloc(settings->arena, option_count * sizeof *settings->top);
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].section == SECTION_TOP)
            settings->top[settings->n_top++] = convert_fallback(settings, &option_table[i]);
    if (!paths_find(&paths, directory, why)) {
        settings_free(settings);
        return NULL;
    }
    snprintf(settings->directory, sizeof settings->directory, "%s", paths.config);
    if (read_all(settings, why) && check_top(settings, why) && check_all(settings, why)) {
        gather(settings);
        return settings;
    }
    settings_free(settings);
    return NULL;
}

void
settings_free(struct settings *settings)
{
    if (settings == NULL)
        return;
    arena_free(settings->arena);
    free(settings->items);
    free(settings);
}

const char *
settings_directory(const struct settings *settings)
{
    return settings->directory;
}

static bool
convert_top(const struct settings *settings, const char *option, void *out)
{
    struct failure why;

    for (size_t i = 0; i < settings->n_top; i++)
        if (strcmp(settings->top[i].option->name, option) == 0)
            return settings->top[i].n > 0 &&
                   convert_given(&(struct settings) { .arena = settings->arena }, &settings->top[i], out, &why);
    assert(!"an option of that name is in the table");
    return false;
}

const char *
settings_text(const struct settings *settings, const char *option)
{
    const char *text = NULL;

    return convert_top(settings, option, &text) ? text : NULL;
}

long
settings_number(const struct settings *settings, const char *option)
{
    int number = 0;

    convert_top(settings, option, &number);
    return number;
}

bool
settings_flag(const struct settings *settings, const char *option)
{
    bool flag = false;

    return convert_top(settings, option, &flag) && flag;
}

struct settings_list
settings_list(const struct settings *settings, const char *option)
{
    struct settings_list list = { 0 };

    convert_top(settings, option, &list);
    return list;
}

size_t
settings_devices(const struct settings *settings, const struct device_setting **out)
{
    *out = settings->arrays[SECTION_DEVICE];
    return settings->counts[SECTION_DEVICE];
}

size_t
settings_profiles(const struct settings *settings, const struct profile **out)
{
    *out = settings->arrays[SECTION_PROFILE];
    return settings->counts[SECTION_PROFILE];
}

size_t
settings_senders(const struct settings *settings, const struct sender_setting **out)
{
    *out = settings->arrays[SECTION_SENDER];
    return settings->counts[SECTION_SENDER];
}

size_t
settings_mails(const struct settings *settings, const struct mail_setting **out)
{
    *out = settings->arrays[SECTION_MAIL];
    return settings->counts[SECTION_MAIL];
}

size_t
settings_digests(const struct settings *settings, const struct digest_setting **out)
{
    *out = settings->arrays[SECTION_DIGEST];
    return settings->counts[SECTION_DIGEST];
}

const struct profile *
settings_profile(const struct settings *settings, const char *name)
{
    const struct profile *profiles;
    size_t n = settings_profiles(settings, &profiles);

    for (size_t i = 0; i < n; i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    return NULL;
}

bool
settings_secret_is_given(const struct secret_source *source)
{
    return source->text != NULL || source->file != NULL || source->command.n > 0;
}

void
settings_profile_fill(struct profile *p)
{
    if (p->auth == NULL && settings_secret_is_given(&p->auth_password))
        p->auth = "SHA-256";
    if (p->priv == NULL && settings_secret_is_given(&p->priv_password))
        p->priv = "AES-128";
}

static void
print_given(const struct given *given, FILE *out)
{
    fprintf(out, "%s =", given->option->name);
    for (size_t i = 0; i < given->n; i++)
        fprintf(out, " \"%s\"", given->option->type == OPTION_PRIVATE ? "(secret)" : given->items[i]);
    if (given->file != NULL)
        fprintf(out, "    # %s:%d\n", given->file, given->line);
    else
        fputs("    # default\n", out);
}

void
settings_print(const struct settings *settings, FILE *out)
{
    for (size_t i = 0; i < settings->n_top; i++)
        print_given(&settings->top[i], out);
    for (size_t i = 0; i < settings->n_items; i++) {
        const struct section_item *item = &settings->items[i];

        fprintf(out, "\n%s \"%s\"    # %s:%d\n", section_kinds[item->section].name, *(const char **) item->data,
                item->file, item->line);
        for (size_t g = 0; g < item->n_given; g++) {
            fputs("    ", out);
            print_given(&item->given[g], out);
        }
    }
}
