/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * What a histogram of powers of two tells: bucket n holds what took [2^n, 2^(n+1))
 * microseconds, the last one all the rest (abi/block.h, BLOCK_LATENCY).  Pure.
 */

uint64_t latency_total(const uint64_t *buckets, uint32_t count);

/*
 * At most this many microseconds took `percent` (1..100) of all: the upper end of
 * the bucket in which that one lies, so it is never less than the truth.  0: there are none.
 */
uint64_t latency_percentile_us(const uint64_t *buckets, uint32_t count, uint32_t percent);
