/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include "cap.h"
#include "panic.h"

#include <abi/channel.h>
#include <rt/text.h>

static struct channel channels[CHANNEL_MAX];
static uint32_t channels_used;

void channel_init(void)
{
    for (uint32_t i = 0; i < CHANNEL_MAX; i++) {
        channels[i].id = i;
    }
}

uint32_t channel_count(void)
{
    return channels_used;
}

bool channel_is_served_by(uint32_t cell)
{
    for (uint32_t i = 0; i < CHANNEL_MAX; i++) {
        if (channels[i].state != PEER_EMPTY && channels[i].server == cell) {
            return true;
        }
    }
    return false;
}

static enum status channel_match(const struct cell *client, uint32_t uses, const struct cell *server)
{
    if (uses >= MANIFEST_USES_MAX) {
        return ST_RANGE;
    }
    const struct manifest_uses *wanted = &client->manifest.uses[uses];
    if (wanted->name[0] == '\0' || (wanted->flags & INTERFACE_CHANNEL) == 0 || client == server) {
        return ST_DENIED;
    }
    for (uint32_t i = 0; i < MANIFEST_PROVIDES_MAX; i++) {
        const struct manifest_provides *offered = &server->manifest.provides[i];
        if (text_equal(offered->name, wanted->name) && (offered->flags & INTERFACE_CHANNEL) != 0) {
            return ST_OK;
        }
    }
    return ST_DENIED;
}

static struct channel *channel_find(uint32_t client, uint32_t uses, uint32_t server)
{
    for (uint32_t i = 0; i < CHANNEL_MAX; i++) {
        struct channel *channel = &channels[i];
        if (channel->state != PEER_EMPTY && channel->state != PEER_CLOSING && channel->client == client &&
            channel->uses == uses && channel->server == server) {
            return channel;
        }
    }
    return nullptr;
}

static uint32_t channel_slot(const struct cell *cell)
{
    for (uint32_t slot = 0; slot < CHANNEL_SLOTS; slot++) {
        if (cell->channels[slot].state == PEER_EMPTY) {
            return slot;
        }
    }
    return CHANNEL_SLOTS;
}

static struct channel *channel_free(void)
{
    for (uint32_t i = 0; i < CHANNEL_MAX; i++) {
        if (channels[i].state == PEER_EMPTY) {
            return &channels[i];
        }
    }
    return nullptr;
}

static void channel_publish_to(const struct channel *channel, struct cell *cell, bool is_server)
{
    if (!cell_is_up(cell)) {
        return;
    }
    const struct cell *client = cell_at(channel->client);
    const struct cell *peer = is_server ? client : cell_at(channel->server);
    uint32_t slot = is_server ? channel->server_slot : channel->client_slot;
    struct cell_channel entry = {
        .base = arch_domain_base(channel->domain->id),
        .bytes = channel->bytes,
        .notify = is_server ? channel->server_notify : channel->client_notify,
        .state = channel->state,
        .is_server = is_server,
        .peer_id = peer->id,
        .epoch = channel->epoch,
    };
    text_copy(entry.interface, sizeof entry.interface, client->manifest.uses[channel->uses].name);
    text_copy(entry.peer, sizeof entry.peer, peer->name);
    cell->channels[slot] = entry;
    cell_peer_changed(cell);
}

static void channel_publish(const struct channel *channel)
{
    if (channel->state != PEER_CLOSING) {
        channel_publish_to(channel, cell_at(channel->client), false);
    }
    channel_publish_to(channel, cell_at(channel->server), true);
}

static void channel_destroy(struct channel *channel)
{
    domain_destroy(channel->domain);
    *channel = (struct channel){.id = channel->id};
    channels_used--;
}

static enum status channel_memory(struct channel *channel, const struct cell *client)
{
    enum status status = domain_create(DOMAIN_CHANNEL, client->id, &channel->domain);
    if (status != ST_OK) {
        return status;
    }
    status = domain_grow(channel->domain, 0, channel->bytes / PAGE_BYTES, PAGE_READ | PAGE_WRITE);
    if (status != ST_OK) {
        domain_destroy(channel->domain);
    }
    return status;
}

static enum status channel_create(struct cell *client, uint32_t uses, struct cell *server,
                                  struct channel **created)
{
    struct channel *channel = channel_free();
    uint32_t slot = channel_slot(client);
    if (channel == nullptr || slot == CHANNEL_SLOTS) {
        return ST_QUOTA;
    }
    channel->bytes = KIB(client->manifest.uses[uses].channel_kib);
    enum status status = channel_memory(channel, client);
    if (status != ST_OK) {
        return status;
    }
    channel->client = client->id;
    channel->server = server->id;
    channel->uses = uses;
    channel->client_slot = slot;
    channel->state = PEER_DOWN;
    channels_used++;
    domain_attach(client, channel->domain);
    *created = channel;
    return ST_OK;
}

/* Doorbells both ways: each side may set the bit of the other's slot, nothing else. */
static enum status channel_bells(struct channel *channel)
{
    enum status status = cap_mint(channel->client, CAP_NOTIFY, RIGHT_WRITE, channel->server,
                                  EVENT_CHANNEL + channel->server_slot, CAP_SLOT_NONE, &channel->client_notify);
    if (status != ST_OK) {
        return status;
    }
    status = cap_mint(channel->server, CAP_NOTIFY, RIGHT_WRITE, channel->client,
                      EVENT_CHANNEL + channel->client_slot, CAP_SLOT_NONE, &channel->server_notify);
    if (status != ST_OK) {
        (void)cap_revoke_any(channel->client_notify);
    }
    return status;
}

enum status channel_link(struct cell *client, uint32_t uses, struct cell *server, uint32_t *id)
{
    if (!cell_is_up(client) || !cell_is_up(server)) {
        return ST_GONE;
    }
    enum status status = channel_match(client, uses, server);
    if (status != ST_OK) {
        return status;
    }
    struct channel *channel = channel_find(client->id, uses, server->id);
    if (channel != nullptr && channel->state == PEER_UP) {
        return ST_EXISTS;
    }
    uint32_t slot = channel_slot(server);
    if (slot == CHANNEL_SLOTS) {
        return ST_QUOTA;
    }
    if (channel == nullptr) {
        status = channel_create(client, uses, server, &channel);
        if (status != ST_OK) {
            return status;
        }
        channel_publish_to(channel, client, false); /* takes the slot, whatever comes next */
    }
    channel->server_slot = slot;
    status = channel_bells(channel);
    if (status != ST_OK) {
        return status; /* stays PEER_DOWN; may be linked again */
    }
    domain_attach(server, channel->domain);
    channel->epoch++;
    channel->state = PEER_UP;
    channel_publish(channel);
    *id = channel->id;
    return ST_OK;
}

enum status channel_close(struct cell *server, uint32_t slot)
{
    for (uint32_t i = 0; i < CHANNEL_MAX; i++) {
        struct channel *channel = &channels[i];
        if (channel->state == PEER_CLOSING && channel->server == server->id && channel->server_slot == slot) {
            server->channels[slot] = (struct cell_channel){};
            domain_detach(server, channel->domain);
            channel_destroy(channel);
            return ST_OK;
        }
    }
    return ST_STATE;
}

/* The server may be in the middle of the pool: it lets go when it is ready to. */
static void channel_client_down(struct channel *channel, struct cell *client)
{
    domain_detach(client, channel->domain);
    if (channel->state != PEER_UP) {
        channel_destroy(channel);
        return;
    }
    (void)cap_revoke_any(channel->server_notify);
    channel->server_notify = 0;
    channel->state = PEER_CLOSING;
    channel_publish(channel);
}

static void channel_server_down(struct channel *channel, struct cell *server)
{
    domain_detach(server, channel->domain);
    if (channel->state == PEER_CLOSING) {
        channel_destroy(channel);
        return;
    }
    (void)cap_revoke_any(channel->client_notify);
    channel->client_notify = 0;
    channel->state = PEER_DOWN;
    channel_publish_to(channel, cell_at(channel->client), false);
}

void channel_cell_down(struct cell *cell)
{
    for (uint32_t i = 0; i < CHANNEL_MAX; i++) {
        struct channel *channel = &channels[i];
        if (channel->state == PEER_EMPTY) {
            continue;
        }
        if (channel->client == cell->id && channel->state != PEER_CLOSING) {
            channel_client_down(channel, cell);
        } else if (channel->server == cell->id && channel->state != PEER_DOWN) {
            channel_server_down(channel, cell);
        }
    }
}

/* Peers write the indices: a snapshot for people, never used for anything else. */
static uint32_t channel_ring_used(const struct channel *channel, uint64_t ring_offset)
{
    phys_addr frame = arch_domain_frame(channel->domain, align_down(ring_offset, PAGE_BYTES), PAGE_READ);
    const volatile struct ring_shared *ring =
        (const void *)((const uint8_t *)phys_pointer(frame) + ring_offset % PAGE_BYTES);
    uint32_t used = ring->tail - ring->head;
    return used <= RING_SLOTS ? used : 0;
}

enum status channel_record(uint32_t id, struct channel_record *record)
{
    if (id >= CHANNEL_MAX) {
        return ST_NOT_FOUND;
    }
    const struct channel *channel = &channels[id];
    if (channel->state == PEER_EMPTY) {
        return ST_EMPTY;
    }
    *record = (struct channel_record){
        .id = id,
        .state = channel->state,
        .client = channel->client,
        .server = channel->server,
        .base = arch_domain_base(channel->domain->id),
        .bytes = channel->bytes,
        .epoch = channel->epoch,
        .domain = channel->domain->id,
        .request_used = channel_ring_used(channel, offsetof(struct channel_layout, request)),
        .completion_used = channel_ring_used(channel, offsetof(struct channel_layout, completion)),
    };
    const struct cell *client = cell_at(channel->client);
    text_copy(record->interface, sizeof record->interface, client->manifest.uses[channel->uses].name);
    return ST_OK;
}
