/* The journal: a few notifications that a test gave, and storms of any number behind them. */
#include "fake-parts.h"

#include "api/loop.h"
#include "api/settings.h"

#include <stdio.h>
#include <string.h>

enum { NOTES_MAX = 200 };

static struct { enum severity severity; char says[200]; bool inform; } notes[NOTES_MAX];
static int64_t n_notes, n_storm, storm_at, oldest = 1;
size_t fake_rows_read, fake_rows_most;

static int64_t
newest(void)
{
    return n_notes + n_storm;
}

void
fake_notify(enum severity severity, const char *says, bool inform)
{
    if (n_notes == NOTES_MAX || n_storm > 0)
        return;
    notes[n_notes].severity = severity;
    notes[n_notes].inform = inform;
    snprintf(notes[n_notes++].says, sizeof notes->says, "%s", says);
    fake_version++;
}

void
fake_storm(int64_t rows)
{
    n_storm += rows;
    storm_at = loop_wall();
    fake_version++;
}

void
fake_forget(void)
{
    n_notes = n_storm = 0;
    oldest = 1;
    fake_version++;
}

void
fake_retain(int64_t from)
{
    oldest = from;
    fake_version++;
}

static bool
give(int64_t id, journal_row_fn *fn, void *arg)
{
    static const uint8_t raw[] = {
        0x30, 0x3a, 2, 1, 1, 4, 6, '*', '*', '*', '*', '*', '*', 0xa7, 0x2d, 2, 1, 1, 2, 1, 0, 2, 1, 0, 0x30, 0x22,
        0x30, 0x0f, 6, 8, 0x2b, 6, 1, 2, 1, 1, 3, 0, 0x43, 3, 1, 2, 3,
        0x30, 0x0f, 6, 10, 0x2b, 6, 1, 2, 1, 2, 2, 1, 8, 24, 2, 1, 2};
    static const uint32_t link_down[] = {1, 3, 6, 1, 6, 3, 1, 3}, if_oper[] = {1, 3, 6, 1, 2, 1, 2, 2, 1, 8, 24},
                          descr[] = {1, 3, 6, 1, 2, 1, 2, 2, 1, 2, 24};
    bool storm = id > n_notes;
    enum severity severity = storm ? SEVERITY_INFO : notes[id - 1].severity;
    char text[40];
    const char *says = fake_hostile ? fake_hostile_text : storm ? text : notes[id - 1].says;
    struct varbind v[2] = {{.value = {.type = VALUE_INTEGER, .i = 2}}, {.value = {.type = VALUE_OCTETS}}};
    struct notification n = {
        .id = id, .received = storm ? storm_at - (newest() - id) * 1000 : FAKE_EPOCH - (n_notes - id) * LOOP_S(61),
        .version = id % 3 == 0 ? 3 : 2, .inform = !storm && notes[id - 1].inform, .severity = severity,
        .why = "standard: linkDown",
        .source = "192.0.2.7:52144", .origin = "192.0.2.7", .device = id % 2 ? "core-sw-01" : NULL,
        .security = id % 3 == 0 ? "ops" : NULL, .uptime = 1842026200, .varbinds = v, .n_varbinds = 2, .raw = raw,
        .n_raw = sizeof raw,
    };

    snprintf(text, sizeof text, "storm %lld", (long long) id);
    oid_set(&n.name, link_down, 8);
    n.name.arc[7] = severity == SEVERITY_OK ? 4 : severity == SEVERITY_INFO ? 1 : 3;
    oid_set(&v[0].name, if_oper, 11);
    oid_set(&v[1].name, descr, 11);
    v[1].value.octets = (const uint8_t *) says;
    v[1].value.n = (uint32_t) strlen(says);
    return fn(arg, &n);
}

static void
count(size_t rows)
{
    fake_rows_read += rows;
    fake_rows_most = rows > fake_rows_most ? rows : fake_rows_most;
}

bool
journal_after(struct store *store, int64_t after, size_t limit, journal_row_fn *fn, void *arg, struct failure *why)
{
    size_t read = 0;

    (void) store, (void) why;
    for (int64_t id = after < oldest ? oldest : after + 1; id <= newest() && read < limit; id++, read++)
        if (!give(id, fn, arg))
            break;
    count(read);
    return true;
}

bool
journal_before(struct store *store, int64_t before, size_t limit, journal_row_fn *fn, void *arg, struct failure *why)
{
    size_t read = 0;

    (void) store, (void) why;
    for (int64_t id = before > newest() ? newest() : before - 1; id >= oldest && read < limit; id--, read++)
        if (!give(id, fn, arg))
            break;
    count(read);
    return true;
}

bool
journal_one(struct store *store, int64_t id, journal_row_fn *fn, void *arg, struct failure *why)
{
    (void) store;
    if (id < oldest || id > newest())
        return failure_set(why, FAILURE_ABSENT, "the journal: there is no row %lld", (long long) id);
    give(id, fn, arg);
    return true;
}

bool
journal_bounds(struct store *store, int64_t *first, int64_t *last, struct failure *why)
{
    (void) store, (void) why;
    *first = newest() > 0 ? oldest : 0;
    *last = newest();
    return true;
}

static bool
note_time(void *arg, const struct notification *n)
{
    *(int64_t *) arg = n->received;
    return false;
}

bool
journal_since(struct store *store, int64_t at, int64_t low, int64_t high, int64_t *before, struct failure *why)
{
    (void) store, (void) why;
    while (low < high) {
        int64_t middle = low + (high - low) / 2 + 1, received = 0;

        give(middle, note_time, &received);
        if (received < at)
            low = middle;
        else
            high = middle - 1;
    }
    *before = low;
    return true;
}

bool
ledger_read(struct store *store, struct ledger *out, struct failure *why)
{
    (void) store, (void) why;
    *out = (struct ledger) {.received = (uint64_t) newest() + 5, .stored = (uint64_t) newest(), .dropped = 4, .rejected = 1,
                            .informs_answered = 2, .since = FAKE_EPOCH - LOOP_S(86400)};
    return true;
}

bool
ledger_adds_up(const struct ledger *l)
{
    return l->received == l->stored + l->dropped + l->rejected;
}

const char *
reject_security_words(enum reject_cause cause)
{
    (void) cause;
    return "user";
}

const char *
reject_cause_words(enum reject_cause cause)
{
    return cause == REJECT_COMMUNITY ? "community not allowed" : cause == REJECT_ENGINE ? "engine unknown" : "source not allowed";
}

static bool is_admitted;

bool
rejected_senders(struct store *store, rejected_row_fn *fn, void *arg, struct failure *why)
{
    static const uint8_t raw[] = {0x30, 0x1c, 2, 1, 1, 4, 6, '*', '*', '*', '*', '*', '*', 0xa7, 0x0f, 2, 4, 0x2c, 8, 0x66, 7,
                                  2, 1, 0, 2, 1, 0, 0x30, 1, 0};
    const struct rejected_sender all[] = {
        {.id = 3, .source = "[2001:db8::42]:162", .cause = REJECT_ENGINE, .security = "ops", .engine_id = "0x8000000001020304",
         .count = 12, .last = FAKE_EPOCH - LOOP_S(60), .raw = raw, .n_raw = sizeof raw},
        {.id = 1, .source = "198.51.100.77:40001", .cause = REJECT_COMMUNITY, .count = 1, .last = FAKE_EPOCH - LOOP_S(600),
         .raw = raw, .n_raw = sizeof raw},
        {.id = 2, .source = "203.0.113.5:50000", .cause = REJECT_SOURCE, .count = 4711, .last = FAKE_EPOCH - LOOP_S(7200),
         .raw = raw, .n_raw = sizeof raw},
    };

    (void) store, (void) why;
    for (size_t i = is_admitted; i < sizeof all / sizeof *all; i++)
        if (!fn(arg, &all[i]))
            break;
    return true;
}

bool
rejected_forget(struct store *store, int64_t id, struct failure *why)
{
    (void) store, (void) id, (void) why;
    return true;
}

bool
rejected_fits(const struct rejected_sender *sender, const struct profile *profile, struct failure *why)
{
    if (profile == NULL ? sender->cause == REJECT_SOURCE : (sender->cause == REJECT_COMMUNITY) == (profile->version != 3))
        return true;
    return failure_set(why, FAILURE_USAGE, "%s was refused for its community: name the profile of the settings that has it",
                       sender->source);
}

bool
rejected_admit(struct store *store, const struct admission *how, char *name, size_t size, struct failure *why)
{
    (void) store;
    if (fake_busy > 0 && fake_busy-- > 0)
        return failure_set(why, FAILURE_BUSY, "the store is locked");
    is_admitted = true;
    snprintf(name, size, "sender-%d", (int) how->id);
    fake_version++;
    return true;
}

bool
admitted_remove(struct store *store, const char *name, struct failure *why)
{
    (void) store, (void) name, (void) why;
    is_admitted = false;
    fake_version++;
    return true;
}

bool
admitted_senders(struct store *store, admitted_row_fn *fn, void *arg, struct failure *why)
{
    const struct admitted_sender one = {1, FAKE_EPOCH, "sender-3", "2001:db8::42", "core-v3", "0x8000000001020304", "ana", NULL};

    (void) store, (void) why;
    if (is_admitted)
        fn(arg, &one);
    return true;
}

bool
ledger_listeners(struct store *store, listener_row_fn *fn, void *arg, struct failure *why)
{
    const struct listener all[] = {
        {.name = "udp:0.0.0.0:162", .address = "0.0.0.0:162", .ledger = {.received = 1284, .stored = 1279, .rejected = 5}},
        {.name = "udp6:[::]:162", .address = "[::]:162", .ledger = {.received = 77, .stored = 70, .lost_overflow = 7, .kernel_drops = 3}},
        {.name = "tcp:127.0.0.1:162", .address = ""},
    };

    (void) store, (void) why;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        fn(arg, &all[i]);
    return true;
}

/* Whole hours before the epoch of the fakes. */
static int64_t
hour_ago(int n)
{
    return FAKE_EPOCH / LOOP_S(3600) * LOOP_S(3600) - n * LOOP_S(3600);
}

bool
ledger_hours(struct store *store, int64_t since, ledger_hour_fn *fn, void *arg, struct failure *why)
{
    static const char *const names[] = {"traps", "v6", "tcp"};

    (void) store, (void) since, (void) why;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int n = 5; n >= 0; n -= 1 + (int) i) {
            const struct ledger_hour h = {names[i], hour_ago(n), {.received = 1000u * (unsigned) n + 11, .stored = 900u * (unsigned) n + 6,
                                          .duplicate = 3, .rejected = 100u * (unsigned) n + 2, .kernel_drops = n == 3 ? 17 : 0}};
            fn(arg, &h);
        }
    return true;
}

bool
ledger_sender_hours(struct store *store, int64_t since, const char *source, sender_row_fn *fn, void *arg,
                    struct failure *why)
{
    (void) store, (void) since, (void) why;
    for (int n = 2; n >= 0; n--) {
        const struct sender_count s = {source, 400u - (unsigned) n, (unsigned) n, 0, 1, hour_ago(n), hour_ago(n - 1)};
        fn(arg, &s);
    }
    return true;
}

bool
ledger_senders(struct store *store, size_t limit, sender_row_fn *fn, void *arg, struct failure *why)
{
    const struct sender_count all[] = {
        {"192.0.2.7", 1200, 31, 4, 0, FAKE_EPOCH - LOOP_S(7200), FAKE_EPOCH},
        {"2001:db8::17", 79, 0, 0, 5, FAKE_EPOCH - LOOP_S(86400), FAKE_EPOCH - LOOP_S(5)},
    };

    (void) store, (void) limit, (void) why;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        fn(arg, &all[i]);
    return true;
}
