/* Mail put in, listed and shown. What changes it later is outbox_queue.c (the dispatcher) and outbox_person.c. */
#include "store/outbox.h"

#include "api/loop.h"
#include "core/address.h"
#include "core/memory.h"
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const char what[] = "the outbox";
static const int64_t lifetime = LOOP_S(3 * 86400);

static bool
check_attachments(const struct mail *mail, struct failure *why)
{
    size_t total = 0;

    if (mail->n_attachments > MAIL_ATTACHMENTS_MAX)
        return failure_set(why, FAILURE_USAGE, "a mail has at most %d attachments", MAIL_ATTACHMENTS_MAX);
    for (size_t i = 0; i < mail->n_attachments; i++) {
        const struct mail_attachment *a = &mail->attachments[i];

        if (!address_check_line("an attachment's name", a->name, why) ||
            !address_check_line("an attachment's type", a->type, why))
            return false;
        total += a->n;
        if (a->n > MAIL_BODY_MAX || total > MAIL_BODY_MAX)
            return failure_set(why, FAILURE_LIMIT, "the attachments have more than %d MiB; send less or a part",
                               MAIL_BODY_MAX >> 20);
    }
    return true;
}

static bool
check(const struct mail *mail, struct failure *why)
{
    char name[ADDRESS_HEADER_MAX + 1], address[ADDRESS_MAX + 1];

    if (mail->n_recipients == 0)
        return failure_set(why, FAILURE_USAGE, "a mail needs a recipient");
    if (mail->n_recipients > MAIL_RECIPIENTS_MAX)
        return failure_set(why, FAILURE_USAGE, "a mail has at most %d recipients", MAIL_RECIPIENTS_MAX);
    for (size_t i = 0; i < mail->n_recipients; i++) {
        const char *to = mail->recipients[i].address;

        if (!address_check_sendable(to, why))
            return false;
        for (size_t k = 0; k < i; k++)
            if (strcmp(mail->recipients[k].address, to) == 0)
                return failure_set(why, FAILURE_USAGE, "%s is there twice", to);
    }
    if (mail->from != NULL && mail->from[0] != '\0' &&
        (!address_split(mail->from, name, sizeof name, address, sizeof address, why) ||
         !address_check_sendable(address, why)))
        return false;
    if (mail->subject == NULL || !address_check_line("the subject", mail->subject, why))
        return mail->subject != NULL ? false : failure_set(why, FAILURE_USAGE, "a mail needs a subject");
    if ((mail->text != NULL && strlen(mail->text) > MAIL_BODY_MAX) ||
        (mail->html != NULL && strlen(mail->html) > MAIL_BODY_MAX))
        return failure_set(why, FAILURE_LIMIT, "the text is larger than %d MiB", MAIL_BODY_MAX >> 20);
    if (mail->message_id != NULL && !address_check_line("the Message-ID", mail->message_id, why))
        return false;
    return check_attachments(mail, why);
}

/* "<random.store@host>": the store's UUID keeps the ids of two stores apart. */
static void
make_message_id(const struct store *store, char *out, size_t size)
{
    unsigned char random[12];
    char hex[2 * sizeof random + 1];

    if (getrandom(random, sizeof random, 0) != (ssize_t) sizeof random)
        abort();
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(hex + 2 * i, 3, "%02x", random[i]);
    snprintf(out, size, "<%s.%s@trapline>", hex, store_uuid(store));
}

static bool
insert_row(struct store *store, const struct mail *mail, int64_t *id, struct failure *why)
{
    sqlite3_stmt *insert = db_prepare(store, "INSERT INTO mail(created, due, expires, state, relay, cause, sender,"
                                      " subject, text, html, message_id) VALUES(?,?,?,?,?,?,?,?,?,?,?)", why);
    int64_t now = loop_wall();
    char made[128];
    bool done;

    if (insert == NULL)
        return false;
    make_message_id(store, made, sizeof made);
    sqlite3_bind_int64(insert, 1, now);
    sqlite3_bind_int64(insert, 2, mail->due > 0 ? mail->due : now);
    sqlite3_bind_int64(insert, 3, mail->expires > 0 ? mail->expires : now + lifetime);
    sqlite3_bind_int(insert, 4, mail->state == MAIL_HELD ? MAIL_HELD : MAIL_WAITING);
    db_bind_text(insert, 5, mail->relay != NULL ? mail->relay : "");
    db_bind_text(insert, 6, mail->cause != NULL ? mail->cause : "");
    db_bind_text(insert, 7, mail->from != NULL ? mail->from : "");
    db_bind_text(insert, 8, mail->subject);
    db_bind_text(insert, 9, mail->text);
    db_bind_text(insert, 10, mail->html);
    db_bind_text(insert, 11, mail->message_id != NULL ? mail->message_id : made);
    done = db_done(store, insert, what, why);
    sqlite3_clear_bindings(insert);
    if (done)
        *id = sqlite3_last_insert_rowid(store->db);
    return done;
}

static bool
insert_parts(struct store *store, const struct mail *mail, int64_t id, struct failure *why)
{
    for (size_t i = 0; i < mail->n_recipients; i++) {
        sqlite3_stmt *insert = db_prepare(store, "INSERT INTO mail_recipient(mail, position, address, state)"
                                          " VALUES(?,?,?,0)", why);

        if (insert == NULL)
            return false;
        sqlite3_bind_int64(insert, 1, id);
        sqlite3_bind_int64(insert, 2, (int64_t) i);
        db_bind_text(insert, 3, mail->recipients[i].address);
        if (!db_done(store, insert, what, why))
            return false;
    }
    for (size_t i = 0; i < mail->n_attachments; i++) {
        const struct mail_attachment *a = &mail->attachments[i];
        sqlite3_stmt *insert = db_prepare(store, "INSERT INTO mail_attachment(mail, position, name, type, octets)"
                                          " VALUES(?,?,?,?,?)", why);

        if (insert == NULL)
            return false;
        sqlite3_bind_int64(insert, 1, id);
        sqlite3_bind_int64(insert, 2, (int64_t) i);
        db_bind_text(insert, 3, a->name);
        db_bind_text(insert, 4, a->type);
        db_bind_blob(insert, 5, a->n > 0 ? (const void *) a->octets : "", a->n);
        if (!db_done(store, insert, what, why))
            return false;
    }
    return true;
}

bool
outbox_insert(struct store *store, const struct mail *mail, int64_t *id, struct failure *why)
{
    return check(mail, why) && insert_row(store, mail, id, why) && insert_parts(store, mail, *id, why);
}

bool
outbox_add(struct store *store, const struct mail *mail, int64_t *id, struct failure *why)
{
    int64_t made = 0;

    if (!check(mail, why) || !db_begin(store, why))
        return false;
    if (!outbox_insert(store, mail, &made, why)) {
        db_rollback(store);
        return false;
    }
    if (!db_commit(store, why))
        return false;
    if (id != NULL)
        *id = made;
    return true;
}

/* ---- reading ---- */

struct reading {
    struct store *store;
    struct arena *arena;
    struct mail mail;
};

static const char *
keep(struct reading *r, sqlite3_stmt *select, int column)
{
    const char *text = db_text(select, column);

    return text == NULL ? NULL : arena_text(r->arena, text, strlen(text));
}

static bool
read_recipients(struct reading *r, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(r->store, "SELECT address, state, code, enhanced, words, attempts FROM"
                                      " mail_recipient WHERE mail=? ORDER BY position", why);
    struct mail_recipient *list = arena_alloc(r->arena, MAIL_RECIPIENTS_MAX * sizeof *list);
    bool row;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, r->mail.id);
    r->mail.recipients = list;
    for (r->mail.n_recipients = 0;; r->mail.n_recipients++) {
        struct mail_recipient *to = &list[r->mail.n_recipients];

        if (!db_row(r->store, select, what, &row, why))
            return false;
        if (!row || r->mail.n_recipients == MAIL_RECIPIENTS_MAX)
            break;
        to->address = keep(r, select, 0);
        to->state = (enum mail_state) sqlite3_column_int(select, 1);
        to->code = sqlite3_column_int(select, 2);
        to->enhanced = keep(r, select, 3);
        to->words = keep(r, select, 4);
        to->attempts = sqlite3_column_int(select, 5);
    }
    sqlite3_reset(select);
    return true;
}

static bool
read_attachments(struct reading *r, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(r->store, "SELECT name, type, octets FROM mail_attachment WHERE mail=?"
                                      " ORDER BY position", why);
    struct mail_attachment *list = arena_alloc(r->arena, MAIL_ATTACHMENTS_MAX * sizeof *list);
    bool row;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, r->mail.id);
    r->mail.attachments = list;
    for (r->mail.n_attachments = 0;; r->mail.n_attachments++) {
        struct mail_attachment *a = &list[r->mail.n_attachments];
        const uint8_t *octets;

        if (!db_row(r->store, select, what, &row, why))
            return false;
        if (!row || r->mail.n_attachments == MAIL_ATTACHMENTS_MAX)
            break;
        a->name = keep(r, select, 0);
        a->type = keep(r, select, 1);
        octets = db_blob(select, 2, &a->n);
        a->octets = (const uint8_t *) arena_text(r->arena, (const char *) octets, a->n);
    }
    sqlite3_reset(select);
    return true;
}

static void
read_mail(struct reading *r, sqlite3_stmt *select, bool bodies)
{
    struct mail *m = &r->mail;

    memset(m, 0, sizeof *m);
    m->id = sqlite3_column_int64(select, 0);
    m->created = sqlite3_column_int64(select, 1);
    m->due = sqlite3_column_int64(select, 2);
    m->expires = sqlite3_column_int64(select, 3);
    m->state = (enum mail_state) sqlite3_column_int(select, 4);
    m->relay = keep(r, select, 5);
    m->cause = keep(r, select, 6);
    m->from = keep(r, select, 7);
    m->subject = keep(r, select, 8);
    m->message_id = keep(r, select, 9);
    m->attempts = sqlite3_column_int(select, 10);
    m->words = keep(r, select, 11);
    if (bodies) {
        m->text = keep(r, select, 12);
        m->html = keep(r, select, 13);
    }
}

#define COLUMNS "id, created, due, expires, state, relay, cause, sender, subject, message_id, attempts, words"

bool
outbox_list(struct store *store, size_t limit, mail_row_fn *fn, void *arg, struct failure *why)
{
    sqlite3_stmt *select =
        db_prepare(store, "SELECT " COLUMNS " FROM mail ORDER BY id DESC LIMIT ?", why);
    bool row = true, ok = true, go = true;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, (int64_t) limit);
    while (ok && go) {
        struct reading r = { .store = store };

        ok = db_row(store, select, what, &row, why);
        if (!ok || !row)
            break;
        r.arena = arena_new();
        read_mail(&r, select, false);
        ok = read_recipients(&r, why);
        go = ok && fn(arg, &r.mail);
        arena_free(r.arena);
    }
    sqlite3_reset(select);
    return ok;
}

bool
outbox_one(struct store *store, int64_t id, mail_row_fn *fn, void *arg, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT " COLUMNS ", text, html FROM mail WHERE id=?", why);
    struct reading r = { .store = store };
    bool row, ok;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, id);
    if (!db_row(store, select, what, &row, why))
        return false;
    if (!row)
        return failure_set(why, FAILURE_ABSENT, "there is no mail %lld in the outbox", (long long) id);
    r.arena = arena_new();
    read_mail(&r, select, true);
    sqlite3_reset(select);
    ok = read_recipients(&r, why) && read_attachments(&r, why);
    if (ok)
        fn(arg, &r.mail);
    arena_free(r.arena);
    return ok;
}

bool
outbox_attempts(struct store *store, int64_t id, mail_attempt_fn *fn, void *arg, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT started, ended, relay, cause, protection, words, talk FROM"
                                      " mail_attempt WHERE mail=? ORDER BY id DESC", why);
    bool row;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, id);
    for (;;) {
        struct mail_attempt a;

        if (!db_row(store, select, what, &row, why))
            return false;
        if (!row)
            return true;
        a.started = sqlite3_column_int64(select, 0);
        a.ended = sqlite3_column_int64(select, 1);
        a.relay = db_text_or(select, 2, "");
        a.cause = db_text_or(select, 3, "");
        a.protection = db_text_or(select, 4, "");
        a.words = db_text_or(select, 5, "");
        a.talk = db_text_or(select, 6, "");
        if (!fn(arg, &a)) {
            sqlite3_reset(select);
            return true;
        }
    }
}
