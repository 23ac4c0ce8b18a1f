/* The file of quirk profiles. See api/quirk.h. */
#include "api/memory.h"
#include "api/quirk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { ENTRIES_MAX = 200000, LINE_MAX_OCTETS = 1024 };

struct entry {
    char *address;
    struct quirks quirks;
    bool gone, changed; /* since the file was read */
};

struct quirk_book {
    char path[1100];
    struct entry *entries; /* sorted by address */
    size_t n, room;
};

/* Where the address is, or would be. */
static size_t
place_of(const struct quirk_book *b, const char *address, bool *here)
{
    size_t low = 0, high = b->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (strcmp(b->entries[middle].address, address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *here = low < b->n && strcmp(b->entries[low].address, address) == 0;
    return low;
}

static struct entry *
entry_for(struct quirk_book *b, const char *address)
{
    bool here;
    size_t at = place_of(b, address, &here);

    if (here)
        return &b->entries[at];
    if (b->n == ENTRIES_MAX)
        return NULL;
    if (b->n == b->room)
        b->entries = memory_grow(b->entries, b->room = 2 * b->room + 64, sizeof *b->entries);
    memmove(b->entries + at + 1, b->entries + at, (b->n - at) * sizeof *b->entries);
    b->n++;
    b->entries[at] = (struct entry) { .address = memory_text(address) };
    return &b->entries[at];
}

/* Lines that make no sense are left out; what was changed here stands. */
static void
read_book(struct quirk_book *b)
{
    FILE *file = fopen(b->path, "re");
    char line[LINE_MAX_OCTETS];

    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        char *tab = strchr(line, '\t');
        struct quirks quirks;
        struct failure why;
        struct entry *e;

        if (tab == NULL || tab == line || strchr(line, '\n') == NULL || line[0] == '#')
            continue;
        *tab = '\0';
        if (quirk_parse(tab + 1, &quirks, &why) && (e = entry_for(b, line)) != NULL && !e->changed)
            e->quirks = quirks;
    }
    fclose(file);
}

struct quirk_book *
quirk_book_open(const char *state_directory)
{
    struct quirk_book *b = memory_zero(1, sizeof *b);

    if (state_directory != NULL && strlen(state_directory) < 1024) {
        snprintf(b->path, sizeof b->path, "%s/quirks", state_directory);
        read_book(b);
    }
    return b;
}

void
quirk_book_free(struct quirk_book *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; i < b->n; i++)
        free(b->entries[i].address);
    free(b->entries);
    free(b);
}

bool
quirk_book_find(const struct quirk_book *b, const char *address, struct quirks *out)
{
    bool here;
    size_t at = place_of(b, address, &here);

    if (!here || b->entries[at].gone)
        return false;
    *out = b->entries[at].quirks;
    return true;
}

void
quirk_book_put(struct quirk_book *b, const char *address, const struct quirks *quirks)
{
    struct entry *e = strpbrk(address, "\t\n") == NULL ? entry_for(b, address) : NULL;

    if (e == NULL)
        return;
    e->changed = true;
    e->gone = quirks == NULL;
    if (quirks != NULL)
        e->quirks = *quirks;
}

static bool
write_book(const struct quirk_book *b, const char *path)
{
    FILE *file = fopen(path, "we");
    char text[QUIRK_TEXT_MAX];
    bool good;

    if (file == NULL)
        return false;
    fputs("# What was learnt about devices: ADDRESS<tab>PROFILE. trapline quirks shows and changes it.\n", file);
    for (size_t i = 0; i < b->n; i++)
        if (!b->entries[i].gone)
            fprintf(file, "%s\t%s\n", b->entries[i].address, quirk_format(&b->entries[i].quirks, text));
    good = fflush(file) == 0 && fsync(fileno(file)) == 0;
    return fclose(file) == 0 && good;
}

bool
quirk_book_save(struct quirk_book *b, struct failure *why)
{
    char lock_path[1120], temporary[1120];
    bool changed = false, good;
    int lock;

    for (size_t i = 0; i < b->n; i++)
        changed = changed || b->entries[i].changed;
    if (!changed || b->path[0] == '\0')
        return true;
    snprintf(lock_path, sizeof lock_path, "%s.lock", b->path);
    snprintf(temporary, sizeof temporary, "%s.new", b->path);
    lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return failure_errno(why, errno, "%s: cannot be opened; what was learnt about devices is not kept", lock_path);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        close(lock);
        return failure_set(why, FAILURE_BUSY, "%s: is being written by another program", b->path);
    }
    read_book(b);
    good = write_book(b, temporary) && rename(temporary, b->path) == 0;
    if (!good)
        failure_errno(why, errno, "%s: cannot be written; what was learnt about devices is not kept", b->path);
    close(lock);
    for (size_t i = 0; i < b->n && good; i++)
        b->entries[i].changed = false;
    return good;
}

size_t
quirk_book_count(const struct quirk_book *b)
{
    return b->n;
}

const char *
quirk_book_at(const struct quirk_book *b, size_t i, struct quirks *out)
{
    *out = b->entries[i].quirks;
    return b->entries[i].gone ? NULL : b->entries[i].address;
}
