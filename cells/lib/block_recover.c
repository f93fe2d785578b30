/* SPDX-License-Identifier: MIT */

/*
 * The client when something other than its own requests stands in the rings:
 * what an earlier block_client left, and what a server lost.
 *
 * A server takes a request off the ring only when its answer is queued.  One
 * that corrupted the rings before it died may have broken that rule, or the
 * descriptor its successor needed.  The client has each request in private
 * memory, so it asks again; requests are idempotent.
 */

#include "block_client.h"

#include <rt/bits.h>
#include <sdk/monitor.h>

/*
 * The completion of a request of an earlier user.  Should the server die now,
 * its successor must not serve that again, so it is marked as answered like
 * one's own; where it lies stands in the ring.
 */
static void block_forget(struct block_client *client, uint32_t sequence)
{
    const struct ring_producer *put = &client->end.put;
    if (put->tail - sequence - 1 >= RING_SLOTS)
        return;
    uint64_t descriptor = shared_read64(&put->ring->slots[sequence & RING_MASK]);
    uint64_t offset = BLOCK_OFFSET(descriptor);
    if (BLOCK_SEQUENCE(descriptor) != sequence || !is_aligned(offset, BLOCK_REQUEST_ALIGN))
        return;
    struct block_request SHARED *request = channel_pool_at(client->end.channel, offset,
                                                           sizeof(struct block_request));
    if (request != nullptr)
        shared_write64(&request->live, 0);
}

static void block_forget_all(struct block_client *client)
{
    struct ring_consumer *get = &client->end.get;
    uint32_t count = ring_available(get);
    for (uint32_t i = 0; i < count; i++)
        block_forget(client, BLOCK_COMPLETED(ring_look(get, get->head + i)));
    ring_advance_by(get, count);
}

/*
 * Once the request ring is empty, all is answered, and nobody reads or writes
 * the pool but us.
 */
enum status block_drain(struct block_client *client, uint64_t deadline_tsc)
{
    client->must_kick = true;
    while (ring_space(&client->end.put) < RING_SLOTS) {
        block_forget_all(client);
        enum status status = block_pause(client, deadline_tsc);
        if (status != ST_OK)
            return status;
    }
    block_forget_all(client);
    return ST_OK;
}

void block_recover_begin(struct block_client *client)
{
    client->end.epoch = client->end.channel->epoch;
    client->is_recovering = client->in_flight > 0;
    client->recovered = client->end.put.tail;
    client->must_kick = false;
    if (client->end.channel->notify != 0)
        (void)mon_notify(client->end.channel->notify);
}

/* Of a ticket that the server took off the ring: it is not answered, or it would have been collected. */
static void block_resend(struct block_client *client, uint32_t index)
{
    struct block_ticket *ticket = &client->tickets[index];
    if (!block_has_slot(client))
        return; /* tried again before the next sleep */
    client->by_slot[ticket->sequence & RING_MASK] = 0;
    enum block_ticket_state state = (enum block_ticket_state)ticket->state;
    block_put(client, index);
    ticket->state = (uint8_t)state;
    client->resent++;
}

/*
 * What the server has taken off the ring before it is looked at, and has not
 * answered when the completions are collected after that, it never answers.
 */
bool block_recover(struct block_client *client)
{
    struct ring_producer *put = &client->end.put;
    uint32_t head = put->tail - (RING_SLOTS - ring_space(put));
    uint32_t in_flight = client->in_flight;
    block_collect(client);
    bool has_more = (int32_t)(client->recovered - head) > 0;
    for (uint32_t i = 0; i < client->ticket_count; i++) {
        const struct block_ticket *ticket = &client->tickets[i];
        bool is_sent = ticket->state == BLOCK_TICKET_SENT || ticket->state == BLOCK_TICKET_ABANDONED;
        if (!is_sent || (int32_t)(ticket->sequence - client->recovered) >= 0)
            continue;
        if ((int32_t)(ticket->sequence - head) < 0)
            block_resend(client, i);
        has_more |= (int32_t)(ticket->sequence - client->recovered) < 0;
    }
    client->is_recovering = has_more;
    return client->in_flight != in_flight;
}
