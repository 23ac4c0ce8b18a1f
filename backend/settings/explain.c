/* The table of options, told to a person. */
#include "settings/options.h"

#include "api/settings.h"

#include <stdio.h>
#include <string.h>

static void
append(char *out, size_t size, const char *text)
{
    size_t n = strlen(out);

    snprintf(out + n, size - n, "%s", text);
}

static void
append_choices(char *out, size_t size, const char *const *choices)
{
    for (size_t i = 0; choices[i] != NULL; i++) {
        if (i > 0)
            append(out, size, choices[i + 1] == NULL ? " or " : ", ");
        append(out, size, choices[i]);
    }
}

void
option_takes(const struct option *option, char *out, size_t size)
{
    static const char *const words[] = {
        [OPTION_TEXT] = "text",      [OPTION_CHOICE] = "a choice",
        [OPTION_VERSION] = "a choice", [OPTION_NUMBER] = "a number",
        [OPTION_FLAG] = "true or false", [OPTION_LIST] = "a list",
        [OPTION_PATH] = "a path",    [OPTION_PATHS] = "a list of paths",
        [OPTION_COMMAND] = "a command and its arguments", [OPTION_PRIVATE] = "a secret",
    };

    out[0] = '\0';
    if (option->type == OPTION_NUMBER)
        snprintf(out, size, "%ld to %ld", option->low, option->high);
    else if (option->choices != NULL && option->type == OPTION_LIST)
        snprintf(out, size, "a list of ");
    else if (option->choices == NULL)
        snprintf(out, size, "%s", words[option->type]);
    if (option->choices != NULL)
        append_choices(out, size, option->choices);
}

void
settings_explain(FILE *out)
{
    enum section section = SECTIONS;

    fputs("trapline.conf, devices.conf and conf.d/*.conf in the settings' directory\n"
          "(trapline --paths says where); a list is written { \"a\", \"b\" }, a section as shown.\n", out);
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        char takes[256];

        if (option->section != section) {
            section = option->section;
            if (section == SECTION_TOP)
                fputs("\noutside all sections\n", out);
            else
                fprintf(out, "\n%s \"NAME\" { … }\n", section_kinds[section].name);
        }
        option_takes(option, takes, sizeof takes);
        fprintf(out, "  %-24s %s", option->name, takes);
        if (option->fallback != NULL)
            fprintf(out, "; default %s", option->fallback);
        fprintf(out, "\n  %-24s %s\n", "", option->help);
    }
}
