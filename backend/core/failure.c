/* Sentences about what went wrong: bounded, printable, made once. */
#include "api/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
make_printable(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char) *text < 0x20 || *text == 0x7f)
            *text = '?';
}

bool
failure_set(struct failure *why, enum failure_kind kind, const char *format, ...)
{
    va_list args;

    if (why == NULL)
        return false;
    why->kind = kind;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    make_printable(why->text);
    return false;
}

bool
failure_errno(struct failure *why, int error, const char *format, ...)
{
    va_list args;
    size_t n;

    if (why == NULL)
        return false;
    why->kind = FAILURE_SYSTEM;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    n = strlen(why->text);
    snprintf(why->text + n, sizeof why->text - n, ": %s", strerror(error));
    make_printable(why->text);
    return false;
}

int
failure_exit_status(const struct failure *why)
{
    switch (why->kind) {
    case FAILURE_NONE:
        return 0;
    case FAILURE_ABSENT:
        return 1;
    case FAILURE_USAGE:
        return 2;
    case FAILURE_UNREACHABLE:
    case FAILURE_REFUSED:
    case FAILURE_PROTOCOL:
        return 3;
    case FAILURE_BUSY:
    case FAILURE_LIMIT:
    case FAILURE_SYSTEM:
        return 5;
    }
    return 5;
}
