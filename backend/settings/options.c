#include "settings/options.h"

#include "api/settings.h"

#include <stddef.h>
#include <string.h>

static const char *const versions[] = { "1", "2c", "3", NULL };
static const char *const levels[] = { "noAuthNoPriv", "authNoPriv", "authPriv", NULL };
static const char *const securities[] = { "starttls", "tls", "plain", NULL };
static const char *const tls_versions[] = { "1.0", "1.2", "1.3", NULL };
static const char *const severities[] = { "ok", "info", "warning", "minor", "major", "critical", NULL };
static const char *const log_levels[] = { "error", "warning", "info", "debug", NULL };
static const char *const mechanisms[] = { "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1",
                                          "OAUTHBEARER", "XOAUTH2", "CRAM-MD5", "PLAIN", "LOGIN", NULL };

#define PROFILE(field) offsetof(struct profile, field)
#define DEVICE(field) offsetof(struct device_setting, field)
#define GROUP(field) offsetof(struct group_setting, field)
#define SENDER(field) offsetof(struct sender_setting, field)
#define MAIL(field) offsetof(struct mail_setting, field)
#define DIGEST(field) offsetof(struct digest_setting, field)

enum { NAME_OCTETS = 255, YEAR_S = 366 * 86400 };

const struct option option_table[] = {
    { SECTION_TOP, "listen", OPTION_LIST, "udp:162 udp6:162", 0, 0, 0, NULL, form_listen,
      "where notifications are received: \"udp:PORT\", \"udp:ADDRESS:PORT\", \"udp6:[ADDRESS]:PORT\", and tcp:, tls: "
      "or dtls: likewise, and with a 6; the port defaults to 162, of tls: and dtls: to 10162" },
    { SECTION_TOP, "tls-certificate", OPTION_PATH, NULL, 0, 0, 0, NULL, NULL,
      "what says to senders over tls: and dtls: who we are: a PEM file" },
    { SECTION_TOP, "tls-key", OPTION_PATH, NULL, 0, 0, 0, NULL, NULL,
      "its private key, without a password: a PEM file that only the collector can read; default: the certificate's "
      "file" },
    { SECTION_TOP, "tls-oldest", OPTION_CHOICE, "1.2", 0, 0, 0, tls_versions, NULL,
      "the oldest version of TLS that senders may speak; 1.0 is broken, and all that net-snmp 5.9 speaks over tls:" },
    { SECTION_TOP, "trust-loopback", OPTION_FLAG, "true", 0, 0, 0, NULL, NULL,
      "notifications from this machine are taken whoever sends them; elsewhere only listed senders are heard" },
    { SECTION_TOP, "mib-directories", OPTION_PATHS, "~/.snmp/mibs /usr/share/snmp/mibs", 0, 0, 0, NULL, NULL,
      "where your MIB modules are; trapline's own are always there" },
    { SECTION_TOP, "theme", OPTION_TEXT, "dark", 0, 0, 0, NULL, NULL, "a theme's name, or the path of a *.theme file" },
    { SECTION_TOP, "store", OPTION_TEXT, NULL, 0, 0, 0, NULL, form_store,
      "\"sqlite:PATH\"; default: trapline.db in the state directory" },
    { SECTION_TOP, "read-only", OPTION_FLAG, "false", 0, 0, 0, NULL, NULL, "no SET leaves this console" },
    { SECTION_TOP, "log-level", OPTION_CHOICE, "info", 0, 0, 0, log_levels, NULL, "what the log is told" },
    { SECTION_TOP, "keep-days", OPTION_NUMBER, "400", 0, 1, 36500, NULL, NULL,
      "notifications older than this many days are removed" },
    { SECTION_TOP, "keep-rows", OPTION_NUMBER, "0", 0, 0, 2000000000, NULL, NULL,
      "of more notifications than this the oldest are removed; 0: no limit" },
    { SECTION_TOP, "keep-mib", OPTION_NUMBER, "0", 0, 0, 100000000, NULL, NULL,
      "while the store has more MiB in use than this the oldest notifications are removed; 0: no limit" },

    { SECTION_PROFILE, "version", OPTION_VERSION, "2c", PROFILE(version), 0, 0, versions, NULL, "of SNMP" },
    { SECTION_PROFILE, "community", OPTION_PRIVATE, NULL, PROFILE(community.text), 0, NAME_OCTETS, NULL, NULL,
      "the community itself: only in a file that others cannot read" },
    { SECTION_PROFILE, "community-file", OPTION_PATH, NULL, PROFILE(community.file), 0, 0, NULL, NULL,
      "a file that only you can read; its first line is the community" },
    { SECTION_PROFILE, "community-command", OPTION_COMMAND, NULL, PROFILE(community.command), 0, 0, NULL, NULL,
      "a command that writes the community" },
    { SECTION_PROFILE, "user", OPTION_TEXT, NULL, PROFILE(user), 0, 32, NULL, NULL, "the SNMPv3 user (securityName)" },
    { SECTION_PROFILE, "level", OPTION_CHOICE, NULL, PROFILE(level), 0, 0, levels, NULL,
      "of security; default: what the passwords allow" },
    { SECTION_PROFILE, "auth", OPTION_TEXT, NULL, PROFILE(auth), 0, 0, NULL, form_auth,
      "MD5, SHA-1, SHA-224, SHA-256 (default), SHA-384, SHA-512" },
    { SECTION_PROFILE, "auth-password-file", OPTION_PATH, NULL, PROFILE(auth_password.file), 0, 0, NULL, NULL,
      "as community-file" },
    { SECTION_PROFILE, "auth-password-command", OPTION_COMMAND, NULL, PROFILE(auth_password.command), 0, 0, NULL, NULL,
      "as community-command" },
    { SECTION_PROFILE, "priv", OPTION_TEXT, NULL, PROFILE(priv), 0, 0, NULL, form_priv,
      "DES, AES-128 (default), AES-192, AES-256, AES-192-C, AES-256-C" },
    { SECTION_PROFILE, "priv-password-file", OPTION_PATH, NULL, PROFILE(priv_password.file), 0, 0, NULL, NULL,
      "as community-file" },
    { SECTION_PROFILE, "priv-password-command", OPTION_COMMAND, NULL, PROFILE(priv_password.command), 0, 0, NULL, NULL,
      "as community-command" },
    { SECTION_PROFILE, "context", OPTION_TEXT, NULL, PROFILE(context), 0, NAME_OCTETS, NULL, NULL,
      "the SNMPv3 contextName" },
    { SECTION_PROFILE, "tls-certificate", OPTION_PATH, NULL, PROFILE(tls_certificate), 0, 0, NULL, NULL,
      "over tls: and dtls:, what says who we are, instead of user and passwords: a PEM file" },
    { SECTION_PROFILE, "tls-key", OPTION_PATH, NULL, PROFILE(tls_key), 0, 0, NULL, NULL,
      "its private key, without a password: a PEM file that only you can read; default: the certificate's file" },
    { SECTION_PROFILE, "tls-fingerprint", OPTION_TEXT, NULL, PROFILE(tls_fingerprint), 0, 0, NULL, form_fingerprint,
      "SHA-256 of the agent's certificate, 64 hex digits" },
    { SECTION_PROFILE, "tls-ca", OPTION_PATH, NULL, PROFILE(tls_ca), 0, 0, NULL, NULL,
      "instead of a fingerprint: certificates that the agent's certificate must lead to, a PEM file" },
    { SECTION_PROFILE, "tls-name", OPTION_TEXT, NULL, PROFILE(tls_name), 0, 253, NULL, NULL,
      "with tls-ca: the name or address in the agent's certificate; default: the host of its address" },
    { SECTION_PROFILE, "tls-oldest", OPTION_CHOICE, "1.2", PROFILE(tls_oldest), 0, 0, tls_versions, NULL,
      "the oldest version of TLS that is spoken; 1.0 is broken, and all that net-snmp 5.9 speaks over tls:" },

    { SECTION_DEVICE, "address", OPTION_TEXT, NULL, DEVICE(address), 0, NAME_OCTETS, NULL, NULL,
      "host, host:port, udp6:[address]:port; tcp:, tls: and dtls: likewise, and with a 6; the port defaults to 161, of tls: "
      "and dtls: to 10161" },
    { SECTION_DEVICE, "aliases", OPTION_LIST, NULL, DEVICE(aliases), 0, 0, NULL, form_numeric,
      "more addresses that its notifications come from, or name as their origin" },
    { SECTION_DEVICE, "profile", OPTION_TEXT, NULL, DEVICE(profile), 0, 0, NULL, NULL, "how to speak to it" },
    { SECTION_DEVICE, "group", OPTION_TEXT, NULL, DEVICE(group), 0, 0, NULL, NULL, "whose settings it shares" },
    { SECTION_DEVICE, "tags", OPTION_LIST, NULL, DEVICE(tags), 0, 0, NULL, NULL, "words to find it by" },
    { SECTION_DEVICE, "read-only", OPTION_FLAG, NULL, DEVICE(read_only), 0, 0, NULL, NULL, "no SET is sent to it" },
    { SECTION_DEVICE, "production", OPTION_FLAG, NULL, DEVICE(production), 0, 0, NULL, NULL,
      "a SET has to be armed first" },
    { SECTION_DEVICE, "timeout-ms", OPTION_NUMBER, "0", DEVICE(timeout_ms), 0, 60000, NULL, NULL,
      "of one try; 0: a second, then by what is measured" },
    { SECTION_DEVICE, "retries", OPTION_NUMBER, "3", DEVICE(retries), 0, 20, NULL, NULL, "after the first try" },

    { SECTION_GROUP, "read-only", OPTION_FLAG, "false", GROUP(read_only), 0, 0, NULL, NULL, "of its devices" },
    { SECTION_GROUP, "production", OPTION_FLAG, "false", GROUP(production), 0, 0, NULL, NULL, "of its devices" },

    { SECTION_SENDER, "source", OPTION_LIST, NULL, SENDER(source), 0, 0, NULL, form_network,
      "networks or addresses it may send from; none: any" },
    { SECTION_SENDER, "profile", OPTION_TEXT, NULL, SENDER(profile), 0, 0, NULL, NULL,
      "its community, its SNMPv3 user, or by its tls-fingerprint its certificate" },
    { SECTION_SENDER, "engine-id", OPTION_TEXT, NULL, SENDER(engine_id), 0, 0, NULL, form_engine_id,
      "of an SNMPv3 sender of traps, \"0x8000…\"" },
    { SECTION_SENDER, "tls-fingerprint", OPTION_TEXT, NULL, SENDER(tls_fingerprint), 0, 0, NULL, form_fingerprint,
      "SHA-256 of its certificate, 64 hex digits: over tls: and dtls: that alone says who it is; default: its "
      "profile's" },

    { SECTION_MAIL, "server", OPTION_TEXT, NULL, MAIL(server), 0, 253, NULL, form_server,
      "host name or address; a path: the socket of a mail system on this machine that speaks LMTP" },
    { SECTION_MAIL, "command", OPTION_COMMAND, NULL, MAIL(command), 0, 0, NULL, NULL,
      "instead of a server: this machine's own, such as { \"/usr/sbin/sendmail\" }" },
    { SECTION_MAIL, "port", OPTION_NUMBER, "0", MAIL(port), 0, 65535, NULL, NULL,
      "0: the security's own, 587 starttls, 465 tls, 25 plain" },
    { SECTION_MAIL, "security", OPTION_CHOICE, "starttls", MAIL(security), 0, 0, securities, NULL,
      "of the connection" },
    { SECTION_MAIL, "user", OPTION_TEXT, NULL, MAIL(user), 0, NAME_OCTETS, NULL, NULL, "to log in as; none: no login" },
    { SECTION_MAIL, "password-file", OPTION_PATH, NULL, MAIL(password.file), 0, 0, NULL, NULL,
      "a file that only you can read; its first line is the password" },
    { SECTION_MAIL, "password-command", OPTION_COMMAND, NULL, MAIL(password.command), 0, 0, NULL, NULL,
      "a command that writes the password" },
    { SECTION_MAIL, "token-file", OPTION_PATH, NULL, MAIL(token.file), 0, 0, NULL, NULL,
      "an OAuth 2.0 access token instead of a password" },
    { SECTION_MAIL, "token-command", OPTION_COMMAND, NULL, MAIL(token.command), 0, 0, NULL, NULL,
      "a command that writes the access token" },
    { SECTION_MAIL, "from", OPTION_TEXT, NULL, MAIL(from), 0, 0, NULL, form_mail_address,
      "\"name <address>\" or an address" },
    { SECTION_MAIL, "ca-file", OPTION_PATH, NULL, MAIL(ca_file), 0, 0, NULL, NULL,
      "certificates to trust instead of the system's" },
    { SECTION_MAIL, "pin", OPTION_TEXT, NULL, MAIL(pin), 0, 0, NULL, form_pin,
      "SHA-256 of the server's public key, 64 hex digits" },
    { SECTION_MAIL, "client-certificate", OPTION_PATH, NULL, MAIL(client_certificate), 0, 0, NULL, NULL, "PEM" },
    { SECTION_MAIL, "client-key", OPTION_PATH, NULL, MAIL(client_key), 0, 0, NULL, NULL, "PEM" },
    { SECTION_MAIL, "mechanisms", OPTION_LIST, NULL, MAIL(mechanisms), 0, 0, mechanisms, NULL,
      "of AUTH, in order of preference; default: the strongest offered, no less safe than the server took before" },
    { SECTION_MAIL, "allow-clear-password", OPTION_FLAG, "false", MAIL(allow_clear_password), 0, 0, NULL, NULL,
      "a password may cross a plain connection" },
    { SECTION_MAIL, "budget-per-hour", OPTION_NUMBER, "30", MAIL(budget_per_hour), 1, 100000, NULL, NULL,
      "mails at most; what is over waits and is folded into the next, but for the first of a cause and a person's" },
    { SECTION_MAIL, "budget-per-recipient", OPTION_NUMBER, "20", MAIL(budget_per_recipient), 1, 100000, NULL, NULL,
      "mails an hour for one recipient, in the same way" },
    { SECTION_MAIL, "timeout", OPTION_NUMBER, "60", MAIL(timeout_s), 5, 3600, NULL, NULL, "seconds for a delivery" },

    { SECTION_DIGEST, "to", OPTION_LIST, NULL, DIGEST(to), 0, 0, NULL, form_recipient, "recipients" },
    { SECTION_DIGEST, "severity", OPTION_CHOICE, NULL, DIGEST(severity), 0, 0, severities, NULL,
      "what is at least this severe goes in; default: all" },
    { SECTION_DIGEST, "at", OPTION_TEXT, NULL, DIGEST(at), 0, 0, NULL, form_at,
      "\"07:00\", \"weekdays 07:00\", \"mon,thu 18:30\"; none: as it happens" },
    { SECTION_DIGEST, "time-zone", OPTION_TEXT, NULL, DIGEST(time_zone), 0, 0, NULL, form_time_zone,
      "of `at`; default: the machine's" },
    { SECTION_DIGEST, "mail", OPTION_TEXT, NULL, DIGEST(mail), 0, 0, NULL, NULL,
      "the mail section that sends it; default: the only one" },
    { SECTION_DIGEST, "wait", OPTION_NUMBER, "30", DIGEST(wait_s), 0, 86400, NULL, NULL,
      "seconds to gather before the first mail" },
    { SECTION_DIGEST, "interval", OPTION_NUMBER, "300", DIGEST(interval_s), 1, YEAR_S, NULL, NULL,
      "seconds between mails about what is new" },
};

const size_t option_count = sizeof option_table / sizeof option_table[0];

const struct section_kind section_kinds[SECTIONS] = {
    [SECTION_TOP] = { "", 0 },
    [SECTION_PROFILE] = { "profile", sizeof(struct profile) },
    [SECTION_DEVICE] = { "device", sizeof(struct device_setting) },
    [SECTION_GROUP] = { "group", sizeof(struct group_setting) },
    [SECTION_SENDER] = { "sender", sizeof(struct sender_setting) },
    [SECTION_MAIL] = { "mail", sizeof(struct mail_setting) },
    [SECTION_DIGEST] = { "digest", sizeof(struct digest_setting) },
};

const struct option *
option_find(enum section section, const char *name, size_t n)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].section == section && strlen(option_table[i].name) == n &&
            memcmp(option_table[i].name, name, n) == 0)
            return &option_table[i];
    return NULL;
}
