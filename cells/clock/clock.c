/* SPDX-License-Identifier: MIT */

/* Time for cells that may not, or need not, know how it is measured. */

#include <abi/services.h>
#include <sdk/gate.h>

#define NS_PER_S UINT64_C(1000000000)

static uint64_t clock_monotonic_ns(void)
{
    return tsc_to_ns(tsc_read() - cell_info()->tsc_boot);
}

/* The firmware's time at hand-over plus what has passed since; good until the year 2554. */
static uint64_t clock_unix_ns(void)
{
    uint64_t seconds = cell_info()->unix_seconds, at_boot, now;
    if (seconds == 0)
        return 0;
    if (__builtin_mul_overflow(seconds, NS_PER_S, &at_boot) ||
        __builtin_add_overflow(at_boot, clock_monotonic_ns(), &now))
        return 0; /* a firmware that claims such a date knows nothing */
    return now;
}

GATE_ENTRY static uint64_t clock_call(uint64_t operation, uint64_t, uint64_t, uint64_t)
{
    switch (operation) {
    case CLOCK_MONOTONIC_NS:
        return clock_monotonic_ns();
    case CLOCK_UNIX_NS:
        return clock_unix_ns();
    default:
        return 0;
    }
}

static enum status clock_init(void)
{
    if (cell_info()->unix_seconds == 0)
        cell_log(LOG_WARN, "the firmware gave no wall time");
    return ST_OK;
}

static const struct cell_ops clock_ops = { .init = clock_init };

CELL(clock_ops,
     ((struct manifest){
         .name = "clock",
         .vendor = "Comb",
         .description = "monotonic and wall time",
         .version_major = 1,
         .restart_policy = RESTART_ALWAYS,
         .limits = { .memory_kib = 128, .priority = 12 },
         .provides = { { CLOCK_INTERFACE, INTERFACE_GATE, 0 } },
         .caps = { { CAP_WALL_TIME, RIGHT_READ, 0, 0 } },
     }),
     clock_call);
