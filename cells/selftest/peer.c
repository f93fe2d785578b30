/* SPDX-License-Identifier: MIT */

/* The other end of selftest's edges and rings; see peer.h. */

#include "peer.h"

#include <abi/services.h>
#include <rt/text.h>
#include <sdk/channel.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

/* Between this file and peer_raw.S. */
extern uint64_t peer_seen[SEEN_COUNT];
uint64_t peer_seen[SEEN_COUNT];
GATE_ENTRY uint64_t peer_raw(uint64_t a, uint64_t b, uint64_t c, uint64_t d);

static struct channel_end peer_end;
static bool peer_is_attached;
static uint64_t peer_doorbells;
static uint64_t peer_busy_until;
static uint64_t peer_ring_at; /* TSC; 0: never */

static const struct cell_channel *peer_channel(void)
{
    const struct cell_channel *channel = cell_channel_find(PEER_INTERFACE, 0);
    return channel != nullptr && channel->is_server && channel->state == PEER_UP ? channel : nullptr;
}

static void peer_attach(void)
{
    const struct cell_channel *channel = peer_channel();
    if (channel == nullptr)
        peer_is_attached = false;
    else if (!peer_is_attached || peer_end.epoch != channel->epoch)
        peer_is_attached = channel_attach(&peer_end, channel) == ST_OK;
}

/* As in any server: an answer for each request, then sleep until the doorbell. */
static void peer_serve(void)
{
    uint64_t descriptor;
    do {
        for (uint32_t i = 0; i < RING_SLOTS && ring_peek(&peer_end.get, &descriptor) == ST_OK; i++) {
            if (ring_put(&peer_end.put, ~descriptor) != ST_OK)
                return;
            ring_advance(&peer_end.get);
        }
        channel_doorbell(&peer_end);
    } while (!ring_prepare_sleep(&peer_end.get));
}

/* Asked for by a call, done by the own thread, which alone has a deadline. */
static void peer_ring_in_time(uint64_t events)
{
    const struct cell_channel *channel = peer_channel();
    if (peer_ring_at == 0)
        return;
    if ((events & BIT64(EVENT_TIMER)) == 0) {
        cell_timer_set(peer_ring_at);
        return;
    }
    peer_ring_at = 0;
    if (channel != nullptr)
        (void)mon_notify(channel->notify);
}

static void peer_notified(uint64_t events)
{
    if (tsc_read() < peer_busy_until)
        (void)mon_notify(0);
    peer_ring_in_time(events);
    if (events & BIT64(EVENT_PEER))
        (void)channel_close_abandoned();
    peer_attach();
    if (!peer_is_attached)
        return;
    if (events & channel_event(peer_end.channel))
        peer_doorbells++;
    peer_serve();
}

static uint64_t peer_nested(uint64_t a, uint64_t b)
{
    const struct cell_edge *edge = cell_edge_find(ECHO_INTERFACE, 0);
    uint64_t sum;
    if (edge == nullptr || gate_call(edge, ECHO_SUM, a, b, 1, &sum) != ST_OK)
        return UINT64_MAX;
    return sum;
}

static uint64_t peer_entropy(cap_handle handle)
{
    uint64_t random;
    return mon_entropy(handle, &random);
}

static uint64_t peer_derive(cap_handle handle, uint64_t rights)
{
    cap_handle derived = 0;
    return mon_cap_derive(handle, (uint32_t)rights, &derived) == ST_OK ? derived : 0;
}

static uint64_t peer_spoil(uint32_t SHARED *index, uint64_t added)
{
    shared_write32(index, shared_read32(index) + (uint32_t)added);
    return ST_OK;
}

static uint64_t peer_spoil_ring(uint64_t call, uint64_t added)
{
    const struct cell_channel *channel = peer_channel();
    struct channel_layout SHARED *layout = channel == nullptr ? nullptr : channel_layout_of(channel);
    if (layout == nullptr)
        return ST_GONE;
    return peer_spoil(call == PEER_SPOIL_TAIL ? &layout->completion.tail : &layout->request.head, added);
}

GATE_ENTRY static uint64_t peer_call(uint64_t call, uint64_t a, uint64_t b, uint64_t)
{
    switch (call) {
    case PEER_NESTED:
        return peer_nested(a, b);
    case PEER_WAIT:
        return monitor_call(MON_WAIT, WAIT_NOT, 0, 0, 0, 0).status;
    case PEER_EXIT:
        return monitor_call(MON_EXIT, ST_OK, 0, 0, 0, 0).status;
    case PEER_ENTROPY:
        return peer_entropy(a);
    case PEER_DERIVE:
        return peer_derive(a, b);
    case PEER_REVOKE:
        return mon_cap_revoke(a);
    case PEER_SEEN:
        return a < SEEN_COUNT ? peer_seen[a] : 0;
    case PEER_DOORBELLS:
        return peer_doorbells;
    case PEER_RING:
        return peer_channel() != nullptr ? mon_notify(peer_channel()->notify) : ST_GONE;
    case PEER_RING_AT:
        peer_ring_at = a;
        return mon_notify(0);
    case PEER_BUSY:
        peer_busy_until = a;
        return mon_notify(0);
    case PEER_SPOIL_TAIL:
    case PEER_SPOIL_HEAD:
        return peer_spoil_ring(call, a);
    default:
        return 0;
    }
}

static enum status peer_start(void)
{
    peer_notified(BIT64(EVENT_PEER));
    return ST_OK;
}

static const struct cell_ops peer_ops = { .start = peer_start, .notified = peer_notified };

CELL(peer_ops,
     ((struct manifest){
         .name = "selfpeer",
         .vendor = "Comb",
         .description = "the other end of what selftest tries",
         .version_major = 1,
         .flags = MANIFEST_SCAN_ONLY, /* its raw entry is more than C */
         .restart_policy = RESTART_ON_CRASH,
         .limits = { .memory_kib = 128, .priority = 7 },
         .provides = { { PEER_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL, 0 },
                       { PEER_RAW_INTERFACE, INTERFACE_GATE, 1 } },
         .uses = { { ECHO_INTERFACE, INTERFACE_GATE, 0 } },
     }),
     peer_call, peer_raw);
