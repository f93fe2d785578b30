/* SPDX-License-Identifier: MIT */

/*
 * Attack 40: the client dies after each of the steps of a request, and of a batch.
 * The server lets go of what was shared, for the judge counts frames and
 * channels, and serves the next instance.
 */

#include "client.h"

#include <rt/bits.h>

enum death_step {
    DEATH_HALF = 0,  /* half of the request is written */
    DEATH_WRITTEN,   /* all of it */
    DEATH_SLOT,      /* the descriptor is in its slot */
    DEATH_TAIL,      /* the index says so; nobody has rung */
    DEATH_SILENT,    /* and the server is told that it need not wake */
    DEATH_RUNG,      /* and the server has run: its answer stands in the ring */
    DEATH_FULL,      /* a full ring of requests, not rung */
    DEATH_FULL_RUNG, /* a full ring, and its answers */
    DEATH_SPOILED,   /* with indices that cannot be */
    DEATH_STEPS
};

static void death_batch(uint32_t count)
{
    struct channel_end *end = client_end();
    for (uint32_t i = 0; i < count; i++) {
        enum status status = ring_put(&end->put, BLOCK_REQUEST_DESCRIPTOR(CLIENT_REQUEST_AT, end->put.tail));
        ASSERT(status == ST_OK);
    }
}

static void death_prepare(enum death_step step)
{
    struct channel_end *end = client_end();
    struct channel_layout SHARED *layout = client_layout();
    struct block_request request = client_request();
    uint64_t bytes = step == DEATH_HALF ? sizeof(request) / 2 : sizeof(request);
    request.live = (uint64_t)end->put.tail + 1;
    shared_copy_out(channel_pool_at(end->channel, CLIENT_REQUEST_AT, sizeof(request)), &request, bytes);
    if (step == DEATH_SLOT)
        shared_write64(&layout->request.slots[end->put.tail & RING_MASK],
                       BLOCK_REQUEST_DESCRIPTOR(CLIENT_REQUEST_AT, end->put.tail));
    if (step >= DEATH_TAIL)
        death_batch(step == DEATH_FULL || step == DEATH_FULL_RUNG ? RING_SLOTS : 1);
    if (step == DEATH_SILENT)
        shared_write32(&layout->request.waiting, 0);
    if (step == DEATH_SPOILED) {
        shared_write32(&layout->request.tail, end->put.tail + RING_SLOTS * 3);
        shared_write32(&layout->completion.head, end->get.head - RING_SLOTS * 5);
    }
    if (step == DEATH_RUNG || step == DEATH_FULL_RUNG || step == DEATH_SPOILED)
        client_ring();
}

uint32_t death_variants(void)
{
    return 2 * DEATH_STEPS;
}

/* First a life that is served shows that the one before has left nothing in the way. */
uint64_t death_attack(uint64_t variant)
{
    if (!client_is_served())
        return client_escape("not served after the death of the former instance");
    death_prepare((enum death_step)(variant % DEATH_STEPS));
    __builtin_trap();
}
