/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * How long things took: counts by size in steps of 1/32 of a power of two, so a
 * percentile is at most 3.2 % above what was measured, whatever was measured.
 */
#define LATENCY_STEPS 32u /* per power of two; itself one */
#define LATENCY_BUCKETS (60u * LATENCY_STEPS)

struct latency {
    uint64_t count, max;
    uint32_t buckets[LATENCY_BUCKETS];
};

void latency_add(struct latency *latency, uint64_t ticks);
/* What `per_mille` (1..1000) of all did not exceed, no more than the largest; 0 of none. */
uint64_t latency_percentile(const struct latency *latency, uint32_t per_mille);
