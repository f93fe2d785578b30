/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * What is said about a set of measured times.  Pure; nothing allocates or
 * recurses.  All but samples_sort want `sorted` ascending and count >= 1.
 */

/* Ascending, in place, count * log2(count) steps at worst whatever is in it. */
void samples_sort(uint32_t *samples, uint32_t count);

/* The smallest sample that at least `per_mille` (1..1000) of all do not exceed: nearest rank. */
uint32_t samples_percentile(const uint32_t *sorted, uint32_t count, uint32_t per_mille);

/*
 * The width of a histogram's buckets, at least 1: 99 % of the samples fit in all
 * buckets but the last, which so shows how heavy the tail is.
 */
uint32_t samples_width(const uint32_t *sorted, uint32_t count, uint32_t bucket_count);

/* How many samples lie in [min + bucket * width, ...); the last bucket takes the rest. */
uint32_t samples_bucket(const uint32_t *sorted, uint32_t count, uint32_t width, uint32_t bucket_count,
                        uint32_t bucket);
