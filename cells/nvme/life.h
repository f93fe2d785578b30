/* SPDX-License-Identifier: MIT */
#pragma once

#include "namespace.h"

/*
 * The controller from its first reset to its shutdown.  Every step is bounded
 * in time; all of them sleep, so the main thread only.
 */

/* Registers, memory, first reset, what there is.  Once. */
enum status life_begin(struct namespaces *namespaces);
/* From any state to empty queues, and the units brought up to date. */
enum status life_restart(void);
/* With nothing under way: what the controller has cached becomes durable, and it is off. */
enum status life_suspend(void);
/* For good: what the controller has cached becomes durable. */
void life_end(void);
/* Collects, and handles what the controller reports by itself. */
void life_interrupt(uint64_t events) GRANT_HOLDS(block_server_grant);
