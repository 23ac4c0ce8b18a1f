/* Settings: what is refused, with file and line, and what follows when nothing is said. */
#include "api/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/trapline-settings.XXXXXX";

static void
write_settings(const char *text, mode_t mode)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/trapline.conf", directory);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static struct settings *
accepted(const char *text)
{
    struct failure why = { 0 };
    struct settings *settings;

    write_settings(text, 0600);
    settings = settings_read(directory, &why);
    if (settings == NULL)
        fail_msg("refused: %s", why.text);
    return settings;
}

static void
refusals_name_file_and_line(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        { "theem = \"dark\"\n", "trapline.conf:1" },
        { "\n\ntheme = \"dark\"\ntheme = \"light\"\n", "trapline.conf:4" },
        { "device \"a\" { address = \"10.0.0.1\"\n", "ends inside" },
        { "group \"a\" { }\ngroup \"a\" { }\n", "trapline.conf:2" },
        { "device \"a\" { address = \"10.0.0.1\" profile = \"none\" }\n", "there is no profile" },
        { "device \"a\" { }\n", "address" },
        { "device \"a\" { address = \"10.0.0.1\" retries = 99 }\n", "0 to 20" },
        { "device \"a\" { address = \"10.0.0.1\" retries = 010 }\n", "whole number" },
        { "theme = \"${HOME}\"\n", "trapline.conf:1" },
        { "listen = { \"udp:70000\" }\n", "port" },
        { "listen = { \"udp:162\", \"dtls:10162\" }\n", "trapline.conf:1: listen \"dtls:10162\" needs tls-certificate" },
        { "listen = { \"dtls:1\" }\ntls-certificate = \"/a\"\ntls-oldest = \"1.3\"\n", "no DTLS 1.3" },
        { "sender \"a\" { tls-fingerprint = \"12\" }\n", "is not a SHA-256" },
        { "mail \"m\" { server = \"h\" from = \"a@b.example\" security = \"maybe\" }\n", "starttls" },
        { "mail \"m\" { server = \"h\" from = \"a@b.example\" password = \"x\" }\n", "password-command" },
        { "mail \"m\" { server = \"h\" from = \"a@b.example\" security = \"plain\" user = \"u\" }\n", "plain" },
        { "mail \"m\" { from = \"a@b.example\" }\n", "server (or command)" },
        { "mail \"m\" { server = \"h\" command = { \"/bin/m\" } from = \"a@b.example\" }\n", "both" },
        { "mail \"m\" { command = { \"sendmail\" } from = \"a@b.example\" }\n", "whole path" },
        { "mail \"m\" { server = \"/run/lmtp\" user = \"u\" from = \"a@b.example\" }\n", "no login" },
        { "profile \"p\" { version = \"3\" }\n", "user" },
        { "sender \"s\" { source = { \"10.0.0.0/33\" } }\n", "prefix" },
        { "digest \"d\" { to = { \"Ana <a@b.example>\" } }\n", "the address alone" },
        { "digest \"d\" { to = { \"\xc3\xa4@b.example\" } }\n", "SMTPUTF8" },
        { "digest \"d\" { to = { \"a@b.example\", \"a@b.example\" } }\n", "twice" },
        { "mail \"m\" { server = \"h\" from = \"Ana <\xc3\xa4@b.example>\" }\n", "SMTPUTF8" },
        { "digest \"d\" { severity = \"critical\" }\n", "lacks to" },
    };

    (void) state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct failure why = { 0 };

        write_settings(bad[i].text, 0600);
        if (settings_read(directory, &why) != NULL)
            fail_msg("%s: is taken", bad[i].text);
        assert_int_equal(why.kind, FAILURE_USAGE);
        if (strstr(why.text, bad[i].says) == NULL || strstr(why.text, "trapline.conf:") == NULL)
            fail_msg("%s: says \"%s\", not \"%s\"", bad[i].text, why.text, bad[i].says);
    }
}

static void
refused_with(const char *text, const char *says)
{
    struct failure why = { 0 };

    write_settings(text, 0600);
    assert_null(settings_read(directory, &why));
    assert_non_null(strstr(why.text, says));
}

static void
overlong_users_and_addresses_are_refused(void **state)
{
    char text[700], name[300], address[300] = "a@";

    (void) state;
    memset(name, 'u', sizeof name);
    name[256] = '\0';
    snprintf(text, sizeof text, "mail \"m\" { server = \"h\" from = \"a@b.example\" user = \"%s\" }\n", name);
    refused_with(text, "255");
    memset(address + 2, 'b', 253);
    snprintf(text, sizeof text, "mail \"m\" { server = \"h\" from = \"%s\" }\n", address);
    refused_with(text, "254");
    snprintf(text, sizeof text, "mail \"m\" { server = \"h\" from = \"a@b.example\" }\n"
             "digest \"d\" { to = { \"%s\" } }\n", address);
    refused_with(text, "254");
    address[254] = '\0';
    snprintf(text, sizeof text, "mail \"m\" { server = \"h\" from = \"%s\" }\n", address);
    settings_free(accepted(text));
}

static void
a_secret_needs_a_closed_file(void **state)
{
    static const char text[] = "profile \"p\" { community = \"hidden\" }\n";
    struct failure why = { 0 };
    struct settings *settings;

    (void) state;
    write_settings(text, 0644);
    assert_null(settings_read(directory, &why));
    assert_non_null(strstr(why.text, "0644"));
    assert_null(strstr(why.text, "hidden"));
    settings = accepted(text);
    assert_string_equal(settings_profile(settings, "p")->community.text, "hidden");
    settings_free(settings);
}

static void
defaults_follow(void **state)
{
    struct settings *settings = accepted("mail \"a\" { server = \"h\" from = \"a@b.example\" }\n"
                                         "mail \"b\" { server = \"h\" from = \"a@b.example\" security = \"tls\" }\n"
                                         "mail \"c\" { server = \"h\" from = \"a@b.example\" security = \"plain\" }\n"
                                         "mail \"d\" { server = \"h\" from = \"a@b.example\" port = 2525 }\n");
    static const int ports[] = { 587, 465, 25, 2525 };
    const struct mail_setting *mails;
    struct settings_list listen;

    (void) state;
    assert_int_equal(settings_mails(settings, &mails), 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(mails[i].port, ports[i]);
    listen = settings_list(settings, "listen");
    assert_int_equal(listen.n, 2);
    assert_string_equal(listen.items[0], "udp:162");
    assert_string_equal(settings_text(settings, "theme"), "dark");
    settings_free(settings);
}

static void
a_device_shares_its_groups_settings(void **state)
{
    struct settings *settings = accepted("group \"g\" { read-only = true }\n"
                                         "device \"a\" { address = \"10.0.0.1\" group = \"g\" }\n"
                                         "device \"b\" { address = \"10.0.0.2\" group = \"g\" read-only = false }\n");
    const struct device_setting *devices;

    (void) state;
    assert_int_equal(settings_devices(settings, &devices), 2);
    assert_true(devices[0].read_only);
    assert_false(devices[1].read_only);
    settings_free(settings);
}

static int
make_directory(void **state)
{
    (void) state;
    return mkdtemp(directory) == NULL;
}

static int
remove_directory(void **state)
{
    char path[128];

    (void) state;
    snprintf(path, sizeof path, "%s/trapline.conf", directory);
    unlink(path);
    return rmdir(directory);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_name_file_and_line), cmocka_unit_test(overlong_users_and_addresses_are_refused),
        cmocka_unit_test(a_secret_needs_a_closed_file), cmocka_unit_test(defaults_follow),
        cmocka_unit_test(a_device_shares_its_groups_settings),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
