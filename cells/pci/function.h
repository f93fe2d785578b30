/* SPDX-License-Identifier: MIT */
#pragma once

#include "window.h"

#include <abi/capability.h>
#include <stdint.h>

struct bridge;

/*
 * Functions: announcing them, and what the monitor knows of those announced.
 * Nothing is kept here, so a new instance of this cell goes on from the truth.
 */
#define FUNCTION_MAX 64u /* that the monitor keeps records of */

void functions_open(cap_handle pci, cap_handle cells);

/* Sees that it has addresses, then announces it; says why when it cannot be used. */
void function_found(uint32_t bdf, const struct bridge *above);

/* What lies behind `bridge`. */
enum function_use {
    FUNCTIONS_NONE = 0, /* nothing announced */
    FUNCTIONS_IDLE,
    FUNCTIONS_DRIVEN,
    FUNCTIONS_LEAVING, /* withdrawn, but a cell still holds one */
};
enum function_use functions_use(const struct bridge *bridge);

/* Withdraws all behind `bridge`; null: all that do not answer any more. */
void functions_withdraw(const struct bridge *bridge);
/* Asks the warden to end the drivers of all behind `bridge`. */
void functions_release(const struct bridge *bridge);
/* The memory of all behind `bridge` -> number of ranges. */
uint32_t functions_ranges(const struct bridge *bridge, struct range *ranges, uint32_t max);
uint32_t functions_count(void);
