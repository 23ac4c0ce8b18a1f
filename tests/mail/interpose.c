/* Preloaded into trapline-mail by tests.
 *
 * TRAPLINE_ENGINE_MS: libesmtp's own timeouts become that, so that it does what it does when a server stalls (drops what
 * it holds and goes on). TRAPLINE_READABLE: the process stays readable to its own user, so that its memory can be searched. */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>

enum { OVERRIDE = 0x1000 }; /* Timeout_OVERRIDE_RFC2822_MINIMUM */

long smtp_set_timeout(void *session, int which, long value);

static void *
next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

long
smtp_set_timeout(void *session, int which, long value)
{
    long (*real)(void *, int, long) = (long (*)(void *, int, long)) next("smtp_set_timeout");
    const char *forced = getenv("TRAPLINE_ENGINE_MS");

    if (forced != NULL)
        return real(session, which | OVERRIDE, atol(forced));
    return real(session, which, value);
}

int
prctl(int option, ...)
{
    int (*real)(int, unsigned long, unsigned long, unsigned long, unsigned long) =
        (int (*)(int, unsigned long, unsigned long, unsigned long, unsigned long)) next("prctl");
    va_list args;
    unsigned long a;

    va_start(args, option);
    a = va_arg(args, unsigned long);
    va_end(args);
    if (option == PR_SET_DUMPABLE && getenv("TRAPLINE_READABLE") != NULL)
        return 0;
    return real(option, a, 0, 0, 0);
}
