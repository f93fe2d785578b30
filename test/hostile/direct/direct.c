/* SPDX-License-Identifier: MIT */

/*
 * The cell that goes straight for it: attacks 1 to 6, every kind of page touched in every way an
 * instruction can.  What stops it is a fault; an access that comes back has succeeded.
 */

#include "access.h"

#include "../attack.h"

#include <rt/bits.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define NOT_CANONICAL UINT64_C(0x8000000000000000)
#define PAGE_MASK ((uint64_t)PAGE_BYTES - 1)
#define WILD_MAX 16u

enum way { WAY_LOAD, WAY_STORE, WAY_FETCH };

/* Own pages, numbered on from those of enum attack_place. */
enum own_place {
    OWN_CODE = PLACE_COUNT,
    OWN_CONSTANT,
    OWN_RELOCATED,
    OWN_DATA,
    OWN_STACK,
    OWN_HEAP,
    OWN_INFO,
    OWN_STUB,
    OWN_TOKENS,
    NOWHERE,     /* not canonical */
    VICTIM_PAGE, /* the victim's page before the canary */
    PLACES
};

static uint64_t places[PLACES];
static uint8_t own_data[64] = { 0xC3 }; /* a ret */
static const uint8_t own_constant[64] = { 0xC3 };
static const uint64_t *const own_relocated[2] = { places, places + 1 };

struct direct_attack {
    uint32_t number, group;
    enum way way;
    uint8_t places[WILD_MAX]; /* PLACES ends it, if it is not full */
};

static const struct direct_attack attacks[] = {
    { 1,
      0,
      WAY_LOAD,
      { PLACE_DATA, PLACE_STACK, PLACE_CONSTANT, PLACE_HEAP, PLACE_INFO, PLACE_RING, PLACES } },
    { 1, 1, WAY_STORE, { PLACE_DATA, PLACE_STACK, PLACE_HEAP, PLACE_RING, VICTIM_PAGE, PLACES } },
    { 2, 0, WAY_STORE, { OWN_CODE, OWN_CONSTANT, OWN_RELOCATED, OWN_INFO, PLACES } },
    { 2, 1, WAY_STORE, { PLACE_CODE, PLACE_CONSTANT, PLACE_INFO, PLACES } },
    { 3, 0, WAY_LOAD, { PLACE_MONITOR, PLACE_PHYSICAL, NOWHERE, PLACES } },
    { 3, 1, WAY_STORE, { PLACE_MONITOR, PLACE_PHYSICAL, NOWHERE, PLACES } },
    { 3, 2, WAY_FETCH, { PLACE_MONITOR, PLACE_PHYSICAL, NOWHERE, PLACES } },
    { 4, 0, WAY_STORE, { PLACE_STUB, OWN_STUB, OWN_TOKENS, PLACE_GATE_PAGE, PLACES } },
    { 4, 1, WAY_LOAD, { PLACE_GATE_PAGE, PLACES } },
    { 5, 0, WAY_FETCH, { OWN_CONSTANT, OWN_RELOCATED, OWN_DATA, OWN_STACK, OWN_HEAP, OWN_INFO, PLACES } },
    { 5,
      1,
      WAY_FETCH,
      { PLACE_DATA, PLACE_STACK, PLACE_CONSTANT, PLACE_HEAP, PLACE_INFO, PLACE_RING, PLACES } },
    { 5, 2, WAY_FETCH, { OWN_TOKENS, PLACE_GATE_PAGE, PLACES } },
    { 6, 0, WAY_LOAD, { PLACE_CODE, PLACES } },
    { 6, 1, WAY_LOAD, { OWN_CODE, PLACES } },
    { 6, 2, WAY_FETCH, { PLACE_CODE, PLACES } },
};

static const uint32_t ways_of[] = {
    [WAY_LOAD] = ACCESS_LOADS, [WAY_STORE] = ACCESS_STORES, [WAY_FETCH] = ACCESS_FETCHES
};

static const struct direct_attack *attack_find(uint64_t number, uint64_t group)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(attacks); i++)
        if (attacks[i].number == number && attacks[i].group == group)
            return &attacks[i];
    return nullptr;
}

static uint32_t attack_places(const struct direct_attack *attack)
{
    uint32_t count = 0;
    while (count < WILD_MAX && attack->places[count] != PLACES)
        count++;
    return count;
}

static uint64_t attack_variants(uint64_t number, uint64_t group)
{
    const struct direct_attack *attack = attack_find(number, group);
    return attack == nullptr ? 0 : (uint64_t)attack_places(attack) * ways_of[attack->way];
}

/* The last ways to load jump to what they have read: with own code that is no read that ends. */
static bool is_wild(const struct direct_attack *attack, uint64_t way)
{
    return attack->number == 6 && attack->group == 1 && way >= ACCESS_LOADS_PLAIN;
}

static uint64_t attack_run(const struct direct_attack *attack, uint64_t variant)
{
    uint64_t ways = ways_of[attack->way];
    uint64_t address = places[attack->places[variant / ways]];
    uint64_t way = variant % ways;
    if (address == 0 || is_wild(attack, way))
        return ATTACK_IMPOSSIBLE; /* backend pt has no gate pages */
    if (attack->way == WAY_LOAD)
        access_load(address, way);
    else if (attack->way == WAY_STORE)
        access_store(address, way);
    else
        access_fetch(address, way);
    return attack->number == 6 ? ATTACK_HARMLESS : ATTACK_SUCCEEDED;
}

static uint64_t number_of(const volatile void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

static void direct_told(uint64_t place, uint64_t address)
{
    if (place >= PLACE_COUNT)
        return;
    places[place] = address;
    if (place == PLACE_DATA)
        places[VICTIM_PAGE] = (address & ~PAGE_MASK) + PAGE_BYTES - 8;
}

GATE_ENTRY static uint64_t direct_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    places[OWN_STACK] = number_of(__builtin_frame_address(0)) - 1024;
    if (operation == ATTACK_VARIANTS)
        return attack_variants(a, b);
    const struct direct_attack *attack = attack_find(operation, b);
    if (operation != ATTACK_VICTIM)
        return attack == nullptr || a >= attack_variants(operation, b) ? ATTACK_IMPOSSIBLE
                                                                       : attack_run(attack, a);
    direct_told(c, a);
    return 0;
}

static uint64_t own_tokens(void)
{
    uint64_t offset = MIB(16) + cell_info()->id * UINT64_C(2) * PAGE_BYTES;
    return cell_info()->backend == BACKEND_PT ? 0 : GATE_REGION_BASE + offset;
}

static enum status direct_start(void)
{
    const struct cell_edge *edge = cell_edge_find(ECHO_INTERFACE, 0);
    uint64_t *heap = cell_pages(1);
    if (heap == nullptr || edge == nullptr)
        return ST_QUOTA;
    *heap = 0xC3;
    places[OWN_CODE] = number_of((const void *)access_load);
    places[OWN_CONSTANT] = number_of(own_constant);
    places[OWN_RELOCATED] = number_of(own_relocated);
    places[OWN_DATA] = number_of(own_data);
    places[OWN_HEAP] = number_of(heap);
    places[OWN_INFO] = number_of(cell_info());
    places[OWN_STUB] = (uint64_t)(uintptr_t)edge->stub;
    places[OWN_TOKENS] = own_tokens();
    places[NOWHERE] = NOT_CANONICAL;
    return ST_OK;
}

static const struct cell_ops direct_ops = { .start = direct_start };

CELL(direct_ops,
     ((struct manifest){
         .name = "hostdirect",
         .vendor = "Comb",
         .description = "touches what is not its own",
         .version_major = 1,
         .flags = MANIFEST_SCAN_ONLY,
         .restart_policy = RESTART_NEVER,
         .limits = { .memory_kib = 128, .priority = 8 },
         .provides = { { ATTACK_INTERFACE, INTERFACE_GATE, 0 } },
         .uses = { { ECHO_INTERFACE, INTERFACE_GATE, 0 } },
     }),
     direct_call);
