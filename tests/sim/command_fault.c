/* Faults by their words. */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        return command_time(text, field);
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
        return command_fail(c, "a fault is WORD=VALUE, or none", word);
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
                   command_fail(c, "is no value for this fault", value);
    return command_fail(c, "is no fault", word);
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

bool
command_fault(struct call *c)
{
    return command_each(c, fault_device);
}
