/* SPDX-License-Identifier: MIT */

#include "request.h"

#include "store.h"

#define REQUEST_ALIGN 16u /* abi/block.h */

/* Counted by this instance. */
struct request_counts {
    uint64_t reads, writes, flushes;
    uint64_t bytes_read, bytes_written;
    uint64_t errors;
};

static struct request_counts counts;

static enum status request_copy(const struct cell_channel *channel, uint32_t offset,
                                struct block_request *request)
{
    const void SHARED *from = channel_pool_at(channel, offset, sizeof(*request));
    if (from == nullptr || !is_aligned(offset, REQUEST_ALIGN))
        return ST_RANGE;
    shared_copy_in(request, from, sizeof(*request));
    return ST_OK;
}

/* Where the data of a read or write lies; null when it is not all inside the pool, or not aligned. */
static void SHARED *request_data(const struct cell_channel *channel, const struct block_request *request)
{
    if (request->count == 0 || request->count > REQUEST_BLOCKS_MAX || !is_aligned(request->data, BLOCK_ALIGN))
        return nullptr;
    return channel_pool_at(channel, request->data, (uint64_t)request->count * STORE_BLOCK_BYTES);
}

static enum status request_transfer(const struct cell_channel *channel, const struct block_request *request)
{
    void SHARED *data = request_data(channel, request);
    if (data == nullptr)
        return ST_RANGE;

    uint64_t bytes = (uint64_t)request->count * STORE_BLOCK_BYTES;
    enum status status;
    if (request->operation == BLOCK_READ) {
        status = store_read(request->block, request->count, data);
        counts.reads++;
        counts.bytes_read += status == ST_OK ? bytes : 0;
    } else {
        status = store_write(request->block, request->count, data);
        counts.writes++;
        counts.bytes_written += status == ST_OK ? bytes : 0;
    }
    return status;
}

static enum status request_perform(const struct cell_channel *channel, uint32_t offset)
{
    struct block_request request;
    enum status status = request_copy(channel, offset, &request);
    if (status != ST_OK)
        return status;
    switch (request.operation) {
    case BLOCK_READ:
    case BLOCK_WRITE:
        return request_transfer(channel, &request);
    case BLOCK_FLUSH:
        counts.flushes++; /* memory is as durable as this device gets */
        return ST_OK;
    default:
        return ST_UNSUPPORTED;
    }
}

enum status request_serve(const struct cell_channel *channel, uint32_t offset)
{
    enum status status = request_perform(channel, offset);
    if (status != ST_OK)
        counts.errors++;
    return status;
}

uint64_t request_field(uint64_t field)
{
    switch (field) {
    case BLOCK_FIELD_BLOCK_BYTES:
        return STORE_BLOCK_BYTES;
    case BLOCK_FIELD_BLOCK_COUNT:
        return store_block_count();
    case BLOCK_FIELD_TRANSFER_BLOCKS_MAX:
        return REQUEST_BLOCKS_MAX;
    case BLOCK_FIELD_ALIGNMENT:
        return BLOCK_ALIGN;
    case BLOCK_FIELD_READS:
        return counts.reads;
    case BLOCK_FIELD_WRITES:
        return counts.writes;
    case BLOCK_FIELD_FLUSHES:
        return counts.flushes;
    case BLOCK_FIELD_BYTES_READ:
        return counts.bytes_read;
    case BLOCK_FIELD_BYTES_WRITTEN:
        return counts.bytes_written;
    case BLOCK_FIELD_ERRORS:
        return counts.errors;
    default: /* neither read-only nor removable */
        return 0;
    }
}
