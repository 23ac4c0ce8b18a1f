/* Taming net-snmp: see library.h. */
#include "snmp/library.h"

#include "core/memory.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static uint64_t lines;
static char last_line[256];

/* Hostile packets make the library talk 3,500 lines a second: they are counted, and one is kept. */
static int
keep_line(int major, int minor, void *server, void *client)
{
    const struct snmp_log_message *message = server;

    (void) major;
    (void) minor;
    (void) client;
    lines++;
    snprintf(last_line, sizeof last_line, "%s", message->msg);
    last_line[strcspn(last_line, "\r\n")] = '\0';
    return 0;
}

static void
quiet(void)
{
    netsnmp_log_handler *handler;

    snmp_disable_log();
    handler = netsnmp_register_loghandler(NETSNMP_LOGHANDLER_CALLBACK, LOG_DEBUG);
    if (handler != NULL)
        handler->pri_max = LOG_EMERG;
    snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, keep_line, NULL);
}

/* The library reads no module: it looks for them nowhere while it starts. Afterwards $MIBDIRS is what it was, for our own
 * compiler goes by it, here and in children. */
static void
start_without_modules(const char *nowhere)
{
    const char *given = getenv("MIBDIRS");
    char *kept = given != NULL ? memory_text(given) : NULL;

    setenv("MIBS", "", 1);
    setenv("MIBDIRS", nowhere, 1);
    init_snmp("trapline");
    if (kept != NULL)
        setenv("MIBDIRS", kept, 1);
    else
        unsetenv("MIBDIRS");
    free(kept);
}

bool
library_start(const char *directory, struct failure *why)
{
    static bool started;
    const char *home = directory != NULL ? directory : "/dev/null/none"; /* where not even root can make one: it tries */

    if (started)
        return true;
    if (directory != NULL && mkdir(directory, 0700) < 0 && errno != EEXIST)
        return failure_errno(why, errno, "%s: cannot make the directory of the SNMP library", directory);
    setenv("SNMPCONFPATH", home, 1);
    setenv("SNMP_PERSISTENT_DIR", home, 1);
    netsnmp_ds_set_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_PERSISTENT_DIR, home);
    netsnmp_ds_set_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_CONFIGURATION_DIR, home);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, 1);
    quiet();
    start_without_modules(home);
    started = true;
    return true;
}

uint64_t
library_lines(void)
{
    return lines;
}

const char *
library_last_line(void)
{
    return last_line;
}
