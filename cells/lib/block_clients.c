/* SPDX-License-Identifier: MIT */

/*
 * The rings of all clients.
 *
 *   head ......... answered ......... taken ......... tail
 *     given back at      some answered,    not looked
 *     the end of a turn  some under way    at yet
 *
 * Everything in the rings is the client's to forge; what counts here is private.
 */

#include "block_service.h"

#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/monitor.h>

/* Requests of one client taken before the next client has its turn. */
#define TURN_REQUESTS_MAX 16u

static struct block_server_client clients[CHANNEL_SLOTS];
static uint64_t ready;  /* slots that may have requests; all others ring first */
static uint64_t dirty;  /* slots whose answers or head are not published */
static uint32_t cursor; /* slot whose turn is next */

static_assert(CHANNEL_SLOTS <= 64);

void block_clients_init(void)
{
    memset(clients, 0, sizeof(clients));
    ready = dirty = 0;
    cursor = 0;
}

const struct block_server_client *block_client_at(uint32_t slot)
{
    return &clients[slot];
}

static bool slot_bit(const uint64_t *bits, uint32_t sequence)
{
    uint32_t slot = sequence & RING_MASK;
    return bits[slot / 64] >> (slot % 64) & 1;
}

static void slot_bit_set(uint64_t *bits, uint32_t sequence)
{
    uint32_t slot = sequence & RING_MASK;
    bits[slot / 64] |= BIT64(slot % 64);
}

static void slot_bit_clear(uint64_t *bits, uint32_t sequence)
{
    uint32_t slot = sequence & RING_MASK;
    bits[slot / 64] &= ~BIT64(slot % 64);
}

/* ---- answers ---- */

/* `sequence` is dealt with; the ring is given back as far as that leaves no gap. */
static void client_retire(struct block_server_client *client, uint32_t sequence)
{
    dirty |= BIT64((uint32_t)(client - clients));
    if (sequence != client->answered) {
        slot_bit_set(client->done, sequence);
        return;
    }
    uint32_t answered = sequence + 1;
    for (; slot_bit(client->done, answered); answered++)
        slot_bit_clear(client->done, answered);
    client->answered = answered;
}

/* As a broken server: an answer nobody understands, an index that cannot be, and the answer missing. */
static void client_corrupt(struct block_server_client *client, uint32_t sequence)
{
    struct ring_producer *put = &client->end.put;
    block_server.corrupts_ring = false;
    (void)ring_put(put, ~BLOCK_COMPLETION(sequence, ST_OK));
    shared_write32(&put->ring->tail, put->tail + RING_SLOTS * 2);
}

static void client_answer(struct block_server_client *client, uint32_t sequence, enum status status)
{
    if (block_server.corrupts_ring) {
        client_corrupt(client, sequence);
        return;
    }
    /* No room: the client moved its index back after a place was kept for this answer.  Its loss. */
    if (ring_put(&client->end.put, BLOCK_COMPLETION(sequence, status)) != ST_OK)
        block_counts[BLOCK_FIELD_REFUSED]++;
    client_retire(client, sequence);
}

void block_client_answer(uint32_t slot, uint32_t sequence, enum status status)
{
    clients[slot].under_way--;
    client_answer(&clients[slot], sequence, status);
}

static void client_close_if_drained(uint32_t slot)
{
    struct block_server_client *client = &clients[slot];
    if (client->under_way > 0)
        return;
    *client = (struct block_server_client){};
    (void)mon_channel_close(slot);
}

void block_clients_publish(void)
{
    for (uint64_t left = dirty; left != 0; left &= left - 1) {
        uint32_t slot = (uint32_t)__builtin_ctzll(left);
        struct block_server_client *client = &clients[slot];
        if (!client->is_attached)
            continue;
        if (client->is_closing) {
            client_close_if_drained(slot);
            continue;
        }
        ring_advance_by(&client->end.get, client->answered - client->end.get.head);
        channel_doorbell(&client->end);
    }
    dirty = 0;
}

/* ---- coming and going ---- */

/*
 * Rings whose indices cannot be were scribbled over by a former instance that
 * went wrong.  The client's own index is right; from it both are rebuilt, and
 * `live` tells among the last RING_SLOTS requests which are still owed.
 */
static void client_repair(struct block_server_client *client)
{
    struct ring_consumer *get = &client->end.get;
    struct ring_producer *put = &client->end.put;
    uint32_t tail = shared_read32(&get->ring->tail);
    if (tail - get->head > RING_SLOTS) {
        get->head = get->tail_seen = tail - RING_SLOTS;
        shared_write32(&get->ring->head, get->head);
    }
    uint32_t head = shared_read32(&put->ring->head);
    if (put->tail - head > RING_SLOTS) {
        put->tail = put->limit = head;
        shared_write32(&put->ring->tail, head);
    }
}

/*
 * The rule of abi/block.h: first what stands in the completion ring, then, when
 * its turn comes, whether the request is live.  The other way round, a client
 * that takes its answer in between would have its request done again.
 */
static void client_note_standing(struct block_server_client *client)
{
    const struct ring_producer *put = &client->end.put;
    uint32_t count = RING_SLOTS - ring_space(&client->end.put);
    uint32_t head = client->end.get.head;
    uint32_t owed = ring_available(&client->end.get);
    client->replay_end = head + owed;
    for (uint32_t i = 1; i <= count; i++) {
        uint64_t descriptor = shared_read64(&put->ring->slots[(put->tail - i) & RING_MASK]);
        uint32_t sequence = BLOCK_COMPLETED(descriptor);
        if (sequence - head < owed)
            slot_bit_set(client->standing, sequence);
    }
}

static void client_attach(uint32_t slot, const struct cell_channel *channel)
{
    struct block_server_client *client = &clients[slot];
    *client = (struct block_server_client){};
    client->pool_bytes = channel_pool_bytes(channel);
    client->pool = (uint8_t SHARED *)channel_pool_at(channel, 0, 0);
    if (client->pool == nullptr || channel_attach(&client->end, channel) != ST_OK)
        return;
    client_repair(client);
    client->answered = client->taken = client->replay_end = client->end.get.head;
    if (channel->epoch > 1) /* the channel's first server owes nothing from before */
        client_note_standing(client);
    client->is_attached = true;
    ready |= BIT64(slot);
}

/* The memory is gone, or another channel's: jobs under way find nobody to answer. */
static void client_detach(uint32_t slot)
{
    if (!clients[slot].is_attached)
        return;
    clients[slot] = (struct block_server_client){};
    ready &= ~BIT64(slot);
    block_jobs_cancel(slot);
}

static void client_update(uint32_t slot)
{
    const struct cell_channel *channel = &cell_info()->channels[slot];
    struct block_server_client *client = &clients[slot];
    bool is_ours = channel->is_server && text_equal(channel->interface, BLOCK_INTERFACE);
    if (!is_ours || (channel->state != PEER_UP && channel->state != PEER_CLOSING)) {
        client_detach(slot);
        return;
    }
    if (channel->state == PEER_CLOSING) {
        ready &= ~BIT64(slot);
        dirty |= BIT64(slot);
        client->is_attached = client->is_closing = true; /* attached or not, it is to be closed */
        client->under_way -= block_jobs_drop(slot);
        return;
    }
    if (client->is_attached && client->end.epoch == channel->epoch)
        return;
    client_detach(slot);
    client_attach(slot, channel);
}

void block_clients_update(void)
{
    for (uint32_t slot = 0; slot < CHANNEL_SLOTS; slot++)
        client_update(slot);
}

/* ---- requests ---- */

void block_clients_rung(uint64_t slots)
{
    for (uint64_t left = slots; left != 0; left &= left - 1) {
        uint32_t slot = (uint32_t)__builtin_ctzll(left);
        if (clients[slot].is_attached && !clients[slot].is_closing)
            ready |= BIT64(slot);
    }
}

/* A request behind `taken`, and room for its answer besides those that are still to come. */
static bool client_has_request(struct block_server_client *client)
{
    struct ring_consumer *get = &client->end.get;
    uint32_t ahead = client->taken - get->head;
    return get->tail_seen - get->head > ahead || ring_available(get) > ahead;
}

static bool client_has_room(struct block_server_client *client)
{
    struct ring_producer *put = &client->end.put;
    return put->limit - put->tail > client->under_way || ring_space(put) > client->under_way;
}

/* True if a former instance had answered this one. */
static bool client_is_answered(const struct block_server_client *client, uint64_t descriptor,
                               uint32_t sequence)
{
    if ((int32_t)(client->replay_end - sequence) <= 0)
        return false;
    bool is_owed = !slot_bit(client->standing, sequence) &&
                   block_request_is_live(client, descriptor, sequence);
    block_counts[is_owed ? BLOCK_FIELD_REPLAYED : BLOCK_FIELD_SKIPPED]++;
    return !is_owed;
}

static void client_take(uint32_t slot)
{
    struct block_server_client *client = &clients[slot];
    uint32_t sequence = client->taken++;
    uint64_t descriptor = ring_look(&client->end.get, sequence);
    if (client_is_answered(client, descriptor, sequence)) {
        client_retire(client, sequence);
        return;
    }
    struct block_job *job = block_job_take();
    enum status status = block_request_read(client, descriptor, sequence, job);
    if (status != ST_OK) {
        block_job_give(job);
        block_counts[BLOCK_FIELD_REFUSED]++;
        block_counts[BLOCK_FIELD_ERRORS]++;
        client_answer(client, sequence, status);
        return;
    }
    job->client = slot;
    client->under_way++;
    block_job_dispatch(job);
}

/* True if it is not known to have no more. */
static bool client_serve(uint32_t slot)
{
    struct block_server_client *client = &clients[slot];
    for (uint32_t i = 0; i < TURN_REQUESTS_MAX && block_jobs_count() < block_limit_jobs(); i++) {
        if (!client_has_room(client)) {
            /* It breaks the rule of sdk/channel.h and waits until it rings. */
            shared_write32(&client->end.get.ring->waiting, 1);
            return false;
        }
        if (!client_has_request(client))
            return !ring_prepare_sleep_at(&client->end.get, client->taken);
        client_take(slot);
    }
    return true;
}

bool block_clients_serve(void)
{
    uint64_t todo = ready;
    while (todo != 0 && block_jobs_count() < block_limit_jobs()) {
        uint64_t after = todo & (UINT64_MAX << cursor);
        uint32_t slot = (uint32_t)__builtin_ctzll(after != 0 ? after : todo);
        todo &= ~BIT64(slot);
        cursor = (slot + 1) % 64;
        if (!client_serve(slot))
            ready &= ~BIT64(slot);
    }
    bool is_full = block_jobs_count() >= block_limit_jobs();
    if (is_full && ready != 0 && block_limit_binds())
        block_counts[BLOCK_FIELD_HELD_BACK]++;
    return ready != 0 && !is_full; /* full: the next completion brings us back */
}
