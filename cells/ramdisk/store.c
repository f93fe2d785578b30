/* SPDX-License-Identifier: MIT */

#include "store.h"

#include <sdk/cell.h>

static uint8_t *store_bytes;

enum status store_init(void)
{
    const struct cell_cap *cap = cell_cap_find(CAP_MEMORY);
    if (cap == nullptr)
        return ST_NOT_FOUND;
    if (cap->size < STORE_BYTES)
        return ST_RANGE;
    store_bytes = cell_memory(cap);
    return ST_OK;
}

uint8_t *store_at(uint64_t block, uint64_t count)
{
    ASSERT(is_range_inside(block, count, STORE_BLOCKS));
    return store_bytes + block * STORE_BLOCK_BYTES;
}
