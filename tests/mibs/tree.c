/* The facts of a module as net-snmp's parser understands them, one definition a line: an oracle for our modules.
 * Usage: tree DIRECTORY MODULE (or ALL) */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

static void
print_text(const char *key, const char *text)
{
    if (!text)
        return;
    printf(" %s=\"", key);
    bool gap = false;
    text += strspn(text, " \t\r\n");
    for (; *text; text++) {
        if (strchr(" \t\r\n", *text)) {
            gap = true;
            continue;
        }
        if (gap)
            putchar(' ');
        gap = false;
        putchar(*text);
    }
    putchar('"');
}

static void
print_lists(const struct tree *t)
{
    for (const struct enum_list *e = t->enums; e; e = e->next)
        printf(" enum=%s(%d)", e->label, e->value);
    for (const struct range_list *r = t->ranges; r; r = r->next)
        printf(" range=%d..%d", r->low, r->high);
    for (const struct index_list *i = t->indexes; i; i = i->next)
        printf(" index=%s%s", i->isimplied ? "IMPLIED:" : "", i->ilabel);
    print_text("augments", t->augments);
    for (const struct varbind_list *v = t->varbinds; v; v = v->next)
        printf(" object=%s", v->vblabel);
}

static void
print_node(const struct tree *t, int module, oid *name, size_t depth)
{
    bool here = module < 0;
    for (int i = 0; i < t->number_modules; i++)
        here = here || t->module_list[i] == module;
    name[depth] = t->subid;
    if (here && depth > 0) {
        printf("%s oid=", t->label);
        for (size_t i = 0; i <= depth; i++)
            printf("%s%lu", i ? "." : "", (unsigned long)name[i]);
        const char *tc = get_tc_descriptor(t->tc_index);
        printf(" type=%d access=%d status=%d tc=%s", t->type, t->access, t->status, tc ? tc : "-");
        print_text("hint", t->hint);
        print_text("units", t->units);
        print_text("reference", t->reference);
        print_lists(t);
        putchar('\n');
    }
    if (depth + 1 < MAX_OID_LEN)
        for (const struct tree *c = t->child_list; c; c = c->next_peer)
            print_node(c, module, name, depth + 1);
}

int
main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: tree DIRECTORY MODULE\n", stderr);
        return 2;
    }
    setenv("MIBS", "", 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_SAVE_MIB_DESCRS, 1);
    snmp_disable_stderrlog();
    netsnmp_set_mib_directory(argv[1]);
    netsnmp_init_mib();
    bool all = strcmp(argv[2], "ALL") == 0;
    if (all)
        read_all_mibs();
    else if (!netsnmp_read_module(argv[2])) {
        fprintf(stderr, "tree: %s: cannot read it from %s\n", argv[2], argv[1]);
        return 1;
    }
    static oid name[MAX_OID_LEN];
    for (const struct tree *t = get_tree_head(); t; t = t->next_peer)
        print_node(t, all ? -1 : which_module(argv[2]), name, 0);
    return 0;
}
