/* SPDX-License-Identifier: MIT */

/*
 * The client's side of the block class: submit, collect, wait.
 *
 * Ticket n has its request at n * BLOCK_REQUEST_ALIGN of the pool.  From the
 * put to the completion that names its sequence, the request and the pages it
 * speaks of are the server's and the device's.  Tickets that are done stand in
 * a list, in the order of completion.
 */

#include "block_client.h"

#include <rt/bits.h>
#include <sdk/monitor.h>

#define TICKET_NONE 0u /* links hold ticket + 1 */
#define LIVE_OFFSET offsetof(struct block_request, live)

static_assert(sizeof(struct block_request) <= BLOCK_REQUEST_ALIGN);
static_assert(BLOCK_TICKETS_MAX < UINT8_MAX && BLOCK_TICKETS_MAX < RING_SLOTS);

static uint32_t ticket_offset(uint32_t ticket)
{
    return ticket * BLOCK_REQUEST_ALIGN;
}

/* The pool; the caller knows that the channel is mapped, and block_pages_init that it is large enough. */
static uint8_t SHARED *block_pool(const struct block_client *client)
{
    return (uint8_t SHARED *)client->end.put.ring + CHANNEL_POOL_OFFSET;
}

/* ---- open ---- */

static void tickets_init(struct block_client *client)
{
    for (uint32_t i = 0; i < client->ticket_count; i++)
        client->tickets[i].next = (uint8_t)(i + 1 < client->ticket_count ? i + 2 : TICKET_NONE);
    client->ticket_free = 1;
}

enum status block_open(struct block_client *client, const struct cell_edge *edge, uint64_t deadline_tsc)
{
    *client = (struct block_client){ .edge = edge };
    const struct cell_channel *channel = cell_channel_to(BLOCK_INTERFACE, edge->peer);
    if (channel == nullptr)
        return ST_NOT_FOUND;
    enum status status = block_refresh(client)
        ?: channel_attach(&client->end, channel)
        ?: block_drain(client, deadline_tsc)
        ?: block_pages_init(client);
    if (status == ST_OK)
        tickets_init(client);
    return status;
}

/* ---- submit ---- */

static bool operation_has_data(uint32_t operation)
{
    return operation == BLOCK_READ || operation == BLOCK_WRITE;
}

static enum status request_operation_check(const struct block_geometry *unit, uint32_t operation)
{
    static const uint8_t features[] = { [BLOCK_FLUSH] = BLOCK_CAN_FLUSH,
                                        [BLOCK_DISCARD] = BLOCK_CAN_DISCARD,
                                        [BLOCK_WRITE_ZEROES] = BLOCK_CAN_WRITE_ZEROES };
    if (operation < BLOCK_READ || operation > BLOCK_WRITE_ZEROES)
        return ST_INVALID;
    uint32_t needed = features[operation];
    if ((unit->features & needed) != needed)
        return ST_UNSUPPORTED;
    bool is_change = operation != BLOCK_READ && operation != BLOCK_FLUSH;
    return is_change && unit->is_read_only ? ST_DENIED : ST_OK;
}

/* The segments are whole pages but for the last, of whole blocks, and hold `bytes`. */
static enum status request_segments_check(const struct block_client *client,
                                          const struct block_request *request, uint32_t block_bytes,
                                          uint64_t bytes)
{
    uint64_t limit = (uint64_t)client->page_count * PAGE_BYTES;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < request->segment_count; i++) {
        const struct block_segment *segment = &request->segments[i];
        uint32_t unit = i + 1 < request->segment_count ? BLOCK_ALIGN : block_bytes;
        if (segment->bytes == 0 || !is_aligned(segment->bytes, unit) ||
            !is_aligned(segment->offset, BLOCK_ALIGN) ||
            !is_range_inside(segment->offset, segment->bytes, limit))
            return ST_RANGE;
        sum += segment->bytes;
    }
    return sum == bytes ? ST_OK : ST_RANGE;
}

static enum status request_check(const struct block_client *client, const struct block_request *request)
{
    if (request->unit >= client->unit_count || request->segment_count > BLOCK_SEGMENTS_MAX)
        return ST_RANGE;
    const struct block_geometry *unit = &client->units[request->unit];
    enum status status = request_operation_check(unit, request->operation);
    if (status != ST_OK)
        return status;
    if (request->operation == BLOCK_FLUSH)
        return request->block == 0 && request->count == 0 && request->segment_count == 0 ? ST_OK : ST_RANGE;
    if (request->count == 0 || request->count > unit->transfer_blocks_max ||
        !is_range_inside(request->block, request->count, unit->block_count))
        return ST_RANGE;
    if (!operation_has_data(request->operation))
        return request->segment_count == 0 ? ST_OK : ST_RANGE;
    return request_segments_check(client, request, unit->block_bytes,
                                  (uint64_t)request->count * unit->block_bytes);
}

bool block_has_slot(struct block_client *client)
{
    struct ring_producer *put = &client->end.put;
    if (client->by_slot[put->tail & RING_MASK] != TICKET_NONE)
        return false;
    return put->tail != put->limit || ring_space(put) > 0;
}

void block_put(struct block_client *client, uint32_t index)
{
    struct block_ticket *ticket = &client->tickets[index];
    uint32_t sequence = client->end.put.tail;
    uint32_t offset = ticket_offset(index);
    ticket->state = BLOCK_TICKET_SENT;
    ticket->sequence = sequence;
    ticket->request.live = (uint64_t)sequence + 1;
    uint64_t bytes = offsetof(struct block_request, segments) +
                     ticket->request.segment_count * sizeof(struct block_segment);
    shared_copy_out(block_pool(client) + offset, &ticket->request, bytes);
    client->by_slot[sequence & RING_MASK] = (uint8_t)(index + 1);
    enum status status = ring_put(&client->end.put, BLOCK_REQUEST_DESCRIPTOR(offset, sequence));
    ASSERT(status == ST_OK); /* block_has_slot */
    client->must_kick = true;
}

enum status block_submit(struct block_client *client, const struct block_request *request, uint32_t *ticket)
{
    if (!block_is_mapped(client))
        return ST_REVOKED;
    enum status status = request_check(client, request);
    if (status != ST_OK)
        return status;
    if (!block_has_slot(client))
        block_collect(client);
    if (client->ticket_free == TICKET_NONE || !block_has_slot(client))
        return ST_FULL;
    uint32_t index = client->ticket_free - 1u;
    struct block_ticket *taken = &client->tickets[index];
    client->ticket_free = taken->next;
    taken->request = *request;
    taken->sent_tsc = tsc_read();
    block_put(client, index);
    client->in_flight++;
    client->sent++;
    *ticket = index;
    return ST_OK;
}

void block_kick(struct block_client *client)
{
    if (!client->must_kick || !block_is_mapped(client))
        return;
    client->must_kick = false;
    channel_doorbell(&client->end);
}

/* ---- collect ---- */

static void ticket_free(struct block_client *client, uint32_t index)
{
    struct block_ticket *ticket = &client->tickets[index];
    ticket->state = BLOCK_TICKET_FREE;
    ticket->next = client->ticket_free;
    client->ticket_free = (uint8_t)(index + 1);
}

static void done_append(struct block_client *client, uint32_t index)
{
    client->tickets[index].next = TICKET_NONE;
    if (client->done_first == TICKET_NONE)
        client->done_first = (uint8_t)(index + 1);
    else
        client->tickets[client->done_last - 1u].next = (uint8_t)(index + 1);
    client->done_last = (uint8_t)(index + 1);
}

static void done_remove(struct block_client *client, uint32_t index)
{
    uint8_t *link = &client->done_first;
    uint8_t before = TICKET_NONE;
    while (*link != index + 1) {
        before = *link;
        link = &client->tickets[before - 1u].next;
    }
    *link = client->tickets[index].next;
    if (client->done_last == index + 1)
        client->done_last = before;
}

/* One completion.  What names nothing under way is late, repeated or forged: counted. */
static void block_finish(struct block_client *client, uint64_t descriptor)
{
    uint32_t sequence = BLOCK_COMPLETED(descriptor);
    uint8_t *by_slot = &client->by_slot[sequence & RING_MASK];
    uint32_t index = *by_slot - 1u;
    if (*by_slot == TICKET_NONE || client->tickets[index].sequence != sequence) {
        client->stray++;
        return;
    }
    struct block_ticket *ticket = &client->tickets[index];
    *by_slot = TICKET_NONE;
    void SHARED *live = block_pool(client) + ticket_offset(index) + LIVE_OFFSET;
    shared_write64(live, 0);
    client->in_flight--;
    if (ticket->state == BLOCK_TICKET_ABANDONED) {
        client->abandoned--;
        ticket_free(client, index);
        block_pages_settle(client, &ticket->request);
        return;
    }
    uint32_t status = BLOCK_STATUS(descriptor);
    ticket->state = BLOCK_TICKET_DONE;
    ticket->status = (uint8_t)(status < ST_COUNT ? status : ST_DEVICE);
    done_append(client, index);
}

/* The ring's head moves last: until then a new server finds in the ring what was answered. */
void block_collect(struct block_client *client)
{
    if (!block_is_mapped(client))
        return;
    struct ring_consumer *get = &client->end.get;
    uint32_t count = ring_available(get);
    if (count == 0)
        return;
    for (uint32_t i = 0; i < count; i++)
        block_finish(client, ring_look(get, get->head + i));
    ring_advance_by(get, count);
}

static enum status ticket_spend(struct block_client *client, uint32_t index)
{
    done_remove(client, index);
    ticket_free(client, index);
    return client->tickets[index].status;
}

enum status block_poll(struct block_client *client, uint32_t *ticket, enum status *result)
{
    if (client->done_first == TICKET_NONE)
        block_collect(client);
    if (client->done_first == TICKET_NONE)
        return ST_EMPTY;
    *ticket = client->done_first - 1u;
    *result = ticket_spend(client, *ticket);
    return ST_OK;
}

/* ---- wait ---- */

/*
 * The rings outlive the server; what it had not answered is still in front of
 * its successor, which looks by itself.
 */
enum status block_pause(struct block_client *client, uint64_t deadline_tsc)
{
    const struct cell_channel *channel = client->end.channel;
    if (!block_is_mapped(client))
        return ST_REVOKED;
    if (channel->epoch != client->end.epoch)
        block_recover_begin(client);
    if (client->is_recovering && block_recover(client))
        return ST_OK; /* it may be what the caller waits for */
    block_kick(client);
    if (tsc_read() >= deadline_tsc)
        return ST_TIMEOUT;
    if (ring_prepare_sleep(&client->end.get)) {
        uint64_t events = cell_wait(deadline_tsc);
        cell_keep(events & ~(BIT64(EVENT_TIMER) | channel_event(channel))); /* the rest is not ours */
    }
    return ST_OK;
}

enum status block_sleep(struct block_client *client, uint64_t deadline_tsc)
{
    block_kick(client);
    if (client->done_first != TICKET_NONE)
        return ST_OK;
    return block_pause(client, deadline_tsc);
}

enum status block_wait(struct block_client *client, uint32_t ticket, uint64_t deadline_tsc)
{
    ASSERT(ticket < client->ticket_count);
    struct block_ticket *waited = &client->tickets[ticket];
    ASSERT(waited->state == BLOCK_TICKET_SENT || waited->state == BLOCK_TICKET_DONE);
    while (waited->state == BLOCK_TICKET_SENT) {
        block_collect(client);
        if (waited->state != BLOCK_TICKET_SENT)
            break;
        enum status status = block_pause(client, deadline_tsc);
        if (status != ST_OK && waited->state == BLOCK_TICKET_SENT) {
            waited->state = BLOCK_TICKET_ABANDONED;
            client->abandoned++;
            return status;
        }
    }
    return ticket_spend(client, ticket);
}
