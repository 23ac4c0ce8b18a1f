/* The outbox: what is put in comes out, states follow from verdicts, leases, lifetimes, and what people do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api/loop.h"
#include "api/outbox.h"
#include "store/db.h"
#include "store/outbox.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct store *store;
static char directory[64], path[128];

static int
open_store(void **state)
{
    struct failure why = { 0 };

    (void) state;
    snprintf(directory, sizeof directory, "/tmp/trapline-outbox-XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/trapline.db", directory);
    store = store_open(path, STORE_WRITER, &why);
    if (store == NULL)
        fail_msg("%s", why.text);
    return 0;
}

static int
close_store(void **state)
{
    char name[160];

    (void) state;
    store_close(store);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, (const char *[]) { "", "-wal", "-shm" }[i]);
        unlink(name);
    }
    rmdir(directory);
    return 0;
}

static int64_t
add(const char *subject, const char *cause, size_t recipients)
{
    struct mail_recipient to[3] = { { .address = "a@x.test" }, { .address = "b@x.test" }, { .address = "c@x.test" } };
    struct mail mail = { .subject = subject, .cause = cause, .text = "text\n", .recipients = to,
                         .n_recipients = recipients };
    struct failure why = { 0 };
    int64_t id = 0;

    if (!outbox_add(store, &mail, &id, &why))
        fail_msg("%s", why.text);
    return id;
}

static size_t
claim_all(int64_t *ids, int64_t now, bool first_only)
{
    struct outbox_claim claim = { .relay = "relay", .owner = "us", .any = true, .first_only = first_only, .now = now,
                                  .lease_until = now + LOOP_S(60), .limit = 10, .octets = 1 << 20 };
    struct failure why = { 0 };
    size_t n = 0;

    if (!outbox_claim(store, &claim, ids, &n, &why))
        fail_msg("%s", why.text);
    return n;
}

static void
record(int64_t id, const struct outbox_verdict *verdicts, size_t n, int64_t due)
{
    struct outbox_result result = { .id = id, .now = loop_wall(), .due = due, .relay = "relay", .cause = "none",
                                    .protection = "TLSv1.3", .words = "done", .talk = "> QUIT\n",
                                    .verdicts = verdicts, .n_verdicts = n };
    struct failure why = { 0 };

    if (!outbox_record(store, "us", &result, &why))
        fail_msg("%s", why.text);
}

static bool
keep_state(void *arg, const struct mail *mail)
{
    *(enum mail_state *) arg = mail->state;
    return true;
}

static enum mail_state
state_of(int64_t id)
{
    enum mail_state state = MAIL_CANCELLED;
    struct failure why = { 0 };

    assert_true(outbox_one(store, id, keep_state, &state, &why));
    return state;
}

static bool
check_whole(void *arg, const struct mail *mail)
{
    assert_string_equal(mail->subject, "Grüße");
    assert_string_equal(mail->text, "text");
    assert_string_equal(mail->html, "<p>html</p>");
    assert_int_equal(mail->n_recipients, 2);
    assert_string_equal(mail->recipients[1].address, "b@x.test");
    assert_int_equal(mail->n_attachments, 1);
    assert_int_equal(mail->attachments[0].n, 3);
    assert_memory_equal(mail->attachments[0].octets, "a\0b", 3);
    assert_non_null(strstr(mail->message_id, store_uuid(store)));
    *(int *) arg += 1;
    return true;
}

static void
test_put_in(void **state)
{
    struct mail_recipient to[2] = { { .address = "a@x.test" }, { .address = "b@x.test" } };
    struct mail_attachment attachment = { "t.csv", "text/csv", (const uint8_t *) "a\0b", 3 };
    struct mail mail = { .subject = "Grüße", .text = "text", .html = "<p>html</p>", .recipients = to,
                         .n_recipients = 2, .attachments = &attachment, .n_attachments = 1, .cause = "person ana" };
    struct failure why = { 0 };
    int64_t id;
    int seen = 0;

    (void) state;
    assert_true(outbox_add(store, &mail, &id, &why));
    assert_true(outbox_one(store, id, check_whole, &seen, &why));
    assert_int_equal(seen, 1);
    assert_false(outbox_one(store, id + 1, check_whole, &seen, &why));
    assert_int_equal(why.kind, FAILURE_ABSENT);
}

static void
test_refused(void **state)
{
    static const struct {
        const char *address, *subject, *from;
    } bad[] = {
        { "a@x>\r\nRCPT TO:<evil@x", "s", NULL }, { "a@x.test", "one\r\nBcc: evil@x", NULL },
        { "a@x.test", "s", "x\ny <a@b>" },        { "a b@x.test", "s", NULL },
        { "nobody", "s", NULL },                  { "a@x.test", "\xff\xfe", NULL },
        { "\xc3\xbc@x.test", "s", NULL },         { "a@x.test", "\x1b]0;x\x07", NULL },
        { "a..b@x.test", "s", NULL },             { "a@x.test", "s", "<a@b> trailing" },
    };
    char longest[300];
    struct failure why = { 0 };

    (void) state;
    memset(longest, 'a', sizeof longest);
    memcpy(longest + 1, "@", 1);
    memcpy(longest + 250, ".test", 6); /* 255 octets */
    for (size_t i = 0; i <= sizeof bad / sizeof *bad; i++) {
        bool last = i == sizeof bad / sizeof *bad;
        struct mail_recipient to = { .address = last ? longest : bad[i].address };
        struct mail mail = { .subject = last ? "s" : bad[i].subject, .from = last ? NULL : bad[i].from,
                             .recipients = &to, .n_recipients = 1 };
        struct outbox_counts counts;

        assert_false(outbox_add(store, &mail, NULL, &why));
        assert_int_equal(why.kind, FAILURE_USAGE);
        assert_true(outbox_counts(store, &counts, &why));
        assert_int_equal(counts.waiting, 0);
    }
}

static void
test_states(void **state)
{
    static const struct {
        enum mail_state verdicts[3], whole;
    } table[] = {
        { { MAIL_SENT, MAIL_SENT, MAIL_SENT }, MAIL_SENT },
        { { MAIL_SENT, MAIL_DEAD, MAIL_SENT }, MAIL_PARTLY_SENT },
        { { MAIL_SENT, MAIL_DEAD, MAIL_WAITING }, MAIL_WAITING },
        { { MAIL_UNKNOWN, MAIL_DEAD, MAIL_WAITING }, MAIL_UNKNOWN },
        { { MAIL_DEAD, MAIL_DEAD, MAIL_DEAD }, MAIL_DEAD },
    };
    static const char *const addresses[] = { "a@x.test", "b@x.test", "c@x.test" };

    (void) state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t id = add("s", "digest now", 3), ids[10];
        struct outbox_verdict verdicts[3];

        assert_int_equal(claim_all(ids, loop_wall(), false), 1);
        assert_int_equal(ids[0], id);
        assert_int_equal(state_of(id), MAIL_SENDING);
        assert_int_equal(claim_all(ids, loop_wall(), false), 0);
        for (size_t k = 0; k < 3; k++)
            verdicts[k] = (struct outbox_verdict) { k, addresses[k], table[i].verdicts[k], true, 250, "", "words" };
        record(id, verdicts, 3, loop_wall() + LOOP_S(1000));
        assert_int_equal(state_of(id), table[i].whole);
        assert_int_equal(claim_all(ids, loop_wall(), false), 0);
    }
}

static void
test_lease(void **state)
{
    int64_t id = add("s", "digest now", 1), ids[10];
    struct outbox_verdict sent = { 0, "a@x.test", MAIL_SENT, true, 250, "2.0.0", "queued" };
    struct failure why = { 0 };

    (void) state;
    assert_int_equal(claim_all(ids, loop_wall(), false), 1);
    assert_false(outbox_hold(store, id, &why));
    assert_int_equal(why.kind, FAILURE_BUSY);
    assert_true(outbox_recover(store, "us", loop_wall(), &why));
    assert_int_equal(state_of(id), MAIL_SENDING);
    assert_true(outbox_recover(store, "the next", loop_wall(), &why));
    assert_int_equal(state_of(id), MAIL_UNKNOWN);
    record(id, &sent, 1, 0); /* too late: the lease is gone, the verdict is not believed */
    assert_int_equal(state_of(id), MAIL_UNKNOWN);
    assert_int_equal(claim_all(ids, loop_wall(), false), 1);
    record(id, &sent, 1, 0);
    assert_int_equal(state_of(id), MAIL_SENT);
}

static void
test_people(void **state)
{
    int64_t id = add("s", "person ana", 2), ids[10];
    struct outbox_verdict dead[2] = { { 0, "a@x.test", MAIL_SENT, true, 250, "", "ok" },
                                      { 1, "b@x.test", MAIL_DEAD, true, 550, "5.1.1", "no such user" } };
    struct failure why = { 0 };

    (void) state;
    assert_true(outbox_hold(store, id, &why));
    assert_int_equal(claim_all(ids, loop_wall(), false), 0);
    assert_true(outbox_retry(store, id, &why));
    assert_int_equal(claim_all(ids, loop_wall(), false), 1);
    record(id, dead, 2, 0);
    assert_int_equal(state_of(id), MAIL_PARTLY_SENT);
    assert_false(outbox_readdress(store, id, "a@x.test", "d@x.test", &why)); /* it has it */
    assert_false(outbox_readdress(store, id, "b@x.test", "b@x>\r\n", &why));
    assert_true(outbox_readdress(store, id, "b@x.test", "d@x.test", &why));
    assert_int_equal(state_of(id), MAIL_WAITING);
    assert_true(outbox_cancel(store, id, &why));
    assert_int_equal(state_of(id), MAIL_PARTLY_SENT);
    assert_false(outbox_cancel(store, id, &why));
    id = add("s", "person ana", 1);
    assert_true(outbox_cancel(store, 0, &why));
    assert_int_equal(state_of(id), MAIL_CANCELLED);
    assert_false(outbox_cancel(store, 0, &why));
    assert_int_equal(why.kind, FAILURE_ABSENT);
}

static bool
keep_words(void *arg, const struct mail *mail)
{
    snprintf(arg, 100, "%s", mail->words);
    return true;
}

static void
test_relays_gone(void **state)
{
    struct mail_recipient to = { .address = "a@x.test" };
    struct mail mail = { .subject = "s", .cause = "person ana", .recipients = &to, .n_recipients = 1, .relay = "relay" };
    struct outbox_relay relay = { .name = "relay", .failures = 1, .cause = "tls", .alarm = "tls" };
    struct outbox_counts counts;
    struct failure why = { 0 };
    char words[100];
    int64_t id;

    (void) state;
    assert_true(outbox_add(store, &mail, &id, &why));
    assert_true(outbox_relay_write(store, &relay, &why));
    assert_true(outbox_relay_keep(store, "\nrelay\nother\n", &why));
    assert_true(outbox_counts(store, &counts, &why) && counts.security);
    assert_true(outbox_one(store, id, keep_words, words, &why));
    assert_string_equal(words, "");
    assert_true(outbox_relay_keep(store, "\nrelay 2\nother\n", &why));
    assert_true(outbox_counts(store, &counts, &why) && !counts.security);
    assert_true(outbox_one(store, id, keep_words, words, &why));
    assert_string_equal(words, "no mail section is called relay any more; name one so, or cancel this");
}

static int commits;

static int
die_at_second(void *arg)
{
    (void) arg;
    if (++commits == 2)
        _exit(2);
    return 0;
}

/* Killed at its second commit, if it had one: what is waited for and the mail's own state never disagree. */
static void
test_readdress_whole(void **state)
{
    int64_t id = add("s", "person ana", 2), held = add("h", "person ana", 1), ids[10];
    struct outbox_verdict dead[2] = { { 0, "a@x.test", MAIL_DEAD, true, 550, "5.1.1", "no such user" },
                                      { 1, "b@x.test", MAIL_DEAD, true, 550, "5.1.1", "no such user" } };
    struct failure why = { 0 };
    int status;
    pid_t pid;

    (void) state;
    assert_true(outbox_hold(store, held, &why));
    assert_int_equal(claim_all(ids, loop_wall(), false), 1);
    record(id, dead, 2, 0);
    store_close(store);
    pid = fork();
    if (pid == 0) {
        store = store_open(path, STORE_WRITER, &why);
        sqlite3_commit_hook(store->db, die_at_second, NULL);
        _exit(outbox_readdress(store, id, "a@x.test", "d@x.test", &why) ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    store = store_open(path, STORE_WRITER, &why);
    assert_non_null(store);
    assert_int_equal(status, 0);
    assert_int_equal(state_of(id), MAIL_WAITING);
    assert_int_equal(claim_all(ids, loop_wall(), false), 1);
    dead[0].address = "d@x.test";
    dead[0].state = MAIL_SENT;
    record(id, dead, 1, 0);
    assert_int_equal(state_of(id), MAIL_PARTLY_SENT); /* the other dead one was not asked for */
    assert_true(outbox_readdress(store, held, "a@x.test", "e@x.test", &why));
    assert_int_equal(state_of(held), MAIL_HELD);
    assert_false(outbox_readdress(store, held, "e@x.test", "\xc3\xbc@x.test", &why));
    assert_true(outbox_readdress(store, held, "e@x.test", "e@\xc3\xbc.test", &why)); /* sent as punycode */
}

static void
test_lifetime(void **state)
{
    int64_t id = add("s", "digest now", 1);
    struct failure why = { 0 };
    size_t n;

    (void) state;
    assert_true(outbox_expire(store, loop_wall() + LOOP_S(2 * 86400), &n, &why));
    assert_int_equal(state_of(id), MAIL_WAITING);
    assert_true(outbox_expire(store, loop_wall() + LOOP_S(4 * 86400), &n, &why));
    assert_int_equal(n, 1);
    assert_int_equal(state_of(id), MAIL_DEAD);
}

static void
test_budget(void **state)
{
    int64_t first = add("1", "digest now", 1), second, third, ids[10];
    struct outbox_verdict sent = { 0, "a@x.test", MAIL_SENT, true, 250, "", "ok" };
    struct failure why = { 0 };
    char words[100];
    uint64_t n;

    (void) state;
    assert_int_equal(claim_all(ids, loop_wall(), true), 1); /* the first of its cause is never held back */
    assert_int_equal(ids[0], first);
    record(first, &sent, 1, 0);
    second = add("2", "digest now", 1);
    third = add("3", "digest lab", 1);
    assert_int_equal(claim_all(ids, loop_wall() - LOOP_S(1), true), 0); /* not due yet: nothing is said */
    assert_true(outbox_one(store, second, keep_words, words, &why));
    assert_string_equal(words, "");
    assert_true(outbox_sent_since(store, loop_wall() - LOOP_S(3600), &n, &why));
    assert_int_equal(n, 1);
    assert_int_equal(claim_all(ids, loop_wall(), true), 1);
    assert_int_equal(ids[0], third);
    assert_true(outbox_one(store, second, keep_words, words, &why));
    assert_string_equal(words, "over the budget of this hour; it goes when there is room");
    assert_int_equal(claim_all(ids, loop_wall(), false), 1);
    assert_int_equal(ids[0], second);
}

/* Two an hour for each: counted within one claim as well, over all causes; the first of a cause and a person's go. */
static void
test_budget_each(void **state)
{
    struct outbox_verdict sent[2] = { { 0, "a@x.test", MAIL_SENT, true, 250, "", "ok" },
                                      { 1, "b@x.test", MAIL_SENT, true, 250, "", "ok" } };
    struct outbox_claim claim = { .relay = "relay", .owner = "us", .any = true, .limit = 10, .octets = 1 << 20, .each = 2 };
    struct failure why = { 0 };
    int64_t one[4], lab, person, other, ids[10];
    size_t n;

    (void) state;
    for (size_t i = 0; i < 4; i++)
        one[i] = add("flood", "digest now", 1);
    lab = add("first", "digest lab", 2);
    person = add("mine", "person ana", 1);
    claim.now = loop_wall();
    claim.lease_until = claim.now + LOOP_S(60);
    assert_true(outbox_claim(store, &claim, ids, &n, &why));
    assert_int_equal(n, 4);
    assert_int_equal(ids[0], one[0]);
    assert_int_equal(ids[1], one[1]);
    assert_int_equal(ids[2], lab);
    assert_int_equal(ids[3], person);
    for (size_t i = 0; i < 4; i++)
        record(ids[i], sent, ids[i] == lab ? 2 : 1, 0);
    other = add("again", "digest lab", 2); /* b has room, a has not */
    assert_true(outbox_claim(store, &claim, ids, &n, &why));
    assert_int_equal(n, 0);
    claim.now += LOOP_S(3601);
    assert_true(outbox_claim(store, &claim, ids, &n, &why));
    assert_int_equal(n, 3); /* an hour later: two, and the first of the other cause */
    assert_int_equal(ids[0], one[2]);
    assert_int_equal(ids[1], one[3]);
    assert_int_equal(ids[2], other);
}

static void
test_bounce(void **state)
{
    int64_t id = add("s", "person ana", 2), ids[10];
    struct outbox_verdict sent[2] = { { 0, "a@x.test", MAIL_SENT, true, 250, "", "ok" },
                                      { 1, "b@x.test", MAIL_SENT, true, 250, "", "ok" } };
    struct failure why = { 0 };

    (void) state;
    claim_all(ids, loop_wall(), false);
    record(id, sent, 2, 0);
    assert_false(outbox_bounced(store, "<none@x>", 0, "a@x.test", true, "5.1.1", "no", &why));
    assert_true(outbox_bounced(store, "", id, "A@x.test", false, "4.4.1", "delayed", &why));
    assert_int_equal(state_of(id), MAIL_SENT);
    assert_true(outbox_bounced(store, "", id, "a@x.test", true, "5.1.1", "no such user", &why));
    assert_int_equal(state_of(id), MAIL_PARTLY_SENT);
    assert_true(outbox_bounced(store, "", id, "b@x.test", true, "5.1.1", "no such user", &why));
    assert_int_equal(state_of(id), MAIL_DEAD);
}

#define T(name) cmocka_unit_test_setup_teardown(test_##name, open_store, close_store)

int
main(void)
{
    const struct CMUnitTest tests[] = { T(put_in), T(refused), T(states), T(lease), T(people),
                                        T(readdress_whole), T(relays_gone), T(lifetime), T(budget),
                                        T(budget_each), T(bounce) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
