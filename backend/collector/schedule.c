#include "collector/schedule.h"

#include "core/memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DAY_S = 86400, DAYS_BACK = 8 };

/* Bit n: the day n of the week, Sunday is 0. */
static unsigned
days_of(const char *text, size_t n)
{
    static const struct {
        const char *word;
        unsigned days;
    } table[] = { { "weekdays", 0x3e }, { "daily", 0x7f }, { "sun", 1 },  { "mon", 2 },  { "tue", 4 },
                  { "wed", 8 },         { "thu", 16 },     { "fri", 32 }, { "sat", 64 } };
    unsigned days = 0;

    while (n > 0) {
        size_t word = 0;

        while (word < n && text[word] != ',' && text[word] != ' ')
            word++;
        for (size_t i = 0; i < sizeof table / sizeof *table; i++)
            if (strlen(table[i].word) == word && memcmp(table[i].word, text, word) == 0)
                days |= table[i].days;
        word += word < n;
        text += word;
        n -= word;
    }
    return days;
}

static void
set_zone(const char *zone)
{
    if (zone != NULL)
        setenv("TZ", zone, 1);
    else
        unsetenv("TZ");
    tzset();
}

int64_t
schedule_last(const char *at, const char *zone, int64_t now)
{
    const char *blank = strrchr(at, ' '), *clock = blank != NULL ? blank + 1 : at;
    unsigned days = blank != NULL ? days_of(at, (size_t) (blank - at)) : 0x7f;
    char *before = memory_text(getenv("TZ"));
    int hour = 0, minute = 0;
    int64_t last = 0;

    sscanf(clock, "%2d:%2d", &hour, &minute);
    if (zone != NULL)
        set_zone(zone);
    for (int back = 0; back < DAYS_BACK && last == 0; back++) {
        time_t t = (time_t) (now / 1000000000);
        struct tm day;

        localtime_r(&t, &day);
        day.tm_mday -= back;
        day.tm_hour = hour;
        day.tm_min = minute;
        day.tm_sec = 0;
        day.tm_isdst = -1;
        t = mktime(&day);
        if ((days & 1u << day.tm_wday) != 0 && (int64_t) t * 1000000000 <= now)
            last = (int64_t) t * 1000000000;
    }
    if (zone != NULL)
        set_zone(before);
    free(before);
    return last;
}
