/* SPDX-License-Identifier: MIT */

#include "samples.h"

static void samples_swap(uint32_t *left, uint32_t *right)
{
    uint32_t kept = *left;
    *left = *right;
    *right = kept;
}

/* Lets samples[at] sink until no child in [0, count) is larger. */
static void heap_sink(uint32_t *samples, uint32_t at, uint32_t count)
{
    while (at < count / 2) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < count && samples[child + 1] > samples[child])
            child++;
        if (samples[at] >= samples[child])
            return;
        samples_swap(&samples[at], &samples[child]);
        at = child;
    }
}

void samples_sort(uint32_t *samples, uint32_t count)
{
    for (uint32_t at = count / 2; at > 0; at--)
        heap_sink(samples, at - 1, count);
    for (uint32_t end = count; end > 1; end--) {
        samples_swap(&samples[0], &samples[end - 1]);
        heap_sink(samples, 0, end - 1);
    }
}

uint32_t samples_percentile(const uint32_t *sorted, uint32_t count, uint32_t per_mille)
{
    uint64_t rank = ((uint64_t)count * per_mille + 999) / 1000;
    if (rank > count)
        rank = count;
    return sorted[rank > 0 ? rank - 1 : 0];
}

uint32_t samples_width(const uint32_t *sorted, uint32_t count, uint32_t bucket_count)
{
    if (bucket_count < 2)
        return UINT32_MAX;
    uint32_t span = samples_percentile(sorted, count, 990) - sorted[0];
    return span / (bucket_count - 1) + 1;
}

/* How many samples are less than `bound`. */
static uint32_t samples_below(const uint32_t *sorted, uint32_t count, uint64_t bound)
{
    uint32_t low = 0;
    uint32_t high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (sorted[middle] < bound)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t samples_bucket(const uint32_t *sorted, uint32_t count, uint32_t width, uint32_t bucket_count,
                        uint32_t bucket)
{
    if (bucket >= bucket_count)
        return 0;
    uint64_t from = sorted[0] + (uint64_t)bucket * width;
    uint32_t before = samples_below(sorted, count, from);
    uint32_t after = bucket + 1 == bucket_count ? count : samples_below(sorted, count, from + width);
    return after - before;
}
