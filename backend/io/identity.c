/* One line: "0x8000… 17". Written anew, synced and renamed, so that a crash leaves the old one or the new one. */
#include "io/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* RFC 3411 §5: enterprise with the first bit set, then format 4, text, or 5, octets. 8072 is net-snmp's, whose library
 * speaks here; the octets are random. */
static const uint8_t prefix[] = { 0x80, 0x00, 0x1f, 0x88, 0x05 };
enum { RANDOM_OCTETS = 8 };

bool
identity_parse(const char *text, uint8_t out[ENGINE_ID_MAX], size_t *n)
{
    if (strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0)
        text += 2;
    for (*n = 0; *text != '\0'; text += 2) {
        char pair[3] = { text[0], text[1], '\0' }, *end;

        if (*n == ENGINE_ID_MAX || text[1] == '\0')
            return false;
        out[(*n)++] = (uint8_t) strtoul(pair, &end, 16);
        if (*end != '\0')
            return false;
    }
    return *n >= 5;
}

static bool
make_engine(struct identity *out, struct failure *why)
{
    memcpy(out->id, prefix, sizeof prefix);
    out->n = sizeof prefix + RANDOM_OCTETS;
    out->boots = 0;
    return getrandom(out->id + sizeof prefix, RANDOM_OCTETS, 0) == RANDOM_OCTETS ||
           failure_errno(why, errno, "engine ID");
}

static bool
read_engine(const char *path, struct identity *out, struct failure *why)
{
    FILE *file = fopen(path, "re");
    char id[2 * ENGINE_ID_MAX + 3];
    unsigned long boots;
    int got;

    if (file == NULL && errno == ENOENT)
        return make_engine(out, why);
    if (file == NULL)
        return failure_errno(why, errno, "%s", path);
    got = fscanf(file, "%66s %lu", id, &boots);
    fclose(file);
    if (got != 2 || !identity_parse(id, out->id, &out->n) || boots > INT32_MAX)
        return failure_set(why, FAILURE_PROTOCOL, "%s: not \"0xENGINE BOOTS\"; others know us by it: put back a copy, or remove it "
                           "and they learn a new one", path);
    out->boots = (uint32_t) boots;
    return true;
}

static bool
write_engine(const char *directory, const char *path, const struct identity *own, struct failure *why)
{
    char fresh[1200], line[2 * ENGINE_ID_MAX + 24] = "0x";
    int fd, folder;
    size_t n;
    bool good;

    for (size_t i = 0; i < own->n; i++)
        snprintf(line + 2 + 2 * i, 3, "%02x", own->id[i]);
    n = strlen(line);
    n += (size_t) snprintf(line + n, sizeof line - n, " %u\n", own->boots);
    snprintf(fresh, sizeof fresh, "%s.%ld", path, (long) getpid()); /* two may start at once */
    fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    good = fd >= 0 && write(fd, line, n) == (ssize_t) n && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    good = good && rename(fresh, path) == 0;
    folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    good = good && folder >= 0 && fsync(folder) == 0;
    if (!good)
        failure_errno(why, errno, "%s: boots must be on disk before they are used", path);
    if (folder >= 0)
        close(folder);
    return good;
}

bool
identity_next(const char *directory, const char *name, struct identity *out, struct failure *why)
{
    char path[1100];

    snprintf(path, sizeof path, "%.1000s/%.64s", directory, name);
    if (!read_engine(path, out, why))
        return false;
    if (out->boots == INT32_MAX)
        return failure_set(why, FAILURE_LIMIT, "%s: boots have reached their end (RFC 3414 §2.2.2); remove the file and "
                           "have others learn a new engine ID", path);
    out->boots++;
    return write_engine(directory, path, out, why);
}
