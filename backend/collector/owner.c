/* From /proc/net/udp and its like to a socket's inode, from there to a process that has it open. */
#include "collector/owner.h"

#include <ctype.h>
#include <dirent.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INODES = 64, NAME = 64 };

/* The sockets that have the port. */
struct holders {
    unsigned long inodes[INODES];
    size_t n;
    unsigned user; /* of the first */
};

static void
find_holders(const char *path, unsigned port, struct holders *out)
{
    FILE *file = fopen(path, "re");
    char line[512];

    if (file == NULL)
        return;
    while (out->n < INODES && fgets(line, sizeof line, file) != NULL) {
        unsigned local, user;
        unsigned long inode;

        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %*x %*x:%*x %*x:%*x %*x %u %*d %lu", &local, &user,
                   &inode) != 3 || local != port)
            continue;
        if (out->n == 0)
            out->user = user;
        out->inodes[out->n++] = inode;
    }
    fclose(file);
}

static bool
has_open(const char *pid, const struct holders *holders)
{
    char path[300], link[64];
    struct dirent *entry;
    bool found = false;
    DIR *directory;

    snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    directory = opendir(path);
    if (directory == NULL)
        return false;
    while (!found && (entry = readdir(directory)) != NULL) {
        unsigned long inode;
        ssize_t size;

        snprintf(path, sizeof path, "/proc/%.20s/fd/%.20s", pid, entry->d_name);
        size = readlink(path, link, sizeof link - 1);
        if (size <= 0)
            continue;
        link[size] = '\0';
        if (sscanf(link, "socket:[%lu]", &inode) != 1)
            continue;
        for (size_t i = 0; i < holders->n; i++)
            found = found || holders->inodes[i] == inode;
    }
    closedir(directory);
    return found;
}

static void
name_of(const char *pid, char out[NAME])
{
    char path[64];
    FILE *file;

    strcpy(out, "a program");
    snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
    file = fopen(path, "re");
    if (file != NULL) {
        if (fgets(out, NAME, file) != NULL)
            out[strcspn(out, "\n")] = '\0';
        fclose(file);
    }
}

/* Whose descriptors are hidden from us may still be guessed: an snmptrapd that runs is there for notifications. */
static void
say_hidden(unsigned port, bool tcp, const struct holders *holders, const char *guess, char *out, size_t size)
{
    const struct passwd *row = getpwuid(holders->user);
    char user[NAME], perhaps[NAME + 32] = "";

    if (row != NULL)
        snprintf(user, sizeof user, "%.40s", row->pw_name);
    else
        snprintf(user, sizeof user, "user %u", holders->user);
    if (guess[0] != '\0')
        snprintf(perhaps, sizeof perhaps, ", perhaps snmptrapd (pid %.20s)", guess);
    snprintf(out, size, "a program of %s's%s (as root: ss -%clnp sport = %u)", user, perhaps, tcp ? 't' : 'u', port);
}

bool
owner_of_port(unsigned port, bool tcp, pid_t *pid, char *out, size_t size)
{
    struct holders holders = { .n = 0 };
    char name[NAME], guess[24] = "";
    bool found = false, by_first = false;
    struct dirent *entry;
    DIR *proc;

    *pid = 0;
    find_holders(tcp ? "/proc/net/tcp" : "/proc/net/udp", port, &holders);
    find_holders(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", port, &holders);
    proc = holders.n > 0 ? opendir("/proc") : NULL;
    if (proc == NULL)
        return false;
    while (!found && (entry = readdir(proc)) != NULL) {
        if (!isdigit((unsigned char) entry->d_name[0]))
            continue;
        name_of(entry->d_name, name);
        if (strcmp(name, "snmptrapd") == 0)
            snprintf(guess, sizeof guess, "%.20s", entry->d_name);
        if (!has_open(entry->d_name, &holders))
            continue;
        *pid = (pid_t) atol(entry->d_name);
        if (*pid == 1)
            by_first = true; /* systemd holds the sockets of others, too */
        else
            found = snprintf(out, size, "%s (pid %.20s)", name, entry->d_name) > 0;
    }
    closedir(proc);
    if (!found && by_first)
        snprintf(out, size, "systemd (pid 1), which keeps it for one of its units (systemctl list-sockets)");
    else if (!found)
        say_hidden(port, tcp, &holders, guess, out, size);
    return true;
}
