/* SPDX-License-Identifier: MIT */
#pragma once

#include "command.h"

#include <abi/block.h>

/* What a block server says about itself. */
struct block_stats {
    uint64_t fields[BLOCK_FIELD_COUNT]; /* of unit 0, where it matters */
    uint64_t latency[BLOCK_LATENCY_BUCKETS];
};

/* Not ST_OK: it does not answer. */
enum status block_stats_read(const struct cell_edge *edge, struct block_stats *stats);
