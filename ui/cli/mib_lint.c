/* trapline mib lint: what is wrong with files, seen together with the modules that are configured. */
#include "cli/mib.h"

#include "api/mib_compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const severities[] = { [MIB_NOTE] = "note", [MIB_WARNING] = "warning", [MIB_ERROR] = "error" };

void
mib_print_problem(struct cli *cli, const struct mib_problem *p)
{
    struct json *line;

    if (cli_format(cli) == CLI_JSON) {
        line = json_new_object();
        json_text(line, "file", p->path);
        json_unsigned(line, "line", p->line);
        json_unsigned(line, "column", p->column);
        json_text(line, "severity", severities[p->severity]);
        json_text(line, "code", p->code);
        json_text(line, "text", p->text);
        json_text(line, "module", p->module);
        json_text(line, "excerpt", p->excerpt);
        json_unsigned(line, "caret", p->caret);
        json_text(line, "expected", *p->expected != '\0' ? p->expected : NULL);
        json_print(line);
        return;
    }
    mib_put(p->path);
    if (p->line > 0)
        printf(":%u:%u", p->line, p->column);
    printf(": %s [%s]: ", severities[p->severity], p->code);
    mib_put(p->text);
    if (*p->expected != '\0' && strstr(p->text, p->expected) == NULL) {
        printf("; expected: ");
        mib_put(p->expected);
    }
    putchar('\n');
    if (p->line > 0 && *p->excerpt != '\0') {
        printf("    ");
        mib_put(p->excerpt);
        printf("\n    %*s^\n", (int) p->caret, "");
    }
}

static bool
is_asked(struct cli *cli, const char *path)
{
    for (int i = 0; i < cli_operands(cli); i++) {
        const char *operand = cli_operand(cli, i);
        size_t n = strlen(operand);

        if (strcmp(operand, path) == 0)
            return true;
        if (strncmp(operand, path, n) == 0 && n > 0 && (path[n] == '/' || operand[n - 1] == '/'))
            return true;
    }
    return false;
}

static int
report(struct cli *cli, struct mib *mib)
{
    size_t counts[3] = { 0 }, files = 0;
    struct mib_problem p;
    struct mib_file file;
    struct json *line;

    for (uint32_t f = 0; mib_file(mib, f, &file); f++) {
        if (!is_asked(cli, file.path))
            continue;
        files++;
        counts[MIB_ERROR] += !file.has_modules; /* it was named as a MIB file */
        for (uint32_t i = 0; i < file.n_problems; i++) {
            if (!mib_problem(mib, file.first_problem + i, &p))
                continue;
            counts[p.severity]++;
            mib_print_problem(cli, &p);
        }
    }
    if (cli_format(cli) == CLI_JSON) {
        line = json_new_object();
        json_unsigned(line, "files", files);
        json_unsigned(line, "errors", counts[MIB_ERROR]);
        json_unsigned(line, "warnings", counts[MIB_WARNING]);
        json_unsigned(line, "notes", counts[MIB_NOTE]);
        json_print(line);
    } else if (!cli_flag(cli, "quiet")) {
        printf("%zu files: %zu errors, %zu warnings, %zu notes\n", files, counts[MIB_ERROR], counts[MIB_WARNING],
               counts[MIB_NOTE]);
    }
    return counts[MIB_ERROR] > 0 || (cli_flag(cli, "strict") && counts[MIB_WARNING] > 0) ? CLI_NO : CLI_DONE;
}

static bool
check_operands(struct cli *cli)
{
    for (int i = 0; i < cli_operands(cli); i++)
        if (access(cli_operand(cli, i), R_OK) != 0) {
            cli_usage(cli, "%s cannot be read", cli_operand(cli, i));
            return false;
        }
    return true;
}

static int
compile_and_report(struct cli *cli, const struct mib_compile_options *options)
{
    struct mib_compile_counts counts;
    struct failure why;
    struct mib *mib;
    int status;

    if (!mib_compile_confined(options, &counts, &why))
        return cli_failed(cli, &why);
    mib = mib_open(options->to, &why);
    status = mib != NULL ? report(cli, mib) : cli_failed(cli, &why);
    mib_close(mib);
    return status;
}

static int
run_lint(struct cli *cli)
{
    int status = CLI_OUR_FAILURE;
    const struct paths *paths = cli_paths(cli, &status);
    const struct settings *settings = cli_settings(cli, &status);
    struct mib_compile_options options = { .first = (size_t) cli_operands(cli) };
    char *directories[CLI_DIRECTORIES_MAX], place[] = "/tmp/trapline-lint-XXXXXX", to[sizeof place + 16];
    const char **all;
    size_t n = 0;

    if (settings == NULL)
        return status;
    if (!check_operands(cli))
        return CLI_USAGE;
    if (mkdtemp(place) == NULL)
        return cli_usage(cli, "no directory can be made in /tmp");
    if (!cli_flag(cli, "alone"))
        n = cli_mib_directories(cli, directories);
    all = calloc(n + (size_t) cli_operands(cli) + 1, sizeof *all);
    for (int i = 0; all != NULL && i < cli_operands(cli); i++)
        all[options.n_from++] = cli_operand(cli, i);
    for (size_t i = 0; all != NULL && i < n; i++)
        all[options.n_from++] = directories[i];
    snprintf(to, sizeof to, "%s/snapshot", place);
    options.from = all;
    options.ours = paths->mibs;
    options.to = to;
    options.cache = paths->snapshot;
    if (all != NULL)
        status = compile_and_report(cli, &options);
    unlink(to);
    rmdir(place);
    for (size_t i = 0; i < n; i++)
        free(directories[i]);
    free(all);
    return status;
}

static const struct cli_option options[] = {
    { "strict", 0, NULL, "warnings count as errors", false },
    { "alone", 0, NULL, "beside the modules of trapline, not those of the settings", false },
    { 0 },
};

const struct cli_command mib_command_lint = {
    .name = "lint", .operands = "FILE…", .help = "what is wrong with files; exit status 1 when there are errors",
    .run = run_lint, .options = options, .least = 1, .most = -1,
};
