/* SPDX-License-Identifier: MIT */
#pragma once

#include "places.h"

#include <sdk/cell.h>
#include <sdk/monitor.h>

uint64_t recycle_attack(uint64_t variant); /* 33 */
uint64_t frame_attack(uint64_t variant);   /* 34 */
uint64_t crash_attack(uint64_t variant);   /* 36 */

uint32_t recycle_variants(void);
uint32_t frame_variants(void);
uint32_t crash_variants(void);

/* The number of something's address. */
static inline uint64_t address_of(const volatile void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}
