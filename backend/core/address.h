/* Mail addresses and what may stand in a header or a command: checked before anything is queued.
 *
 * The address form is the dot-atom of RFC 5321 §4.1.2: no quoted local parts, no comments. A domain of other
 * letters is allowed (it is sent as punycode); a local part of other letters needs SMTPUTF8. */
#ifndef CORE_ADDRESS_H
#define CORE_ADDRESS_H

#include "api/failure.h"

#include <stddef.h>

enum {
    ADDRESS_MAX = 254,       /* RFC 5321 §4.5.3.1.3, the path without its brackets */
    ADDRESS_LOCAL_MAX = 64,  /* §4.5.3.1.1 */
    ADDRESS_HEADER_MAX = 500 /* octets of a subject or a display name */
};

bool address_check(const char *address, struct failure *why);
/* One that we can send to and from: no letters outside ASCII before the @. */
bool address_check_sendable(const char *address, struct failure *why);
/* "Name <a@b>", "\"Name\" <a@b>" or "a@b" into its parts; both are checked. `name` may come out empty. */
bool address_split(const char *text, char *name, size_t name_size, char *address, size_t address_size,
                   struct failure *why);
/* One line of valid UTF-8 without control characters, at most ADDRESS_HEADER_MAX octets. `what` names it. */
bool address_check_line(const char *what, const char *text, struct failure *why);
/* Octets outside ASCII. */
bool address_is_ascii(const char *text);

#endif
