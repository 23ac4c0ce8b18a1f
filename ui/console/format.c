/* How things are written. */
#include "console/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

char *
format_number(uint64_t number, char text[FORMAT_MAX])
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long) number), at = 0;

    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            text[at++] = ' ';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

char *
format_age(int64_t s, char text[FORMAT_MAX])
{
    if (s < 0)
        s = 0;
    if (s < 60)
        snprintf(text, FORMAT_MAX, "%d s", (int) s);
    else if (s < 3600)
        snprintf(text, FORMAT_MAX, "%d m", (int) (s / 60));
    else if (s < 86400)
        snprintf(text, FORMAT_MAX, "%d h %02d", (int) (s / 3600), (int) (s / 60 % 60));
    else
        snprintf(text, FORMAT_MAX, "%lld d", (long long) (s / 86400));
    return text;
}

char *
format_time(int64_t at, int64_t now, char text[FORMAT_MAX])
{
    time_t t = (time_t) (at / 1000000000), n = (time_t) (now / 1000000000);
    struct tm a, b;

    localtime_r(&t, &a);
    localtime_r(&n, &b);
    if (a.tm_yday == b.tm_yday && a.tm_year == b.tm_year)
        strftime(text, FORMAT_MAX, "%H:%M:%S", &a);
    else if (a.tm_year == b.tm_year)
        strftime(text, FORMAT_MAX, "%b %d", &a);
    else
        strftime(text, FORMAT_MAX, "%Y-%m", &a);
    return text;
}

char *
format_instant(int64_t at, char text[FORMAT_MAX])
{
    time_t t = (time_t) (at / 1000000000);
    char clock[40];
    struct tm a;

    localtime_r(&t, &a);
    strftime(clock, sizeof clock, "%a %Y-%m-%d %H:%M:%S", &a);
    snprintf(text, FORMAT_MAX, "%s.%03d", clock, (int) (at / 1000000 % 1000));
    return text;
}

static const struct {
    const char *symbol, *two;
    enum role role;
} severities[] = {
    [SEVERITY_OK] = {"○", "ok", ROLE_OK},           [SEVERITY_INFO] = {"•", "in", ROLE_INFO},
    [SEVERITY_WARNING] = {"▲", "wa", ROLE_WARNING}, [SEVERITY_MINOR] = {"◇", "mi", ROLE_MINOR},
    [SEVERITY_MAJOR] = {"◆", "ma", ROLE_MAJOR},     [SEVERITY_CRITICAL] = {"●", "cr", ROLE_CRITICAL},
};

const char *
severity_symbol(enum severity severity)
{
    return severities[severity].symbol;
}

const char *
severity_two(enum severity severity)
{
    return severities[severity].two;
}

enum role
severity_role(enum severity severity)
{
    return severities[severity].role;
}

static const char *const heights[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

void
draw_spark(struct canvas *canvas, int y, int x, const int64_t *sample, int n, int width)
{
    int from = n > width ? n - width : 0;
    int64_t most = 1, sum = 0;
    int answers = 0;

    for (int i = from; i < n; i++)
        if (sample[i] >= 0) {
            most = sample[i] > most ? sample[i] : most;
            sum += sample[i];
            answers++;
        }
    /* Steady is half high: only what stands out fills the cell. */
    if (answers > 0 && most < 2 * sum / answers)
        most = 2 * sum / answers;
    for (int i = from; i < n; i++) {
        int64_t height = sample[i] < 0 ? 0 : sample[i] * 7 / most;
        canvas_run(canvas, y, x + width - n + i, 1, ROLE_SPARK, sample[i] < 0 ? "╌" : heights[height]);
    }
}

void
draw_histogram(struct canvas *canvas, int y, int x, int rows, const unsigned *bin, int n)
{
    unsigned most = 1;

    for (int i = 0; i < n; i++)
        most = bin[i] > most ? bin[i] : most;
    for (int i = 0; i < n; i++) {
        unsigned eighths = bin[i] == 0 ? 0 : (unsigned) ((uint64_t) bin[i] * (unsigned) rows * 8 / most);
        eighths = bin[i] > 0 && eighths == 0 ? 1 : eighths;
        for (int row = 0; row < rows; row++) {
            unsigned here = eighths > (unsigned) (rows - 1 - row) * 8 ? eighths - (unsigned) (rows - 1 - row) * 8 : 0;
            if (here > 0)
                canvas_run(canvas, y + row, x + i, 1, ROLE_SPARK, heights[here > 8 ? 7 : here - 1]);
            else if (row == rows - 1)
                canvas_run(canvas, y + row, x + i, 1, ROLE_FRAME, "▁");
        }
    }
}

int
draw_fact(struct canvas *canvas, int y, int x, int label_width, const char *label, const char *format, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    canvas_text(canvas, y, x, label_width, ROLE_DIM, label);
    canvas_text(canvas, y, x + label_width + 1, -1, ROLE_TEXT, text);
    return y + 1;
}

/* Is the line break after a line of so many octets one of the file only, not one that was meant? */
static bool
is_soft_break(size_t line, const char *after)
{
    if (line < 40 || *after == '\0' || strchr(" \t\n-*", *after) != NULL)
        return false;
    if (after[0] == 'o' && after[1] == ' ')
        return false;
    return !(*after >= '0' && *after <= '9') || strcspn(after, " .)") > 3 || after[strcspn(after, " .)")] == ' ';
}

int
draw_prose(struct canvas *canvas, int y, int x, int width, int lines, enum role role, const char *text)
{
    char joined[8192];
    size_t n = 0, line = 0;

    for (; *text != '\0' && n + 1 < sizeof joined; text++) {
        bool end = *text == '\n';

        joined[n++] = end && is_soft_break(line, text + 1) ? ' ' : *text;
        line = end ? 0 : line + 1;
    }
    joined[n] = '\0';
    return canvas_wrap(canvas, y, x, width, lines, role, joined);
}

const char *
mib_access_word(enum mib_access access)
{
    static const char *const words[] = {
        [MIB_ACCESS_NONE] = "",
        [MIB_NOT_ACCESSIBLE] = "not-accessible",
        [MIB_ACCESSIBLE_FOR_NOTIFY] = "accessible-for-notify",
        [MIB_READ_ONLY] = "read-only",
        [MIB_READ_WRITE] = "read-write",
        [MIB_READ_CREATE] = "read-create",
        [MIB_WRITE_ONLY] = "write-only",
    };
    return (size_t) access < sizeof words / sizeof *words ? words[access] : "";
}

const char *
mib_status_word(enum mib_status status)
{
    static const char *const words[] = {"", "current", "deprecated", "obsolete"};
    return (size_t) status < sizeof words / sizeof *words ? words[status] : "";
}

const char *
mib_kind_word(enum mib_kind kind)
{
    static const char *const words[] = {"node", "scalar", "table", "row", "column", "notification", "group",
                                        "compliance", "capabilities"};
    return (size_t) kind < sizeof words / sizeof *words ? words[kind] : "";
}
