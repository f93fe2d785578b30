/* SPDX-License-Identifier: MIT */
#pragma once

#include "fault_case.h"

#include <abi/cell.h>

/* All cells at one moment, to see later which of them are not what they were. */
struct fault_scene {
    struct fault_mark marks[CELL_MAX];
    uint64_t dma_faults; /* of all devices */
};

void fault_scene_take(struct fault_scene *scene);

/* Waits, at most `ms`, until no cell is on its way up or back: that would look like harm. */
void fault_scene_settle(uint64_t ms);

/*
 * Asks those around `victim` what they must be able to answer: every other echo
 * who it is, the clock for the time, the ramdisk for a pattern it is given (the
 * block's content is put back).  Null: all right; else what is wrong.
 */
const char *fault_oracle(const char *victim);
