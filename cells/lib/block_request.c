/* SPDX-License-Identifier: MIT */

/*
 * A client's request becomes a job.  Each number is read once, into private
 * memory, and checked there; a job that comes out of here can be carried out
 * without another look at where it came from.
 */

#include "block_service.h"

#include <rt/bits.h>

#define HEAD_BYTES offsetof(struct block_request, segments)

/* Where the request lies; null: not in the pool. */
static const uint8_t SHARED *request_at(const struct block_server_client *client, uint64_t descriptor)
{
    uint32_t offset = BLOCK_OFFSET(descriptor);
    if (!is_aligned(offset, BLOCK_REQUEST_ALIGN) ||
        !is_range_inside(offset, sizeof(struct block_request), client->pool_bytes))
        return nullptr;
    return client->pool + offset;
}

bool block_request_is_live(const struct block_server_client *client, uint64_t descriptor, uint32_t sequence)
{
    const uint8_t SHARED *from = request_at(client, descriptor);
    if (from == nullptr || BLOCK_SEQUENCE(descriptor) != sequence)
        return false;
    const void SHARED *live = from + offsetof(struct block_request, live);
    return shared_read64(live) == (uint64_t)sequence + 1;
}

static enum status job_operation_check(const struct block_unit *unit, uint32_t operation)
{
    static const uint8_t features[] = { [BLOCK_FLUSH] = BLOCK_CAN_FLUSH,
                                        [BLOCK_DISCARD] = BLOCK_CAN_DISCARD,
                                        [BLOCK_WRITE_ZEROES] = BLOCK_CAN_WRITE_ZEROES };
    if (operation < BLOCK_READ || operation > BLOCK_WRITE_ZEROES)
        return ST_UNSUPPORTED;
    uint32_t needed = features[operation];
    if ((unit->features & needed) != needed)
        return ST_UNSUPPORTED;
    bool is_change = operation != BLOCK_READ && operation != BLOCK_FLUSH;
    return is_change && unit->is_read_only ? ST_DENIED : ST_OK;
}

/* Copies and checks the segments: inside the pool, aligned, together exactly the data. */
static enum status job_segments_read(const struct block_server_client *client, const uint8_t SHARED *from,
                                     uint32_t block_bytes, struct block_job *job)
{
    uint32_t count = job->segment_count;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        const void SHARED *at = from + HEAD_BYTES + i * sizeof(struct block_segment);
        union {
            uint64_t word;
            struct block_segment segment;
        } copy = { shared_read64(at) };
        uint32_t unit = i + 1 < count ? BLOCK_ALIGN : block_bytes;
        if (copy.segment.bytes == 0 || !is_aligned(copy.segment.bytes, unit) ||
            !is_aligned(copy.segment.offset, BLOCK_ALIGN) ||
            !is_range_inside(copy.segment.offset, copy.segment.bytes, client->pool_bytes))
            return ST_RANGE;
        sum += copy.segment.bytes;
        job->segments[i] = copy.segment;
    }
    return sum == job->bytes ? ST_OK : ST_RANGE;
}

static enum status job_range_check(const struct block_unit *unit, const struct block_request *request)
{
    if (request->operation == BLOCK_FLUSH)
        return request->block == 0 && request->count == 0 ? ST_OK : ST_RANGE;
    if (request->count == 0 || request->count > unit->transfer_blocks_max)
        return ST_RANGE;
    return is_range_inside(request->block, request->count, unit->block_count) ? ST_OK : ST_RANGE;
}

enum status block_request_read(const struct block_server_client *client, uint64_t descriptor,
                               uint32_t sequence, struct block_job *job)
{
    struct block_request request;
    const uint8_t SHARED *from = request_at(client, descriptor);
    if (from == nullptr)
        return ST_RANGE;
    shared_copy_in(&request, from, HEAD_BYTES);
    if (BLOCK_SEQUENCE(descriptor) != sequence || request.live != (uint64_t)sequence + 1)
        return ST_INVALID;
    if (request.unit >= block_server.unit_count || request.segment_count > BLOCK_SEGMENTS_MAX)
        return ST_RANGE;
    const struct block_unit *unit = &block_server.units[request.unit];
    enum status status = job_operation_check(unit, request.operation) ?: job_range_check(unit, &request);
    if (status != ST_OK)
        return status;
    bool has_data = request.operation == BLOCK_READ || request.operation == BLOCK_WRITE;
    uint64_t bytes = has_data ? (uint64_t)request.count * unit->block_bytes : 0;
    if (bytes > UINT32_MAX)
        return ST_RANGE;
    job->operation = request.operation;
    job->unit = request.unit;
    job->block = request.block;
    job->count = request.count;
    job->bytes = (uint32_t)bytes;
    job->segment_count = request.segment_count;
    job->channel = client->end.channel;
    job->sequence = sequence;
    return job_segments_read(client, from, unit->block_bytes, job);
}
