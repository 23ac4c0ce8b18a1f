/* Which directories are looked into. */
#include "api/mib_compile.h"

#include "core/memory.h"
#include "mib/vec.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What net-snmp reads when $MIBDIRS says nothing (its default, and Debian's), below the home directory first. */
static const char *const usual[] = {"~/.snmp/mibs", "/usr/share/snmp/mibs", "/usr/share/mibs", "/var/lib/mibs",
                                    "/var/lib/snmp/mibs"};

enum { DEPTH_MAX = 8 };

static void
add(const char *path, size_t length, char **out, size_t max, size_t *n)
{
    const char *home = getenv("HOME");
    struct buf full = {0};

    if (length == 0 || *n == max)
        return;
    if (path[0] == '~' && (length == 1 || path[1] == '/')) {
        if (home == NULL || home[0] != '/')
            return;
        buf_add(&full, home, strlen(home));
        path++;
        length--;
    }
    buf_add(&full, path, length);
    while (full.n > 1 && full.at[full.n - 1] == '/')
        full.n--;
    buf_add(&full, "", 1);
    for (size_t i = 0; i < *n; i++)
        if (strcmp(out[i], full.at) == 0) {
            buf_free(&full);
            return;
        }
    out[(*n)++] = full.at;
}

size_t
mib_directories(const char *const *set, size_t n, char **out, size_t max)
{
    const char *from = getenv("MIBDIRS");
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        add(set[i], strlen(set[i]), out, max, &count);
    while (from != NULL && *from != '\0') {
        size_t length = strcspn(from, ":");
        size_t sign = *from == '+' || *from == '-';

        add(from + sign, length - (length > 0 ? sign : 0), out, max, &count);
        from += length + (from[length] == ':');
    }
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        add(usual[i], strlen(usual[i]), out, max, &count);
    return count;
}
