/* SPDX-License-Identifier: MIT */

#include "latency.h"

#include <rt/bits.h>

#define STEPS_SHIFT 5u
static_assert(LATENCY_STEPS == 1u << STEPS_SHIFT, "a power of two");

/* Below LATENCY_STEPS each number has a bucket; above, the leading bit and the five behind it choose. */
static uint32_t bucket_of(uint64_t ticks)
{
    if (ticks < LATENCY_STEPS)
        return (uint32_t)ticks;
    uint32_t shift = 63u - (uint32_t)__builtin_clzll(ticks) - STEPS_SHIFT;
    return (shift << STEPS_SHIFT) + (uint32_t)(ticks >> shift);
}

/* The largest number that falls into `bucket`. */
static uint64_t bucket_top(uint32_t bucket)
{
    if (bucket < LATENCY_STEPS)
        return bucket;
    uint32_t shift = (bucket >> STEPS_SHIFT) - 1;
    return ((uint64_t)(bucket - (shift << STEPS_SHIFT)) << shift) + (BIT64(shift) - 1);
}

void latency_add(struct latency *latency, uint64_t ticks)
{
    latency->count++;
    latency->buckets[bucket_of(ticks)]++;
    if (ticks > latency->max)
        latency->max = ticks;
}

uint64_t latency_percentile(const struct latency *latency, uint32_t per_mille)
{
    uint64_t rank = (latency->count * per_mille + 999) / 1000;
    uint64_t seen = 0;
    for (uint32_t bucket = 0; bucket < LATENCY_BUCKETS && rank > 0; bucket++) {
        seen += latency->buckets[bucket];
        if (seen >= rank)
            return u64_min(bucket_top(bucket), latency->max);
    }
    return 0;
}
