/* SPDX-License-Identifier: MIT */

/* A peer that writes nonsense into what it shares (abi/ring.h says what may come of that: nothing much). */

#include "fault.h"

#include <sdk/channel.h>
#include <sdk/monitor.h>

static uint32_t rubbish_next(void)
{
    static uint32_t state = 0x2545F491;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static void scribble_put(struct ring_shared SHARED *ring)
{
    for (uint32_t slot = 0; slot < RING_SLOTS; slot++)
        shared_write64(&ring->slots[slot], (uint64_t)rubbish_next() << 32 | rubbish_next());
    shared_write32(&ring->tail, rubbish_next());
}

static void scribble_get(struct ring_shared SHARED *ring)
{
    shared_write32(&ring->head, rubbish_next());
    shared_write32(&ring->waiting, rubbish_next());
}

enum status fault_scribble(void)
{
    enum status status = ST_NOT_FOUND;
    const struct cell_info *info = cell_info();
    for (uint32_t slot = 0; slot < CHANNEL_SLOTS; slot++) {
        const struct cell_channel *channel = &info->channels[slot];
        struct channel_layout SHARED *layout = channel_layout_of(channel);
        if (layout == nullptr || channel->state != PEER_UP)
            continue;
        scribble_put(channel->is_server ? &layout->completion : &layout->request);
        scribble_get(channel->is_server ? &layout->request : &layout->completion);
        (void)mon_notify(channel->notify); /* have the peer look at it now */
        status = ST_OK;
    }
    return status;
}
