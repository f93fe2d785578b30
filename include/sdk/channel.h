/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/channel.h>
#include <sdk/cell.h>
#include <sdk/ring.h>
#include <sdk/stream.h>

/*
 * A channel seen from one of its ends.
 *
 * Address, size and roles come from the information page, which only the
 * monitor writes; everything that lies in the channel is the peer's to forge.
 * The memory stays mapped until this cell closes the channel or ends.
 */

/* The shared layout and the bytes of its pool; null and 0 when `channel` names no memory. */
struct channel_layout SHARED *channel_layout_of(const struct cell_channel *channel);
uint64_t channel_pool_bytes(const struct cell_channel *channel);

/* [offset, offset + bytes) of the pool, or null when it does not lie inside. */
void SHARED *channel_pool_at(const struct cell_channel *channel, uint64_t offset, uint64_t bytes);

/* The two streams at the start of a console channel's pool, or null when it is too small. */
struct console_pool SHARED *channel_console_pool(const struct cell_channel *channel);

/* The event bit of the doorbell of `channel`, and its slot in the information page. */
uint32_t channel_slot(const struct cell_channel *channel);
uint64_t channel_event(const struct cell_channel *channel);

/*
 * The rings by role: a client puts requests and gets completions, a server the
 * other way round.  A client has at most RING_SLOTS requests under way, sent
 * but their completions not taken; so a server always has room to answer.
 */
struct channel_end {
    const struct cell_channel *channel;
    struct ring_producer put;
    struct ring_consumer get;
    uint32_t epoch; /* of the channel when attached */
};

/* Continues where the rings stand.  ST_GONE when `channel` names no memory. */
enum status channel_attach(struct channel_end *end, const struct cell_channel *channel);

/* After puts: rings the peer if it sleeps.  ST_GONE is no loss, the next instance looks by itself. */
void channel_doorbell(struct channel_end *end);

/*
 * On EVENT_PEER, server: lets go of every channel whose client is gone.
 * Returns the bits of the slots that were closed, bit n for slot n.
 */
uint64_t channel_close_abandoned(void);

/*
 * The client's allocator: up to 64 chunks of one size from the start of the
 * pool.  Its state is private; a server cannot disturb it.
 */
struct channel_chunks {
    uint32_t chunk_bytes;
    uint32_t count;
    uint64_t free; /* bit n: chunk n */
};

#define CHANNEL_CHUNKS_MAX 64u

/* As many chunks as the pool holds, all free.  `chunk_bytes` is a multiple of 64, not 0. */
void channel_chunks_init(struct channel_chunks *chunks, const struct cell_channel *channel,
                         uint32_t chunk_bytes);
enum status channel_chunk_take(struct channel_chunks *chunks, uint32_t *index); /* ST_FULL */
void channel_chunk_give(struct channel_chunks *chunks, uint32_t index);

/* Which taken chunk starts at `offset`, a number of the peer's; ST_RANGE: none. */
enum status channel_chunk_find(const struct channel_chunks *chunks, uint64_t offset, uint32_t *index);
