/* When a digest with an `at` is due: "07:00", "weekdays 07:00", "mon,thu 18:30", in a time zone. */
#ifndef COLLECTOR_SCHEDULE_H
#define COLLECTOR_SCHEDULE_H

#include <stdint.h>

/* The last such moment at or before `now` (wall clock, nanoseconds). `zone` NULL: the machine's. The text was checked when
 * the settings were read. A time that the clock leaps over in spring is the moment after the leap; one that it passes
 * twice in autumn comes once. */
int64_t schedule_last(const char *at, const char *zone, int64_t now);

#endif
