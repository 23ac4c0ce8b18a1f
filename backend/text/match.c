/* What a filter sees of a notification. */
#include "api/match.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const char *
object(struct match *m, const struct oid *name)
{
    return m->names->object(m->names->arg, name, m->text, sizeof m->text);
}

static const char *
value(struct match *m, const struct varbind *v)
{
    return m->names->value(m->names->arg, v, m->value, sizeof m->value);
}

static const char *
varbind_column(struct match *m, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < m->notification->n_varbinds; i++) {
        const struct varbind *v = &m->notification->varbinds[i];
        const char *text = object(m, &v->name);

        if (strncasecmp(text, name, length) == 0 && (text[length] == '\0' || text[length] == '.'))
            return value(m, v);
    }
    return NULL;
}

static const char *
when(struct match *m)
{
    time_t seconds = (time_t) (m->notification->received / 1000000000);
    struct tm tm;

    strftime(m->value, sizeof m->value, "%Y-%m-%d %H:%M:%S", localtime_r(&seconds, &tm));
    return m->value;
}

static const char *
or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static const char *
whole(struct match *m)
{
    const struct notification *n = m->notification;

    if (m->whole.n > 0)
        return m->whole.at;
    buf_format(&m->whole, "%s %s %s %s %s %s %s %s %s", when(m), severity_word(n->severity), or_empty(n->device),
               or_empty(n->origin), or_empty(n->source), or_empty(n->security), or_empty(n->context), or_empty(n->why),
               object(m, &n->name));
    for (size_t i = 0; i < n->n_varbinds; i++) {
        buf_format(&m->whole, " %s", object(m, &n->varbinds[i].name));
        buf_format(&m->whole, " %s", value(m, &n->varbinds[i]));
    }
    return m->whole.at;
}

const char *
match_column(void *arg, const char *name)
{
    struct match *m = arg;
    const struct notification *n = m->notification;
    const struct {
        const char *name, *text;
    } plain[] = { { "severity", severity_word(n->severity) }, { "device", n->device != NULL ? n->device : n->origin },
                  { "origin", n->origin }, { "source", n->source }, { "security", n->security },
                  { "context", n->context }, { "why", n->why }, { "inform", n->inform ? "true" : "false" },
                  { "version", n->version == 1 ? "1" : n->version == 3 ? "3" : "2c" } };

    if (name == NULL)
        return whole(m);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcasecmp(plain[i].name, name) == 0)
            return or_empty(plain[i].text);
    if (strcasecmp(name, "time") == 0)
        return when(m);
    if (strcasecmp(name, "notification") == 0 || strcasecmp(name, "name") == 0)
        return object(m, &n->name);
    if (strcasecmp(name, "id") == 0) {
        snprintf(m->value, sizeof m->value, "%lld", (long long) n->id);
        return m->value;
    }
    return varbind_column(m, name);
}

void
match_end(struct match *m)
{
    buf_free(&m->whole);
}

bool
match_filter(const struct filter *filter, const struct notification *notification, const struct digest_names *names)
{
    struct match m = { .notification = notification, .names = names };
    bool good;

    if (filter == NULL)
        return true;
    good = filter_matches(filter, match_column, &m);
    match_end(&m);
    return good;
}
