/* SPDX-License-Identifier: MIT */

/* The server's side of the block class: entry points, one turn, the timer. */

#include "block_service.h"

#include <rt/bits.h>
#include <sdk/monitor.h>

#define TIMEOUT_NS_PER_MS UINT64_C(1000000)

struct block_server block_server = { .driver_timer = WAIT_FOREVER };

enum status block_server_init(const struct block_driver *driver, struct block_unit *units,
                              uint32_t unit_count, uint32_t depth, uint32_t timeout_ms)
{
    if (unit_count > BLOCK_UNITS_MAX || depth == 0 || depth > BLOCK_DEPTH_MAX)
        return ST_RANGE;
    ASSERT(driver->reset != nullptr || timeout_ms == 0);
    block_server = (struct block_server){ .driver = driver,
                                          .units = units,
                                          .unit_count = unit_count,
                                          .depth = depth,
                                          .timeout_ticks = tsc_from_ns(timeout_ms * TIMEOUT_NS_PER_MS),
                                          .driver_timer = WAIT_FOREVER,
                                          .must_update = true };
    block_limit_init();
    block_stats_init();
    block_jobs_init();
    block_clients_init();
    return mon_notify(0); /* channels that were linked, and requests that came, before this instance ran */
}

/* The next moment at which this cell has to act by itself. */
static void server_timer_set(void)
{
    uint64_t deadline = u64_min(block_jobs_deadline(), block_limit_next());
    cell_timer_set(u64_min(deadline, block_server.driver_timer));
}

/*
 * Takes, submits, rings the device once.  A driver may answer in submit and in
 * kick; what that makes room for is the next turn's.
 */
static bool server_turn(void)
{
    block_jobs_offer();
    bool has_more = block_clients_serve();
    block_jobs_offer();
    if (block_server.must_kick) {
        block_server.must_kick = false;
        if (block_server.driver->kick != nullptr)
            block_server.driver->kick();
    }
    return has_more;
}

void block_server_events(uint64_t events)
{
    if (events & BIT64(EVENT_PEER) || block_server.must_update) {
        block_server.must_update = false;
        block_clients_update();
    }
    block_clients_rung(events >> EVENT_CHANNEL & (BIT64(CHANNEL_SLOTS) - 1));
    if (events & BIT64(EVENT_TIMER) || block_server.must_reset)
        block_jobs_expire(tsc_read());
    bool has_more = !block_server.is_paused && server_turn();
    block_clients_publish();
    server_timer_set();
    /* Come back through wait, so that gate calls get in between and the watchdog is content. */
    if (has_more)
        (void)mon_notify(0);
}

bool block_server_pause(bool is_paused)
{
    if (block_server.is_paused && !is_paused)
        (void)mon_notify(0);
    block_server.is_paused = is_paused;
    return block_jobs_submitted() == 0;
}

void block_server_reset(void)
{
    block_server.must_reset = true;
    (void)mon_notify(0);
}

void block_server_timer(uint64_t deadline_tsc)
{
    block_server.driver_timer = deadline_tsc;
    server_timer_set();
}

void block_server_corrupt(bool is_ring)
{
    if (is_ring)
        block_server.corrupts_ring = true;
    else
        block_server.corrupts_dma = true;
}
