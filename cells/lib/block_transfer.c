/* SPDX-License-Identifier: MIT */

/*
 * Transfers between a unit and private memory, one request after the other: at
 * a failure it is clear what is done.  The data passes through pages of the
 * pool; as many as there are adjacent, up to PIECE_PAGES.
 */

#include <rt/bits.h>
#include <sdk/block.h>
#include <sdk/scope.h>

#define PIECE_PAGES 16u

/* One transfer on its way through the pool. */
struct transfer {
    struct block_client *client;
    enum block_operation operation;
    uint32_t unit;
    uint64_t deadline_tsc;
    uint32_t offset, pages; /* in the pool */
};

/* The most pages that can be had, not more than `wanted`. */
static enum status transfer_pages(struct transfer *transfer, uint32_t wanted)
{
    enum status status;
    transfer->pages = wanted < PIECE_PAGES ? wanted : PIECE_PAGES;
    do
        status = block_pages_take(transfer->client, transfer->pages, &transfer->offset);
    while (status == ST_FULL && (transfer->pages /= 2) > 0);
    transfer->pages = status == ST_OK ? transfer->pages : 0;
    return status;
}

static void transfer_end(struct transfer *transfer)
{
    if (transfer->pages > 0)
        block_pages_give(transfer->client, transfer->offset, transfer->pages);
}

static enum status request_run(struct block_client *client, const struct block_request *request,
                               uint64_t deadline_tsc)
{
    uint32_t ticket;
    enum status status = block_submit(client, request, &ticket);
    return status == ST_OK ? block_wait(client, ticket, deadline_tsc) : status;
}

static enum status transfer_piece(const struct transfer *transfer, uint64_t block, uint32_t count,
                                  uint8_t *to, const uint8_t *from)
{
    struct block_client *client = transfer->client;
    uint32_t bytes = count * client->units[transfer->unit].block_bytes; /* at most PIECE_PAGES pages */
    struct block_request request = { .operation = transfer->operation,
                                     .unit = transfer->unit,
                                     .block = block,
                                     .count = count,
                                     .segment_count = 1,
                                     .segments = { { transfer->offset, bytes } } };
    void SHARED *data = block_pages_at(client, transfer->offset, bytes);
    if (data == nullptr)
        return ST_REVOKED;
    if (from != nullptr)
        shared_copy_out(data, from, bytes);
    enum status status = request_run(client, &request, transfer->deadline_tsc);
    if (status == ST_OK && to != nullptr) {
        if (block_pages_at(client, transfer->offset, bytes) == nullptr)
            return ST_REVOKED; /* while we waited */
        shared_copy_in(to, data, bytes);
    }
    client->copied += status == ST_OK ? bytes : 0;
    return status;
}

static enum status transfer_all(struct transfer *transfer, uint64_t block, uint32_t count, uint8_t *to,
                                const uint8_t *from, uint32_t *count_done)
{
    *count_done = 0;
    if (transfer->unit >= transfer->client->unit_count)
        return ST_RANGE;
    const struct block_geometry *unit = &transfer->client->units[transfer->unit];
    if (!is_range_inside(block, count, unit->block_count))
        return ST_RANGE;
    if (count == 0)
        return ST_OK;
    uint64_t bytes = (uint64_t)count * unit->block_bytes;
    enum status status = transfer_pages(
        transfer, (uint32_t)u64_min(PIECE_PAGES, (bytes + PAGE_BYTES - 1) / PAGE_BYTES));
    if (status != ST_OK)
        return status;
    uint32_t most = (uint32_t)u64_min(unit->transfer_blocks_max,
                                      transfer->pages * PAGE_BYTES / unit->block_bytes);
    while (*count_done < count && status == ST_OK) {
        uint32_t run = (uint32_t)u64_min(count - *count_done, most);
        uint64_t at = (uint64_t)*count_done * unit->block_bytes;
        status = transfer_piece(transfer, block + *count_done, run, to == nullptr ? nullptr : to + at,
                                from == nullptr ? nullptr : from + at);
        if (status == ST_OK)
            *count_done += run;
    }
    return status;
}

enum status block_read(struct block_client *client, uint32_t unit, uint64_t block, uint32_t count, void *data,
                       uint64_t deadline_tsc, uint32_t *count_done)
{
    SCOPED(transfer_end) struct transfer transfer = { client, BLOCK_READ, unit, deadline_tsc, 0, 0 };
    return transfer_all(&transfer, block, count, data, nullptr, count_done);
}

enum status block_write(struct block_client *client, uint32_t unit, uint64_t block, uint32_t count,
                        const void *data, uint64_t deadline_tsc, uint32_t *count_done)
{
    SCOPED(transfer_end) struct transfer transfer = { client, BLOCK_WRITE, unit, deadline_tsc, 0, 0 };
    return transfer_all(&transfer, block, count, nullptr, data, count_done);
}

enum status block_flush(struct block_client *client, uint32_t unit, uint64_t deadline_tsc)
{
    struct block_request request = { .operation = BLOCK_FLUSH, .unit = unit };
    return request_run(client, &request, deadline_tsc);
}

enum status block_clear(struct block_client *client, uint32_t unit, enum block_operation operation,
                        uint64_t block, uint32_t count, uint64_t deadline_tsc)
{
    if (operation != BLOCK_DISCARD && operation != BLOCK_WRITE_ZEROES)
        return ST_INVALID;
    if (unit >= client->unit_count || !is_range_inside(block, count, client->units[unit].block_count))
        return ST_RANGE;
    enum status status = ST_OK;
    while (count > 0 && status == ST_OK) {
        uint32_t run = (uint32_t)u64_min(count, client->units[unit].transfer_blocks_max);
        struct block_request request = { .operation = operation, .unit = unit, .block = block, .count = run };
        status = request_run(client, &request, deadline_tsc);
        block += run;
        count -= run;
    }
    return status;
}
