/* The store: changes and the outbox. */
#include "fake-parts.h"

#include "api/changes.h"
#include "api/memory.h"
#include "api/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t fake_version = 1;

enum { CHANGES_KEPT = 50, MAILS_KEPT = 20 };

struct store {
    int64_t version;
};

static struct { struct change change; struct varbind *was, *set, *back; } changed[CHANGES_KEPT];
static int n_changed;
static struct { char to[200], subject[200], *text; enum mail_state state; const char *words; } sent[MAILS_KEPT];
static int n_sent;

struct store *
store_open(const char *url, enum store_mode mode, struct failure *why)
{
    (void) url, (void) mode;
    if (fake_store_refuses != NULL)
        return failure_set(why, FAILURE_USAGE, "%s", fake_store_refuses), NULL;
    return memory_zero(1, sizeof(struct store));
}

void
store_close(struct store *store)
{
    free(store);
}

int64_t
store_data_version(struct store *store)
{
    (void) store;
    return fake_version;
}

static bool
busy(struct failure *why)
{
    return fake_busy > 0 && fake_busy-- > 0 && !failure_set(why, FAILURE_BUSY, "the store is locked");
}

bool
changes_add(struct store *store, const struct change *change, int64_t *id, struct failure *why)
{
    struct varbind was = {change->name, change->old_value}, set = {change->name, change->new_value},
                   back = {change->name, change->read_back};

    (void) store;
    if (busy(why))
        return false;
    if (n_changed == CHANGES_KEPT)
        return failure_set(why, FAILURE_LIMIT, "full");
    changed[n_changed].change = *change;
    changed[n_changed].change.who = "ana";
    changed[n_changed].change.at = FAKE_EPOCH;
    changed[n_changed].change.device = memory_text(change->device);
    changed[n_changed].change.words = memory_text(change->words);
    changed[n_changed].was = varbind_copy(&was);
    changed[n_changed].set = varbind_copy(&set);
    changed[n_changed].back = varbind_copy(&back);
    changed[n_changed].change.old_value = changed[n_changed].was->value;
    changed[n_changed].change.new_value = changed[n_changed].set->value;
    changed[n_changed].change.read_back = changed[n_changed].back->value;
    *id = changed[n_changed].change.id = n_changed + 1;
    n_changed++;
    fake_version++;
    return true;
}

bool
changes_before(struct store *store, int64_t before, size_t limit, change_row_fn *fn, void *arg, struct failure *why)
{
    (void) store, (void) before, (void) why;
    for (int i = n_changed; i-- > 0 && limit-- > 0;)
        if (!fn(arg, &changed[i].change))
            break;
    return true;
}

const char *
mail_state_word(enum mail_state state)
{
    static const char *const words[] = {"waiting", "held", "sending", "sent", "partly", "unknown", "dead", "cancelled"};
    return words[state];
}

bool
outbox_add(struct store *store, const struct mail *mail, int64_t *id, struct failure *why)
{
    (void) store;
    if (busy(why))
        return false;
    if (mail->n_recipients == 0 || strchr(mail->recipients[0].address, '@') == NULL)
        return failure_set(why, FAILURE_USAGE, "\"%s\" is no mail address", mail->n_recipients > 0 ? mail->recipients[0].address : "");
    if (n_sent == MAILS_KEPT)
        return failure_set(why, FAILURE_LIMIT, "full");
    snprintf(sent[n_sent].to, sizeof sent->to, "%s", mail->recipients[0].address);
    snprintf(sent[n_sent].subject, sizeof sent->subject, "%s", mail->subject);
    sent[n_sent].text = memory_text(mail->text);
    sent[n_sent].state = n_sent == 0 ? MAIL_DEAD : MAIL_WAITING;
    sent[n_sent].words = n_sent == 0 ? "550 5.1.1 user unknown" : "";
    *id = ++n_sent;
    fake_version++;
    return true;
}

static bool
give_mail(int i, bool whole, mail_row_fn *fn, void *arg)
{
    struct mail_recipient r = {.address = sent[i].to, .state = sent[i].state, .code = i == 0 ? 550 : 0,
                               .enhanced = i == 0 ? "5.1.1" : "", .words = i == 0 ? "user unknown" : ""};
    static const char html[] = "<html><head><style>p { color: red }</style></head><body><p>A &amp; B</p><table><tr><td>x</td>"
                               "<td>y</td></tr></table><script>bad()</script>end</body></html>";
    struct mail m = {.id = i + 1, .html = whole && i == 0 ? html : NULL, .created = FAKE_EPOCH, .due = FAKE_EPOCH, .state = sent[i].state, .cause = "person",
                     .from = "trapline <noc@example.net>", .subject = sent[i].subject, .text = whole ? sent[i].text : NULL,
                     .message_id = "<1.fake@example.net>", .recipients = &r, .n_recipients = 1, .attempts = i == 0,
                     .words = sent[i].words};

    return fn(arg, &m);
}

bool
outbox_list(struct store *store, size_t limit, mail_row_fn *fn, void *arg, struct failure *why)
{
    (void) store, (void) why;
    for (int i = n_sent; i-- > 0 && limit-- > 0;)
        if (!give_mail(i, false, fn, arg))
            break;
    return true;
}

bool
outbox_one(struct store *store, int64_t id, mail_row_fn *fn, void *arg, struct failure *why)
{
    (void) store, (void) why;
    give_mail((int) id - 1, true, fn, arg);
    return true;
}

bool
outbox_counts(struct store *store, struct outbox_counts *out, struct failure *why)
{
    (void) store, (void) why;
    memset(out, 0, sizeof *out);
    for (int i = 0; i < n_sent; i++) {
        out->waiting += sent[i].state == MAIL_WAITING;
        out->held += sent[i].state == MAIL_HELD;
        out->dead += sent[i].state == MAIL_DEAD;
    }
    return true;
}

static bool
set_state(int64_t id, enum mail_state state)
{
    sent[id - 1].state = state;
    fake_version++;
    return true;
}

bool
outbox_hold(struct store *store, int64_t id, struct failure *why)
{
    (void) store, (void) why;
    return set_state(id, MAIL_HELD);
}

bool
outbox_retry(struct store *store, int64_t id, struct failure *why)
{
    (void) store, (void) why;
    return set_state(id, MAIL_WAITING);
}

bool
outbox_cancel(struct store *store, int64_t id, struct failure *why)
{
    (void) store, (void) why;
    return set_state(id, MAIL_CANCELLED);
}

bool
outbox_readdress(struct store *store, int64_t id, const char *old_address, const char *new_address, struct failure *why)
{
    (void) store;
    if (strcmp(sent[id - 1].to, old_address) != 0)
        return failure_set(why, FAILURE_ABSENT, "mail %d does not go to %s", (int) id, old_address);
    snprintf(sent[id - 1].to, sizeof sent->to, "%s", new_address);
    return set_state(id, MAIL_WAITING);
}

bool
outbox_attempts(struct store *store, int64_t id, mail_attempt_fn *fn, void *arg, struct failure *why)
{
    struct mail_attempt a = {.started = FAKE_EPOCH, .ended = FAKE_EPOCH, .relay = "relay", .cause = "none", .protection = "TLSv1.3",
                             .words = "done", .talk = "> EHLO noc\n< 250 smtp.example.net\n> AUTH PLAIN ********\n"
                             "< 235 2.7.0 ok\n> RCPT TO:<noc@example.net>\n< 550 5.1.1 user unknown\n"};

    (void) store, (void) why;
    return id != 1 || (fn(arg, &a), true);
}

const char *
mail_code_words(int code, const char *enhanced)
{
    return code == 550 && strcmp(enhanced, "5.1.1") == 0 ? "the mailbox does not exist" : "";
}
