/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include "cap.h"
#include "device.h"
#include "manifest.h"
#include "panic.h"

#include <abi/channel.h>
#include <rt/text.h>

static struct channel channels[CHANNEL_MAX];

void channel_init(void)
{
    for (uint32_t i = 0; i < CHANNEL_MAX; i++)
        channels[i].is.id = i;
}

/* The next live channel; start with null.  Null: no more. */
static struct channel *channel_next(struct channel *channel)
{
    channel = channel != nullptr ? channel + 1 : channels;
    while (channel != channels + CHANNEL_MAX && channel->is.state == PEER_EMPTY)
        channel++;
    return channel != channels + CHANNEL_MAX ? channel : nullptr;
}

uint32_t channel_count(void)
{
    uint32_t count = 0;
    for (struct channel *one = channel_next(nullptr); one != nullptr; one = channel_next(one))
        count++;
    return count;
}

bool channel_is_served_by(uint32_t cell)
{
    struct channel *channel = channel_next(nullptr);
    while (channel != nullptr && channel->is.server != cell)
        channel = channel_next(channel);
    return channel != nullptr;
}

/* The channel of this pair, unless its client is gone. */
static struct channel *channel_find(uint32_t client, uint32_t uses, uint32_t server)
{
    struct channel *channel = channel_next(nullptr);
    while (channel != nullptr && (channel->is.state == PEER_CLOSING || channel->is.client != client ||
                                  channel->uses != uses || channel->is.server != server))
        channel = channel_next(channel);
    return channel;
}

static uint32_t channel_slot(const struct cell *cell)
{
    uint32_t slot = 0;
    while (slot < CHANNEL_SLOTS && cell->channels[slot].state != PEER_EMPTY)
        slot++;
    return slot;
}

static uint32_t channel_end(const struct channel *channel, bool is_server)
{
    return is_server ? channel->is.server : channel->is.client;
}

/* Writes the channel into the table of one of its ends and tells it. */
static void channel_publish(const struct channel *channel, bool is_server)
{
    struct cell *cell = cell_at(channel_end(channel, is_server));
    const struct cell *peer = cell_at(channel_end(channel, !is_server));
    if (!cell_is_up(cell))
        return;
    struct cell_channel *entry = &cell->channels[channel->slot[is_server]];
    *entry = (struct cell_channel){
        .base = channel->is.base,
        .bytes = channel->is.bytes,
        .notify = channel->notify[is_server],
        .state = channel->is.state,
        .is_server = is_server,
        .peer_id = peer->id,
        .epoch = channel->is.epoch,
    };
    text_copy(entry->interface, sizeof entry->interface, channel->is.interface);
    text_copy(entry->peer, sizeof entry->peer, peer->name);
    cell_peer_changed(cell);
}

static void channel_destroy(struct channel *channel)
{
    domain_destroy(channel->domain);
    *channel = (struct channel){ .is.id = channel->is.id };
}

static enum status channel_memory(struct channel *channel)
{
    enum status status = domain_create(DOMAIN_CHANNEL, channel->is.client, &channel->domain);
    if (status != ST_OK)
        return status;
    status = domain_grow(channel->domain, 0, channel->is.bytes / PAGE_BYTES, PAGE_READ | PAGE_WRITE);
    if (status != ST_OK)
        domain_destroy(channel->domain);
    return status;
}

static enum status channel_create(struct cell *client, uint32_t uses, struct cell *server,
                                  struct channel **created)
{
    struct channel *channel = channels;
    while (channel != channels + CHANNEL_MAX && channel->is.state != PEER_EMPTY)
        channel++;
    uint32_t slot = channel_slot(client);
    if (channel == channels + CHANNEL_MAX || slot == CHANNEL_SLOTS)
        return ST_QUOTA;
    const struct manifest_uses *wanted = &client->manifest.uses[uses];
    channel->is.client = client->id;
    channel->is.server = server->id;
    channel->is.bytes = KIB(wanted->channel_kib);
    enum status status = channel_memory(channel);
    if (status != ST_OK)
        return status;
    channel->is.base = arch_domain_base(channel->domain->id);
    channel->is.domain = channel->domain->id;
    channel->is.state = PEER_DOWN;
    text_copy(channel->is.interface, sizeof channel->is.interface, wanted->name);
    channel->uses = uses;
    channel->slot[false] = slot;
    domain_attach(client, channel->domain);
    channel_publish(channel, false); /* takes the slot, whatever comes next */
    *created = channel;
    return ST_OK;
}

/* One end may set the bit of the other's slot, nothing else. */
static enum status channel_bell(struct channel *channel, bool is_server)
{
    return cap_mint(channel_end(channel, is_server), CAP_NOTIFY, RIGHT_WRITE,
                    channel_end(channel, !is_server), EVENT_CHANNEL + channel->slot[!is_server],
                    CAP_SLOT_NONE, &channel->notify[is_server]);
}

static void channel_silence(struct channel *channel, bool is_server)
{
    (void)cap_revoke(CAP_ANY_OWNER, channel->notify[is_server]);
    channel->notify[is_server] = 0;
}

enum status channel_link(struct cell *client, uint32_t uses, struct cell *server, uint32_t *id)
{
    if (!cell_is_up(client) || !cell_is_up(server))
        return ST_GONE;
    const struct manifest_provides *offer = manifest_offer(&client->manifest, uses, &server->manifest,
                                                           INTERFACE_CHANNEL);
    if (client == server || offer == nullptr)
        return ST_DENIED;
    struct channel *channel = channel_find(client->id, uses, server->id);
    if (channel != nullptr && channel->is.state == PEER_UP)
        return ST_EXISTS;
    uint32_t slot = channel_slot(server);
    if (slot == CHANNEL_SLOTS)
        return ST_QUOTA;
    enum status status = channel == nullptr ? channel_create(client, uses, server, &channel) : ST_OK;
    if (status != ST_OK)
        return status;
    channel->slot[true] = slot;
    status = channel_bell(channel, false) ?: channel_bell(channel, true);
    if (status == ST_OK && (offer->flags & INTERFACE_DMA) != 0)
        status = device_share(server, channel->domain);
    if (status != ST_OK) {
        channel_silence(channel, false);
        channel_silence(channel, true);
        return status; /* stays PEER_DOWN; may be linked again */
    }
    domain_attach(server, channel->domain);
    channel->is.epoch++;
    channel->is.state = PEER_UP;
    channel_publish(channel, false);
    channel_publish(channel, true);
    *id = channel->is.id;
    return ST_OK;
}

enum status channel_close(struct cell *server, uint32_t slot)
{
    struct channel *channel = channel_next(nullptr);
    while (channel != nullptr && (channel->is.state != PEER_CLOSING || channel->is.server != server->id ||
                                  channel->slot[true] != slot))
        channel = channel_next(channel);
    if (channel == nullptr)
        return ST_STATE;
    server->channels[slot] = (struct cell_channel){};
    device_unshare(server, channel->domain);
    domain_detach(server, channel->domain);
    channel_destroy(channel);
    return ST_OK;
}

/*
 * One end is gone.  A server keeps the memory until it lets go, since it may be in the
 * middle of the pool; a client keeps it for the next server.
 */
static void channel_end_down(struct channel *channel, struct cell *cell, bool is_server)
{
    if (is_server)
        device_unshare(cell, channel->domain);
    domain_detach(cell, channel->domain);
    if (channel->is.state != PEER_UP) {
        channel_destroy(channel); /* the other end is not there either */
        return;
    }
    channel_silence(channel, !is_server);
    channel->is.state = is_server ? PEER_DOWN : PEER_CLOSING;
    channel_publish(channel, !is_server);
}

void channel_cell_down(struct cell *cell)
{
    for (struct channel *one = channel_next(nullptr); one != nullptr; one = channel_next(one))
        if (one->is.client == cell->id && one->is.state != PEER_CLOSING)
            channel_end_down(one, cell, false);
        else if (one->is.server == cell->id && one->is.state != PEER_DOWN)
            channel_end_down(one, cell, true);
}

/* Peers write the indices: a snapshot for people, never used for anything else. */
static uint32_t channel_ring_used(const struct channel *channel, uint64_t ring_offset, uint32_t *head)
{
    phys_addr frame = arch_domain_frame(channel->domain, align_down(ring_offset, PAGE_BYTES), PAGE_READ);
    const volatile struct ring_shared *ring = (const void *)((const uint8_t *)phys_pointer(frame) +
                                                             ring_offset % PAGE_BYTES);
    *head = ring->head;
    uint32_t used = ring->tail - *head;
    return used <= RING_SLOTS ? used : 0;
}

enum status channel_record(uint32_t id, struct channel_record *record)
{
    if (id >= CHANNEL_MAX)
        return ST_NOT_FOUND;
    const struct channel *channel = &channels[id];
    if (channel->is.state == PEER_EMPTY)
        return ST_EMPTY;
    *record = channel->is;
    uint32_t head;
    record->completion_used = channel_ring_used(channel, offsetof(struct channel_layout, completion), &head);
    record->request_used = channel_ring_used(channel, offsetof(struct channel_layout, request), &head);
    record->request_head = head;
    return ST_OK;
}
