/* Reserved words, found by a small hash that is filled at the first question. */
#include "mib/keyword.h"

#include <string.h>

static const char *const words[KEYWORD_COUNT] = {
    [KEYWORD_ACCESS] = "ACCESS",
    [KEYWORD_AGENT_CAPABILITIES] = "AGENT-CAPABILITIES",
    [KEYWORD_APPLICATION] = "APPLICATION",
    [KEYWORD_AUGMENTS] = "AUGMENTS",
    [KEYWORD_BEGIN] = "BEGIN",
    [KEYWORD_BITS] = "BITS",
    [KEYWORD_CHOICE] = "CHOICE",
    [KEYWORD_CONTACT_INFO] = "CONTACT-INFO",
    [KEYWORD_CREATION_REQUIRES] = "CREATION-REQUIRES",
    [KEYWORD_DEFINITIONS] = "DEFINITIONS",
    [KEYWORD_DEFVAL] = "DEFVAL",
    [KEYWORD_DESCRIPTION] = "DESCRIPTION",
    [KEYWORD_DISPLAY_HINT] = "DISPLAY-HINT",
    [KEYWORD_END] = "END",
    [KEYWORD_ENTERPRISE] = "ENTERPRISE",
    [KEYWORD_EXPLICIT] = "EXPLICIT",
    [KEYWORD_EXPORTS] = "EXPORTS",
    [KEYWORD_FROM] = "FROM",
    [KEYWORD_GROUP] = "GROUP",
    [KEYWORD_IDENTIFIER] = "IDENTIFIER",
    [KEYWORD_IMPLICIT] = "IMPLICIT",
    [KEYWORD_IMPLIED] = "IMPLIED",
    [KEYWORD_IMPORTS] = "IMPORTS",
    [KEYWORD_INCLUDES] = "INCLUDES",
    [KEYWORD_INDEX] = "INDEX",
    [KEYWORD_INTEGER] = "INTEGER",
    [KEYWORD_LAST_UPDATED] = "LAST-UPDATED",
    [KEYWORD_MACRO] = "MACRO",
    [KEYWORD_MANDATORY_GROUPS] = "MANDATORY-GROUPS",
    [KEYWORD_MAX_ACCESS] = "MAX-ACCESS",
    [KEYWORD_MIN_ACCESS] = "MIN-ACCESS",
    [KEYWORD_MODULE] = "MODULE",
    [KEYWORD_MODULE_COMPLIANCE] = "MODULE-COMPLIANCE",
    [KEYWORD_MODULE_IDENTITY] = "MODULE-IDENTITY",
    [KEYWORD_NOTIFICATIONS] = "NOTIFICATIONS",
    [KEYWORD_NOTIFICATION_GROUP] = "NOTIFICATION-GROUP",
    [KEYWORD_NOTIFICATION_TYPE] = "NOTIFICATION-TYPE",
    [KEYWORD_NULL] = "NULL",
    [KEYWORD_OBJECT] = "OBJECT",
    [KEYWORD_OBJECTS] = "OBJECTS",
    [KEYWORD_OBJECT_GROUP] = "OBJECT-GROUP",
    [KEYWORD_OBJECT_IDENTITY] = "OBJECT-IDENTITY",
    [KEYWORD_OBJECT_TYPE] = "OBJECT-TYPE",
    [KEYWORD_OCTET] = "OCTET",
    [KEYWORD_OF] = "OF",
    [KEYWORD_ORGANIZATION] = "ORGANIZATION",
    [KEYWORD_PRODUCT_RELEASE] = "PRODUCT-RELEASE",
    [KEYWORD_REFERENCE] = "REFERENCE",
    [KEYWORD_REVISION] = "REVISION",
    [KEYWORD_SEQUENCE] = "SEQUENCE",
    [KEYWORD_SIZE] = "SIZE",
    [KEYWORD_STATUS] = "STATUS",
    [KEYWORD_STRING] = "STRING",
    [KEYWORD_SUPPORTS] = "SUPPORTS",
    [KEYWORD_SYNTAX] = "SYNTAX",
    [KEYWORD_TEXTUAL_CONVENTION] = "TEXTUAL-CONVENTION",
    [KEYWORD_TRAP_TYPE] = "TRAP-TYPE",
    [KEYWORD_UNITS] = "UNITS",
    [KEYWORD_UNIVERSAL] = "UNIVERSAL",
    [KEYWORD_VARIABLES] = "VARIABLES",
    [KEYWORD_VARIATION] = "VARIATION",
    [KEYWORD_WRITE_SYNTAX] = "WRITE-SYNTAX",
};

enum { SLOTS = 256, WORD_MAX = 18 };

static unsigned
slot_of(const char *word, size_t n)
{
    return ((unsigned char)word[0] * 7u + (unsigned char)word[n - 1] * 29u +
            (unsigned char)word[n / 2] * 53u + (unsigned)n * 97u) %
           SLOTS;
}

enum keyword
keyword_find(const char *word, size_t n)
{
    static unsigned char slots[SLOTS];
    static int filled;

    if (n < 2 || n > WORD_MAX || word[0] < 'A' || word[0] > 'Z')
        return KEYWORD_NONE;
    if (!filled) {
        for (unsigned k = 1; k < KEYWORD_COUNT; k++) {
            unsigned i = slot_of(words[k], strlen(words[k]));

            while (slots[i] != 0)
                i = (i + 1) % SLOTS;
            slots[i] = (unsigned char)k;
        }
        filled = 1;
    }
    for (unsigned i = slot_of(word, n); slots[i] != 0; i = (i + 1) % SLOTS)
        if (strlen(words[slots[i]]) == n && memcmp(words[slots[i]], word, n) == 0)
            return (enum keyword)slots[i];
    return KEYWORD_NONE;
}

const char *
keyword_word(enum keyword keyword)
{
    return keyword > KEYWORD_NONE && keyword < KEYWORD_COUNT ? words[keyword] : "";
}
