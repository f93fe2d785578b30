/* SPDX-License-Identifier: MIT */
#include "block_stats.h"

#include <sdk/block.h>
#include <sdk/gate.h>

enum status block_stats_read(const struct cell_edge *edge, struct block_stats *stats)
{
    enum status status = ST_OK;
    for (uint32_t i = 0; i < BLOCK_FIELD_COUNT && status == ST_OK; i++)
        status = block_get(edge, (enum block_field)i, 0, &stats->fields[i]);
    for (uint32_t i = 0; i < BLOCK_LATENCY_BUCKETS && status == ST_OK; i++)
        status = gate_call(edge, BLOCK_LATENCY, i, 0, 0, &stats->latency[i]);
    return status;
}
