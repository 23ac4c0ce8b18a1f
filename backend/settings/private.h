/* What was read: values in an arena, each with the place it came from. */
#ifndef SETTINGS_PRIVATE_H
#define SETTINGS_PRIVATE_H

#include "settings/options.h"

#include "api/memory.h"
#include "api/settings.h"

/* One value as written: its items (one, unless it is a list) and where. */
struct given {
    const struct option *option;
    const char *const *items;
    size_t n;
    const char *file; /* NULL: the default */
    int line;
};

struct section_item {
    enum section section;
    void *data; /* the section's struct; its first field is the name */
    const char *file;
    int line;
    struct given *given; /* what was set here */
    size_t n_given;
};

struct settings {
    struct arena *arena;
    char directory[1024];
    struct given *top; /* one for each option outside sections */
    size_t n_top;
    struct section_item *items;
    size_t n_items;
    void *arrays[SECTIONS]; /* structs of one kind side by side, once all files are read */
    size_t counts[SECTIONS];
};

/* Check `given` and put it where its option says, in `data`. */
bool convert_given(struct settings *settings, const struct given *given, void *data, struct failure *why);
/* An option's default as a given. */
struct given convert_fallback(struct settings *settings, const struct option *option);
const char *convert_path(struct settings *settings, const char *text, const char *file);

/* One file into `settings`; one that is not there is no failure. */
bool read_file(struct settings *settings, const char *path, struct failure *why);
/* References, ports, groups: after all files. */
bool check_all(struct settings *settings, struct failure *why);

#endif
