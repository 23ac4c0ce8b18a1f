/* From /proc/net/udp and its like to a socket's inode, from there to a process that has it open. */
#include "collector/owner.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INODES = 64 };

static size_t
find_inodes(const char *path, unsigned port, unsigned long *inodes, size_t n)
{
    FILE *file = fopen(path, "re");
    char line[512];

    if (file == NULL)
        return n;
    while (n < INODES && fgets(line, sizeof line, file) != NULL) {
        unsigned local;
        unsigned long inode;

        if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %*x %*x:%*x %*x:%*x %*x %*u %*d %lu", &local,
                   &inode) == 2 && local == port)
            inodes[n++] = inode;
    }
    fclose(file);
    return n;
}

static bool
has_open(const char *pid, const unsigned long *inodes, size_t n)
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
        for (size_t i = 0; i < n; i++)
            found = found || inodes[i] == inode;
    }
    closedir(directory);
    return found;
}

static void
name_of(const char *pid, char *out, size_t size)
{
    char path[64], name[64] = "a program";
    FILE *file;

    snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
    file = fopen(path, "re");
    if (file != NULL) {
        if (fgets(name, sizeof name, file) != NULL)
            name[strcspn(name, "\n")] = '\0';
        fclose(file);
    }
    snprintf(out, size, "%s (pid %.20s)", name, pid);
}

bool
owner_of_port(unsigned port, bool tcp, char *out, size_t size)
{
    unsigned long inodes[INODES];
    size_t n = find_inodes(tcp ? "/proc/net/tcp" : "/proc/net/udp", port, inodes, 0);
    struct dirent *entry;
    bool found = false;
    DIR *proc;

    n = find_inodes(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", port, inodes, n);
    proc = n > 0 ? opendir("/proc") : NULL;
    if (proc == NULL)
        return false;
    while (!found && (entry = readdir(proc)) != NULL)
        if (isdigit((unsigned char) entry->d_name[0]) && has_open(entry->d_name, inodes, n)) {
            name_of(entry->d_name, out, size);
            found = true;
        }
    closedir(proc);
    return found;
}
