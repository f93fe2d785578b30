/* SPDX-License-Identifier: MIT */
#include "fault_load.h"

#include <sdk/block.h>
#include <sdk/shared.h>

#define LOAD_REQUESTS 4u
#define LOAD_OPEN_MS 5000u

struct load {
    struct block_client client;
    const struct cell_edge *edge;
    uint32_t tickets[LOAD_REQUESTS];
    uint32_t offsets[LOAD_REQUESTS]; /* of their pages in the pool */
    uint32_t count;
    bool is_known[LOAD_REQUESTS];
    uint64_t digests[LOAD_REQUESTS]; /* of what was read the first time */
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
    load.offsets[nth] = request.segments[0].offset;
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

void fault_load_forget(void)
{
    for (uint32_t i = 0; i < LOAD_REQUESTS; i++)
        load.is_known[i] = false;
}

/* FNV-1a by words: what is looked for is an accident, nobody who wants to deceive. */
static uint64_t load_digest(const uint64_t SHARED *words, uint32_t bytes)
{
    uint64_t digest = UINT64_C(0xCBF29CE484222325);
    for (uint32_t i = 0; i < bytes / sizeof(*words); i++)
        digest = (digest ^ shared_read64(&words[i])) * UINT64_C(0x100000001B3);
    return digest;
}

static bool load_differs(uint32_t nth)
{
    uint32_t bytes = load.client.units[0].block_bytes;
    const uint64_t SHARED *words = block_pages_at(&load.client, load.offsets[nth], bytes);
    if (words == nullptr)
        return false; /* the channel is gone */
    uint64_t digest = load_digest(words, bytes);
    bool is_first = !load.is_known[nth];
    load.is_known[nth] = true;
    load.digests[nth] = is_first ? digest : load.digests[nth];
    return load.digests[nth] != digest;
}

void fault_load_end(uint64_t deadline_tsc, struct fault_load_result *result)
{
    *result = (struct fault_load_result){ .sent = load.count };
    for (uint32_t i = 0; i < load.count; i++) {
        enum status status = block_wait(&load.client, load.tickets[i], deadline_tsc);
        bool is_lost = status == ST_TIMEOUT || status == ST_REVOKED;
        result->lost += is_lost;
        result->answered += status == ST_OK;
        result->differs += status == ST_OK && load_differs(i);
        result->failed += !is_lost && status != ST_OK;
    }
    if (block_get(load.edge, BLOCK_FIELD_REPLAYED, 0, &result->replayed) != ST_OK)
        result->replayed = 0;
}
