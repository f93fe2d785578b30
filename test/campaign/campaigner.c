/* SPDX-License-Identifier: MIT */

/*
 * The campaigner's frame: does once what the bundle asks for, and says that it is done.  Its priority
 * stands above that of what it damages, which may come to poll without end.
 */

#include "campaign.h"

#include <abi/channel.h>
#include <abi/services.h>
#include <sdk/monitor.h>

cap_handle campaign_cells(void)
{
    const struct cell_cap *cap = cell_cap_find(CAP_CELLS);
    ASSERT(cap != nullptr);
    return cap->handle;
}

void campaign_sleep(uint64_t ms)
{
    uint64_t deadline = tsc_after_ms(ms);
    do
        cell_keep(cell_wait(deadline) & ~BIT64(EVENT_TIMER));
    while (tsc_read() < deadline);
}

static void campaign_run(void)
{
    subject_rehearse();
    witness_begin();
    if (!flips_run())
        images_run();
    tally_log();
}

static void campaign_notified(uint64_t events)
{
    static bool has_run;
    if ((events & BIT64(EVENT_SELF)) == 0 || has_run)
        return;
    has_run = true;
    campaign_run();
}

/* From the main loop: everybody else is to be up before the counting begins. */
static enum status campaign_start(void)
{
    return mon_notify(0);
}

static const struct cell_ops campaign_ops = { .start = campaign_start, .notified = campaign_notified };

CELL(campaign_ops,
     ((struct manifest){
         .name = "campaigner",
         .vendor = "Comb",
         .description = "damages cells and looks at what comes of it",
         .version_major = 1,
         .restart_policy = RESTART_NEVER,
         .limits = { .memory_kib = 256, .operation_timeout_ms = 10000, .priority = 20 },
         .uses = { { ECHO_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL | INTERFACE_MANY, CHANNEL_KIB_MIN } },
         .caps = { { CAP_CELLS, RIGHT_READ | RIGHT_OBSERVE | RIGHT_CONTROL, 0, 0 } },
     }));
