/* One mail as lines to read: its text, its headers and recipients, its HTML as text, or what was said with the servers. */
#ifndef CONSOLE_MAIL_PAGE_H
#define CONSOLE_MAIL_PAGE_H

#include "api/memory.h"
#include "api/outbox.h"

enum mail_page { MAIL_PAGE_TEXT, MAIL_PAGE_HEADERS, MAIL_PAGE_HTML, MAIL_PAGE_ATTEMPTS, MAIL_PAGES };

const char *mail_page_name(enum mail_page page);
/* Lines, sanitised, each with its LF; `head` gets how many of them are labels with values. */
bool mail_page_write(struct store *store, int64_t id, enum mail_page page, int64_t wall, struct buf *out, size_t *head,
                     struct failure *why);

#endif
