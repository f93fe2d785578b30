/* SPDX-License-Identifier: MIT */
#include "wall_time.h"

#define TIMEZONE_MINUTES_MAX 1440
#define DAYS_FROM_0000_03_01_TO_1970 719468

/* Days since 1970-01-01 of a Gregorian date.  Years begin in March, so that a leap day ends one. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
    int64_t shifted_year = month <= 2 ? year - 1 : year;
    int64_t shifted_month = (month + 9) % 12;
    int64_t day_of_year = (153 * shifted_month + 2) / 5 + day - 1;

    return 365 * shifted_year + shifted_year / 4 - shifted_year / 100 + shifted_year / 400 + day_of_year -
           DAYS_FROM_0000_03_01_TO_1970;
}

static bool is_time_sane(const EFI_TIME *time)
{
    return time->Year >= 1970 && time->Year <= 9999 && time->Month >= 1 && time->Month <= 12 &&
           time->Day >= 1 && time->Day <= 31 && time->Hour <= 23 && time->Minute <= 59 && time->Second <= 59;
}

/* UTC is local time plus TimeZone; unspecified counts as UTC.  [UEFI 8.3] */
static int64_t zone_seconds(const EFI_TIME *time)
{
    if (time->TimeZone < -TIMEZONE_MINUTES_MAX || time->TimeZone > TIMEZONE_MINUTES_MAX)
        return 0;
    return (int64_t)time->TimeZone * 60;
}

void wall_time_read(const struct firmware *firmware, struct boot_time *time)
{
    EFI_TIME now = { 0 };
    EFI_STATUS result = firmware->system->RuntimeServices->GetTime(&now, NULL);

    time->tsc = __builtin_ia32_rdtsc();
    if (EFI_ERROR(result) || !is_time_sane(&now))
        return;
    int64_t seconds = days_from_date(now.Year, now.Month, now.Day) * 86400 + (int64_t)now.Hour * 3600 +
                      (int64_t)now.Minute * 60 + now.Second + zone_seconds(&now);
    time->unix_seconds = seconds > 0 ? (uint64_t)seconds : 0;
}
