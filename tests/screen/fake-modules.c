/* Invented modules, problems and references for the screens. */
#include "api/mib_compile.h"
#include "api/mib_module.h"
#include "api/settings.h"

#include <stdlib.h>
#include <string.h>

static const struct mib_module modules[] = {
    {.name = "ACME-UPS-MIB", .path = "/home/ana/.snmp/mibs/ACME-UPS-MIB.txt", .revision = "200905140000Z", .line = 3,
     .nodes = 214, .types = 3, .notifications = 18, .errors = 2, .warnings = 1, .file = 1, .smi = 2, .superseded_by = "",
     .identity = MIB_NONE},
    {.name = "FAKE-MIB", .path = "/usr/share/snmp/mibs/FAKE-MIB.txt", .revision = "200006140000Z", .line = 1, .nodes = 36,
     .notifications = 3, .file = 0, .smi = 2, .superseded_by = "", .identity = 0, .ours = true},
    {.name = "FAKE-MIB", .path = "/home/ana/.snmp/mibs/old/FAKE-MIB.txt", .revision = "199601010000Z", .line = 1,
     .nodes = 30, .file = 2, .smi = 2, .superseded_by = "/usr/share/snmp/mibs/FAKE-MIB.txt", .identity = 0},
    {.name = "RFC1158-MIB", .path = "/home/ana/.snmp/mibs/rfc1158.mib", .revision = "", .line = 12, .nodes = 170,
     .warnings = 1, .file = 3, .smi = 1, .superseded_by = "", .identity = MIB_NONE},
};
static const struct mib_file files[] = {
    {"/usr/share/snmp/mibs/FAKE-MIB.txt", "MIB modules", true, true, 0, 0},
    {"/home/ana/.snmp/mibs/ACME-UPS-MIB.txt", "MIB modules", true, false, 0, 3},
    {"/home/ana/.snmp/mibs/old/FAKE-MIB.txt", "MIB modules", true, false, 0, 0},
    {"/home/ana/.snmp/mibs/rfc1158.mib", "MIB modules", true, false, 3, 1},
    {"/home/ana/.snmp/mibs/download.mib", "an HTML page", false, false, 0, 0},
};
static const struct mib_problem problems[] = {
    {"/home/ana/.snmp/mibs/ACME-UPS-MIB.txt", "ACME-UPS-MIB", "module-missing",
     "the module ACME-SMI, from which 'acme' is imported, is in none of the directories, and no other supplies it (needed "
     "in line 17)", "    acme FROM ACME-SMI", "ACME-SMI", 1, 9, 5, 4, MIB_ERROR},
    {"/home/ana/.snmp/mibs/ACME-UPS-MIB.txt", "ACME-UPS-MIB", "parent-unknown", "nothing defines 'acme', the parent of 'acmeUps'",
     "acmeUps OBJECT IDENTIFIER ::= { acme 7 }", "", 1, 17, 33, 32, MIB_ERROR},
    {"/home/ana/.snmp/mibs/ACME-UPS-MIB.txt", "ACME-UPS-MIB", "underscore",
     "'acme_load': the SMI has no underscore in names; taken as it is", "acme_load OBJECT-TYPE", "", 1, 40, 1, 0, MIB_WARNING},
    {"/home/ana/.snmp/mibs/rfc1158.mib", "RFC1158-MIB", "page-break",
     "a page header or footer of an RFC was left in; passed over", "RFC 1158               MIB-II               May 1990", "", 3,
     88, 1, 0, MIB_WARNING},
};
enum { MODULES = sizeof modules / sizeof *modules, FILES = sizeof files / sizeof *files, PROBLEMS = sizeof problems / sizeof *problems };

const char *
mib_name(struct mib *mib, mib_node node)
{
    struct mib_info info;

    return mib_info(mib, node, &info) ? info.name : "";
}

struct settings_list
settings_list(const struct settings *settings, const char *option)
{
    (void) settings, (void) option;
    return (struct settings_list) {NULL, 0};
}

uint32_t
mib_module_count(const struct mib *mib)
{
    (void) mib;
    return MODULES;
}

bool
mib_module(struct mib *mib, uint32_t module, struct mib_module *out)
{
    (void) mib;
    *out = module < MODULES ? modules[module] : (struct mib_module) {.name = ""};
    return module < MODULES;
}

uint32_t
mib_file_count(const struct mib *mib)
{
    (void) mib;
    return FILES;
}

bool
mib_file(struct mib *mib, uint32_t file, struct mib_file *out)
{
    (void) mib;
    *out = file < FILES ? files[file] : (struct mib_file) {.path = ""};
    return file < FILES;
}

bool
mib_problem(struct mib *mib, uint32_t problem, struct mib_problem *out)
{
    (void) mib;
    *out = problem < PROBLEMS ? problems[problem] : (struct mib_problem) {.path = ""};
    return problem < PROBLEMS;
}

mib_node
mib_augments(struct mib *mib, mib_node node)
{
    return strcmp(mib_name(mib, node), "ifXEntry") == 0 ? mib_find(mib, "ifEntry") : MIB_NONE;
}

size_t
mib_objects(struct mib *mib, mib_node node, mib_node *out, size_t max)
{
    if (strncmp(mib_name(mib, node), "link", 4) != 0 || max < 3)
        return 0;
    out[0] = mib_find(mib, "ifIndex");
    out[1] = mib_find(mib, "ifAdminStatus");
    out[2] = mib_find(mib, "ifOperStatus");
    return 3;
}

size_t
mib_xrefs(struct mib *mib, mib_node node, struct mib_xref *out, size_t max)
{
    const char *name = mib_name(mib, node);
    size_t n = 0;

    if (strcmp(name, "ifOperStatus") != 0 && strcmp(name, "ifIndex") != 0)
        return 0;
    if (strcmp(name, "ifIndex") == 0 && n < max)
        out[n++] = (struct mib_xref) {mib_find(mib, "ifEntry"), MIB_REF_INDEX};
    if (n + 2 <= max) {
        out[n++] = (struct mib_xref) {mib_find(mib, "linkDown"), MIB_REF_NOTIFICATION};
        out[n++] = (struct mib_xref) {mib_find(mib, "linkUp"), MIB_REF_NOTIFICATION};
    }
    return n;
}

mib_node
mib_other(struct mib *mib, mib_node node)
{
    (void) mib, (void) node;
    return MIB_NONE;
}

uint32_t
mib_type_of(struct mib *mib, mib_node node)
{
    (void) mib, (void) node;
    return MIB_NONE;
}

size_t
mib_type_users(struct mib *mib, uint32_t type, mib_node *out, size_t max)
{
    (void) mib, (void) type, (void) out, (void) max;
    return 0;
}

bool
mib_is_current(const struct mib *mib, const char *path)
{
    (void) mib, (void) path;
    return true;
}

size_t
mib_directories(const char *const *set, size_t n, char **out, size_t max)
{
    (void) set, (void) n, (void) out, (void) max;
    return 0;
}

struct mib_refresh *
mib_refresh_new(struct loop *loop, const struct mib_refresh_options *options, struct failure *why)
{
    (void) loop, (void) options;
    failure_set(why, FAILURE_ABSENT, "there is no compiler here");
    return NULL;
}

void
mib_refresh_now(struct mib_refresh *refresh)
{
    (void) refresh;
}

void
mib_refresh_free(struct mib_refresh *refresh)
{
    (void) refresh;
}
