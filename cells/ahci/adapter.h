/* SPDX-License-Identifier: MIT */
#pragma once

#include "disk.h"

/* The adapter with all its disks; unit n is the nth disk in the order of the ports. */

/* Takes the adapter over and starts every disk there is -> units, their count.  Once; sleeps. */
enum status adapter_begin(struct block_unit **units, uint32_t *count);
/* Jobs that can be under way at once. */
uint32_t adapter_depth(void);

/* The block server's. */
enum status adapter_submit(struct block_job *job);
void adapter_kick(void);
/* After a timeout: stops everything, starts all disks again. */
enum status adapter_reset(void);

/* Answers what is done -> whether anything is. */
bool adapter_collect(void);
void adapter_interrupt(void);
bool adapter_is_busy(void);

/* D1 .. D3hot, with nothing under way; and back. */
enum status adapter_suspend(uint32_t state);
enum status adapter_resume(void);
/* For good: what the disks have cached becomes durable. */
void adapter_end(void);
