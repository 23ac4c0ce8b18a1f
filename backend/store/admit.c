/* Letting a sender in that was turned away: the same from the console and from the command line. */
#include "api/settings.h"
#include "core/ber.h"
#include "store/db.h"
#include "store/record.h"

#include <stdio.h>
#include <string.h>

enum { SOURCE_MAX = 80 };

/* "192.0.2.7:49152" and "[2001:db8::1]:162" without the port: the address, which is a network of one. */
static void
cut_port(const char *source, char out[SOURCE_MAX])
{
    const char *end = source[0] == '[' ? strchr(source, ']') : NULL;

    if (end != NULL)
        snprintf(out, SOURCE_MAX, "%.*s", (int) (end - source - 1), source + 1);
    else if (strchr(source, ':') != NULL && strchr(source, ':') == strrchr(source, ':'))
        snprintf(out, SOURCE_MAX, "%.*s", (int) (strchr(source, ':') - source), source);
    else
        snprintf(out, SOURCE_MAX, "%s", source);
}

/* By its last octets, of which perhaps not all were kept. */
static bool
sends_v3(const struct rejected_sender *s)
{
    struct ber version = { s->raw, s->raw + s->n_raw };
    int64_t number;

    if (s->n_raw < 2 || *version.at++ != BER_SEQUENCE)
        return false;
    version.at += (*version.at & 0x80) != 0 ? 1 + (*version.at & 0x7f) : 1;
    return version.at < version.end && ber_integer(&version, &number) && number == 3;
}

bool
rejected_fits(const struct rejected_sender *s, const struct profile *profile, struct failure *why)
{
    bool by_user = s->security != NULL && s->security[0] != '\0', v3 = by_user || sends_v3(s);

    if (s->cause == REJECT_NOT_US || s->cause == REJECT_VERSION || s->cause == REJECT_TIME_WINDOW ||
        s->cause == REJECT_NO_CERTIFICATE || s->cause == REJECT_SESSION)
        return failure_set(why, FAILURE_USAGE, "letting %s in would not help: %s", s->source,
                           reject_cause_words(s->cause));
    if (s->cause == REJECT_CERTIFICATE)
        return profile == NULL ||
               failure_set(why, FAILURE_USAGE, "%s is known by its certificate: name no profile", s->source);
    if (profile == NULL && s->cause == REJECT_SOURCE && !v3)
        return true;
    if (profile == NULL && s->cause == REJECT_SOURCE)
        return failure_set(why, FAILURE_USAGE, "%s sends SNMPv3: name the profile of the settings that has its user",
                           s->source);
    if (profile == NULL)
        return failure_set(why, FAILURE_USAGE, "%s was refused for its %s: name the profile of the settings that has it",
                           s->source, by_user ? "user" : "community");
    if (by_user && (profile->user == NULL || strcmp(profile->user, s->security) != 0))
        return failure_set(why, FAILURE_USAGE, "profile \"%s\" is of user \"%s\", and the sender's is \"%s\"",
                           profile->name, profile->user != NULL ? profile->user : "(none)", s->security);
    if (v3 && profile->version != 3)
        return failure_set(why, FAILURE_USAGE, "profile \"%s\" is of a community, and %s sends SNMPv3",
                           profile->name, s->source);
    return v3 || profile->version != 3 ||
           failure_set(why, FAILURE_USAGE, "profile \"%s\" is of SNMPv3, and %s sends with a community", profile->name,
                       s->source);
}

struct looked_for {
    const struct admission *how;
    char source[SOURCE_MAX], engine[SOURCE_MAX], fingerprint[SOURCE_MAX];
    bool found, fits;
    struct failure *why;
};

static bool
look(void *arg, const struct rejected_sender *s)
{
    struct looked_for *l = arg;

    if (s->id != l->how->id)
        return true;
    l->found = true;
    l->fits = rejected_fits(s, l->how->profile, l->why);
    cut_port(s->source, l->source);
    snprintf(l->engine, sizeof l->engine, "%s", s->engine_id != NULL ? s->engine_id : "");
    snprintf(l->fingerprint, sizeof l->fingerprint, "%s", s->cause == REJECT_CERTIFICATE ? s->security : "");
    return false;
}

bool
rejected_admit(struct store *store, const struct admission *how, char *name, size_t size, struct failure *why)
{
    struct looked_for l = { .how = how, .why = why };
    struct admitted_sender sender;

    if (!db_begin(store, why))
        return false;
    if (!rejected_senders(store, look, &l, why) || (l.found && !l.fits)) {
        db_rollback(store);
        return false;
    }
    if (!l.found) {
        db_rollback(store);
        return failure_set(why, FAILURE_USAGE, "there is no rejected sender %lld; trapline senders list shows them",
                           (long long) how->id);
    }
    sender = (struct admitted_sender) { .name = how->name != NULL ? how->name : l.source,
                                        .source = how->source != NULL ? how->source : l.source,
                                        .profile = how->profile != NULL ? how->profile->name : NULL,
                                        .engine_id = l.engine[0] != '\0' ? l.engine : NULL, .who = how->who,
                                        .fingerprint = l.fingerprint[0] != '\0' ? l.fingerprint : NULL };
    if (!admitted_add(store, &sender, NULL, why) || !rejected_forget(store, how->id, why)) {
        db_rollback(store);
        return false;
    }
    if (name != NULL)
        snprintf(name, size, "%s", sender.name);
    return db_commit(store, why);
}
