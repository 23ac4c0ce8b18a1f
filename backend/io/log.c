/* One write a line, so that several processes can share the file. A full disk loses lines and nothing else. */
#include "io/log.h"

#include "api/loop.h"
#include "api/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PLACES = 128, LINES_A_MINUTE = 10, LINE_MAX_OCTETS = 2000, ROTATE_AT = 8 << 20 };

/* One place in the program, known by the address of its format. */
struct place {
    const char *format;
    int64_t since;
    unsigned written, left_out;
};

static struct {
    int fd;
    bool ours;
    enum log_level level;
    char program[32];
    struct place places[PLACES];
} the_log = { .fd = -1 };

static const char *const words[] = { "error", "warning", "info", "debug" };

bool
log_level_parse(const char *word, enum log_level *out)
{
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0) {
            *out = (enum log_level) i;
            return true;
        }
    return false;
}

static void
put_line(enum log_level level, const char *text)
{
    char line[LINE_MAX_OCTETS + 200], stamp[40];
    int64_t now = loop_wall();
    time_t seconds = (time_t) (now / LOOP_S(1));
    struct tm tm;
    ssize_t n;

    gmtime_r(&seconds, &tm);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm);
    n = snprintf(line, sizeof line, "%s.%03dZ %-7s %s[%d]: %s\n", stamp, (int) (now % LOOP_S(1) / LOOP_MS(1)),
                 words[level], the_log.program, (int) getpid(), text);
    n = write(the_log.fd, line, (size_t) n);
    (void) n;
}

static void
tell_left_out(struct place *p)
{
    char text[160];

    if (p->left_out == 0)
        return;
    snprintf(text, sizeof text, "(%u more lines like \"%.60s\" were left out)", p->left_out, p->format);
    put_line(LOG_LEVEL_WARNING, text);
    p->left_out = 0;
}

static bool
may_write(const char *format)
{
    size_t first = (uintptr_t) format / 8 % PLACES;
    int64_t now = loop_clock();
    struct place *p = &the_log.places[first];

    for (size_t i = 0; i < PLACES && p->format != NULL && p->format != format; i++)
        p = &the_log.places[(first + i) % PLACES];
    if (p->format != format || now - p->since >= LOOP_S(60)) {
        if (p->format != NULL)
            tell_left_out(p);
        *p = (struct place) { format, now, 0, 0 };
    }
    if (p->written < LINES_A_MINUTE) {
        p->written++;
        return true;
    }
    p->left_out++;
    return false;
}

void
log_write(enum log_level level, const char *format, ...)
{
    char raw[LINE_MAX_OCTETS], text[LINE_MAX_OCTETS];
    va_list args;
    int n;

    if (the_log.fd < 0 || level > the_log.level || !may_write(format))
        return;
    va_start(args, format);
    n = vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    if (n < 0)
        return;
    text_sanitize((const uint8_t *) raw, strlen(raw), text, sizeof text);
    put_line(level, text);
}

void
log_open_descriptor(int fd, const char *program, enum log_level level)
{
    log_close();
    the_log.fd = fd;
    the_log.level = level;
    snprintf(the_log.program, sizeof the_log.program, "%s", program);
}

static void
rotate(const char *path)
{
    struct stat st;
    char old[1100];

    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > ROTATE_AT &&
        snprintf(old, sizeof old, "%s.1", path) < (int) sizeof old)
        rename(path, old);
}

bool
log_open(const char *path, const char *program, enum log_level level, struct failure *why)
{
    int fd;

    rotate(path);
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
    if (fd < 0)
        return failure_errno(why, errno, "cannot open the log %s", path);
    log_open_descriptor(fd, program, level);
    the_log.ours = true;
    return true;
}

void
log_close(void)
{
    if (the_log.fd < 0)
        return;
    for (size_t i = 0; i < PLACES; i++)
        tell_left_out(&the_log.places[i]);
    if (the_log.ours)
        close(the_log.fd);
    memset(&the_log, 0, sizeof the_log);
    the_log.fd = -1;
}

int
log_descriptor(void)
{
    return the_log.fd;
}
