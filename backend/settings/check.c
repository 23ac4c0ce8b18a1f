/* What no single value shows: names that are referred to, ports by security, what a group says of its devices. */
#include "api/outbox.h"
#include "settings/private.h"

#include <string.h>

static struct section_item *
find_item(struct settings *settings, enum section section, const char *name)
{
    for (size_t i = 0; i < settings->n_items; i++)
        if (settings->items[i].section == section && strcmp(*(const char **) settings->items[i].data, name) == 0)
            return &settings->items[i];
    return NULL;
}

static bool
refers(struct settings *settings, const struct section_item *from, enum section to, const char *name,
       struct failure *why)
{
    if (name == NULL || find_item(settings, to, name) != NULL)
        return true;
    return failure_set(why, FAILURE_USAGE, "%s:%d: %s \"%s\": there is no %s \"%s\"", from->file, from->line,
                       section_kinds[from->section].name, *(const char **) from->data, section_kinds[to].name, name);
}

static bool
is_given(const struct section_item *item, const char *option)
{
    for (size_t i = 0; i < item->n_given; i++)
        if (strcmp(item->given[i].option->name, option) == 0)
            return true;
    return false;
}

static bool
lacks(const struct section_item *item, const char *option, struct failure *why)
{
    return failure_set(why, FAILURE_USAGE, "%s:%d: %s \"%s\" lacks %s", item->file, item->line,
                       section_kinds[item->section].name, *(const char **) item->data, option);
}

static bool
check_device(struct settings *settings, struct section_item *item, struct failure *why)
{
    struct device_setting *device = item->data;
    const struct section_item *group;

    if (device->address == NULL)
        return lacks(item, "address", why);
    if (!refers(settings, item, SECTION_PROFILE, device->profile, why) ||
        !refers(settings, item, SECTION_GROUP, device->group, why))
        return false;
    group = device->group != NULL ? find_item(settings, SECTION_GROUP, device->group) : NULL;
    if (group != NULL) {
        const struct group_setting *g = group->data;

        if (!is_given(item, "read-only"))
            device->read_only = g->read_only;
        if (!is_given(item, "production"))
            device->production = g->production;
    }
    return true;
}

static bool
check_profile(struct section_item *item, struct failure *why)
{
    struct profile *p = item->data;

    if (p->tls_certificate != NULL && p->version != 3)
        return failure_set(why, FAILURE_USAGE, "%s:%d: profile \"%s\" has tls-certificate, but TLS carries SNMPv3 only; say "
                           "version = 3", item->file, item->line, p->name);
    if (p->tls_certificate != NULL && p->tls_fingerprint == NULL && p->tls_ca == NULL)
        return lacks(item, "tls-fingerprint or tls-ca, by which the agent is known", why);
    if (p->version != 3)
        return true;
    if (p->user == NULL && p->tls_certificate == NULL)
        return lacks(item, "user, which SNMPv3 needs, or tls-certificate", why);
    settings_profile_fill(p);
    if (p->level != NULL && strcmp(p->level, "noAuthNoPriv") != 0 && p->auth == NULL)
        return lacks(item, "auth-password-file or auth-password-command, which its level needs", why);
    if (p->level != NULL && strcmp(p->level, "authPriv") == 0 && p->priv == NULL)
        return lacks(item, "priv-password-file or priv-password-command, which its level needs", why);
    return true;
}

/* By a program or a socket of this machine: nothing to protect, nobody to log in as. */
static bool
check_local_mail(struct section_item *item, struct failure *why)
{
    struct mail_setting *mail = item->data;

    if (mail->server != NULL && mail->command.n > 0)
        return failure_set(why, FAILURE_USAGE, "%s:%d: mail \"%s\" has both server and command; say one", item->file,
                           item->line, mail->name);
    if (mail->command.n > 0 && mail->command.items[0][0] != '/')
        return failure_set(why, FAILURE_USAGE, "%s:%d: mail \"%s\": command must begin with a whole path, such as "
                           "\"/usr/sbin/sendmail\"", item->file, item->line, mail->name);
    if (mail->user != NULL)
        return failure_set(why, FAILURE_USAGE, "%s:%d: mail \"%s\" sends by this machine's own mail system, which takes no "
                           "login; take user out", item->file, item->line, mail->name);
    mail->security = "plain";
    return true;
}

static bool
check_mail(struct section_item *item, struct failure *why)
{
    struct mail_setting *mail = item->data;

    if (mail->server == NULL && mail->command.n == 0)
        return lacks(item, "server (or command)", why);
    if (mail->from == NULL)
        return lacks(item, "from", why);
    if (mail->command.n > 0 || mail->server[0] == '/')
        return check_local_mail(item, why);
    if (mail->port == 0)
        mail->port = strcmp(mail->security, "tls") == 0 ? 465 : strcmp(mail->security, "plain") == 0 ? 25 : 587;
    if (strcmp(mail->security, "plain") == 0 && mail->user != NULL && !mail->allow_clear_password)
        return failure_set(why, FAILURE_USAGE,
                           "%s:%d: mail \"%s\" would send a password over a plain connection; use security = "
                           "\"starttls\", or say allow-clear-password = true",
                           item->file, item->line, mail->name);
    return true;
}

/* What the outbox would refuse, every time the digest is due. */
static bool
check_digest(struct settings *settings, struct section_item *item, struct failure *why)
{
    const struct digest_setting *digest = item->data;

    if (digest->to.n == 0)
        return lacks(item, "to", why);
    if (digest->to.n > MAIL_RECIPIENTS_MAX)
        return failure_set(why, FAILURE_USAGE, "%s:%d: digest \"%s\" has %zu recipients; a mail has at most %d", item->file,
                           item->line, digest->name, digest->to.n, MAIL_RECIPIENTS_MAX);
    for (size_t i = 0; i < digest->to.n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(digest->to.items[i], digest->to.items[k]) == 0)
                return failure_set(why, FAILURE_USAGE, "%s:%d: digest \"%s\" has the recipient %s twice", item->file,
                                   item->line, digest->name, digest->to.items[i]);
    return refers(settings, item, SECTION_MAIL, digest->mail, why);
}

static bool
check_item(struct settings *settings, struct section_item *item, struct failure *why)
{
    switch (item->section) {
    case SECTION_PROFILE:
        return check_profile(item, why);
    case SECTION_DEVICE:
        return check_device(settings, item, why);
    case SECTION_SENDER:
        return refers(settings, item, SECTION_PROFILE, ((struct sender_setting *) item->data)->profile, why);
    case SECTION_MAIL:
        return check_mail(item, why);
    case SECTION_DIGEST:
        return check_digest(settings, item, why);
    case SECTION_TOP:
    case SECTION_GROUP:
    case SECTIONS:
        break;
    }
    return true;
}

static bool
check_listen(const struct settings *settings, struct failure *why)
{
    for (size_t i = 0; i < settings->n_top; i++) {
        const struct given *given = &settings->top[i];

        if (strcmp(given->option->name, "listen") != 0)
            continue;
        for (size_t j = 0; j < given->n; j++) {
            const char *address = given->items[j], *oldest = settings_text(settings, "tls-oldest");

            if (strstr(address, "tls") != NULL && settings_text(settings, "tls-certificate") == NULL)
                return failure_set(why, FAILURE_USAGE, "%s:%d: listen \"%s\" needs tls-certificate, by which senders "
                                   "know us", given->file, given->line, address);
            if (strstr(address, "dtls") != NULL && oldest != NULL && strcmp(oldest, "1.3") == 0)
                return failure_set(why, FAILURE_USAGE, "%s:%d: listen \"%s\": there is no DTLS 1.3 here; tls-oldest may "
                                   "be 1.2", given->file, given->line, address);
        }
    }
    return true;
}

bool
check_all(struct settings *settings, struct failure *why)
{
    for (size_t i = 0; i < settings->n_items; i++)
        if (!check_item(settings, &settings->items[i], why))
            return false;
    return check_listen(settings, why);
}
