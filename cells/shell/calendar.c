/* SPDX-License-Identifier: MIT */
#include "calendar.h"

#include <rt/text.h>

#define SECONDS_PER_DAY 86400u
#define NS_PER_SECOND 1000000000u
#define YEAR_MIN 1970u

static bool year_is_leap(uint32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint32_t month_days(uint32_t year, uint32_t month)
{
    static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return month == 1 && year_is_leap(year) ? 29 : days[month];
}

/* 64 bits of nanoseconds end in the year 2554: the loops are short. */
void calendar_format(uint64_t unix_ns, char text[CALENDAR_TEXT_BYTES])
{
    uint64_t seconds = unix_ns / NS_PER_SECOND;
    uint32_t days = (uint32_t)(seconds / SECONDS_PER_DAY);
    uint32_t second = (uint32_t)(seconds % SECONDS_PER_DAY);
    uint32_t year = YEAR_MIN;
    uint32_t month = 0;
    while (days >= (year_is_leap(year) ? 366u : 365u))
        days -= year_is_leap(year++) ? 366u : 365u;
    while (days >= month_days(year, month))
        days -= month_days(year, month++);
    (void)text_format(text, CALENDAR_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ", year, month + 1,
                      days + 1, second / 3600, second / 60 % 60, second % 60,
                      (uint32_t)(unix_ns % NS_PER_SECOND / 1000));
}
