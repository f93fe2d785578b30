/* SPDX-License-Identifier: MIT */

/*
 * Ticks and nanoseconds.  Whole seconds and the rest are converted apart, so
 * that 64 bits are enough: the rest is below 10^9 ns or below one second of
 * ticks, and its product with the other rate fits as long as HZ_MAX holds.
 */

#include "cell.h"

#include <sdk/cell.h>

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define HZ_MAX (UINT64_MAX / NS_PER_S)

static uint64_t ticks_per_s;

void time_begin(uint64_t tsc_hz)
{
    ASSERT(tsc_hz > 0 && tsc_hz <= HZ_MAX);
    ticks_per_s = tsc_hz;
}

static uint64_t add_saturating(uint64_t left, uint64_t right)
{
    uint64_t sum;
    return __builtin_add_overflow(left, right, &sum) ? UINT64_MAX : sum;
}

static uint64_t multiply_saturating(uint64_t left, uint64_t right)
{
    uint64_t product;
    return __builtin_mul_overflow(left, right, &product) ? UINT64_MAX : product;
}

/* `amount` counted at rate `from` per second, counted at rate `to`. */
static uint64_t rate_convert(uint64_t amount, uint64_t from, uint64_t to)
{
    return add_saturating(multiply_saturating(amount / from, to), amount % from * to / from);
}

uint64_t tsc_from_ns(uint64_t ns)
{
    return rate_convert(ns, NS_PER_S, ticks_per_s);
}

uint64_t tsc_to_ns(uint64_t ticks)
{
    return rate_convert(ticks, ticks_per_s, NS_PER_S);
}

uint64_t tsc_after_ms(uint64_t ms)
{
    return add_saturating(tsc_read(), tsc_from_ns(multiply_saturating(ms, NS_PER_MS)));
}
