/* SPDX-License-Identifier: MIT */

/*
 * Attack 37: indices that cannot be, that go back, and that run ahead of what was
 * put.  The server sees an empty ring, a full one, or descriptors that mean
 * nothing, and serves again as soon as they are right.
 */

#include "client.h"

#include <rt/bits.h>

static const uint32_t impossible[] = { RING_SLOTS + 1,          RING_SLOTS * 2,
                                       UINT32_MAX / 2,          UINT32_C(1) << 31,
                                       (UINT32_C(1) << 31) + 1, UINT32_MAX - RING_SLOTS * 2,
                                       UINT32_MAX - RING_SLOTS, UINT32_MAX - RING_SLOTS + 1,
                                       UINT32_MAX - 1,          UINT32_MAX };

static const uint32_t ahead[] = { 1, 2, 3, 127, 128, RING_SLOTS - 1, RING_SLOTS };

static const uint64_t rubbish[] = { 0, UINT64_MAX, UINT64_C(0x8000000080000000), UINT32_MAX, 127 };

enum index_which { INDEX_REQUEST_TAIL = 0, INDEX_REQUEST_HEAD, INDEX_COMPLETION_HEAD, INDEX_COUNT };

static uint32_t SHARED *index_at(enum index_which which)
{
    struct channel_layout SHARED *layout = client_layout();
    if (which == INDEX_COMPLETION_HEAD)
        return &layout->completion.head;
    return which == INDEX_REQUEST_TAIL ? &layout->request.tail : &layout->request.head;
}

static uint64_t index_served(const char *what, uint32_t value)
{
    return client_is_served() ? ATTACK_REFUSED : client_escape("%s 0x%x: not served afterwards", what, value);
}

/* Wrong while the server looks, then right again. */
static uint64_t index_impossible(enum index_which which, uint32_t added)
{
    uint32_t SHARED *index = index_at(which);
    uint32_t before = shared_read32(index);
    shared_write32(index, before + added);
    for (uint32_t i = 0; i < 4; i++)
        client_ring();
    enum status answer = client_answer();
    shared_write32(index, before);
    client_ring();
    return answer == ST_EMPTY ? index_served("index", added)
                              : client_escape("an index 0x%x off was answered", added);
}

/* As many descriptors as the index says, and each of them means nothing: each is answered, by an error. */
static uint64_t index_ahead(uint32_t count, uint64_t descriptor)
{
    struct channel_end *end = client_end();
    struct channel_layout SHARED *layout = client_layout();
    uint32_t answers = 0;
    uint64_t answer = 0;
    for (uint32_t i = 0; i < RING_SLOTS; i++)
        shared_write64(&layout->request.slots[i], descriptor);
    end->put.tail += count;
    shared_write32(&layout->request.tail, end->put.tail);
    for (uint32_t i = 0; i < 2 * RING_SLOTS && answers < count; i++) {
        client_ring();
        while (ring_get(&end->get, &answer) == ST_OK) {
            answers++;
            if (BLOCK_STATUS(answer) == ST_OK)
                return client_escape("descriptor %lx was carried out", descriptor);
        }
    }
    return answers == count ? index_served("ahead by", count)
                            : client_escape("%u answers to %u descriptors", answers, count);
}

#define IMPOSSIBLE_VARIANTS (INDEX_COUNT * (uint32_t)ARRAY_COUNT(impossible))

uint32_t index_variants(void)
{
    return IMPOSSIBLE_VARIANTS + (uint32_t)(ARRAY_COUNT(ahead) * ARRAY_COUNT(rubbish));
}

uint64_t index_attack(uint64_t variant)
{
    ASSERT(client_is_served());
    if (variant < IMPOSSIBLE_VARIANTS)
        return index_impossible((enum index_which)(variant % INDEX_COUNT), impossible[variant / INDEX_COUNT]);
    variant -= IMPOSSIBLE_VARIANTS;
    return index_ahead(ahead[variant % ARRAY_COUNT(ahead)],
                       rubbish[variant / ARRAY_COUNT(ahead) % ARRAY_COUNT(rubbish)]);
}
