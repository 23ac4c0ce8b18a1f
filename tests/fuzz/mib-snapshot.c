/* A damaged snapshot: the input is patches of eight octets (place, value) to a good one, whose head is then made to add
 * up again, so that what lies behind the first check is reached. Every question is asked of it. */
#include "api/mib.h"
#include "api/mib_module.h"
#include "api/mib_compile.h"
#include "api/value.h"
#include "core/memory.h"
#include "mib/snap.h"
#include "mib/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char module_text[] =
    "T-MIB DEFINITIONS ::= BEGIN\n"
    "IMPORTS enterprises, MODULE-IDENTITY, OBJECT-TYPE, NOTIFICATION-TYPE, Integer32 FROM SNMPv2-SMI\n"
    "  DisplayString, TEXTUAL-CONVENTION FROM SNMPv2-TC OBJECT-GROUP, MODULE-COMPLIANCE FROM SNMPv2-CONF;\n"
    "t MODULE-IDENTITY LAST-UPDATED \"202001010000Z\" ORGANIZATION \"o\" CONTACT-INFO \"c\" DESCRIPTION \"a test\"\n"
    "  REVISION \"202001010000Z\" DESCRIPTION \"first\" ::= { enterprises 99 }\n"
    "TMac ::= TEXTUAL-CONVENTION DISPLAY-HINT \"1x:\" STATUS current DESCRIPTION \"mac\" SYNTAX OCTET STRING (SIZE (6))\n"
    "tTable OBJECT-TYPE SYNTAX SEQUENCE OF TEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION \"rows of it\"\n"
    "  ::= { t 1 }\n"
    "tEntry OBJECT-TYPE SYNTAX TEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION \"a row\"\n"
    "  INDEX { tIndex, IMPLIED tName } ::= { tTable 1 }\n"
    "TEntry ::= SEQUENCE { tIndex Integer32, tName DisplayString, tState INTEGER, tMac TMac }\n"
    "tIndex OBJECT-TYPE SYNTAX Integer32 (1..2147483647) MAX-ACCESS not-accessible STATUS current DESCRIPTION \"i\"\n"
    "  ::= { tEntry 1 }\n"
    "tName OBJECT-TYPE SYNTAX OCTET STRING (SIZE (0..32 | 64)) MAX-ACCESS not-accessible STATUS current\n"
    "  DESCRIPTION \"n\" ::= { tEntry 2 }\n"
    "tState OBJECT-TYPE SYNTAX INTEGER { up(1), down(2), odd(-3) } UNITS \"u\" MAX-ACCESS read-write STATUS current\n"
    "  DESCRIPTION \"s\" DEFVAL { up } ::= { tEntry 3 }\n"
    "tMac OBJECT-TYPE SYNTAX TMac MAX-ACCESS read-only STATUS current DESCRIPTION \"m\" ::= { tEntry 4 }\n"
    "tMoreTable OBJECT-TYPE SYNTAX SEQUENCE OF TMore MAX-ACCESS not-accessible STATUS current DESCRIPTION \"\"\n"
    "  ::= { t 2 }\n"
    "tMore OBJECT-TYPE SYNTAX TMore MAX-ACCESS not-accessible STATUS current DESCRIPTION \"\" AUGMENTS { tEntry }\n"
    "  ::= { tMoreTable 1 }\n"
    "TMore ::= SEQUENCE { tLevel Integer32 }\n"
    "tLevel OBJECT-TYPE SYNTAX Integer32 MAX-ACCESS read-only STATUS current DESCRIPTION \"l\" ::= { tMore 1 }\n"
    "tGone NOTIFICATION-TYPE OBJECTS { tState, tMac } STATUS current DESCRIPTION \"gone away\" ::= { t 3 1 }\n"
    "tGroup OBJECT-GROUP OBJECTS { tState, tMac } STATUS current DESCRIPTION \"g\" ::= { t 4 1 }\n"
    "tAll MODULE-COMPLIANCE STATUS current DESCRIPTION \"a\" MODULE MANDATORY-GROUPS { tGroup }\n"
    "  OBJECT tState MIN-ACCESS read-only DESCRIPTION \"ro\" ::= { t 4 2 }\n"
    "wrong OBJECT-TYPE SYNTAX Nothing ACCESS read-only STATUS current ::= { nowhere 1 }\n"
    "END\n";

static uint8_t *good;
static size_t size;

static void
make_good(void)
{
    char directory[] = "/tmp/fuzz-snapshot-XXXXXX", source[64], snapshot[64];
    const char *from[] = {source};
    struct mib_compile_options options = {.from = from, .n_from = 1, .to = snapshot};
    struct mib_compile_counts counts;
    struct failure why;
    FILE *file;

    if (mkdtemp(directory) == NULL)
        abort();
    snprintf(source, sizeof source, "%s/T-MIB", directory);
    snprintf(snapshot, sizeof snapshot, "%s/snapshot", directory);
    file = fopen(source, "w");
    if (file == NULL || fputs(module_text, file) < 0 || fclose(file) != 0 || !mib_compile(&options, &counts, &why))
        abort();
    file = fopen(snapshot, "r");
    good = malloc(1 << 20);
    if (file == NULL || good == NULL || (size = fread(good, 1, 1 << 20, file)) < sizeof(struct snap_head))
        abort();
    fclose(file);
    unlink(source);
    unlink(snapshot);
    rmdir(directory);
}

static void
patch(uint8_t *map, const uint8_t *data, size_t n)
{
    struct snap_head *head = (struct snap_head *)(void *)map;

    for (; n >= 8; data += 8, n -= 8) {
        uint32_t place, value;

        memcpy(&place, data, 4);
        memcpy(&value, data + 4, 4);
        place = place % (uint32_t)(size - 4) / 4 * 4;
        memcpy(map + place, &value, 4);
    }
    head->sum = unit_hash(map + 32, sizeof *head - 32, 0);
}

static void
ask_node(struct mib *mib, mib_node node)
{
    const struct index_part *parts;
    struct mib_info info;
    struct mib_xref xrefs[8];
    mib_node list[8];
    char text[256];
    struct oid o = mib_oid(mib, node);

    if (mib_info(mib, node, &info))
        for (uint32_t i = 0; info.syntax != NULL && i < info.syntax->n_names; i++)
            (void)strlen(info.syntax->names[i].label);
    (void)strlen(mib_format_object(mib, &o, text, sizeof text));
    for (size_t i = 0, m = mib_index(mib, node, &parts); i < m; i++)
        (void)strlen(parts[i].name);
    mib_objects(mib, node, list, 8);
    mib_xrefs(mib, node, xrefs, 8);
    mib_row(mib, node);
    mib_augments(mib, node);
    mib_other(mib, node);
    mib_namesake(mib, node);
    mib_type_of(mib, node);
    mib_parent(mib, node);
    mib_sibling(mib, mib_child(mib, node));
}

static void
ask_modules(struct mib *mib)
{
    struct mib_module about;
    struct mib_problem problem;
    struct mib_type type;
    struct mib_file file;
    mib_node users[8];
    const char *a, *b;

    for (uint32_t i = 0; i < 8; i++) {
        if (mib_module(mib, i, &about))
            for (uint32_t k = 0; k < 8; k++) {
                mib_revision(mib, i, k, &a, &b);
                mib_import(mib, i, k, &a, &b);
                (void)(strlen(a) + strlen(b) + strlen(about.path));
            }
        if (mib_problem(mib, i, &problem))
            (void)(strlen(problem.excerpt + problem.caret) + strlen(problem.text) + strlen(problem.code));
        if (mib_type(mib, i, &type) && type.syntax != NULL)
            (void)strlen(type.syntax->type);
        mib_type_users(mib, i, users, 8);
        if (mib_file(mib, i, &file))
            (void)(strlen(file.path) + strlen(file.kind));
    }
    mib_module_find(mib, "T-MIB");
    mib_type_find(mib, "TMac");
}

static void
ask(struct mib *mib)
{
    static const char *const searches[] = {"t", "tState", "stat", "T-MIB::tMac", "1.3.6", "rows", "gone away", "T-MIB", "tmac"};
    struct mib_hit hits[20];
    struct failure why;
    struct oid o;

    ask_modules(mib);
    for (mib_node node = 0; node < mib_count(mib) && node < 200; node++)
        ask_node(mib, node);
    for (size_t i = 0; i < sizeof searches / sizeof searches[0]; i++) {
        mib_search(mib, searches[i], hits, 20);
        mib_find(mib, searches[i]);
    }
    mib_parse_object(mib, "tState[3,\"abc\"]", &o, &why);
    mib_parse_object(mib, "T-MIB::tState.3", &o, &why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static int fd = -1;
    static char path[40];
    struct failure why;
    struct mib *mib;
    uint8_t *map;

    if (good == NULL) {
        make_good();
        fd = memfd_create("snapshot", MFD_CLOEXEC);
        if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
            abort();
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    map = memory_copy(good, size);
    patch(map, data, n);
    if (pwrite(fd, map, size, 0) != (ssize_t)size)
        abort();
    free(map);
    mib = mib_open(path, &why);
    if (mib != NULL)
        ask(mib);
    mib_close(mib);
    return 0;
}
