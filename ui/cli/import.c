/* trapline import: what net-snmp's snmp.conf says of versions, users and passwords, as a profile of ours. The secrets go
 * into files that only their owner reads; nothing that is there already is changed. */
#include "cli/commands.h"

#include "api/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_OCTETS = 4096, PATH_ROOM = 1200 };
enum word {
    VERSION, COMMUNITY, USER, LEVEL, AUTH, PRIV, CONTEXT, AUTH_PASSWORD, PRIV_PASSWORD, PASSWORD, WORDS, NOT_TAKEN
};

static const struct {
    const char *theirs, *ours; /* NULL: for a file of its own */
    enum word word;
} words[] = {
    { "defVersion", "version", VERSION },
    { "defCommunity", NULL, COMMUNITY },
    { "defSecurityName", "user", USER },
    { "defSecurityLevel", "level", LEVEL },
    { "defAuthType", "auth", AUTH },
    { "defPrivType", "priv", PRIV },
    { "defContext", "context", CONTEXT },
    { "defAuthPassphrase", NULL, AUTH_PASSWORD },
    { "defPrivPassphrase", NULL, PRIV_PASSWORD },
    { "defPassphrase", NULL, PASSWORD },
    { "defAuthMasterKey", NULL, NOT_TAKEN },
    { "defPrivMasterKey", NULL, NOT_TAKEN },
    { "defAuthLocalizedKey", NULL, NOT_TAKEN },
    { "defPrivLocalizedKey", NULL, NOT_TAKEN },
    { "localCert", NULL, NOT_TAKEN },
    { "peerCert", NULL, NOT_TAKEN },
    { "trustCert", NULL, NOT_TAKEN },
    { "defaultPort", NULL, NOT_TAKEN },
    { "timeout", NULL, NOT_TAKEN },
    { "retries", NULL, NOT_TAKEN },
    { "includeFile", NULL, NOT_TAKEN },
    { "includeDir", NULL, NOT_TAKEN },
};

static const struct {
    enum word word;
    const char *option, *suffix;
} secrets[] = {
    { COMMUNITY, "community-file", "community" },
    { AUTH_PASSWORD, "auth-password-file", "auth" },
    { PRIV_PASSWORD, "priv-password-file", "priv" },
};
enum { SECRETS = sizeof secrets / sizeof *secrets };

struct importing {
    struct cli *cli;
    const char *from, *name;
    char *values[WORDS];
    char made[SECRETS + 1][PATH_ROOM];
    int n_made;
};

static void
wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

/* One value: in quotes, with backslashes, or up to a blank. Written over `text`. */
static char *
cut_value(char *text)
{
    char *to = text, *at = text, quote = *at == '"' || *at == '\'' ? *at++ : '\0';

    while (*at != '\0' && (quote != '\0' ? *at != quote : strchr(" \t\r\n", *at) == NULL)) {
        if (*at == '\\' && at[1] != '\0')
            at++;
        *to++ = *at++;
    }
    *to = '\0';
    return text;
}

/* "[snmp]" is for every program, other brackets are for others: alone on a line for what follows, else for that line
 * (snmp_config(5)). NULL: not for us. */
static char *
skip_bracket(char *line, bool *ours)
{
    char *end;
    bool here;

    line += strspn(line, " \t");
    if (*line != '[' || (end = strchr(line, ']')) == NULL)
        return *ours ? line : NULL;
    here = strncasecmp(line, "[snmp]", 6) == 0;
    line = end + 1 + strspn(end + 1, " \t\r\n");
    if (*line == '\0')
        *ours = here;
    return here ? line : NULL;
}

static bool
take_line(struct importing *im, char *line, int number)
{
    size_t length = strcspn(line, " \t\r\n");
    char *value = line + length + strspn(line + length, " \t\r\n");

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i].theirs) != length || strncasecmp(line, words[i].theirs, length) != 0)
            continue;
        if (words[i].word == NOT_TAKEN) {
            cli_warn(im->cli, "%s:%d: %s is not taken over", im->from, number, words[i].theirs);
            return true;
        }
        cut_value(value);
        for (const char *c = value; *c != '\0'; c++)
            if ((unsigned char) *c < 0x20 || *c == 0x7f)
                return cli_usage(im->cli, "%s:%d: %s holds a control character", im->from, number, words[i].theirs),
                       false;
        wipe(im->values[words[i].word]);
        im->values[words[i].word] = memory_text(value);
    }
    return true;
}

static bool
has_secret(const struct importing *im)
{
    bool has = im->values[PASSWORD] != NULL;

    for (int i = 0; i < SECRETS; i++)
        has = has || im->values[secrets[i].word] != NULL;
    return has;
}

static bool
read_theirs(struct importing *im)
{
    FILE *file = fopen(im->from, "re");
    char line[LINE_MAX_OCTETS];
    bool ours = true, good = true;
    struct stat st;

    if (file == NULL)
        return cli_usage(im->cli, "%s: %s", im->from, strerror(errno)), false;
    for (int number = 1; good && fgets(line, sizeof line, file) != NULL; number++) {
        char *at = skip_bracket(line, &ours);

        if (strchr(line, '\n') == NULL && !feof(file))
            good = (cli_usage(im->cli, "%s:%d: the line is longer than %d octets", im->from, number, LINE_MAX_OCTETS),
                    false);
        else if (at != NULL && *at != '#')
            good = take_line(im, at, number);
    }
    explicit_bzero(line, sizeof line);
    if (good && has_secret(im) && fstat(fileno(file), &st) == 0 && (st.st_mode & 077) != 0)
        cli_warn(im->cli, "%s has mode %04o and holds a secret; chmod 600 it", im->from, (unsigned) st.st_mode & 07777);
    fclose(file);
    return good;
}

/* A new file of mode 0600, or none. */
static FILE *
make_file(struct importing *im)
{
    const char *path = im->made[im->n_made];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0) {
        cli_usage(im->cli, "%s: %s", path,
                  errno == EEXIST ? "is there already; remove it, or import by another --name" : strerror(errno));
        return NULL;
    }
    im->n_made++;
    return fdopen(fd, "w");
}

static bool
close_file(struct importing *im, FILE *file)
{
    bool good = fflush(file) == 0 && fsync(fileno(file)) == 0;

    good = fclose(file) == 0 && good;
    if (!good)
        cli_usage(im->cli, "%s: %s", im->made[im->n_made - 1], strerror(errno));
    return good;
}

static bool
write_secret(struct importing *im, const char *config, int i)
{
    const char *value = im->values[secrets[i].word];
    FILE *file;

    if (value == NULL)
        return true;
    snprintf(im->made[im->n_made], PATH_ROOM, "%.900s/secrets/%.100s.%s", config, im->name, secrets[i].suffix);
    if ((file = make_file(im)) == NULL)
        return false;
    fprintf(file, "%s\n", value);
    return close_file(im, file);
}

/* In single quotes: in others a ${…} has a meaning. */
static void
put_value(FILE *file, const char *name, const char *value)
{
    fprintf(file, "    %s = '", name);
    for (; *value != '\0'; value++)
        fprintf(file, strchr("'\\", *value) != NULL ? "\\%c" : "%c", *value);
    fputs("'\n", file);
}

static bool
write_profile(struct importing *im, const char *config)
{
    FILE *file;

    snprintf(im->made[im->n_made], PATH_ROOM, "%.900s/conf.d/%.100s.conf", config, im->name);
    if ((file = make_file(im)) == NULL)
        return false;
    fprintf(file, "# From %s.\nprofile \"%s\" {\n", im->from, im->name);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].ours != NULL && im->values[words[i].word] != NULL)
            put_value(file, words[i].ours, im->values[words[i].word]);
    for (int i = 0; i < SECRETS; i++)
        if (im->values[secrets[i].word] != NULL)
            fprintf(file, "    %s = \"../secrets/%s.%s\"\n", secrets[i].option, im->name, secrets[i].suffix);
    fputs("}\n", file);
    return close_file(im, file);
}

/* What was left out there is said here; what is wrong is not written. */
static bool
complete(struct importing *im)
{
    char **v = im->values;
    bool priv = v[PRIV] != NULL || (v[LEVEL] != NULL && strcasecmp(v[LEVEL], "authPriv") == 0);

    if (v[PASSWORD] != NULL && v[AUTH_PASSWORD] == NULL)
        v[AUTH_PASSWORD] = memory_text(v[PASSWORD]);
    if (v[PASSWORD] != NULL && v[PRIV_PASSWORD] == NULL && priv)
        v[PRIV_PASSWORD] = memory_text(v[PASSWORD]);
    if (v[USER] == NULL && v[COMMUNITY] == NULL)
        return cli_usage(im->cli, "%s: says neither defSecurityName nor defCommunity", im->from), false;
    if (v[VERSION] == NULL)
        v[VERSION] = memory_text(v[USER] != NULL ? "3" : "2c");
    return true;
}

static bool
write_ours(struct importing *im, const char *config)
{
    struct settings *settings;
    struct failure why;
    bool good = paths_make_config(config, "secrets", &why) && paths_make_config(config, "conf.d", &why);

    if (!good)
        cli_failed(im->cli, &why);
    for (int i = 0; good && i < SECRETS; i++)
        good = write_secret(im, config, i);
    good = good && write_profile(im, config);
    if (good && (settings = settings_read(config, &why)) != NULL)
        settings_free(settings);
    else if (good)
        good = (cli_failed(im->cli, &why), false);
    for (int i = 0; !good && i < im->n_made; i++)
        unlink(im->made[i]);
    return good;
}

/* It names files. */
static bool
is_name(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && n <= 100 && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

static int
run_import(struct cli *cli)
{
    struct importing im = { .cli = cli, .name = cli_value(cli, "name") != NULL ? cli_value(cli, "name") : "snmp.conf" };
    const char *home = getenv("HOME");
    char theirs[PATH_ROOM];
    int status = CLI_OUR_FAILURE;
    const struct paths *paths = cli_paths(cli, &status);

    if (paths == NULL)
        return status;
    if (!is_name(im.name))
        return cli_usage(cli, "--name %s: write letters, digits, dots and dashes", im.name);
    snprintf(theirs, sizeof theirs, "%.1000s/.snmp/snmp.conf", home != NULL ? home : "");
    im.from = cli_operands(cli) > 0 ? cli_operand(cli, 0) : access(theirs, F_OK) == 0 ? theirs : "/etc/snmp/snmp.conf";
    status = read_theirs(&im) && complete(&im) && write_ours(&im, paths->config) ? CLI_DONE : CLI_USAGE;
    if (status == CLI_DONE)
        printf("profile \"%s\" is in %s; use it with --profile %s, or in a device of the settings\n", im.name,
               im.made[im.n_made - 1], im.name);
    for (int i = 0; i < WORDS; i++)
        wipe(im.values[i]);
    return status;
}

static const struct cli_option options[] = {
    { "name", 0, "NAME", "of the profile, snmp.conf unless said", false },
    { 0 },
};

const struct cli_command command_import = {
    .name = "import", .operands = "[FILE]", .help = "net-snmp's snmp.conf as a profile", .run = run_import,
    .options = options, .least = 0, .most = 1,
};
