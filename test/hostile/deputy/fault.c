/* SPDX-License-Identifier: MIT */

/*
 * The attacker that faults: attacks 33, 34 and the crashes of 36.  What it does
 * to itself is in assembly, so its control flow is not verified; the wall around
 * it is the same.
 */

#include "fault.h"

#include "raw.h"

#include <abi/services.h>
#include <rt/bits.h>
#include <sdk/gate.h>

#define OBJECT_BYTES KIB(16)
#define TIMEOUT_MS 10000u
#define CRASHES 48u /* one after the other, each of a kind of its own */
#define CRASH_GROW CRASHES

uint32_t crash_variants(void)
{
    return CRASHES + 1;
}

/* A crash storm, and at its end one that takes all memory it may have and then goes on. */
uint64_t crash_attack(uint64_t variant)
{
    if (variant == CRASH_GROW)
        raw_grow(cell_info()->heap);
    static uint64_t stack[64];
    (void)raw_frame(address_of(&stack[32]), variant % FRAME_STEP, 0);
    return ATTACK_SUCCEEDED;
}

GATE_ENTRY static uint64_t fault_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    const struct attack_menu menu[] = {
        { 33, recycle_variants(), recycle_attack },
        { 34, frame_variants(), frame_attack },
        { 36, crash_variants(), crash_attack },
        {},
    };
    return attack_answer(menu, operation, a, b, c);
}

static const struct cell_ops fault_ops = {};

CELL(fault_ops,
     ((struct manifest){
         .name = "hostfault",
         .vendor = "Comb",
         .description = "faults where it should not be",
         .version_major = 1,
         .restart_policy = RESTART_NEVER,
         .flags = MANIFEST_SCAN_ONLY,
         .limits = { .memory_kib = 256, .operation_timeout_ms = TIMEOUT_MS, .priority = 8 },
         .provides = { { ATTACK_INTERFACE, INTERFACE_GATE, 0 } },
         .uses = { { ECHO_INTERFACE, INTERFACE_GATE | INTERFACE_MANY | INTERFACE_OPTIONAL, 0 } },
         .caps = { { CAP_MEMORY, RIGHT_READ | RIGHT_WRITE, 0, OBJECT_BYTES } },
     }),
     fault_call);
