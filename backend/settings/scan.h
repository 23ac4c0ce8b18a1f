/* A look at a settings file before libconfuse reads it: where each option stands, and what libconfuse lets pass and must
 * not: a file that ends inside a section, an option said twice, ${VAR}, unquoted text that could be a comment. */
#ifndef SETTINGS_SCAN_H
#define SETTINGS_SCAN_H

#include "settings/options.h"

struct mark {
    enum section section;
    unsigned nth;                /* section of its kind in this file, from 0 */
    const struct option *option; /* NULL: the section begins here */
    int line;
};

struct marks {
    struct mark *at;
    size_t n;
};

/* `file` stands in the sentences. marks->at is the caller's to free, in any case. */
bool scan_file(const char *file, const char *text, size_t n, struct marks *marks, struct failure *why);

#endif
