/* A mail of what the feed shows. */
#ifndef CONSOLE_FEED_DIGEST_H
#define CONSOLE_FEED_DIGEST_H

#include "console/app.h"
#include "console/feed.h"

/* Begin to compose it: of the rows held, the newest thousand. */
void feed_digest(struct app *app, const struct feed *feed);

#endif
