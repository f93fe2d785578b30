/* SPDX-License-Identifier: MIT */
#pragma once

#include <rt/status.h>
#include <sdk/cell.h>

/*
 * Requests to a block server that are under way while it is broken: reads, so
 * that nothing on the device changes.
 */
struct fault_load_result {
    uint32_t sent, answered, failed;
    uint32_t lost;    /* no answer at all */
    uint32_t differs; /* answered with another content than the first time since fault_load_forget */
    uint64_t replayed;
};

/* Puts them into the ring without waking the server.  Not ST_OK: nothing to read, or no answer. */
enum status fault_load_begin(const struct cell_edge *edge);
/* Now it may look. */
void fault_load_kick(void);
/* Waits for all answers; `replayed` is what the present instance found owed. */
void fault_load_end(uint64_t deadline_tsc, struct fault_load_result *result);
/* Whatever is read next is what is right from then on. */
void fault_load_forget(void);
