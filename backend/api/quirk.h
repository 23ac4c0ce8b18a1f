/* Quirk profiles: what was learnt about a device by asking it, kept from run to run, shown, and editable.
 *
 * As text, words in any order: "varbinds=50 octets=1472 window=16 no-bulk back slow serial"; a "!" behind a word
 * says that a person wrote it: then nothing that is learnt changes it. */
#ifndef API_QUIRK_H
#define API_QUIRK_H

#include "failure.h"

#include <stddef.h>
#include <stdint.h>

enum quirk {
    QUIRK_VARBINDS, /* most varbinds it puts into an answer, whatever is asked; 0: no limit seen */
    QUIRK_OCTETS,   /* the largest answer that came through */
    QUIRK_WINDOW,   /* requests it takes at once */
    QUIRK_NO_BULK,  /* GETBULK fails or is not answered: GETNEXT is used */
    QUIRK_BACK,     /* OIDs did not increase */
    QUIRK_SLOW,     /* half a second and more for an answer */
    QUIRK_SERIAL,   /* answers one request after the other */
    QUIRKS,
};

struct quirks {
    int32_t value[QUIRKS]; /* 0: not so, or not known; flags are 1 */
    bool edited[QUIRKS];
};

enum { QUIRK_TEXT_MAX = 200 };

/* The profiles of all devices: a file of lines "ADDRESS<tab>PROFILE" in the state directory, by the address that the
 * device was opened with. Programs that write at once lose nothing: saving reads anew what others wrote. */
struct quirk_book;
struct quirk_book *quirk_book_open(const char *state_directory); /* never fails: what cannot be read is not known */
void quirk_book_free(struct quirk_book *book); /* NULL is fine; does not save */
bool quirk_book_find(const struct quirk_book *book, const char *address, struct quirks *out);
/* NULL quirks: forget it. */
void quirk_book_put(struct quirk_book *book, const char *address, const struct quirks *quirks);
bool quirk_book_save(struct quirk_book *book, struct failure *why);
size_t quirk_book_count(const struct quirk_book *book);
const char *quirk_book_at(const struct quirk_book *book, size_t i, struct quirks *out); /* its address; in order */

/* "" when nothing is known. Returns `text`. */
char *quirk_format(const struct quirks *quirks, char text[QUIRK_TEXT_MAX]);
bool quirk_parse(const char *text, struct quirks *out, struct failure *why);
/* Is this word about that quirk? */
bool quirk_names(const char *word, enum quirk quirk);

#endif
