/* Preloaded into trapline-mail by tests.
 *
 * TRAPLINE_ENGINE_MS: libesmtp's own timeouts become that, so that it does what it does when a server stalls (drops
 * what it holds and goes on). TRAPLINE_ALTER: it sends another octet in the middle of each message. TRAPLINE_STRAY: it
 * names another recipient. TRAPLINE_READABLE: the process stays readable to its own user, so that its memory can be
 * searched. */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum { OVERRIDE = 0x1000 }; /* Timeout_OVERRIDE_RFC2822_MINIMUM */

typedef const char *message_fn(void **context, int *n, void *arg);

long smtp_set_timeout(void *session, int which, long value);
int smtp_set_messagecb(void *message, message_fn *give, void *arg);
void *smtp_add_recipient(void *message, const char *address);

static message_fn *given;

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

static const char *
altered(void **context, int *n, void *arg)
{
    const char *octets = given(context, n, arg);
    char *copy;

    if (n == NULL || *n == 0)
        return octets;
    copy = malloc((size_t) *n);
    if (copy == NULL)
        abort();
    memcpy(copy, octets, (size_t) *n);
    copy[*n / 2] = copy[*n / 2] == 'x' ? 'y' : 'x';
    return copy;
}

int
smtp_set_messagecb(void *message, message_fn *give, void *arg)
{
    int (*real)(void *, message_fn *, void *) = (int (*)(void *, message_fn *, void *)) next("smtp_set_messagecb");

    given = give;
    return real(message, getenv("TRAPLINE_ALTER") != NULL ? altered : give, arg);
}

void *
smtp_add_recipient(void *message, const char *address)
{
    void *(*real)(void *, const char *) = (void *(*)(void *, const char *)) next("smtp_add_recipient");
    const char *stray = getenv("TRAPLINE_STRAY");

    return real(message, stray != NULL ? stray : address);
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
