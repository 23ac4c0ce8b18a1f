/* Notifications as people read them: one line each for the feed, and a digest of several for a mail. */
#ifndef CONSOLE_DIGEST_H
#define CONSOLE_DIGEST_H

#include "api/journal.h"
#include "api/memory.h"
#include "api/mib.h"

struct digest_row {
    int64_t id, received;
    enum severity severity;
    bool inform;
    char *device, *name, *says; /* printable */
};

/* The texts are the row's; free them. `mib` may be NULL. */
void digest_row_make(struct digest_row *row, struct mib *mib, const struct notification *notification);

struct digest_text {
    char subject[160];
    struct buf text, html;
};
/* Worst first, then the newest; the ledger at the end. Bounded: what is over is counted. */
void digest_write(struct digest_text *out, const struct digest_row *const *rows, size_t n, const struct ledger *ledger,
                  int64_t now);
void digest_text_free(struct digest_text *text);

#endif
