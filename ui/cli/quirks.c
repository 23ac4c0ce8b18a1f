/* trapline quirks: what was learnt about devices, and what a person says about them. */
#include "cli/commands.h"
#include "cli/json.h"

#include "api/inventory.h"
#include "api/quirk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
print_profile(const struct cli *cli, const char *address, const struct quirks *quirks)
{
    char text[QUIRK_TEXT_MAX];
    struct json *line;

    quirk_format(quirks, text);
    if (cli_format(cli) == CLI_JSON) {
        line = json_new_object();
        json_text(line, "address", address);
        json_text(line, "quirks", text);
        json_print(line);
    } else if (cli_format(cli) == CLI_CSV) {
        cli_csv(address, false);
        cli_csv(text, true);
    } else {
        printf("%-24s %s\n", address, text);
    }
}

static int
show_all(const struct cli *cli, const struct quirk_book *book)
{
    size_t shown = 0;

    for (size_t i = 0; i < quirk_book_count(book); i++) {
        struct quirks quirks;
        const char *address = quirk_book_at(book, i, &quirks);

        if (address == NULL)
            continue;
        print_profile(cli, address, &quirks);
        shown++;
    }
    return shown > 0 ? CLI_DONE : CLI_NO;
}

/* The words after the agent, each marked as a person's; the rest of the profile stays. */
static bool
edit(struct cli *cli, struct quirks *quirks)
{
    struct failure why;

    for (int i = 1; i < cli_operands(cli); i++) {
        struct quirks word;

        if (!quirk_parse(cli_operand(cli, i), &word, &why))
            return cli_failed(cli, &why), false;
        for (int q = 0; q < QUIRKS; q++)
            if (word.edited[q] || word.value[q] != 0 || quirk_names(cli_operand(cli, i), q)) {
                quirks->value[q] = word.value[q];
                quirks->edited[q] = true;
            }
    }
    return true;
}

static int
change(struct cli *cli, struct quirk_book *book, const char *address)
{
    bool forget = cli_operands(cli) == 2 && strcmp(cli_operand(cli, 1), "forget") == 0;
    struct quirks quirks = { 0 };
    struct failure why;

    quirk_book_find(book, address, &quirks);
    if (!forget && !edit(cli, &quirks))
        return CLI_USAGE;
    quirk_book_put(book, address, forget ? NULL : &quirks);
    return quirk_book_save(book, &why) ? CLI_DONE : cli_failed(cli, &why);
}

static int
run_quirks(struct cli *cli)
{
    int status = CLI_DONE;
    const struct paths *paths = cli_paths(cli, &status);
    const struct settings *settings = cli_settings(cli, &status);
    const struct device_setting *known = NULL;
    struct quirk_book *book;
    struct quirks quirks;
    const char *address;

    if (paths == NULL || settings == NULL)
        return status;
    book = quirk_book_open(paths->state);
    if (cli_operands(cli) == 0) {
        status = show_all(cli, book);
    } else {
        known = inventory_find(settings, cli_operand(cli, 0));
        address = known != NULL ? known->address : cli_operand(cli, 0);
        if (cli_operands(cli) > 1)
            status = change(cli, book, address);
        else if (quirk_book_find(book, address, &quirks))
            print_profile(cli, address, &quirks);
        else
            status = CLI_NO;
    }
    quirk_book_free(book);
    return status;
}

const struct cli_command command_quirks = {
    .name = "quirks", .operands = "[AGENT [WORD…]]", .help = "what was learnt about devices; WORDs change it",
    .run = run_quirks,
    .least = 0, .most = 1 + QUIRKS,
};
