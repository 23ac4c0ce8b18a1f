/* The command language: configuration, arguments, standard input and the control socket all speak it
 * (README.md). */
#include "command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 64 };

struct device *
device_find(const char *name)
{
    for (struct device *d = sim.devices; d != NULL; d = d->next)
        if (strcmp(d->name, name) == 0)
            return d;
    return NULL;
}

bool
command_fail(struct call *c, const char *why, const char *what)
{
    snprintf(c->why, sizeof c->why, "%.100s: %.180s", what, why);
    return false;
}

bool
command_time(const char *text, int64_t *out)
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

bool
command_each(struct call *c, bool (*fn)(struct call *, struct device *))
{
    size_t length = c->n > 0 ? strlen(c->words[0]) : 0;
    bool any = false;

    if (length == 0)
        return command_fail(c, "say which device", "this command");
    for (struct device *d = sim.devices; d != NULL; d = d->next)
        if (strcmp(d->name, c->words[0]) == 0 ||
            (c->words[0][length - 1] == '*' && strncmp(d->name, c->words[0], length - 1) == 0)) {
            any = true;
            if (!fn(c, d))
                return false;
        }
    return any || command_fail(c, "there is no such device", c->words[0]);
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
    return command_each(c, reboot_device);
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
    return command_each(c, stats_device);
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
    return command_each(c, clear_device);
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
    return good || command_fail(c, "value DEVICE OID TAG TEXT", "value");
}

/* gone NAME OID: everything at or below it. */
static bool
run_gone(struct call *c)
{
    struct device *d = c->n == 2 ? device_find(c->words[0]) : NULL;
    const struct entry *e;
    struct oid root, at;

    if (d == NULL || !oid_parse(&root, c->words[1]))
        return command_fail(c, "gone DEVICE OID", "gone");
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
        return command_fail(c, "writable DEVICE OID [read-only] [create] [LOW..HIGH] [fails=STATUS]", "writable");
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
            return command_fail(c, "is no option of writable", c->words[i]);
    }
    d->rules = memory_grow(d->rules, d->n_rules + 1, sizeof *d->rules);
    d->rules[d->n_rules++] = rule;
    return true;
}

static bool
run_writable(struct call *c)
{
    return command_each(c, writable_device);
}

/* rows NAME ENTRY STATUS-COLUMN [NEEDED-COLUMN]... */
static bool
rows_device(struct call *c, struct device *d)
{
    struct rows rows = { 0 };

    if (c->n < 3 || !oid_parse(&rows.entry, c->words[1]))
        return command_fail(c, "rows DEVICE ENTRY-OID STATUS-COLUMN [NEEDED-COLUMN]...", "rows");
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
    return command_each(c, rows_device);
}

/* context NAME CONTEXT RECORDING: also a community of its own. */
static bool
run_context(struct call *c)
{
    struct device *d = c->n == 3 ? device_find(c->words[0]) : NULL;
    struct context *made;
    struct record *record;

    if (d == NULL)
        return command_fail(c, "context DEVICE CONTEXT RECORDING", "context");
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
        return command_fail(c, "user NAME [auth=PROTOCOL:PASSWORD] [priv=PROTOCOL:PASSWORD]", "user");
    for (int i = 1; i < c->n; i++) {
        if (strncmp(c->words[i], "auth=", 5) == 0)
            auth = c->words[i] + 5;
        else if (strncmp(c->words[i], "priv=", 5) == 0)
            priv = c->words[i] + 5;
        else
            return command_fail(c, "is no option of a user", c->words[i]);
    }
    return usm_user(c->words[0], auth, priv, c->why, sizeof c->why);
}

static bool
notify_device(struct call *c, struct device *d)
{
    return notify_send(d, c->words + 1, c->n - 1, c->why, sizeof c->why);
}

static bool
run_notify(struct call *c)
{
    return command_each(c, notify_device);
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

    if (c->n < 2 || !command_time(c->words[0], &r->gap) || r->gap < 1000000) {
        free(r);
        return command_fail(c, "every TIME COMMAND...", "every");
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
    { "device", command_device },
    { "engine", command_engine },
    { "every", run_every },
    { "fault", command_fault },
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
