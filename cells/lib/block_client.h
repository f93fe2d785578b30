/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/block.h>

/* Between the files of the block class's client. */

/* What the pool holds: the requests of the tickets first, then data.  ST_RANGE: too small for both. */
enum status block_pages_init(struct block_client *client);
/* `request` is answered at last: pages of it that were given back meanwhile are free. */
void block_pages_settle(struct block_client *client, const struct block_request *request);

/* The memory of the channel is still there. */
static inline bool block_is_mapped(const struct block_client *client)
{
    uint32_t state = client->end.channel->state;
    return state != PEER_REVOKED && state != PEER_EMPTY;
}

/* Takes the completions that are there. */
void block_collect(struct block_client *client);

/* Sleeps until something may have changed: a completion, the server's instance, `deadline_tsc`. */
enum status block_pause(struct block_client *client, uint64_t deadline_tsc);

/* Another instance of the server: what the former one dropped is asked for again. */
void block_recover_begin(struct block_client *client);
bool block_recover(struct block_client *client); /* true: something completed */
/* Waits until nothing of an earlier user of the channel is under way. */
enum status block_drain(struct block_client *client, uint64_t deadline_tsc);

/* Puts the request of a ticket into the ring, which has a slot for it. */
void block_put(struct block_client *client, uint32_t ticket);
/* True if the ring has a slot for one more. */
bool block_has_slot(struct block_client *client);
