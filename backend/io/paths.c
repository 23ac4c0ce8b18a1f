/* Every path that trapline reads or writes. */
#include "api/paths.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *
variable(const char *name)
{
    const char *value = secure_getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static const char *
home(void)
{
    const char *value = variable("HOME");
    const struct passwd *user;

    if (value != NULL)
        return value;
    user = getpwuid(geteuid());
    return user != NULL && user->pw_dir != NULL && strcmp(user->pw_dir, "/nonexistent") != 0 ? user->pw_dir : NULL;
}

static bool
join(char out[1024], const char *directory, const char *name, struct failure *why)
{
    bool slash = directory[strlen(directory) - 1] != '/';

    if (snprintf(out, 1024, "%s%s%s", directory, slash ? "/" : "", name) < 1024)
        return true;
    return failure_set(why, FAILURE_LIMIT, "the path %.200s… is longer than 1023 octets", directory);
}

static bool
make_absolute(char out[1024], const char *path, struct failure *why)
{
    char here[1024];

    if (path[0] == '/')
        return snprintf(out, 1024, "%s", path) < 1024 ||
               failure_set(why, FAILURE_LIMIT, "the path %.200s… is longer than 1023 octets", path);
    if (getcwd(here, sizeof here) == NULL)
        return failure_errno(why, errno, "cannot tell where we are, so %s means nothing", path);
    return join(out, here, path, why);
}

/* $OURS, $XDG/trapline (an XDG path that is relative is to be ignored: XDG Base Directory Specification),
 * ~/BELOW/trapline; false without failure when there is no home. */
static bool
user_directory(char out[1024], const char *ours, const char *xdg, const char *below, struct failure *why)
{
    const char *value = variable(ours);
    char base[1024];

    out[0] = '\0';
    if (value != NULL)
        return make_absolute(out, value, why);
    value = variable(xdg);
    if (value != NULL && value[0] == '/')
        return join(out, value, "trapline", why);
    value = home();
    if (value == NULL)
        return true;
    return join(base, value, below, why) && join(out, base, "trapline", why);
}

static bool
find_config(char out[1024], const char *config, struct failure *why)
{
    struct stat st;

    if (config != NULL)
        return make_absolute(out, config, why);
    if (!user_directory(out, "TRAPLINE_CONFIG", "XDG_CONFIG_HOME", ".config", why))
        return false;
    if (variable("TRAPLINE_CONFIG") == NULL && (out[0] == '\0' || stat(out, &st) < 0) &&
        (out[0] == '\0' || stat(TL_SYSCONFDIR "/trapline", &st) == 0))
        snprintf(out, 1024, "%s", TL_SYSCONFDIR "/trapline");
    return true;
}

static bool
own_directory(char out[1024])
{
    ssize_t n = readlink("/proc/self/exe", out, 1023);
    char *slash;

    if (n <= 0)
        return false;
    out[n] = '\0';
    slash = strrchr(out, '/');
    if (slash == NULL)
        return false;
    slash[slash == out ? 1 : 0] = '\0';
    return true;
}

/* In the build tree "seam/api" beside (or above) the program is a link into the sources. */
static bool
source_directory(char out[1024])
{
    static const char tail[] = "/backend/api";
    char here[1024];

    if (!own_directory(here))
        return false;
    for (int up = 0; up < 4; up++) {
        char seam[1060], real[PATH_MAX], *slash;
        size_t n;

        snprintf(seam, sizeof seam, "%s/seam/api", here);
        if (realpath(seam, real) != NULL && (n = strlen(real)) >= sizeof tail && n < 1024 &&
            strcmp(real + n - (sizeof tail - 1), tail) == 0) {
            real[n - (sizeof tail - 1)] = '\0';
            return snprintf(out, 1024, "%s", real) < 1024;
        }
        slash = strrchr(here, '/');
        if (slash == NULL || slash == here)
            return false;
        *slash = '\0';
    }
    return false;
}

static bool
find_data(char out[1024], const char *ours, const char *name, struct failure *why)
{
    const char *value = variable(ours);
    char sources[1024];

    if (value != NULL)
        return make_absolute(out, value, why);
    return join(out, source_directory(sources) ? sources : TL_PKGDATADIR, name, why);
}

bool
paths_find(struct paths *out, const char *config, struct failure *why)
{
    memset(out, 0, sizeof *out);
    if (!find_config(out->config, config, why) ||
        !user_directory(out->state, "TRAPLINE_STATE", "XDG_STATE_HOME", ".local/state", why) ||
        !user_directory(out->cache, "TRAPLINE_CACHE", "XDG_CACHE_HOME", ".cache", why))
        return false;
    if (out->state[0] == '\0')
        snprintf(out->state, sizeof out->state, "/var/lib/trapline");
    if (out->cache[0] == '\0')
        snprintf(out->cache, sizeof out->cache, "/var/cache/trapline");
    return join(out->store, out->state, "trapline.db", why) && join(out->log, out->state, "trapline.log", why) &&
           join(out->snapshot, out->cache, "mib.snapshot", why) &&
           find_data(out->mibs, "TRAPLINE_MIBS", "mibs", why) &&
           find_data(out->themes, "TRAPLINE_THEMES", "themes", why);
}

static bool
make_directory(const char *path, struct failure *why)
{
    char part[1024];
    struct stat st;

    assert(path[0] == '/' && strlen(path) < sizeof part);
    for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        size_t n = slash == NULL ? strlen(path) : (size_t) (slash - path);

        memcpy(part, path, n);
        part[n] = '\0';
        if (mkdir(part, 0700) < 0 && errno != EEXIST && (slash == NULL || stat(part, &st) < 0))
            return failure_errno(why, errno, "cannot make the directory %s", part);
        if (slash == NULL)
            break;
    }
    if (stat(path, &st) < 0)
        return failure_errno(why, errno, "cannot use the directory %s", path);
    if (!S_ISDIR(st.st_mode))
        return failure_set(why, FAILURE_USAGE, "%s is not a directory; move it away or name another place", path);
    if (st.st_uid != geteuid() && access(path, W_OK) < 0)
        return failure_set(why, FAILURE_REFUSED, "%s belongs to another user and cannot be written; name another place",
                           path);
    return true;
}

bool
paths_make(const struct paths *paths, struct failure *why)
{
    return make_directory(paths->state, why) && make_directory(paths->cache, why);
}

bool
paths_make_config(const char *config, const char *folder, struct failure *why)
{
    char path[1024];

    return join(path, config, folder, why) && make_directory(path, why);
}

static bool
try_program(char *out, size_t size, const char *directory, const char *name)
{
    return snprintf(out, size, "%s/%s", directory, name) < (int) size && access(out, X_OK) == 0;
}

bool
paths_program(const char *name, char *out, size_t size, struct failure *why)
{
    static const char *const installed[] = { TL_LIBEXECDIR, TL_SBINDIR, TL_BINDIR };
    const char *programs = variable("TRAPLINE_PROGRAMS");
    char beside[1024];

    if (programs != NULL && try_program(out, size, programs, name))
        return true;
    if (own_directory(beside) && try_program(out, size, beside, name))
        return true;
    for (size_t i = 0; i < sizeof installed / sizeof installed[0]; i++)
        if (try_program(out, size, installed[i], name))
            return true;
    return failure_set(why, FAILURE_ABSENT, "%s is neither beside this program nor in %s; install trapline whole", name,
                       TL_LIBEXECDIR);
}
