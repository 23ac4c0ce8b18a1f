/* What libesmtp drops, rewrites or adds (Return-Path, Bcc, a second To, a bare LF, no Date) never gets to it: the
 * message is mended or refused before a server is asked. And the end is ours: dots stuffed, one final dot. */
#include "mail/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "Date: Fri, 27 Nov 2026 08:00:00 +0000\r\nFrom: noc@x\r\nMessage-Id: <1@x>\r\nTo: a@x\r\n"

static struct job_message loaded;
static char reason[sizeof ((struct failure *) NULL)->text];

static bool
load(const char *octets, size_t n)
{
    struct failure why = { 0 };
    bool ok = message_load(&loaded, octets, n, &why);

    snprintf(reason, sizeof reason, "%s", why.text);
    return ok;
}

static void
forget(void)
{
    free(loaded.raw);
    free(loaded.wire);
    memset(&loaded, 0, sizeof loaded);
}

static void
test_refused(void **state)
{
    static const struct {
        const char *octets, *why;
    } cases[] = {
        { HEAD "Return-Path: <x@x>\r\n\r\nx\r\n", "Return-Path" },
        { HEAD "return-path : <x@x>\r\n\r\nx\r\n", "without a name" },
        { HEAD "RETURN-PATH: <x@x>\r\n\r\nx\r\n", "Return-Path" },
        { HEAD "Bcc: evil@x\r\n\r\nx\r\n", "Bcc" },
        { HEAD "Original-Recipient: rfc822;x@x\r\n\r\nx\r\n", "Original-Recipient" },
        { HEAD "To: b@x\r\n\r\nx\r\n", "two To" },
        { HEAD "tO: b@x\r\n\r\nx\r\n", "two To" },
        { HEAD "Date: now\r\n\r\nx\r\n", "two Date" },
        { HEAD "Message-ID: <2@x>\r\n\r\nx\r\n", "two Message-Id" },
        { HEAD "Subject: x\r\nSubject: y\r\n\r\nx\r\n", "two Subject" },
        { HEAD "no colon\r\n\r\nx\r\n", "without a name" },
        { " continued\r\n" HEAD "\r\nx\r\n", "continuation" },
        { "Date: x\r\nFrom: x\r\nMessage-Id: x\r\n\r\nx\r\n", "lacks a To" },
        { "From: x\r\nMessage-Id: x\r\nTo: x\r\n\r\nx\r\n", "lacks a Date" },
        { HEAD "\r\n\x80\r\n", "7 bit" },
        { HEAD "\r\na\x1b[m\r\n", "7 bit" },
        { HEAD "\r\na\rb\r\n", "7 bit" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool taken = load(cases[i].octets, strlen(cases[i].octets));

        if (taken || strstr(reason, cases[i].why) == NULL)
            fail_msg("case %zu: %s: %s", i, taken ? "taken" : reason, cases[i].octets);
        forget();
    }
    assert_false(load(HEAD "\r\na\0b\r\n", sizeof HEAD "\r\na\0b\r\n" - 1));
    forget();
}

static void
test_long_lines(void **state)
{
    char octets[2000];
    size_t head = sizeof HEAD "\r\n" - 1;

    (void) state;
    memcpy(octets, HEAD "\r\n", head);
    memset(octets + head, 'x', 1000);
    assert_true(load(octets, head + 998));
    forget();
    assert_false(load(octets, head + 999));
    forget();
}

static void
test_mended(void **state)
{
    static const struct {
        const char *octets, *wire;
    } cases[] = {
        { HEAD "\r\nx\r\n", HEAD "\r\nx\r\n.\r\n" },
        { HEAD "\r\nx", HEAD "\r\nx\r\n.\r\n" },
        { HEAD "\r\na\nb\n", HEAD "\r\na\r\nb\r\n.\r\n" },
        { HEAD "\r\n.\r\n..\r\n.x\ny.\n", HEAD "\r\n..\r\n...\r\n..x\r\ny.\r\n.\r\n" },
        { HEAD "\r\n", HEAD "\r\n.\r\n" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(load(cases[i].octets, strlen(cases[i].octets)));
        assert_int_equal(loaded.n_wire, strlen(cases[i].wire));
        assert_memory_equal(loaded.wire, cases[i].wire, loaded.n_wire);
        forget();
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_mended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
