/* Devices of recordings, and their engine IDs. */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        return command_fail(c, "is no option of a device", word);
    value++;
    if (strncmp(word, "community=", 10) == 0) {
        free(d->community);
        d->community = memory_text(value);
    } else if (strncmp(word, "write=", 6) == 0)
        d->write = memory_text(value);
    else if (strncmp(word, "engine=", 7) == 0) {
        d->engine_n = (uint32_t) read_engine(value, d->engine);
        if (d->engine_n == 0)
            return command_fail(c, "is no engine ID of 5 to 32 octets", value);
    } else if (strncmp(word, "boots=", 6) == 0)
        d->boots = (uint32_t) strtoul(value, NULL, 10);
    else if (strncmp(word, "live=", 5) == 0)
        d->live = *value == '1';
    else
        return command_fail(c, "is no option of a device", word);
    return true;
}

bool
command_device(struct call *c)
{
    const char *at = "127.0.0.1";
    size_t count = 1;
    struct record *record;
    struct device **made;
    char name[120], printed[80];

    if (c->n < 2)
        return command_fail(c, "device NAME RECORDING [OPTION=VALUE]...", "device");
    if (device_find(c->words[0]) != NULL)
        return command_fail(c, "is there already", c->words[0]);
    if ((record = record_load(c->words[1], c->why, sizeof c->why)) == NULL)
        return false;
    for (int i = 2; i < c->n; i++) {
        if (strncmp(c->words[i], "at=", 3) == 0)
            at = c->words[i] + 3;
        if (strncmp(c->words[i], "count=", 6) == 0)
            count = strtoul(c->words[i] + 6, NULL, 10);
    }
    if (count < 1 || count > 100000)
        return command_fail(c, "is no number of devices", "count");
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

/* engine NAME HEX|random: as after a new flash memory. */
static bool
engine_device(struct call *c, struct device *d)
{
    size_t n = 0;

    if (c->n == 2 && strcmp(c->words[1], "random") != 0 && (n = read_engine(c->words[1], d->engine)) == 0)
        return command_fail(c, "is no engine ID of 5 to 32 octets", c->words[1]);
    if (n > 0)
        d->engine_n = (uint32_t) n;
    else
        make_engine(d);
    usm_forget(d);
    return true;
}

bool
command_engine(struct call *c)
{
    return command_each(c, engine_device);
}
