/* SPDX-License-Identifier: MIT */
#pragma once

#include "check.h"

/*
 * What any server of the block class has to do, case by case.  A case returns
 * ST_OK, or why not, after it has said so in the log.
 */
struct conform_case {
    const char *name;
    enum status (*run)(void);
    uint32_t features; /* without these (enum block_feature) there is nothing to try */
    bool writes;       /* left out on a unit that is read-only */
};

/* Pool pages that the cases share: CONFORM_PAGES adjacent ones. */
#define CONFORM_PAGES 512u
uint32_t conform_page(uint32_t index); /* offset in the pool */

/* Counts a comparison; ST_DEVICE and a line in the log unless `holds`. */
enum status conform_expect(bool holds, const char *what);
/* The same for a status; the log names both. */
enum status conform_expect_status(enum status found, enum status wanted, const char *what);

/*
 * Content by block and generation: what was written when is plain from what is
 * read.  `index` is the page where the blocks lie in the pool.
 */
void conform_fill(uint32_t index, uint64_t block, uint32_t count, uint32_t generation);
enum status conform_compare(uint32_t index, uint64_t block, uint32_t count, uint32_t generation);
void conform_zero(uint32_t index, uint32_t count); /* pages */
enum status conform_compare_zero(uint32_t index, uint32_t count);

/* One request of one segment, from page `index` on, and its answer. */
enum status conform_transfer(enum block_operation operation, uint64_t block, uint32_t count, uint32_t index);
/* Writes, then reads back into other memory and compares. */
enum status conform_round_trip(uint64_t block, uint32_t count, uint32_t generation);
/* Reads and compares. */
enum status conform_verify(uint64_t block, uint32_t count, uint32_t generation);

static inline uint64_t conform_last_block(void)
{
    return check.geometry.block_count - 1;
}

/* The largest count of one request that fits unit, device and the shared pages. */
uint32_t conform_count_max(void);

extern const struct conform_case conform_data_cases[], conform_refusal_cases[], conform_queue_cases[];
extern const uint32_t conform_data_count, conform_refusal_count, conform_queue_count;
