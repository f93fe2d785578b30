/* SPDX-License-Identifier: MIT */

/* Attacks that enter a stub where, or as, nobody should: 18 to 21, 24 and 28. */

#include "gate.h"
#include "jump.h"
#include "stub.h"

#include "../victim/victim.h"

#include <abi/services.h>
#include <sdk/cell.h>
#include <sdk/gate.h>

#define RFLAGS_TF BIT64(8)
#define FORGED UINT64_C(0x5AFE5AFE5AFE5AFE)

/* rax of a gate call and of a return in backend pt; with keys, the number of no monitor call. */
#define CALL_NUMBER UINT64_C(0x8000)
#define RETURN_NUMBER UINT64_C(0x7FFF)

enum stub_kind { STUB_OWN, STUB_FOREIGN, STUB_JUDGE, STUB_UNUSED, STUB_KINDS };

static uint64_t stub_of(uint32_t kind)
{
    switch (kind) {
    case STUB_OWN:
        return gate_own_stub();
    case STUB_FOREIGN:
        return gate_place(PLACE_STUB);
    case STUB_JUDGE:
        return gate_judge_stub();
    default:
        return GATE_REGION_BASE + (GATE_STUB_MAX - UINT64_C(1)) * GATE_STUB_BYTES;
    }
}

/* Comes back only from what has let it through; then with our own rights, or it has succeeded. */
static enum attack_answer enter(uint64_t before[JUMP_WORDS])
{
    uint64_t after[JUMP_WORDS];
    uint64_t rights = gate_own_rights();
    jump(before, after);
    return gate_own_rights() == rights ? ATTACK_HARMLESS : ATTACK_SUCCEEDED;
}

/* ---- 18: every byte of a stub, with every eax that could open something, ecx and edx 0 and not ---- */

#define RIGHTS 4u
#define COUNTERS 4u

static uint64_t rights_of(uint32_t kind)
{
    switch (kind) {
    case 1:
        return gate_own_rights();
    case 2:
        return stub_view(gate_own_stub()).rights_in;
    case 3:
        return stub_view(gate_place(PLACE_STUB)).rights_out;
    default:
        return 0;
    }
}

static uint32_t any_byte_variants(void)
{
    return STUB_KINDS * GATE_STUB_BYTES * (gate_has_keys() ? RIGHTS * COUNTERS : 1);
}

/*
 * As well prepared as it can be: on the own edge with the tokens that a cell can read of its own,
 * and with an open call in its own state that comes back to us.
 */
static void prepare(uint64_t before[JUMP_WORDS], uint32_t at, uint64_t back[2])
{
    struct stub_view view = stub_view(gate_own_stub());
    struct gate_words own = gate_own_words();
    if (own.out_stack == 0)
        return;
    before[JUMP_R11] = at < view.returned ? own.out_token : own.out_return;
    back[0] = 0;
    back[1] = jump_way_back();
    jump_write(own.out_stack, (uint64_t)(uintptr_t)back);
}

static enum attack_answer any_byte(uint32_t variant)
{
    uint32_t at = variant % GATE_STUB_BYTES;
    uint32_t kind = variant / GATE_STUB_BYTES % STUB_KINDS;
    uint32_t registers = variant / GATE_STUB_BYTES / STUB_KINDS;
    uint64_t back[2];
    uint64_t before[JUMP_WORDS] = {
        [JUMP_RAX] = rights_of(registers % RIGHTS),
        [JUMP_RCX] = registers / RIGHTS & 1,
        [JUMP_RDX] = registers / RIGHTS >> 1 & 1,
        [JUMP_TARGET] = stub_of(kind) + at,
    };
    if (kind == STUB_OWN)
        prepare(before, at, back);
    return enter(before);
}

/* ---- 19: behind the proof of who calls, with the callee's rights in eax and a token not ours ---- */

static const uint8_t forged_kinds[] = { STUB_OWN, STUB_FOREIGN, STUB_JUDGE };

#define FORGED_STEPS 16u
#define FORGED_TOKENS 3u
#define FORGED_ALL (FORGED_STEPS * FORGED_TOKENS * (uint32_t)ARRAY_COUNT(forged_kinds))

static uint32_t forged_variants(void)
{
    return gate_has_keys() ? FORGED_ALL + FORGED_STEPS : 0;
}

/*
 * With all keys open and the right token, into our own edge: should it get through, echo writes
 * where only we may, because we ask it to.
 */
static enum attack_answer all_keys(uint32_t step)
{
    static uint64_t mark;
    struct stub_view view = stub_view(gate_own_stub());
    uint64_t before[JUMP_WORDS] = {
        [JUMP_R11] = gate_own_words().out_token,
        [JUMP_R12] = ECHO_FAULT,
        [JUMP_R13] = FAULT_WILD,
        [JUMP_R14] = (uint64_t)(uintptr_t)&mark,
        [JUMP_TARGET] = view.address + view.switch_in + step,
    };
    uint64_t back[2] = { 0, jump_way_back() };
    jump_write(gate_own_words().out_stack, (uint64_t)(uintptr_t)back);
    mark = 0;
    enum attack_answer answer = enter(before);
    return mark != 0 ? ATTACK_SUCCEEDED : answer;
}

/* From behind the token to behind the compare, wherever an instruction can begin, with three tokens. */
static enum attack_answer forged_caller(uint32_t variant)
{
    if (variant >= FORGED_ALL)
        return all_keys(variant - FORGED_ALL);
    uint32_t kind = variant / (FORGED_STEPS * FORGED_TOKENS);
    uint64_t address = stub_of(forged_kinds[kind]);
    struct stub_view view = stub_view(address);
    const uint64_t tokens[FORGED_TOKENS] = { 0, FORGED, gate_own_words().out_token };
    uint64_t before[JUMP_WORDS] = {
        [JUMP_RAX] = view.rights_in,
        [JUMP_R11] = tokens[variant % FORGED_TOKENS],
        [JUMP_R12] = VICTIM_CHAIN, /* whoever gets through to the victim does so in its chain */
        [JUMP_R13] = FORGED,
        [JUMP_TARGET] = address + view.token_out + 2 * (variant / FORGED_TOKENS % FORGED_STEPS),
    };
    return enter(before);
}

/* ---- 20: an edge that was never granted, and backend pt's own way into the monitor ---- */

#define STUB_WAYS 8u

static uint32_t ungranted_variants(void)
{
    return STUB_WAYS + 1;
}

/* The numbers of all edges, and around: refused, or the end. */
static enum attack_answer ungranted_numbers(void)
{
    uint64_t own = gate_own_stub();
    for (uint64_t number = RETURN_NUMBER - 16; number < CALL_NUMBER + GATE_STUB_MAX + 16; number++) {
        bool is_own = cell_info()->backend == BACKEND_PT &&
                      (own - GATE_REGION_BASE) / GATE_STUB_BYTES == number - CALL_NUMBER;
        if (!is_own && number != RETURN_NUMBER && jump_syscall(number, 0) == ST_OK)
            return ATTACK_SUCCEEDED;
    }
    return ATTACK_REFUSED;
}

static enum attack_answer ungranted(uint32_t variant)
{
    if (variant == STUB_WAYS)
        return ungranted_numbers();
    uint64_t before[JUMP_WORDS] = {
        [JUMP_TARGET] = stub_of(variant & 1 ? STUB_JUDGE : STUB_FOREIGN),
        [JUMP_R11] = variant & 2 ? FORGED : 0,
        [JUMP_R12] = variant & 4 ? ATTACK_VARIANTS : ECHO_SUM,
    };
    return enter(before);
}

/* ---- 21: a return that nobody waits for ---- */

#define RETURN_KINDS 3u /* own edge, another's, the one we are called through */
#define RETURN_WAYS 2u  /* with the loading of the token, and behind it with one that fits or not */

static void return_now(uint32_t variant)
{
    static const uint8_t kinds[RETURN_KINDS] = { STUB_OWN, STUB_FOREIGN, STUB_JUDGE };
    uint64_t address = stub_of(kinds[variant % RETURN_KINDS]);
    struct stub_view view = stub_view(address);
    bool is_behind = variant / RETURN_KINDS % RETURN_WAYS != 0;
    uint64_t before[JUMP_WORDS] = {
        [JUMP_RAX] = ATTACK_HARMLESS,
        [JUMP_RDI] = ATTACK_HARMLESS,
        [JUMP_R11] = FORGED,
        [JUMP_TARGET] = address + (is_behind ? view.token_in : view.returned),
    };
    (void)enter(before);
}

static uint32_t return_variants(void)
{
    return cell_info()->backend == BACKEND_PT ? 2 : 2 * RETURN_KINDS * RETURN_WAYS;
}

static void return_by_number(uint32_t)
{
    (void)jump_syscall(RETURN_NUMBER, ATTACK_HARMLESS);
}

/* The second half: on our own thread, which nobody has called. */
static enum attack_answer return_unasked(uint32_t variant)
{
    bool is_pt = cell_info()->backend == BACKEND_PT;
    uint32_t half = return_variants() / 2;
    void (*act)(uint32_t) = is_pt ? return_by_number : return_now;
    if (variant >= half) {
        gate_later(act, variant - half);
        return ATTACK_LATER;
    }
    act(variant);
    return ATTACK_HARMLESS;
}

/* ---- 24: stack pointers ---- */

static const enum attack_place stack_places[] = { PLACE_DATA, PLACE_CODE,    PLACE_STACK, PLACE_CONSTANT,
                                                  PLACE_RING, PLACE_MONITOR, PLACE_STUB,  PLACE_GATE_PAGE };
static const uint64_t stack_numbers[] = {
    1,
    8,
    16,
    UINT64_C(0x7FFFFFFFFFFF),
    UINT64_C(0x800000000000),
    UINT64_C(0xFFFF7FFFFFFFFFFF),
    UINT64_MAX,
    UINT64_MAX - 7,
};
#define STACKS (ARRAY_COUNT(stack_places) + ARRAY_COUNT(stack_numbers))

static uint32_t stack_variants(void)
{
    return 3 * STACKS;
}

static enum attack_answer bad_stack(uint32_t variant)
{
    uint32_t which = variant % STACKS;
    if (which < ARRAY_COUNT(stack_places) && gate_place(stack_places[which]) == 0)
        return ATTACK_IMPOSSIBLE; /* backend pt has no such page */
    struct stub_view view = stub_view(gate_own_stub());
    uint32_t offsets[3] = { 0, view.token_out, view.returned % GATE_STUB_BYTES };
    uint64_t before[JUMP_WORDS] = {
        [JUMP_TARGET] = view.address + offsets[variant / STACKS],
        [JUMP_R12] = ECHO_SUM,
        [JUMP_RSP] = which < ARRAY_COUNT(stack_places) ? gate_place(stack_places[which])
                                                       : stack_numbers[which - ARRAY_COUNT(stack_places)],
    };
    return enter(before);
}

/* ---- 28: single-stepped through a stub ---- */

static uint32_t step_variants(void)
{
    return 2 * GATE_STUB_BYTES;
}

static enum attack_answer single_step(uint32_t variant)
{
    uint64_t before[JUMP_WORDS] = {
        [JUMP_TARGET] = stub_of(variant / GATE_STUB_BYTES) + variant % GATE_STUB_BYTES,
        [JUMP_R12] = ECHO_SUM,
        [JUMP_FLAGS] = RFLAGS_TF,
    };
    return enter(before);
}

const struct gate_attack gate_entries[] = {
    { 18, any_byte_variants, any_byte },
    { 19, forged_variants, forged_caller },
    { 20, ungranted_variants, ungranted },
    { 21, return_variants, return_unasked },
    { 24, stack_variants, bad_stack },
    { 28, step_variants, single_step },
    {},
};
