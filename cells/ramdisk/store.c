/* SPDX-License-Identifier: MIT */

#include "store.h"

#include <sdk/cell.h>
#include <sdk/shared.h>

static uint8_t *store_bytes;
static uint64_t store_blocks;

enum status store_init(void)
{
    const struct cell_cap *cap = cell_cap_find(CAP_MEMORY);
    if (cap == nullptr)
        return ST_NOT_FOUND;
    if (cap->size < STORE_BYTES)
        return ST_RANGE;
    store_bytes = cell_memory(cap);
    store_blocks = STORE_BYTES / STORE_BLOCK_BYTES;
    return ST_OK;
}

uint64_t store_block_count(void)
{
    return store_blocks;
}

enum status store_read(uint64_t block, uint32_t count, void SHARED *to)
{
    if (!is_range_inside(block, count, store_blocks))
        return ST_RANGE;
    shared_copy_out(to, store_bytes + block * STORE_BLOCK_BYTES, (uint64_t)count * STORE_BLOCK_BYTES);
    return ST_OK;
}

enum status store_write(uint64_t block, uint32_t count, const void SHARED *from)
{
    if (!is_range_inside(block, count, store_blocks))
        return ST_RANGE;
    shared_copy_in(store_bytes + block * STORE_BLOCK_BYTES, from, (uint64_t)count * STORE_BLOCK_BYTES);
    return ST_OK;
}
