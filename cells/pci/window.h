/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* Room in the windows of a bridge.  Pure. */
struct range {
    uint64_t base, bytes; /* base + bytes does not wrap */
};

/* Inclusive bounds as a bridge states them; nothing when they are the wrong way round. */
struct range range_between(uint64_t first, uint64_t last);

/*
 * The lowest place for `bytes`, a power of two, in `window`: aligned to its own
 * size, and meeting none of the `count` ranges of `taken`.  0: there is none.
 */
uint64_t window_place(struct range window, const struct range *taken, uint32_t count, uint64_t bytes);
