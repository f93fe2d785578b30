/* SPDX-License-Identifier: MIT */

/*
 * Attack 34: a fault, an interrupt or a monitor call while the stack pointer
 * names memory that is not the attacker's.  What the processor and the monitor
 * keep of the interrupted thread must not be written there, and what comes back
 * must not be read from there.
 */

#include "fault.h"
#include "raw.h"

#include <abi/boot_info.h>
#include <rt/bits.h>

#define INSIDE_BYTES 256u /* below it lies what a frame pushed there would hit */
#define SPIN_MS 12u       /* longer than a turn: interrupts arrive */
#define IMAGE_OFFSET KIB(64)

static const uint64_t stacks_fixed[] = {
    0,
    8,
    UINT64_C(0x00007FFFFFFFFFF8),
    UINT64_C(0x0000800000000000),
    UINT64_C(0xFFFF7FFFFFFFFFF0),
    PHYSICAL_MAP_BASE + MIB(1),
    MONITOR_BASE + INSIDE_BYTES,
    UINT64_MAX - 7,
};

#define STACKS_FIXED ARRAY_COUNT(stacks_fixed)
#define STACKS_OWN 3u
#define STACKS (PLACE_COUNT + STACKS_FIXED + STACKS_OWN)

/* Own memory in which no frame belongs: misaligned, the text, the page of information. */
static uint64_t stack_own(uint32_t index)
{
    static uint64_t page[64];
    const uint64_t own[STACKS_OWN] = { address_of(&page[ARRAY_COUNT(page) - 1]) + 1,
                                       address_of(cell_start) + INSIDE_BYTES,
                                       address_of(cell_info()) + INSIDE_BYTES };
    return own[index];
}

/* 0: this machine has no such place. */
static uint64_t stack_at(uint32_t index)
{
    if (index >= PLACE_COUNT + STACKS_FIXED)
        return stack_own(index - PLACE_COUNT - (uint32_t)STACKS_FIXED);
    if (index >= PLACE_COUNT)
        return stacks_fixed[index - PLACE_COUNT];
    struct place place = place_of((enum attack_place)index);
    return place.address != 0 ? place.address + u64_min(place.bytes, INSIDE_BYTES) : 0;
}

static bool comes_back(uint64_t act)
{
    return act == FRAME_CALL || act == FRAME_INTERRUPT || act == FRAME_FLAGS_CALL;
}

uint32_t frame_variants(void)
{
    return FRAME_ACT_COUNT * (uint32_t)STACKS;
}

uint64_t frame_attack(uint64_t variant)
{
    uint64_t act = variant / STACKS;
    uint64_t is_whole = raw_frame(stack_at((uint32_t)(variant % STACKS)), act, tsc_after_ms(SPIN_MS));
    return comes_back(act) && is_whole == 1 ? ATTACK_HARMLESS : ATTACK_SUCCEEDED;
}
