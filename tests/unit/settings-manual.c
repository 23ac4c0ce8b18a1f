/* trapline.conf(5) says of every option what the table says. `settings-manual update` puts the table into the page. */
#include "settings/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* mdoc(7): a word that names a macro, or a full stop inside a line, must not be taken for markup. */
static void
print_words(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (strncmp(text, "…", strlen("…")) == 0) {
            fputs("...", out);
            text += strlen("…") - 1;
        } else
            fputc(*text, out);
    }
}

static void
print_option(const struct option *option, FILE *out)
{
    char takes[256];

    option_takes(option, takes, sizeof takes);
    fprintf(out, ".It Ic %s\n", option->name);
    print_words(option->help, out);
    fprintf(out, ".\nTakes %s", takes);
    if (option->fallback != NULL) {
        fputs("; default ", out);
        print_words(option->fallback, out);
    }
    fputs(".\n", out);
}

static void
print_all(FILE *out)
{
    enum section section = SECTIONS;

    for (size_t i = 0; i < option_count; i++) {
        if (option_table[i].section != section) {
            if (section != SECTIONS)
                fputs(".El\n", out);
            section = option_table[i].section;
            fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n",
                    section == SECTION_TOP ? "Outside all sections" : section_kinds[section].name);
        }
        print_option(&option_table[i], out);
    }
    fputs(".El\n", out);
}

static const char *
page_path(void)
{
    static char path[4096];
    const char *top = getenv("top_srcdir");

    snprintf(path, sizeof path, "%s/doc/trapline.conf.5", top != NULL ? top : ".");
    return path;
}

static char *
read_page(void)
{
    enum { MOST = 1 << 20 };
    FILE *file = fopen(page_path(), "r");
    char *text = calloc(1, MOST);

    assert_non_null(text);
    if (file == NULL)
        fail_msg("%s cannot be opened", page_path());
    assert_true(fread(text, 1, MOST - 1, file) > 0);
    fclose(file);
    return text;
}

static void
the_page_says_what_the_table_says(void **state)
{
    char *page = read_page(), *made = NULL;
    size_t size;
    FILE *out = open_memstream(&made, &size);

    (void) state;
    assert_non_null(out);
    print_all(out);
    fclose(out);
    if (strstr(page, made) == NULL)
        fail_msg("doc/trapline.conf.5 is not what the table says: run tests/unit/settings-manual update");
    free(made);
    free(page);
}

static int
update(void)
{
    char *page = read_page(), *begin = strstr(page, ".Sh OPTIONS\n"), *end = strstr(page, ".Sh FILES\n");
    FILE *out;

    assert_non_null(begin);
    assert_non_null(end);
    out = fopen(page_path(), "w");
    assert_non_null(out);
    fwrite(page, 1, (size_t) (begin - page), out);
    fputs(".Sh OPTIONS\n", out);
    print_all(out);
    fputs(end, out);
    free(page);
    return fclose(out) != 0;
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_page_says_what_the_table_says) };

    if (argc > 1 && strcmp(argv[1], "update") == 0)
        return update();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
