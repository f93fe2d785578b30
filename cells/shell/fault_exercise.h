/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * Asks a cell things of which the right answer is known, by every gate it
 * offers us: echo who it is and sums, the clock the time, a driver its power
 * state, ipcbench whether its own oracle is content.
 *
 * Null: no answer was wrong; else what was, in a few words.  A call that was
 * not answered is not wrong, whoever stops a cell has its own record of that.
 * *answers grows by the answers that came.
 */
const char *fault_exercise(const char *cell, uint32_t *answers);
