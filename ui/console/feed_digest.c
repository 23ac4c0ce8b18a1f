/* A mail of what the feed shows. */
#include "console/feed_digest.h"

#include "console/views.h"

#include "api/digest.h"
#include "api/memory.h"

enum { ROWS_MOST = 1000 };

struct gathering {
    struct digest *digest;
    struct mib *mib;
};

static bool
add_row(void *arg, const struct notification *n)
{
    struct gathering *g = arg;
    struct digest_names names = digest_names_of(g->mib);

    digest_add(g->digest, n, &names);
    return false;
}

/* The rows are read again, whole: the feed keeps only what it shows of them. */
void
feed_digest(struct app *app, const struct feed *feed)
{
    struct gathering g = {digest_new("in view", app->wall), app->mib};
    struct buf subject = {0}, text = {0}, html = {0}, csv = {0};
    struct failure why = {0};

    for (size_t i = feed->n > ROWS_MOST ? feed->n - ROWS_MOST : 0; i < feed->n; i++)
        if (!journal_one(app->store, feed->row[i].id, add_row, &g, &why) && why.kind != FAILURE_ABSENT)
            break;
    if (why.kind != FAILURE_NONE && why.kind != FAILURE_ABSENT) {
        app_message(app, ROLE_ERROR, "%s", why.text);
    } else {
        digest_set_ledger(g.digest, &app->ledger);
        digest_subject(g.digest, &subject);
        digest_text(g.digest, &text);
        digest_html(g.digest, &html);
        digest_csv(g.digest, &csv);
        view_compose_start(app, &(struct draft) {subject.at, text.at, html.at, csv.at, "in view",
                                                 "person, digest of what was in view"});
    }
    buf_free(&subject);
    buf_free(&text);
    buf_free(&html);
    buf_free(&csv);
    digest_free(g.digest);
}
