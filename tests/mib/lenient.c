/* What real files get wrong, one case a row: the text, what must be read from it all the same, and what is said. */
#include "api/mib.h"
#include "api/mib_module.h"
#include "api/mib_compile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD "A-MIB DEFINITIONS ::= BEGIN\nIMPORTS enterprises FROM SNMPv2-SMI;\na OBJECT IDENTIFIER ::= { enterprises 9 }\n"
#define OBJECT(name, syntax, arc) \
    name " OBJECT-TYPE SYNTAX " syntax " MAX-ACCESS read-only STATUS current DESCRIPTION \"x\" ::= { a " arc " }\n"

struct lenient {
    const char *name;
    const char *text; /* "" inside may hold NULs: see size */
    size_t size;      /* 0: strlen */
    const char *facts; /* lines "NAME OID KIND TYPE": all must be found; NULL: none */
    const char *codes; /* words of codes that must be told, separated by blanks; "" for none at all; NULL: whatever */
    unsigned errors;   /* exactly */
};

static const struct lenient cases[] = {
    {"tidy", HEAD OBJECT("x", "INTEGER", "1") "END\n", 0, "x 1.3.6.1.4.1.9.1 scalar INTEGER", "", 0},
    {"CRLF", "A-MIB DEFINITIONS ::= BEGIN\r\nx OBJECT IDENTIFIER\r\n::= { iso 5 }\r\nEND\r\n\x1a", 0, "x 1.5 node -", "", 0},
    {"lines end with CR", "A-MIB DEFINITIONS ::= BEGIN\r-- y\rx OBJECT IDENTIFIER ::= { iso 5 }\rEND\r", 0, "x 1.5 node -", "", 0},
    {"NULs and form feeds", "A-MIB DEFINITIONS ::= BEGIN\0\0\f\nx OBJECT IDENTIFIER ::= { iso 5 }\nEND\0", 69, "x 1.5 node -", "", 0},
    {"byte order mark", "\xef\xbb\xbf" "A-MIB DEFINITIONS ::= BEGIN x OBJECT IDENTIFIER ::= { iso 5 } END", 0, "x 1.5 node -", "", 0},
    {"no END", HEAD OBJECT("x", "INTEGER", "1"), 0, "x 1.3.6.1.4.1.9.1 scalar INTEGER", "end-missing", 0},
    {"no END before the next module", HEAD OBJECT("x", "INTEGER", "1") "B-MIB DEFINITIONS ::= BEGIN b OBJECT IDENTIFIER ::= { iso 7 } END", 0,
     "x 1.3.6.1.4.1.9.1 scalar INTEGER\nb 1.7 node -", "end-missing", 0},
    {"several modules", HEAD "END\nB-MIB DEFINITIONS ::= BEGIN b OBJECT IDENTIFIER ::= { a 7 } END\nC-MIB DEFINITIONS ::= BEGIN c OBJECT IDENTIFIER ::= { b 1 } END", 0,
     "b 1.3.6.1.4.1.9.7 node -\nc 1.3.6.1.4.1.9.7.1 node -", "import-missing", 0},
    {"words around the module", "Network Working Group\n\nAbstract: DEFINITIONS of things\n\n" HEAD OBJECT("x", "INTEGER", "1") "END\nAcknowledgements\n", 0,
     "x 1.3.6.1.4.1.9.1 scalar INTEGER", "", 0},
    {"comment before DEFINITIONS", "A-MIB\n-- version 3\nDEFINITIONS ::= BEGIN x OBJECT IDENTIFIER ::= { iso 5 } END", 0, "x 1.5 node -", "", 0},
    {"OID of the module", "A-MIB { iso org(3) 6 } DEFINITIONS ::= BEGIN x OBJECT IDENTIFIER ::= { iso 5 } END", 0, "x 1.5 node -", "", 0},
    {"no BEGIN", "A-MIB DEFINITIONS ::=\nx OBJECT IDENTIFIER ::= { iso 5 }\nEND", 0, "x 1.5 node -", NULL, 0},
    {"macros again", "A-MIB DEFINITIONS ::= BEGIN OBJECT-TYPE MACRO ::= BEGIN TYPE NOTATION ::= \"SYNTAX\" type(ObjectSyntax) VALUE NOTATION ::= value(VALUE ObjectName) END\nx OBJECT IDENTIFIER ::= { iso 5 } END", 0,
     "x 1.5 node -", "", 0},
    {"IMPORTS without ;", "A-MIB DEFINITIONS ::= BEGIN IMPORTS enterprises FROM SNMPv2-SMI\na OBJECT IDENTIFIER ::= { enterprises 9 } END", 0,
     "a 1.3.6.1.4.1.9 node -", "expected", 0},
    {"IMPORTS with a ; each", "A-MIB DEFINITIONS ::= BEGIN IMPORTS enterprises FROM SNMPv2-SMI; DisplayString FROM SNMPv2-TC;\na OBJECT IDENTIFIER ::= { enterprises 9 } END", 0,
     "a 1.3.6.1.4.1.9 node -", "expected module-missing", 1},
    {"nothing imported", "A-MIB DEFINITIONS ::= BEGIN a OBJECT IDENTIFIER ::= { enterprises 9 } END", 0, "a 1.3.6.1.4.1.9 node -", NULL, 0},
    {"underscores", HEAD OBJECT("x_y", "INTEGER", "1") "END", 0, "x_y 1.3.6.1.4.1.9.1 scalar INTEGER", "underscore", 0},
    {"capital name", HEAD OBJECT("Xy", "INTEGER", "1") "END", 0, "Xy 1.3.6.1.4.1.9.1 scalar INTEGER", NULL, 0},
    {"hyphen at the end", HEAD OBJECT("xy-", "INTEGER", "1") "END", 0, "xy- 1.3.6.1.4.1.9.1 scalar INTEGER", NULL, 0},
    {"digit first", HEAD OBJECT("3com", "INTEGER", "1") "END", 0, "3com 1.3.6.1.4.1.9.1 scalar INTEGER", "name-style", 0},
    {"no braces", HEAD "x OBJECT IDENTIFIER ::= a 4\ny OBJECT IDENTIFIER ::= { x 1 } END", 0, "x 1.3.6.1.4.1.9.4 node -\ny 1.3.6.1.4.1.9.4.1 node -", "expected", 0},
    {"commas and dots in OIDs", HEAD "x OBJECT IDENTIFIER ::= { a, 4 }\ny OBJECT IDENTIFIER ::= { a.5 } END", 0, "x 1.3.6.1.4.1.9.4 node -\ny 1.3.6.1.4.1.9.5 node -", NULL, 0},
    {"every form of OID", HEAD "x OBJECT IDENTIFIER ::= { iso org(3) dod(6) 1 4 1 9 7 }\ny OBJECT IDENTIFIER ::= { 1 3 6 1 4 1 9 8 }\nz OBJECT IDENTIFIER ::= { a five(5) z(6) } END", 0,
     "x 1.3.6.1.4.1.9.7 node -\ny 1.3.6.1.4.1.9.8 node -\nz 1.3.6.1.4.1.9.5.6 node -", "", 0},
    {":= for ::=", HEAD "x OBJECT IDENTIFIER := { a 4 } END", 0, "x 1.3.6.1.4.1.9.4 node -", "expected", 0},
    {"-- inside a comment", HEAD "-- one -- two -- three ::= {\n------- rule -----\n---\nx OBJECT IDENTIFIER ::= { a 4 } END", 0, "x 1.3.6.1.4.1.9.4 node -", "", 0},
    {"code behind a comment", HEAD OBJECT("x", "INTEGER { one(1), -- first -- two(2) -- second -- }", "1") "END", 0, "x 1.3.6.1.4.1.9.1 scalar INTEGER one=1 two=2", "", 0},
    {"foreign comments", HEAD "// words\n/* more ::=\n words */\n#include \"x\"\nx OBJECT IDENTIFIER ::= { a 4 } END", 0, "x 1.3.6.1.4.1.9.4 node -", "odd-character", 0},
    {"text without its end", HEAD "x OBJECT-TYPE SYNTAX INTEGER MAX-ACCESS read-only STATUS current DESCRIPTION \"no end\n ::= { a 1 }\n" OBJECT("y", "INTEGER", "2") "END", 0,
     "x 1.3.6.1.4.1.9.1 scalar INTEGER\ny 1.3.6.1.4.1.9.2 scalar INTEGER", "string-not-closed", 1},
    {"quotes in a text", HEAD "x OBJECT-TYPE SYNTAX INTEGER MAX-ACCESS read-only STATUS current DESCRIPTION \"the \"best\" one\" ::= { a 1 }\n" OBJECT("y", "INTEGER", "2") "END", 0,
     "x 1.3.6.1.4.1.9.1 scalar INTEGER\ny 1.3.6.1.4.1.9.2 scalar INTEGER", "syntax", 1},
    {"typographic quotes", HEAD "x OBJECT-TYPE SYNTAX INTEGER MAX-ACCESS read-only STATUS current DESCRIPTION \xe2\x80\x9cwords\xe2\x80\x9d ::= { a 1 }\ny OBJECT-TYPE SYNTAX INTEGER MAX-ACCESS read-only STATUS current DESCRIPTION \x93words\x94 ::= { a 2 } END", 0,
     "x 1.3.6.1.4.1.9.1 scalar INTEGER\ny 1.3.6.1.4.1.9.2 scalar INTEGER", "odd-character", 0},
    {"types in the wrong case", HEAD OBJECT("x", "integer (0..5)", "1") OBJECT("y", "Octet String", "2") OBJECT("z", "INTEGER32", "3") OBJECT("w", "Ipaddress", "4") "END", 0,
     "x 1.3.6.1.4.1.9.1 scalar INTEGER 0..5\ny 1.3.6.1.4.1.9.2 scalar OCTET-STRING\nz 1.3.6.1.4.1.9.3 scalar INTEGER32\nw 1.3.6.1.4.1.9.4 scalar Ipaddress", "name-style", 0},
    {"clauses in the wrong case", HEAD "x OBJECT-TYPE Syntax INTEGER Max-Access Read-Only Status Current Description \"x\" ::= { a 1 } END", 0, "x 1.3.6.1.4.1.9.1 scalar INTEGER", "name-style", 0},
    {"kinds of access nobody knows", HEAD "x OBJECT-TYPE SYNTAX INTEGER ACCESS readonly STATUS mandatory ::= { a 1 } END", 0, "x 1.3.6.1.4.1.9.1 scalar INTEGER", "word-meant", 0},
    {"forms of ranges", HEAD OBJECT("x", "INTEGER (0-10)", "1") OBJECT("y", "OCTET STRING SIZE(0..5)", "2") OBJECT("z", "INTEGER (1...9|'ff'H)", "3") OBJECT("w", "Unsigned32 (0..18446744073709551615)", "4") "END", 0,
     "x 1.3.6.1.4.1.9.1 scalar INTEGER 0..10\ny 1.3.6.1.4.1.9.2 scalar OCTET-STRING 0..5\nz 1.3.6.1.4.1.9.3 scalar INTEGER 1..9 255..255\nw 1.3.6.1.4.1.9.4 scalar Unsigned32 0..18446744073709551615", NULL, 0},
    {"commas too many and too few", HEAD OBJECT("x", "INTEGER { one(1) two(2), three(3), }", "1") "END", 0, "x 1.3.6.1.4.1.9.1 scalar INTEGER one=1 two=2 three=3", "", 0},
    {"reserved words as names", HEAD OBJECT("x", "INTEGER { null(0), optional(1), mandatory(2), current(3) }", "1") OBJECT("current", "INTEGER", "2") "END", 0,
     "x 1.3.6.1.4.1.9.1 scalar INTEGER null=0 optional=1 mandatory=2 current=3\ncurrent 1.3.6.1.4.1.9.2 scalar INTEGER", "", 0},
    {"clauses in any order, twice, unknown", HEAD "x OBJECT-TYPE STATUS current DESCRIPTION \"x\" MAX-ACCESS read-only SYNTAX INTEGER SYNTAX OCTET STRING COLOUR red ::= { a 1 }\n" OBJECT("y", "INTEGER", "2") "END", 0,
     "x 1.3.6.1.4.1.9.1 scalar INTEGER\ny 1.3.6.1.4.1.9.2 scalar INTEGER", "clause-repeated syntax", 1},
    {"one bad definition costs one", HEAD "x OBJECT-TYPE SYNTAX ::= ??? { }\n" OBJECT("y", "INTEGER", "2") "END", 0, "y 1.3.6.1.4.1.9.2 scalar INTEGER", NULL, 1},
    {"version 1 INDEX of types", HEAD "t OBJECT-TYPE SYNTAX SEQUENCE OF E ACCESS not-accessible STATUS mandatory ::= { a 1 }\ne OBJECT-TYPE SYNTAX E ACCESS not-accessible STATUS mandatory INDEX { INTEGER, OCTET STRING } ::= { t 1 }\nE ::= SEQUENCE { c INTEGER }\nc OBJECT-TYPE SYNTAX INTEGER ACCESS read-only STATUS mandatory ::= { e 1 } END", 0,
     "t 1.3.6.1.4.1.9.1 table SEQUENCE-OF-E\ne 1.3.6.1.4.1.9.1.1 row E\nc 1.3.6.1.4.1.9.1.1.1 column INTEGER", "", 0},
    {"INDEX with the table", HEAD "t OBJECT-TYPE SYNTAX SEQUENCE OF E ACCESS not-accessible STATUS mandatory INDEX { c } ::= { a 1 }\nE ::= SEQUENCE { c INTEGER }\nc OBJECT-TYPE SYNTAX INTEGER ACCESS read-only STATUS mandatory ::= { t 1 } END", 0,
     "t 1.3.6.1.4.1.9.1 row SEQUENCE-OF-E\nc 1.3.6.1.4.1.9.1.1 column INTEGER", NULL, 0},
    {"traps by RFC 3584", HEAD "s OBJECT IDENTIFIER ::= { mib-2 11 }\nt TRAP-TYPE ENTERPRISE a ::= 7\nu TRAP-TYPE ENTERPRISE { enterprises 9 } ::= 8\nlinkUp TRAP-TYPE ENTERPRISE s ::= 3\nv TRAP-TYPE ENTERPRISE s ::= 6 END", 0,
     "t 1.3.6.1.4.1.9.0.7 notification -\nu 1.3.6.1.4.1.9.0.8 notification -\nlinkUp 1.3.6.1.6.3.1.1.5.4 notification -\nv 1.3.6.1.2.1.11.0.6 notification -", NULL, 0},
    {"same name twice", HEAD "x OBJECT IDENTIFIER ::= { a 1 }\n" OBJECT("x", "INTEGER", "1") "END", 0, "x 1.3.6.1.4.1.9.1 scalar INTEGER", "name-redefined", 0},
    {"two names for one OID", HEAD OBJECT("x", "INTEGER", "1") OBJECT("y", "INTEGER", "1") "END", 0, "x 1.3.6.1.4.1.9.1 scalar INTEGER\ny 1.3.6.1.4.1.9.1 scalar INTEGER", "oid-twice", 0},
    {"OCTECT STRING, STRING, size", HEAD OBJECT("x", "OCTECT STRING", "1") OBJECT("y", "STRING (SIZE (1..4))", "2")
     OBJECT("z", "OCTET STRING (size (1..9))", "3") "END", 0,
     "x 1.3.6.1.4.1.9.1 scalar OCTET-STRING\ny 1.3.6.1.4.1.9.2 scalar OCTET-STRING 1..4\nz 1.3.6.1.4.1.9.3 scalar OCTET-STRING 1..9", "name-style", 0},
    {"no opening quote", HEAD "x OBJECT-TYPE SYNTAX INTEGER MAX-ACCESS read-only STATUS current DESCRIPTION\n  E-mail: a@b.example\"\n"
     "REFERENCE \"y\" ::= { a 1 }\n" OBJECT("y", "INTEGER", "2") "END", 0,
     "x 1.3.6.1.4.1.9.1 scalar INTEGER\ny 1.3.6.1.4.1.9.2 scalar INTEGER", "expected", 0},
    {"ENTERPRISE with dots", HEAD "b OBJECT IDENTIFIER ::= { a 4 }\nt TRAP-TYPE ENTERPRISE a.b DESCRIPTION \"x\" ::= 7\nEND", 0,
     "t 1.3.6.1.4.1.9.4.0.7 notification -", NULL, 0},
    {"lines marked by a tool", HEAD "-- %DNP% --x OBJECT-TYPE\n-- %DNP% -- SYNTAX INTEGER MAX-ACCESS read-only STATUS obsolete\n"
     "-- %DNP% -- DESCRIPTION \"x\"\n-- %DNP% -- ::= { a 1 }\nEND", 0, "x 1.3.6.1.4.1.9.1 scalar INTEGER", "", 0},
    {"numbers and names given twice", HEAD OBJECT("x", "INTEGER { one(1), uno(1), one(2) }", "1") "END", 0, "x 1.3.6.1.4.1.9.1 scalar INTEGER", "enumeration-repeated", 0},
    {"defined by itself", HEAD "p OBJECT IDENTIFIER ::= { q 1 }\nq OBJECT IDENTIFIER ::= { p 1 }\nT ::= T\n" OBJECT("x", "INTEGER", "1") "END", 0, "x 1.3.6.1.4.1.9.1 scalar INTEGER", "defined-by-itself", 3},
    {"unknown parents, types, INDEX", HEAD "p OBJECT IDENTIFIER ::= { nowhere 1 }\n" OBJECT("x", "Nothing", "1") "e OBJECT-TYPE SYNTAX E MAX-ACCESS not-accessible STATUS current DESCRIPTION \"\" INDEX { none } ::= { a 3 }\nE ::= SEQUENCE { c INTEGER } END", 0,
     "x 1.3.6.1.4.1.9.1 scalar Nothing", "parent-unknown type-unknown index-unknown", 3},
    {"a module that is missing", "A-MIB DEFINITIONS ::= BEGIN IMPORTS foo FROM FOO-MIB enterprises FROM BAR-MIB;\na OBJECT IDENTIFIER ::= { enterprises 9 }\nb OBJECT IDENTIFIER ::= { foo 1 } END", 0, "a 1.3.6.1.4.1.9 node -", "module-missing", 2},
    {"RFC left in", HEAD "x OBJECT-TYPE SYNTAX INTEGER\n\nDoe & Roe                Standards Track             [Page 12]\n\f\nRFC 9999               Some MIB               June 2000\n\nMAX-ACCESS read-only STATUS current DESCRIPTION \"x\" ::= { a 1 } END", 0, "x 1.3.6.1.4.1.9.1 scalar INTEGER", "page-break", 0},
    {"Latin-1", HEAD "x OBJECT-TYPE SYNTAX INTEGER MAX-ACCESS read-only STATUS current DESCRIPTION \"Stra\xdf" "e \x1b[31m\" ::= { a 1 } END", 0, "x 1.3.6.1.4.1.9.1 scalar INTEGER", "", 0},
    {"HTML", "\n<!DOCTYPE html><html><body><pre>x DEFINITIONS ::= BEGIN END</pre></body></html>", 0, NULL, "not-a-module", 0},
    {"PDF", "%PDF-1.4\n%\xe2\xe3", 0, NULL, "not-a-module", 0},
    {"zip", "PK\3\4....", 0, NULL, "not-a-module", 0},
    {"UTF-16", "\xff\xfe" "A\0-\0M\0I\0B\0", 12, NULL, "not-a-module", 0},
    {"prose", "No module here.\n", 0, NULL, "not-a-module", 0},
    {"nothing", "", 0, NULL, "not-a-module", 0},
};

static char directory[] = "/tmp/lenient-XXXXXX", file[64], snapshot[64];

static struct mib *
compile(const struct lenient *c)
{
    const char *top = getenv("top_srcdir"), *from[] = {file};
    char ours[2048];
    struct mib_compile_options options = {.from = from, .n_from = 1, .ours = ours, .to = snapshot, .fresh = true};
    struct mib_compile_counts counts;
    FILE *out = fopen(file, "w");
    struct failure why;

    assert_non_null(out);
    fwrite(c->text, 1, c->size > 0 ? c->size : strlen(c->text), out);
    fclose(out);
    snprintf(ours, sizeof ours, "%s/mibs/SNMPv2-SMI.txt", top != NULL ? top : "..");
    assert_true(mib_compile(&options, &counts, &why));
    return mib_open(snapshot, &why);
}

static void
fact_of(struct mib *mib, mib_node node, char *out, size_t size)
{
    static const char *const kinds[] = {"node", "scalar", "table", "row", "column", "notification", "group", "compliance", "capabilities"};
    struct oid o = mib_oid(mib, node);
    char numeric[OID_TEXT_MAX];
    struct mib_info info;
    size_t n;

    assert_true(mib_info(mib, node, &info));
    n = (size_t)snprintf(out, size, "%s %s %s %s", info.name, oid_format(&o, numeric), kinds[info.kind],
                         info.syntax != NULL ? info.syntax->type : "-");
    for (char *p = out; info.syntax != NULL && (p = strstr(p, info.syntax->type)) != NULL && strchr(info.syntax->type, ' ') != NULL; p++)
        for (size_t i = 0; i < strlen(info.syntax->type); i++)
            if (p[i] == ' ')
                p[i] = '-';
    for (uint32_t i = 0; info.syntax != NULL && i < info.syntax->n_ranges; i++)
        n += (size_t)snprintf(out + n, size - n, syntax_is_unsigned(info.syntax->base) ? " %llu..%llu" : " %lld..%lld",
                              (unsigned long long)info.syntax->ranges[i].low, (unsigned long long)info.syntax->ranges[i].high);
    for (uint32_t i = 0; info.syntax != NULL && i < info.syntax->n_names; i++)
        n += (size_t)snprintf(out + n, size - n, " %s=%lld", info.syntax->names[i].label, (long long)info.syntax->names[i].number);
}

static bool
check_fact(struct mib *mib, const char *want, size_t n)
{
    char name[100], got[1000] = "nothing";
    size_t length = strcspn(want, " ");
    mib_node node;

    snprintf(name, sizeof name, "%.*s", (int)length, want);
    node = mib_find(mib, name);
    if (node != MIB_NONE)
        fact_of(mib, node, got, sizeof got);
    if (strncmp(got, want, n) == 0 && (got[n] == '\0' || got[n] == ' '))
        return true;
    printf("# wanted %.*s\n# got    %s\n", (int)n, want, got);
    return false;
}

static bool
check_codes(struct mib *mib, const char *codes, unsigned errors)
{
    char told[2000] = " ";
    struct mib_problem p;
    unsigned n_errors = 0, n = 0;
    bool good = true;

    for (uint32_t i = 0; mib_problem(mib, i, &p); i++) {
        if (strcmp(p.path, file) != 0)
            continue;
        n++;
        n_errors += p.severity == MIB_ERROR;
        snprintf(told + strlen(told), sizeof told - strlen(told), "%s ", p.code);
        if (p.line > 0 && (p.column == 0 || p.caret > strlen(p.excerpt)))
            good = false;
    }
    while (codes != NULL && *codes != '\0') {
        char word[60];
        size_t length = strcspn(codes, " ");

        snprintf(word, sizeof word, " %.*s ", (int)length, codes);
        good = good && strstr(told, word) != NULL;
        codes += length + (codes[length] == ' ');
    }
    if (n_errors != errors || !good)
        printf("# told:%s(%u errors)\n", told, n_errors);
    return good && n_errors == errors;
}

static void
reads_what_is_wrong(void **state)
{
    const struct lenient *c = *state;
    struct mib *mib = compile(c);
    const char *fact = c->facts;
    struct mib_problem p;
    bool good;

    assert_non_null(mib);
    good = check_codes(mib, c->codes, c->errors);
    if (c->codes != NULL && *c->codes == '\0')
        for (uint32_t i = 0; mib_problem(mib, i, &p); i++)
            if (strcmp(p.path, file) == 0) {
                printf("# told %s: %s\n", p.code, p.text);
                good = false;
            }
    while (fact != NULL && *fact != '\0') {
        size_t n = strcspn(fact, "\n");

        good = check_fact(mib, fact, n) && good;
        fact += n + (fact[n] == '\n');
    }
    mib_close(mib);
    assert_true(good);
}

int
main(void)
{
    enum { N = sizeof cases / sizeof cases[0] };
    struct CMUnitTest tests[N];
    int failed;

    if (mkdtemp(directory) == NULL)
        return 1;
    snprintf(file, sizeof file, "%s/A", directory);
    snprintf(snapshot, sizeof snapshot, "%s/snapshot", directory);
    for (size_t i = 0; i < N; i++) {
        void *state;
        const struct lenient *c = &cases[i];

        memcpy(&state, &c, sizeof state);
        tests[i] = (struct CMUnitTest){c->name, reads_what_is_wrong, NULL, NULL, state};
    }
    failed = _cmocka_run_group_tests("lenient", tests, N, NULL, NULL);
    unlink(file);
    unlink(snapshot);
    rmdir(directory);
    return failed;
}
