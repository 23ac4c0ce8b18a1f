/* One run of trapline-mail: what it is given, and what its report means; and when a digest with a time is due. */
#include "collector/delivery.h"
#include "collector/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const char *const command[] = { "/usr/bin/pass", "show", "smtp" };
static const struct mail_setting relay = {
    .name = "relay", .server = "smtp.example.net", .security = "starttls", .port = 587, .user = "noc",
    .password = { .command = { command, 3 } }, .from = "trapline <noc@example.net>", .timeout_s = 60,
};
static const struct mail_recipient three[] = {
    { .address = "a@example.net", .state = MAIL_WAITING },
    { .address = "b@example.net", .state = MAIL_SENT },
    { .address = "c@example.net", .state = MAIL_UNKNOWN },
};
static const struct mail first = { .id = 7, .subject = "one", .text = "body", .message_id = "<7@x>", .cause = "digest now",
                                   .recipients = three, .n_recipients = 3, .attempts = 2 };
static const struct mail second = { .id = 9, .subject = "two", .text = "body", .message_id = "<9@x>", .cause = "person ana",
                                    .recipients = three, .n_recipients = 1 };

static struct delivery *
two_mails(void)
{
    struct delivery *d = delivery_new(&relay, "jump-host");
    struct failure why;

    assert_true(delivery_add(d, &first, &why));
    assert_true(delivery_add(d, &second, &why));
    delivery_close(d);
    return d;
}

static void
the_job_has_what_is_left_to_do(void **state)
{
    struct delivery *d = two_mails();

    (void) state;
    assert_non_null(strstr(d->job.at, "server 16\nsmtp.example.net\n"));
    assert_non_null(strstr(d->job.at, "message 1\n7\nenvelope 15\nnoc@example.net\nrecipient 13\na@example.net\n"
                                      "recipient 13\nc@example.net\nfrom 26\n"));
    assert_null(strstr(d->job.at, "recipient 13\nb@example.net"));
    assert_non_null(strstr(d->job.at, "go 0\n\nsecret-command 13\n/usr/bin/pass\nsecret-command 4\nshow\n"
                                      "secret-command 4\nsmtp\nend 0\n\n"));
    assert_int_equal(d->n_mails, 2);
    delivery_free(d);
}

static void
a_mail_system_of_this_machine(void **state)
{
    static const char *const program[] = { "/usr/sbin/sendmail", "-oi" };
    struct mail_setting local = { .name = "pipe", .command = { program, 2 }, .security = "plain", .from = "noc@example.net",
                                  .timeout_s = 60 };
    struct delivery *d = delivery_new(&local, "jump-host");

    (void) state;
    assert_non_null(strstr(d->job.at, "transport 4\npipe\ncommand 18\n/usr/sbin/sendmail\ncommand 3\n-oi\n"));
    delivery_free(d);
    local = (struct mail_setting) { .name = "lmtp", .server = "/run/lmtp", .security = "plain", .from = "noc@example.net",
                                    .timeout_s = 60 };
    d = delivery_new(&local, "jump-host");
    assert_non_null(strstr(d->job.at, "transport 4\nlmtp\nserver 9\n/run/lmtp\n"));
    delivery_free(d);
}

static void
nobody_left_is_refused(void **state)
{
    struct mail done = first;
    struct delivery *d = delivery_new(&relay, "jump-host");
    struct failure why;

    (void) state;
    done.recipients = &three[1];
    done.n_recipients = 1;
    assert_false(delivery_add(d, &done, &why));
    assert_int_equal(d->n_mails, 0);
    delivery_free(d);
}

static void
what_a_server_took_before_is_remembered(void **state)
{
    char known[RELAY_KNOWN_MAX] = "";
    struct mail_setting other = relay;
    struct delivery *d = two_mails();

    (void) state;
    delivery_remember(d, known, sizeof known);
    assert_string_equal(known, ""); /* no AUTH, nothing to say */
    delivery_read(d, "step\tauth\tSCRAM-SHA-256 as noc\nsession\tok\tnone\tTLSv1.3\tdone\n", "");
    delivery_remember(d, known, sizeof known);
    delivery_free(d);
    d = delivery_new(&relay, "jump-host");
    delivery_known(d, known);
    assert_non_null(strstr(d->job.at, "known 13\nSCRAM-SHA-256\n"));
    delivery_free(d);
    other.server = "smtp.example.com"; /* another server, another user, a token: what they offer is their own */
    for (int i = 0; i < 3; i++) {
        d = delivery_new(&other, "jump-host");
        delivery_known(d, known);
        assert_null(strstr(d->job.at, "known "));
        delivery_free(d);
        other = relay;
        if (i == 0)
            other.user = "noc2";
        else
            other.token.file = "/token";
    }
}

static void
each_recipient_has_its_verdict(void **state)
{
    struct delivery *d = two_mails();

    (void) state;
    delivery_read(d,
                  "step\tconnect\t192.0.2.1\ntalk\t0\t<\t220 hello\ntalk\t1\t>\tMAIL FROM:<noc@example.net>\ndot\t1\n"
                  "verdict\t1\t1\t250\t2.0.0\tdelivered\tqueued\nverdict\t1\t2\t550\t5.1.1\tpermanent\tno such user\n"
                  "verdict\t2\t1\t451\t4.7.1\ttemporary\tlater\nverdict\t9\t1\t250\t-\tdelivered\tnobody's\n"
                  "verdict\t1\t99\t250\t-\tdelivered\tnobody's\nnonsense\nsession\tok\tnone\tTLSv1.3\tdone\n",
                  "said nothing");
    assert_true(d->ok && d->spoke);
    assert_string_equal(d->cause, "none");
    assert_string_equal(d->protection, "TLSv1.3");
    assert_int_equal(d->mails[0].verdicts[0].state, MAIL_SENT);
    assert_int_equal(d->mails[0].verdicts[1].state, MAIL_DEAD);
    assert_string_equal(d->mails[0].verdicts[1].address, "c@example.net");
    assert_string_equal(d->mails[0].verdicts[1].enhanced, "5.1.1");
    assert_int_equal(d->mails[1].verdicts[0].state, MAIL_WAITING);
    assert_true(d->mails[1].verdicts[0].counts);
    assert_string_equal(d->mails[0].talk.at, "< 220 hello\n> MAIL FROM:<noc@example.net>\n");
    assert_string_equal(d->mails[1].talk.at, "< 220 hello\n");
    delivery_free(d);
}

static void
what_was_not_said_waits_or_is_unknown(void **state)
{
    struct delivery *d = two_mails();

    (void) state;
    delivery_read(d, "talk\t1\t>\tDATA\ndot\t1\nverdict\t1\t1\t25", "trapline-mail: killed by signal 9");
    assert_false(d->ok);
    assert_string_equal(d->cause, "engine");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(d->mails[0].verdicts[i].state, MAIL_UNKNOWN);
        assert_true(d->mails[0].verdicts[i].counts);
    }
    assert_int_equal(d->mails[1].verdicts[0].state, MAIL_WAITING);
    assert_false(d->mails[1].verdicts[0].counts);
    assert_string_equal(d->mails[1].verdicts[0].words, "trapline-mail: killed by signal 9");
    delivery_free(d);
}

static int64_t
instant(const char *utc)
{
    struct tm t = { 0 };

    assert_non_null(strptime(utc, "%Y-%m-%d %H:%M", &t));
    return (int64_t) timegm(&t) * 1000000000;
}

static void
digests_are_due_at_their_time(void **state)
{
    static const struct {
        const char *at, *zone, *now, *last;
    } cases[] = {
        { "07:00", "UTC", "2026-11-27 07:00", "2026-11-27 07:00" },
        { "07:00", "UTC", "2026-11-27 06:59", "2026-11-26 07:00" },
        { "weekdays 07:00", "UTC", "2026-11-29 12:00", "2026-11-27 07:00" },           /* a Sunday: Friday's */
        { "mon,thu 18:30", "UTC", "2026-11-30 18:29", "2026-11-26 18:30" },
        { "07:00", "Europe/Paris", "2026-11-27 06:00", "2026-11-27 06:00" },           /* UTC+1 */
        { "07:00", "Europe/Paris", "2026-07-01 05:00", "2026-07-01 05:00" },           /* UTC+2 */
        { "sun 07:00", "Asia/Tokyo", "2026-11-28 22:00", "2026-11-28 22:00" },         /* Sunday there */
        { "02:30", "Europe/Paris", "2026-03-29 04:00", "2026-03-29 01:30" },           /* a time that is leapt over */
    };

    (void) state;
    setenv("TZ", "America/New_York", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (schedule_last(cases[i].at, cases[i].zone, instant(cases[i].now)) != instant(cases[i].last))
            fail_msg("%s in %s at %s is not %s", cases[i].at, cases[i].zone, cases[i].now, cases[i].last);
    assert_string_equal(getenv("TZ"), "America/New_York");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_job_has_what_is_left_to_do), cmocka_unit_test(nobody_left_is_refused), cmocka_unit_test(a_mail_system_of_this_machine),
        cmocka_unit_test(what_a_server_took_before_is_remembered),
        cmocka_unit_test(each_recipient_has_its_verdict), cmocka_unit_test(what_was_not_said_waits_or_is_unknown),
        cmocka_unit_test(digests_are_due_at_their_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
