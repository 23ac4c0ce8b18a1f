/* The words of descriptions, for search: each word with the nodes that have it. Needs the texts and nothing of the
 * linker, so that another process can make it while the linker goes on. */
#ifndef MIB_WORDS_H
#define MIB_WORDS_H

#include "mib/snap.h"
#include "mib/vec.h"

struct words {
    struct vec words;    /* struct snap_word, in order; `text` counts from the start of the texts below */
    struct vec postings; /* octets */
    struct buf text;
};

/* The text of node i is `base` + texts[i]; 0 for none. */
void words_make(const char *base, const uint32_t *texts, uint32_t n, struct words *out);
void words_free(struct words *words);

#endif
