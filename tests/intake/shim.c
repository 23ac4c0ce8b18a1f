/* LD_PRELOAD for the collector's tests: the store's disk fails, or the wall clock steps, as a mapped file says that
 * $TRAPLINE_SHIM names. `hits` counts what was made to fail, `synced` how often the store itself, not its WAL, was synced. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { ON_WRITE = 1, ON_SYNC = 2, ON_OPEN = 4 };

struct control {
    int32_t error, calls;
    int64_t hits, seconds, synced;
};
static struct control quiet, *control = &quiet;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int), (*real_fdatasync)(int), (*real_ftruncate)(int, off_t);
static int (*real_open)(const char *, int, ...);
static int (*real_clock)(clockid_t, struct timespec *);

/* Other libraries' constructors open files before ours would run. */
static void
begin(void)
{
    const char *path = getenv("TRAPLINE_SHIM");
    int fd;

    if (real_clock != NULL)
        return;
    *(void **) &real_write = dlsym(RTLD_NEXT, "write");
    *(void **) &real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    *(void **) &real_fsync = dlsym(RTLD_NEXT, "fsync");
    *(void **) &real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    *(void **) &real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    *(void **) &real_open = dlsym(RTLD_NEXT, "open64");
    *(void **) &real_clock = dlsym(RTLD_NEXT, "clock_gettime");
    fd = path != NULL ? real_open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd >= 0) {
        void *at = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

        control = at != MAP_FAILED ? at : &quiet;
        close(fd);
    }
}

static int
is_store(const char *path)
{
    return strstr(path, "trapline.db") != NULL;
}

static const char *
path_of(int fd, char target[512])
{
    char link[64];
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, target, 511);
    target[n > 0 ? n : 0] = '\0';
    return target;
}

static int
fails(int call, const char *path, int fd)
{
    char target[512];

    begin();
    if ((control->calls & call) == 0 || !is_store(path != NULL ? path : path_of(fd, target)))
        return 0;
    __atomic_add_fetch(&control->hits, 1, __ATOMIC_RELAXED);
    errno = control->error;
    return 1;
}

ssize_t
write(int fd, const void *octets, size_t n)
{
    return fails(ON_WRITE, NULL, fd) ? -1 : real_write(fd, octets, n);
}

ssize_t
pwrite64(int fd, const void *octets, size_t n, off_t at)
{
    return fails(ON_WRITE, NULL, fd) ? -1 : real_pwrite(fd, octets, n, at);
}

ssize_t
pwrite(int fd, const void *octets, size_t n, off_t at)
{
    return pwrite64(fd, octets, n, at);
}

int
ftruncate64(int fd, off_t size)
{
    return fails(ON_WRITE, NULL, fd) ? -1 : real_ftruncate(fd, size);
}

int
ftruncate(int fd, off_t size)
{
    return ftruncate64(fd, size);
}

static int
sync_by(int (**real)(int), int fd)
{
    static const char end[] = "/trapline.db";
    char target[512];
    size_t n;
    int result;

    if (fails(ON_SYNC, NULL, fd))
        return -1;
    result = (*real)(fd);
    n = strlen(path_of(fd, target));
    if (result == 0 && n >= sizeof end && strcmp(target + n - (sizeof end - 1), end) == 0)
        __atomic_add_fetch(&control->synced, 1, __ATOMIC_RELAXED);
    return result;
}

int
fsync(int fd)
{
    return sync_by(&real_fsync, fd);
}

int
fdatasync(int fd)
{
    return sync_by(&real_fdatasync, fd);
}

int
open64(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list more;

    va_start(more, flags);
    if ((flags & O_CREAT) != 0)
        mode = va_arg(more, mode_t);
    va_end(more);
    begin();
    if ((flags & O_ACCMODE) != O_RDONLY && fails(ON_OPEN, path, -1))
        return -1;
    return real_open(path, flags, mode);
}

int
open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list more;

    va_start(more, flags);
    if ((flags & O_CREAT) != 0)
        mode = va_arg(more, mode_t);
    va_end(more);
    return open64(path, flags, mode);
}

/* A machine whose receive buffers are small: $TRAPLINE_SHIM_BUFFER octets. */
int
setsockopt(int fd, int level, int option, const void *value, socklen_t n)
{
    static int (*real)(int, int, int, const void *, socklen_t);
    const char *small = getenv("TRAPLINE_SHIM_BUFFER");
    int octets;

    if (real == NULL)
        *(void **) &real = dlsym(RTLD_NEXT, "setsockopt");
    if (small == NULL || level != SOL_SOCKET || (option != SO_RCVBUF && option != SO_RCVBUFFORCE))
        return real(fd, level, option, value, n);
    octets = atoi(small);
    return real(fd, level, SO_RCVBUF, &octets, sizeof octets);
}

int
clock_gettime(clockid_t which, struct timespec *at)
{
    int result;

    begin();
    result = real_clock(which, at);
    if (result == 0 && which == CLOCK_REALTIME)
        at->tv_sec += control->seconds;
    return result;
}
