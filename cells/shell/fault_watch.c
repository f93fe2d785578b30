/* SPDX-License-Identifier: MIT */
#include "fault_watch.h"

#include "system.h"
#include "terminal.h"
#include "warden.h"

#include <rt/text.h>
#include <sdk/cell.h>

void fault_watch_refresh(struct fault_watch *watch)
{
    struct cell_record cell;
    if (cell_by_name(watch->cell.name, &cell) == ST_OK)
        watch->cell = cell;
}

/* Edges come back before the cell runs, but the order is the warden's business. */
static bool watch_is_linked(const struct fault_watch *watch)
{
    for (uint32_t i = 0; i < EDGE_SLOTS; i++) {
        const struct cell_edge *edge = &cell_info()->edges[i];
        if (edge->state == PEER_DOWN && text_equal(edge->peer, watch->cell.name))
            return false;
    }
    return true;
}

bool fault_watch_is_up(struct fault_watch *watch)
{
    uint64_t deadline = tsc_after_ms(FAULT_UP_MS);
    do {
        fault_watch_refresh(watch);
        if (watch->cell.state == CELL_RUNNING && watch_is_linked(watch))
            return true;
    } while (tsc_read() < deadline && !terminal_interrupted() && terminal_wait_ms(FAULT_POLL_MS));
    return false;
}

/* The manifest's policy stands for that of a warden that does not answer. */
static bool watch_must_return(const struct fault_watch *watch)
{
    uint32_t policy = watch->cell.restart_policy;
    bool is_set = false;
    if (warden_policy(watch->cell.name, &policy, &is_set) != ST_OK)
        policy = watch->cell.restart_policy;
    return policy != RESTART_NEVER;
}

void fault_watch_begin(struct fault_watch *watch)
{
    watch->sight.must_return = watch_must_return(watch);
    fault_scene_settle(FAULT_UP_MS);
    fault_watch_refresh(watch);
    watch->epoch = watch->cell.epoch;
    fault_scene_take(&watch->before);
}

void fault_watch_notice(struct fault_watch *watch, uint64_t tsc)
{
    if (watch->noticed_tsc == 0)
        watch->noticed_tsc = tsc;
}

static void watch_look_for_crash(struct fault_watch *watch)
{
    struct crash_record crash;
    if (crash_by_id(watch->cell.id, &crash) != ST_OK || crash.tsc < watch->tsc)
        return;
    watch->sight.has_crashed = true;
    watch->sight.reason = crash.reason;
    fault_watch_notice(watch, crash.tsc);
}

void fault_watch_look_at_iommu(struct fault_watch *watch)
{
    struct dma_fault_record fault;
    uint64_t index = 0;
    uint64_t count = 0;
    while (system_next(QUERY_DMA_FAULT, &index, &fault, sizeof(fault)) == ST_OK) {
        if (fault.tsc < watch->tsc || fault.bdf + 1 != watch->cell.device)
            continue;
        count++;
        fault_watch_notice(watch, fault.tsc);
    }
    watch->sight.dma_faults = count;
}

void fault_watch_look(struct fault_watch *watch)
{
    watch_look_for_crash(watch);
    fault_watch_refresh(watch);
    watch->sight.is_running = watch->cell.state == CELL_RUNNING;
    watch->sight.is_new = watch->cell.epoch != watch->epoch;
}

bool fault_watch_is_back(const struct fault_watch *watch)
{
    const struct fault_sight *sight = &watch->sight;
    bool is_there = sight->is_new && sight->is_running;
    return is_there || watch->cell.state == CELL_FAILED || !sight->must_return;
}

void fault_watch_end(struct fault_watch *watch)
{
    fault_scene_settle(FAULT_UP_MS);
    fault_watch_look(watch);
    fault_scene_take(&watch->after);
    watch->sight.harmed = fault_harmed(watch->before.marks, watch->after.marks, CELL_MAX, watch->cell.id,
                                       &watch->harmed_first);
    watch->sight.oracle = fault_oracle(watch->cell.name);
}

uint64_t fault_watch_notice_us(const struct fault_watch *watch)
{
    return watch->noticed_tsc > watch->tsc ? tsc_to_ns(watch->noticed_tsc - watch->tsc) / 1000 : 0;
}

uint64_t fault_watch_outage_us(const struct fault_watch *watch)
{
    return watch->sight.is_new ? tsc_to_ns(watch->cell.outage_tsc) / 1000 : 0;
}
