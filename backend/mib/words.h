/* The words of descriptions, for search: each word with the nodes that have it. They are read unit by unit and know
 * nothing of the linker, so that another process can do it while the linker goes on. */
#ifndef MIB_WORDS_H
#define MIB_WORDS_H

#include "mib/snap.h"
#include "mib/unit.h"
#include "mib/vec.h"

struct words {
    struct vec words;    /* struct snap_word, in order; `text` counts from the start of the texts below */
    struct vec postings; /* octets */
    struct buf text;
};

struct words_reading;

struct words_reading *words_start(uint32_t n_texts); /* so many at most */
/* The descriptions of a unit that lies at `at` in the snapshot. */
void words_read(struct words_reading *reading, const struct unit *unit, uint32_t at);
/* texts[i]: where the text of node i is in the snapshot; 0 for none. */
void words_finish(struct words_reading *reading, const uint32_t *texts, uint32_t n, struct words *out);
void words_end(struct words_reading *reading); /* NULL is fine */
void words_free(struct words *words);

#endif
