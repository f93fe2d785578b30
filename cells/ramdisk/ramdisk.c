/* SPDX-License-Identifier: MIT */

/*
 * A block device of plain memory, for up to CHANNEL_SLOTS clients.
 *
 * Requests are answered in order, one completion for each, and a request leaves
 * the ring only after its completion is in the other one.  So the two indices
 * tell a new instance everything: completions queued and requests taken differ
 * by nothing, or by the one request whose answer was out when its server died.
 */

#include "request.h"
#include "store.h"

#include <rt/text.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

/* Requests of one client served before the next client has its turn. */
#define TURN_REQUESTS_MAX 16u

struct client {
    struct channel_end end;
    bool is_attached;
};

static struct client clients[CHANNEL_SLOTS];

/*
 * After a restart: the last answer of the former instance may be queued and its
 * request still be in the ring.  Served again, it could read a buffer that the
 * client has put to other use since, so it is skipped.
 */
static void client_skip_answered(struct client *client)
{
    uint64_t answered;
    bool is_behind = client->end.put.tail - client->end.get.head == 1;
    if (is_behind && ring_peek(&client->end.get, &answered) == ST_OK)
        ring_advance(&client->end.get);
}

static bool client_is_ours(const struct cell_channel *channel)
{
    return channel->state == PEER_UP && channel->is_server && text_equal(channel->interface, BLOCK_INTERFACE);
}

/* Brings `slot` in line with the information page. */
static void client_update(uint32_t slot)
{
    const struct cell_channel *channel = &cell_info()->channels[slot];
    struct client *client = &clients[slot];
    if (!client_is_ours(channel)) {
        client->is_attached = false;
        return;
    }
    if (client->is_attached && client->end.epoch == channel->epoch)
        return;
    client->is_attached = channel_attach(&client->end, channel) == ST_OK;
    if (client->is_attached)
        client_skip_answered(client);
}

/* Serves one turn; true if it stopped with requests left that can be served. */
static bool client_serve(struct client *client)
{
    struct channel_end *end = &client->end;
    uint64_t descriptor;
    for (uint32_t i = 0; i < TURN_REQUESTS_MAX; i++) {
        /* No room for an answer: the client breaks the rule of sdk/channel.h and waits until it rings. */
        if (ring_peek(&end->get, &descriptor) != ST_OK || ring_space(&end->put) == 0)
            return false;
        uint32_t offset = BLOCK_OFFSET(descriptor);
        uint64_t status = request_serve(end->channel, offset);
        enum status queued = ring_put(&end->put, status << 32 | offset);
        ASSERT(queued == ST_OK);
        ring_advance(&end->get);
    }
    return true;
}

/* A turn for every client, then, for who is done, sleep until the doorbell. */
static bool clients_serve(void)
{
    bool has_more = false;
    for (uint32_t slot = 0; slot < CHANNEL_SLOTS; slot++) {
        struct client *client = &clients[slot];
        if (!client->is_attached)
            continue;
        bool client_has_more = client_serve(client);
        channel_doorbell(&client->end);
        if (!client_has_more)
            client_has_more = !ring_prepare_sleep(&client->end.get) && ring_space(&client->end.put) > 0;
        has_more |= client_has_more;
    }
    return has_more;
}

static void ramdisk_notified(uint64_t events)
{
    if (events & BIT64(EVENT_PEER)) {
        (void)channel_close_abandoned();
        for (uint32_t slot = 0; slot < CHANNEL_SLOTS; slot++)
            client_update(slot);
    }
    /* More to do: come back through wait, so that gate calls get in between and the watchdog is content. */
    if (clients_serve())
        (void)mon_notify(0);
}

GATE_ENTRY static uint64_t ramdisk_call(uint64_t operation, uint64_t field, uint64_t, uint64_t)
{
    return operation == BLOCK_GET ? request_field(field) : 0;
}

/* Channels that were linked, and requests that came, before this instance ran. */
static enum status ramdisk_start(void)
{
    ramdisk_notified(BIT64(EVENT_PEER));
    return ST_OK;
}

static const struct cell_ops ramdisk_ops = {
    .init = store_init,
    .start = ramdisk_start,
    .notified = ramdisk_notified,
};

CELL(ramdisk_ops,
     ((struct manifest){
         .name = "ramdisk",
         .vendor = "Comb",
         .description = "1 MiB block device in memory",
         .version_major = 1,
         .device_class = CLASS_BLOCK,
         .restart_policy = RESTART_ALWAYS,
         .limits = { .memory_kib = 128, .priority = 12 },
         .provides = { { BLOCK_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL, 0 } },
         .caps = { { CAP_MEMORY, RIGHT_READ | RIGHT_WRITE, 0, STORE_BYTES } },
     }),
     ramdisk_call);
