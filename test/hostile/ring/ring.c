/* SPDX-License-Identifier: MIT */

/* The attacker at one end of a ring: attacks 37, 38 and 40, on a block server. */

#include "client.h"

#include <sdk/gate.h>

#define POOL_KIB 64u
#define TIMEOUT_MS 20000u

GATE_ENTRY static uint64_t hostring_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    const struct attack_menu menu[] = {
        { 37, index_variants(), index_attack },
        { 38, descriptor_variants(), descriptor_attack },
        { 40, death_variants(), death_attack },
        {},
    };
    return attack_answer(menu, operation, a, b, c);
}

static const struct cell_ops hostring_ops = {};

CELL(hostring_ops,
     ((struct manifest){
         .name = "hostring",
         .vendor = "Comb",
         .description = "a client that keeps to no rule",
         .version_major = 1,
         .restart_policy = RESTART_NEVER,
         .limits = { .memory_kib = 128, .operation_timeout_ms = TIMEOUT_MS, .priority = 8 },
         .provides = { { ATTACK_INTERFACE, INTERFACE_GATE, 0 } },
         .uses = { { BLOCK_INTERFACE, INTERFACE_GATE | INTERFACE_CHANNEL, POOL_KIB } },
     }),
     hostring_call);
