/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/cell.h>

/*
 * Which state may follow which.  Values outside the enum, as they may come in a
 * monitor call, are answered like illegal ones.
 *
 *   empty -> spawned -> initializing -> granted -> [probing ->] running <-> suspended
 *   any of these but empty -> crashed, stopped or failed: the cell is down
 *   down -> restarting, spawned (a new instance) or empty (forgotten)
 */
bool cell_state_may(enum cell_state from, enum cell_state to);

/* True while an instance exists: spawned to suspended. */
bool cell_state_is_up(enum cell_state state);
