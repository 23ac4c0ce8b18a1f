/* The sandbox of the leaf programs. */
#include "io/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* AddressSanitizer starts a tracer at exit, which no list of ours allows. */
#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 1 };
/* LeakSanitizer asks whether to stay away: it needs /proc, which a closed process does not have, and fails for want of it
 * (sanitizer/lsan_interface.h). */
static int leaks_unseen;
int __lsan_is_turned_off(void);
int
__lsan_is_turned_off(void)
{
    return leaks_unseen;
}
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#else
enum { SANITIZED = 0 };
#endif

/* System calls. */

struct call {
    unsigned needs; /* 0: always */
    const char *name;
};

static const struct call calls[] = {
    { 0, "read" }, { 0, "write" }, { 0, "readv" }, { 0, "writev" }, { 0, "pread64" }, { 0, "pwrite64" },
    { 0, "close" }, { 0, "close_range" }, { 0, "lseek" }, { 0, "fstat" }, { 0, "dup" }, { 0, "dup2" }, { 0, "dup3" },
    { 0, "fcntl" }, { 0, "pipe2" }, { 0, "eventfd2" }, { 0, "signalfd4" }, { 0, "fsync" }, { 0, "fdatasync" },
    { 0, "epoll_create1" }, { 0, "epoll_ctl" }, { 0, "epoll_wait" }, { 0, "epoll_pwait" }, { 0, "epoll_pwait2" },
    { 0, "poll" }, { 0, "ppoll" }, { 0, "select" }, { 0, "pselect6" }, { 0, "munmap" }, { 0, "mremap" }, { 0, "brk" },
    { 0, "madvise" }, { 0, "mlock" }, { 0, "munlock" }, { 0, "futex" }, { 0, "membarrier" }, { 0, "sched_yield" },
    { 0, "sched_getaffinity" }, { 0, "getcpu" }, { 0, "clock_gettime" }, { 0, "clock_getres" },
    { 0, "clock_nanosleep" }, { 0, "nanosleep" }, { 0, "gettimeofday" }, { 0, "time" }, { 0, "times" },
    { 0, "getrusage" }, { 0, "getrandom" }, { 0, "rt_sigaction" }, { 0, "rt_sigprocmask" }, { 0, "rt_sigreturn" },
    { 0, "rt_sigpending" }, { 0, "rt_sigtimedwait" }, { 0, "sigaltstack" }, { 0, "restart_syscall" },
    { 0, "getpid" }, { 0, "getppid" }, { 0, "gettid" }, { 0, "getuid" }, { 0, "geteuid" }, { 0, "getgid" },
    { 0, "getegid" }, { 0, "uname" }, { 0, "sysinfo" }, { 0, "getrlimit" }, { 0, "rseq" }, { 0, "set_robust_list" },
    { 0, "set_tid_address" }, { 0, "arch_prctl" }, { 0, "exit" }, { 0, "exit_group" }, { 0, "tgkill" },
    { 0, "wait4" }, { 0, "waitid" }, { 0, "kill" },
    { SANDBOX_SOCKETS, "recvmsg" }, { SANDBOX_SOCKETS, "recvmmsg" }, { SANDBOX_SOCKETS, "recvfrom" },
    { SANDBOX_SOCKETS, "sendmsg" }, { SANDBOX_SOCKETS, "sendmmsg" }, { SANDBOX_SOCKETS, "sendto" },
    { SANDBOX_SOCKETS, "getsockname" }, { SANDBOX_SOCKETS, "getpeername" }, { SANDBOX_SOCKETS, "getsockopt" },
    { SANDBOX_SOCKETS, "setsockopt" }, { SANDBOX_SOCKETS, "shutdown" }, { SANDBOX_SOCKETS, "accept" },
    { SANDBOX_SOCKETS, "accept4" },
    { SANDBOX_CONNECT, "socket" }, { SANDBOX_CONNECT, "socketpair" }, { SANDBOX_CONNECT, "connect" },
    { SANDBOX_CONNECT, "bind" }, { SANDBOX_CONNECT, "listen" },
    { SANDBOX_FILES, "open" }, { SANDBOX_FILES, "openat" }, { SANDBOX_FILES, "stat" }, { SANDBOX_FILES, "lstat" },
    { SANDBOX_FILES, "statx" }, { SANDBOX_FILES, "access" }, { SANDBOX_FILES, "faccessat" },
    { SANDBOX_FILES, "faccessat2" }, { SANDBOX_FILES, "readlink" }, { SANDBOX_FILES, "readlinkat" },
    { SANDBOX_FILES, "getdents64" }, { SANDBOX_FILES, "getcwd" }, { SANDBOX_FILES, "unlink" },
    { SANDBOX_FILES, "unlinkat" }, { SANDBOX_FILES, "rename" }, { SANDBOX_FILES, "renameat" },
    { SANDBOX_FILES, "renameat2" }, { SANDBOX_FILES, "mkdir" }, { SANDBOX_FILES, "mkdirat" },
    { SANDBOX_FILES, "rmdir" }, { SANDBOX_FILES, "ftruncate" }, { SANDBOX_FILES, "fallocate" },
    { SANDBOX_FILES, "flock" }, { SANDBOX_FILES, "fchmod" }, { SANDBOX_FILES, "fchown" },
    { SANDBOX_FILES, "utimensat" }, { SANDBOX_FILES, "statfs" }, { SANDBOX_FILES, "fstatfs" },
    { SANDBOX_FILES, "umask" }, { SANDBOX_FILES, "msync" }, { SANDBOX_FILES, "fadvise64" },
    { SANDBOX_SPAWN, "clone" }, { SANDBOX_SPAWN, "clone3" }, { SANDBOX_SPAWN, "fork" }, { SANDBOX_SPAWN, "vfork" },
    { SANDBOX_SPAWN, "execve" }, { SANDBOX_SPAWN, "setsid" }, { SANDBOX_SPAWN, "setpgid" },
    { SANDBOX_SPAWN, "pidfd_open" }, { SANDBOX_SPAWN, "prctl" }, { SANDBOX_SPAWN, "chdir" },
};

/* Calls that are allowed with some arguments: memory is never made executable, of ioctl only what asks about
 * descriptors, limits are read and not raised. */
static int
add_with_arguments(scmp_filter_ctx filter)
{
    static const unsigned long asks[] = { FIONREAD, FIONBIO, TCGETS, TIOCGWINSZ };
    int error = 0;

    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    error |=
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0, 0));
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++)
        error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, asks[i], 0));
    /* glibc's fstat is newfstatat with AT_EMPTY_PATH since 2.33 */
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 0);
    return error;
}

/* What nothing of ours calls by mistake ends the program at once; the rest is refused with EPERM. */
static int
add_deadly(scmp_filter_ctx filter, unsigned allow)
{
    static const char *const names[] = { "ptrace", "process_vm_writev", "process_vm_readv", "init_module",
                                         "finit_module", "bpf", "kexec_load", "mount", "pivot_root", "reboot" };
    int error = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);

        if (number != __NR_SCMP_ERROR)
            error |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, number, 0);
    }
    if ((allow & SANDBOX_SPAWN) == 0)
        error |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(execve), 0) |
                 seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(execveat), 0);
    return error;
}

static bool
limit_calls(unsigned allow, int *n, struct failure *why)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int error = filter == NULL ? -ENOMEM : 0;

    *n = 5;
    if (filter != NULL)
        error = add_with_arguments(filter) | add_deadly(filter, allow);
    for (size_t i = 0; error == 0 && i < sizeof calls / sizeof calls[0]; i++) {
        int number = seccomp_syscall_resolve_name(calls[i].name);

        if ((calls[i].needs & ~allow) != 0 || number == __NR_SCMP_ERROR)
            continue;
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
        (*n)++;
    }
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    if (error != 0)
        return failure_errno(why, error < 0 ? -error : EINVAL, "cannot limit the system calls of this program");
    return true;
}

/* Landlock: Debian 12's header knows ABI 2; later bits are named here (linux/landlock.h of 6.12) and used when the
 * kernel says that it knows them. */

enum {
    FS_ABI_1 = (1 << 13) - 1,
    FS_REFER = 1 << 13,     /* ABI 2 */
    FS_TRUNCATE = 1 << 14,  /* ABI 3 */
    FS_IOCTL_DEV = 1 << 15, /* ABI 5 */
    NET_BIND_TCP = 1 << 0,  /* ABI 4 */
    NET_CONNECT_TCP = 1 << 1,
    SCOPE_ABSTRACT_UNIX = 1 << 0, /* ABI 6 */
    SCOPE_SIGNAL = 1 << 1,
};

struct ruleset { /* struct landlock_ruleset_attr as of ABI 6 */
    uint64_t fs, net, scoped;
};

static const uint64_t fs_read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t fs_file = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                LANDLOCK_ACCESS_FS_EXECUTE | FS_TRUNCATE | FS_IOCTL_DEV;

static uint64_t
fs_known(int abi)
{
    return (uint64_t) FS_ABI_1 | (abi >= 2 ? FS_REFER : 0u) | (abi >= 3 ? FS_TRUNCATE : 0u) |
           (abi >= 5 ? FS_IOCTL_DEV : 0u);
}

static uint64_t
fs_write(int abi)
{
    return (fs_read | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
            LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | FS_TRUNCATE) &
           fs_known(abi);
}

static void
allow_paths(int ruleset, const char *const *paths, uint64_t access)
{
    for (; paths != NULL && *paths != NULL; paths++) {
        struct landlock_path_beneath_attr rule = { .allowed_access = access };
        struct stat st;

        rule.parent_fd = open(*paths, O_PATH | O_CLOEXEC);
        if (rule.parent_fd < 0)
            continue;
        if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
            rule.allowed_access &= fs_file;
        syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
        close(rule.parent_fd);
    }
}

/* The ABI that is enforced, 0 when the kernel has none or does not let us. */
static int
limit_files(const struct sandbox_rules *rules)
{
    int abi = (int) syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION), fd;
    bool net = (rules->allow & SANDBOX_CONNECT) == 0;
    struct ruleset handled;
    bool done;

    if (abi < 1)
        return 0;
    handled = (struct ruleset) { .fs = fs_known(abi) };
    if ((rules->allow & SANDBOX_SPAWN) != 0)
        handled.fs &= ~(uint64_t) (LANDLOCK_ACCESS_FS_EXECUTE | fs_read);
    if (abi >= 4 && net)
        handled.net = NET_BIND_TCP | NET_CONNECT_TCP;
    if (abi >= 6)
        handled.scoped = SCOPE_ABSTRACT_UNIX | ((rules->allow & SANDBOX_SPAWN) != 0 ? 0u : SCOPE_SIGNAL);
    fd = (int) syscall(SYS_landlock_create_ruleset, &handled, abi >= 6 ? 24 : abi >= 4 ? 16 : 8, 0);
    if (fd < 0)
        return 0;
    allow_paths(fd, rules->read_paths, fs_read & handled.fs);
    allow_paths(fd, rules->write_paths, fs_write(abi) & handled.fs);
    done = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    close(fd);
    return done ? abi : 0;
}

/* Users, capabilities, limits. */

static bool
drop_privileges(const struct sandbox_rules *rules, struct sandbox_report *report, struct failure *why)
{
    capng_clear(CAPNG_SELECT_BOTH);
    if (rules->uid != 0 && geteuid() == 0) {
        if (capng_change_id((int) rules->uid, (int) rules->gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING) != 0)
            return failure_set(why, FAILURE_SYSTEM, "cannot become user %u", (unsigned) rules->uid);
    } else if (capng_apply(CAPNG_SELECT_BOTH) != 0 && capng_apply(CAPNG_SELECT_CAPS) != 0) {
        return failure_set(why, FAILURE_SYSTEM, "cannot drop capabilities");
    }
    capng_get_caps_process();
    report->no_capabilities = capng_have_capabilities(CAPNG_SELECT_CAPS) == CAPNG_NONE;
    return true;
}

bool
sandbox_shed(const char *user, struct failure *why)
{
    struct sandbox_rules rules = { 0 };
    struct sandbox_report report;
    const struct passwd *row = user != NULL ? getpwnam(user) : NULL;

    if (user != NULL && row == NULL)
        return failure_set(why, FAILURE_USAGE, "there is no user %s", user);
    if (row != NULL && geteuid() != 0 && geteuid() != row->pw_uid)
        return failure_set(why, FAILURE_USAGE, "only root can become user %s", user);
    if (row != NULL) {
        rules.uid = row->pw_uid;
        rules.gid = row->pw_gid;
    }
    if (!drop_privileges(&rules, &report, why))
        return false;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 || failure_errno(why, errno, "cannot give up new privileges");
}

static void
limit(int resource, uint64_t value)
{
    struct rlimit now, want = { value, value };

    if (getrlimit(resource, &now) == 0 && now.rlim_max < want.rlim_max)
        want.rlim_cur = want.rlim_max = now.rlim_max;
    setrlimit(resource, &want);
}

static void
say(struct sandbox_report *r, int n_calls)
{
    char files[40] = "no Landlock", filter[60] = "no list of system calls (sanitizer build)";

    if (r->landlock > 0)
        snprintf(files, sizeof files, "Landlock ABI %d", r->landlock);
    if (r->system_calls)
        snprintf(filter, sizeof filter, "%d system calls", n_calls);
    snprintf(r->text, sizeof r->text, "no new privileges, %s, %s, %s, %s", filter, files,
             r->no_capabilities ? "no capabilities" : "capabilities kept", r->undumpable ? "no core" : "dumpable");
}

bool
sandbox_close(const struct sandbox_rules *rules, struct sandbox_report *report, struct failure *why)
{
    int n_calls = 0;

    *report = (struct sandbox_report) { 0 };
    limit(RLIMIT_CORE, 0);
    if (rules->descriptors > 0)
        limit(RLIMIT_NOFILE, rules->descriptors);
    if (rules->memory > 0 && !SANITIZED)
        limit(RLIMIT_AS, rules->memory);
    if (!drop_privileges(rules, report, why))
        return false;
    report->undumpable = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return failure_errno(why, errno, "cannot give up new privileges");
    report->no_new_privileges = true;
    report->landlock = limit_files(rules);
#if defined(__SANITIZE_ADDRESS__)
    leaks_unseen = 1;
#endif
    if (!SANITIZED) {
        if (!limit_calls(rules->allow, &n_calls, why))
            return false;
        report->system_calls = true;
    }
    say(report, n_calls);
    return true;
}
