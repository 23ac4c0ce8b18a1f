/* Collecting a digest's rows: grouped, counted, bounded. */
#include "core/digest.h"

#include "api/render.h"
#include "core/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEPT_MAX = 300 };

/* Names are a person's or a device's: without what would move, hide or reorder, and no longer than a subject bears. */
static const char *
keep(struct digest *d, const char *text)
{
    char clean[KEPT_MAX];
    size_t n = text != NULL ? utf8_clean((const uint8_t *) text, strlen(text), 0, clean, sizeof clean) : 0;

    return arena_text(d->arena, clean, n);
}

struct digest *
digest_new(const char *name, int64_t now)
{
    struct arena *arena = arena_new();
    struct digest *d = arena_alloc(arena, sizeof *d);

    d->arena = arena;
    d->name = keep(d, name);
    d->now = now;
    return d;
}

void
digest_free(struct digest *d)
{
    if (d == NULL)
        return;
    free(d->rows);
    free(d->groups);
    free(d->devices);
    arena_free(d->arena);
}

void
digest_set_ledger(struct digest *d, const struct ledger *ledger)
{
    d->has_ledger = true;
    d->ledger = *ledger;
}

void
digest_set_note(struct digest *d, const char *note)
{
    d->note = keep(d, note);
}

uint64_t
digest_events(const struct digest *d)
{
    return d->events;
}

int64_t
digest_first(const struct digest *d)
{
    return d->first;
}

int64_t
digest_last(const struct digest *d)
{
    return d->last;
}

enum severity
digest_worst(const struct digest *d)
{
    for (int s = SEVERITY_CRITICAL; s > SEVERITY_OK; s--)
        if (d->counts[s] > 0)
            return (enum severity) s;
    return SEVERITY_OK;
}

static void
name_object(const struct digest_names *names, const struct oid *o, char *text, size_t size)
{
    char numbers[OID_TEXT_MAX];

    if (names != NULL)
        names->object(names->arg, o, text, size);
    else
        snprintf(text, size, "%.*s", (int) size - 1, oid_format(o, numbers));
}

/* "ifIndex.3 = 3, ifOperStatus.3 = down(2)", cut at DIGEST_DETAIL. */
static const char *
describe(struct digest *d, const struct notification *n, const struct digest_names *names)
{
    struct buf line = { 0 };
    const char *kept;

    for (size_t i = 0; i < n->n_varbinds && line.n < DIGEST_DETAIL; i++) {
        char name[200], value[200];

        name_object(names, &n->varbinds[i].name, name, sizeof name);
        if (names != NULL)
            names->value(names->arg, &n->varbinds[i], value, sizeof value);
        else
            render_value(&n->varbinds[i].value, NULL, RENDER_PLAIN, value, sizeof value);
        buf_format(&line, "%s%s = %s", i > 0 ? ", " : "", name, value);
    }
    if (line.n > DIGEST_DETAIL) {
        size_t end = DIGEST_DETAIL;

        while (end > 0 && ((unsigned char) line.at[end] & 0xc0) == 0x80) /* at a character */
            end--;
        line.n = end;
        buf_text(&line, " ...");
    }
    kept = arena_text(d->arena, line.at != NULL ? line.at : "", line.n);
    buf_free(&line);
    return kept;
}

static void
count_device(struct digest *d, const char *name)
{
    for (size_t i = 0; i < d->n_devices; i++)
        if (strcmp(d->devices[i].name, name) == 0) {
            d->devices[i].events++;
            return;
        }
    if (d->n_devices == DIGEST_DEVICES) {
        d->devices[DIGEST_DEVICES - 1].events++;
        return;
    }
    d->devices = memory_grow(d->devices, d->n_devices + 1, sizeof *d->devices);
    d->devices[d->n_devices++] = (struct digest_device) { arena_text(d->arena, name, strlen(name)), 1 };
}

static void
join_group(struct digest *d, struct digest_row *row)
{
    for (size_t i = d->n_groups; i-- > 0;) {
        struct digest_group *g = &d->groups[i];

        if (g->row->severity == row->severity && strcmp(g->row->device, row->device) == 0 &&
            strcmp(g->row->what, row->what) == 0 && strcmp(g->row->detail, row->detail) == 0) {
            g->times++;
            g->last = row->at;
            row->group = i;
            return;
        }
        if (d->n_groups - i > 500) /* what is alike comes close together; looking further costs too much */
            break;
    }
    d->groups = memory_grow(d->groups, d->n_groups + 1, sizeof *d->groups);
    row->group = d->n_groups;
    d->groups[d->n_groups++] = (struct digest_group) { row->at, row->at, 1, row };
}

void
digest_add(struct digest *d, const struct notification *n, const struct digest_names *names)
{
    const char *name = n->device != NULL && n->device[0] != '\0' ? n->device : n->origin != NULL ? n->origin : "?";
    struct digest_row *row;
    char what[200], device[KEPT_MAX];

    utf8_clean((const uint8_t *) name, strlen(name), 0, device, sizeof device);
    if (d->events++ == 0) {
        d->first = n->id;
        d->from = n->received;
    }
    d->last = n->id;
    d->to = n->received;
    d->counts[n->severity <= SEVERITY_CRITICAL ? n->severity : SEVERITY_INFO]++;
    count_device(d, device);
    if (d->n_rows == DIGEST_ROWS)
        return;
    row = arena_alloc(d->arena, sizeof *row);
    row->id = n->id;
    row->at = n->received;
    row->severity = n->severity;
    row->device = keep(d, device);
    row->source = keep(d, n->source);
    row->why = keep(d, n->why);
    name_object(names, &n->name, what, sizeof what);
    row->what = keep(d, what);
    row->detail = describe(d, n, names);
    join_group(d, row);
    d->rows = memory_grow(d->rows, d->n_rows + 1, sizeof *d->rows);
    d->rows[d->n_rows++] = row;
}

static int
compare_groups(const void *a, const void *b)
{
    const struct digest_group *x = *(const struct digest_group *const *) a;
    const struct digest_group *y = *(const struct digest_group *const *) b;

    if (x->row->severity != y->row->severity)
        return x->row->severity > y->row->severity ? -1 : 1;
    if (x->last != y->last)
        return x->last > y->last ? -1 : 1;
    return x->row->id < y->row->id ? -1 : x->row->id > y->row->id;
}

const struct digest_group **
digest_sorted_groups(const struct digest *d)
{
    const struct digest_group **sorted = memory_zero(d->n_groups + 1, sizeof *sorted);

    for (size_t i = 0; i < d->n_groups; i++)
        sorted[i] = &d->groups[i];
    qsort(sorted, d->n_groups, sizeof *sorted, compare_groups);
    return sorted;
}

static int
compare_devices(const void *a, const void *b)
{
    const struct digest_device *x = *(const struct digest_device *const *) a;
    const struct digest_device *y = *(const struct digest_device *const *) b;

    if (x->events != y->events)
        return x->events > y->events ? -1 : 1;
    return strcmp(x->name, y->name);
}

const struct digest_device **
digest_sorted_devices(const struct digest *d)
{
    const struct digest_device **sorted = memory_zero(d->n_devices + 1, sizeof *sorted);

    for (size_t i = 0; i < d->n_devices; i++)
        sorted[i] = &d->devices[i];
    qsort(sorted, d->n_devices, sizeof *sorted, compare_devices);
    return sorted;
}

void
digest_bins(const struct digest *d, const char *device, uint32_t bins[DIGEST_BINS])
{
    int64_t span = d->to - d->from + 1;

    memset(bins, 0, DIGEST_BINS * sizeof *bins);
    for (size_t i = 0; i < d->n_rows; i++) {
        int64_t bin = span > 0 ? (int64_t) ((double) (d->rows[i]->at - d->from) / (double) span * DIGEST_BINS) : 0;

        if (strcmp(d->rows[i]->device, device) == 0 && bin >= 0 && bin < DIGEST_BINS)
            bins[bin]++;
    }
}

char *
digest_time(int64_t at, enum digest_form form, char *out, size_t size)
{
    time_t seconds = (time_t) (at / 1000000000);
    size_t n = 0;
    struct tm tm;

    if (localtime_r(&seconds, &tm) == NULL)
        memset(&tm, 0, sizeof tm);
    switch (form) {
    case DIGEST_MINUTE:
        n = strftime(out, size, "%H:%M", &tm);
        break;
    case DIGEST_SECOND:
        n = strftime(out, size, "%H:%M:%S", &tm);
        break;
    case DIGEST_DATE:
        n = strftime(out, size, "%a %d %b %Y, %H:%M", &tm);
        break;
    case DIGEST_DAY:
        n = strftime(out, size, "%a %d %b %H:%M", &tm);
        break;
    case DIGEST_SINCE:
        n = strftime(out, size, "%d %b %Y %H:%M", &tm);
        break;
    case DIGEST_DATE_HTML:
        n = strftime(out, size, "%a %d %b %Y<br>%H:%M", &tm);
        break;
    case DIGEST_ISO:
        n = strftime(out, size, "%Y-%m-%dT%H:%M:%S%z", &tm);
        break;
    }
    if (n == 0)
        snprintf(out, size, "?");
    return out;
}

char *
digest_span(int64_t nanoseconds, char *out, size_t size)
{
    long long seconds = nanoseconds > 0 ? nanoseconds / 1000000000 : 0;

    if (seconds < 60)
        snprintf(out, size, "%lld s", seconds);
    else if (seconds < 3600)
        snprintf(out, size, "%lld m", seconds / 60);
    else if (seconds < 86400)
        snprintf(out, size, "%lld h %lld m", seconds / 3600, seconds / 60 % 60);
    else
        snprintf(out, size, "%lld d %lld h", seconds / 86400, seconds / 3600 % 24);
    return out;
}

void
digest_message_id(const struct digest *d, const char *store_uuid, char *out, size_t size)
{
    char name[64];
    size_t n = 0;

    for (const char *p = d->name; *p != '\0' && n + 1 < sizeof name; p++)
        name[n++] = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ? *p : '-';
    name[n] = '\0';
    snprintf(out, size, "<%s.%lld-%lld.%s@trapline>", n > 0 ? name : "digest", (long long) d->first,
             (long long) d->last, store_uuid);
}

void
digest_file(const struct digest *d, char *out, size_t size)
{
    size_t n = 0, room = size - sizeof ".csv";

    for (const char *p = d->name; *p != '\0'; p++) {
        bool begins = ((unsigned char) *p & 0xc0) != 0x80;

        if (begins && n + 4 > room)
            break;
        out[n] = strchr("/\\<>:\"|?*", *p) != NULL || (n == 0 && *p == '.') ? '-' : *p;
        n++;
    }
    snprintf(out + n, size - n, ".csv");
}

static void
csv_field(struct buf *out, const char *text, bool last)
{
    buf_text(out, "\"");
    if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL) /* a spreadsheet must not run it */
        buf_text(out, "'");
    for (; *text != '\0'; text++) {
        buf_add(out, text, 1);
        if (*text == '"')
            buf_text(out, "\"");
    }
    buf_text(out, last ? "\"\r\n" : "\",");
}

void
digest_csv(const struct digest *d, struct buf *out)
{
    char text[64];

    buf_text(out, "row,time,severity,device,source,notification,values,why\r\n");
    for (size_t i = 0; i < d->n_rows; i++) {
        const struct digest_row *r = d->rows[i];

        buf_format(out, "%lld,", (long long) r->id);
        csv_field(out, digest_time(r->at, DIGEST_ISO, text, sizeof text), false);
        csv_field(out, severity_word(r->severity), false);
        csv_field(out, r->device, false);
        csv_field(out, r->source, false);
        csv_field(out, r->what, false);
        csv_field(out, r->detail, false);
        csv_field(out, r->why, true);
    }
}
