/* How bad a notification is when no rule says so: a table for the standard ones, words for the rest. The reason is
 * kept with every row, so that nobody has to guess. */
#include "core/severity.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *word, *four;
} names[] = {
    [SEVERITY_OK] = { "ok", "ok" },          [SEVERITY_INFO] = { "info", "info" },
    [SEVERITY_WARNING] = { "warning", "warn" }, [SEVERITY_MINOR] = { "minor", "minr" },
    [SEVERITY_MAJOR] = { "major", "majr" },  [SEVERITY_CRITICAL] = { "critical", "crit" },
};
enum { N_SEVERITIES = sizeof names / sizeof names[0] };

static const struct {
    const char *oid;
    enum severity severity;
    const char *why;
} standard[] = {
    { "1.3.6.1.6.3.1.1.5.1", SEVERITY_WARNING, "standard: coldStart" },
    { "1.3.6.1.6.3.1.1.5.2", SEVERITY_INFO, "standard: warmStart" },
    { "1.3.6.1.6.3.1.1.5.3", SEVERITY_CRITICAL, "standard: linkDown" },
    { "1.3.6.1.6.3.1.1.5.4", SEVERITY_OK, "standard: linkUp" },
    { "1.3.6.1.6.3.1.1.5.5", SEVERITY_WARNING, "standard: authenticationFailure" },
    { "1.3.6.1.6.3.1.1.5.6", SEVERITY_MAJOR, "standard: egpNeighborLoss" },
    { "1.3.6.1.2.1.15.7.1", SEVERITY_OK, "standard: bgpEstablished" },
    { "1.3.6.1.2.1.15.7.2", SEVERITY_MAJOR, "standard: bgpBackwardTransition" },
    { "1.3.6.1.2.1.15.0.1", SEVERITY_OK, "standard: bgpEstablishedNotification" },
    { "1.3.6.1.2.1.15.0.2", SEVERITY_MAJOR, "standard: bgpBackwardTransNotification" },
    { "1.3.6.1.2.1.14.16.2.1", SEVERITY_WARNING, "standard: ospfVirtIfStateChange" },
    { "1.3.6.1.2.1.14.16.2.2", SEVERITY_WARNING, "standard: ospfNbrStateChange" },
    { "1.3.6.1.2.1.14.16.2.16", SEVERITY_WARNING, "standard: ospfIfStateChange" },
    { "1.3.6.1.2.1.17.0.1", SEVERITY_WARNING, "standard: newRoot" },
    { "1.3.6.1.2.1.17.0.2", SEVERITY_MINOR, "standard: topologyChange" },
    { "1.3.6.1.2.1.16.0.1", SEVERITY_MINOR, "standard: risingAlarm" },
    { "1.3.6.1.2.1.16.0.2", SEVERITY_OK, "standard: fallingAlarm" },
    { "1.3.6.1.2.1.33.2.1", SEVERITY_WARNING, "standard: upsTrapOnBattery" },
    { "1.3.6.1.2.1.33.2.2", SEVERITY_INFO, "standard: upsTrapTestCompleted" },
    { "1.3.6.1.2.1.33.2.3", SEVERITY_WARNING, "standard: upsTrapAlarmEntryAdded" },
    { "1.3.6.1.2.1.33.2.4", SEVERITY_OK, "standard: upsTrapAlarmEntryRemoved" },
    { "1.3.6.1.2.1.33.2.0.1", SEVERITY_WARNING, "standard: upsTrapOnBattery" },
    { "1.3.6.1.2.1.33.2.0.2", SEVERITY_INFO, "standard: upsTrapTestCompleted" },
    { "1.3.6.1.2.1.33.2.0.3", SEVERITY_WARNING, "standard: upsTrapAlarmEntryAdded" },
    { "1.3.6.1.2.1.33.2.0.4", SEVERITY_OK, "standard: upsTrapAlarmEntryRemoved" },
    { "1.3.6.1.2.1.43.18.2.0.1", SEVERITY_WARNING, "standard: printerV2Alert" },
    { "1.3.6.1.2.1.47.2.0.1", SEVERITY_INFO, "standard: entConfigChange" },
    { "1.3.6.1.2.1.68.0.1", SEVERITY_INFO, "standard: vrrpTrapNewMaster" },
    { "1.3.6.1.2.1.68.0.2", SEVERITY_WARNING, "standard: vrrpTrapAuthFailure" },
    { "1.3.6.1.2.1.88.2.0.1", SEVERITY_MINOR, "standard: mteTriggerFired" },
    { "1.3.6.1.2.1.88.2.0.2", SEVERITY_MINOR, "standard: mteTriggerRising" },
    { "1.3.6.1.2.1.88.2.0.3", SEVERITY_OK, "standard: mteTriggerFalling" },
    { "1.3.6.1.2.1.88.2.0.4", SEVERITY_MINOR, "standard: mteTriggerFailure" },
    { "1.3.6.1.2.1.131.0.1", SEVERITY_OK, "standard: entStateOperEnabled" },
    { "1.3.6.1.2.1.131.0.2", SEVERITY_MAJOR, "standard: entStateOperDisabled" },
    { "1.0.8802.1.1.2.0.0.1", SEVERITY_INFO, "standard: lldpRemTablesChange" },
    { "1.3.6.1.4.1.8072.4.0.1", SEVERITY_INFO, "standard: nsNotifyStart" },
    { "1.3.6.1.4.1.8072.4.0.2", SEVERITY_WARNING, "standard: nsNotifyShutdown" },
    { "1.3.6.1.4.1.8072.4.0.3", SEVERITY_INFO, "standard: nsNotifyRestart" },
};

/* Whole words; where a text has several, the worst counts. Words of good news count only when no bad one is there. */
static const struct {
    const char *word;
    enum severity severity;
    const char *why;
} words[] = {
    { "critical", SEVERITY_CRITICAL, "words: critical" }, { "emergency", SEVERITY_CRITICAL, "words: emergency" },
    { "fatal", SEVERITY_CRITICAL, "words: fatal" },       { "fire", SEVERITY_CRITICAL, "words: fire" },
    { "fail", SEVERITY_MAJOR, "words: fail" },            { "failed", SEVERITY_MAJOR, "words: failed" },
    { "failure", SEVERITY_MAJOR, "words: failure" },      { "down", SEVERITY_MAJOR, "words: down" },
    { "lost", SEVERITY_MAJOR, "words: lost" },            { "major", SEVERITY_MAJOR, "words: major" },
    { "offline", SEVERITY_MAJOR, "words: offline" },      { "unreachable", SEVERITY_MAJOR, "words: unreachable" },
    { "error", SEVERITY_MINOR, "words: error" },          { "minor", SEVERITY_MINOR, "words: minor" },
    { "degraded", SEVERITY_MINOR, "words: degraded" },    { "fault", SEVERITY_MINOR, "words: fault" },
    { "warning", SEVERITY_WARNING, "words: warning" },    { "warn", SEVERITY_WARNING, "words: warn" },
    { "exceeded", SEVERITY_WARNING, "words: exceeded" },  { "denied", SEVERITY_WARNING, "words: denied" },
    { "alarm", SEVERITY_WARNING, "words: alarm" },        { "high", SEVERITY_WARNING, "words: high" },
    { "cleared", SEVERITY_OK, "words: cleared" },         { "restored", SEVERITY_OK, "words: restored" },
    { "recovered", SEVERITY_OK, "words: recovered" },     { "normal", SEVERITY_OK, "words: normal" },
};

const char *
severity_word(enum severity severity)
{
    return (unsigned) severity < N_SEVERITIES ? names[severity].word : "unknown";
}

const char *
severity_short(enum severity severity)
{
    return (unsigned) severity < N_SEVERITIES ? names[severity].four : "?";
}

bool
severity_parse(const char *word, enum severity *out)
{
    for (int i = 0; i < N_SEVERITIES; i++)
        if (strcasecmp(word, names[i].word) == 0 || strcasecmp(word, names[i].four) == 0) {
            *out = (enum severity) i;
            return true;
        }
    return false;
}

bool
severity_standard(const struct oid *name, enum severity *severity, const char **why)
{
    char text[OID_TEXT_MAX];

    if (name->n > 16)
        return false;
    oid_format(name, text);
    for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++)
        if (strcmp(standard[i].oid, text) == 0) {
            *severity = standard[i].severity;
            *why = standard[i].why;
            return true;
        }
    return false;
}

static bool
same_word(const uint8_t *octets, size_t n, const char *word)
{
    return strlen(word) == n && strncasecmp((const char *) octets, word, n) == 0;
}

bool
severity_words(const uint8_t *octets, size_t n, enum severity *severity, const char **why)
{
    bool found = false;
    size_t start;

    for (size_t at = 0; at < n; at++) {
        if (!isalpha(octets[at]))
            continue;
        for (start = at; at < n && isalpha(octets[at]);)
            at++;
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (same_word(octets + start, at - start, words[i].word) &&
                (!found || words[i].severity > *severity)) {
                *severity = words[i].severity;
                *why = words[i].why;
                found = true;
            }
    }
    return found;
}
