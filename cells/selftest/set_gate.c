/* SPDX-License-Identifier: MIT */

/* Calls across the wall: what goes over, what comes back, and what must do neither. */

#include "check.h"
#include "peer.h"
#include "registers.h"
#include "sets.h"
#include "system.h"

#include <abi/services.h>
#include <sdk/cell.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#define DEPTH_MAX 40u /* C frames under a call, see deep_call */

static const struct cell_edge *edge_of(const char *interface)
{
    const struct cell_edge *edge = cell_edge_find(interface, 0);
    ASSERT(edge != nullptr && edge->state == PEER_UP);
    return edge;
}

static const uint64_t argument_sets[][4] = {
    { 0, 0, 0, 0 },
    { 1, 2, 4, 8 },
    { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX },
    { UINT64_MAX, 0, UINT64_MAX, 0 },
    { UINT64_C(0x8000000000000000), UINT64_C(0xFFFFFFFF00000000), UINT64_C(0x00000000FFFFFFFF), 1 },
    { UINT64_C(0x0123456789ABCDEF), UINT64_C(0xFEDCBA9876543210), UINT64_C(0x00FF00FF00FF00FF), 0xEF010F },
};

static uint64_t seen(enum peer_seen word)
{
    uint64_t value = 0;
    EXPECT_STATUS(gate_call(edge_of(PEER_INTERFACE), PEER_SEEN, word, 0, 0, &value), ST_OK);
    return value;
}

/* At the callee's entry: the four arguments, and nothing else of the caller's. */
static void expect_entry(const uint64_t arguments[4])
{
    for (uint32_t i = 0; i < 4; i++)
        EXPECT_EQUAL(seen((enum peer_seen)(SEEN_R12 + i)), arguments[i]);
    EXPECT_EQUAL(seen(SEEN_RBX) | seen(SEEN_RBP) | seen(SEEN_RSI) | seen(SEEN_RDI), 0);
    EXPECT_EQUAL(seen(SEEN_R8) | seen(SEEN_R9) | seen(SEEN_R10), 0);
    EXPECT_EQUAL(seen(SEEN_RFLAGS) & RFLAGS_DF, 0);
    for (uint32_t word = 0; word < SEEN_R12; word++)
        EXPECT(seen((enum peer_seen)word) != REGISTERS_FILL);
}

/* Back in the caller: the result, its own rsp and rbp, and nothing else of the callee's. */
static void expect_return(const struct registers *after, uint64_t result)
{
    EXPECT_EQUAL(after->rax, result);
    EXPECT_STATUS(after->rdx, ST_OK);
    EXPECT_EQUAL(after->rsp, after->rsp_before);
    EXPECT_EQUAL(after->rbp, after->rbp_before);
    EXPECT_EQUAL(after->rbx | after->rsi | after->r8 | after->r9 | after->r10, 0);
    EXPECT_EQUAL(after->r12 | after->r13 | after->r14 | after->r15, 0);
    EXPECT(after->rdi == 0 || after->rdi == result);
    EXPECT(after->rcx != PEER_POISON && after->r11 != PEER_POISON);
    EXPECT(after->rcx != REGISTERS_FILL && after->r11 != REGISTERS_FILL);
    EXPECT_EQUAL(after->rflags & RFLAGS_DF, 0);
}

static void registers_both_ways(uint64_t flags)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(argument_sets); i++) {
        struct registers after;
        registers_gate(edge_of(PEER_RAW_INTERFACE)->stub, argument_sets[i], flags, &after);
        check_case("raw call %u, flags 0x%lx: the return", i, flags);
        expect_return(&after, peer_mix(argument_sets[i]));
        check_case("raw call %u, flags 0x%lx: the entry", i, flags);
        expect_entry(argument_sets[i]);
    }
}

/* The same convention to a callee in C that has its own ideas about registers. */
static void registers_of_echo(void)
{
    static const uint64_t arguments[4] = { ECHO_SUM, 100, 20, 3 };
    struct registers after;
    registers_gate(edge_of(ECHO_INTERFACE)->stub, arguments, RFLAGS_DF, &after);
    check_case("a sum of echo's with DF set");
    expect_return(&after, 123);
}

static uint64_t echo_ask(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t value = 0;
    EXPECT_STATUS(gate_call(edge_of(ECHO_INTERFACE), operation, a, b, c, &value), ST_OK);
    return value;
}

static void echo_answers(void)
{
    check_case("echo");
    EXPECT_EQUAL(echo_ask(ECHO_SUM, 1, 20, 300), 321);
    EXPECT_EQUAL(echo_ask(ECHO_SUM, UINT64_MAX, 1, 1), 1);
    EXPECT_EQUAL(echo_ask(ECHO_SUM, UINT64_MAX, UINT64_MAX, UINT64_MAX), UINT64_MAX - 2);
    EXPECT_EQUAL(echo_ask(UINT64_MAX, 1, 2, 3), UINT64_MAX);
    EXPECT_EQUAL(echo_ask(0, 1, 2, 3), 0);
    EXPECT_EQUAL(echo_ask(ECHO_ID, 0, 0, 0) >> 32, edge_of(ECHO_INTERFACE)->peer_id);
    EXPECT_EQUAL(echo_ask(ECHO_FAULT, 0, 0, 0), ST_RANGE);
    EXPECT_EQUAL(echo_ask(ECHO_FAULT, UINT64_MAX, 0, 0), ST_RANGE);
    EXPECT_EQUAL(echo_ask(ECHO_FAULT_LATER, FAULT_COUNT, 0, 0), ST_RANGE);
    EXPECT_EQUAL(cell_now("echo").crashes, 0);
}

/* Two walls deep, often, so that the entry stacks would show what is left on them. */
static void nested(void)
{
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t sum = 0;
        check_case("nested call %lu", i);
        EXPECT_STATUS(gate_call(edge_of(PEER_INTERFACE), PEER_NESTED, i, UINT64_MAX, 0, &sum), ST_OK);
        EXPECT_EQUAL(sum, i);
        if (i % 100 == 0)
            breathe();
    }
}

/* From under many frames of the caller's stack, each of which must be there afterwards. */
__attribute__((noinline)) static uint64_t deep_call(uint32_t depth)
{
    volatile uint64_t mark = depth;
    uint64_t below = depth < DEPTH_MAX ? deep_call(depth + 1) : 0;
    uint64_t sum = echo_ask(ECHO_SUM, below, depth, 0);
    EXPECT_EQUAL(mark, depth);
    return sum;
}

void set_gate(void)
{
    registers_both_ways(0);
    registers_both_ways(RFLAGS_DF);
    registers_of_echo();
    echo_answers();
    nested();
    check_case("calls under many frames");
    EXPECT_EQUAL(deep_call(0), DEPTH_MAX * (DEPTH_MAX + 1) / 2);
}
