/* SPDX-License-Identifier: MIT */
#include "live.h"

#include "report.h"
#include "system.h"

#include <sdk/cell.h>

#define LIVE_LEVEL LOG_WARN
#define LIVE_RECORDS_MAX 4096u /* per look; more than the monitor keeps */

struct live {
    uint64_t next; /* sequence of the log record to read next */
    bool is_held;  /* `held` matters and is not printed yet */
    struct log_record held;
    uint64_t crash_tsc[CELL_MAX]; /* of the last crash reported */
};

static struct live live;

/* Moves to the next record that matters; false: none yet. */
static bool live_find(void)
{
    for (uint32_t i = 0; i < LIVE_RECORDS_MAX && !live.is_held; i++) {
        if (system_log_read(live.next, &live.held, &live.next) != ST_OK)
            return false;
        live.is_held = live.held.level <= LIVE_LEVEL;
    }
    return live.is_held;
}

/* The crash of `id`, if it is not the one reported last. */
static bool live_crash_is_new(uint32_t id, struct crash_record *crash)
{
    if (crash_by_id(id, crash) != ST_OK || crash->tsc == live.crash_tsc[id])
        return false;
    live.crash_tsc[id] = crash->tsc;
    return true;
}

static void live_crashes_print(const struct output *output)
{
    struct crash_record crash;
    for (uint32_t id = 1; id < CELL_MAX; id++)
        if (live_crash_is_new(id, &crash))
            report_crash(output, &crash);
}

/* Everything that was there before us counts as seen, crashes but our own included. */
static void live_skip(void)
{
    struct crash_record crash;
    uint64_t own_tsc = crash_by_id(cell_info()->id, &crash) == ST_OK ? crash.tsc : UINT64_MAX;
    while (live_find() && live.held.tsc < own_tsc)
        live.is_held = false;
    for (uint32_t id = 1; id < CELL_MAX; id++)
        if (crash_by_id(id, &crash) == ST_OK && crash.tsc < own_tsc)
            live.crash_tsc[id] = crash.tsc;
}

void live_begin(void)
{
    if (cell_info()->epoch > 1)
        live_skip();
}

bool live_has_news(void)
{
    return live_find();
}

/* An error may stand for a crash: its record has the rest. */
void live_print(const struct output *output)
{
    bool has_error = false;
    while (live_find()) {
        report_log_record(output, &live.held);
        has_error |= live.held.level == LOG_ERROR;
        live.is_held = false;
    }
    if (has_error)
        live_crashes_print(output);
}
