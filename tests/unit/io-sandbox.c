/* The sandbox: what must work works, what must not does not. Each try is a child of its own. */
#include "io/sandbox.h"

#include "api/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/trapline-sandbox-XXXXXX";
static struct sandbox_report report;

/* The child's exit status, or minus the signal that ended it. The child says "absent" (77) for what this build or
 * kernel does not enforce. */
static int
try(int (*fn)(void), unsigned allow)
{
    const char *const writable[] = { directory, "/no/such/path", NULL };
    const char *const readable[] = { "/etc/passwd", NULL };
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        struct sandbox_rules rules = { .allow = allow, .read_paths = readable, .write_paths = writable };
        struct failure why;

        if (!sandbox_close(&rules, &report, &why)) {
            fprintf(stderr, "# %s\n", why.text);
            _exit(99);
        }
        _exit(fn());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void
on_writable(void *arg, int fd, unsigned events)
{
    (void) events;
    if (write(fd, "x", 1) == 1)
        loop_stop(arg);
}

static void
on_time(void *arg)
{
    (void) arg;
}

static int
ordinary_work(void)
{
    struct failure why;
    struct loop *loop = loop_new(&why);
    char *block = malloc(10 << 20);
    int pair[2] = { -1, -1 };

    if (loop == NULL || block == NULL || pipe2(pair, O_CLOEXEC) < 0)
        return 1;
    memset(block, 1, 10 << 20);
    free(block);
    loop_after(loop, LOOP_MS(1), on_time, NULL);
    loop_turn(loop, -1);
    loop_watch(loop, pair[1], LOOP_WRITE, on_writable, loop);
    loop_run(loop);
    return 0;
}

static void
loop_and_memory_go_on(void **state)
{
    (void) state;
    assert_int_equal(try(ordinary_work, 0), 0);
}

static int
status_file(void)
{
    int fd = open("/proc/self/status", O_RDONLY);

    if (fd >= 0 && report.landlock > 0)
        return 1;
    return report.no_new_privileges && report.no_capabilities && report.undumpable ? 0 : 2;
}

static void
report_tells_the_truth(void **state)
{
    (void) state;
    assert_int_equal(try(status_file, SANDBOX_FILES), 0);
}

static int
run_program(void)
{
    execl("/bin/true", "true", NULL);
    return report.system_calls ? 1 : 77;
}

static void
no_programs_are_run(void **state)
{
    int result = try(run_program, SANDBOX_FILES);

    (void) state;
    if (result == 0) /* the sanitizer build has no list of calls, and Landlock may be absent */
        return;
    assert_true(result == -SIGSYS || result == 77);
}

static int
make_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (!report.system_calls)
        return 77;
    return fd < 0 && errno == EPERM ? 0 : 1;
}

static void
no_sockets_are_made(void **state)
{
    int result = try(make_socket, SANDBOX_SOCKETS);

    (void) state;
    if (result == 77)
        return; /* nothing was enforced here, as sandbox_report says */
    assert_int_equal(result, 0);
}

static int
make_code(void)
{
    void *at;

    if (!report.system_calls)
        return 77;
    at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at != MAP_FAILED)
        return 1;
    at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at != MAP_FAILED && mprotect(at, 4096, PROT_READ | PROT_EXEC) < 0 ? 0 : 2;
}

static void
no_memory_is_executable(void **state)
{
    int result = try(make_code, 0);

    (void) state;
    if (result == 77)
        return; /* nothing was enforced here, as sandbox_report says */
    assert_int_equal(result, 0);
}

static int
use_files(void)
{
    char path[100];
    int fd;

    if (report.landlock == 0)
        return 77;
    if (open("/etc/passwd", O_RDONLY) < 0)
        return 1;
    if (open("/etc/group", O_RDONLY) >= 0 || errno != EACCES)
        return 2;
    if (open("/etc/passwd", O_WRONLY | O_APPEND) >= 0)
        return 3;
    snprintf(path, sizeof path, "%s/new", directory);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1 || unlink(path) < 0)
        return 4;
    return open("/tmp/trapline-must-not-be", O_RDWR | O_CREAT, 0600) < 0 ? 0 : 5;
}

static void
files_as_the_rules_say(void **state)
{
    int result = try(use_files, SANDBOX_FILES);

    (void) state;
    if (result == 77)
        return; /* nothing was enforced here, as sandbox_report says */
    assert_int_equal(result, 0);
}

static int
leave_core(void)
{
    struct rlimit limit;

    getrlimit(RLIMIT_CORE, &limit);
    return limit.rlim_max == 0 ? 0 : 1;
}

static void
no_core_is_left(void **state)
{
    (void) state;
    assert_int_equal(try(leave_core, 0), 0);
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
    (void) state;
    return rmdir(directory);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loop_and_memory_go_on), cmocka_unit_test(report_tells_the_truth),
        cmocka_unit_test(no_programs_are_run),   cmocka_unit_test(no_sockets_are_made),
        cmocka_unit_test(no_memory_is_executable), cmocka_unit_test(files_as_the_rules_say),
        cmocka_unit_test(no_core_is_left),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
