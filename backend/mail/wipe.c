/* While a password is about, what is freed is wiped: gsasl, and what it calls, copies a password (SASLprep, PLAIN's
 * response) and frees the copies as they are (gsasl 2.2). The program's free() takes the place of libc's for libraries
 * too, as its connect() does. Where libc has no __libc_free, and under AddressSanitizer, nothing is done. */
#include "mail/secret.h"

#include <malloc.h>
#include <stddef.h>
#include <string.h>

#ifdef HAVE___LIBC_FREE
void __libc_free(void *block);
void *__libc_realloc(void *block, size_t n);

void
free(void *block)
{
    if (secret_about && block != NULL)
        explicit_bzero(block, malloc_usable_size(block));
    __libc_free(block);
}

void *
realloc(void *block, size_t n)
{
    void *moved;

    if (!secret_about || block == NULL || n == 0)
        return __libc_realloc(block, n);
    moved = malloc(n);
    if (moved != NULL) {
        size_t old = malloc_usable_size(block);

        memcpy(moved, block, old < n ? old : n);
        free(block);
    }
    return moved;
}
#endif
