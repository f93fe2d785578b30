/* SPDX-License-Identifier: MIT */

/* The cell that attacks gates: attacks 18 to 29, and what they have in common. */

#include "gate.h"

#include "jump.h"

#include <abi/services.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

/* Where the gate pages of cell 0 lie behind the stubs, and how much each cell has (docs/architecture.md). */
#define PAGES_OFFSET MIB(16)
#define PAGES_BYTES (UINT64_C(2) * PAGE_BYTES)
#define PINGS_MEASURED 4u

struct gate {
    uint64_t places[PLACE_COUNT];
    uint64_t judge_stub, entry_stack;
    void (*later)(uint32_t variant);
    uint32_t later_variant;
    bool is_in_step; /* then not before so many pings: */
    uint32_t pings;
    uint64_t pinged_at, period;
};

static struct gate gate;

uint64_t gate_place(enum attack_place place)
{
    return gate.places[place];
}

uint64_t gate_own_stub(void)
{
    const struct cell_edge *edge = cell_edge_find(ECHO_INTERFACE, 0);
    ASSERT(edge != nullptr && edge->state == PEER_UP);
    return (uint64_t)(uintptr_t)edge->stub;
}

uint64_t gate_judge_stub(void)
{
    return gate.judge_stub;
}

uint64_t gate_entry_stack(void)
{
    return gate.entry_stack;
}

bool gate_has_keys(void)
{
    return cell_info()->backend == BACKEND_PKU;
}

uint64_t gate_own_rights(void)
{
    return gate_has_keys() ? jump_rights() : 0;
}

uint64_t gate_pages_of(uint32_t cell)
{
    return cell_info()->backend == BACKEND_PT ? 0 : GATE_REGION_BASE + PAGES_OFFSET + cell * PAGES_BYTES;
}

/* struct gate_constants and gate_state (src/arch/x86_64/gate_build.h): a word per edge, in these orders. */
struct gate_words gate_own_words(void)
{
    const struct cell_info *info = cell_info();
    uint64_t constants = gate_pages_of(info->id);
    const struct cell_edge *edge = cell_edge_find(ECHO_INTERFACE, 0);
    if (constants == 0 || edge == nullptr)
        return (struct gate_words){};
    uint64_t slot = (uint64_t)(edge - info->edges) * sizeof(uint64_t);
    return (struct gate_words){
        .out_token = jump_read64(constants + slot),
        .out_return = jump_read64(constants + EDGE_SLOTS * sizeof(uint64_t) + slot),
        .out_stack = constants + PAGE_BYTES + sizeof(uint64_t) + slot,
    };
}

void gate_later(void (*act)(uint32_t variant), uint32_t variant)
{
    gate.later = act;
    gate.later_variant = variant;
    (void)mon_notify(0);
}

void gate_later_in_step(void (*act)(uint32_t variant), uint32_t variant)
{
    gate.later = act;
    gate.later_variant = variant;
    gate.is_in_step = true;
    gate.pings = 0;
}

uint64_t gate_next_ping(void)
{
    return gate.pinged_at + gate.period;
}

/* The judge calls again and again, with the same pause in between. */
static uint64_t gate_pinged(void)
{
    uint64_t now = tsc_read();
    gate.period = now - gate.pinged_at;
    gate.pinged_at = now;
    gate.pings++;
    if (gate.is_in_step)
        (void)mon_notify(0); /* each time, so that each pause is as long */
    return ATTACK_LATER;
}

static const struct gate_attack *gate_find(uint64_t number)
{
    static const struct gate_attack *const groups[] = { gate_entries, gate_states };
    for (uint32_t group = 0; group < ARRAY_COUNT(groups); group++)
        for (const struct gate_attack *attack = groups[group]; attack->number != 0; attack++)
            if (attack->number == number)
                return attack;
    return nullptr;
}

static uint64_t gate_run(uint64_t number, uint64_t variant)
{
    const struct gate_attack *attack = gate_find(number);
    if (attack == nullptr || variant >= attack->variants())
        return ATTACK_IMPOSSIBLE;
    return attack->run((uint32_t)variant);
}

/* The return address lies on top of the entry stack, and behind the call in the stub that came here. */
GATE_ENTRY static uint64_t gate_call_entry(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    gate.entry_stack = (uint64_t)(uintptr_t)__builtin_frame_address(0);
    gate.judge_stub = align_down((uint64_t)(uintptr_t)__builtin_return_address(0), GATE_STUB_BYTES);
    if (operation == ATTACK_VARIANTS) {
        const struct gate_attack *attack = gate_find(a);
        return attack == nullptr ? 0 : attack->variants();
    }
    if (operation == ATTACK_PING)
        return gate_pinged();
    if (operation != ATTACK_VICTIM)
        return gate_run(operation, a);
    if (c < PLACE_COUNT)
        gate.places[c] = a;
    return b;
}

static void gate_notified(uint64_t events)
{
    void (*later)(uint32_t) = gate.later;
    if ((events & BIT64(EVENT_SELF)) == 0 || later == nullptr ||
        (gate.is_in_step && gate.pings < PINGS_MEASURED))
        return;
    gate.later = nullptr;
    later(gate.later_variant);
}

static const struct cell_ops gate_ops = { .notified = gate_notified };

CELL(gate_ops,
     ((struct manifest){
         .name = "hostgate",
         .vendor = "Comb",
         .description = "attacks gates",
         .version_major = 1,
         .flags = MANIFEST_SCAN_ONLY,
         .restart_policy = RESTART_NEVER,
         .limits = { .memory_kib = 128, .operation_timeout_ms = 200, .priority = 18 },
         .provides = { { ATTACK_INTERFACE, INTERFACE_GATE, 0 } },
         .uses = { { ECHO_INTERFACE, INTERFACE_GATE, 0 } },
     }),
     gate_call_entry);
