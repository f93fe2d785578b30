/* SPDX-License-Identifier: MIT */
#include "fault_load.h"

#include <sdk/block.h>

#define LOAD_REQUESTS 4u
#define LOAD_OPEN_MS 5000u

struct load {
    struct block_client client;
    const struct cell_edge *edge;
    uint32_t tickets[LOAD_REQUESTS];
    uint32_t count;
};

static struct load load;

static enum status load_submit(uint32_t nth)
{
    const struct block_geometry *unit = &load.client.units[0];
    struct block_request request = {
        .operation = BLOCK_READ,
        .block = nth % unit->block_count,
        .count = 1,
        .segment_count = 1,
        .segments = { { .bytes = unit->block_bytes } },
    };
    enum status status = block_pages_take(&load.client, 1, &request.segments[0].offset)
                             ?: block_submit(&load.client, &request, &load.tickets[nth]);
    load.count += status == ST_OK;
    return status;
}

enum status fault_load_begin(const struct cell_edge *edge)
{
    load.edge = edge;
    load.count = 0;
    enum status status = block_open(&load.client, edge, tsc_after_ms(LOAD_OPEN_MS));
    if (status != ST_OK)
        return status;
    if (load.client.unit_count == 0 || load.client.units[0].block_count == 0)
        return ST_NOT_FOUND;
    for (uint32_t i = 0; i < LOAD_REQUESTS && status == ST_OK; i++)
        status = load_submit(i);
    return status;
}

void fault_load_kick(void)
{
    block_kick(&load.client);
}

void fault_load_end(uint64_t deadline_tsc, struct fault_load_result *result)
{
    *result = (struct fault_load_result){ .sent = load.count };
    for (uint32_t i = 0; i < load.count; i++) {
        enum status status = block_wait(&load.client, load.tickets[i], deadline_tsc);
        bool is_lost = status == ST_TIMEOUT || status == ST_REVOKED;
        result->lost += is_lost;
        result->answered += status == ST_OK;
        result->failed += !is_lost && status != ST_OK;
    }
    if (block_get(load.edge, BLOCK_FIELD_REPLAYED, 0, &result->replayed) != ST_OK)
        result->replayed = 0;
}
