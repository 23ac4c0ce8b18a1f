/* The inside of a digest, for its three renderings. */
#ifndef CORE_DIGEST_H
#define CORE_DIGEST_H

#include "api/digest.h"

enum { DIGEST_DEVICES = 2000, DIGEST_BINS = 15, DIGEST_DETAIL = 400 };

struct digest_row {
    int64_t id, at;
    const char *device, *source, *what, *detail, *why;
    enum severity severity;
    size_t group;
};

struct digest_group { /* rows that are alike */
    int64_t first, last;
    uint64_t times;
    const struct digest_row *row; /* the first of them */
};

struct digest_device {
    const char *name;
    uint64_t events;
};

struct digest {
    struct arena *arena;
    const char *name, *note;
    int64_t now, from, to, first, last;
    struct digest_row **rows;
    size_t n_rows;
    struct digest_group *groups;
    size_t n_groups;
    struct digest_device *devices;
    size_t n_devices;
    uint64_t events, counts[SEVERITY_CRITICAL + 1];
    bool has_ledger;
    struct ledger ledger;
};

/* Groups, worst first, then newest; devices by events. The caller frees. */
const struct digest_group **digest_sorted_groups(const struct digest *digest);
const struct digest_device **digest_sorted_devices(const struct digest *digest);
/* How many of a device's rows fell into each of DIGEST_BINS parts of the period. */
void digest_bins(const struct digest *digest, const char *device, uint32_t bins[DIGEST_BINS]);
enum digest_form { DIGEST_MINUTE, DIGEST_SECOND, DIGEST_DATE, DIGEST_DAY,
                   DIGEST_SINCE, DIGEST_DATE_HTML, DIGEST_ISO };
/* Local time. Returns `out`. */
char *digest_time(int64_t at, enum digest_form form, char *out, size_t size);
/* "8 h 2 m" */
char *digest_span(int64_t nanoseconds, char *out, size_t size);

#endif
