/* SPDX-License-Identifier: MIT */
#pragma once

#include <arch/arch.h>

/*
 * Physical frames: who owns each, and how many are left.  A frame handed out
 * is always zeroed.
 */
enum frame_use { FRAME_FREE, FRAME_NONE, FRAME_MONITOR, FRAME_TABLE, FRAME_CELL, FRAME_SHARED, FRAME_USES };

#define FRAME_OWNER_MONITOR 0u

void frame_init(const struct boot_info *boot);
/* ST_NO_MEMORY; owner is a cell id, counted in frame_owned. */
enum status frame_take(enum frame_use use, uint32_t owner, phys_addr *frame);
/* `count` frames in a row. */
enum status frame_take_run(enum frame_use use, uint32_t owner, uint64_t count, phys_addr *first);
void frame_release(phys_addr frame);
uint64_t frame_count(enum frame_use use); /* FRAME_FREE: free ones */
uint64_t frame_total(void);
uint64_t frame_owned(uint32_t owner);
