/* SPDX-License-Identifier: MIT */
#pragma once

#include "namespace.h"

/*
 * The controller from its first reset to its shutdown.  Every step is bounded
 * in time; all of them sleep, so the main thread only.
 */

/* Registers, memory, first reset, what there is.  Once. */
enum status life_begin(struct namespaces *namespaces);
/* After a timeout: resets the controller, if that does not help the function.  Nothing is under way then. */
enum status life_reset(void);
/* D1 .. D3hot, with nothing under way; and back, to an empty controller. */
enum status life_suspend(uint32_t state);
enum status life_resume(void);
/* For good: what the controller has cached becomes durable. */
void life_end(void);
/* Collects, and handles what the controller reports by itself. */
void life_interrupt(void);
