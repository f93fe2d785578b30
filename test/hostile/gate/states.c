/* SPDX-License-Identifier: MIT */

/* Attacks by what is left behind for the other side of a gate: 22, 25 to 27, and 29. */

#include "gate.h"
#include "jump.h"
#include "stub.h"

#include <abi/services.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define RFLAGS_DF BIT64(10)
#define RFLAGS_NT BIT64(14)
#define RFLAGS_AC BIT64(18)
#define RFLAGS_ID BIT64(21)
#define RFLAGS_IOPL (BIT64(12) | BIT64(13))
#define RFLAGS_ARITHMETIC UINT64_C(0x8D5)

/* ---- 22: the words on which a call comes back: of the caller, the victim, and our own ---- */

/* Offsets in the state page: struct gate_state (src/arch/x86_64/gate_build.h). */
#define STATE_ENTRY_STACK 0u
#define STATE_OUT_STACK 8u

static const enum attack_place stack_places[] = { PLACE_DATA, PLACE_STACK, PLACE_STUB, PLACE_GATE_PAGE,
                                                  PLACE_MONITOR };
static const uint64_t stack_numbers[] = { 1, 8, UINT64_C(0x800000000000), UINT64_MAX - 7 };
#define STACKS (ARRAY_COUNT(stack_places) + ARRAY_COUNT(stack_numbers))

#define FOREIGN_PAGES 4u /* of judge and victim, constants and state */

static uint32_t slot_variants(void)
{
    return gate_has_keys() ? FOREIGN_PAGES + 1 + 2 * STACKS : 0;
}

static uint64_t stack_value(uint32_t which)
{
    return which < ARRAY_COUNT(stack_places) ? gate_place(stack_places[which])
                                             : stack_numbers[which - ARRAY_COUNT(stack_places)];
}

/* The pages of the judge, who has called us: it is the cell before us in the gate region's edge. */
static uint64_t foreign_page(uint32_t which)
{
    uint64_t victim = align_down(gate_place(PLACE_GATE_PAGE), UINT64_C(2) * PAGE_BYTES);
    return victim + (which & 1) * (uint64_t)PAGE_BYTES + (which & 2) / 2 * STATE_OUT_STACK;
}

/* A stack of our own that is none, for the next who calls us; or for the return of the next call we make. */
static enum attack_answer slot_own(uint32_t variant)
{
    uint64_t state = gate_pages_of(cell_info()->id) + PAGE_BYTES;
    uint64_t value = stack_value(variant % STACKS);
    if (variant >= STACKS) {
        for (uint32_t slot = 0; slot < EDGE_SLOTS; slot++)
            jump_write(state + STATE_OUT_STACK + slot * sizeof(uint64_t), value);
        return ATTACK_LATER;
    }
    uint64_t before[JUMP_WORDS] = {
        [JUMP_RAX] = ATTACK_LATER,
        [JUMP_RSP] = value,
        [JUMP_TARGET] = gate_judge_stub() + stub_view(gate_judge_stub()).returned,
    };
    uint64_t after[JUMP_WORDS];
    jump(before, after); /* this is the return; the stub keeps rsp for the next who calls */
    return ATTACK_SUCCEEDED;
}

static enum attack_answer return_slot(uint32_t variant)
{
    if (variant < FOREIGN_PAGES) {
        jump_write(foreign_page(variant), gate_place(PLACE_DATA));
        return ATTACK_SUCCEEDED;
    }
    if (variant == FOREIGN_PAGES) {
        jump_write(gate_pages_of(cell_info()->id), 0); /* our own constants are not ours to write */
        return ATTACK_SUCCEEDED;
    }
    return slot_own(variant - FOREIGN_PAGES - 1);
}

/* ---- 25: recursion: into ourselves, through the edge by which we are being called ---- */

static uint32_t recursion_variants(void)
{
    return 2;
}

static enum attack_answer recursion(uint32_t variant)
{
    uint64_t before[JUMP_WORDS] = {
        [JUMP_TARGET] = gate_judge_stub() + (variant == 0 ? 0 : stub_view(gate_judge_stub()).token_out),
        [JUMP_R12] = 25,
        [JUMP_R13] = variant,
    };
    uint64_t after[JUMP_WORDS];
    jump(before, after);
    return ATTACK_SUCCEEDED;
}

/* ---- 26: never to return ---- */

enum loop_kind { LOOP_EMPTY, LOOP_MONITOR, LOOP_CALLS, LOOP_EVENTS, LOOP_LOG, LOOP_KINDS };

static uint32_t loop_variants(void)
{
    return LOOP_KINDS;
}

static void loop_once(uint32_t kind)
{
    uint64_t sum = 0;
    switch (kind) {
    case LOOP_MONITOR:
        mon_null();
        break;
    case LOOP_CALLS:
        (void)gate_call(cell_edge_find(ECHO_INTERFACE, 0), ECHO_SUM, 1, 2, 3, &sum);
        break;
    case LOOP_EVENTS:
        (void)mon_notify(0);
        break;
    case LOOP_LOG:
        (void)mon_log(LOG_DEBUG, "again", 5);
        break;
    default:
        break;
    }
}

static enum attack_answer never_return(uint32_t kind)
{
    for (;;)
        loop_once(kind);
}

/* ---- 27: a poisoned processor ---- */

static const uint64_t poison_flags[] = {
    RFLAGS_DF,
    RFLAGS_AC,
    RFLAGS_NT,
    RFLAGS_ID,
    RFLAGS_IOPL,
    RFLAGS_ARITHMETIC,
    RFLAGS_DF | RFLAGS_AC | RFLAGS_NT | RFLAGS_ID | RFLAGS_IOPL | RFLAGS_ARITHMETIC,
};

static uint32_t poison_variants(void)
{
    return ARRAY_COUNT(poison_flags) + JUMP_FLOATS;
}

/* After a call: the sum, and of the callee's registers nothing. */
static bool is_clean(const uint64_t after[JUMP_WORDS], uint64_t sum)
{
    static const uint8_t cleared[] = { JUMP_RBX, JUMP_RDX, JUMP_RSI, JUMP_R8,  JUMP_R9,
                                       JUMP_R10, JUMP_R12, JUMP_R13, JUMP_R14, JUMP_R15 };
    for (uint32_t i = 0; i < ARRAY_COUNT(cleared); i++)
        if (after[cleared[i]] != 0)
            return false;
    return after[JUMP_RAX] == sum && (after[JUMP_RDI] == 0 || after[JUMP_RDI] == sum) &&
           (after[JUMP_FLAGS] & RFLAGS_DF) == 0;
}

/* Junk in every register that carries no argument. */
static enum attack_answer poison(uint32_t variant)
{
    if (variant >= ARRAY_COUNT(poison_flags))
        jump_float(variant - (uint32_t)ARRAY_COUNT(poison_flags));
    uint64_t before[JUMP_WORDS];
    for (uint32_t word = 0; word < JUMP_RSP; word++)
        before[word] = UINT64_C(0x0101010101010101) * word;
    before[JUMP_R12] = ECHO_SUM;
    before[JUMP_R13] = 100;
    before[JUMP_R14] = 20;
    before[JUMP_R15] = variant;
    before[JUMP_RSP] = 0;
    before[JUMP_FLAGS] = variant < ARRAY_COUNT(poison_flags) ? poison_flags[variant] : 0;
    before[JUMP_TARGET] = gate_own_stub();
    uint64_t after[JUMP_WORDS];
    jump(before, after);
    return is_clean(after, 120 + variant) ? ATTACK_HARMLESS : ATTACK_SUCCEEDED;
}

/*
 * ---- 29: an interrupt at every instruction of a gate ----
 *
 * Our own thread, which has the higher priority, sleeps until the judge's next call
 * will be on its way in, `variant` steps more or less.  Awake in the middle of that,
 * it returns in place of whoever is on the way.  Under -icount a step is one instruction.
 */
#define SWEEP_STEPS 640u
#define SWEEP_BEFORE 480u /* instructions, or ticks, before our own first look at the clock in that call */

static void sweep_return(uint32_t)
{
    uint64_t stub = gate_judge_stub();
    uint64_t before[JUMP_WORDS] = {
        [JUMP_RAX] = ATTACK_SUCCEEDED,
        [JUMP_TARGET] = stub + (gate_has_keys() ? stub_view(stub).returned : 0),
    };
    uint64_t after[JUMP_WORDS];
    jump(before, after);
}

static void sweep_wait(uint32_t variant)
{
    uint64_t deadline = gate_next_ping() - SWEEP_BEFORE + variant;
    while ((cell_wait(deadline) & BIT64(EVENT_TIMER)) == 0 && tsc_read() < deadline) {}
    sweep_return(variant);
}

static uint32_t sweep_variants(void)
{
    return cell_info()->backend == BACKEND_PT ? 0 : SWEEP_STEPS;
}

static enum attack_answer sweep(uint32_t variant)
{
    gate_later_in_step(sweep_wait, variant);
    return ATTACK_LATER;
}

const struct gate_attack gate_states[] = {
    { 22, slot_variants, return_slot },  { 25, recursion_variants, recursion },
    { 26, loop_variants, never_return }, { 27, poison_variants, poison },
    { 29, sweep_variants, sweep },       {},
};
