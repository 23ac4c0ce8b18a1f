/* The command language: configuration, arguments, standard input and the control socket all speak it
 * (README.md). */
#include "sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 64 };

struct call {
    struct buf *reply;
    char **words; /* behind the verb */
    int n;
    char why[300];
};

struct device *
device_find(const char *name)
{
    for (struct device *d = sim.devices; d != NULL; d = d->next)
        if (strcmp(d->name, name) == 0)
            return d;
    return NULL;
}

static bool
fail(struct call *c, const char *why, const char *what)
{
    snprintf(c->why, sizeof c->why, "%.100s: %.180s", what, why);
    return false;
}

/* "20ms", "1.5s", "300us"; without a unit milliseconds. */
static bool
read_time(const char *text, int64_t *out)
{
    char *end;
    double number = strtod(text, &end);

    if (end == text || number < 0)
        return false;
    if (strcmp(end, "us") == 0)
        number *= 1e3;
    else if (strcmp(end, "s") == 0)
        number *= 1e9;
    else if (*end == '\0' || strcmp(end, "ms") == 0)
        number *= 1e6;
    else
        return false;
    *out = (int64_t) number;
    return true;
}

static size_t
read_engine(const char *text, uint8_t out[32])
{
    size_t n = 0;
    unsigned octet;

    if (strncmp(text, "0x", 2) == 0)
        text += 2;
    for (; n < 32 && sscanf(text, "%2x", &octet) == 1 && text[1] != '\0'; text += 2)
        out[n++] = (uint8_t) octet;
    return *text == '\0' && n >= 5 ? n : 0;
}

static void
make_engine(struct device *d)
{
    static uint32_t serial;

    /* RFC 3411: enterprise 8072, format "administratively assigned octets". */
    memcpy(d->engine, (uint8_t[]) { 0x80, 0, 0x1f, 0x88, 5 }, 5);
    serial++;
    for (int i = 0; i < 4; i++)
        d->engine[5 + i] = (uint8_t) (serial >> (24 - 8 * i));
    for (int i = 9; i < 13; i++)
        d->engine[i] = (uint8_t) (sim_chance() * 256);
    d->engine_n = 13;
}

static struct device *
make_device(const char *name, struct record *record)
{
    struct device *d = memory_zero(1, sizeof *d);

    d->name = memory_text(name);
    d->community = memory_text("public");
    d->record = record;
    d->born = sim_now();
    d->boots = 1;
    d->faults.max_size = 1472;
    make_engine(d);
    return d;
}

/* With live=1 the up times go on from where the recording stopped. */
static void
enliven(struct device *d)
{
    static const char *const names[] = { "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.25.1.1.0" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct oid o;
        size_t at;
        struct entry *e;
        struct life *life;

        oid_parse(&o, names[i]);
        at = record_find(d->record->entries, d->record->n, o.arc, o.n);
        e = &d->record->entries[at];
        if (at == d->record->n || oid_compare_arcs(e->arcs, e->n, o.arc, o.n) != 0 || e->life != NULL)
            continue;
        life = arena_alloc(d->record->arena, sizeof *life);
        *life = (struct life) { .kind = LIFE_UPTIME, .initial = (double) e->value.u };
        e->life = life;
        e->ber = NULL;
    }
}

static bool
set_option(struct call *c, struct device *d, const char *word)
{
    const char *value = strchr(word, '=');

    if (value == NULL)
        return fail(c, "is no option of a device", word);
    value++;
    if (strncmp(word, "community=", 10) == 0) {
        free(d->community);
        d->community = memory_text(value);
    } else if (strncmp(word, "write=", 6) == 0)
        d->write = memory_text(value);
    else if (strncmp(word, "engine=", 7) == 0) {
        d->engine_n = (uint32_t) read_engine(value, d->engine);
        if (d->engine_n == 0)
            return fail(c, "is no engine ID of 5 to 32 octets", value);
    } else if (strncmp(word, "boots=", 6) == 0)
        d->boots = (uint32_t) strtoul(value, NULL, 10);
    else if (strncmp(word, "live=", 5) == 0)
        d->live = *value == '1';
    else
        return fail(c, "is no option of a device", word);
    return true;
}

static bool
run_device(struct call *c)
{
    const char *at = "127.0.0.1";
    size_t count = 1;
    struct record *record;
    struct device **made;
    char name[120], printed[80];

    if (c->n < 2)
        return fail(c, "device NAME RECORDING [OPTION=VALUE]...", "device");
    if (device_find(c->words[0]) != NULL)
        return fail(c, "is there already", c->words[0]);
    if ((record = record_load(c->words[1], c->why, sizeof c->why)) == NULL)
        return false;
    for (int i = 2; i < c->n; i++) {
        if (strncmp(c->words[i], "at=", 3) == 0)
            at = c->words[i] + 3;
        if (strncmp(c->words[i], "count=", 6) == 0)
            count = strtoul(c->words[i] + 6, NULL, 10);
    }
    if (count < 1 || count > 100000)
        return fail(c, "is no number of devices", "count");
    made = memory_zero(count, sizeof *made);
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, count > 1 ? "%s-%zu" : "%s", c->words[0], i + 1);
        made[i] = make_device(name, record);
        for (int k = 2; k < c->n; k++)
            if (strncmp(c->words[k], "at=", 3) != 0 && strncmp(c->words[k], "count=", 6) != 0 &&
                !set_option(c, made[i], c->words[k]))
                return false;
    }
    if (!net_open(made, count, at, printed, sizeof printed, c->why, sizeof c->why))
        return false;
    if (made[0]->live)
        enliven(made[0]);
    for (size_t i = count; i > 0; i--) {
        made[i - 1]->next = sim.devices;
        sim.devices = made[i - 1];
    }
    buf_format(c->reply, "ready %s %s", c->words[0], printed);
    if (count > 1)
        buf_format(c->reply, " %zu", count);
    buf_format(c->reply, " entries=%zu broken=%zu\n", record->n, record->broken);
    return true;
}

/* Where each fault's value goes. */
enum fault_kind { FAULT_TIME, FAULT_PERCENT, FAULT_SIZE, FAULT_FLAG, FAULT_OID, FAULT_INT, FAULT_SECONDS };
#define F(field) offsetof(struct faults, field)
static const struct {
    const char *word;
    enum fault_kind kind;
    size_t at;
} fault_words[] = {
    { "delay", FAULT_TIME, F(delay) },
    { "jitter", FAULT_TIME, F(jitter) },
    { "reorder-by", FAULT_TIME, F(reorder_by) },
    { "serial", FAULT_TIME, F(serial_fixed) },
    { "serial-each", FAULT_TIME, F(serial_each) },
    { "queue", FAULT_INT, F(queue) },
    { "loss", FAULT_PERCENT, F(loss) },
    { "loss-in", FAULT_PERCENT, F(loss_in) },
    { "duplicate", FAULT_PERCENT, F(duplicate) },
    { "reorder", FAULT_PERCENT, F(reorder) },
    { "wrong-id", FAULT_PERCENT, F(wrong_id) },
    { "wrong-source", FAULT_PERCENT, F(wrong_source) },
    { "truncate", FAULT_PERCENT, F(truncate) },
    { "mutate", FAULT_PERCENT, F(mutate) },
    { "max-size", FAULT_SIZE, F(max_size) },
    { "too-big", FAULT_SIZE, F(too_big) },
    { "max-repetitions", FAULT_SIZE, F(max_repetitions) },
    { "silent", FAULT_FLAG, F(silent) },
    { "no-reports", FAULT_FLAG, F(no_reports) },
    { "error", FAULT_INT, F(error) },
    { "stuck", FAULT_OID, F(stuck) },
    { "back", FAULT_OID, F(back) },
    { "endless", FAULT_OID, F(endless) },
    { "end", FAULT_OID, F(end) },
    { "clock", FAULT_SECONDS, F(clock) },
};
#undef F

static bool
set_value(enum fault_kind kind, const char *text, void *field)
{
    char *end;

    switch (kind) {
    case FAULT_TIME:
        return read_time(text, field);
    case FAULT_PERCENT:
        *(double *) field = strtod(text, &end);
        return end > text && (*end == '\0' || strcmp(end, "%") == 0);
    case FAULT_SIZE:
        *(uint32_t *) field = (uint32_t) strtoul(text, &end, 10);
        return end > text && *end == '\0';
    case FAULT_INT:
        *(int *) field = (int) strtol(text, &end, 10);
        return end > text && *end == '\0';
    case FAULT_SECONDS:
        *(int64_t *) field = strtoll(text, &end, 10);
        return end > text && *end == '\0';
    case FAULT_FLAG:
        *(bool *) field = *text == '1';
        return text[0] != '\0' && text[1] == '\0';
    case FAULT_OID:
        return strcmp(text, "none") == 0 ? (((struct oid *) field)->n = 0, true) : oid_parse(field, text);
    }
    return false;
}

static bool
set_fault(struct call *c, struct faults *f, char *word)
{
    char *value = strchr(word, '=');

    if (strcmp(word, "none") == 0) {
        *f = (struct faults) { .max_size = 1472 };
        return true;
    }
    if (value == NULL)
        return fail(c, "a fault is WORD=VALUE, or none", word);
    *value++ = '\0';
    if (strcmp(word, "bulk") == 0) {
        f->bulk = strcmp(value, "fails") == 0    ? BULK_FAILS
                  : strcmp(value, "silent") == 0 ? BULK_SILENT
                                                 : BULK_GOOD;
        return true;
    }
    for (size_t i = 0; i < sizeof fault_words / sizeof fault_words[0]; i++)
        if (strcmp(word, fault_words[i].word) == 0)
            return set_value(fault_words[i].kind, value, (char *) f + fault_words[i].at) ||
                   fail(c, "is no value for this fault", value);
    return fail(c, "is no fault", word);
}

/* Runs `fn` for one device, all of them ("*"), or a group made with count ("NAME-*"). */
static bool
each_device(struct call *c, bool (*fn)(struct call *, struct device *))
{
    size_t length = c->n > 0 ? strlen(c->words[0]) : 0;
    bool any = false;

    if (length == 0)
        return fail(c, "say which device", "this command");
    for (struct device *d = sim.devices; d != NULL; d = d->next)
        if (strcmp(d->name, c->words[0]) == 0 ||
            (c->words[0][length - 1] == '*' && strncmp(d->name, c->words[0], length - 1) == 0)) {
            any = true;
            if (!fn(c, d))
                return false;
        }
    return any || fail(c, "there is no such device", c->words[0]);
}

static bool
fault_device(struct call *c, struct device *d)
{
    for (int i = 1; i < c->n; i++) {
        char word[800];

        snprintf(word, sizeof word, "%s", c->words[i]);
        if (!set_fault(c, &d->faults, word))
            return false;
    }
    return true;
}

static bool
run_fault(struct call *c)
{
    return each_device(c, fault_device);
}

static bool
reboot_device(struct call *c, struct device *d)
{
    (void) c;
    d->boots++;
    d->born = sim_now();
    write_forget(d);
    return true;
}

static bool
run_reboot(struct call *c)
{
    return each_device(c, reboot_device);
}

static bool
stats_device(struct call *c, struct device *d)
{
    static const struct {
        const char *word;
        size_t at;
    } words[] = {
        { "requests", offsetof(struct counts, requests) },
        { "answers", offsetof(struct counts, answers) },
        { "varbinds", offsetof(struct counts, varbinds) },
        { "octets", offsetof(struct counts, octets) },
        { "queue-drops", offsetof(struct counts, queue_drops) },
        { "most-queued", offsetof(struct counts, most_queued) },
        { "lost", offsetof(struct counts, lost) },
        { "malformed", offsetof(struct counts, malformed) },
        { "refused", offsetof(struct counts, refused) },
        { "acknowledged", offsetof(struct counts, acknowledged) },
    };

    buf_format(c->reply, "stats %s", d->name);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        buf_format(c->reply, " %s=%" PRIu64, words[i].word,
                   *(const uint64_t *) (const void *) ((const char *) &d->counts + words[i].at));
    buf_text(c->reply, "\n");
    return true;
}

static bool
run_stats(struct call *c)
{
    return each_device(c, stats_device);
}

static bool
clear_device(struct call *c, struct device *d)
{
    (void) c;
    d->counts = (struct counts) { 0 };
    return true;
}

static bool
run_clear(struct call *c)
{
    return each_device(c, clear_device);
}

/* value NAME OID TAG TEXT: as a line of a recording. */
static bool
run_value(struct call *c)
{
    struct device *d = c->n == 4 ? device_find(c->words[0]) : NULL;
    struct arena *arena = arena_new();
    struct entry e = { 0 };
    struct oid o;
    bool good;

    good = d != NULL && oid_parse(&o, c->words[1]) &&
           record_parse_value(c->words[2], c->words[3], arena, &e) && e.life == NULL;
    if (good)
        write_own(d, o.arc, o.n, &e.value);
    arena_free(arena);
    return good || fail(c, "value DEVICE OID TAG TEXT", "value");
}

/* gone NAME OID: everything at or below it. */
static bool
run_gone(struct call *c)
{
    struct device *d = c->n == 2 ? device_find(c->words[0]) : NULL;
    const struct entry *e;
    struct oid root, at;

    if (d == NULL || !oid_parse(&root, c->words[1]))
        return fail(c, "gone DEVICE OID", "gone");
    at = root;
    if (agent_get(d, d->record, root.arc, root.n) != NULL)
        write_gone(d, root.arc, root.n);
    while ((e = agent_next(d, d->record, at.arc, at.n)) != NULL) {
        oid_set(&at, e->arcs, e->n);
        if (!oid_within(&root, &at))
            break;
        write_gone(d, at.arc, at.n);
    }
    return true;
}

/* writable NAME OID [create] [LOW..HIGH] [fails=STATUS] */
static bool
writable_device(struct call *c, struct device *d)
{
    struct rule rule = { .access = RULE_WRITE };

    if (c->n < 2 || !oid_parse(&rule.root, c->words[1]))
        return fail(c, "writable DEVICE OID [read-only] [create] [LOW..HIGH] [fails=STATUS]", "writable");
    for (int i = 2; i < c->n; i++) {
        long long low, high;

        if (strcmp(c->words[i], "create") == 0)
            rule.access = RULE_CREATE;
        else if (strcmp(c->words[i], "read-only") == 0)
            rule.access = RULE_READ_ONLY;
        else if (strncmp(c->words[i], "fails=", 6) == 0)
            rule.fails = atoi(c->words[i] + 6);
        else if (sscanf(c->words[i], "%lld..%lld", &low, &high) == 2) {
            rule.bounded = true;
            rule.low = low;
            rule.high = high;
        } else
            return fail(c, "is no option of writable", c->words[i]);
    }
    d->rules = memory_grow(d->rules, d->n_rules + 1, sizeof *d->rules);
    d->rules[d->n_rules++] = rule;
    return true;
}

static bool
run_writable(struct call *c)
{
    return each_device(c, writable_device);
}

/* rows NAME ENTRY STATUS-COLUMN [NEEDED-COLUMN]... */
static bool
rows_device(struct call *c, struct device *d)
{
    struct rows rows = { 0 };

    if (c->n < 3 || !oid_parse(&rows.entry, c->words[1]))
        return fail(c, "rows DEVICE ENTRY-OID STATUS-COLUMN [NEEDED-COLUMN]...", "rows");
    rows.status = (uint32_t) strtoul(c->words[2], NULL, 10);
    for (int i = 3; i < c->n; i++)
        oid_append_arc(&rows.needed, (uint32_t) strtoul(c->words[i], NULL, 10));
    d->rows = memory_grow(d->rows, d->n_rows + 1, sizeof *d->rows);
    d->rows[d->n_rows++] = rows;
    return true;
}

static bool
run_rows(struct call *c)
{
    return each_device(c, rows_device);
}

/* context NAME CONTEXT RECORDING: also a community of its own. */
static bool
run_context(struct call *c)
{
    struct device *d = c->n == 3 ? device_find(c->words[0]) : NULL;
    struct context *made;
    struct record *record;

    if (d == NULL)
        return fail(c, "context DEVICE CONTEXT RECORDING", "context");
    if ((record = record_load(c->words[2], c->why, sizeof c->why)) == NULL)
        return false;
    made = memory_zero(1, sizeof *made);
    *made = (struct context) { d->contexts, memory_text(c->words[1]), record };
    d->contexts = made;
    return true;
}

/* user NAME [auth=PROTOCOL:PASSWORD] [priv=PROTOCOL:PASSWORD]: of every device. */
static bool
run_user(struct call *c)
{
    const char *auth = "", *priv = "";

    if (c->n < 1)
        return fail(c, "user NAME [auth=PROTOCOL:PASSWORD] [priv=PROTOCOL:PASSWORD]", "user");
    for (int i = 1; i < c->n; i++) {
        if (strncmp(c->words[i], "auth=", 5) == 0)
            auth = c->words[i] + 5;
        else if (strncmp(c->words[i], "priv=", 5) == 0)
            priv = c->words[i] + 5;
        else
            return fail(c, "is no option of a user", c->words[i]);
    }
    return usm_user(c->words[0], auth, priv, c->why, sizeof c->why);
}

/* engine NAME HEX|random: as after a new flash memory. */
static bool
engine_device(struct call *c, struct device *d)
{
    size_t n = 0;

    if (c->n == 2 && strcmp(c->words[1], "random") != 0 && (n = read_engine(c->words[1], d->engine)) == 0)
        return fail(c, "is no engine ID of 5 to 32 octets", c->words[1]);
    if (n > 0)
        d->engine_n = (uint32_t) n;
    else
        make_engine(d);
    usm_forget(d);
    return true;
}

static bool
run_engine(struct call *c)
{
    return each_device(c, engine_device);
}

static bool
notify_device(struct call *c, struct device *d)
{
    return notify_send(d, c->words + 1, c->n - 1, c->why, sizeof c->why);
}

static bool
run_notify(struct call *c)
{
    return each_device(c, notify_device);
}

/* every TIME COMMAND...: again and again; what fails is said on standard error. */
struct repeated {
    int64_t gap;
    char *line;
};

static void
run_repeated(void *arg)
{
    struct repeated *r = arg;
    struct buf reply = { 0 };

    command_run(r->line, &reply);
    if (strncmp(reply.at, "error", 5) == 0)
        fprintf(stderr, "sim: %s: %s", r->line, reply.at);
    buf_free(&reply);
    net_after(r->gap, run_repeated, r);
}

static bool
run_every(struct call *c)
{
    struct repeated *r = memory_zero(1, sizeof *r);
    struct buf line = { 0 };

    if (c->n < 2 || !read_time(c->words[0], &r->gap) || r->gap < 1000000) {
        free(r);
        return fail(c, "every TIME COMMAND...", "every");
    }
    for (int i = 1; i < c->n; i++)
        buf_format(&line, "\"%s\" ", c->words[i]);
    r->line = buf_take(&line);
    net_after(r->gap, run_repeated, r);
    return true;
}

static bool
run_stop(struct call *c)
{
    (void) c;
    sim.stop = true;
    return true;
}

static const struct {
    const char *verb;
    bool (*run)(struct call *);
} verbs[] = {
    { "clear", run_clear },
    { "context", run_context },
    { "device", run_device },
    { "engine", run_engine },
    { "every", run_every },
    { "fault", run_fault },
    { "gone", run_gone },
    { "notify", run_notify },
    { "reboot", run_reboot },
    { "rows", run_rows },
    { "stats", run_stats },
    { "stop", run_stop },
    { "user", run_user },
    { "value", run_value },
    { "writable", run_writable },
};

/* Words are separated by blanks; "a b" is one word. */
static int
split(char *line, char **words)
{
    int n = 0;

    while (n < WORDS_MAX) {
        line += strspn(line, " \t");
        if (*line == '\0' || *line == '#')
            break;
        if (*line == '"') {
            words[n++] = ++line;
            line += strcspn(line, "\"");
        } else {
            words[n++] = line;
            line += strcspn(line, " \t");
        }
        if (*line == '\0')
            break;
        *line++ = '\0';
    }
    return n;
}

void
command_run(const char *line, struct buf *reply)
{
    char *words[WORDS_MAX], *copy = memory_text(line);
    struct call c = { .reply = reply, .words = words + 1 };
    int n = split(copy, words);

    c.n = n - 1;
    for (size_t i = 0; n > 0 && i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(words[0], verbs[i].verb) == 0) {
            if (verbs[i].run(&c))
                buf_text(reply, "ok\n");
            else
                buf_format(reply, "error %s\n", c.why);
            n = 0;
        }
    if (n > 0)
        buf_format(reply, "error %s: is no command\n", words[0]);
    free(copy);
}
