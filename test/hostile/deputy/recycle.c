/* SPDX-License-Identifier: MIT */

/*
 * Attack 33: keys are fewer than domains, so they wander.  The attacker has
 * them wander, by calls to many cells and by letting time pass, and then touches
 * what was the victim's, or what was its own until just now.
 */

#include "fault.h"
#include "raw.h"

#include <abi/services.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/gate.h>

#define OTHERS_MAX 18u /* more than there are keys */
#define SPIN_MS 25u    /* others run, with their keys */

enum recycle_way {
    RECYCLE_READ = 0, /* the victim's page, after n cells have had their turn with keys */
    RECYCLE_WRITE,
    RECYCLE_LATER,  /* the same read, and time passes in between */
    RECYCLE_MEMORY, /* own memory, given back meanwhile */
    RECYCLE_WAYS
};

/* `count` other cells run, each with rights of its own. */
static void others_run(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct cell_edge *edge = cell_edge_find(ECHO_INTERFACE, i);
        uint64_t sum = 0;
        if (edge != nullptr && gate_call(edge, ECHO_SUM, i, 1, 0, &sum) == ST_OK)
            ASSERT(sum == i + 1);
    }
}

static void time_passes(void)
{
    uint64_t until = tsc_after_ms(SPIN_MS);
    while (tsc_read() < until)
        mon_null();
}

static uint64_t recycle_victim(enum recycle_way way, uint32_t others)
{
    struct place data = place_of(PLACE_DATA);
    if (data.address == 0)
        return ATTACK_IMPOSSIBLE;
    others_run(others);
    if (way == RECYCLE_LATER)
        time_passes();
    if (way == RECYCLE_WRITE)
        raw_store(data.address, 0);
    else
        (void)raw_load(data.address);
    return ATTACK_SUCCEEDED; /* it should not have come back */
}

/* The object is one's own and in use; then its capability is revoked, and keys wander. */
static uint64_t recycle_memory(uint32_t others)
{
    const struct cell_cap *object = cell_cap_find(CAP_MEMORY);
    ASSERT(object != nullptr && object->handle != 0);
    raw_store(object->base, others);
    ASSERT(raw_load(object->base) == others);
    enum status status = mon_cap_revoke(object->handle);
    ASSERT(status == ST_OK);
    others_run(others);
    (void)raw_load(object->base);
    return ATTACK_SUCCEEDED;
}

uint32_t recycle_variants(void)
{
    return RECYCLE_WAYS * (OTHERS_MAX + 1);
}

uint64_t recycle_attack(uint64_t variant)
{
    enum recycle_way way = (enum recycle_way)(variant % RECYCLE_WAYS);
    uint32_t others = (uint32_t)(variant / RECYCLE_WAYS % (OTHERS_MAX + 1));
    return way == RECYCLE_MEMORY ? recycle_memory(others) : recycle_victim(way, others);
}
