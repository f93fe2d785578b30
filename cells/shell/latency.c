/* SPDX-License-Identifier: MIT */
#include "latency.h"

#include <rt/bits.h>

/* The numbers are another cell's: no sum may wrap. */
static uint64_t add_bounded(uint64_t left, uint64_t right)
{
    uint64_t sum;
    return __builtin_add_overflow(left, right, &sum) ? UINT64_MAX : sum;
}

uint64_t latency_total(const uint64_t *buckets, uint32_t count)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < count; i++)
        total = add_bounded(total, buckets[i]);
    return total;
}

/* ceil(total * percent / 100), without leaving 64 bits */
static uint64_t rank_of(uint64_t total, uint32_t percent)
{
    return total / 100 * percent + (total % 100 * percent + 99) / 100;
}

uint64_t latency_percentile_us(const uint64_t *buckets, uint32_t count, uint32_t percent)
{
    uint64_t rank = rank_of(latency_total(buckets, count), percent);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < count && rank > 0; i++) {
        seen = add_bounded(seen, buckets[i]);
        if (seen >= rank)
            return BIT64(i + 1);
    }
    return 0;
}
