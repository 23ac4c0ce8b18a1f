/* What people do with mail in the outbox: hold, retry, cancel, another address, a bounce; and what they see of it. */
#include "store/outbox.h"

#include "api/loop.h"
#include "core/address.h"
#include "store/db.h"

#include <stdio.h>
#include <string.h>

static const char what[] = "the outbox";

const char *
mail_state_word(enum mail_state state)
{
    static const char *const words[] = {
        [MAIL_WAITING] = "waiting", [MAIL_HELD] = "held",       [MAIL_SENDING] = "sending",
        [MAIL_SENT] = "sent",       [MAIL_PARTLY_SENT] = "partly sent", [MAIL_UNKNOWN] = "unknown",
        [MAIL_DEAD] = "dead",       [MAIL_CANCELLED] = "cancelled",
    };

    return state <= MAIL_CANCELLED ? words[state] : "?";
}

/* RFC 3463 and the registry at IANA; the class (first digit) is told apart by the SMTP code. */
static const struct {
    const char *detail, *words;
} meanings[] = {
    { "1.0", "something is wrong with the address" },
    { "1.1", "the mailbox does not exist" },
    { "1.2", "the domain does not exist or takes no mail" },
    { "1.3", "the address is not written as one" },
    { "1.4", "the address is ambiguous" },
    { "1.6", "the mailbox has moved, without a forwarding address" },
    { "1.7", "the sender's address is not written as one" },
    { "1.8", "the sender's domain does not exist" },
    { "1.10", "the domain takes no mail at all (null MX)" },
    { "2.0", "something is wrong with the mailbox" },
    { "2.1", "the mailbox is disabled" },
    { "2.2", "the mailbox is full" },
    { "2.3", "the message is larger than the mailbox takes" },
    { "2.4", "the list behind the address could not be expanded" },
    { "3.0", "something is wrong with the server" },
    { "3.1", "the server's disk is full" },
    { "3.2", "the server takes no mail just now" },
    { "3.4", "the message is larger than the server takes" },
    { "4.0", "something is wrong on the way" },
    { "4.1", "no answer from the next host" },
    { "4.2", "a bad connection on the way" },
    { "4.3", "the name service failed on the way" },
    { "4.4", "the server finds no route to the domain" },
    { "4.5", "the server is too busy" },
    { "4.6", "the mail went round in circles" },
    { "4.7", "it was not delivered in time" },
    { "5.0", "the server did not understand the command" },
    { "5.1", "the command is not allowed at this point" },
    { "5.2", "the command is not written as the server wants it" },
    { "5.3", "too many recipients at once" },
    { "6.0", "something is wrong with the message's content" },
    { "7.0", "the server's policy forbids it" },
    { "7.1", "this sender may not send there, or not yet (greylisting)" },
    { "7.8", "user or password is wrong" },
    { "7.9", "this way to authenticate is too weak for the server" },
    { "7.11", "the server wants encryption for that" },
    { "7.20", "no DKIM signature passed" },
    { "7.23", "SPF says this host may not send for the sender's domain" },
    { "7.25", "the sending host has no reverse DNS entry" },
    { "7.26", "several authentication checks failed (SPF, DKIM)" },
    { "7.27", "the sender's domain takes no mail (null MX)" },
};

const char *
mail_code_words(int code, const char *enhanced)
{
    if (enhanced != NULL && strlen(enhanced) > 2 && enhanced[1] == '.')
        for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
            if (strcmp(meanings[i].detail, enhanced + 2) == 0)
                return meanings[i].words;
    switch (code) {
    case 421:
        return "the server ends the session, for now";
    case 450:
    case 550:
        return "the mailbox is not available";
    case 451:
        return "the server had an error of its own";
    case 452:
    case 552:
        return "no room left there";
    case 530:
        return "the server wants authentication or TLS first";
    case 535:
        return "user or password is wrong";
    case 553:
        return "the address is not allowed";
    default:
        return "";
    }
}

static bool
count_of(struct store *store, const char *sql, int64_t id, int64_t *n, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, sql, why);
    bool row;

    if (select == NULL)
        return false;
    sqlite3_bind_int64(select, 1, id);
    if (!db_row(store, select, what, &row, why))
        return false;
    *n = row ? sqlite3_column_int64(select, 0) : 0;
    sqlite3_reset(select);
    return true;
}

/* Refused while a worker has it: its verdict is on the way. */
static bool
check_free(struct store *store, int64_t id, struct failure *why)
{
    int64_t n;

    if (id == 0)
        return true;
    if (!count_of(store, "SELECT count(*) FROM mail WHERE id=?", id, &n, why))
        return false;
    if (n == 0)
        return failure_set(why, FAILURE_ABSENT, "there is no mail %lld in the outbox", (long long) id);
    if (!count_of(store, "SELECT count(*) FROM mail WHERE id=? AND state=2", id, &n, why))
        return false;
    return n == 0 || failure_set(why, FAILURE_BUSY, "mail %lld is being sent just now; look again in a moment",
                                 (long long) id);
}

/* The statements' parameters: 1 the id or 0 for all, 2 the time. */
static bool
run_all(struct store *store, int64_t id, const char *const *statements, int *changed, struct failure *why)
{
    *changed = 0;
    for (size_t i = 0; statements[i] != NULL; i++) {
        sqlite3_stmt *update = db_prepare(store, statements[i], why);

        if (update == NULL)
            return false;
        sqlite3_bind_int64(update, 1, id);
        sqlite3_bind_int64(update, 2, loop_wall());
        if (!db_done(store, update, what, why))
            return false;
        *changed += sqlite3_changes(store->db);
    }
    return true;
}

static bool
change(struct store *store, int64_t id, const char *const *statements, const char *verb, struct failure *why)
{
    int changed;

    if (!db_begin(store, why))
        return false;
    if (!check_free(store, id, why) || !run_all(store, id, statements, &changed, why)) {
        db_rollback(store);
        return false;
    }
    if (!db_commit(store, why))
        return false;
    if (changed == 0 && id != 0)
        return failure_set(why, FAILURE_REFUSED, "mail %lld is in no state to be %s", (long long) id, verb);
    return changed > 0 || failure_set(why, FAILURE_ABSENT, "there is no mail to be %s", verb);
}

bool
outbox_hold(struct store *store, int64_t id, struct failure *why)
{
    static const char *const statements[] = {
        "UPDATE mail SET state=1 WHERE (?1 = 0 OR id = ?1) AND state IN (0, 5) AND ?2 > 0",
        NULL,
    };

    return change(store, id, statements, "held", why);
}

/* A person says "now": no relay rests any longer. */
#define RELAYS_AWAKE "UPDATE mail_relay SET next_try=0 WHERE ?1 >= 0 AND ?2 > 0"
#define DUE_NOW "UPDATE mail SET due=?2, expires=max(expires, ?2 + 86400000000000), state="

bool
outbox_retry(struct store *store, int64_t id, struct failure *why)
{
    static const char *const statements[] = {
        /* one by name: also its dead recipients live again; all: what waits or is held */
        "UPDATE mail_recipient SET state=0 WHERE ?1 <> 0 AND mail = ?1 AND state = 6 AND ?2 > 0",
        DUE_NOW "0 WHERE (?1 = 0 AND state IN (0, 1, 5)) OR (id = ?1 AND state IN (0, 1, 4, 5, 6))",
        RELAYS_AWAKE,
        NULL,
    };

    return change(store, id, statements, "tried again", why);
}

bool
outbox_cancel(struct store *store, int64_t id, struct failure *why)
{
    static const char *const statements[] = {
        "UPDATE mail_recipient SET state=7 WHERE state IN (0, 5) AND ?2 > 0 AND mail IN (SELECT id FROM mail WHERE"
        " (?1 = 0 OR id = ?1) AND state IN (0, 1, 5))",
        "UPDATE mail SET state=CASE WHEN sent_at > 0 THEN 4 ELSE 7 END WHERE (?1 = 0 OR id = ?1) AND"
        " state IN (0, 1, 5)",
        NULL,
    };

    return change(store, id, statements, "cancelled", why);
}

static bool
replace_address(struct store *store, int64_t id, const char *old_address, const char *new_address, struct failure *why)
{
    sqlite3_stmt *update =
        db_prepare(store, "UPDATE mail_recipient SET address=?1, state=0, code=0, enhanced='', words='', attempts=0"
                   " WHERE mail=?2 AND address=?3 AND state IN (0, 5, 6) AND NOT EXISTS(SELECT 1 FROM"
                   " mail_recipient o WHERE o.mail=?2 AND o.address=?1)", why);

    if (update == NULL)
        return false;
    db_bind_text(update, 1, new_address);
    sqlite3_bind_int64(update, 2, id);
    db_bind_text(update, 3, old_address);
    if (!db_done(store, update, what, why))
        return false;
    return sqlite3_changes(store->db) > 0 ||
           failure_set(why, FAILURE_ABSENT, "mail %lld has no %s that is still without it, or has %s already",
                       (long long) id, old_address, new_address);
}

bool
outbox_readdress(struct store *store, int64_t id, const char *old_address, const char *new_address,
                 struct failure *why)
{
    static const char *const statements[] = {
        DUE_NOW "CASE state WHEN 1 THEN 1 ELSE 0 END WHERE id = ?1", /* what is held stays so */
        RELAYS_AWAKE,
        NULL,
    };
    int changed;

    if (!address_check_sendable(new_address, why) || !db_begin(store, why))
        return false;
    if (!check_free(store, id, why) || !replace_address(store, id, old_address, new_address, why) ||
        !run_all(store, id, statements, &changed, why)) {
        db_rollback(store);
        return false;
    }
    return db_commit(store, why);
}

bool
outbox_bounced(struct store *store, const char *message_id, int64_t id, const char *address, bool final,
               const char *enhanced, const char *words, struct failure *why)
{
    sqlite3_stmt *update;
    bool done = false, found;

    if (!db_begin(store, why))
        return false;
    update = db_prepare(store, "UPDATE mail_recipient SET state=CASE WHEN ?1 THEN 6 ELSE state END, enhanced=?2, words=?3"
                        " WHERE address=?4 COLLATE NOCASE AND mail IN (SELECT id FROM mail WHERE id=?5 OR"
                        " (?6 <> '' AND message_id=?6))", why);
    if (update == NULL)
        goto failed;
    sqlite3_bind_int(update, 1, final);
    db_bind_text(update, 2, enhanced);
    db_bind_text(update, 3, words);
    db_bind_text(update, 4, address);
    sqlite3_bind_int64(update, 5, id);
    db_bind_text(update, 6, message_id);
    if (!db_done(store, update, what, why))
        goto failed;
    found = sqlite3_changes(store->db) > 0;
    update = db_prepare(store, "UPDATE mail SET words=?1, state=CASE WHEN EXISTS(SELECT 1 FROM mail_recipient r WHERE"
                        " r.mail=mail.id AND r.state=3) THEN 4 ELSE 6 END WHERE (id=?2 OR (?3 <> '' AND message_id=?3))"
                        " AND ?4 AND state IN (3, 4, 6)", why);
    if (update == NULL)
        goto failed;
    db_bind_text(update, 1, words);
    sqlite3_bind_int64(update, 2, id);
    db_bind_text(update, 3, message_id);
    sqlite3_bind_int(update, 4, final && found);
    done = db_done(store, update, what, why);
    if (done && !found)
        done = failure_set(why, FAILURE_ABSENT, "the bounce for %s belongs to no mail of this outbox", address);
failed:
    if (done)
        return db_commit(store, why);
    db_rollback(store);
    return false;
}

bool
outbox_counts(struct store *store, struct outbox_counts *out, struct failure *why)
{
    sqlite3_stmt *select = db_prepare(store, "SELECT state, count(*) FROM mail GROUP BY state", why);
    bool row;
    int64_t n;

    memset(out, 0, sizeof *out);
    if (select == NULL)
        return false;
    for (;;) {
        uint64_t count;

        if (!db_row(store, select, what, &row, why))
            return false;
        if (!row)
            break;
        count = (uint64_t) sqlite3_column_int64(select, 1);
        switch ((enum mail_state) sqlite3_column_int(select, 0)) {
        case MAIL_WAITING:
            out->waiting = count;
            break;
        case MAIL_HELD:
            out->held = count;
            break;
        case MAIL_SENDING:
            out->sending = count;
            break;
        case MAIL_SENT:
            out->sent = count;
            break;
        case MAIL_UNKNOWN:
            out->unknown = count;
            break;
        case MAIL_PARTLY_SENT:
        case MAIL_DEAD:
            out->dead += count;
            break;
        case MAIL_CANCELLED:
            break;
        }
    }
    if (!count_of(store, "SELECT count(*) FROM mail_relay WHERE length(alarm) > ?", 0, &n, why))
        return false;
    out->security = n > 0;
    return true;
}
