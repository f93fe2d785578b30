/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

#define PAGE_BYTES 4096u
#define PAGE_SHIFT 12u

#define BIT32(n) (UINT32_C(1) << (n))
#define BIT64(n) (UINT64_C(1) << (n))

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A register field is written once, as the mask of its bits high..low. */
#define FIELD32(high, low) ((UINT32_MAX >> (31u - (high))) & (UINT32_MAX << (low)))

static inline uint32_t field32_get(uint32_t word, uint32_t field)
{
    return (word & field) >> __builtin_ctz(field);
}

static inline uint32_t field32_set(uint32_t word, uint32_t field, uint32_t value)
{
    return (word & ~field) | ((value << __builtin_ctz(field)) & field);
}

/* `alignment` is a power of two; the caller has excluded overflow. */
static inline uint64_t align_up(uint64_t value, uint64_t alignment)
{
    return (value + (alignment - 1)) & ~(alignment - 1);
}

static inline uint64_t align_down(uint64_t value, uint64_t alignment)
{
    return value & ~(alignment - 1);
}

static inline bool is_aligned(uint64_t value, uint64_t alignment)
{
    return (value & (alignment - 1)) == 0;
}

static inline uint64_t u64_min(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}

/* True if [offset, offset + bytes) lies inside [0, limit); no wrap-around. */
static inline bool is_range_inside(uint64_t offset, uint64_t bytes, uint64_t limit)
{
    return offset <= limit && bytes <= limit - offset;
}

/* True if [base, base + bytes) and [other, other + other_bytes) share a byte; neither wraps around. */
static inline bool is_range_overlap(uint64_t base, uint64_t bytes, uint64_t other, uint64_t other_bytes)
{
    return base < other + other_bytes && other < base + bytes;
}
