/* How everything in trapline says that the world did not do what was asked.
 *
 * A function that can fail returns false or NULL and fills a `struct failure`. The sentence is made where the
 * fact is known, names what and where, and says what to do; callers pass it on unchanged. */
#ifndef API_FAILURE_H
#define API_FAILURE_H

#include <stdbool.h>

enum failure_kind {
    FAILURE_NONE,
    FAILURE_USAGE,       /* what a person wrote is wrong: an argument, a setting, a value out of range */
    FAILURE_ABSENT,      /* the thing asked for is not there */
    FAILURE_UNREACHABLE, /* no answer in time */
    FAILURE_REFUSED,     /* the other side, a permission or a policy said no */
    FAILURE_PROTOCOL,    /* bytes from outside that make no sense */
    FAILURE_BUSY,        /* somebody else holds it; trying again can help */
    FAILURE_LIMIT,       /* larger, deeper or more than we take */
    FAILURE_SYSTEM,      /* the operating system or a library failed us */
};

struct failure {
    enum failure_kind kind;
    char text[480];
};

/* Fill *why (which may be NULL) and return false, so that `return failure_set(...)` reads well.
 * The text is cut, never overrun; control characters in it are replaced. */
bool failure_set(struct failure *why, enum failure_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": strerror(error)" behind the text. */
bool failure_errno(struct failure *why, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The exit status of a command that ended so: 0 none, 1 absent, 2 usage, 3 no answer or refused, 5 our own. */
int failure_exit_status(const struct failure *why);

#endif
