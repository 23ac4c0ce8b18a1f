/* The table of all options: what a file may say, and what follows when it says nothing. */
#ifndef SETTINGS_OPTIONS_H
#define SETTINGS_OPTIONS_H

#include "api/failure.h"

#include <stddef.h>

enum section {
    SECTION_TOP, /* outside all sections */
    SECTION_PROFILE,
    SECTION_DEVICE,
    SECTION_GROUP,
    SECTION_SENDER,
    SECTION_MAIL,
    SECTION_DIGEST,
    SECTIONS,
};

enum option_type {
    OPTION_TEXT,
    OPTION_CHOICE,
    OPTION_VERSION, /* of SNMP: a choice that becomes a number */
    OPTION_NUMBER,
    OPTION_FLAG,
    OPTION_LIST,
    OPTION_PATH,    /* relative to the directory of the file that names it; ~/ is home */
    OPTION_PATHS,
    OPTION_COMMAND, /* argv */
    OPTION_PRIVATE, /* a secret in the file itself, which must then be closed to others */
};

/* What a text must look like; may replace it by its canonical form in `out`. */
enum { FORM_OUT = 1280 };
typedef bool option_form_fn(const char *text, char out[FORM_OUT], struct failure *why);

struct option {
    enum section section;
    const char *name;
    enum option_type type;
    const char *fallback;       /* as written; the items of a list with blanks between; NULL: not set */
    size_t offset;              /* of its field, in the section's struct */
    long low, high;             /* of a number; of a text: 0, and octets at most (0: 1024) */
    const char *const *choices; /* NULL at the end */
    option_form_fn *form;
    const char *help;
};

struct group_setting {
    const char *name;
    bool read_only, production;
};

extern const struct option option_table[];
extern const size_t option_count;
extern const struct section_kind {
    const char *name;
    size_t size; /* of its struct, whose first field is the name */
} section_kinds[SECTIONS];

/* What an option takes, in a few words: "true or false", "0 to 20", "starttls, tls or plain". */
void option_takes(const struct option *option, char *out, size_t size);
const struct option *option_find(enum section section, const char *name, size_t n);
static inline bool
option_is_list(const struct option *option)
{
    return option->type == OPTION_LIST || option->type == OPTION_PATHS || option->type == OPTION_COMMAND;
}

option_form_fn form_listen, form_network, form_numeric, form_mail_address, form_recipient, form_engine_id, form_at, form_time_zone, form_auth, form_priv,
    form_store, form_server, form_pin, form_fingerprint;

#endif
