/* SPDX-License-Identifier: MIT */

#include <rt/bits.h>
#include <sdk/channel.h>
#include <sdk/monitor.h>

/* The one place where the address of a channel becomes a pointer, of a kind that does not dereference. */
struct channel_layout SHARED *channel_layout_of(const struct cell_channel *channel)
{
    bool is_mapped = channel->state != PEER_EMPTY && channel->state != PEER_REVOKED;
    if (!is_mapped || channel->bytes < CHANNEL_POOL_OFFSET)
        return nullptr;
    return (struct channel_layout SHARED *)(uintptr_t)channel->base;
}

uint64_t channel_pool_bytes(const struct cell_channel *channel)
{
    return channel_layout_of(channel) == nullptr ? 0 : channel->bytes - CHANNEL_POOL_OFFSET;
}

void SHARED *channel_pool_at(const struct cell_channel *channel, uint64_t offset, uint64_t bytes)
{
    struct channel_layout SHARED *layout = channel_layout_of(channel);
    if (layout == nullptr || !is_range_inside(offset, bytes, channel_pool_bytes(channel)))
        return nullptr;
    return &layout->pool[offset];
}

struct console_pool SHARED *channel_console_pool(const struct cell_channel *channel)
{
    return (struct console_pool SHARED *)channel_pool_at(channel, 0, sizeof(struct console_pool));
}

uint32_t channel_slot(const struct cell_channel *channel)
{
    return (uint32_t)(channel - cell_info()->channels);
}

uint64_t channel_event(const struct cell_channel *channel)
{
    return BIT64(EVENT_CHANNEL + channel_slot(channel));
}

enum status channel_attach(struct channel_end *end, const struct cell_channel *channel)
{
    struct channel_layout SHARED *layout = channel_layout_of(channel);
    if (layout == nullptr)
        return ST_GONE;
    end->channel = channel;
    end->epoch = channel->epoch;
    if (channel->is_server) {
        ring_consumer_attach(&end->get, &layout->request);
        ring_producer_attach(&end->put, &layout->completion);
    } else {
        ring_producer_attach(&end->put, &layout->request);
        ring_consumer_attach(&end->get, &layout->completion);
    }
    return ST_OK;
}

void channel_doorbell(struct channel_end *end)
{
    cap_handle notify = end->channel->notify; /* 0 while the peer is down: that would ring ourselves */
    if (ring_wants_doorbell(&end->put) && notify != 0)
        (void)mon_notify(notify);
}

uint64_t channel_close_abandoned(void)
{
    const struct cell_info *info = cell_info();
    uint64_t closed = 0;
    for (uint32_t slot = 0; slot < CHANNEL_SLOTS; slot++) {
        const struct cell_channel *channel = &info->channels[slot];
        if (channel->is_server && channel->state == PEER_CLOSING && mon_channel_close(slot) == ST_OK)
            closed |= BIT64(slot);
    }
    return closed;
}
