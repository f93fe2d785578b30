/* SPDX-License-Identifier: MIT */

/* The CPU budget: this cell may use half a CPU, and tries to use all of it. */

#include "check.h"
#include "sets.h"
#include "system.h"

#include <sdk/cell.h>
#include <sdk/monitor.h>

#define BURN_MS 400u
#define STEP_MS 5u
#define PERIOD_MS 100u /* of the monitor's budget: one may be had in full at either end */
#define STEPS_MAX 100000u

static uint64_t cpu_used(void)
{
    struct cell_record record;
    uint64_t next = 0;
    cell_keep(cell_wait(WAIT_NOT)); /* coming back to wait settles the account */
    enum status status = mon_query(cell_cap_find(CAP_CELLS)->handle, QUERY_CELL, cell_info()->id, &record,
                                   sizeof(record), &next);
    return status == ST_OK ? record.cpu_tsc : 0;
}

static void burn(uint64_t ticks)
{
    uint64_t end = tsc_read() + ticks;
    while (tsc_read() < end) {}
}

void set_budget(void)
{
    uint64_t start = tsc_read();
    uint64_t cpu = cpu_used();
    uint64_t wanted = tsc_from_ns(BURN_MS * UINT64_C(1000000));
    uint64_t used = 0;
    for (uint32_t i = 0; used < wanted && i < STEPS_MAX; i++) {
        burn(tsc_from_ns(STEP_MS * UINT64_C(1000000)));
        used = cpu_used() - cpu;
    }
    uint64_t elapsed = tsc_read() - start;
    check_case("half a CPU: %lu ticks used in %lu", used, elapsed);
    EXPECT(used >= wanted);
    EXPECT(elapsed + tsc_from_ns(PERIOD_MS * UINT64_C(1000000)) >= 2 * used);
}
