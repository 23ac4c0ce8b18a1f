/* Paths, the log, secrets, names: what reads and writes files, and what asks others. */
#include "api/paths.h"
#include "io/log.h"
#include "io/resolve.h"
#include "io/secrets.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char home[64];
static char path[256];

static int
make_home(void **state)
{
    (void) state;
    strcpy(home, "/tmp/trapline-files-XXXXXX");
    if (mkdtemp(home) == NULL)
        return 1;
    for (const char *const *v = (const char *const[]) { "TRAPLINE_CONFIG", "TRAPLINE_STATE", "TRAPLINE_CACHE",
                                                        "TRAPLINE_MIBS", "TRAPLINE_THEMES", "TRAPLINE_PROGRAMS",
                                                        "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", NULL };
         *v != NULL; v++)
        unsetenv(*v);
    return setenv("HOME", home, 1);
}

static int
remove_home(void **state)
{
    char command[200];

    (void) state;
    snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s", home, home);
    return system(command);
}

static const char *
in_home(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", home, name);
    return path;
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
    int fd = open(in_home(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t) strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void
assert_path(const char *got, const char *base, const char *rest)
{
    char want[PATH_MAX + 100];

    snprintf(want, sizeof want, "%s%s", base, rest);
    assert_string_equal(got, want);
}

static void
paths_by_default_and_by_variable(void **state)
{
    char sources[PATH_MAX];
    struct paths p;
    struct failure why;
    struct stat st;

    (void) state;
    assert_int_equal(mkdir(in_home(".config"), 0700), 0);
    assert_int_equal(mkdir(in_home(".config/trapline"), 0700), 0);
    assert_true(paths_find(&p, NULL, &why));
    assert_path(p.config, home, "/.config/trapline");
    assert_path(p.state, home, "/.local/state/trapline");
    assert_path(p.store, home, "/.local/state/trapline/trapline.db");
    assert_path(p.log, home, "/.local/state/trapline/trapline.log");
    assert_path(p.cache, home, "/.cache/trapline");
    assert_path(p.snapshot, home, "/.cache/trapline/mib.snapshot");
    assert_non_null(realpath(getenv("top_srcdir"), sources));
    assert_path(p.mibs, sources, "/mibs"); /* this program runs in the build tree */
    assert_path(p.themes, sources, "/themes");
    assert_true(paths_make(&p, &why));
    assert_true(paths_make(&p, &why));
    assert_int_equal(stat(p.state, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    setenv("XDG_STATE_HOME", "/xdg/state/", 1);
    setenv("XDG_CACHE_HOME", "relative", 1); /* to be ignored */
    setenv("TRAPLINE_CONFIG", "here/config", 1);
    setenv("TRAPLINE_MIBS", "/m", 1);
    assert_true(paths_find(&p, NULL, &why));
    assert_string_equal(p.state, "/xdg/state/trapline");
    assert_path(p.cache, home, "/.cache/trapline");
    assert_true(p.config[0] == '/' && strstr(p.config, "/here/config") != NULL);
    assert_string_equal(p.mibs, "/m");
    setenv("TRAPLINE_STATE", "/s", 1);
    assert_true(paths_find(&p, "/explicit", &why));
    assert_string_equal(p.config, "/explicit");
    assert_string_equal(p.store, "/s/trapline.db");
}

static void
paths_that_cannot_be(void **state)
{
    static char long_name[1100];
    struct paths p;
    struct failure why;

    (void) state;
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[0] = '/';
    assert_false(paths_find(&p, long_name, &why));
    assert_int_equal(why.kind, FAILURE_LIMIT);
    setenv("TRAPLINE_STATE", long_name, 1);
    assert_false(paths_find(&p, NULL, &why));
    write_file("plain", "", 0600);
    setenv("TRAPLINE_STATE", in_home("plain"), 1);
    assert_true(paths_find(&p, NULL, &why));
    assert_false(paths_make(&p, &why));
    assert_non_null(strstr(why.text, "plain"));
}

static void
programs_are_found(void **state)
{
    char found[1024];
    struct failure why;

    (void) state;
    assert_true(paths_program("io-files", found, sizeof found, &why)); /* beside us: it is us */
    assert_int_equal(access(found, X_OK), 0);
    assert_false(paths_program("no-such-program", found, sizeof found, &why));
    assert_non_null(strstr(why.text, "no-such-program"));
    write_file("helper", "", 0700);
    setenv("TRAPLINE_PROGRAMS", home, 1);
    assert_true(paths_program("helper", found, sizeof found, &why));
    assert_string_equal(found, in_home("helper"));
}

static char *
read_whole(const char *name, char *text, size_t size)
{
    int fd = open(in_home(name), O_RDONLY);
    ssize_t n = read(fd, text, size - 1);

    assert_true(n >= 0);
    close(fd);
    text[n] = '\0';
    return text;
}

static int
lines_with(const char *text, const char *what)
{
    int n = 0;

    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

static void
log_is_clean_and_bounded(void **state)
{
    char text[20000];
    struct failure why;
    struct stat st;

    (void) state;
    log_write(LOG_LEVEL_ERROR, "before it is open: nowhere");
    assert_true(log_open(in_home("log"), "test", LOG_LEVEL_INFO, &why));
    log_write(LOG_LEVEL_ERROR, "from outside: %s", "a\033[2J\nb\342\200\256c");
    log_write(LOG_LEVEL_DEBUG, "not at this level");
    for (int i = 0; i < 1000; i++)
        log_write(LOG_LEVEL_WARNING, "bad datagram %d", i);
    log_write(LOG_LEVEL_INFO, "something else");
    log_close();
    log_write(LOG_LEVEL_ERROR, "after it is closed: nowhere");
    read_whole("log", text, sizeof text);
    assert_non_null(strstr(text, "from outside: a\\x1b[2J\\x0ab<U+202E>c\n"));
    assert_null(strstr(text, "not at this level"));
    assert_null(strstr(text, "nowhere"));
    assert_int_equal(lines_with(text, ": bad datagram"), 10);
    assert_non_null(strstr(text, "990 more lines like \"bad datagram %d\" were left out"));
    assert_non_null(strstr(text, "info    test["));
    assert_int_equal(stat(in_home("log"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void
log_does_not_follow_links(void **state)
{
    struct failure why;
    char target[256];

    (void) state;
    write_file("victim", "", 0600);
    strcpy(target, in_home("victim"));
    assert_int_equal(symlink(target, in_home("link.log")), 0);
    assert_false(log_open(in_home("link.log"), "test", LOG_LEVEL_INFO, &why));
    assert_non_null(strstr(why.text, "link.log"));
}

static void
log_moves_on_when_large(void **state)
{
    struct failure why;
    struct stat st;

    (void) state;
    write_file("big.log", "", 0600);
    assert_int_equal(truncate(in_home("big.log"), 9 << 20), 0);
    assert_true(log_open(in_home("big.log"), "test", LOG_LEVEL_INFO, &why));
    log_close();
    assert_int_equal(stat(in_home("big.log"), &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(stat(in_home("big.log.1"), &st), 0);
    assert_int_equal(st.st_size, 9 << 20);
}

static char *
secret_of_file(const char *name, struct failure *why)
{
    struct secret_source source = { .file = in_home(name) };

    return secret_read("the password", &source, 20, 0, why);
}

static void
assert_secret(const char *name, const char *want)
{
    struct failure why = { 0 };
    char *secret = secret_of_file(name, &why);

    if (secret == NULL)
        fail_msg("%s: %s", name, why.text);
    assert_string_equal(secret, want);
    secret_wipe(secret);
}

static void
assert_refused(const char *name, const char *words)
{
    struct failure why = { 0 };

    assert_null(secret_of_file(name, &why));
    if (strstr(why.text, words) == NULL)
        fail_msg("%s: %s", name, why.text);
    assert_null(strstr(why.text, "open sesame"));
}

static void
secret_files(void **state)
{
    static const mode_t open_modes[] = { 0644, 0640, 0604, 0660, 0602, 0610, 0601 };
    char mode[8], target[256];

    (void) state;
    write_file("s", "open sesame\nsecond line\n", 0600);
    assert_secret("s", "open sesame");
    write_file("s", "open sesame", 0400);
    if (geteuid() != 0)
        unlink(in_home("s"));
    write_file("s", "no newline\r\n", 0600);
    assert_secret("s", "no newline");
    write_file("s", "exactly 20 octets...", 0600);
    assert_secret("s", "exactly 20 octets...");
    for (size_t i = 0; i < sizeof open_modes / sizeof open_modes[0]; i++) {
        write_file("s", "open sesame\n", open_modes[i]);
        snprintf(mode, sizeof mode, "%04o", (unsigned) open_modes[i]);
        assert_refused("s", mode);
        assert_refused("s", home);
    }
    write_file("s", "open sesame\n", 0600);
    strcpy(target, in_home("s"));
    assert_int_equal(symlink(target, in_home("link")), 0);
    assert_refused("link", "symbolic link");
    assert_int_equal(mkfifo(in_home("fifo"), 0600), 0);
    assert_refused("fifo", "not a plain file");
    assert_refused("absent", "absent");
    write_file("s", "", 0600);
    assert_refused("s", "empty");
    write_file("s", "\nsecond", 0600);
    assert_refused("s", "empty");
    write_file("s", "twenty-one octets....", 0600);
    assert_refused("s", "at most 20");
    if (geteuid() == 0) {
        write_file("s", "open sesame\n", 0600);
        assert_int_equal(chown(in_home("s"), 12345, 12345), 0);
        assert_refused("s", "belongs to user 12345 (mode 0600)");
    }
}

static char *
secret_of_command(const char *script, int64_t deadline, struct failure *why)
{
    const char *argv[] = { "sh", "-c", script };
    struct secret_source source = { .command = { argv, 3 } };

    return secret_read("the password of mail \"relay\"", &source, SECRET_PASSWORD_MAX, deadline, why);
}

static void
secret_commands(void **state)
{
    static const struct {
        const char *script, *words;
    } bad[] = {
        { "exit 3", "exit status 3" },
        { "echo 'no such entry' >&2; exit 1", "(\"no such entry\")" },
        { "sleep 600", "not done in 0.2 s" },
        { "true", "is empty" },
        { "yes x | tr -d '\\n' | head -c 300", "at most 255" },
        { "printf 'a\\0b\\n'", "NUL" },
        { "yes", "" },
        { "stty -echo </dev/tty", "wants a terminal" },
        { "echo 'gpg: public key decryption failed: Inappropriate ioctl (no tty)' >&2; exit 2", "wants a terminal" },
    };
    struct failure why = { 0 };
    char *secret = secret_of_command("echo 'open sesame'; echo more", 0, &why);

    (void) state;
    assert_non_null(secret);
    assert_string_equal(secret, "open sesame");
    secret_wipe(secret);
    secret_wipe(NULL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memset(&why, 0, sizeof why);
        assert_null(secret_of_command(bad[i].script, i == 2 ? LOOP_MS(200) : 0, &why));
        if (strstr(why.text, bad[i].words) == NULL || strstr(why.text, "mail \"relay\"") == NULL)
            fail_msg("%s: %s", bad[i].script, why.text);
    }
}

static void
secret_without_source_and_as_typed(void **state)
{
    struct secret_source none = { .file = NULL }, typed = { .text = "public" };
    struct failure why;
    char *secret;

    (void) state;
    assert_null(secret_read("the community", &none, 255, 0, &why));
    assert_non_null(strstr(why.text, "the community"));
    secret = secret_read("the community", &typed, 255, 0, &why);
    assert_string_equal(secret, "public");
    secret_wipe(secret);
    assert_null(secret_read("the community", &typed, 5, 0, &why));
}

static struct {
    int calls;
    bool failed;
    struct failure failure;
    size_t n;
    struct resolve_address first;
} answer;

static void
on_resolved(void *arg, const struct resolve_reply *reply)
{
    answer.calls++;
    answer.failed = reply->failure != NULL;
    if (reply->failure != NULL)
        answer.failure = *reply->failure;
    answer.n = reply->n;
    if (reply->n > 0)
        answer.first = reply->addresses[0];
    if (arg != NULL)
        loop_stop(arg);
}

static void
names_are_resolved(void **state)
{
    static char long_name[300];
    static const struct {
        const char *name, *text;
        int family;
        enum failure_kind kind;
    } rows[] = {
        { "127.0.0.1", "127.0.0.1", AF_INET, FAILURE_NONE }, { "::1", "::1", AF_INET6, FAILURE_NONE },
        { "fe80::1%lo", "fe80::1%lo", AF_INET6, FAILURE_NONE }, { "localhost", NULL, AF_INET, FAILURE_NONE },
        { "", NULL, AF_INET, FAILURE_USAGE }, { long_name, NULL, AF_INET, FAILURE_USAGE },
    };
    struct failure why;
    struct loop *loop = loop_new(&why);
    struct resolver *resolver = resolver_new(loop);

    (void) state;
    memset(long_name, 'a', sizeof long_name - 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(&answer, 0, sizeof answer);
        resolve_name(resolver, rows[i].name, i == 3 ? AF_INET : AF_UNSPEC, 0, on_resolved, loop);
        assert_int_equal(answer.calls, 0); /* never from inside */
        loop_run(loop);
        assert_int_equal(answer.failure.kind, rows[i].kind);
        if (rows[i].kind == FAILURE_NONE)
            assert_true(answer.n >= 1 && answer.first.family == rows[i].family);
        if (rows[i].text != NULL)
            assert_string_equal(answer.first.text, rows[i].text);
    }
    resolver_free(resolver);
    resolver_free(NULL);
    loop_free(loop);
}

/* A name that does not exist, or a name service that is not there: a sentence with the name, in time. */
static void
names_that_are_not(void **state)
{
    struct failure why;
    struct loop *loop = loop_new(&why);
    struct resolver *resolver = resolver_new(loop);
    struct request *cancelled[12];

    (void) state;
    memset(&answer, 0, sizeof answer);
    for (size_t i = 0; i < 12; i++)
        cancelled[i] = resolve_name(resolver, "never.invalid", AF_UNSPEC, LOOP_S(3), on_resolved, NULL);
    resolve_name(resolver, "nothing.invalid", AF_UNSPEC, LOOP_S(3), on_resolved, loop);
    for (size_t i = 0; i < 12; i++)
        request_cancel(cancelled[i]);
    loop_run(loop);
    assert_int_equal(answer.calls, 1);
    assert_true(answer.failed);
    assert_non_null(strstr(answer.failure.text, "nothing.invalid"));
    for (int i = 0; i < 12; i++)
        resolve_name(resolver, "never.invalid", AF_UNSPEC, LOOP_S(3), on_resolved, NULL);
    resolver_free(resolver);
    loop_free(loop);
    assert_int_equal(answer.calls, 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, make_home, remove_home)
    const struct CMUnitTest tests[] = {
        T(paths_by_default_and_by_variable), T(paths_that_cannot_be), T(programs_are_found),
        T(log_is_clean_and_bounded),         T(log_does_not_follow_links), T(log_moves_on_when_large),
        T(secret_files),                     T(secret_commands), T(secret_without_source_and_as_typed),
        T(names_are_resolved),               T(names_that_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
