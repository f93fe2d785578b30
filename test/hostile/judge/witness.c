/* SPDX-License-Identifier: MIT */

#include "witness.h"

#include <abi/boot_info.h>
#include <abi/gate.h>
#include <cells/shell/system.h>
#include <sdk/channel.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

/* Where gate pages lie behind the stubs, two for each cell (docs/architecture.md). */
#define GATE_PAGES_OFFSET MIB(16)
#define POOL_BYTES UINT64_C(4096)

struct witness {
    uint64_t head;  /* of the victim's chain, as it has to be */
    uint64_t links; /* also what is summed */
    uint64_t digest;
    bool has_digest, has_pool;
};

static struct witness witness;

static const struct cell_edge *victim_edge(void)
{
    const struct cell_edge *edge = cell_edge_find(VICTIM_INTERFACE, 0);
    ASSERT(edge != nullptr);
    return edge;
}

/* A call that is not answered gives what no answer is. */
static uint64_t victim_ask(uint64_t call, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t value;
    return gate_call(victim_edge(), call, a, b, c, &value) == ST_OK ? value : UINT64_MAX;
}

static uint64_t SHARED *pool_word(uint64_t index)
{
    const struct cell_channel *channel = cell_channel_find(VICTIM_INTERFACE, 0);
    uint64_t at = index * sizeof(uint64_t);
    return channel == nullptr ? nullptr : (uint64_t SHARED *)channel_pool_at(channel, at, sizeof(uint64_t));
}

static void pool_set(void)
{
    for (uint64_t i = 0; i < POOL_BYTES / sizeof(uint64_t) && pool_word(i) != nullptr; i++)
        shared_write64(pool_word(i), victim_link(i, POOL_BYTES));
    witness.has_pool = true;
}

static bool pool_is_whole(void)
{
    if (!witness.has_pool)
        pool_set();
    for (uint64_t i = 0; i < POOL_BYTES / sizeof(uint64_t); i++) {
        uint64_t SHARED *word = pool_word(i);
        if (word == nullptr || shared_read64(word) != victim_link(i, POOL_BYTES))
            return false;
    }
    return true;
}

static struct witness_place gate_pages(void)
{
    bool has_pages = cell_info()->backend != BACKEND_PT;
    uint64_t at = GATE_REGION_BASE + GATE_PAGES_OFFSET + victim_edge()->peer_id * UINT64_C(2) * PAGE_BYTES;
    return (struct witness_place){ has_pages ? at : 0, has_pages ? PAGE_BYTES : 0 };
}

static struct witness_place pool_place(void)
{
    const struct cell_channel *channel = cell_channel_find(VICTIM_INTERFACE, 0);
    return channel == nullptr ? (struct witness_place){ 0, 0 }
                              : (struct witness_place){ channel->base, channel->bytes };
}

struct witness_place witness_place(enum attack_place place)
{
    switch (place) {
    case PLACE_RING:
        return pool_place();
    case PLACE_MONITOR:
        return (struct witness_place){ MONITOR_BASE, PAGE_BYTES };
    case PLACE_PHYSICAL:
        return (struct witness_place){ PHYSICAL_MAP_BASE, MIB(16) };
    case PLACE_STUB:
        return (struct witness_place){ (uint64_t)(uintptr_t)victim_edge()->stub, GATE_STUB_BYTES };
    case PLACE_GATE_PAGE:
        return gate_pages();
    default:
        return (struct witness_place){ victim_ask(VICTIM_PLACE, place, 0, 0),
                                       victim_ask(VICTIM_BYTES, place, 0, 0) };
    }
}

const char *witness_check(void)
{
    uint64_t link = ++witness.links;
    witness.head = victim_link(witness.head, link);
    if (victim_ask(VICTIM_SUM, link, ~link, 5) != 4)
        return "the victim's sums are wrong";
    if (victim_ask(VICTIM_CHAIN, link, 0, 0) != witness.head)
        return "the victim's chain is broken";
    if (victim_ask(VICTIM_CHECK, 0, 0, 0) != 0)
        return "a canary of the victim is dead";
    return pool_is_whole() ? nullptr : "the victim's channel was written";
}

const char *witness_check_constant(void)
{
    uint64_t digest = victim_ask(VICTIM_DIGEST, 0, 0, 0);
    if (!witness.has_digest)
        witness.digest = digest;
    witness.has_digest = true;
    return digest == witness.digest && digest != UINT64_MAX ? nullptr : "the victim's code was written";
}

void witness_mend(void)
{
    (void)victim_ask(VICTIM_MEND, 0, 0, 0);
    pool_set();
    witness.head = 0;
}

uint64_t witness_gap_us(void)
{
    uint64_t worst = 0;
    const struct cell_edge *edge = cell_edge_find(METRONOME_INTERFACE, 0);
    if (edge == nullptr || gate_call(edge, METRONOME_WORST, 0, 0, 0, &worst) != ST_OK)
        return UINT64_MAX;
    return tsc_to_ns(worst) / 1000;
}
