/* Figures of the snapshot, one "NAME NUMBER" a line. Usage: mib SNAPSHOT open|first|keys|memory */
#include "api/mib.h"
#include "core/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const texts[] = {
    "ifInOctets",     "ifHCInOctets",  "sysUpTime",        "temperature",    "fan status",     "bgpPeerState",
    "cpu utilisation", "memory",       "1.3.6.1.2.1.2.2",  "battery voltage", "dot1dTpFdb",    "linkDown",
    "ciscoEnvMon",    "jnxOperating",  "IF-MIB",           "DisplayString",  "ospfNbrState",   "a",
    "the interface",  "hrStorageUsed", "entPhysicalSerial", "vlan name",     "Inoct",          "ifalias",
};

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static int
open_and_find(const char *path)
{
    double times[101];

    for (int i = 0; i < 101; i++) {
        double start = now();
        struct mib *mib = mib_open(path, NULL);

        if (mib == NULL || mib_find(mib, "ifInOctets") == MIB_NONE)
            return 1;
        times[i] = now() - start;
        mib_close(mib);
        if (i == 0)
            printf("first %.4f\n", times[0]);
    }
    qsort(times, 101, sizeof *times, compare);
    printf("median %.4f\n", times[50]);
    return 0;
}

/* The first keystroke after opening. */
static int
first_key(const char *path)
{
    struct mib_hit hits[200];
    struct mib *mib = mib_open(path, NULL);
    double start = now();

    if (mib == NULL || mib_search(mib, "ifin", hits, 200) == 0)
        return 1;
    printf("key %.3f\n", now() - start);
    mib_close(mib);
    return 0;
}

/* Each beginning of each text, as while typing. */
static int
keys(const char *path)
{
    struct mib *mib = mib_open(path, NULL);
    struct mib_hit hits[200];
    double times[4000], worst = 0;
    const char *slowest = "";
    static char at_worst[200];
    size_t n = 0;

    if (mib == NULL)
        return 1;
    mib_search(mib, "warm", hits, 200);
    for (int round = 0; round < 5; round++)
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
            for (size_t k = 1; k <= strlen(texts[i]) && n < 4000; k++) {
                char typed[100];
                double start;

                snprintf(typed, sizeof typed, "%.*s", (int)k, texts[i]);
                start = now();
                mib_search(mib, typed, hits, 200);
                times[n] = now() - start;
                if (times[n] > worst) {
                    worst = times[n];
                    snprintf(at_worst, sizeof at_worst, "%s", typed);
                    slowest = at_worst;
                }
                n++;
            }
    qsort(times, n, sizeof *times, compare);
    printf("keystrokes %zu\nmedian %.3f\np99 %.3f\nworst %.3f\n# slowest: \"%s\"\n", n, times[n / 2], times[n * 99 / 100],
           times[n - 1], slowest);
    mib_close(mib);
    return 0;
}

/* After the tree was walked and searched: what is ours alone, in KiB. */
static int
memory(const char *path)
{
    struct mib *mib = mib_open(path, NULL);
    struct mib_hit hits[200];
    char line[200];
    long kib, sum = 0;
    FILE *file;

    if (mib == NULL)
        return 1;
    mib_search(mib, "temperature", hits, 200);
    for (mib_node node = 0; node < mib_count(mib); node += 50) {
        struct mib_info info;

        mib_info(mib, node, &info);
    }
    file = fopen("/proc/self/smaps_rollup", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Private_Dirty: %ld", &kib) == 1)
            sum += kib;
    if (file != NULL)
        fclose(file);
    printf("private %ld\n", sum);
    mib_close(mib);
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    if (strcmp(argv[2], "open") == 0)
        return open_and_find(argv[1]);
    if (strcmp(argv[2], "first") == 0)
        return first_key(argv[1]);
    return strcmp(argv[2], "keys") == 0 ? keys(argv[1]) : memory(argv[1]);
}
