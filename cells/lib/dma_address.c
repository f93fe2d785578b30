/* SPDX-License-Identifier: MIT */

/*
 * What a device calls an address of ours.  Behind an IOMMU it is a constant
 * away, and memory is one run.  Without one it is physical: the monitor says it
 * page by page, every time, for a page that was a channel's yesterday is
 * somebody else's today and no IOMMU would stop the device.
 */

#include "dma_address.h"

#include <rt/bits.h>
#include <sdk/channel.h>
#include <sdk/monitor.h>

static enum status piece_add(uint64_t device, uint32_t bytes, struct dma_piece *pieces, uint32_t max,
                             uint32_t *count)
{
    struct dma_piece *last = *count > 0 ? &pieces[*count - 1] : nullptr;
    if (last != nullptr && last->device + last->bytes == device) {
        last->bytes += bytes;
        return ST_OK;
    }
    if (*count >= max)
        return ST_FULL;
    pieces[(*count)++] = (struct dma_piece){ .device = device, .bytes = bytes };
    return ST_OK;
}

static enum status pieces_physical(uint64_t address, uint32_t bytes, struct dma_piece *pieces, uint32_t max,
                                   uint32_t *count)
{
    const struct cell_cap *cap = cell_cap_find(CAP_DMA);
    if (cap == nullptr)
        return ST_FAULT;
    while (bytes > 0) {
        uint32_t run = (uint32_t)u64_min(bytes, PAGE_BYTES - address % PAGE_BYTES);
        uint64_t device = 0;
        enum status status = mon_dma_address(cap->handle, address, &device)
                                 ?: piece_add(device, run, pieces, max, count);
        if (status != ST_OK)
            return status == ST_FULL ? ST_FULL : ST_FAULT;
        address += run;
        bytes -= run;
    }
    return ST_OK;
}

enum status dma_address_pieces(uint64_t address, uint32_t bytes, struct dma_piece *pieces, uint32_t max,
                               uint32_t *count)
{
    uint64_t base = cell_info()->dma_base;
    *count = 0;
    if (base == 0)
        return pieces_physical(address, bytes, pieces, max, count);
    if (address < base)
        return ST_FAULT;
    return bytes == 0 ? ST_OK : piece_add(address - base, bytes, pieces, max, count);
}

enum status dma_pool_pieces(const struct cell_channel *channel, uint32_t offset, uint32_t bytes,
                            struct dma_piece *pieces, uint32_t max, uint32_t *count)
{
    const void SHARED *data = channel_pool_at(channel, offset, bytes);
    if (data == nullptr)
        return ST_RANGE;
    return dma_address_pieces((uint64_t)(uintptr_t)data, bytes, pieces, max, count);
}
