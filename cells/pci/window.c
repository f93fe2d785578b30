/* SPDX-License-Identifier: MIT */
#include "window.h"

#include <rt/bits.h>

struct range range_between(uint64_t first, uint64_t last)
{
    bool is_sound = first <= last && last != UINT64_MAX;
    return is_sound ? (struct range){ first, last - first + 1 } : (struct range){ 0 };
}

static bool range_meets(const struct range *range, uint64_t base, uint64_t bytes)
{
    return range->bytes != 0 && base < range->base + range->bytes && range->base < base + bytes;
}

/* The first of `taken` that lies in the way; null: none. */
static const struct range *range_obstacle(const struct range *taken, uint32_t count, uint64_t base,
                                          uint64_t bytes)
{
    for (uint32_t i = 0; i < count; i++)
        if (range_meets(&taken[i], base, bytes))
            return &taken[i];
    return nullptr;
}

uint64_t window_place(struct range window, const struct range *taken, uint32_t count, uint64_t bytes)
{
    uint64_t at = window.base;
    /* Each round goes past at least one obstacle for good. */
    for (uint32_t round = 0; round <= count; round++) {
        if (at > UINT64_MAX - bytes)
            return 0;
        at = align_up(at, bytes);
        if (!is_range_inside(at - window.base, bytes, window.bytes))
            return 0;
        const struct range *obstacle = range_obstacle(taken, count, at, bytes);
        if (obstacle == nullptr)
            return at;
        at = obstacle->base + obstacle->bytes;
    }
    return 0;
}
