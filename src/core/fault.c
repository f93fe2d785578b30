/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include "kept.h"
#include "log.h"
#include "panic.h"

#include <rt/bits.h>
#include <rt/text.h>

/* The last open edge of `home` that leads into `cell`; null: none. */
static struct edge *edge_into(const struct cell *home, const struct cell *cell)
{
    struct edge *chain[CALL_DEPTH_MAX];
    uint32_t depth = arch_gate_chain(home, chain, CALL_DEPTH_MAX);
    for (uint32_t i = depth; i-- > 0;)
        if (chain[i]->callee == cell->id)
            return chain[i];
    return nullptr;
}

static void fault_record(struct cell *guilty, const struct cell *home, const struct fault *fault)
{
    const struct edge *edge = edge_into(home, guilty);
    struct crash_record *crash = &guilty->crash;
    *crash = (struct crash_record){
        .cell = guilty->id,
        .epoch = guilty->epoch,
        .reason = fault->reason,
        .vector = fault->vector,
        .error = fault->error,
        .edge = edge != nullptr ? edge->id : EDGE_NONE,
        .caller = edge != nullptr ? edge->caller : 0,
        .address = fault->address,
        .tsc = arch_tsc(),
    };
    arch_thread_registers(home, &crash->registers, &crash->pkru);
    text_copy(crash->name, sizeof crash->name, guilty->name);
    cell_locate(crash->registers.rip, &crash->image, &crash->image_offset);
    static const char *const words[] = {
        [CRASH_GATE] = "gate violation",       [CRASH_WATCHDOG] = "watchdog",   [CRASH_OTHER] = "exception",
        [CRASH_LIMIT] = "too many interrupts", [CRASH_STALL] = "serves nobody", [CRASH_DEVICE] = "device lost"
    };
    kept_add(crash);
    log_write(LOG_ERROR, 0, "%s stopped: %s %u/%x at %lx", guilty->name, words[crash->reason], crash->vector,
              crash->error, crash->registers.rip);
}

void fault_cell(struct cell *guilty, const struct fault *fault)
{
    guilty->crashes++;
    const struct cell *current = sched_current(); /* null: found while picking who runs next */
    fault_record(guilty, current != nullptr ? current : guilty, fault);
    cell_crash(guilty, fault->reason == CRASH_WATCHDOG ? ST_TIMEOUT : ST_CRASHED);
}

void fault_stop(struct cell *cell, enum crash_reason reason)
{
    const struct fault fault = { .reason = reason };
    if (cell->dying)
        return;
    cell->crashes++;
    fault_record(cell, cell, &fault);
    cell_end(cell, CELL_CRASHED);
}

void fault_gate_corrupt(struct cell *cell)
{
    static const struct fault corrupt = { .reason = CRASH_GATE };
    fault_cell(cell, &corrupt);
}

/*
 * Looks at a thread that has not waited lately.  In its own code, its own time
 * counts.  In a call, the innermost callee's does, from the first look on; the
 * return is trapped, so that a quick callee is not blamed for a caller that
 * loops, and a caller is not charged for a slow callee.
 */
void fault_watchdog(struct cell *home)
{
    static const struct fault watchdog = { .reason = CRASH_WATCHDOG };
    struct edge *chain[CALL_DEPTH_MAX];
    uint32_t depth = arch_gate_chain(home, chain, CALL_DEPTH_MAX);
    if (depth == 0) {
        if (home->thread.since_wait >= home->timeout_tsc)
            fault_cell(home, &watchdog);
        return;
    }
    struct edge *inner = chain[depth - 1];
    struct cell *callee = cell_at(inner->callee);
    if (inner->watch_tsc == 0) {
        inner->watch_tsc = home->thread.cpu_tsc + callee->timeout_tsc;
        inner->watch_from = home->thread.since_wait;
        arch_gate_trap_return(inner, true);
    } else if (home->thread.cpu_tsc >= inner->watch_tsc) {
        home->thread.since_wait = inner->watch_from;
        fault_cell(callee, &watchdog);
    }
}

void fault_edge_returned(struct cell *home, struct edge *edge)
{
    arch_gate_trap_return(edge, false);
    if (edge->watch_tsc != 0) {
        edge->watch_tsc = 0;
        home->thread.since_wait = edge->watch_from;
    }
    sched_restore(home);
    sched_lock_free(cell_at(edge->callee));
    struct cell *caller = cell_at(edge->caller);
    if (caller->dying)
        cell_end(caller, (enum cell_state)caller->dying_state);
}
