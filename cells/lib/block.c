/* SPDX-License-Identifier: MIT */

/*
 * The client's side of the block class: open, submit, wait.
 *
 * A chunk of the pool carries one request: struct block_request first, its data
 * behind.  Chunk n belongs to ticket n.  While a ticket is SENT or ABANDONED
 * its chunk is the server's to read and write; only the completion that names
 * it brings it back.
 */

#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/block.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define CHUNK_BYTES (BLOCK_HEAD_BYTES + BLOCK_CHUNK_BYTES)

/* Of one block; a server that says otherwise is wrong. */
#define BLOCK_BYTES_MIN 512u
#define BLOCK_BYTES_MAX BLOCK_CHUNK_BYTES

/* Bytes of the device must be a number of 63 bits, so that no sum here can wrap. */
#define DEVICE_BYTES_MAX (UINT64_MAX / 2)

enum status block_get(const struct cell_edge *edge, enum block_field field, uint64_t *value)
{
    return gate_call(edge, BLOCK_GET, field, 0, 0, value);
}

/* Reads the geometry once and keeps only what can be. */
static enum status block_learn(struct block_client *client)
{
    uint64_t block_bytes, block_count, read_only, transfer_max;
    enum status status = block_get(client->edge, BLOCK_FIELD_BLOCK_BYTES, &block_bytes);
    if (status == ST_OK)
        status = block_get(client->edge, BLOCK_FIELD_BLOCK_COUNT, &block_count);
    if (status == ST_OK)
        status = block_get(client->edge, BLOCK_FIELD_READ_ONLY, &read_only);
    if (status == ST_OK)
        status = block_get(client->edge, BLOCK_FIELD_TRANSFER_BLOCKS_MAX, &transfer_max);
    if (status != ST_OK)
        return status;

    if (block_bytes < BLOCK_BYTES_MIN || block_bytes > BLOCK_BYTES_MAX || transfer_max == 0 ||
        (block_bytes & (block_bytes - 1)) != 0 || block_count > DEVICE_BYTES_MAX / block_bytes)
        return ST_DEVICE;
    client->block_bytes = (uint32_t)block_bytes;
    client->block_count = block_count;
    client->is_read_only = read_only != 0;
    client->request_blocks_max = (uint32_t)u64_min(transfer_max, BLOCK_CHUNK_BYTES / block_bytes);
    return ST_OK;
}

/* Takes what completions there are.  One that names nothing under way is late or forged: counted. */
static void block_collect(struct block_client *client)
{
    uint64_t descriptor;
    uint32_t index;
    for (uint32_t i = 0; i < RING_SLOTS && ring_get(&client->end.get, &descriptor) == ST_OK; i++) {
        if (channel_chunk_find(&client->chunks, BLOCK_OFFSET(descriptor), &index) != ST_OK) {
            client->stray++;
            continue;
        }
        struct block_ticket *ticket = &client->tickets[index];
        if (ticket->state == BLOCK_TICKET_SENT) {
            uint32_t status = BLOCK_STATUS(descriptor);
            ticket->state = BLOCK_TICKET_DONE;
            ticket->status = status < ST_COUNT ? (enum status)status : ST_DEVICE;
        } else if (ticket->state == BLOCK_TICKET_ABANDONED) {
            ticket->state = BLOCK_TICKET_FREE;
            channel_chunk_give(&client->chunks, index);
        } else {
            client->stray++;
        }
    }
}

/*
 * Sleeps until something may have changed: a completion, the server's next
 * instance, the deadline.  The rings outlive the server; what it had not
 * answered is still in front of its successor, which only has to look.
 */
static enum status block_sleep(struct block_client *client, uint64_t deadline_tsc)
{
    const struct cell_channel *channel = client->end.channel;
    if (channel->state == PEER_REVOKED || channel->state == PEER_EMPTY)
        return ST_REVOKED;
    if (channel->epoch != client->end.epoch) {
        client->end.epoch = channel->epoch;
        (void)mon_notify(channel->notify);
    }
    if (tsc_read() >= deadline_tsc)
        return ST_TIMEOUT;
    if (ring_prepare_sleep(&client->end.get)) {
        uint64_t events = cell_wait(deadline_tsc);
        cell_keep(events & ~(BIT64(EVENT_TIMER) | channel_event(channel))); /* the rest is not ours */
    }
    return ST_OK;
}

/*
 * Lets the server finish what an earlier user of the channel asked for.  The
 * server takes a request off the ring only when its answer is queued; so once
 * the ring is empty, nobody reads or writes the pool but us.
 */
static enum status block_drain(struct block_client *client, uint64_t deadline_tsc)
{
    (void)mon_notify(client->end.channel->notify);
    while (ring_space(&client->end.put) < RING_SLOTS) {
        block_collect(client);
        enum status status = block_sleep(client, deadline_tsc);
        if (status != ST_OK)
            return status;
    }
    block_collect(client);
    client->stray = 0; /* those were answers, only not to us */
    return ST_OK;
}

enum status block_open(struct block_client *client, const struct cell_edge *edge, uint64_t deadline_tsc)
{
    *client = (struct block_client){ .edge = edge };
    const struct cell_channel *channel = cell_channel_to(BLOCK_INTERFACE, edge->peer);
    if (channel == nullptr)
        return ST_NOT_FOUND;
    enum status status = block_learn(client);
    if (status == ST_OK)
        status = channel_attach(&client->end, channel);
    if (status == ST_OK)
        status = block_drain(client, deadline_tsc);
    if (status == ST_OK)
        channel_chunks_init(&client->chunks, channel, CHUNK_BYTES);
    return status;
}

static enum status block_check(const struct block_client *client, enum block_operation operation,
                               uint64_t block, uint32_t count)
{
    if (operation == BLOCK_FLUSH)
        return block == 0 && count == 0 ? ST_OK : ST_RANGE;
    if (operation != BLOCK_READ && operation != BLOCK_WRITE)
        return ST_INVALID;
    if (count == 0 || count > client->request_blocks_max ||
        !is_range_inside(block, count, client->block_count))
        return ST_RANGE;
    return operation == BLOCK_WRITE && client->is_read_only ? ST_DENIED : ST_OK;
}

static void SHARED *block_data_at(const struct block_client *client, uint32_t index, uint32_t bytes)
{
    uint64_t offset = (uint64_t)index * CHUNK_BYTES + BLOCK_HEAD_BYTES;
    return channel_pool_at(client->end.channel, offset, bytes);
}

enum status block_submit(struct block_client *client, enum block_operation operation, uint64_t block,
                         uint32_t count, const void *data, uint32_t *ticket)
{
    uint32_t index;
    enum status status = block_check(client, operation, block, count);
    if (status == ST_OK)
        status = channel_chunk_take(&client->chunks, &index);
    if (status != ST_OK)
        return status;

    uint32_t bytes = count * client->block_bytes; /* at most BLOCK_CHUNK_BYTES */
    uint32_t offset = index * CHUNK_BYTES;
    void SHARED *request_at = channel_pool_at(client->end.channel, offset, sizeof(struct block_request));
    void SHARED *data_at = block_data_at(client, index, bytes);
    if (request_at == nullptr || data_at == nullptr) { /* the channel was closed under us */
        channel_chunk_give(&client->chunks, index);
        return ST_REVOKED;
    }
    struct block_request request = { .operation = operation,
                                     .data = offset + BLOCK_HEAD_BYTES,
                                     .block = block,
                                     .count = count,
                                     .epoch = client->end.epoch,
                                     .tag = client->sent };
    shared_copy_out(request_at, &request, sizeof(request));
    if (operation == BLOCK_WRITE)
        shared_copy_out(data_at, data, bytes);
    status = ring_put(&client->end.put, offset);
    if (status != ST_OK) {
        channel_chunk_give(&client->chunks, index);
        return status;
    }
    client->sent++;
    client->tickets[index] =
        (struct block_ticket){ .state = BLOCK_TICKET_SENT, .operation = operation, .bytes = bytes };
    channel_doorbell(&client->end);
    *ticket = index;
    return ST_OK;
}

enum status block_wait(struct block_client *client, uint32_t ticket, void *data, uint64_t deadline_tsc)
{
    ASSERT(ticket < CHANNEL_CHUNKS_MAX && client->tickets[ticket].state != BLOCK_TICKET_FREE);
    struct block_ticket *waited = &client->tickets[ticket];
    block_collect(client);
    while (waited->state == BLOCK_TICKET_SENT) {
        enum status status = block_sleep(client, deadline_tsc);
        if (status != ST_OK) {
            waited->state = BLOCK_TICKET_ABANDONED;
            return status;
        }
        block_collect(client);
    }
    enum status status = waited->status;
    if (status == ST_OK && waited->operation == BLOCK_READ) {
        const void SHARED *from = block_data_at(client, ticket, waited->bytes);
        if (from == nullptr)
            status = ST_REVOKED;
        else
            shared_copy_in(data, from, waited->bytes);
    }
    waited->state = BLOCK_TICKET_FREE;
    channel_chunk_give(&client->chunks, ticket);
    return status;
}
