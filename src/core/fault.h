/* SPDX-License-Identifier: MIT */
#pragma once

#include "cell.h"
#include "edge.h"

/*
 * Containment: a cell that breaks is stopped, the threads inside it go on in
 * their callers with an error, and a record says what happened.
 */
struct fault {
    enum crash_reason reason; /* CRASH_GATE, CRASH_WATCHDOG, CRASH_OTHER and beyond */
    uint32_t vector, error;
    uint64_t address;
};

/* `guilty` broke while the current thread ran. */
void fault_cell(struct cell *guilty, const struct fault *fault);
/* `cell` has gone too far, whoever runs: it ends as crashed for `reason`. */
void fault_stop(struct cell *cell, enum crash_reason reason);
/* The thread of `home` has not waited lately: is anybody overdue? */
void fault_watchdog(struct cell *home);
/* `cell` wrote nonsense into its own gate page. */
void fault_gate_corrupt(struct cell *cell);
/* A call through `edge` whose return was trapped came back on the thread of `home`. */
void fault_edge_returned(struct cell *home, struct edge *edge);
