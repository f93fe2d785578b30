/* SPDX-License-Identifier: MIT */

/* The client's allocator over the start of a channel's pool. */

#include <rt/bits.h>
#include <sdk/channel.h>

void channel_chunks_init(struct channel_chunks *chunks, const struct cell_channel *channel,
                         uint32_t chunk_bytes)
{
    ASSERT(chunk_bytes > 0 && is_aligned(chunk_bytes, 64));
    uint32_t count = (uint32_t)u64_min(channel_pool_bytes(channel) / chunk_bytes, CHANNEL_CHUNKS_MAX);
    chunks->chunk_bytes = chunk_bytes;
    chunks->count = count;
    chunks->free = count == 0 ? 0 : UINT64_MAX >> (CHANNEL_CHUNKS_MAX - count);
}

enum status channel_chunk_take(struct channel_chunks *chunks, uint32_t *index)
{
    if (chunks->free == 0)
        return ST_FULL;
    *index = (uint32_t)__builtin_ctzll(chunks->free);
    chunks->free &= ~BIT64(*index);
    return ST_OK;
}

void channel_chunk_give(struct channel_chunks *chunks, uint32_t index)
{
    ASSERT(index < chunks->count && (chunks->free & BIT64(index)) == 0);
    chunks->free |= BIT64(index);
}

enum status channel_chunk_find(const struct channel_chunks *chunks, uint64_t offset, uint32_t *index)
{
    uint64_t nth = offset / chunks->chunk_bytes;
    if (offset % chunks->chunk_bytes != 0 || nth >= chunks->count || chunks->free & BIT64(nth))
        return ST_RANGE;
    *index = (uint32_t)nth;
    return ST_OK;
}
