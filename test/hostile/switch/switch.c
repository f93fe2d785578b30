/* SPDX-License-Identifier: MIT */

/* The cell that executes what it must not: attacks 12 to 17. */

#include "attempts.h"

#include "../attack.h"

#include <rt/bits.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define FLAGS_TRAP BIT32(8)
#define SELECTORS 164u

/* How an attempt is told that may be made with many values. */
struct values {
    const uint64_t *list; /* null: every selector that is like no other */
    uint32_t count;
};

struct switch_attack {
    uint32_t number, group;
    enum attempt_table table;
    uint64_t done; /* enum attack_answer for one that nothing has stopped */
    struct values values;
};

#define LIST(array) { array, ARRAY_COUNT(array) }

static const uint64_t none[] = { 0 };

/* Monitor calls that there are not; also numbers that are one when cut off. */
static const uint64_t calls[] = {
    MON_CALL_COUNT, MON_CALL_COUNT + 1,     0x7F,      0x80,      0xFF, 0x100, 0x10000, BIT64(31),
    BIT64(32),      BIT64(32) + MON_NOTIFY, BIT64(63), UINT64_MAX
};

/* Each flag of RFLAGS by itself, some together, all. */
static const uint64_t flags[] = { 0,         BIT64(0),  BIT64(2),  BIT64(4),  BIT64(6),  BIT64(7),
                                  BIT64(9),  BIT64(10), BIT64(11), BIT64(12), BIT64(13), 0x3000,
                                  0x3200,    BIT64(14), BIT64(16), BIT64(17), BIT64(18), BIT64(19),
                                  BIT64(20), BIT64(21), 0x44400,   0x3FFEFF,  0xFFFFFEFF };
static const uint64_t flags_trap[] = { FLAGS_TRAP, FLAGS_TRAP | 0x200, FLAGS_TRAP | 0x44600 };

/* Null, and the data of ring 3: these load. */
static const uint64_t selectors_good[] = { 0, 1, 2, 3, 0x18, 0x1A, 0x1B };

static const uint64_t ports[] = { 0,     0x20,   0x40,   0x60,   0x64,   0x70,   0x80,   0x92,
                                  0xA1,  0xB2,   0xCF8,  0xCFC,  0xF4,   0x3F8,  0x402,  0x510,
                                  0x604, 0x5658, 0xB004, 0x1000, 0x7FFF, 0x8000, 0xFFFC, 0xFFFF };

static const struct switch_attack attacks[] = {
    { 12, 0, ATTEMPT_STATE, ATTACK_SUCCEEDED, LIST(none) },
    { 12, 1, ATTEMPT_EMPTY, ATTACK_HARMLESS, LIST(none) },
    { 13, 0, ATTEMPT_PRIVILEGED, ATTACK_SUCCEEDED, LIST(none) },
    { 13, 1, ATTEMPT_TABLES, ATTACK_SUCCEEDED, LIST(none) },
    { 14, 0, ATTEMPT_INTERRUPT, ATTACK_SUCCEEDED, LIST(none) },
    { 14, 1, ATTEMPT_TRAP, ATTACK_SUCCEEDED, LIST(none) },
    { 14, 2, ATTEMPT_CALL, ATTACK_SUCCEEDED, LIST(calls) },
    { 14, 3, ATTEMPT_CALL_FLAGS, ATTACK_HARMLESS, LIST(flags) },
    { 14, 4, ATTEMPT_CALL_FLAGS, ATTACK_HARMLESS, LIST(flags_trap) },
    { 15, 0, ATTEMPT_SEGMENT, ATTACK_HARMLESS, { nullptr, SELECTORS } },
    { 15, 1, ATTEMPT_STACK_SEGMENT, ATTACK_HARMLESS, { nullptr, SELECTORS } },
    { 15, 2, ATTEMPT_SEGMENT, ATTACK_HARMLESS, LIST(selectors_good) },
    { 15, 3, ATTEMPT_BASE, ATTACK_SUCCEEDED, LIST(none) },
    { 16, 0, ATTEMPT_FAR, ATTACK_HARMLESS, { nullptr, SELECTORS } },
    { 16, 1, ATTEMPT_FAR_FLAGS, ATTACK_HARMLESS, LIST(flags) },
    { 17, 0, ATTEMPT_PORT, ATTACK_SUCCEEDED, LIST(ports) },
    { 17, 1, ATTEMPT_HALT, ATTACK_SUCCEEDED, LIST(none) },
    { 17, 2, ATTEMPT_FLAGS, ATTACK_HARMLESS, LIST(flags) },
};

static const struct switch_attack *attack_find(uint64_t number, uint64_t group)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(attacks); i++)
        if (attacks[i].number == number && attacks[i].group == group)
            return &attacks[i];
    return nullptr;
}

static uint64_t attack_variants(uint64_t number, uint64_t group)
{
    const struct switch_attack *attack = attack_find(number, group);
    return attack == nullptr ? 0 : attempt_counts[attack->table] * attack->values.count;
}

/*
 * All that name a descriptor there could be, in either table, with each privilege; above them the
 * ends of the range and each bit: they are beyond the limit, all for the same reason.
 */
static uint64_t selector_of(uint64_t index)
{
    static const uint64_t low[] = { 0, 3, 4, 7 };
    if (index < 128)
        return index;
    uint64_t high = index - 128;
    return BIT64(7 + high / ARRAY_COUNT(low)) | low[high % ARRAY_COUNT(low)];
}

/* Whatever has been loaded: calls of both kinds go on as before. */
static bool calls_succeed(void)
{
    uint64_t sum = 0;
    const struct cell_edge *edge = cell_edge_find(ECHO_INTERFACE, 0);
    mon_null();
    return edge != nullptr && gate_call(edge, ECHO_SUM, 1, 2, 3, &sum) == ST_OK && sum == 6;
}

static uint64_t attack_run(const struct switch_attack *attack, uint64_t variant)
{
    const struct values *values = &attack->values;
    uint64_t index = variant % values->count;
    uint64_t value = values->list == nullptr ? selector_of(index) : values->list[index];
    switch (attempt(attack->table, variant / values->count, value)) {
    case ATTEMPT_DONE:
        return calls_succeed() ? attack->done : ATTACK_SUCCEEDED;
    case ATTEMPT_REFUSED:
        return ATTACK_REFUSED;
    default:
        return ATTACK_SUCCEEDED;
    }
}

GATE_ENTRY static uint64_t switch_call(uint64_t operation, uint64_t a, uint64_t b, uint64_t)
{
    if (operation == ATTACK_VARIANTS)
        return attack_variants(a, b);
    const struct switch_attack *attack = attack_find(operation, b);
    if (attack == nullptr || a >= attack_variants(operation, b))
        return ATTACK_IMPOSSIBLE;
    return attack_run(attack, a);
}

static const struct cell_ops switch_ops = {};

CELL(switch_ops,
     ((struct manifest){
         .name = "hostswitch",
         .vendor = "Comb",
         .description = "executes what cells must not",
         .version_major = 1,
         .flags = MANIFEST_SCAN_ONLY,
         .restart_policy = RESTART_NEVER,
         .limits = { .memory_kib = 128, .priority = 8 },
         .provides = { { ATTACK_INTERFACE, INTERFACE_GATE, 0 } },
         .uses = { { ECHO_INTERFACE, INTERFACE_GATE, 0 } },
     }),
     switch_call);
