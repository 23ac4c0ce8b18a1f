/* What is wrong with a MIB file: a stable code, a severity, a place, and a sentence. */
#ifndef MIB_DIAG_H
#define MIB_DIAG_H

#include "mib/vec.h"

#include <stdbool.h>
#include <stdint.h>

enum diag_severity { DIAG_NOTE, DIAG_WARNING, DIAG_ERROR };

/* The codes' order may change; their words (diag_code_word) are what people may rely on. */
enum diag_code {
    DIAG_NOT_A_MODULE,
    DIAG_FILE_LIMIT,
    DIAG_FILE_READ,
    DIAG_CHARACTER,
    DIAG_STRING_OPEN,
    DIAG_NUMBER,
    DIAG_NAME_STYLE,
    DIAG_UNDERSCORE,
    DIAG_PAGE_BREAK,
    DIAG_SYNTAX,
    DIAG_EXPECTED,
    DIAG_CLAUSE_UNKNOWN,
    DIAG_CLAUSE_MISPLACED,
    DIAG_CLAUSE_REPEATED,
    DIAG_CLAUSE_MISSING,
    DIAG_WORD_UNKNOWN,
    DIAG_WORD_MEANT,
    DIAG_END_MISSING,
    DIAG_NESTING,
    DIAG_LIMIT,
    DIAG_ENUM_REPEATED,
    DIAG_RANGE,
    DIAG_REDEFINED,
    DIAG_IMPORT_MODULE,
    DIAG_IMPORT_MODULE_NAME,
    DIAG_IMPORT_SYMBOL,
    DIAG_IMPORT_MISSING,
    DIAG_PARENT,
    DIAG_TYPE_UNKNOWN,
    DIAG_CYCLE,
    DIAG_OID_DUPLICATE,
    DIAG_OID_RANGE,
    DIAG_INDEX_UNKNOWN,
    DIAG_INDEX_MISSING,
    DIAG_REFERENCE_UNKNOWN,
    DIAG_MODULE_TWICE,
    DIAG_IDENTITY,
    DIAG_CODE_COUNT
};

struct diag {
    enum diag_code code;
    enum diag_severity severity;
    uint32_t line, column; /* from 1; column 0 until the excerpt was made */
    uint32_t offset;       /* octets into the file */
    uint32_t caret;        /* place in the excerpt */
    char *text;            /* owned by the list's arena */
    char *excerpt;         /* the line, printable; NULL until made */
    char *expected;        /* what would have been right, or NULL */
};

enum { DIAG_PER_FILE = 400 };

struct diag_list {
    struct vec all; /* struct diag */
    struct arena *arena;
    uint32_t errors, warnings, notes; /* counted also when over the limit */
};

void diag_list_start(struct diag_list *list);
void diag_list_free(struct diag_list *list);
void diag_add(struct diag_list *list, enum diag_code code, uint32_t line, uint32_t offset,
              const char *expected, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* Forget what was said of places behind `offset`: they are read again. */
void diag_drop_behind(struct diag_list *list, uint32_t offset);
/* The line around each place, from the file's text. */
void diag_excerpts(struct diag_list *list, const char *text, size_t n);
const char *diag_code_word(enum diag_code code);
enum diag_severity diag_code_severity(enum diag_code code);

#endif
