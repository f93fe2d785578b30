/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/services.h>
#include <rt/status.h>
#include <stdint.h>

/*
 * What every driver cell offers besides its class: power states, and breaking
 * on purpose.  A cell has it by
 *     .provides = { ..., { DRIVER_INTERFACE, INTERFACE_GATE, n } }
 * with driver_call as the body of its nth gate entry, driver_init in its init
 * and driver_events first thing in its notified callback.  Both things happen
 * on the cell's own thread after the call has returned.
 */
struct driver_hooks {
    /*
     * D0 (0) .. D3hot (3): quiesce and suspend the device, or wake it and go on.
     * ST_AGAIN: not yet, ask again after the next event (requests are under way).
     * The cell's state becomes CELL_SUSPENDED or CELL_RUNNING accordingly.  May be null.
     */
    enum status (*power)(uint32_t state);
    /* FAULT_RING, FAULT_DMA, FAULT_IRQ_STORM; ST_UNSUPPORTED for what it has not.  May be null. */
    enum status (*fault)(enum fault_kind kind);
};

void driver_init(const struct driver_hooks *hooks);
/* -> the events that are left to handle; 0 while the cell plays stalled. */
uint64_t driver_events(uint64_t events);
uint64_t driver_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c);
