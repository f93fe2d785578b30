/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * What BLOCKCHECK_PATTERN writes; the host's tests compute the same.  The 64-bit
 * little-endian word at byte offset o of the unit is
 *     block_pattern(seed, o / 4096) + o % 4096 / 8.
 */
static inline uint64_t block_pattern(uint64_t seed, uint64_t page)
{
    return ((seed + page) * UINT64_C(0x9E3779B97F4A7C15)) & ~UINT64_C(0xFFF);
}
